package lsp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// manyComponents is an application of n components in files of 100, each of which uses some before it.
func manyComponents(b *testing.B, n int) string {
	files := []string{"app.sx", "(defpage home :path \"/\" :content (~c0 :title \"x\"))\n"}
	for at := 0; at < n; at += 100 {
		var s strings.Builder
		for i := at; i < min(at+100, n); i++ {
			fmt.Fprintf(&s, `(defcomp ~c%d (&key title (tone :default "plain") n &rest children)
  "Component %d."
  (let ((label (str title " " tone)) (k (if (nil? n) 0 (inc n))))
    (section :class tone (h2 label) (when (> k 100) (p k)) children (map (fn (x) (p x ":" k)) (range 3)))))
(define (f%d x) (let ((y (* x 2))) (if (odd? y) (str "odd " y) (~c%d :title (str y) :n x))))
`, i, i, i, max(0, i-7))
		}
		files = append(files, fmt.Sprintf("components/c%d.sx", at/100), s.String())
	}
	return folder(b, files...)
}

// BenchmarkDiagnostics is the time from a change to its diagnostics: of a word in a text, of one that makes the program
// wrong and right again, of one that cannot be read, and of an answer that waits for none of them.
func BenchmarkDiagnostics(b *testing.B) {
	docs, err := filepath.Abs("../../../../docs")
	if err != nil {
		b.Fatal(err)
	}
	for _, program := range []struct{ name, dir, file, old, wrong, broken string }{
		{"docs", docs, "layouts.sx", "\"Contents\"", "(wrong)", "\"Contents\" ("},
		{"10000", manyComponents(b, 10_000), "components/c50.sx", "\"odd \"", "(wrong)", "\"odd \" ("},
	} {
		for _, edit := range []struct{ name, text string }{{"word", "\"other\""}, {"wrong", program.wrong}, {"broken", program.broken}} {
			b.Run(program.name+"/"+edit.name, func(b *testing.B) {
				c := connect(b, program.dir, object{})
				data, err := os.ReadFile(filepath.Join(program.dir, program.file))
				if err != nil {
					b.Fatal(err)
				}
				c.open(program.file, string(data))
				c.diagnosed(program.file)
				old, text := program.old, edit.text
				for b.Loop() {
					c.edit(program.file, old, text)
					c.diagnosed(program.file)
					old, text = text, old
				}
			})
		}
		b.Run(program.name+"/completion", func(b *testing.B) {
			c := connect(b, program.dir, object{})
			c.open(program.file)
			c.diagnosed(program.file)
			at := c.at(program.file, program.old[:3]+"|"+program.old[3:])
			at["position"] = c.position(c.texts[c.uri(program.file)], strings.Index(c.texts[c.uri(program.file)], "(defcomp")+1)
			for b.Loop() {
				c.try("textDocument/completion", at)
			}
		})
		b.Run(program.name+"/hover", func(b *testing.B) {
			c := connect(b, program.dir, object{})
			c.open(program.file)
			c.diagnosed(program.file)
			at := c.at(program.file, "(defcomp ~|")
			for b.Loop() {
				c.try("textDocument/hover", at)
			}
		})
	}
}
