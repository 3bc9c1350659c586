package live_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Code of the application that panics ends its own stream and nothing else: it is an error of the stream, and no stream stays counted,
// so that limits and draining are not disturbed.
func TestPanicsOfTheApplication(t *testing.T) {
	quiet := live.WithLogger(slog.New(slog.DiscardHandler))
	for _, way := range []string{"net/http", "detached", "http2"} {
		t.Run(way, func(t *testing.T) {
			h := hub.New()
			s := live.NewServer(h, quiet, live.Detach(way == "detached"), live.OnDisconnect(func(*http.Request, error) { panic("hook") }))
			early := live.Serve(func(context.Context, *live.Stream) error { panic("early") }, live.Via(s), quiet, live.Retry(-1))
			late := live.Serve(func(_ context.Context, s *live.Stream) error {
				if err := s.Patch(render.Frame{ID: "a", HTML: "sent"}); err != nil {
					return err
				}
				panic("late")
			}, live.Via(s), quiet, live.OnDisconnect(func(*http.Request, error) { panic("hook") }), live.Retry(-1))
			resolve := func(_ *http.Request, src string) (live.Source, error) {
				switch src {
				case "/early":
					return live.Source{Stream: early}, nil
				case "/bad":
					panic("resolve")
				}
				return live.Source{Topic: src}, nil
			}
			mux := http.NewServeMux()
			mux.Handle("/fn/early", early)
			mux.Handle("/fn/late", late)
			mux.Handle("/fn/refused", live.Serve(func(context.Context, *live.Stream) error { return nil }, live.Via(s), quiet,
				live.OnConnect(func(*http.Request) error { panic("connect") })))
			mux.Handle(render.LivePath, s.Multiplexed(resolve))
			mux.Handle("/", s.Handler(resolve))
			srv := httptest.NewUnstartedServer(mux)
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			if way == "http2" {
				srv.EnableHTTP2 = true
				srv.StartTLS()
			} else {
				srv.Start()
			}
			defer srv.Close()
			defer h.Close(context.Background())
			get := func(path string) (status int, body string) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				r, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+path, nil)
				r.Header.Set("Accept-Encoding", "identity")
				resp, err := srv.Client().Do(r)
				if err != nil {
					return 0, ""
				}
				defer resp.Body.Close()
				data, _ := io.ReadAll(resp.Body)
				return resp.StatusCode, string(data)
			}
			for _, x := range []struct {
				path   string
				status int // 0: net/http ends the connection
				body   string
			}{
				{"/fn/early", 500, "Internal Server Error\n"},
				{"/fn/late", 200, "event: sx-resolve\ndata: {\"id\":\"a\",\"html\":\"sent\"}\n\n"},
				{"/fn/refused", 0, ""},
				{"/bad", 0, ""},
				{render.LivePath + "?s=/bad", 0, ""},
			} {
				if status, body := get(x.path); status != x.status || body != x.body {
					t.Errorf("%s: got %d %q, want %d %q", x.path, status, body, x.status, x.body)
				}
			}
			// Of several sources the one that panics is refused; the stream goes on.
			r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+render.LivePath+"?s=/early&s=/topic", nil)
			r.Header.Set("Accept-Encoding", "identity")
			resp, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			in := &reader{t, resp, bufio.NewReader(resp.Body)}
			if got := in.until("event: sx-error"); got != "event: sx-error\ndata: {\"message\":\"Internal Server Error\",\"status\":500,\"src\":\"/early\"}\n\n" {
				t.Errorf("got %q", got)
			}
			resp.Body.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for ctx.Err() == nil && s.Stats().Streams > 0 {
				time.Sleep(time.Millisecond)
			}
			if err := s.Drain(ctx); err != nil || s.Stats().Streams != 0 {
				t.Errorf("%d streams stay counted: %v", s.Stats().Streams, err)
			}
		})
	}
}
