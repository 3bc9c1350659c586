package sx_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

var tight = sx.Limits{Steps: 50_000, Depth: 300, Output: 1 << 20, Collection: 20_000, String: 1 << 18}

// evaluate loads and runs a program within tight limits. It fails the test when the evaluator itself broke:
// a Go panic that had to be recovered, an error that is no *sx.Error, or more time than the limits allow.
func evaluate(t testing.TB, text string) (string, error) {
	t.Helper()
	start := time.Now()
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("f.sx", text)}, sx.WithMain("value"), sx.WithLimits(tight))
	var v sx.Value
	if err == nil {
		v, err = prog.Main(context.Background())
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Fatalf("took %v:\n%s", d, text)
	}
	if err == nil {
		s, err := sx.SerializeLimited(v, 1<<20)
		return s, err
	}
	var ds sx.Diagnostics
	var e *sx.Error
	switch {
	case errors.As(err, &ds):
		for _, e := range ds {
			checkError(t, text, e)
		}
	case errors.As(err, &e):
		checkError(t, text, e)
	default:
		t.Fatalf("an error of type %T: %v\n%s", err, err, text)
	}
	return "", err
}

func checkError(t testing.TB, text string, e *sx.Error) {
	t.Helper()
	if strings.HasPrefix(e.Message, "panic in Go") {
		t.Fatalf("the evaluator panicked: %s\n%v\n%s", e.Message, e.Cause, text)
	}
	if e.Message == "" || e.Kind == "" {
		t.Fatalf("an empty error: %#v\n%s", e, text)
	}
	if sx.Explain(e) == "" {
		t.Fatalf("no explanation for %v\n%s", e, text)
	}
}

// FuzzEval runs arbitrary text as a program.
func FuzzEval(f *testing.F) {
	files, _ := filepath.Glob("testdata/spec/*.sx")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		forms, err := sx.Read(sx.NewSource(file, string(text)), sx.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		for _, form := range forms {
			f.Add(sx.Serialize(form))
		}
	}
	f.Add("(let loop ((i 0) (xs (list))) (append! xs xs) (loop (inc i) xs))")
	f.Fuzz(func(t *testing.T, text string) { evaluate(t, text) })
}

// TestRandomPrograms runs random programs that use every pure primitive and form, twice each: they end within
// the limits, and the second run gives what the first gave.
func TestRandomPrograms(t *testing.T) {
	n := 500
	if testing.Short() {
		n = 100
	}
	g := newProgramMaker(t)
	values := 0
	for seed := range n {
		if g.runTwice(t, uint64(seed)) {
			values++
		}
	}
	if values < n/4 {
		t.Errorf("only %d of %d programs gave a value: the generator makes too many errors to test much", values, n)
	}
}

// FuzzPrograms runs the random programs of other seeds, for as long as one likes.
func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1 << 40))
	g := newProgramMaker(f)
	f.Fuzz(func(t *testing.T, seed uint64) {
		g.runTwice(t, seed)
		g.fold(t, seed)
		g.unfold(t, seed)
	})
}

// runTwice reports whether the program of seed gives a value.
func (g *programMaker) runTwice(t testing.TB, seed uint64) bool {
	g.r, g.marks = rand.New(rand.NewPCG(seed, 7)), false
	text := g.program()
	a, err1 := evaluate(t, text)
	b, err2 := evaluate(t, text)
	if a != b || (err1 == nil) != (err2 == nil) || err1 != nil && err1.Error() != err2.Error() {
		t.Fatalf("seed %d: two runs differ\n%s\n%s %v\n%s %v", seed, text, a, err1, b, err2)
	}
	return err1 == nil
}

// TestFoldingChangesNothing evaluates random expressions twice: with their literals in place, where the
// compiler may compute ahead, and with the same values as arguments, which it cannot know.
func TestFoldingChangesNothing(t *testing.T) {
	n := 500
	if testing.Short() {
		n = 100
	}
	g := newProgramMaker(t)
	for seed := range n {
		g.fold(t, uint64(seed))
	}
}

func (g *programMaker) fold(t testing.TB, seed uint64) {
	g.r = rand.New(rand.NewPCG(seed, 8))
	g.names, g.marks = 0, true
	body := g.guarded(5, nil)
	for strings.Contains(body, "gensym") || strings.Contains(body, "(eq?") || strings.Contains(body, "(eqv?") {
		body = g.guarded(5, nil) // identity may differ
	}
	var params, literals []string
	plain, open := body, body
	for i, lit := range constants {
		if mark := constantMark(i); strings.Contains(body, mark) {
			name := fmt.Sprintf("p%d", i)
			params, literals = append(params, name), append(literals, lit)
			plain, open = strings.ReplaceAll(plain, mark, lit), strings.ReplaceAll(open, mark, name)
		}
	}
	want, err1 := evaluate(t, "(define (f) "+plain+") (f)")
	got, err2 := evaluate(t, "(define (f "+strings.Join(params, " ")+") "+open+") (define (g h) (h "+strings.Join(literals, " ")+")) (g f)")
	if err1 != nil && err2 != nil { // which of several errors comes first may differ at load
		return
	}
	if want != got || (err1 == nil) != (err2 == nil) {
		t.Errorf("seed %d: literals change the result\n%s\n literals %s %v\narguments %s %v", seed, plain, want, err1, got, err2)
	}
}

// TestFormsAreCalls evaluates random expressions twice: with let, loops and functions written in place, which become
// part of the code around them, and with functions in their stead that are called through a variable.
func TestFormsAreCalls(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 200
	}
	g := newProgramMaker(t)
	for seed := range n {
		g.unfold(t, uint64(seed))
	}
}

func (g *programMaker) unfold(t testing.TB, seed uint64) {
	g.marks, g.plain = false, true
	defer func() { g.plain, g.calls = false, false }()
	var texts [2]string
	for i := range texts {
		g.r, g.names, g.calls = rand.New(rand.NewPCG(seed, 9)), 0, i == 1
		f, a := g.name(), g.name()
		texts[i] = fmt.Sprintf("(define (same f) f)\n(define (%s %s) %s)\n(%s 3)", f, a, g.guarded(5, []string{a}), f)
	}
	for _, identity := range []string{"gensym", "(eq?", "(eqv?", "try-call"} {
		if strings.Contains(texts[0], identity) {
			return
		}
	}
	want, err1 := evaluate(t, texts[0])
	got, err2 := evaluate(t, texts[1])
	if err1 != nil || err2 != nil { // what is wrong shows at load in one of them, or takes more steps
		return
	}
	if want != got {
		t.Errorf("seed %d: in place and called differ\n%s\n%s\n%s\n%s", seed, texts[0], want, texts[1], got)
	}
}

// fn returns the text of a function that is written in place, or of one that only running shows.
func (g *programMaker) fn(text string) string {
	if g.calls {
		return "(same " + text + ")"
	}
	return text
}

// constants are literals that nothing can change, so that one value may stand for all of them.
var constants = []string{"0", "1", "-1", "2", "3", "10", "0.5", "-2.5", "1e-7", "9007199254740991", `""`, `"a"`, `"hello"`, `"a,b"`, `"éß😀"`, `"12"`,
	"nil", "true", "false", "'sym", "':kw", "'()", "'(1 2)", `'("b" "a")`, "'{:a 1 :b 2}", "'((1 2) (3 4))", "inc", "odd?", "str"}

func constantMark(i int) string { return fmt.Sprintf("‹%d›", i) }

// programMaker makes random programs that mostly load.
type programMaker struct {
	r     *rand.Rand
	prims []*sx.Primitive
	names int
	marks bool // write constants as marks
	plain bool // no functions among the atoms: they are named by where they stand
	calls bool // write forms that become part of the code around them as calls of functions
}

func newProgramMaker(t testing.TB) *programMaker {
	prog, err := sx.LoadSources(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := &programMaker{}
	for _, p := range prog.Primitives() {
		if p.Effects == sx.Pure && p.Name != "error" && p.Name != "assert" {
			g.prims = append(g.prims, p)
		}
	}
	return g
}

func (g *programMaker) pick(s ...string) string { return s[g.r.IntN(len(s))] }

func (g *programMaker) name() string {
	g.names++
	return fmt.Sprintf("v%d", g.names)
}

func (g *programMaker) program() string {
	g.names = 0
	f, p := g.name(), g.name()
	return fmt.Sprintf("(define (%s %s) %s)\n(defmacro m (x) `(list ,x %s))\n(list %s (try (%s %s) (catch e (get e :message))) (m %s))\n",
		f, p, g.expr(4, []string{p}), g.atom(nil), g.guarded(5, nil), f, g.expr(2, nil), g.expr(2, nil))
}

// guarded is an expression whose errors become values.
func (g *programMaker) guarded(depth int, vars []string) string {
	return "(try " + g.expr(depth, vars) + " (catch e (get e :message)))"
}

func (g *programMaker) atom(vars []string) string {
	if len(vars) > 0 && g.r.IntN(2) == 0 {
		return vars[g.r.IntN(len(vars))]
	}
	if g.marks {
		return constantMark(g.r.IntN(len(constants)))
	}
	if g.plain {
		return constants[g.r.IntN(len(constants))]
	}
	return g.pick("0", "1", "-1", "2", "3", "10", "0.5", "-2.5", "1e-7", "9007199254740991", `""`, `"a"`, `"hello"`, `"a,b"`, `"éß😀"`, `"12"`,
		"nil", "true", "false", ":k", "'sym", "':kw", "()", "{}", "[1 2 3]", "'(1 2)", `["b" "a"]`, `{:a 1 :b 2}`, `{"x y" nil}`, "[[1 2] [3 4]]", "inc", "odd?", "str", "(fn (x) x)", "(fn (a b) (str a b))", "(raw! \"<b>\")")
}

func (g *programMaker) exprs(n, depth int, vars []string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = g.expr(depth, vars)
	}
	return strings.Join(parts, " ")
}

func (g *programMaker) expr(depth int, vars []string) string {
	if depth <= 0 {
		return g.atom(vars)
	}
	d := depth - 1
	with := func(names ...string) []string { return append(vars[:len(vars):len(vars)], names...) }
	switch g.r.IntN(24) {
	case 0:
		return g.atom(vars)
	case 1:
		return "(if " + g.exprs(3, d, vars) + ")"
	case 2:
		a, b := g.name(), g.name()
		form := "(let ((%s %s) (%s %s)) %s)"
		if g.calls {
			form = "((same (fn (%[1]s) ((same (fn (%[3]s) %[5]s)) %[4]s))) %[2]s)"
		}
		return fmt.Sprintf(form, a, g.expr(d, vars), b, g.expr(d, with(a)), g.expr(d, with(a, b)))
	case 3:
		a := g.name()
		return fmt.Sprintf("(%s "+g.fn("(fn (%s) %s)")+" %s)", g.pick("map", "filter", "some", "every?", "sort-by", "group-by", "for-each", "partition"), a, g.expr(d, with(a)), g.expr(d, vars))
	case 4:
		a, b := g.name(), g.name()
		return fmt.Sprintf("(reduce "+g.fn("(fn (%s %s) %s)")+" %s)", a, b, g.expr(d, with(a, b)), g.exprs(2, d, vars))
	case 5:
		a := g.name()
		loop := g.name()
		form := "(let %[1]s ((%[2]s 0)) (if (< %[2]s %[3]d) (%[1]s (inc %[2]s)) %[4]s))"
		if g.calls {
			form = "(letrec ((%[1]s (fn (%[2]s) (if (< %[2]s %[3]d) (%[1]s (inc %[2]s)) %[4]s)))) (%[1]s 0))"
		}
		return fmt.Sprintf(form, loop, a, g.r.IntN(50), g.expr(d, with(a)))
	case 6:
		return "(cond " + g.exprs(4, d, vars) + " :else " + g.expr(d, vars) + ")"
	case 7:
		return "(case " + g.exprs(5, d, vars) + ")"
	case 8:
		a, b := g.name(), g.name()
		return fmt.Sprintf("(match %s (list %s %s) %s {:a %s} %s %s %s)", g.expr(d, vars), a, b, g.expr(d, with(a, b)), a, g.expr(d, with(a)), b, g.expr(d, with(b)))
	case 9:
		return "(" + g.pick("and", "or", "list", "str", "do") + " " + g.exprs(1+g.r.IntN(3), d, vars) + ")"
	case 10:
		a := g.name()
		return fmt.Sprintf("(let ((%s %s)) (set! %s %s) %s)", a, g.expr(d, vars), a, g.expr(d, with(a)), a)
	case 11:
		a := g.name()
		return fmt.Sprintf("(let ((%s (list 1))) (append! %s %s) %s)", a, a, g.expr(d, with(a)), a)
	case 12:
		return "`(a ," + g.expr(d, vars) + " ,@(list " + g.expr(d, vars) + "))"
	case 13:
		return "(scope \"s\" " + g.expr(d, vars) + " (do (emit! \"s\" " + g.expr(d, vars) + ") (list (context \"s\") (emitted \"s\"))))"
	case 14:
		return "{:a " + g.expr(d, vars) + " \"b c\" " + g.expr(d, vars) + "}"
	case 15:
		return g.guarded(d, vars)
	case 16:
		a, f := g.name(), g.name()
		return fmt.Sprintf("(letrec ((%s (fn (%s) (if %s %s (%s nil))))) (%s %s))", f, a, a, g.expr(d, with(a)), f, f, g.expr(d, vars))
	case 17:
		return "(->> " + g.expr(d, vars) + " " + g.pick("(map inc)", "(filter odd?)", "list", "(str \"x\")", "(cons 1)") + ")"
	case 18:
		loop, a, b, c := g.name(), g.name(), g.name(), g.name()
		all := with(a, b, c)
		form := "(let %[1]s ((%[2]s 0) (%[3]s %[5]s) (%[4]s %[6]s)) (if (< %[2]s %[7]d) (%[1]s (inc %[2]s) %[8]s %[9]s) %[10]s))"
		if g.calls {
			form = "(letrec ((%[1]s (fn (%[2]s %[3]s %[4]s) (if (< %[2]s %[7]d) (%[1]s (inc %[2]s) %[8]s %[9]s) %[10]s)))) (%[1]s 0 %[5]s %[6]s))"
		}
		return fmt.Sprintf(form, loop, a, b, c, g.expr(d, vars), g.expr(d, vars), g.r.IntN(4), g.expr(d, all), g.expr(d, all), g.expr(d, all))
	case 19:
		a, b := g.name(), g.name()
		return fmt.Sprintf("("+g.fn("(fn (%s %s) %s)")+" %s)", a, b, g.expr(d, with(a, b)), g.exprs(2, d, vars))
	}
	p := g.prims[g.r.IntN(len(g.prims))]
	least, most := p.Arity()
	if most < 0 {
		most = least + 3
	}
	return "(" + strings.TrimSpace(p.Name+" "+g.exprs(least+g.r.IntN(most-least+1), d, vars)) + ")"
}
