package sx_test

import (
	"errors"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestEndlessDataAreErrors(t *testing.T) {
	ring := sx.NewList(sx.Int(1))
	ring.Items = append(ring.Items, sx.ListOf(ring))
	for _, name := range []string{"json-encode", "flatten", "sx-serialize", "inspect", "canonical-serialize", "str"} {
		_, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol(name), quoted(sx.ListOf(ring)))), sx.Limits{})
		var e *sx.Error
		if !errors.As(err, &e) {
			t.Errorf("%s of a list that contains itself: %v", name, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x\n",null]}`, `"\ud83d\ude00"`, `[[[]]]`, `-0`, `1e5`, `{"":{}}`, "\"\x7f\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("json-decode"), sx.String(validText(s)))), sx.Limits{})
		if err != nil {
			return
		}
		text, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("json-encode"), quoted(v))), sx.Limits{})
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		again, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("json-decode"), text)), sx.Limits{})
		if err != nil || !sx.Equal(v, again) {
			t.Fatalf("%q became %s %v", s, text.Text(), err)
		}
	})
}

func validText(s string) string { return string([]rune(s)) }

func TestComponentReflection(t *testing.T) {
	const program = `(defcomp ~card (&key title (tone :default "a") &rest children) :affinity :client (list title tone children))
		(defcomp ~page () (~card :title "x"))
		(defcomp ~now () (clock))
		`
	clock := sx.WithFunc("clock", "(clock)", sx.IO, func() int { return 5 })
	for expr, want := range map[string]string{
		`(component-name ~card)`:     `"~card"`,
		`(component-params ~card)`:   `("title" "tone")`,
		`(component-affinity ~card)`: `"client"`,
		`(component-affinity ~page)`: `"auto"`,
		`(component-deps ~page)`:     `("~card")`,
		`(component-pure? ~page)`:    `true`,
		`(component-pure? ~now)`:     `false`,
		`(component? ~now)`:          `true`,
		`(type-of ~now)`:             `"component"`,
	} {
		if got, err := run(program+expr, clock); err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", expr, got, err, want)
		}
	}
}
