package render_test

import (
	"strings"
	"testing"
)

// A component that may return a spread is expanded in place however large it is: the element around it is
// the caller's.
func TestSpreadOfALargeComponent(t *testing.T) {
	large := `(defcomp ~mark (&key n) (cond `
	for range 400 {
		large += `(< n -1) (make-spread {:class "never"}) `
	}
	large += `:else (make-spread {:class "hot"}))) `
	got := page(t, large+`(let ((n 3)) (div :class "a" (~mark :n n) "x"))`)
	if want := `<div class="a hot">x</div>`; got != want {
		t.Errorf("got %s, want %s", got[:min(len(got), 200)], want)
	}
	if strings.Contains(got, "never") {
		t.Error("a branch that is not taken is there")
	}
}

// A component that calls itself is not expanded in place; its spread finds the element around the call all the same,
// also from a function, and keeps no stack where the call is in tail position.
func TestSpreadOfARecursiveComponent(t *testing.T) {
	const defs = `(defcomp ~down (&key n) (if (= n 0) (make-spread {:class "deep"}) (~down :n (dec n)))) `
	for _, c := range [][2]string{
		{`(div :class "a" (~down :n 3) "x")`, `<div class="a deep">x</div>`},
		{`(div (i "first") (if true (~down :n 1)))`, `<div class="deep"><i>first</i></div>`},
		{`(div ((fn (n) (~down :n n)) 2) "x")`, `<div class="deep">x</div>`},
		{`(let ((s (~down :n 2))) (div s "x"))`, `<div class="deep">x</div>`},
		{`(div (~down :n 50000))`, `<div class="deep"></div>`},
		{`(div (list (~down :n 1)) (<> (~down :n 1)) (map (fn (n) (~down :n n)) (list 1)))`, `<div></div>`},
		{`(type-of (~down :n 1))`, `spread`},
	} {
		if got := page(t, defs+c[0]); got != c[1] {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}
