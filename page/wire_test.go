package page_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page"
)

const wireSource = `
(defcomp ~mark (&key text) (i :class "mark" text))
(defcomp ~badge (&key value) (b :class "badge" (~mark :text value) "</script>"))
(defpage w :path "/w" :wire :sx :content
  (main (a :href "/start" "back")
    (~suspense :id "one" :fallback (i "wait") (begin (gate "one") (~badge :value (str "first " (count)))))
    (~suspense :id "two" :fallback (i "wait") (begin (gate "two") (list (~badge :value "second") (~mark :text "mark"))))
    (~suspense :id "html" :wire :html :fallback (i "wait") (begin (gate "html") (~badge :value "third")))
    (~suspense :id "bad" :fallback (i "wait") :error (fn (e) (~badge :value "failed")) (begin (gate "bad") (error "no")))))
(defpage start :path "/start" :content (main (a :id "to" :href "/w" :sx-boost "true" "go")))`

// gates lets boundaries wait until a test opens them.
type gates map[string]chan struct{}

func newGates(names ...string) gates {
	g := gates{}
	for _, n := range names {
		g[n] = make(chan struct{})
	}
	return g
}

func (g gates) option() page.Option {
	return page.WithPrimitive("gate", "(gate name)", func(ctx context.Context, name string) bool {
		select {
		case <-g[name]:
		case <-ctx.Done():
		}
		return true
	})
}

// Boundaries as wire text come with the definitions that they need, each once; their bodies run once; whoever
// takes the page whole gets HTML.
func TestWireBoundaries(t *testing.T) {
	g, n := newGates("one", "two", "html", "bad"), 0
	s := serve(t, []string{"app.sx", wireSource}, g.option(), page.WithPrimitive("count", "(count)", func() int { n++; return n }))
	r := s.open(t, t.Context(), "/w")
	r.until(`<?start name="bad">`)
	close(g["one"])
	first := r.until(`__sxResolve("one","(\u003c\u003e (~badge :value \"first 1\"))")</script>`)
	wants(t, "the first chunk", first, `>__sxResolve("","(defcomp ~mark (`, `(defcomp ~badge (`, `\"\u003c/script\u003e\"))`)
	close(g["two"])
	second := strings.TrimPrefix(r.until(`__sxResolve("two",`), first)
	lacks(t, "the second chunk", second, "__sxResolve(\"\",")
	close(g["html"])
	r.until(`<template for="html"><b class="badge"><i class="mark">third</i>&lt;/script&gt;</b></template>`)
	close(g["bad"])
	wants(t, "the page", r.rest(), `__sxResolve("bad","(\u003c\u003e (~badge :value \"failed\"))")`)
	if n != 1 {
		t.Errorf("the body of a boundary ran %d times", n)
	}
	_, whole := s.get(t, "/w?_sx=flat")
	wants(t, "the page in one piece", whole, `<b class="badge"><i class="mark">first 2</i>`, `<i class="mark">second</i>`)
	lacks(t, "the page in one piece", whole, `__sxResolve("one"`, `aria-busy="true"`)
}

// A boundary of wire text that is ready by the time the shell is written stands in place, as HTML, like any other; its body
// runs once. What only a browser can make of it comes late all the same.
func TestReadyWireBoundariesStandInPlace(t *testing.T) {
	n := 0
	s := serve(t, []string{"app.sx", `
(defcomp ~mark (&key text of) (i :class "mark" text (map (fn (x) (u x)) of)))
(defcomp ~badge (&key value &rest children) (b :class "badge" (~mark :text value :of (list 1 "<")) children))
(defcomp ~styled () (make-spread {:class "from-a-component"}))
(defpage p :path "/<int:ms>" :wire :sx :content (main
  (~suspense :id "quick" :fallback (i "wait") (~badge :value (str "<" (count) ">") (a :href "/x?a=1&b=2" :hidden true "link")))
  (~suspense :id "spread" :fallback (i "wait") (p (~styled) "text"))
  (sleep ms)))`}, page.WithPrimitive("count", "(count)", func() int { n++; return n }))
	for ms, asked := 1, 1; ; ms, asked = ms*2, asked+1 { // the shell gives it more and more time
		_, body := s.get(t, fmt.Sprintf("/%d", ms))
		if n != asked {
			t.Errorf("the body ran %d times in %d pages", n, asked)
		}
		want := fmt.Sprintf(`<b class="badge"><i class="mark">&lt;%d&gt;<u>1</u><u>&lt;</u></i><a href="/x?a=1&amp;b=2" hidden="">link</a></b>`, n)
		if strings.Contains(body, `<div id="sx-suspense-quick" data-suspense="quick">`+want+`</div>`) {
			lacks(t, "page", body, `__sxResolve("quick"`)
			wants(t, "page", body, `__sxResolve("spread","(\u003c\u003e (p (~styled) \"text\"))")`)
			break
		}
		wants(t, "page", body, `__sxResolve("quick"`)
		if ms > 2000 {
			t.Fatalf("it never stands in place: %s", body)
		}
	}
}

func TestWireBoundariesInABrowser(t *testing.T) {
	g := newGates("one", "two", "html", "bad")
	s := serve(t, []string{"app.sx", wireSource}, g.option(), page.WithPrimitive("count", "(count)", func() int { return 1 }))
	ctx := clienttest.Browser(t)
	poll := func(expr string) { t.Helper(); clienttest.Until(t, ctx, "the page is as it should be", expr) }
	// The document is not complete before the last boundary is there, so navigation is not waited for.
	run := func(script string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/start")); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err != nil {
			t.Fatal(err)
		}
	}
	run(`!!setTimeout(() => location.assign("/w"))`)
	poll(`window.Sx && document.querySelector("#sx-suspense-bad i")`)
	close(g["two"])
	poll(`document.querySelector("#sx-suspense-two b.badge i.mark")?.textContent == "second"`)
	poll(`document.querySelector("#sx-suspense-one")?.textContent == "wait"`)
	close(g["one"])
	poll(`document.querySelector("#sx-suspense-one b.badge")?.textContent == "first 1</script>"`)
	close(g["html"])
	close(g["bad"])
	want := "backfirst 1</script>second</script>markthird</script>failed</script>"
	poll(`document.readyState == "complete" && document.querySelector("main").textContent == "` + strings.ReplaceAll(want, "</", `<\/`) + `"`)
	// The same page, fetched and patched in by the client.
	run(`window.stays = !document.querySelector("#to").click()`)
	poll(`window.stays && location.pathname == "/w" && document.querySelector("main").textContent == "` + strings.ReplaceAll(want, "</", `<\/`) + `"`)
	for _, p := range clienttest.Problems(ctx) {
		if !strings.Contains(p, "boundary") {
			t.Error("the browser reports:", p)
		}
	}
}

// Wire text of constants alone, which could be rendered when the program is loaded, needs its definitions all the same.
func TestConstantWireBoundaries(t *testing.T) {
	g := newGates("go")
	s := serve(t, []string{"app.sx", `
(defcomp ~row (&key n) (tr (td n)))
(define (rows) (map (fn (i) (~row :n i)) (range 2)))
(defpage p :path "/" :wire :sx :content (table
  (~suspense :id "a" :as "tbody" :fallback (tr (td "wait")) (gate "go") (map (fn (i) (~row :n i)) (range 2)))))
(defpage q :path "/q" :wire :sx :content (table
  (~suspense :id "a" :as "tbody" :fallback (tr (td "wait")) (gate "go") (rows))))`}, g.option())
	for _, path := range []string{"/", "/q"} {
		r := s.open(t, t.Context(), path)
		r.until(`<?start name="a">`)
		if path == "/" {
			close(g["go"])
		}
		wants(t, "the page "+path, r.rest(), `__sxResolve("","(defcomp ~row (`, `__sxResolve("a","(\u003c\u003e (~row :n 0) (~row :n 1))")`)
	}
}
