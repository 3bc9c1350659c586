package live_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Spliced streams must come out of the browser's own decoders, event by event: for EventSource and for fetch, on both paths.
func TestBrowserReadsSplicedStreams(t *testing.T) {
	ctx := clienttest.Browser(t)
	h := hub.New()
	defer h.Close(context.Background())
	mux := http.NewServeMux()
	var servers []*live.Server
	for _, detach := range []bool{true, false} {
		s := live.NewServer(h, live.Detach(detach))
		servers = append(servers, s)
		handler := s.Handler(func(*http.Request, string) (live.Source, error) { return live.Source{Topic: "t"}, nil })
		for _, enc := range []string{"identity", "gzip", "zstd"} {
			mux.HandleFunc(fmt.Sprintf("/%s-%v", enc, detach), func(w http.ResponseWriter, r *http.Request) {
				r.Header.Set("Accept-Encoding", enc)
				handler.ServeHTTP(w, r)
			})
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><script>
			window.log = {};
			function source(url) {
				log["source" + url] = "";
				new EventSource(url).addEventListener("sx-resolve", e => log["source" + url] += JSON.parse(e.data).html.length + " ");
			}
			async function read(url) {
				log["fetch" + url] = "";
				const r = (await fetch(url)).body.getReader(), d = new TextDecoder();
				for (let text = "";;) {
					const c = await r.read();
					if (c.done) return;
					text += d.decode(c.value, {stream: true});
					log["fetch" + url] = [...text.matchAll(/"html":"([^"]*)"/g)].map(m => m[1].length + " ").join("");
				}
			}
		</script>`)
	})
	ts := httptest.NewServer(mux)
	defer func() {
		chromedp.Do(ctx, chromedp.Navigate("about:blank")) // or EventSource comes back
		for _, s := range servers {
			s.Drain(context.Background())
		}
		ts.CloseClientConnections()
		ts.Close()
	}()
	publish := func(n int) {
		ev, err := live.FrameEvent(render.Frame{ID: "log", Mode: render.ModeAppend, HTML: strings.Repeat("abcdefghi ", n/10)})
		if err != nil {
			t.Fatal(err)
		}
		h.Publish("t", ev)
	}
	publish(10) // small enough to be stored
	publish(1000)
	for _, path := range []string{"identity-true", "gzip-true", "zstd-true", "gzip-false", "zstd-false"} {
		for _, how := range []string{"source", "read"} {
			t.Run(how+" "+path, func(t *testing.T) {
				if err := chromedp.Do(ctx, chromedp.Navigate(ts.URL+"/")); err != nil {
					t.Fatal(err)
				}
				if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](fmt.Sprintf("%s('/%s'), 0", how, path))); err != nil {
					t.Fatal(err)
				}
				_, before := h.Snapshot("t")
				if before.Seq() > 900 {
					t.Fatal("history is too short for this test")
				}
				want := ""
				msgs, _ := h.Snapshot("t")
				for _, m := range msgs {
					want += fmt.Sprint(len(m.Data)-len(`{"id":"log","html":"","mode":"append"}`), " ")
				}
				got := func() string {
					s, err := chromedp.Run(ctx, chromedp.Evaluate[string]("Object.values(log)[0] || ''"))
					if err != nil {
						t.Fatal(err)
					}
					return s
				}
				await := func() {
					t.Helper()
					for end := time.Now().Add(5 * time.Second); got() != want; time.Sleep(5 * time.Millisecond) {
						if time.Now().After(end) {
							t.Fatalf("got  %q\nwant %q", got(), want)
						}
					}
				}
				await() // the snapshot
				for _, n := range []int{10, 5000, 20} {
					publish(n)
					want += fmt.Sprint(n, " ")
					await() // each event as soon as it is published
				}
			})
		}
	}
}
