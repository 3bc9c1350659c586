package live_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/render"
)

// Go functions are sources of a multiplexed stream like any other: they run for one client, again after they have returned, and end with it.
func TestFunctionsAreSources(t *testing.T) {
	type key struct{}
	ended := make(chan error, 10)
	counter := live.Serve(func(ctx context.Context, s *live.Stream) error {
		from := 0
		fmt.Sscan(s.LastEventID(), &from)
		for i := from + 1; i <= from+3; i++ {
			if err := s.Send(live.Event{Name: render.EventResolve, ID: fmt.Sprint(i), Data: fmt.Sprintf(`{"id":"n","html":"%d"}`, i)}); err != nil {
				return err
			}
		}
		if from >= 3 {
			return s.Close()
		}
		return nil // the client comes back
	}, live.Retry(10*time.Millisecond))
	forever := live.Serve(func(ctx context.Context, s *live.Stream) error {
		if s.Request().Context().Value(key{}) != "kept" {
			t.Error("the request's values are gone")
		}
		if err := s.Patch(render.Frame{ID: "a", HTML: "1"}); err != nil {
			return err
		}
		<-ctx.Done()
		if err := s.Signals(map[string]int{"late": 1}, false); err == nil {
			t.Error("sending after the end succeeds")
		}
		return ctx.Err()
	}, live.OnDisconnect(func(_ *http.Request, err error) { ended <- err }))
	refused := live.Serve(func(context.Context, *live.Stream) error { return &live.StatusError{Code: 404} })
	for _, way := range []string{"net/http", "detached", "http2"} {
		t.Run(way, func(t *testing.T) {
			s := startSiteResolving(t, way, func(r *http.Request, src string) (live.Source, error) {
				r = r.WithContext(context.WithValue(r.Context(), key{}, "kept"))
				switch src {
				case "/counter":
					return live.Source{Stream: counter, Request: r}, nil
				case "/forever":
					return live.Source{Stream: forever, Request: r}, nil
				case "/refused":
					return live.Source{Stream: refused, Request: r}, nil
				}
				return live.Source{Topic: src}, nil
			}, live.Retry(-1))
			r := s.open(render.LivePath + "?s=/refused&s=/counter&c=1")
			want := map[string]bool{
				"event: sx-error\ndata: {\"message\":\"Not Found\",\"status\":404,\"src\":\"/refused\"}\n\n": true,
				"event: sx-close\ndata: {\"src\":\"/counter\"}\n\n":                                          true,
			}
			for i := 2; i <= 7; i++ {
				want[fmt.Sprintf("event: sx-resolve\nid: %d\ndata: {\"id\":\"n\",\"html\":\"%d\",\"src\":\"/counter\"}\n\n", i, i)] = true
			}
			for len(want) > 0 {
				b, err := r.block()
				if err != nil || !want[b] {
					t.Fatalf("got %q, %v; still wanted %v", b, err, want)
				}
				delete(want, b)
			}
			r.resp.Body.Close()
			r = s.open(render.LivePath + "?s=/forever")
			if b := r.until("event: sx-resolve"); !strings.Contains(b, `"src":"/forever"`) || strings.Contains(b, "id: ") {
				t.Errorf("got %q", b)
			}
			r.resp.Body.Close()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Error("the function does not end with its client")
			}
			s.await(0)
		})
	}
}
