package client_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestSevenTabs opens seven tabs of one page over HTTP/1.1, where a browser has six connections per origin.
func TestSevenTabs(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/log" data-sx-cursor="e1-0"><ol data-suspense="log"></ol></div>`)
	browser := clienttest.Browser(t) // its own tab stays empty, since the browser ends with it
	var tabs []context.Context
	for len(tabs) < 7 {
		tabs = append(tabs, clienttest.NewTab(t, browser))
	}
	n := 0
	line := func() {
		n++
		s.publish("/log", "sx-resolve", fmt.Sprintf(`{"id":"log","html":"<li>%d</li>","mode":"append"}`, n))
	}
	for i, tab := range tabs {
		visit(t, tab, s.URL)
		line() // every later page is behind from the start
		until(t, tab, fmt.Sprintf(`document.querySelectorAll("li").length == %d`, i+1))
	}
	check := func(tabs []context.Context, when string) {
		t.Helper()
		for i, tab := range tabs {
			until(t, tab, fmt.Sprintf(`document.querySelector("ol").lastChild.textContent == "%d"`, n))
			got := js[string](t, tab, `return [...document.querySelectorAll("li")].map((e, i) => e.textContent - i).join("")`)
			for _, c := range got {
				if c != '1' {
					t.Fatalf("%s: tab %d has gaps or repeats: %s", when, i, got)
				}
			}
		}
	}
	check(tabs, "at first")
	s.oneStream(t, "seven")
	// The tab that leads is closed while events come every 5 ms. The longest silence that another tab sees is
	// the fail-over. Locks are given in the order they were asked for, so the tabs lead in turn; the best of
	// three counts, for the machine has other things to do.
	best := 1e9
	for lead := range 3 {
		last := tabs[6]
		js[bool](t, last, `let last = performance.now(); window.gap = 0; window.watch?.disconnect(); window.watch =
			new MutationObserver(() => { const now = performance.now(); window.gap = Math.max(window.gap, now - last); last = now });
			watch.observe(document.querySelector("ol"), {childList: true}); return true`)
		done := make(chan error, 1)
		for i := range 200 {
			if i == 50 {
				go func() { done <- chromedp.Cancel(tabs[lead]) }() // ends when the tab is closed
			}
			line()
			time.Sleep(5 * time.Millisecond)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		check(tabs[lead+1:], fmt.Sprintf("after leader %d has gone", lead))
		gap := js[float64](t, last, "return window.gap")
		t.Logf("fail-over %d: %.0f ms without an event", lead, gap)
		best = min(best, gap)
	}
	if best > 300 {
		t.Errorf("fail-over took %.0f ms, want at most 300", best)
	}
	s.oneStream(t, "four")
}

// oneStream waits until one stream is open: the server may notice a moment later that a tab has gone.
func (s *site) oneStream(t *testing.T, tabs string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		open := s.open
		s.mu.Unlock()
		if open == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d streams open for %s tabs, want 1", open, tabs)
		}
	}
}

// TestNewcomerChangesNothing has a tab join another one's stream without knowing where it stands: it needs a snapshot, which
// repeats what the other tab shows already and must leave that alone.
func TestNewcomerChangesNothing(t *testing.T) {
	s := newSite(t)
	s.page("/a", logPage)
	s.page("/b", `<div data-sx-live="/log"><ol data-suspense="log"></ol></div>`)
	a := clienttest.Browser(t)
	visit(t, a, s.URL+"/a")
	s.line(1)
	s.line(2)
	until(t, a, lines+` == "1,2"`)
	js[bool](t, a, `window.first = document.querySelector("li"); return true`)
	b := clienttest.NewTab(t, a)
	visit(t, b, s.URL+"/b")
	until(t, b, lines+` == "1,2"`)
	s.line(3)
	until(t, b, lines+` == "1,2,3"`)
	until(t, a, lines+` == "1,2,3" && first.isConnected`)
	clean(t, a)
	clean(t, b)
}
