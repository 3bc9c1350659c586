package page_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

const streamed = `
(defpage p :path "/" :content
  (main (h1 "shell")
    (~suspense :id "one" :fallback (i "wait 1") (begin (gate "one") (b "first")))
    (~suspense :id "two" :fallback (i "wait 2") (begin (gate "two") (b "second")))
    (~suspense :id "bad" :fallback (i "wait 3") (begin (gate "bad") (error "boom")))
    (~suspense :id "late" :timeout 30 :fallback (i "wait 4") :error (fn (e) (em "too late")) (begin (gate "never") "never"))
    (~suspense :id "outer" :fallback (i "wait 5") (begin (gate "outer") (section (~suspense :id "inner" :fallback (i "wait 6") (begin (gate "inner") (b "nested"))))))))
(defpage short :path "/short" :content (p "x" (~suspense :id "s" :as "span" (begin (gate "one") "y"))))`

// The shell does not wait for what is slow: it is there while nothing else can be, since the test opens the gates.
// What follows comes in the order of completion, within body, and what fails or is late concerns itself alone.
func TestShellComesBeforeItsBoundaries(t *testing.T) {
	g := newGates("one", "two", "bad", "never", "outer", "inner")
	s := serve(t, []string{"app.sx", streamed}, g.option())
	r := s.open(t, t.Context(), "/")
	shell := r.until(`<i>wait 5</i><?end></div></main>`)
	wants(t, "shell", shell, "<h1>shell</h1>", `<div id="sx-suspense-one" data-suspense="one" aria-busy="true"><?start name="one"><i>wait 1</i><?end></div>`)
	lacks(t, "shell", shell, "first", "second", "</body>", `<template`)
	step := func(gate, want string) {
		t.Helper()
		if gate != "" {
			close(g[gate])
		}
		before := r.all.Len()
		if got := r.until(want)[before:]; strings.Count(got, "<template") > 1 || strings.Contains(got, "</body>") {
			t.Errorf("%s brought more than its chunk: %s", gate, got)
		}
	}
	step("", `<template for="late"><em>too late</em></template>`)
	step("two", `<template for="two"><b>second</b></template>`)
	step("bad", `<template for="bad"><div class="sx-error" role="alert">This part of the page could not be shown.</div></template>`)
	step("outer", `<i>wait 6</i><?end></div></section></template>`)
	step("inner", `<template for="inner"><b>nested</b></template>`)
	step("one", `<template for="one"><b>first</b></template>`)
	all := r.rest()
	if !strings.HasSuffix(all, "</template></body></html>") || strings.Count(all, "</body>") != 1 {
		t.Errorf("the document ends with %q", all[max(0, len(all)-80):])
	}
	if h := r.resp.Header; r.resp.StatusCode != 200 || h.Get("X-Accel-Buffering") != "no" || h.Get("Cache-Control") != "no-cache, no-transform" ||
		h.Get("Content-Length") != "" || h.Get("Content-Language") != "en" {
		t.Errorf("headers: %v", h)
	}
	wants(t, "log", s.logs.String(), "page=p boundary=bad at=app.sx:6:", "page=p boundary=late at=app.sx:7:", "timed out after 30 ms")
}

// Safari paints nothing of a page before about 1 KiB has come.
func TestShortShellsArePadded(t *testing.T) {
	g := newGates("one", "two", "bad", "never", "outer", "inner")
	s := serve(t, []string{"app.sx", streamed}, g.option())
	r := s.open(t, t.Context(), "/short")
	for r.all.Len() < 1024 { // nothing else can come: the gate is shut
		b, err := r.body.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		r.all.WriteByte(b)
	}
	lacks(t, "shell", r.all.String(), "<template")
	close(g["one"])
	wants(t, "page", r.rest(), `<template for="s">y</template>`)
}

// A boundary that is ready by the time the shell is written stands in place.
func TestReadyBoundariesStandInPlace(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defpage p :path "/<int:ms>" :content (main (~suspense :id "quick" :fallback (i "wait") (b "quick")) (~suspense :id "slot" :fallback (i "nothing yet")) (sleep ms)))
(defpage slots :path "/slots" :content (main (~suspense :id "slot" :fallback (i "nothing yet"))))`})
	var body string
	for ms := 1; ; ms *= 2 { // the shell gives it more and more time
		var resp *http.Response
		resp, body = s.get(t, fmt.Sprintf("/%d", ms))
		if strings.Contains(body, `<div id="sx-suspense-quick" data-suspense="quick"><b>quick</b></div>`) {
			if resp.ContentLength != int64(len(body)) {
				t.Errorf("a page without late parts is streamed: %v", resp.Header)
			}
			break
		}
		wants(t, "page", body, `<template for="quick"><b>quick</b></template>`)
		if ms > 2000 {
			t.Fatalf("it never stands in place: %s", body)
		}
	}
	wants(t, "page", body, `<i>nothing yet</i>`)
	lacks(t, "page", body, "<template", "__sxPending")
	resp, body := s.get(t, "/slots")
	if resp.ContentLength != int64(len(body)) || !strings.Contains(body, "<i>nothing yet</i>") {
		t.Errorf("a slot without a body holds the response open: %v", resp.Header)
	}
}

// Bodies run at the same time, and not more of them than allowed.
func TestBoundariesRunConcurrently(t *testing.T) {
	var now, most, total atomic.Int64
	release := make(chan struct{})
	var list strings.Builder
	for i := range 12 {
		fmt.Fprintf(&list, `(~suspense :id "s%d" (p (work)))`, i)
	}
	s := serve(t, []string{"app.sx", `(defpage p :path "/" :content (main ` + list.String() + `))`}, page.WithLimits(page.Limits{Boundaries: 4}),
		page.WithPrimitive("work", "(work)", func(ctx context.Context) string {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if total.Add(1) == 4 {
				close(release) // four are here at once
			}
			select {
			case <-release:
			case <-ctx.Done():
			}
			return "done"
		}))
	_, body := s.get(t, "/")
	if n := strings.Count(body, "<p>done</p>"); n != 12 || most.Load() != 4 || total.Load() != 12 {
		t.Errorf("%d of 12 done, at most %d at once, %d evaluations", n, most.Load(), total.Load())
	}
}

// Who will not run it all gets the same page in order and complete.
func TestFlatPages(t *testing.T) {
	g := newGates("one", "two", "open")
	close(g["open"])
	s := serve(t, []string{"app.sx", `(defpage p :path "/" :content (main (~suspense :id "a" :fallback (i "wait") (begin (gate (request-arg "gate" "open")) (b "slow"))) (p "after")))`}, g.option())
	for _, c := range []struct {
		path, name, value string
		gate              string // opened when the shell has come; none for a flat page
	}{
		{"/?gate=one", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/150", "one"},
		{"/", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)", ""},
		{"/", "User-Agent", "facebookexternalhit/1.1", ""},
		{"/", "Save-Data", "on", ""},
		{"/?_sx=flat", "User-Agent", "x", ""},
		{"/?_sx=flatter&gate=two", "User-Agent", "x", "two"},
	} {
		flat := c.gate == ""
		r := s.open(t, t.Context(), c.path, c.name, c.value)
		if !flat {
			r.until(`<?end>`)
			close(g[c.gate])
		}
		body := r.rest()
		if flat {
			wants(t, c.value, body, `<div id="sx-suspense-a" data-suspense="a"><b>slow</b></div><p>after</p>`)
			lacks(t, c.value, body, "<template", "<?start", "__sxPending")
		} else {
			wants(t, c.value, body, `<template for="a"><b>slow</b></template></body>`)
		}
		if (r.resp.ContentLength >= 0) != flat {
			t.Errorf("%s: length %d", c.value, r.resp.ContentLength)
		}
	}
}

// A server's write timeout is for responses that are not streamed: each chunk has a deadline of its own.
func TestWriteTimeoutsDoNotCutAStream(t *testing.T) {
	g := newGates("one")
	s := serve(t, []string{"app.sx", `(defpage p :path "/" :content (main (~suspense :id "a" :fallback "wait" (begin (gate "one") (b "slow")))))`}, g.option())
	srv := httptest.NewUnstartedServer(s.app)
	srv.Config.WriteTimeout = 50 * time.Millisecond
	srv.Start()
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := &reader{t: t, body: bufio.NewReader(resp.Body), resp: resp}
	r.until(`<?end></div>`)
	time.AfterFunc(150*time.Millisecond, func() { close(g["one"]) }) // three times the timeout
	if got := r.rest(); !strings.HasSuffix(got, `<template for="a"><b>slow</b></template></body></html>`) {
		t.Errorf("cut: %s", got)
	}
	if resp, err := http.Head(srv.URL); err != nil || resp.StatusCode != 200 {
		t.Errorf("HEAD of a streamed page: %v", err)
	} else if body, _ := io.ReadAll(resp.Body); len(body) > 0 {
		t.Errorf("HEAD has a body: %s", body)
	}
}
