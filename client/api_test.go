package client_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/clienttest"
)

// What Sx offers of the language, under the strictest policy, from a bundle as it is shipped. It is included
// twice, once as a module.
func TestAPI(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sx-live.js" {
			r.URL.Path = client.Script()
			client.Handler().ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write([]byte(`<!doctype html><title>x</title><script nonce=n0 src=/sx-live.js></script>` +
			`<script nonce=n0 type=module src=/sx-live.js></script><div data-suspense=a></div>`))
	}))
	defer srv.Close()
	ctx := clienttest.Browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ js, want string }{
		{`Sx.loadComponents('(defcomp ~hi (&key who) (p :class "k" :style "color:red" "Hi " who))'); typeof Sx.version`, "string"},
		{`Sx.renderToString('(~hi :who "<you>")')`, `<p class="k" style="color:red">Hi &lt;you&gt;</p>`},
		{`var box = document.createElement("div"); box.append(Sx.render('(~hi :who (b "x")) (svg (circle :r 1))')); box.innerHTML`,
			`<p class="k" style="color: red;">Hi <b>x</b></p><svg><circle r="1"></circle></svg>`},
		{`Sx.render('(svg (a))').firstChild.firstChild.namespaceURI`, "http://www.w3.org/2000/svg"},
		{`Sx.evaluate('(define n 2) (map (fn (x) (* n x)) (range 3))')`, "(0 2 4)"},
		{`String(Sx.parse('(a "b" 1) 2').length)`, "2"},
		{`try { Sx.parse(["(a", "b"]); "nothing" } catch (e) { e.kind }`, "syntax"},
		{`try { Sx.parse('(a'); "nothing" } catch (e) { [e.kind, e.line, e.col, e instanceof Error].join() }`, "syntax,1,1,true"},
		{`try { Sx.renderToString('\n (~nope)'); "nothing" } catch (e) { [e.kind, e.line, e.col, e.message].join() }`, "undefined,2,3,unknown component: ~nope"},
		{`Sx.loadComponents('(defcomp ~hi (&key who) (i who))'); Sx.renderToString('(~hi :who 1)')`, "<i>1</i>"},
		{`try { Sx.loadComponents('(defcomp ~a () (b)) (defcomp ~a () (i))'); "nothing" } catch (e) { e.kind }`, "duplicate"},
	} {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](c.js))
		if err != nil || got != c.want {
			t.Errorf("%s\n got %s %v\nwant %s", c.js, got, err, c.want)
		}
	}
	for _, p := range clienttest.Problems(ctx) {
		t.Error(p)
	}
}
