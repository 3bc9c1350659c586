package sx_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func runLimited(t *testing.T, ctx context.Context, text string, lim sx.Limits) (sx.Value, error) {
	t.Helper()
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", text)}, sx.WithMain("value"), sx.WithLimits(lim))
	if err != nil {
		t.Fatal("\n" + sx.Explain(err))
	}
	return prog.Main(ctx)
}

const endless = "(let loop ((i 0)) (if (< i 0) i (loop (- 1 1))))"

func TestStepsAreLimited(t *testing.T) {
	for _, text := range []string{
		endless,
		"(try " + endless + " (catch e 1))",
		"(try-call (fn () " + endless + "))",
		"(map (fn (x) " + endless + ") (list 1))",
		"(reduce (fn (a x) (map inc (range 1000))) 0 (range 1000000))",
		"(let loop ((s \"x\")) (loop (str s s)))",
		"(let loop ((xs (list 1))) (loop (concat xs xs)))",
		"(let ((xs (list 1))) (let loop ((i 0)) (append! xs i) (loop (inc i))))",
		"(let ((d {})) (let loop ((i 0)) (dict-set! d (str i) i) (loop (inc i))))",
		"(define (f n) (+ 1 (f n))) (try (f 1) (catch e 1))",
	} {
		_, err := runLimited(t, context.Background(), text, sx.Limits{Steps: 1_000_000, Collection: 100_000, String: 1 << 20})
		if kindOf(err) != sx.LimitError {
			t.Errorf("%s\n got %v", text, err)
		}
	}
}

// What never ends in a text must not be looked for from every place where it could begin.
func TestStripTagsIsLinear(t *testing.T) {
	for _, part := range []string{"<!--", "<a", "</", "<!", "<!--<a"} {
		_, err := runLimited(t, context.Background(), "(len (strip-tags (repeat-string \""+part+"\" 1e6)))", sx.Limits{})
		if err != nil {
			t.Error(part, err)
		}
	}
}

func TestCancellationCannotBeCaught(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("gone")
	cancel(reason)
	_, err := runLimited(t, ctx, "(try "+endless+" (catch e 1))", sx.Limits{})
	if kindOf(err) != sx.CancelledError {
		t.Errorf("got %v", err)
	}
}

func TestCancellationIsPrompt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := sx.Primitive{Name: "stop!", Usage: "(stop!)", Doc: "Cancels.", Effects: sx.IO, F0: func(*sx.Machine) sx.Value { cancel(); return sx.Nil }}
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", "(stop!) "+endless)}, sx.WithMain("value"), sx.WithPrimitives(&stop))
	if err != nil {
		t.Fatal("\n" + sx.Explain(err))
	}
	if _, err := prog.Main(ctx); kindOf(err) != sx.CancelledError {
		t.Errorf("got %v", err)
	}
}

func TestFinallyRunsWhenALimitPasses(t *testing.T) {
	ran := 0
	mark := sx.Primitive{Name: "mark!", Usage: "(mark!)", Doc: "Counts.", Effects: sx.IO, F0: func(*sx.Machine) sx.Value { ran++; return sx.Nil }}
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", "(try (repeat-string \"x\" 1e12) (catch e 1) (finally (mark!)))")}, sx.WithMain("value"), sx.WithPrimitives(&mark))
	if err != nil {
		t.Fatal("\n" + sx.Explain(err))
	}
	if _, err := prog.Main(context.Background()); kindOf(err) != sx.LimitError || ran != 1 {
		t.Errorf("got %v, finally ran %d times", err, ran)
	}
}

func TestGoPanicIsAnErrorAtTheCall(t *testing.T) {
	boom := sx.Primitive{Name: "boom", Usage: "(boom x)", Doc: "Panics.", Effects: sx.IO, F1: func(*sx.Machine, sx.Value) sx.Value { var m map[string]int; m["a"] = 1; return sx.Nil }}
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", "(define (f x)\n  (list 1 (boom x)))\n(f 2)")}, sx.WithMain("value"), sx.WithPrimitives(&boom))
	if err != nil {
		t.Fatal("\n" + sx.Explain(err))
	}
	_, err = prog.Main(context.Background())
	var e *sx.Error
	if !errors.As(err, &e) || e.Kind != sx.GoError || e.Pos.Line != 2 || e.Pos.Col != 11 {
		t.Errorf("got %v", err)
	}
}

// TestNothingCatchesALimit holds that what passes through try passes through every form that could keep it, and that
// finally and the end of dynamic-wind run all the same.
func TestNothingCatchesALimit(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	gone := errors.New("gone elsewhere")
	for _, c := range []struct {
		text string
		kind sx.ErrorKind
	}{
		{"(range 1e12)", sx.LimitError},
		{`(repeat-string "x" 1e12)`, sx.LimitError},
		{`(pad-start "x" 1e12)`, sx.LimitError},
		{endless, sx.LimitError},
		{"(f 1)", sx.LimitError},
		{"(let ((xs (list 1))) (let loop () (append! xs xs xs) (loop)))", sx.LimitError},
		{`(let loop ((s "xxxxxxxxxxxxxxxx")) (loop (str s s)))`, sx.LimitError},
		{"(leave!)", sx.GoError},
		{"(do (stop!) " + endless + ")", sx.CancelledError},
	} {
		for _, wrap := range []string{
			"(try %s (catch e 1))",
			"(try (try %s (finally (mark!))) (catch e 1))",
			"(try-call (fn () %s))",
			"(try (try-call (fn () %s)) (catch e 1))",
			"(map (fn (x) (try %s (catch e 1))) (list 1))",
			"(reduce (fn (a x) (try %s (catch e a))) 0 (list 1))",
			"(dynamic-wind (fn () nil) (fn () (try %s (catch e 1))) (fn () (mark!)))",
			"(try (dynamic-wind (fn () nil) (fn () %s) (fn () (mark!))) (catch e 1))",
			"(scope \"a\" 1 (try %s (catch e 1)))",
			"(try (try %s (finally (error \"instead\"))) (catch e 1))",
			"(try (dynamic-wind (fn () nil) (fn () %s) (fn () (error \"instead\"))) (catch e 1))",
			"(try (try %s (finally (let loop ((i 0)) (if (< i 3000) (loop (inc i)) (mark!))))) (catch e 1))",
			"(sort-by (fn (x) (try %s (catch e 1))) (list 1 2))",
			"(apply (fn (x) (try %s (catch e x))) (list 1))",
			"(match 1 n :when (try %s (catch e true)) n)",
			"(try (error \"first\") (catch e (try %s (catch e 1))))",
		} {
			marks := 0
			ctx, stop := context.WithCancel(ctx)
			prims := []*sx.Primitive{
				{Name: "mark!", Usage: "(mark!)", Doc: "Counts.", Effects: sx.IO, F0: func(*sx.Machine) sx.Value { marks++; return sx.Nil }},
				{Name: "stop!", Usage: "(stop!)", Doc: "Cancels.", Effects: sx.IO, F0: func(*sx.Machine) sx.Value { stop(); return sx.Nil }},
				{Name: "leave!", Usage: "(leave!)", Doc: "Goes.", Effects: sx.IO, Func: func(context.Context, []sx.Value) (sx.Value, error) { return sx.Nil, sx.Uncatchable(gone) }},
			}
			text := "(define (f n) (+ 1 (f n)))\n" + strings.Replace(wrap, "%s", c.text, 1)
			prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", text)}, sx.WithMain("value"), sx.WithPrimitives(prims...),
				sx.WithLimits(sx.Limits{Steps: 300_000, Collection: 100_000, String: 1 << 20, Depth: 1000}))
			if err != nil {
				t.Fatal("\n" + sx.Explain(err))
			}
			_, err = prog.Main(ctx)
			if kindOf(err) != c.kind || c.kind == sx.GoError && !errors.Is(err, gone) {
				t.Errorf("%s\n got %v, want %s", text, err, c.kind)
			}
			if want := strings.Count(wrap, "mark!"); marks != want {
				t.Errorf("%s\n finally ran %d times", text, marks)
			}
			stop()
		}
	}
	cancel()
}

// TestWhatHasNoEndIsAnError holds that the programs that people write by mistake end as an error of a kind that says
// so: each of them takes far less than a second.
func TestWhatHasNoEndIsAnError(t *testing.T) {
	for _, c := range []struct {
		name, text string
		lim        sx.Limits
		kind       sx.ErrorKind
		message    string
	}{
		{"recursion", "(define (deep n) (+ 1 (deep (+ n 1)))) (deep 0)", sx.Limits{}, sx.LimitError, "recursion too deep"},
		{"mutual recursion", "(define (a n) (list (b n))) (define (b n) (list (a n))) (a 0)", sx.Limits{}, sx.LimitError, "recursion too deep"},
		{"a long range", "(range 1e12)", sx.Limits{}, sx.LimitError, "collection too large"},
		{"a long string", `(repeat-string "x" 1e12)`, sx.Limits{}, sx.LimitError, "string too long"},
		{"a loop", "(let loop ((i 0)) (loop (+ i 1)))", sx.Limits{Steps: 1_000_000}, sx.LimitError, "step limit exceeded"},
		{"open brackets", strings.Repeat("(", 100_000), sx.Limits{}, sx.SyntaxError, "nested too deeply"},
		{"quotes", strings.Repeat("'", 100_000), sx.Limits{}, sx.SyntaxError, "nested too deeply"},
		{"a macro", "(defmacro m (x) `(m (list ,x ,x))) (m 1)", sx.Limits{}, "", "expands"},
	} {
		_, err := func() (sx.Value, error) {
			prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", c.text)}, sx.WithMain("value"), sx.WithLimits(c.lim))
			if err != nil {
				return sx.Nil, err
			}
			return prog.Main(context.Background())
		}()
		if err == nil || !strings.Contains(err.Error(), c.message) || c.kind != "" && kindOf(err) != c.kind {
			t.Errorf("%s: got %s %.200v, want %s %s", c.name, kindOf(err), err, c.kind, c.message)
		}
	}
	if got, err := run("(let loop ((i 0)) (if (< i 1000000) (loop (+ i 1)) i))"); err != nil || got != "1000000" {
		t.Errorf("a long loop: got %s %v", got, err)
	}
}
