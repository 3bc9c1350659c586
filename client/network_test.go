package client_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestNetworkLost takes the network from a tab: new requests fail in the browser, and the stream that runs is cut on
// its way, which the browser's own emulation would not do. When the network is back the tab does not wait any longer,
// and goes on where it stood.
func TestNetworkLost(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", logPage)
	c := newCutter(t, s.URL)
	ctx := clienttest.Browser(t)
	before(t, ctx, clock+`window.delays = []; document.addEventListener("sx:retry", e => delays.push(e.detail.delay))`)
	visit(t, ctx, c.url())
	s.line(1)
	until(t, ctx, lines+` == "1"`)
	offline := func(on bool) {
		t.Helper()
		rules := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{}}
		if on {
			rules.MatchedNetworkConditions = append(rules.MatchedNetworkConditions, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
		}
		if _, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, rules); err != nil {
			t.Fatal(err)
		}
		state := network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}
		if _, err := chromedp.Call(ctx, network.OverrideNetworkState, state); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	offline(true)
	c.cut()
	until(t, ctx, `!navigator.onLine && document.querySelector(".sx-reconnecting.sx-offline")`)
	// Several attempts fail; then comes a wait that the test does not let end.
	until(t, ctx, `delays.length > 2 && delays.at(-1) >= 1000`)
	s.mu.Lock()
	opened := s.opened
	s.mu.Unlock()
	if opened != 1 {
		t.Errorf("%d streams opened without a network, want the one from before", opened)
	}
	for n := 2; n < 6; n++ {
		s.line(n)
	}
	if got := js[string](t, ctx, "return "+lines); got != "1" {
		t.Errorf("without a network the tab shows %s", got)
	}
	offline(false)
	until(t, ctx, lines+` == "1,2,3,4,5"`)
	until(t, ctx, `document.querySelector("[data-sx-live]").className == "sx-live"`)
}

// TestRetryAfterDate has a server that names a time of day to come back at.
func TestRetryAfterDate(t *testing.T) {
	s := newSite(t)
	s.script(func(w http.ResponseWriter, r *http.Request) {
		status(503, "Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))(w, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		status(503, "Retry-After", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))(w, r) // nonsense
	}, status(204))
	s.page("/{$}", logPage)
	ctx := clienttest.Browser(t)
	before(t, ctx, clock+`window.delays = []; document.addEventListener("sx:retry", e => delays.push(e.detail.delay))`)
	visit(t, ctx, s.URL)
	until(t, ctx, `delays.length == 1`)
	if d := js[float64](t, ctx, `return delays[0]`); d < 50_000 || d > 60_000 {
		t.Errorf("comes back after %.0f ms, want about a minute", d)
	}
	js[bool](t, ctx, `advance(delays[0] - 1000); return true`)
	s.mu.Lock()
	if len(s.asked) != 1 {
		t.Errorf("%d requests before the time has come, want 1", len(s.asked))
	}
	s.mu.Unlock()
	js[bool](t, ctx, `advance(1001); return true`)
	until(t, ctx, `delays.length == 2`)
	if d := js[float64](t, ctx, `return delays[1]`); d > 1000 {
		t.Errorf("a time that is over: comes back after %.0f ms, want the usual wait", d)
	}
	js[bool](t, ctx, `advance(1000); return true`)
	s.eventually(t, "it comes back", func() bool { return len(s.asked) == 3 })
}
