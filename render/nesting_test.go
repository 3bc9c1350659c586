package render_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// Nesting that the parser of HTML would undo is a warning with its place, wherever the two elements come together.
func TestNesting(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`(defcomp ~a () (table (td "x")))`, `1:23: td in table: the parser of HTML builds another tree from this, since table takes caption, colgroup, thead, tbody, tfoot, tr only`},
		{`(defcomp ~a () (p (span (div "x"))))`, `1:25: div in p: the parser of HTML builds another tree from this, since it ends the p that it stands in`},
		{`(defcomp ~a (&key x) (div (if x (tr) "y")))`, `1:33: tr in div: the parser of HTML builds another tree from this, since tr may only stand in table, thead, tbody, tfoot`},
		{`(defcomp ~a () (table (tr "x")))`, `1:27: text may not stand directly in tr: the parser of HTML puts it before the table`},
		{`(defcomp ~a (&rest children) (p children))
(defcomp ~b () (div "block"))
(defcomp ~c () (~a "text" (~b)))`, `3:27: div in p (t.sx:1:30): the parser of HTML builds another tree from this, since it ends the p that it stands in`},
		{`(defcomp ~a () (ul (map (fn (x) (li (b (li x)))) (list 1 2))))`, `1:40: li in li: the parser`},
		{`(defcomp ~a () (form (~b)))
(defcomp ~b () (form "x"))`, `1:22: form in form: the parser of HTML builds another tree from this, since a form in a form is left out`},
		{`(defcomp ~a () (svg (g (p "x"))))`, `1:24: p in svg: the parser`},
		{`(defcomp ~a () (p (x-y (~suspense :id "x" "y"))))`, `1:24: div in p: the parser`},

		{`(defcomp ~a () (table (tr (td (p "x") (table (tr (td "y")))))))`, ``},
		{`(defcomp ~a () (tr (td "x")))`, ``}, // who calls it knows
		{`(defcomp ~a (&rest children) (table (thead (tr (th "x"))) (tbody children)))
(defcomp ~b () (~a (map (fn (x) (tr (td x))) (list 1 2))))`, ``},
		{`(defcomp ~a () (p (button (div "x")) (svg (foreignObject (div (p "y"))))))`, ``},
		{`(defcomp ~a () (ul (li (ul (li "x")))))`, ``},
		{`(defcomp ~a () (ul (li (~a))))`, ``}, // never ends
	} {
		p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", c.src)}, render.Options()...)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		got := p.Diagnostics().Error()
		if c.want == "" && strings.Contains(got, "parser of HTML") || !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.src, got, c.want)
		}
	}
}
