package sx_test

import (
	"context"
	"errors"
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
