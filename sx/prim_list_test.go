package sx_test

import (
	"errors"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestPrimitivesKeepTheirArguments(t *testing.T) {
	// part shares items; changing the part must not change the whole, nor the other way round.
	l := sx.NewList(sx.Int(1), sx.Int(2), sx.Int(3))
	whole := sx.ListOf(l)
	call := func(name string, args ...sx.Value) sx.Value {
		t.Helper()
		form := sx.NewList(sx.Symbol(name))
		for _, a := range args {
			form.Items = append(form.Items, sx.ListOf(sx.NewList(sx.Symbol("first"), sx.ListOf(sx.NewList(sx.Symbol("quote"), sx.ListOf(sx.NewList(a)))))))
		}
		v, err := sx.EvalPrimitives(t.Context(), sx.ListOf(form), sx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	part := call("take", whole, sx.Int(2))
	part.List().Items = append(part.List().Items, sx.Int(9))
	if got := sx.Serialize(whole); got != "(1 2 3)" {
		t.Errorf("changing a part changed the whole: %s", got)
	}
}

func TestLimits(t *testing.T) {
	for _, expr := range []string{`(range 1e12)`, `(range 0 1 1e-12)`, `(repeat-string "ab" 5e12)`, `(pad-start "x" 1e12)`, `(pad-end "x" 1e15)`,
		`(repeat-string (repeat-string "x" 1e7) 1e7)`, `(join (repeat-string "x" 1e6) (range 1e6))`, `(replace (repeat-string "x" 1e6) "x" (repeat-string "y" 1e6))`} {
		_, err := eval(t, expr, sx.Limits{})
		var e *sx.Error
		if !errors.As(err, &e) || e.Kind != sx.LimitError {
			t.Errorf("%s: got %v, want an error of kind limit", expr, err)
		}
	}
	if _, err := eval(t, "(reduce + 0 (range 1000))", sx.Limits{Steps: 500}); err == nil {
		t.Error("no step limit")
	}
}

func TestCaseMappingIsSimple(t *testing.T) {
	for expr, want := range map[string]string{`(lower "İ")`: `"i"`, `(upper "ŉßŭ")`: `"ŉßŬ"`, `(upper "ǆ")`: `"Ǆ"`, `(lower "ΑΣ")`: `"ασ"`} { // no final sigma
		if got, err := run(expr); err != nil || got != want {
			t.Errorf("%s: got %s %v, want %s", expr, got, err, want)
		}
	}
}

// TestPrimitivesCostWhatTheyMake joins, writes and flattens a lot in few steps: what grows must not be charged again
// with each item.
func TestPrimitivesCostWhatTheyMake(t *testing.T) {
	for _, expr := range []string{
		`(len (join "," (range 200000)))`,
		`(len (json-encode (map str (range 200000))))`,
		`(len (flatten (chunk-every (range 200000) 2)))`,
		`(len (apply str (range 100000)))`,
		`(len (apply concat (chunk-every (range 200000) 2)))`,
		`(len (sort (map (fn (x) (mod (* x 7919) 10007)) (range 100000))))`,
		`(len (keys (reduce (fn (d i) (do (dict-set! d (str i) i) d)) (dict) (range 100000))))`,
		`(len (reduce (fn (l i) (do (append! l i) l)) (list) (range 200000)))`,
		`(len (keys (group-by str (range 100000))))`,
		`(len (distinct (concat (range 100000) (range 100000))))`,
		`(len (split (join "," (range 200000)) ","))`,
		`(len (json-decode (json-encode (range 200000))))`,
		`(len (scope xs 1 (do (for-each (fn (i) (emit! xs i)) (range 100000)) (emitted xs))))`,
	} {
		if got, err := run(expr, sx.WithLimits(sx.Limits{Steps: 10_000_000})); err != nil {
			t.Errorf("%s: %v", expr, err)
		} else if got == "0" {
			t.Errorf("%s gives 0", expr)
		}
	}
}
