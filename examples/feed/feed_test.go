package main

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/render"
)

// What one server streams arrives on the other's page, as text: the component runs in the browser, which escapes it.
func TestFollow(t *testing.T) {
	h := hub.New()
	source := live.NewServer(h)
	upstream := httptest.NewServer(source.Handler(func(*http.Request, string) (live.Source, error) { return live.Source{Topic: "t"}, nil }))
	app, err := page.New(files, page.WithSecret("test"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	own := httptest.NewServer(app)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	done := make(chan error, 1)
	defer func() {
		cancel()
		<-done
		source.Drain(context.Background())
		h.Close(context.Background())
		upstream.Close()
		app.Shutdown(context.Background())
		own.CloseClientConnections()
		own.Close()
	}()
	go func() { done <- follow(ctx, upstream.URL, app) }() // ends with ctx
	req, _ := http.NewRequestWithContext(ctx, "GET", own.URL+"/_sx/live/feed", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := make(chan string)
	go func() { // ends with the response
		defer close(lines)
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatal("the stream has ended")
			}
			if strings.Contains(l, "ACME 3 × <7>") {
				return
			}
			if strings.Contains(l, "<script") {
				t.Fatalf("got %q", l)
			}
		case <-tick.C: // until both ends are connected
			ev, err := live.FrameEvent(render.Frame{ID: "orders", Mode: render.ModeAppend, HTML: "<li><script></script><b>ACME</b> 3 × &lt;7&gt;</li>"})
			if err != nil {
				t.Fatal(err)
			}
			h.Publish("t", ev)
		}
	}
}
