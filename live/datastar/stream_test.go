package datastar_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/datastar"
	"github.com/sx-framework/sxgo/live/hub"
)

// A long-lived stream, with its hooks: both are called once, and the stream is refused by the first.
func TestServe(t *testing.T) {
	var mu sync.Mutex
	var log []string
	note := func(s string) { mu.Lock(); log = append(log, s); mu.Unlock() }
	gone := make(chan struct{})
	next := make(chan string)
	ts := httptest.NewServer(datastar.Serve(func(ctx context.Context, s *datastar.Stream) error {
		for {
			select {
			case text := <-next:
				if err := s.PatchElements(datastar.Elements{HTML: "<b id=a>" + text + "</b>"}); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}, datastar.Live(live.KeepAlive(time.Millisecond), live.OnConnect(func(r *http.Request) error {
		note("connect " + r.URL.Path)
		if r.URL.Path == "/secret" {
			return &live.StatusError{Code: http.StatusForbidden}
		}
		return nil
	}), live.OnDisconnect(func(r *http.Request, err error) { note("disconnect " + r.URL.Path); close(gone) }))))
	defer ts.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if resp, err := http.Get(ts.URL + "/secret"); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("got %v, %v", resp.Status, err)
	} else {
		resp.Body.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", ts.URL+"/clock", nil)
	req.Header.Set("Accept-Encoding", "zstd")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Encoding"); got != "zstd" {
		t.Fatalf("encoding %q", got)
	}
	z, err := zstd.NewReader(resp.Body, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	in := bufio.NewReader(z)
	silent := false
	for _, text := range []string{"one", strings.Repeat("two", 100)} {
		next <- text
		var block []string
		for len(block) < 2 {
			l, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case l == ":\n":
				silent = true // the keep-alive of a stream that says nothing
			case l != "\n":
				block = append(block, l)
			}
		}
		if got := strings.Join(block, ""); got != "event: datastar-patch-elements\ndata: elements <b id=a>"+text+"</b>\n" {
			t.Errorf("got %q", got)
		}
		for !silent {
			if l, err := in.ReadString('\n'); err != nil {
				t.Fatal(err)
			} else if l == ":\n" {
				silent = true
			}
		}
	}
	cancel()
	<-gone
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(log, ", "); got != "connect /secret, connect /clock, disconnect /clock" {
		t.Errorf("hooks: %s", got)
	}
}

// Datastar's client takes the end of a response for the end of its answer, and comes back after a cut: a server that leaves cuts.
func TestDrainCuts(t *testing.T) {
	for _, way := range []string{"http1", "http2"} {
		t.Run(way, func(t *testing.T) {
			h := hub.New()
			defer h.Close(context.Background())
			server := live.NewServer(h)
			mux := http.NewServeMux()
			stream := func(wait bool) http.Handler {
				return datastar.Serve(func(ctx context.Context, s *datastar.Stream) error {
					err := s.PatchElements(datastar.Elements{HTML: "<b id=a>1</b>"})
					if wait {
						<-ctx.Done()
					}
					return err
				}, datastar.Live(live.Via(server)))
			}
			mux.Handle("/long", stream(true))
			mux.Handle("/short", stream(false))
			ts := httptest.NewUnstartedServer(mux)
			if ts.EnableHTTP2 = way == "http2"; ts.EnableHTTP2 {
				ts.StartTLS()
			} else {
				ts.Start()
			}
			defer ts.Close()
			open := func(path string) (first string, rest func() ([]byte, error)) {
				resp, err := ts.Client().Get(ts.URL + path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { resp.Body.Close() })
				in := bufio.NewReader(resp.Body)
				first, err = in.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				return first, func() ([]byte, error) { return io.ReadAll(in) }
			}
			if _, rest := open("/short"); true {
				if text, err := rest(); err != nil {
					t.Errorf("a stream that is over: %q, %v", text, err)
				}
			}
			_, rest := open("/long") // its first line is here, so it has begun
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := server.Drain(ctx); err != nil {
				t.Error(err)
			}
			if text, err := rest(); err == nil || !strings.HasPrefix(string(text), "data: elements <b id=a>1</b>\n\n") {
				t.Errorf("got %q, %v, want a cut", text, err)
			}
		})
	}
}

// A stream that was begun by another layer speaks Datastar too.
func TestOver(t *testing.T) {
	w := httptest.NewRecorder()
	live.Serve(func(ctx context.Context, s *live.Stream) error {
		plain, scripts := datastar.Over(s), datastar.Over(s, datastar.AllowScripts())
		if err := plain.ExecuteScript(datastar.Script{Code: "f()"}); !errors.Is(err, datastar.ErrScripts) {
			t.Errorf("got %v", err)
		}
		return errors.Join(plain.PatchSignals(datastar.Signals{Values: map[string]any{"a": 1}}), scripts.ExecuteScript(datastar.Script{Code: "f()"}))
	}, live.Retry(-1)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	want := "event: datastar-patch-signals\ndata: signals {\"a\":1}\n\n" +
		"event: datastar-patch-elements\ndata: mode append\ndata: selector body\ndata: elements <script data-effect=\"el.remove()\">f()</script>\n\n"
	if got := w.Body.String(); got != want {
		t.Errorf("got %q", got)
	}
}
