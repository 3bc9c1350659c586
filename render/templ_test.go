package render_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// button is a templ component as generated code is one: it escapes what it gets and renders its children.
func button(label string, count int, tags []string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := fmt.Fprintf(w, `<button data-n="%d" data-tags="%s">%s`, count, strings.Join(tags, ","), html.EscapeString(label)); err != nil {
			return err
		}
		if err := templ.GetChildren(ctx).Render(templ.ClearChildren(ctx), w); err != nil {
			return err
		}
		_, err := io.WriteString(w, "</button>")
		return err
	})
}

func TestTemplInside(t *testing.T) {
	opt := render.WithTempl("~button", "(&key (label :as string) (count :default 2) tags &rest children)", button)
	for _, c := range []struct{ src, want string }{
		{`(~button :label "a<b")`, `<button data-n="2" data-tags="">a&lt;b</button>`},
		{`(p (~button :label "x" :count 7 :tags (list "q" "r") (i "child") "<"))`, `<p><button data-n="7" data-tags="q,r">x<i>child</i>&lt;</button></p>`},
		{`(ul (map (fn (n) (li (~button :label "l" :count n))) (list 1 2)))`, `<ul><li><button data-n="1" data-tags="">l</button></li><li><button data-n="2" data-tags="">l</button></li></ul>`},
	} {
		r := load(t, c.src, opt)
		var b bytes.Buffer
		if err := r.Value(context.Background(), &b, r.Program().MainLambda()); err != nil {
			t.Fatal(sx.Explain(err))
		}
		if b.String() != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.src, b.String(), c.want)
		}
		w, err := r.WireValue(context.Background(), r.Program().MainLambda())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(w, `(raw! "<button`) {
			t.Errorf("wire text: %s", w)
		}
	}
	for _, bad := range []struct{ src, want string }{
		{`(~button :label "x" :cuont 1)`, "did you mean :count"},
		{`(~button :label "x" :count "many")`, "must be"},
	} {
		_, err := tryLoad(bad.src, opt)
		if err == nil {
			r, _ := tryLoad(bad.src, opt)
			err = r.Value(context.Background(), io.Discard, r.Program().MainLambda())
		}
		if err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: got %v, want %s", bad.src, err, bad.want)
		}
	}
}

func TestTemplRegistration(t *testing.T) {
	for name, f := range map[string]func(){
		"number of keywords": func() { render.WithTempl("~b", "(&key label)", button) },
		"not a component":    func() { render.WithTempl("~b", "(&key x)", func(x int) string { return "" }) },
		"no list":            func() { render.WithTempl("~b", "label", button) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("registered")
				}
			}()
			f()
		})
	}
}

func TestTemplOutside(t *testing.T) {
	r := load(t, `
(defcomp ~card (&key title &rest children) (section (h2 title) children (script "run()")))
(defcomp ~bad (&key x) (p (+ x "a")))`)
	card, err := r.Component("~card")
	if err != nil {
		t.Fatal(err)
	}
	var _ templ.Component = card.With()
	h := templ.Handler(card.With(sx.Arg{Name: "title", Value: sx.String("T & U")}))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if want := `<section><h2>T &amp; U</h2><script>run()</script></section>`; rec.Body.String() != want {
		t.Errorf("got %s, want %s", rec.Body, want)
	}

	// In a .templ file: @card { <i>kid</i> }, with the page's nonce.
	ctx := templ.WithChildren(templ.WithNonce(context.Background(), "n1"), templ.Raw("<i>kid</i>"))
	var b bytes.Buffer
	if err := card.With(sx.Arg{Name: "title", Value: sx.String("x")}).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if want := `<section><h2>x</h2><i>kid</i><script nonce="n1">run()</script></section>`; b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
	bad, _ := r.Component("~bad")
	b.Reset()
	if err := bad.With().Render(context.Background(), &b); err == nil || b.Len() > 0 {
		t.Errorf("got %v and %q", err, b.String())
	}
}
