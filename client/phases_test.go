package client_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// script replaces the live endpoint's answers: each request gets the next one.
func (s *site) script(answers ...func(w http.ResponseWriter, r *http.Request)) *http.ServeMux {
	mux := http.NewServeMux()
	n := 0
	old := s.mux
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_sx/live" {
			old.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.RawQuery)
		i := n
		n++
		s.mu.Unlock()
		if i >= len(answers) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answers[i](w, r)
	})
	return mux
}

func status(code int, header ...string) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// events answers with some events and then stays open, or ends.
func events(stay bool, text string) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, text)
		_ = http.NewResponseController(w).Flush()
		if stay {
			<-r.Context().Done()
		}
	}
}

const watch = `window.seen = []; for (const n of ["open", "retry", "close", "error"]) document.addEventListener("sx:" + n,
	e => seen.push(n + (e.detail && e.detail.status ? e.detail.status : "") + (n == "retry" ? ":" + (e.detail.delay > 900 ? "long" : "short") : "")));`

func TestPhases(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []func(w http.ResponseWriter, r *http.Request)
		until   string
		seen    string // prefix
		asked   int
	}{
		{"204 ends", []func(http.ResponseWriter, *http.Request){status(204)}, `seen.length == 1`, "close204", 1},
		{"404 ends", []func(http.ResponseWriter, *http.Request){status(404)}, `seen.length == 1`, "close404", 1},
		{"401 ends", []func(http.ResponseWriter, *http.Request){status(401)}, `seen.length == 1`, "close401", 1},
		{"503 waits as asked", []func(http.ResponseWriter, *http.Request){status(503, "Retry-After", "1"), status(204)}, `seen.length == 2`, "retry:long,close204", 2},
		{"500 is tried again", []func(http.ResponseWriter, *http.Request){status(500), status(500), status(403)}, `seen.length == 3`, "retry:short,retry:", 3},
		{"an answer of another type", []func(http.ResponseWriter, *http.Request){status(200, "Content-Type", "text/html"), status(204)}, `seen.length == 2`, "retry:short,close204", 2},
		{"close", []func(http.ResponseWriter, *http.Request){events(false, "event: sx-close\ndata: {\"src\":\"/a\"}\n\n")}, `seen.includes("close")`, "open,close", 1},
		{"a refused source", []func(http.ResponseWriter, *http.Request){events(true, "event: sx-error\ndata: {\"src\":\"/a\",\"status\":403}\n\n")}, `seen.length == 3`, "open,close403,error403", 1},
		{"drain", []func(http.ResponseWriter, *http.Request){events(true, "event: sx-drain\ndata: {\"delay\":30}\n\n"), status(204)}, `seen.length == 3`, "open,retry:short,close204", 2},
		{"the end of a stream", []func(http.ResponseWriter, *http.Request){events(false, "retry: 1\nid: e-5\nevent: sx-resolve\ndata: {\"src\":\"/a\",\"id\":\"a\",\"html\":\"x\"}\n\n"), status(204)}, `seen.length == 3`, "open,retry:short,close204", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.script(c.answers...)
			s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, `<!doctype html><script>`+watch+`</script><script src="/sx-live.js"></script><div data-sx-live="/a"><div data-suspense="a">-</div></div>`)
			})
			ctx := clienttest.Browser(t)
			visit(t, ctx, s.URL)
			until(t, ctx, c.until)
			if got := js[string](t, ctx, `await new Promise(r => setTimeout(r, 150)); return seen.join()`); !strings.HasPrefix(got, c.seen) {
				t.Errorf("events %s, want %s", got, c.seen)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.asked) != c.asked {
				t.Errorf("%d requests, want %d: %q", len(s.asked), c.asked, s.asked)
			}
			if c.name == "the end of a stream" && !strings.Contains(s.asked[1], "c=e-5") {
				t.Errorf("second request %q does not go on from e-5", s.asked[1])
			}
		})
	}
}

// TestPhasesOffline looks at the classes of a region while nothing answers, and then again.
func TestPhasesOffline(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/a"><div data-suspense="a">-</div></div>`)
	ctx := clienttest.Browser(t)
	c := newCutter(t, s.URL)
	visit(t, ctx, c.url())
	until(t, ctx, `document.querySelector(".sx-live")`)
	c.mu.Lock()
	c.to = "127.0.0.1:1" // nobody
	c.mu.Unlock()
	js[bool](t, ctx, `window.log = []; const e = document.querySelector("[data-sx-live]"); const t0 = performance.now();
		new MutationObserver(() => { if (e.classList.contains("sx-offline")) window.late ||= performance.now() - window.lost; else if (e.classList.contains("sx-reconnecting")) window.lost ||= performance.now(); }).observe(e, {attributes: true}); return true`)
	c.cut()
	until(t, ctx, `document.querySelector(".sx-reconnecting.sx-offline")`)
	if late := js[float64](t, ctx, "return window.late"); late < 450 || late > 2000 {
		t.Errorf("offline after %.0f ms, want about 500", late)
	}
	c.mu.Lock()
	c.to = strings.TrimPrefix(s.URL, "http://")
	c.mu.Unlock()
	js[bool](t, ctx, `window.dispatchEvent(new Event("online")); return true`)
	until(t, ctx, `document.querySelector("[data-sx-live]").className == "sx-live"`)
}

// TestPhasesRenew has an address that has expired: the region is fetched anew and goes on with the new one.
func TestPhasesRenew(t *testing.T) {
	s := newSite(t)
	n := 0
	s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		n++
		fmt.Fprintf(w, `<!doctype html><html><body><script src="/sx-live.js"></script><p>before</p><div data-sx-live="/t/%d"><input id="i"><div data-suspense="a">%d</div></div></body></html>`, n, n)
	})
	s.mu.Lock()
	s.topic("/t/1").status = 409
	s.mu.Unlock()
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	js[bool](t, ctx, `window.i = document.querySelector("#i"); i.value = "typed"; return true`)
	s.publish("/t/2", "sx-resolve", `{"id":"a","html":"live again"}`)
	until(t, ctx, `document.querySelector("[data-suspense=a]").textContent == "live again"`)
	if got := js[string](t, ctx, `return document.querySelector("[data-sx-live]").getAttribute("data-sx-live") + (i == document.querySelector("#i")) + i.value`); got != "/t/2truetyped" {
		t.Errorf("region after renewal = %s", got)
	}
	clean(t, ctx)
}

// TestPhasesRenewAgain has addresses that are refused as soon as they are given out, as between nodes of two versions: the page does not
// ask as fast as it can.
func TestPhasesRenewAgain(t *testing.T) {
	s := newSite(t)
	var n atomic.Int64
	s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html><body><script src="/sx-live.js"></script><div data-sx-live="/t/%d"><div data-suspense="a">x</div></div></body></html>`, n.Add(1))
	})
	s.mu.Lock()
	for i := range 20 {
		s.topic(fmt.Sprintf("/t/%d", i)).status = 409
	}
	s.mu.Unlock()
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	began := time.Now()
	for n.Load() < 5 {
		if time.Since(began) > 30*time.Second {
			t.Fatalf("asked %d times: it does not try again", n.Load())
		}
		time.Sleep(time.Millisecond)
	}
	// Three waits of up to three seconds each.
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("asked %d times in %v", n.Load(), took)
	}
}

// TestPhasesReset takes a snapshot after a gap: keyless appends begin anew, keyed ones are replaced.
func TestPhasesReset(t *testing.T) {
	ev := func(id, html, more string) string {
		return `event: sx-resolve` + "\n" + `data: {"src":"/a","id":` + strconv.Quote(id) + `,"html":` + strconv.Quote(html) + `,"mode":"append"` + more + "}\n\n"
	}
	before := "retry: 1\nid: e-1\n" + ev("log", "<li>1</li>", "") + ev("log", "<li>2</li>", "") + ev("keys", "<li>a</li>", `,"key":"a"`)
	after := "event: sx-reset\ndata: {\"src\":\"/a\",\"reason\":\"gap\"}\n\n" + ev("log", "<li>2</li>", "") + ev("log", "<li>3</li>", "") +
		ev("keys", "<li>A</li>", `,"key":"a"`) + ev("keys", "<li>b</li>", `,"key":"b"`)
	for name, answers := range map[string][]func(http.ResponseWriter, *http.Request){
		"on another stream":      {events(false, before), events(true, after)},
		"in one animation frame": {events(true, before+after)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.script(answers...)
			s.page("/{$}", `<div data-sx-live="/a"><ol data-suspense="log"></ol><ol data-suspense="keys"></ol></div>`)
			ctx := clienttest.Browser(t)
			visit(t, ctx, s.URL)
			until(t, ctx, `document.body.textContent.includes("b")`)
			if got := js[string](t, ctx, `return [...document.querySelectorAll("ol")].map(e => e.textContent).join()`); got != "23,Ab" {
				t.Errorf("lists after a reset = %s, want 23,Ab", got)
			}
			clean(t, ctx)
		})
	}
}
