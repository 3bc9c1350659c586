package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// page is a program with a component ~page, and what the server makes of it: markup and wire text, or an error.
type page struct {
	Src  string `json:"src"`
	HTML string `json:"html"`
	Wire string `json:"wire"`
	Kind string `json:"kind"`
}

func renderGo(src string, opts ...sx.Option) page {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out := page{Src: src}
	fail := func(err error) page {
		var d sx.Diagnostics
		var e *sx.Error
		switch {
		case errors.As(err, &d) && len(d.Errors()) > 0:
			out.Kind, out.HTML = string(d.Errors()[0].Kind), d.Errors()[0].Error()
		case errors.As(err, &e):
			out.Kind, out.HTML = string(e.Kind), e.Error()
		default:
			out.Kind, out.HTML = "?", err.Error()
		}
		return out
	}
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", src)}, append(render.Options(), opts...)...)
	if err != nil {
		return fail(err)
	}
	r := render.New(p)
	var html bytes.Buffer
	if err := r.HTML(ctx, &html, "~page"); err != nil {
		return fail(err)
	}
	out.HTML = html.String()
	if out.Wire, err = r.Wire(ctx, "~page"); err != nil {
		return fail(err)
	}
	return out
}

// TestTrees renders programs on the server and in the browser: the server's HTML as the browser parses it, the DOM
// that the client builds from the program, and the one it builds from the server's wire text must be one tree.
// testdata/trees.sx holds written cases, one a line; the rest is random.
func TestTrees(t *testing.T) {
	ctx := language(t)
	kept, err := os.ReadFile(filepath.Join("testdata", "trees.sx"))
	if err != nil {
		t.Fatal(err)
	}
	var pages []page
	written := map[string]bool{}
	for _, line := range strings.Split(string(kept), "\n") {
		if line != "" && line[0] != ';' {
			pages = append(pages, renderGo(line))
			written[line] = true
		}
	}
	for i := range *diffCount / 4 {
		g := &programGen{Rand: rand.New(rand.NewPCG(*diffSeed, uint64(i))), fuel: 40}
		pages = append(pages, renderGo(g.page()))
	}
	compareTrees(t, ctx, pages, written)
}

// compareTrees compares pages in the browser. Only written ones must fail on both hosts alike.
func compareTrees(t *testing.T, ctx context.Context, pages []page, written map[string]bool) {
	t.Helper()
	failed, folded, different := 0, 0, 0 // folded: the server found an error at load, in a part that is never reached
	for len(pages) > 0 {
		batch := pages[:min(200, len(pages))]
		pages = pages[len(batch):]
		for i, diff := range ask[[]string](t, ctx, "trees", batch) {
			if batch[i].Kind != "" {
				failed++
			}
			if !written[batch[i].Src] && batch[i].Kind != "" && strings.HasPrefix(diff, "the browser gives") {
				folded++
				continue
			}
			if diff != "" {
				if different++; different <= 15 {
					t.Errorf("%s\nGo: %s %s\n%s", batch[i].Src, batch[i].Kind, batch[i].HTML, diff)
				}
			}
		}
	}
	t.Logf("%d programs are errors in Go, %d of them only there, %d differ", failed, folded, different)
	for _, p := range clienttest.Problems(ctx) {
		if !strings.HasPrefix(p, "network:") { // pictures that are not there
			t.Error(p)
		}
	}
}

// page returns a program with components, of which ~page uses the others.
func (g *programGen) page() string {
	var b strings.Builder
	n := g.IntN(3)
	for i := range n {
		g.vars = []genVar{{"title", "str"}, {"tone", "str"}, {"items", "list"}, {"on", "bool"}}
		fmt.Fprintf(&b, `(defcomp ~c%d (&key (title :default "t") tone items on &rest children) %s) `, i, g.markup(4, i))
	}
	g.vars = nil
	g.fuel = 60
	fmt.Fprintf(&b, "(defcomp ~page () %s)", g.markup(6, n))
	return b.String()
}

// markup returns a form that makes markup. comps is the number of components that it may use.
func (g *programGen) markup(depth, comps int) string {
	if g.fuel--; g.fuel < 0 || depth <= 0 {
		return g.one(`"text"`, `"a<b>&\"'"`, "7", "nil", "true", `"é𝄞"`, `(br)`, `(span "x")`, g.expr("str", 0))
	}
	kid := func() string { return g.markup(depth-1, comps) }
	kids := func() string {
		var out []string
		for range g.IntN(4) {
			out = append(out, kid())
		}
		return strings.Join(out, " ")
	}
	switch g.IntN(20) {
	case 0, 1, 2, 3, 4:
		return fmt.Sprintf("(%s %s %s)", g.one("div", "section", "article", "b", "em", "my-tag", "ul"), g.attrs(), kids())
	case 5:
		return fmt.Sprintf("(p %s %s)", g.attrs(), g.one(`"t"`, g.expr("str", 1), `(b "x") " y"`, "nil"))
	case 6:
		return fmt.Sprintf("(<> %s)", kids())
	case 7:
		return fmt.Sprintf("(when %s %s)", g.expr("bool", 1), kid())
	case 8:
		return fmt.Sprintf("(if %s %s %s)", g.expr("bool", 1), kid(), kid())
	case 9:
		return g.scoped(func() string {
			list := g.expr("list", 1)
			return fmt.Sprintf("(map (fn (%s) %s) %s)", g.fresh("any"), g.markup(depth-1, comps), list)
		})
	case 10:
		return g.scoped(func() string {
			v := g.expr("str", 1)
			n := g.fresh("str")
			return fmt.Sprintf("(let ((%s %s)) (b %s) (i %s))", n, v, g.markup(depth-1, comps), n)
		})
	case 11, 12:
		if comps > 0 {
			var b strings.Builder
			fmt.Fprintf(&b, "(~c%d", g.IntN(comps))
			for _, k := range []string{"title", "tone", "items", "on"} {
				if g.IntN(2) == 0 {
					fmt.Fprintf(&b, " :%s %s", k, g.expr(map[string]string{"title": "str", "tone": "str", "items": "list", "on": "bool"}[k], 1))
				}
			}
			return b.String() + " " + kids() + ")"
		}
		return "(hr)"
	case 13:
		return fmt.Sprintf(`(svg :viewBox "0 0 9 9" (g %s (circle :r %s) (foreignObject (p "x")) (title "t")) (a :href %s (text "x")))`, g.attrs(), g.one("1", "2.5", "(+ 1 2)"), g.url())
	case 14:
		return fmt.Sprintf(`(table (tr (td %s) (td :colspan 2 "b")) (tr (th "h")))`, g.expr("str", 1))
	case 15:
		return fmt.Sprintf("(%s %s)", g.one("textarea", "title", "pre", "option"), g.one(`"\nfirst"`, `"\n\nx"`, `"a</textarea><b>"`, g.expr("str", 1)))
	case 16:
		return fmt.Sprintf("(input :type \"checkbox\" :checked %s :disabled %s :value %s :required %s)", g.expr("bool", 1), g.expr("any", 0), g.expr("str", 1), g.literal("bool"))
	case 17:
		return fmt.Sprintf(`(div %s (make-spread {:class %s :title %s :style {:color "red" :background "url(x)"} :data-x %s}) %s)`, g.attrs(), g.expr("str", 1), g.expr("str", 0), g.expr("num", 0), kids())
	case 18:
		return fmt.Sprintf("(raw! %s)", g.one(`"<b>raw</b>"`, `"a &amp; b"`, `"<i>x</i><u>y</u>"`))
	}
	if len(g.vars) > 0 && g.vars[0].name == "title" {
		return g.one("children", "title", "(first children)", "(when on children)")
	}
	return fmt.Sprintf("(a :href %s :target \"_blank\" %s)", g.url(), g.expr("str", 1))
}

func (g *programGen) url() string {
	return g.one(`"/x"`, `"https://a.example/?q=1&r=2"`, `"javascript:alert(1)"`, `(str "java" "script:x")`, `(str " JAVASCRIPT" ":x")`, `"mailto:a@b.c"`, `(str "da" "ta:image/png,x")`, `(trusted-url "javascript:ok")`, `(str "ht\ttp:" "x")`, "nil", g.expr("str", 0))
}

func (g *programGen) attrs() string {
	var out []string
	seen := map[string]bool{}
	for range g.IntN(4) {
		var name, value string
		switch g.IntN(10) {
		case 0:
			name, value = "class", g.one(`"a b"`, g.expr("str", 1), `(list "a" nil false "b")`, `{:a true :b nil "c d" 1}`, "nil", `(list)`)
		case 1:
			name, value = "style", g.one(`"color:red"`, `{:color "red" :width "10px"}`, `{:color "red;x:y" :top 0}`, `(str "color:" "blue;background:url(x)")`, "nil", `{:width nil}`)
		case 2:
			name, value = "id", g.expr("str", 0)
		case 3:
			name, value = "data-x", g.one(g.expr("str", 1), g.expr("num", 1), g.expr("bool", 1))
		case 4:
			name, value = "aria-hidden", g.expr("bool", 1)
		case 5:
			name, value = "hidden", g.one("true", "false", "nil", `"until-found"`)
		case 6:
			name, value = "title", g.expr(g.one("str", "str", "num", "any"), 1)
		case 7:
			name, value = "draggable", g.expr("bool", 0)
		case 8:
			name, value = "inert", g.expr("bool", 0)
		case 9:
			name, value = "tabindex", g.expr("int", 0)
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, ":"+name+" "+value)
		}
	}
	return strings.Join(out, " ")
}
