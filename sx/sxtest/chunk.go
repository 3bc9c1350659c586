package sxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// Chunk is one program of a chunked file. Its text begins with as many empty lines as there are lines before
// it, so that positions are those of the file.
type Chunk struct {
	File string
	Line int // of its first line
	Text string
	Want []Expected
}

// Expected is a diagnostic that a chunk must give.
type Expected struct {
	Line    int
	Warning bool
	Message *regexp.Regexp
}

var expectation = regexp.MustCompile(`;+ *(ERROR|WARNING)((?: +"(?:[^"\\]|\\.)*")+) *$`)
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// Chunks splits the text of a chunked file: "---" on a line of its own begins the next program, and a line
// that ends in ; ERROR "regexp" or ; WARNING "regexp" expects a diagnostic there, several regexps several.
func Chunks(file, text string) ([]Chunk, error) {
	var chunks []Chunk
	start := 0
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i <= len(lines); i++ {
		if i < len(lines) && lines[i] != "---" {
			continue
		}
		c := Chunk{File: file, Line: start + 1, Text: strings.Repeat("\n", start) + strings.Join(lines[start:i], "\n") + "\n"}
		for n, line := range lines[start:i] {
			m := expectation.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			for _, q := range quoted.FindAllString(m[2], -1) {
				pattern, err := strconv.Unquote(q)
				if err != nil { // \d and the like: take it as it stands
					pattern = q[1 : len(q)-1]
				}
				re, err := regexp.Compile(pattern)
				if err != nil {
					return nil, fmt.Errorf("%s:%d: %w", file, start+n+1, err)
				}
				c.Want = append(c.Want, Expected{start + n + 1, m[1] == "WARNING", re})
			}
		}
		chunks = append(chunks, c)
		start = i + 1
	}
	return chunks, nil
}

// CheckChunks runs every chunk of the files that match glob through load, which gives all diagnostics of one
// program. Diagnostics that were not expected fail, and so do expected ones that did not come.
func CheckChunks(t *testing.T, glob string, load func(src *sx.Source) sx.Diagnostics) {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", glob, err)
	}
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		chunks, err := Chunks(filepath.ToSlash(file), string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), c.Line), func(t *testing.T) {
				c.check(t, load(sx.NewSource(c.File, c.Text)))
			})
		}
	}
}

func (c Chunk) check(t *testing.T, got sx.Diagnostics) {
	t.Helper()
	want := append([]Expected(nil), c.Want...)
next:
	for _, e := range got {
		for i, w := range want {
			if w.Line == e.Pos.Line && w.Warning == e.Warning && w.Message.MatchString(e.Message) {
				want = append(want[:i], want[i+1:]...)
				continue next
			}
		}
		t.Errorf("unexpected: %s", sx.Explain(e))
	}
	for _, w := range want {
		kind := "error"
		if w.Warning {
			kind = "warning"
		}
		t.Errorf("%s:%d: no %s matches %q", c.File, w.Line, kind, w.Message)
	}
}
