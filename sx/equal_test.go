package sx_test

import (
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestEqual(t *testing.T) {
	equal := []string{"1 1.0", "0 -0", `"a" #|a|`, "a a", ":a :a", "(1 (2 3)) [1 [2 3]]", "{:a 1 :b (2)} {\"b\" (2) \"a\" 1}", "() []", "nil nil", "{} {}"}
	for _, s := range equal {
		v := read(t, s)
		if !sx.Equal(v[0], v[1]) || !sx.Equal(v[1], v[0]) {
			t.Errorf("not equal: %s", s)
		}
	}
	different := []string{"1 2", `a "a"`, `:a "a"`, ":a a", "(1) (1 2)", "(1 2) (2 1)", "{:a 1} {:a 2}", "{:a 1} {:b 1}", "{:a 1} {:a 1 :b 2}", "nil false", "nil ()", "() {}", "0 false", `1 "1"`, "((1)) ((2))"}
	for _, s := range different {
		v := read(t, s)
		if sx.Equal(v[0], v[1]) || sx.Equal(v[1], v[0]) {
			t.Errorf("equal: %s", s)
		}
	}
	element := func(markup string, wire bool) sx.Value { return sx.ElementOf(&sx.Element{Markup: markup, Wire: wire}) }
	if !sx.Equal(element("<p>", false), element("<p>", false)) || sx.Equal(element("<p>", false), element("<p>", true)) {
		t.Error("markup is compared by its text")
	}
}

func TestEqualBounds(t *testing.T) {
	if !sx.Equal(cyclic(), cyclic()) {
		t.Error("two cycles of the same shape differ")
	}
	if !sx.Equal(nested(300_000), nested(300_000)) || sx.Equal(nested(300_000), nested(299_999)) {
		t.Error("deep lists")
	}
	if !sx.Equal(doubled(200), doubled(200)) {
		t.Error("shared lists")
	}
}
