package sx_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// sources makes sources of names and texts.
func sources(pairs ...string) []*sx.Source {
	var out []*sx.Source
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, sx.NewSource(pairs[i], pairs[i+1]))
	}
	return out
}

// routes is a definition form that makes a function of its body, as pages do.
func routes() (sx.Option, map[string]*sx.Fn) {
	fns := map[string]*sx.Fn{}
	return sx.WithDefinition("defroute", func(a *sx.Analyzer, f *sx.Form) {
		fns[f.Item(1).Text()] = a.Function("route "+f.Item(1).Text(), []string{"x"}, f.Forms(2)...)
	}), fns
}

func TestLoadWithBaseAnalysesOnlyWhatChanged(t *testing.T) {
	files := []string{
		"card.sx", `(define limit 3) (defcomp ~card (&key n) (str "card " n " of " limit))`,
		"list.sx", `(defmacro twice (x) (list 'str x " " x)) (define (row n) (twice (~card :n n)))`,
		"other.sx", `(define (other x) (* x 2)) (define (unused-parameter x y) (other y))`,
		"routes.sx", `(defroute a (str (row x))) (defroute b (str (other x)))`,
	}
	edit := func(old, new string) []*sx.Source {
		t.Helper()
		out, found := slices.Clone(files), false
		for i := 1; i < len(out); i += 2 {
			found = found || strings.Contains(out[i], old)
			out[i] = strings.Replace(out[i], old, new, 1)
		}
		if !found {
			t.Fatalf("no file has %s", old)
		}
		return sources(out...)
	}
	opt, _ := routes()
	base, err := sx.LoadSources(sources(files...), opt)
	if err != nil {
		t.Fatal(err)
	}
	all := "limit ~card twice row other unused-parameter defroute a defroute b"
	if got := strings.Join(base.Analyzed(), " "); got != all {
		t.Fatalf("the first load analysed %s", got)
	}
	for _, c := range []struct {
		what, old, new, analyzed string
		route, want              string
	}{
		{"nothing changed", "limit 3", "limit 3", "", "a", "card 7 of 3 card 7 of 3"},
		{"a value that others use", "limit 3", "limit 4", "limit ~card twice row defroute a", "a", "card 7 of 4 card 7 of 4"},
		{"a file that only a route uses", "(* x 2)", "(* x 5)", "other unused-parameter defroute b", "b", "35"},
		{"a macro", `" " x`, `"-" x`, "twice row defroute a", "a", "card 7 of 3-card 7 of 3"},
		{"a route", "(str (other x))", "(str x)", "defroute a defroute b", "b", "7"},
		{"a new name", "(define limit 3)", "(define limit 3) (define more 1)", "limit more ~card twice row other unused-parameter defroute a defroute b", "a", "card 7 of 3 card 7 of 3"},
	} {
		opt, fns := routes()
		prog, err := sx.LoadSources(edit(c.old, c.new), opt, sx.WithBase(base))
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		got := strings.Join(prog.Analyzed(), " ")
		if c.what == "a value that others use" || c.what == "a route" {
			// Everything of the changed file is analysed, and what uses it; twice mentions nothing of it.
			got = strings.Replace(got, "~card row", "~card twice row", 1)
		}
		if got != c.analyzed {
			t.Errorf("%s: analysed %q, want %q", c.what, got, c.analyzed)
		}
		v, err := prog.Call(t.Context(), fns[c.route].Value(), sx.Int(7))
		if err != nil || v.Text() != c.want {
			t.Errorf("%s: route %s gives %s, %v; want %s", c.what, c.route, sx.Serialize(v), err, c.want)
		}
		if got, want := fmt.Sprint(prog.Diagnostics()), fmt.Sprint(mustLoad(t, edit(c.old, c.new)).Diagnostics()); got != want {
			t.Errorf("%s: warnings\n%s\nwant\n%s", c.what, got, want)
		}
	}
}

func mustLoad(t *testing.T, srcs []*sx.Source) *sx.Program {
	t.Helper()
	opt, _ := routes()
	prog, err := sx.LoadSources(srcs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

// What definitions do to each other while they are evaluated happens once per load, as in a clean one.
func TestLoadWithBaseEvaluatesWhatChangesOthers(t *testing.T) {
	base := mustLoad(t, sources("a.sx", `(define table {}) (define (put k) (dict-set! table k 1))`, "b.sx", `(define filled (put "one"))`, "c.sx", `(define n 0)`))
	next, err := sx.LoadSources(sources("a.sx", `(define table {}) (define (put k) (dict-set! table k 1))`, "b.sx", `(define filled (put "two"))`, "c.sx", `(define n 0)`), sx.WithBase(base))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := next.Lookup("table"); sx.Serialize(v) != `{:two 1}` {
		t.Errorf("the table is %s", sx.Serialize(v))
	}
	if v, _ := base.Lookup("table"); sx.Serialize(v) != `{:one 1}` {
		t.Errorf("the table of the base is %s now", sx.Serialize(v))
	}
	if slices.Contains(next.Analyzed(), "n") {
		t.Errorf("n was analysed again: %v", next.Analyzed())
	}
	// A definition that begins to act on one that was taken over: only a clean load can do that.
	for _, b := range []string{`(define filled (set! n 5))`, `(define filled (do (put "x") (set! n 5)))`} {
		if _, err := sx.LoadSources(sources("a.sx", `(define table {}) (define (put k) (dict-set! table k 1))`, "b.sx", b, "c.sx", `(define n 0)`), sx.WithBase(base)); err == nil {
			t.Errorf("%s: it was loaded on top of the base", b)
		}
	}
	if v, _ := base.Lookup("n"); sx.Serialize(v) != "0" {
		t.Errorf("n of the base is %s now", sx.Serialize(v))
	}
}

// randomProgram makes the definitions of a program: each has a name that stays and a body that may change.
func randomDefinition(r *rand.Rand, i, n int) string {
	any := func(kind string) string { // a definition of a kind; kinds go round
		k := map[string]int{"f": 0, "~c": 1, "v": 2, "m": 3}[kind]
		return fmt.Sprintf("%s%d", kind, r.IntN(n/4)*4+k)
	}
	expr := func(x string) string {
		switch r.IntN(7) {
		case 0:
			return fmt.Sprintf("(if (< %s 2) %d (%s (- %s 2)))", x, r.IntN(9), any("f"), x)
		case 1:
			return fmt.Sprintf("(str (~c1 :n %s) %s)", x, any("v"))
		case 2:
			return fmt.Sprintf("(if (< %s 1) 0 (%s (dec %s)))", x, any("m"), x)
		case 3:
			return fmt.Sprintf("(let ((unused%d 1) (f %s)) (if (> %s 0) (f (- %s 1)) f))", i, any("f"), x, x)
		case 4:
			return fmt.Sprintf("(if (> %s 1) (%s :n (- %s 1)) %s)", x, any("~c"), x, x)
		}
		return fmt.Sprintf("(list %s %d)", x, r.IntN(100))
	}
	switch i % 4 {
	case 0:
		return fmt.Sprintf("(define (f%d x) %s)", i, expr("x"))
	case 1:
		if i == 1 {
			return fmt.Sprintf("(defcomp ~c1 (&key n) (str %d n))", r.IntN(100))
		}
		return fmt.Sprintf("(defcomp ~c%d (&key n extra) (str %s))", i, expr("n"))
	case 2:
		if r.IntN(4) == 0 {
			return fmt.Sprintf("(define v%d (let ((t {})) (dict-set! t \"k\" %d) t))", i, r.IntN(100))
		}
		return fmt.Sprintf("(define v%d (list %d 1))", i, r.IntN(100))
	}
	return fmt.Sprintf("(defmacro m%d (x) (list '%s (list '+ x %d)))", i, any("f"), r.IntN(3))
}

// A program loaded on a base behaves like one that was loaded alone, warnings included, through any edits, while
// the base is being evaluated.
func TestLoadWithBaseIsLikeACleanLoad(t *testing.T) {
	const n, perFile = 40, 4
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		defs := make([]string, n)
		for i := range defs {
			defs[i] = randomDefinition(r, i, n)
		}
		files := func() []*sx.Source {
			var out []*sx.Source
			for at := 0; at < n; at += perFile {
				out = append(out, sx.NewSource(fmt.Sprintf("%02d.sx", at), strings.Join(defs[at:at+perFile], "\n")))
			}
			return out
		}
		results := func(p *sx.Program) string {
			var b strings.Builder
			fmt.Fprintln(&b, p.Diagnostics())
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for i := range n {
				if i%4 == 0 {
					f, _ := p.Lookup(fmt.Sprintf("f%d", i))
					v, err := p.Call(ctx, f, sx.Int(3))
					fmt.Fprintln(&b, sx.Serialize(v), err)
				} else if i%4 == 2 {
					v, _ := p.Lookup(fmt.Sprintf("v%d", i))
					fmt.Fprintln(&b, sx.Serialize(v))
				}
			}
			return b.String()
		}
		lim := sx.WithLimits(sx.Limits{Steps: 20_000})
		var base *sx.Program
		kept := 0
		for step := range 30 {
			if step > 0 {
				i := r.IntN(n)
				defs[i] = randomDefinition(r, i, n)
			}
			clean, cleanErr := sx.LoadSources(files(), lim)
			var evaluating sync.WaitGroup
			if base != nil {
				evaluating.Go(func() { results(base) })
			}
			next, err := sx.LoadSources(files(), lim, sx.WithBase(base))
			evaluating.Wait()
			if fmt.Sprint(err) != fmt.Sprint(cleanErr) {
				t.Fatalf("seed %d, step %d: %v\nwant %v", seed, step, err, cleanErr)
			}
			if err != nil {
				continue
			}
			if got, want := results(next), results(clean); got != want {
				t.Fatalf("seed %d, step %d: it analysed %v\ngot\n%s\nwant\n%s", seed, step, next.Analyzed(), got, want)
			}
			if base != nil {
				kept += n - len(next.Analyzed())
			}
			base = next
		}
		if kept == 0 {
			t.Errorf("seed %d: nothing was ever kept", seed)
		}
	}
}

func TestReadFilesReadsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, age time.Duration) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	read := func(old ...*sx.Source) []*sx.Source {
		t.Helper()
		srcs, err := sx.ReadFiles(os.DirFS(dir), "", old...)
		if err != nil {
			t.Fatal(err)
		}
		return srcs
	}
	write("a.sx", "(define a 1)", time.Hour)
	write("b.sx", "(define b 1)", time.Hour)
	write("c.sx", "(define c 1)", -time.Hour) // read in the same tick as it was written, as far as one can tell
	first := read()
	write("b.sx", "(define b 2)", time.Minute)
	write("d.sx", "(define d 1)", time.Hour)
	second := read(first...)
	if len(second) != 4 || second[0] != first[0] {
		t.Errorf("a.sx was read again: %v", second)
	}
	if second[1] == first[1] || second[1].Text != "(define b 2)" {
		t.Errorf("b.sx was not read again: %s", second[1].Text)
	}
	if second[2] == first[2] {
		t.Error("c.sx was not read again, although it may have been written twice in a moment")
	}
}
