package sx_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// Calls are looked at once each, wherever they stand, and again when they were taken over from a program before.
func TestWithCheckSeesEveryCall(t *testing.T) {
	known := map[string]bool{"a": true}
	opts := func() []sx.Option {
		route, _ := routes()
		return []sx.Option{
			route,
			sx.WithPrimitives(&sx.Primitive{Name: "named", Usage: "(named name)", Effects: sx.IO, F1: func(_ *sx.Machine, v sx.Value) sx.Value { return v }}),
			sx.WithCheck("named", func(a *sx.Analyzer, at *sx.Site, args []sx.Expr) {
				if v, ok := sx.IsLiteral(args[0]); ok && !known[v.Text()] {
					a.Errorf(at, sx.UndefinedError, "nothing is named %s", v.Text())
				}
			}),
		}
	}
	files := []string{
		"a.sx", `(defcomp ~c (&key (x :default (named "c1"))) (if x (let loop ((i 0)) (if (< i 1) (loop (+ i 1)) (named "c2")))))`,
		"b.sx", `(define f (fn (x) (map (fn (y) (named "b1")) x))) (defmacro m (n) (list 'named n)) (define (g) (m "b2"))`,
		"c.sx", `(defroute r (named "d1") (try (named "d2") (catch e (named (str "d" 3)))))`,
		"d.sx", `(defsuite "s" (deftest "t" (assert (named "e1"))))`,
	}
	all := "nothing is named c1, nothing is named c2, nothing is named b1, nothing is named b2, nothing is named d1, nothing is named d2, nothing is named e1"
	found := func(p *sx.Program) string {
		var out []string
		for _, e := range p.Diagnostics().Errors() {
			out = append(out, e.Message)
		}
		return strings.Join(out, ", ")
	}
	p, err := sx.LoadSources(sources(files...), opts()...)
	if got := found(p); err == nil || got != all {
		t.Errorf("got %s", got)
	}
	for _, name := range []string{"c1", "c2", "b1", "b2", "d1", "d2", "e1"} {
		known[name] = true
	}
	base, err := sx.LoadSources(sources(files...), opts()...)
	if err != nil {
		t.Fatal(err)
	}
	known["d2"], known["c1"] = false, false
	p, err = sx.LoadSources(sources(files...), append(opts(), sx.WithBase(base))...)
	if got := found(p); err == nil || got != "nothing is named c1, nothing is named d2" {
		t.Errorf("with a base: got %s", got)
	}
}
