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
