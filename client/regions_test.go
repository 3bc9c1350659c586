package client_test

import (
	"fmt"
	"math/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

func TestRegionShowsFrames(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/cpu" data-sx-cursor="e1-1"><div data-suspense="a" aria-busy="true">wait</div></div>
		<div data-sx-live="/mem"><div data-suspense="b" aria-busy="true">wait</div></div>`)
	s.publish("/cpu", "sx-resolve", `{"id":"a","html":"never seen"}`)
	s.publish("/mem", "sx-resolve", `{"id":"b","html":"<b>1</b>"}`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector("[data-suspense=b]").innerHTML == "<b>1</b>"`)
	s.publish("/cpu", "sx-resolve", `{"id":"a","html":"<i>2</i>"}`)
	until(t, ctx, `document.querySelector("[data-suspense=a]").innerHTML == "<i>2</i>"`)
	if got := js[string](t, ctx, `return [...document.querySelectorAll("[data-sx-live]")].map(e => e.className).join() +
		document.querySelectorAll("[aria-busy]").length`); got != "sx-live,sx-live0" {
		t.Errorf("classes and busy slots = %q, want sx-live twice and none", got)
	}
	if s.opened != 1 {
		t.Errorf("%d streams opened, want one for both sources: %q", s.opened, s.asked)
	}
	// A source that appears later joins, and the others go on from their cursors.
	js[bool](t, ctx, `document.body.insertAdjacentHTML; const d = document.createElement("div"), e = document.createElement("div");
		d.setAttribute("data-sx-live", "/late"); e.setAttribute("data-suspense", "c"); d.append(e); document.body.append(d); return true`)
	s.publish("/late", "sx-resolve", `{"id":"c","html":"3"}`)
	until(t, ctx, `document.querySelector("[data-suspense=c]").textContent == "3"`)
	if last := s.asked[len(s.asked)-1]; !strings.Contains(last, "c=e1-2") || !strings.Contains(last, "c=e1-1") {
		t.Errorf("second request %q does not go on from e1-2 and e1-1", last)
	}
	clean(t, ctx)
}

// TestRegionSlotsInFrames has frames that make slots anew: what the page was rendered with says nothing of those, and
// the stream goes on.
func TestRegionSlotsInFrames(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/a" data-sx-cursor="e1-0"><div data-suspense="out">wait</div></div>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	for n := range 5 {
		s.publish("/a", "sx-resolve", fmt.Sprintf(`{"id":"out","html":"<p sx-key=\"%d\"><b data-suspense=\"in\">%d</b></p>"}`, n, n))
		until(t, ctx, fmt.Sprintf(`document.querySelector("b")?.textContent == "%d"`, n))
		s.publish("/a", "sx-resolve", fmt.Sprintf(`{"id":"in","html":"in %d"}`, n))
		until(t, ctx, fmt.Sprintf(`document.querySelector("b").textContent == "in %d"`, n))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened != 1 {
		t.Errorf("%d streams opened, want 1: %q", s.opened, s.asked)
	}
	clean(t, ctx)
}

func TestRegionSurvivesCuts(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/log"><ol data-suspense="log" aria-busy="true"><li>wait</ol></div>`)
	c := newCutter(t, s.URL)
	ctx := clienttest.Browser(t)
	visit(t, ctx, c.url())
	cuts, n, seen := 0, 0, 0
	var next time.Time
	for end := time.Now().Add(2 * time.Minute); cuts < 100; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %d cuts in two minutes", cuts)
		}
		if n < 20000 {
			s.publish("/log", "sx-resolve", fmt.Sprintf(`{"id":"log","html":"<li>%d</li>","mode":"append"}`, n))
			n++
		}
		s.mu.Lock()
		open, opened := s.open, s.opened
		s.mu.Unlock()
		if opened > seen { // each stream lives a little: one that never says anything makes the next come later
			seen = opened
			next = time.Now().Add(time.Duration(rand.Intn(100)) * time.Millisecond)
		}
		if open > 0 && time.Now().After(next) {
			c.cut()
			cuts++
			next = end // until the next stream opens
		}
	}
	until(t, ctx, fmt.Sprintf(`document.querySelector("[data-suspense=log]").lastChild.textContent == "%d"`, n-1))
	got := js[string](t, ctx, `const l = [...document.querySelector("[data-suspense=log]").childNodes].map(e => e.textContent);
		return l.length + " " + l.filter((x, i) => x != i).length`)
	if got != fmt.Sprint(n, " ", 0) {
		t.Errorf("after %d cuts: lines and lines out of place = %s, want %d 0", cuts, got, n)
	}
	t.Logf("%d cuts, %d streams, %d events, no gap, no repeat", cuts, s.opened, n)
}

// TestRegionArrivesSlowly has a page whose slots come in pieces, with a wait within them, while their stream runs already: what the
// server sent is known whole, and nothing is missing that the stream brought meanwhile.
func TestRegionArrivesSlowly(t *testing.T) {
	s := newSite(t)
	more := make(chan bool)
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		rc := http.NewResponseController(w)
		fmt.Fprint(w, head()+`<div data-sx-live="/a" data-sx-cursor="e1-0"><b data-suspense="early">0</b><ol data-suspense="list"><li sx-key="1">1</li>`+"\n")
		_ = rc.Flush()
		<-more
		fmt.Fprint(w, `<li sx-key="2">2</li></ol><b data-suspense="late">0</b></div></body></html>`)
	})
	ctx := clienttest.Browser(t)
	go func() { // ends with the navigation
		_ = chromedp.Do(ctx, chromedp.Navigate(s.URL))
	}()
	s.eventually(t, "the stream is open", func() bool { return s.open == 1 })
	s.publish("/a", "sx-resolve", `{"id":"late","html":"1"}`)
	s.publish("/a", "sx-resolve", `{"id":"early","html":"1"}`)
	until(t, ctx, `document.querySelector("[data-suspense=early]").textContent == "1"`)
	more <- true
	until(t, ctx, `document.readyState == "complete" && document.querySelector("[data-suspense=late]").textContent == "1"`)
	s.publish("/a", "sx-resolve", `{"id":"list","html":"<li sx-key=\"2\">two</li>","mode":"append","key":"2"}`)
	s.publish("/a", "sx-resolve", `{"id":"list","html":"<li sx-key=\"3\">3</li>","mode":"append","key":"3"}`)
	until(t, ctx, `[...document.querySelectorAll("li")].map(e => e.textContent).join() == "1,two,3"`)
	s.publish("/a", "sx-resolve", `{"id":"list","html":"<li sx-key=\"4\">4</li>"}`)
	until(t, ctx, `document.querySelectorAll("li").length == 1`)
	clean(t, ctx)
}
