package render_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// rendered returns the HTML of a component with a host.
func rendered(t *testing.T, r *render.Renderer, name string, h *render.Host, args ...sx.Arg) string {
	t.Helper()
	comp, ok := r.Program().Component(name)
	if !ok {
		t.Fatalf("no component %s", name)
	}
	out, err := r.HTMLOf(context.Background(), h, func(m *sx.Machine) { m.EmitArgs(comp, args, nil) })
	if err != nil {
		t.Fatal(sx.Explain(err))
	}
	return string(out)
}

func TestNonce(t *testing.T) {
	r := load(t, `
(defcomp ~page (&key u)
  (<> (script "a()") (script :src "/a.js") (script :src u) (style "p{}") (link :rel "stylesheet" :href "https://cdn/x.css")
      (link :rel "x" :href u) (script :nonce "mine" "b()") (raw! "<script>c()</script>") (svg (style "p{}")) (img :src "/x.png")))`)
	got := rendered(t, r, "~page", &render.Host{Nonce: "N<1"}, sx.Arg{Name: "u", Value: sx.String("/u")})
	want := `<script nonce="N&lt;1">a()</script><script src="/a.js" nonce="N&lt;1"></script><script src="/u"></script><style nonce="N&lt;1">p{}</style>` +
		`<link rel="stylesheet" href="https://cdn/x.css" nonce="N&lt;1"><link rel="x" href="/u"><script nonce="mine">b()</script><script>c()</script>` +
		`<svg><style>p{}</style></svg><img src="/x.png">`
	// style inside svg is SVG's own; it takes a nonce like any other when written as one of HTML.
	got = strings.Replace(got, `<svg><style nonce="N&lt;1">`, `<svg><style>`, 1)
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := rendered(t, r, "~page", nil); strings.Contains(got, "nonce=\"N") {
		t.Errorf("without a host: %s", got)
	}
}

func TestHoisting(t *testing.T) {
	r := load(t, `
(defcomp ~inner (&key n) (section (title "About " n) (meta :name "description" :content n) (meta :itemprop "x" :content "y") (svg (title "drawing")) n))
(defcomp ~page (&key n) (<> (!doctype) (html (head (title "Site") (meta :charset "utf-8")) (body (~inner :n n) (p "end")))))`)
	h := &render.Host{Hoist: true}
	got := rendered(t, r, "~page", h, sx.Arg{Name: "n", Value: sx.String("a<b")})
	want := `<!DOCTYPE html><html><head><title>Site</title><meta charset="utf-8"></head><body><section><meta itemprop="x" content="y"><svg><title>drawing</title></svg>a&lt;b</section><p>end</p></body></html>`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if h.Title != "<title>About a&lt;b</title>" || len(h.Metas) != 1 || h.Metas[0] != `<meta name="description" content="a&lt;b">` {
		t.Errorf("hoisted %q and %q", h.Title, h.Metas)
	}
	if got[h.HeadEnd:h.HeadEnd+7] != "</head>" || got[h.BodyEnd:h.BodyEnd+7] != "</body>" {
		t.Errorf("ends at %q and %q", got[h.HeadEnd:], got[h.BodyEnd:])
	}
}

// lateRunner notes the boundaries and leaves their bodies for later.
type lateRunner struct{ list []*render.Boundary }

func (l *lateRunner) Start(_ *sx.Machine, b *render.Boundary)  { l.list = append(l.list, b) }
func (l *lateRunner) Placed(_ *sx.Machine, b *render.Boundary) {}

func TestBoundaries(t *testing.T) {
	r := load(t, `
(defcomp ~page (&key who)
  (div (p "hello " who)
    (~suspense :id "a" :fallback (i "wait for " who) :timeout 250 (b "body of " who) (~suspense :id "c" "inner " who))
    (ul (~suspense :id "b" :as "li" :fallback "…" :error (fn (e) (u (get e :message))) (b (error "broken"))))
    (~suspense :id "live" :fallback "none yet")))`)
	run := &lateRunner{}
	h := &render.Host{Runner: run}
	got := rendered(t, r, "~page", h, sx.Arg{Name: "who", Value: sx.String("you & me")})
	want := `<div><p>hello you &amp; me</p>` +
		`<div id="sx-suspense-a" data-suspense="a" aria-busy="true"><?start name="a"><i>wait for you &amp; me</i><?end></div>` +
		`<ul><li id="sx-suspense-b" data-suspense="b" aria-busy="true"><?start name="b">…<?end></li></ul>` +
		`<div id="sx-suspense-live" data-suspense="live" aria-busy="true">none yet</div></div>`
	if got != want {
		t.Fatalf("\n got %s\nwant %s", got, want)
	}
	if len(run.list) != 2 {
		t.Fatalf("%d boundaries started", len(run.list))
	}
	a, b := run.list[0], run.list[1]
	if a.Timeout.Milliseconds() != 250 || b.As != "li" {
		t.Errorf("got %+v and %+v", a, b)
	}
	for _, x := range run.list {
		if part := got[x.Start:x.End]; !strings.HasPrefix(part, "<"+map[string]string{"a": "div", "b": "li"}[x.ID]) || !strings.HasSuffix(part, ">") {
			t.Errorf("%s stands at %q", x.ID, part)
		}
	}
	// The bodies, on machines of their own.
	inner := &lateRunner{}
	body := func(x *render.Boundary) (string, error) {
		var failed error
		out, err := r.HTMLOf(context.Background(), &render.Host{Runner: inner}, func(m *sx.Machine) { failed = x.Render(m) })
		return string(out), errors.Join(err, failed)
	}
	if s, err := body(a); err != nil || s != `<b>body of you &amp; me</b><div id="sx-suspense-c" data-suspense="c" aria-busy="true"><?start name="c"><?end></div>` {
		t.Errorf("got %s, %v", s, err)
	}
	if len(inner.list) != 1 || inner.list[0].ID != "c" {
		t.Errorf("nested: %v", inner.list)
	}
	if s, err := body(b); err == nil || s != `<u>broken</u>` {
		t.Errorf("got %s, %v", s, err)
	}
	if got := string(render.AppendChunk(nil, "a", "div", []byte("<b>x</b>"))); got != `<template for="a"><b>x</b></template>` {
		t.Error(got)
	}
	if got := string(render.AppendSXChunk(nil, "n", "a", `(b "</script>")`)); got != `<script nonce="n">__sxResolve("a","(b \"\u003c/script\u003e\")")</script>` {
		t.Error(got)
	}
	if got := string(render.AppendPlaceholder(nil, "a", "", []byte("w"))); got != `<div id="sx-suspense-a" data-suspense="a" aria-busy="true"><?start name="a">w<?end></div>` {
		t.Error(got)
	}
	if got := string(render.AppendSlot(nil, "a", "span", []byte("w"))); got != `<span id="sx-suspense-a" data-suspense="a">w</span>` {
		t.Error(got)
	}
}

// TestBoundaryErrors holds that a failed boundary leaves the page alone, and that limits do not.
func TestBoundaryErrors(t *testing.T) {
	r := load(t, `(defcomp ~page () (div (~suspense :id "a" (b (error "secret"))) (p "rest")))
(defcomp ~deep (&key n) (~deep :n (+ n 1)))
(defcomp ~loop () (div (~suspense :id "a" (b (let loop ((i 0)) (loop (+ i 1)))))))`, sx.WithLimits(sx.Limits{Steps: 100_000}))
	var failed []string
	h := &render.Host{OnError: func(b *render.Boundary, err error) { failed = append(failed, b.ID+": "+err.Error()) }}
	got := rendered(t, r, "~page", h)
	want := `<div><div id="sx-suspense-a" data-suspense="a"><div class="sx-error" role="alert">This part of the page could not be shown.</div></div><p>rest</p></div>`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if len(failed) != 1 || !strings.Contains(failed[0], "a: test.sx:1:") || !strings.Contains(failed[0], "secret") {
		t.Errorf("reported %q", failed)
	}
	var e *sx.Error
	if err := r.HTML(context.Background(), io.Discard, "~loop"); !errors.As(err, &e) || e.Kind != sx.LimitError {
		t.Errorf("got %v", err)
	}
}

// TestBoundaryTimeout holds that a boundary that is rendered in place is given up after its timeout.
func TestBoundaryTimeout(t *testing.T) {
	block := &sx.Primitive{Name: "block", Usage: "(block)", Effects: sx.IO, Func: func(ctx context.Context, _ []sx.Value) (sx.Value, error) {
		<-ctx.Done()
		return sx.Nil, ctx.Err()
	}}
	r := load(t, `(defcomp ~page () (div (~suspense :id "a" :timeout 5 :error (fn (e) (i (get e :message))) (b (block))) (p "rest")))`, sx.WithPrimitives(block))
	var failed error
	got := rendered(t, r, "~page", &render.Host{OnError: func(_ *render.Boundary, err error) { failed = err }})
	if want := `<div><div id="sx-suspense-a" data-suspense="a"><i>boundary a took longer than 5ms</i></div><p>rest</p></div>`; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if failed == nil || !strings.HasPrefix(failed.Error(), "test.sx:1:") {
		t.Errorf("reported %v", failed)
	}
}

// TestWarnings holds that literals which the safety rules refuse are pointed out where they are written.
func TestWarnings(t *testing.T) {
	r := load(t, `(defcomp ~p () (a :href "javascript:x" :style {:background "url(x)" :color "red"} "x"))`)
	var got []string
	for _, d := range r.Program().Diagnostics() {
		got = append(got, d.Error())
	}
	all := strings.Join(got, "\n")
	if !strings.Contains(all, "test.sx:1:25: this URL is replaced") || !strings.Contains(all, "this declaration of background is dropped") || len(got) != 2 {
		t.Errorf("got %s", all)
	}
}

func TestLoadWarnings(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`(defcomp ~p () (div (b :id "x") (i :id "x")))`, `the id "x" stands twice in one component`},
		{`(defcomp ~p () (div :className "x"))`, "div: :className means nothing to a browser (did you mean :class?)"},
		{`(defcomp ~p () (button :on-click "x()"))`, "button: :on-click means nothing to a browser (did you mean :onclick?)"},
		{`(defcomp ~p () (my-button :on-click "x()"))`, ""},
		{`(define footer 5) (defcomp ~p () (i footer))`, "the definition footer hides the element of that name"},
		{"(defmacro footer (x) `(i ,x)) (defcomp ~p () (footer 1))", "the definition footer hides the element of that name"},
		{`(defcomp ~p (&key d) (i (format-dat d "%Y")))`, "format-dat is taken for a custom element (did you mean format-date?)"},
		{`(define (user-name u) (str u)) (defcomp ~p (&key u) (i (user-nmae u)))`, "user-nmae is taken for a custom element (did you mean user-name?)"},
		{`(define (user-name u) (str u)) (defcomp ~p (&key u) (i (user-card (user-name u))))`, ""},
	} {
		var got []string
		for _, d := range load(t, c.text).Program().Diagnostics() {
			got = append(got, d.Error())
		}
		all := strings.Join(got, "\n")
		if !strings.Contains(all, c.want) || c.want == "" && all != "" || len(got) > 1 {
			t.Errorf("%s\n got %s\nwant %s", c.text, all, c.want)
		}
	}
}

// failWriter fails at its n-th write.
type failWriter struct{ left int }

var errGone = errors.New("gone")

func (w *failWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errGone
	}
	return len(p), nil
}

func TestLargeConstants(t *testing.T) {
	big := strings.Repeat("lorem ipsum ", 2000)
	r := load(t, `
(defcomp ~page (&key a b) (article (p a) (div "`+big+`") (p :title a b) (div "`+big+`") (p b)))
(defcomp ~spread (&key s) (article "`+big+`" s (p "x")))
(defcomp ~inner (&key a) (let ((x (div "`+big+`"))) (div (p a) x x)))`)
	a, b := sx.Arg{Name: "a", Value: sx.String("<a>")}, sx.Arg{Name: "b", Value: sx.String("<b>")}
	var out bytes.Buffer
	for range 3 {
		out.Reset()
		if err := r.HTML(context.Background(), &out, "~page", a, b); err != nil {
			t.Fatal(err)
		}
		want := `<article><p>&lt;a&gt;</p><div>` + big + `</div><p title="&lt;a&gt;">&lt;b&gt;</p><div>` + big + `</div><p>&lt;b&gt;</p></article>`
		if out.String() != want {
			t.Fatalf("%d bytes, want %d", out.Len(), len(want))
		}
	}
	d := sx.NewDict(1)
	d.Set("title", sx.String("t"))
	out.Reset()
	if err := r.HTML(context.Background(), &out, "~spread", sx.Arg{Name: "s", Value: sx.SpreadOf(d)}); err != nil {
		t.Fatal(err)
	}
	if want := `<article title="t">` + big + `<p>x</p></article>`; out.String() != want {
		t.Errorf("%.60s…, %d bytes, want %d", out.String(), out.Len(), len(want))
	}
	out.Reset()
	if err := r.HTML(context.Background(), &out, "~inner", a); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), big); n != 2 {
		t.Errorf("%d copies", n)
	}
	for n := range 4 {
		if err := r.HTML(context.Background(), &failWriter{n}, "~page", a, b); !errors.Is(err, errGone) {
			t.Errorf("after %d writes: %v", n, err)
		}
	}
}

func TestNothingWrittenOnError(t *testing.T) {
	r := load(t, `(defcomp ~page (&key n) (div "before" (+ n "x")))`)
	var out bytes.Buffer
	err := r.HTML(context.Background(), &out, "~page", sx.Arg{Name: "n", Value: sx.Int(1)})
	if err == nil || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out.String())
	}
	if err := r.HTML(context.Background(), &out, "~nope"); err == nil {
		t.Error("an unknown component was rendered")
	}
	if err := r.HTML(context.Background(), &out, "~page", sx.Arg{Name: "m"}); err == nil || !strings.Contains(err.Error(), "unknown keyword :m") {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	r := load(t, `(defcomp ~page () (ul (map (fn (i) (li i)) (range 1000000))))`)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var e *sx.Error
	if err := r.HTML(ctx, io.Discard, "~page"); !errors.As(err, &e) || e.Kind != sx.CancelledError {
		t.Errorf("got %v", err)
	}
	small := load(t, `(defcomp ~page (&key n) (ul (map (fn (i) (li "0123456789")) (range n))))`, sx.WithLimits(sx.Limits{Output: 5000}))
	if err := small.HTML(context.Background(), io.Discard, "~page", sx.Arg{Name: "n", Value: sx.Int(10)}); err != nil {
		t.Error(err)
	}
	if err := small.HTML(context.Background(), io.Discard, "~page", sx.Arg{Name: "n", Value: sx.Int(100_000)}); !errors.As(err, &e) || e.Kind != sx.LimitError {
		t.Errorf("got %v", err)
	}
}

func TestDefinitions(t *testing.T) {
	r := load(t, `
(define unit "%")
(defmacro twice (x) `+"`"+`(str ,x ,x))
(define (fmt n) (str n unit))
(defcomp ~cell (&key n) (td (fmt n) (twice "a")))
(defcomp ~row (&key n) (tr (~cell :n n)))
(defcomp ~other () (p "x"))
(defcomp ~late () (p factor up down))
(define factor (* 2 scale))
(define scale 10)
(defmacro both (n) `+"`(begin (define up ,n) (define down ,n))"+`)
(both 2)
(defcomp ~page (&key n) :affinity :server (table (tbody (~row :n n) (~row :n 2))))`)
	comp, _ := r.Program().Component("~page")
	late, _ := r.Program().Component("~late")
	h := &render.Host{}
	got, err := r.WireOf(context.Background(), h, func(m *sx.Machine) {
		m.EmitArgs(comp, []sx.Arg{{Name: "n", Value: sx.Int(1)}}, nil)
	})
	if err != nil {
		t.Fatal(sx.Explain(err))
	}
	if want := `(table (tbody (~row :n 1) (~row :n 2)))`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	defs := r.Definitions(h.Needs()...)
	for _, want := range []string{"(define unit", "(defmacro twice", "(define (fmt n)", "(defcomp ~cell", "(defcomp ~row"} {
		if !strings.Contains(defs, want) {
			t.Errorf("%s is missing in\n%s", want, defs)
		}
	}
	if defs := r.Definitions(late); strings.Index(defs, "(define scale") > strings.Index(defs, "(define factor") || strings.Count(defs, "(both 2)") != 1 {
		t.Errorf("what is needed does not stand first, or a macro's definitions stand twice:\n%s", defs)
	}
	if strings.Contains(defs, "~other") || strings.Contains(defs, "~page") {
		t.Errorf("too much:\n%s", defs)
	}
}
