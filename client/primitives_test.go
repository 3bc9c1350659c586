package client_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestPrimitives runs the shared cases of primitives in the browser. Where a case is an error, both hosts must give
// one of the same kind; the words may differ.
func TestPrimitives(t *testing.T) {
	ctx := language(t)
	text, err := os.ReadFile("../sx/testdata/vectors/primitives.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		if expr, _, ok := strings.Cut(line, " !! "); ok {
			got := ask[answer](t, ctx, "evaluate", expr)
			if want := goErrorKind(t, expr); got.Kind != want {
				t.Errorf("%s\n got %s\nwant an error of kind %s", expr, got, want)
			}
			continue
		}
		expr, want, _ := strings.Cut(line, " => ")
		got := ask[answer](t, ctx, "evaluate", expr)
		if got.Value == nil || *got.Value != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
}

// goErrorKind returns the kind of error that the Go host gives for a program.
func goErrorKind(t *testing.T, expr string) string {
	t.Helper()
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", expr)}, sx.WithMain("value"))
	if err == nil {
		_, err = p.Main(t.Context())
	}
	var d sx.Diagnostics
	if errors.As(err, &d) {
		return string(d.Errors()[0].Kind)
	}
	var e *sx.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: no error in Go: %v", expr, err)
	}
	return string(e.Kind)
}

// anything is what arguments are drawn from: good ones, wrong ones, and what is just beyond an edge.
var anything = []string{"nil", "true", "false", "0", "1", "-1", "2", "3", "2.5", "-0.5", "1e-7", "9007199254740991", "100", "-7", "1.005",
	`""`, `"a"`, `"A"`, `"é"`, `"ab,c"`, `"añ😀b"`, `" x "`, `"12"`, `"-3.5"`, `"%41%zz"`, `"2026-03-01"`, `"2026-03-01T10:00:00+02:00"`, `"<b>x</b>"`,
	`"{\"a\":[1,2]}"`, `"%Y %j"`, ":key", "':kw", "'sym", "'(a (b))", "{}", "{:a 1}", `{:a 1 "b c" (list 2)}`, "(list)", "(list 1 2 3)", `(list "b" "a")`,
	`(list 1 "a" nil)`, `(list (list 1 2) (list "k" 3))`, "(list :a :b)", "(range 5)", "inc", "str", "+", "list", "first", "<", "(fn (x) x)",
	"(fn (x y) (list x y))", "(fn (x) (get x :a))", `(raw! "<i>")`, `(make-spread {:class "x"})`}

// TestPrimitivesAgreeOnAnything calls every primitive with random arguments on both hosts: the values must be written
// the same, errors be of the same kind.
func TestPrimitivesAgreeOnAnything(t *testing.T) {
	ctx := language(t)
	language, err := sx.LoadSources(nil)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, p := range language.Primitives() {
		if p.Effects != 0 || p.Name == "try-call" || p.Name == "pow" { // words of errors may differ, and last digits of powers
			continue
		}
		least, most := p.Arity()
		if most < 0 {
			most = least + 2
		}
		for range 10 {
			expr := "(" + p.Name
			for range least + rnd.IntN(most-least+1) {
				expr += " " + anything[rnd.IntN(len(anything))]
			}
			expr += ")"
			want := inGo(t, expr)
			a := ask[answer](t, ctx, "evaluate", expr)
			got := "error of kind " + a.Kind
			if a.Value != nil {
				got = *a.Value
			}
			if got != want {
				t.Errorf("%s\n in the browser %s %s\n in Go %s", expr, got, a.Message, want)
			}
		}
	}
}

// inGo returns the value of a program as it is written, or the kind of its error.
func inGo(t *testing.T, expr string) string {
	t.Helper()
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", expr)}, sx.WithMain("value"))
	if err != nil {
		return "error of kind " + goErrorKind(t, expr)
	}
	v, err := p.Main(t.Context())
	if err != nil {
		return "error of kind " + goErrorKind(t, expr)
	}
	return sx.Serialize(v)
}
