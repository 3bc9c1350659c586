package client_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
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
			if want := inGo(t, expr).Kind; want == "" || got.Kind != want {
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

// anything is what arguments are replaced by: good ones, wrong ones of every type, and what is just beyond an edge.
var anything = []string{"nil", "true", "0", "-1", "2", "2.5", "-0.5", "9007199254740991", "-9007199254740991",
	`""`, `"a"`, `"ab,c"`, `"añ😀b"`, `" 12 "`, `"%41%zz"`, `"2026-03-01"`, `"%Y %j"`, ":key", "':kw", "'sym", "'(a (b))", "{}", `{:a 1 "b c" (list 2)}`,
	"(list)", "(list 1 2 3)", `(list "b" "a")`, "(list nil)", `(list (list 1 2) (list "k" 3))`, "(list :a :b)", "inc", "str", "(fn (x) x)", "(fn () 1)",
	`(raw! "<i>")`, `(make-spread {:class "x"})`}

// about is an error about one argument: the primitive, the argument, what it must be, and what it got.
var about = regexp.MustCompile(`(?s)^(\S+): argument (\d+) must (?:be|not be) (.*), got (.*)$`)

// TestPrimitivesAgreeOnAnything calls every pure primitive with every number of arguments, and with anything in place
// of each argument of calls that are right. On both hosts the values must be written the same and errors be of the same
// kind; one about a wrong type must name the primitive, the argument and what it got.
func TestPrimitivesAgreeOnAnything(t *testing.T) {
	ctx := language(t)
	list := wrongCalls(t)
	got := ask[[]answer](t, ctx, "each", list)
	types := 0
	for i, expr := range list {
		want, inBrowser := inGo(t, expr), got[i]
		if (want.Value == nil) != (inBrowser.Value == nil) || want.Kind != inBrowser.Kind || want.Value != nil && *want.Value != *inBrowser.Value {
			t.Errorf("%s\n in the browser %s\n in Go %s", expr, inBrowser, want)
			continue
		}
		if want.Kind != "type" {
			continue
		}
		types++
		name, _, _ := strings.Cut(want.Message, ": ") // the primitive, or one that is its argument
		a, b := about.FindStringSubmatch(want.Message), about.FindStringSubmatch(inBrowser.Message)
		switch {
		case !slices.Contains(strings.FieldsFunc(expr, brackets), name) || !strings.HasPrefix(inBrowser.Message, name+": "):
			t.Errorf("%s: the primitive is not named\n in the browser %s\n in Go %s", expr, inBrowser, want)
		case a != nil && (b == nil || a[2] != b[2] || a[4] != b[4]):
			t.Errorf("%s: another argument\n in the browser %s\n in Go %s", expr, inBrowser, want)
		}
	}
	t.Logf("%d calls, %d errors about a type", len(list), types)
}

// brackets tells what stands between names.
func brackets(r rune) bool { return strings.ContainsRune(" ()", r) }

// wrongCalls returns calls of all pure primitives, made from the shared cases that are right: for each number of
// arguments one, with each argument replaced, and all wrong numbers of them.
func wrongCalls(t *testing.T) []string {
	language, err := sx.LoadSources(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../sx/testdata/vectors/primitives.txt")
	if err != nil {
		t.Fatal(err)
	}
	right := map[string]map[int][]string{} // by name and number of arguments
	for line := range strings.Lines(string(text)) {
		expr, _, ok := strings.Cut(line, " => ")
		if !ok || expr[0] != '(' {
			continue
		}
		data, err := sx.Read(sx.NewSource("call.sx", expr), sx.Limits{})
		if err != nil {
			t.Fatal(expr, err)
		}
		items := data[0].List().Items
		var args []string
		for _, v := range items[1:] {
			args = append(args, sx.Serialize(v))
		}
		name := items[0].Text()
		if right[name] == nil {
			right[name] = map[int][]string{}
		}
		if right[name][len(args)] == nil {
			right[name][len(args)] = args
		}
	}
	var list []string
	call := func(name string, args []string) {
		list = append(list, "("+strings.Join(append([]string{name}, args...), " ")+")")
	}
	for _, p := range language.Primitives() {
		switch {
		case p.Effects != 0 || slices.Contains([]string{"try-call", "pow", "gensym", "error"}, p.Name):
			continue // words of errors may differ, and last digits of powers, and made names
		case strings.HasPrefix(p.Name, "component-"):
			right[p.Name] = map[int][]string{1: {"nil"}}
		case right[p.Name] == nil:
			t.Errorf("no shared case of %s gives a value", p.Name)
		}
		least, most := p.Arity()
		for n := range max(least, most) + 3 {
			if args := right[p.Name][n]; args == nil || n < least || most >= 0 && n > most {
				call(p.Name, slices.Repeat([]string{"nil"}, n))
			} else {
				call(p.Name, args)
				for i := range args {
					for _, x := range anything {
						call(p.Name, slices.Concat(args[:i], []string{x}, args[i+1:]))
					}
				}
			}
		}
	}
	return list
}

// inGo returns what Go says about a program.
func inGo(t *testing.T, expr string) answer {
	t.Helper()
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", expr)}, sx.WithMain("value"))
	var v sx.Value
	if err == nil {
		v, err = p.Main(t.Context())
	}
	if err == nil {
		text := sx.Serialize(v)
		return answer{Value: &text}
	}
	e := goError(t, expr, err)
	return answer{Kind: string(e.Kind), Message: e.Message, Line: e.Pos.Line, Col: e.Pos.Col}
}

// goError returns the first error of a program.
func goError(t *testing.T, expr string, err error) *sx.Error {
	t.Helper()
	var d sx.Diagnostics
	if errors.As(err, &d) {
		return d.Errors()[0]
	}
	var e *sx.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: no error in Go: %v", expr, err)
	}
	return e
}
