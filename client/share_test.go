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
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	if open != 1 {
		t.Errorf("%d streams open for seven tabs, want 1", open)
	}
	// The tab that leads is closed while events come every 5 ms. The longest silence that another tab sees is
	// the fail-over.
	js[bool](t, tabs[1], `let last = performance.now(); window.gap = 0
		new MutationObserver(() => { const now = performance.now(); window.gap = Math.max(window.gap, now - last); last = now })
			.observe(document.querySelector("ol"), {childList: true}); return true`)
	done := make(chan error, 1)
	for i := range 300 {
		if i == 50 {
			go func() { done <- chromedp.Cancel(tabs[0]) }() // ends when the tab is closed
		}
		line()
		time.Sleep(5 * time.Millisecond)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	check(tabs[1:], "after the leader has gone")
	gap := js[float64](t, tabs[1], "return window.gap")
	t.Logf("fail-over: %.0f ms without an event", gap)
	if gap > 300 {
		t.Errorf("fail-over took %.0f ms, want at most 300", gap)
	}
	s.mu.Lock()
	open = s.open
	s.mu.Unlock()
	if open != 1 {
		t.Errorf("%d streams open for six tabs, want 1", open)
	}
}
