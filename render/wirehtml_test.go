package render_test

import (
	"context"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// TestHTMLOfWire holds what the page makes of wire text that is ready before it is sent, and what it leaves to the
// browser.
func TestHTMLOfWire(t *testing.T) {
	r := load(t, `
(defcomp ~box (&key v (tone :default "plain") &rest children) (div :class tone (str v) children))
(defcomp ~link (&key to) (a :href to "x"))
(defcomp ~keyed (&key v) (i (get v :a) (len (get v "b c"))))
(p "main")`)
	for _, c := range []struct{ wire, want string }{
		{`"a<b"`, `a&lt;b`},
		{`12`, `12`},
		{`(<> "a" (b "c") 1)`, `a<b>c</b>1`},
		{`(raw! "<u>x</u>")`, `<u>x</u>`},
		{`(p :class "c" :title "a\"b" "x" (br))`, `<p class="c" title="a&quot;b">x<br></p>`},
		{`(input :checked true :value "v")`, `<input checked value="v">`},
		{`(a :href (trusted-url "javascript:x") "y")`, `<a href="javascript:x">y</a>`},
		{`(~box :v 1 "k" (b "l"))`, `<div class="plain">1k<b>l</b></div>`},
		{`(~box :v (list 1 "a" nil true) :tone "t")`, `<div class="t">(1 &quot;a&quot; nil true)</div>`},
		{`(~box :v (quote sym))`, `<div class="plain">sym</div>`},
		{`(~keyed :v {:a "x" "b c" (list 1 2)})`, `<i>x2</i>`},
		{`(~box :v (b "m"))`, `<div class="plain">&lt;b&gt;m&lt;/b&gt;</div>`},
		// For the browser alone.
		{`sym`, ``},
		{`(nowhere "x")`, ``},
		{`("a" 1)`, ``},
		{`(title "x")`, ``},
		{`(textarea "x")`, ``},
		{`(p (make-spread {:id "a"}))`, ``},
		{`(br "x")`, ``},
		{`(~nowhere)`, ``},
		{`(~box :v (inc 1))`, ``},
	} {
		got, ok, err := r.HTMLOfWire(context.Background(), &render.Host{}, nil, c.wire)
		if err != nil {
			t.Errorf("%s\n%s", c.wire, sx.Explain(err))
		} else if ok != (c.want != "") || ok && string(got) != c.want {
			t.Errorf("%s\n got %s %v\nwant %s", c.wire, got, ok, c.want)
		}
	}
	if _, ok, err := r.HTMLOfWire(context.Background(), &render.Host{}, nil, "(p"); ok || err == nil {
		t.Error("text that cannot be read is no error")
	}
}
