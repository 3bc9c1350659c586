package client_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// clock holds back timers of a second and more until advance(ms) is called, and lets document.hidden be set.
const clock = `{
	const real = setTimeout, clear = clearTimeout;
	let now = 0, n = 0, list = [];
	window.setTimeout = (f, ms = 0, ...a) => ms < 1000 ? real(f, ms, ...a) : (list.push({ id: --n, at: now + ms, f }), n);
	window.clearTimeout = id => id < 0 ? (list = list.filter(t => t.id != id)) : clear(id);
	window.advance = ms => {
		for (const end = now + ms; ;) {
			const t = list.filter(t => t.at <= end).sort((a, b) => a.at - b.at)[0];
			if (!t) return void (now = end);
			list = list.filter(x => x != t);
			now = t.at;
			t.f();
		}
	};
	let hidden = false;
	Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
	window.hide = on => { hidden = on; document.dispatchEvent(new Event("visibilitychange")); };
}`

// before runs a script in each new document of a tab, before the page's own.
func before(t testing.TB, ctx context.Context, script string) {
	t.Helper()
	if _, err := chromedp.Call(ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until f holds.
func (s *site) eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		ok := f()
		open, opened := s.open, s.opened
		s.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s; %d streams open, %d opened", what, open, opened)
		}
	}
}

const logPage = `<div data-sx-live="/log" data-sx-cursor="e1-0"><ol data-suspense="log"></ol></div>`

func (s *site) line(n int) {
	s.publish("/log", "sx-resolve", fmt.Sprintf(`{"id":"log","html":"<li>%d</li>","mode":"append"}`, n))
}

const lines = `[...document.querySelectorAll("li")].map(e => e.textContent).join()`

// logUnderClock opens a page with a log that shows its first line, in a browser whose clock the test moves.
func logUnderClock(t *testing.T) (*site, context.Context) {
	t.Helper()
	s := newSite(t)
	s.page("/{$}", logPage)
	ctx := clienttest.Browser(t)
	before(t, ctx, clock)
	visit(t, ctx, s.URL)
	s.line(1)
	until(t, ctx, lines+` == "1"`)
	return s, ctx
}

// TestLifecycleHidden hides a tab: after a minute it has no stream, and shown again it goes on where it was.
func TestLifecycleHidden(t *testing.T) {
	s, ctx := logUnderClock(t)
	js[bool](t, ctx, `hide(true); advance(40000); return true`)
	s.line(2)
	until(t, ctx, lines+` == "1,2"`) // a tab in the background is still live
	js[bool](t, ctx, `advance(19000); return true`)
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	if open != 1 {
		t.Errorf("%d streams open after 59 s, want 1", open)
	}
	js[bool](t, ctx, `advance(2000); return true`)
	s.eventually(t, "the stream ends", func() bool { return s.open == 0 })
	s.line(3)
	s.line(4)
	js[bool](t, ctx, `advance(600000); return true`)
	if got := js[string](t, ctx, "return "+lines); got != "1,2" {
		t.Errorf("while hidden the tab shows %s, want 1,2", got)
	}
	js[bool](t, ctx, `hide(false); return true`)
	until(t, ctx, lines+` == "1,2,3,4"`)
	if s.opened != 2 {
		t.Errorf("%d streams opened, want 2: %q", s.opened, s.asked)
	}
	// Hidden for less than a minute nothing happens.
	js[bool](t, ctx, `hide(true); advance(30000); hide(false); advance(14000); return true`)
	s.line(5)
	until(t, ctx, lines+` == "1,2,3,4,5"`)
	if s.opened != 2 {
		t.Errorf("%d streams opened after a short absence, want 2", s.opened)
	}
	clean(t, ctx)
}

// TestLifecycleStall has a line that goes silent without being cut, and a server that never answers.
func TestLifecycleStall(t *testing.T) {
	s, ctx := logUnderClock(t)
	js[bool](t, ctx, `advance(44000); return true`)
	s.line(2) // a sign of life: the wait begins anew
	until(t, ctx, lines+` == "1,2"`)
	js[bool](t, ctx, `advance(44000); return true`)
	if s.opened != 1 {
		t.Fatalf("%d streams opened before 45 s of silence, want 1", s.opened)
	}
	js[bool](t, ctx, `advance(1500); return true`)
	s.eventually(t, "the silent stream is opened anew", func() bool { return s.opened == 2 })
	s.line(3)
	until(t, ctx, lines+` == "1,2,3"`)
	if last := s.asked[1]; !strings.Contains(last, "c=e1-2") {
		t.Errorf("the second stream asks %q, want it to go on from e1-2", last)
	}

	// A connection that is taken and never answered.
	s2 := newSite(t)
	s2.script(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, status(http.StatusNoContent))
	s2.page("/{$}", logPage)
	visit(t, ctx, s2.URL)
	s2.eventually(t, "the first request is there", func() bool { return len(s2.asked) == 1 })
	js[bool](t, ctx, watch+`advance(14000); return true`)
	if got := js[float64](t, ctx, `return seen.length`); got != 0 {
		t.Errorf("events before the limit on connecting: %v", got)
	}
	js[bool](t, ctx, `advance(1500); return true`)
	until(t, ctx, `seen.join().startsWith("retry")`)
	s2.eventually(t, "a second request", func() bool { return len(s2.asked) == 2 })
	clean(t, ctx)
}

// TestLifecycleBackForward leaves a live page and comes back to it out of the browser's cache.
func TestLifecycleBackForward(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", logPage+`<input id="i">`)
	s.page("/other", `<p>other</p>`)
	ctx := clienttest.Browser(t)
	before(t, ctx, `addEventListener("pageshow", e => window.persisted = e.persisted)`)
	visit(t, ctx, s.URL)
	s.line(1)
	until(t, ctx, lines+` == "1"`)
	js[bool](t, ctx, `window.mark = 1; document.querySelector("#i").value = "typed"; return true`)
	visit(t, ctx, s.URL+"/other")
	s.eventually(t, "the stream of the page that was left ends", func() bool { return s.open == 0 })
	s.line(2)
	js[bool](t, ctx, `setTimeout(() => history.back()); return true`)
	again(t, ctx, lines+` == "1,2" && !!document.querySelector("#i")`)
	got := js[string](t, ctx, `return [window.persisted, window.mark, document.querySelector("#i").value, document.querySelector("[data-sx-live]").className].join()`)
	if !strings.HasPrefix(got, "true") {
		t.Skipf("this browser did not keep the page (%s), so it was loaded again", got)
	}
	if got != "true,1,typed,sx-live" {
		t.Errorf("kept page, mark, field, class = %s, want true,1,typed,sx-live", got)
	}
	s.line(3)
	again(t, ctx, lines+` == "1,2,3"`)
	clean(t, ctx)
}

// again is until for a page that has come back: it brings its own scripting context, and asking it may fail at
// first.
func again(t testing.TB, ctx context.Context, expr string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expr))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			now, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
			t.Fatalf("waited in vain for %s: %v\n%s", expr, err, now)
		}
	}
}

// TestLifecycleAlone has a browser without Web Locks: each tab has a stream of its own.
func TestLifecycleAlone(t *testing.T) {
	for _, without := range []string{
		`Object.defineProperty(Navigator.prototype, "locks", { value: undefined })`,
		`delete window.BroadcastChannel`,
	} {
		s := newSite(t)
		s.page("/{$}", logPage)
		ctx := clienttest.Browser(t)
		two := clienttest.NewTab(t, ctx)
		for _, tab := range []context.Context{ctx, two} {
			before(t, tab, without)
			visit(t, tab, s.URL)
		}
		s.eventually(t, "both tabs are connected", func() bool { return s.open == 2 })
		s.line(1)
		for _, tab := range []context.Context{ctx, two} {
			until(t, tab, lines+` == "1"`)
			clean(t, tab)
		}
	}
}

// TestLifecycleTransitions looks at view transitions, which people who want less motion do not get.
func TestLifecycleTransitions(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-suspense="a">old</div>`)
	ctx := clienttest.Browser(t)
	before(t, ctx, `window.moves = 0; if (Document.prototype.startViewTransition) { const real = Document.prototype.startViewTransition;
		Document.prototype.startViewTransition = function (f) { moves++; return real.call(this, f); }; }`)
	visit(t, ctx, s.URL)
	if !js[bool](t, ctx, `return "startViewTransition" in document`) {
		t.Skip("this browser has no view transitions")
	}
	// What comes after a transition waits for it.
	js[bool](t, ctx, `Sx.resolve({id: "a", html: "<p>1</p>", transition: true}); Sx.resolve({id: "a", html: "<p>2</p>", mode: "append"}); return true`)
	until(t, ctx, `document.querySelector("[data-suspense=a]").textContent == "12"`)
	if n := js[float64](t, ctx, `return moves`); n != 1 {
		t.Errorf("%v transitions, want 1", n)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}); err != nil {
		t.Fatal(err)
	}
	if got := js[string](t, ctx, `Sx.resolve({id: "a", html: "3", transition: true}); return document.querySelector("[data-suspense=a]").textContent + moves`); got != "31" {
		t.Errorf("with less motion: text and transitions = %s, want 31, at once", got)
	}
	clean(t, ctx)
}

// TestLifecycleAnnouncements has a slot that is a live region for assistive technology: it stays the same
// element, is busy until it is filled, and only the text that changed changes.
func TestLifecycleAnnouncements(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/a"><p data-suspense="a" aria-live="polite" aria-busy="true">wait</p></div>
		<nav sx-boost="true"><a href="/two">two</a></nav><main>one</main>`)
	s.answer("/two", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Replace(head(), "</head>", "<title>Second page</title></head>", 1)+`<main>two</main></body></html>`)
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	js[bool](t, ctx, `window.was = document.querySelector("p"); return true`)
	s.publish("/a", "sx-resolve", `{"id":"a","html":"<b>3</b> messages"}`)
	until(t, ctx, `was.textContent == "3 messages"`)
	got := js[string](t, ctx, `const seen = new MutationObserver(() => 0); seen.observe(was, {childList: true, characterData: true, attributes: true, subtree: true});
		Sx.resolve({id: "a", html: "<b>4</b> messages"}); Sx.resolve({id: "a", html: "<b>5</b> messages"});
		return [was.isConnected, was.getAttribute("aria-live"), was.hasAttribute("aria-busy"), was.textContent, seen.takeRecords().map(r => r.type + ":" + r.target.data)].join("|")`)
	if want := "true|polite|false|5 messages|characterData:5,characterData:5"; got != want {
		t.Errorf("live region:\n got %s\nwant %s", got, want)
	}
	js[bool](t, ctx, `document.querySelector("a").click(); return true`)
	until(t, ctx, `document.querySelector("main").textContent == "two"`)
	if got := js[string](t, ctx, `return document.activeElement.nodeName + "|" + document.querySelector("[role=status]").textContent`); got != "MAIN|Second page" {
		t.Errorf("after a visit: focus and announcement = %s", got)
	}
	clean(t, ctx)
}

// TestLifecycleWithoutMoves runs the state matrix in a browser that cannot move an element without taking it
// out of the page. What an element loses by that in such a browser is lost where it moves; nowhere else.
func TestLifecycleWithoutMoves(t *testing.T) {
	s := newSite(t)
	ctx := clienttest.Browser(t)
	before(t, ctx, `for (const c of [Element, Document, DocumentFragment]) delete c.prototype.moveBefore`)
	lab(t, ctx, s, "matrix.js")
	got := js[string](t, ctx, `const m = await matrix("html"), lost = [];
		for (const [kind, ...cells] of m.rows) cells.forEach((why, i) => why && lost.push(kind + ", " + m.updates[i]));
		return lost.join("\n")`)
	want := "scroll, other parent\ndialog, other parent\npopover, other parent\niframe, other parent"
	if got != want {
		t.Errorf("lost without moveBefore:\n%s\nwant no more than\n%s", got, want)
	}
	clean(t, ctx)
}
