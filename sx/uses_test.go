package sx_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// inOrder gives the uses in the sources of a program, one source after another.
func inOrder(p *sx.Program, all map[*sx.Source][]sx.Use) (out []sx.Use) {
	for _, src := range p.Sources() {
		out = append(out, all[src]...)
	}
	return out
}

// usesOf loads files given as name and text in turn and lists what their names mean: "file:line:col name kind →
// line:col".
func usesOf(t *testing.T, base *sx.Program, files ...string) (*sx.Program, []string, error) {
	t.Helper()
	var srcs []*sx.Source
	for i := 0; i < len(files); i += 2 {
		srcs = append(srcs, sx.NewSource(files[i], files[i+1]))
	}
	var out []string
	called := 0
	kinds := []string{"local", "def", "primitive", "form", "keyword"}
	prog, err := sx.LoadSources(srcs, sx.WithBase(base), sx.WithUses(func(p *sx.Program, all map[*sx.Source][]sx.Use) {
		called++
		for _, u := range inOrder(p, all) {
			at := u.Source.Pos(int(u.Span.Start))
			if got := u.Source.Text[u.Span.Start:u.Span.End]; got != u.Name {
				t.Errorf("%s: the name %s has the text %q", at, u.Name, got)
			}
			line := fmt.Sprintf("%s:%d:%d %s %s", at.File, at.Line, at.Col, u.Name, kinds[u.Kind])
			if u.From != nil {
				b := u.From.Pos(int(u.Bound.Start))
				line += fmt.Sprintf(" → %s:%d:%d", b.File, b.Line, b.Col)
				if u.Binds() {
					line += " binds"
				}
			}
			out = append(out, line)
		}
	}))
	if called != 1 {
		t.Errorf("told %d times", called)
	}
	return prog, out, err
}

func TestUses(t *testing.T) {
	_, got, err := usesOf(t, nil, "a.sx", `(defcomp ~card (&key title (n :default 1) &rest kids)
  (let ((x (inc n))) (list title x kids children)))
(define (twice x) (let loop ((i x)) (if (> i 9) i (loop (* i 2)))))
(define page (fn (p) (~card :title (twice p) p)))
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a.sx:1:10 ~card def → a.sx:1:10 binds",
		"a.sx:1:22 title local → a.sx:1:22 binds",
		"a.sx:1:29 n local → a.sx:1:29 binds",
		"a.sx:1:49 kids local → a.sx:1:49 binds",
		"a.sx:2:4 let form",
		"a.sx:2:10 x local → a.sx:2:10 binds",
		"a.sx:2:13 inc primitive",
		"a.sx:2:17 n local → a.sx:1:29",
		"a.sx:2:23 list primitive",
		"a.sx:2:28 title local → a.sx:1:22",
		"a.sx:2:34 x local → a.sx:2:10",
		"a.sx:2:36 kids local → a.sx:1:49",
		"a.sx:2:41 children local → a.sx:1:49",
		"a.sx:3:10 twice def → a.sx:3:10 binds",
		"a.sx:3:16 x local → a.sx:3:16 binds",
		"a.sx:3:20 let form",
		"a.sx:3:24 loop local → a.sx:3:24 binds",
		"a.sx:3:31 i local → a.sx:3:31 binds",
		"a.sx:3:33 x local → a.sx:3:16",
		"a.sx:3:38 if form",
		"a.sx:3:42 > primitive",
		"a.sx:3:44 i local → a.sx:3:31",
		"a.sx:3:49 i local → a.sx:3:31",
		"a.sx:3:52 loop local → a.sx:3:24",
		"a.sx:3:58 * primitive",
		"a.sx:3:60 i local → a.sx:3:31",
		"a.sx:4:9 page def → a.sx:4:9 binds",
		"a.sx:4:15 fn form",
		"a.sx:4:19 p local → a.sx:4:19 binds",
		"a.sx:4:23 ~card def → a.sx:1:10",
		"a.sx:4:30 title keyword → a.sx:1:22",
		"a.sx:4:37 twice def → a.sx:3:10",
		"a.sx:4:43 p local → a.sx:4:19",
		"a.sx:4:46 p local → a.sx:4:19",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What a macro made has no place; what it was given keeps its own, and its template shows what it mentions.
func TestUsesThroughMacros(t *testing.T) {
	_, got, err := usesOf(t, nil, "m.sx", "(define (f x) x)\n(defmacro twice (e) `(f (f ,e)))\n(defmacro bound (n v body) `(let ((,n ,v)) ,body))\n(define (g a) (bound b (twice a) (list b a)))\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"m.sx:2:23 f def → m.sx:1:10", "m.sx:2:26 f def → m.sx:1:10", // in the template
		"m.sx:4:22 b local → m.sx:4:22 binds", // an atom that lost its place, found again
		"m.sx:4:31 a local → m.sx:4:12", "m.sx:4:42 a local → m.sx:4:12", "m.sx:4:25 twice def → m.sx:2:11",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// What is right in a program that fails to load is noted all the same.
func TestUsesOfAProgramThatFails(t *testing.T) {
	prog, got, err := usesOf(t, nil, "a.sx", "(define (f x) (wrong x))\n(define (g y) (f y))\n", "b.sx", "(define (h z) z")
	if err == nil || prog == nil {
		t.Fatal("it loaded")
	}
	for _, want := range []string{"a.sx:1:22 x local → a.sx:1:12", "a.sx:2:16 f def → a.sx:1:10"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// With a base the uses in what is kept are kept too: they are those of a clean load.
func TestUsesWithABase(t *testing.T) {
	file := func(n int) string {
		return fmt.Sprintf("(define (f%d x) (let ((y %d)) (f%d (+ x y))))\n(defcomp ~c%d (&key a) (~c%d :a a))\n", n, n, n+1, n, n+1)
	}
	files := []string{"0.sx", file(0), "1.sx", file(1), "2.sx", "(define (f2 x) x) (defcomp ~c2 (&key a) (str a))"}
	base, first, err := usesOf(t, nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	for i, edit := range []string{files[1], "; moved\n" + files[1], strings.Replace(files[1], "y 0", "z (f1 1)", 1)} {
		edited := slices.Clone(files)
		edited[1] = strings.Replace(edit, "x y", "x x", i)
		_, clean, err := usesOf(t, nil, edited...)
		if err != nil {
			t.Fatal(err)
		}
		prog, warm, err := usesOf(t, base, edited...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(warm, clean) {
			t.Errorf("with a base\n%s\nclean\n%s", strings.Join(warm, "\n"), strings.Join(clean, "\n"))
		}
		if i == 0 && (!slices.Equal(warm, first) || len(prog.Analyzed()) != 0) {
			t.Errorf("nothing changed, analysed: %v", prog.Analyzed())
		}
	}
}

func TestSignature(t *testing.T) {
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("a.sx", `(defcomp ~card (&key (title :as string :required) (tone :default "plain") &rest children) "A card." (list title tone children))
(define (add a b) "Adds." (+ a b))
(define limit "At most." 10)
(defmacro twice (e) `+"`(do ,e ,e)"+`)`)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range prog.Definitions() {
		s := d.Signature()
		line := d.Name + " " + s.Kind + " " + s.Doc
		for _, p := range s.Params {
			line += fmt.Sprintf(" [%s %s %s %s %v]", p.Mark, p.Name, p.Type, p.Default, p.Required)
		}
		got = append(got, line)
	}
	want := []string{
		`~card component A card. [&key title string  true] [&key tone  "plain" false] [&rest children   false]`,
		"add function Adds. [ a   false] [ b   false]",
		"limit value At most.",
		"twice macro  [ e   false]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
