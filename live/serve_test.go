package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

func TestStreamOnTheWire(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.Retry(-1))
		c := s.publish("t", render.Frame{ID: "cpu", HTML: "1%"})
		r := s.open("/t")
		for k, want := range map[string]string{
			"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache, no-transform",
			"X-Accel-Buffering": "no", "Vary": "Accept-Encoding",
		} {
			if got := r.resp.Header.Get(k); got != want {
				t.Errorf("%s is %q, want %q", k, got, want)
			}
		}
		r.expect("event: sx-resolve\nid: " + c.String() + "\ndata: {\"id\":\"cpu\",\"html\":\"1%\"}\n\n")
		c = s.publish("t", render.Frame{ID: "cpu", HTML: "2%"})
		r.expect("event: sx-resolve\nid: " + c.String() + "\ndata: {\"id\":\"cpu\",\"html\":\"2%\"}\n\n")
		if s.way == "detached" && s.server.Stats().Detached != 1 {
			t.Error("not detached")
		}
		r.resp.Body.Close()
		s.await(0)
		if n := s.hub.Subscribers("t"); n != 0 {
			t.Errorf("%d subscribers stay", n)
		}
	})
}

func TestStreamBegins(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.Retry(time.Second))
		r := s.open("/defs")
		retry := r.until("retry: ")
		var ms int
		if fmt.Sscanf(retry, "retry: %d", &ms); ms < 1000 || ms > 1500 {
			t.Errorf("got %q", retry)
		}
		r.expect("event: sx-defs\ndata: {\"hash\":\"h1\",\"sx\":\"(defcomp ~a ())\"}\n\n")
		if b := r.until("id: "); !strings.HasSuffix(b, "-0\n\n") {
			t.Errorf("got %q", b)
		}
		r = s.open("/defs?defs=h1")
		r.until("retry: ")
		r.until("id: ") // no definitions between
	})
}

func TestResume(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.Retry(-1))
		var cursors []hub.Cursor
		for i := range 5 {
			cursors = append(cursors, s.append("t", i))
		}
		for _, r := range []*reader{s.open("/t", "Last-Event-ID", cursors[2].String()), s.open("/t?last_event_id=" + cursors[2].String())} {
			r.until("event: sx-resolve\nid: " + cursors[3].String() + "\n")
			r.until("event: sx-resolve\nid: " + cursors[4].String() + "\n")
		}
		for _, id := range []string{"zzz-1", "garbage", "é"} {
			r := s.open("/t", "Last-Event-ID", id)
			r.expect("event: sx-reset\ndata: {\"reason\":\"gap\"}\n\n")
			r.until("event: sx-resolve\nid: " + cursors[0].String() + "\n")
		}
	})
}

func TestStatusesComeBeforeTheStream(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.OnConnect(func(r *http.Request) error {
			if r.URL.Query().Get("who") == "nobody" {
				return &live.StatusError{Code: http.StatusUnauthorized}
			}
			return nil
		}))
		for path, want := range map[string]int{"/secret": 403, "/over": 204, "/t?who=nobody": 401, render.LivePath: 400} {
			r := s.open(path)
			if r.resp.StatusCode != want {
				t.Errorf("%s: status %d, want %d", path, r.resp.StatusCode, want)
			}
		}
		if r := s.open("/t", "Origin", "https://evil.example", "Cookie", "s=1"); r.resp.StatusCode != 403 {
			t.Errorf("foreign origin: status %d", r.resp.StatusCode)
		}
		if r := s.open("/t", "Origin", s.url, "Cookie", "s=1"); r.resp.StatusCode != 200 {
			t.Errorf("own origin: status %d", r.resp.StatusCode)
		}
		resp, err := s.http.Post(s.url+"/t", "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 405 {
			t.Errorf("post: status %d", resp.StatusCode)
		}
		resp, err = s.http.Head(s.url + "/t")
		if err != nil || resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			t.Errorf("head: %v %v", resp, err)
		}
		s.await(1)
	})
}

func TestMultiplexed(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.Retry(-1))
		s.append("/a?x=1&y", 1)
		c := s.append("b", 1)
		c2 := s.append("b", 2)
		r := s.open(render.LivePath + "?defs=zz&s=%2Fb&c=" + c.String() + "&s=/secret&s=/b&s=%2Fnone&c=zz-9")
		r.expect("event: sx-error\ndata: {\"message\":\"Forbidden\",\"status\":403,\"src\":\"/secret\"}\n\n")
		r.expect("event: sx-resolve\nid: " + c2.String() + "\ndata: {\"id\":\"log\",\"html\":\"2\",\"mode\":\"append\",\"src\":\"/b\"}\n\n")
		r.expect("event: sx-reset\ndata: {\"reason\":\"gap\",\"src\":\"/none\"}\n\n")
		c3 := s.publish("none", render.Frame{Event: render.EventClose})
		r.expect("event: sx-close\nid: " + c3.String() + "\ndata: {\"src\":\"/none\"}\n\n")
		c4 := s.append("b", 3)
		r.expect("event: sx-resolve\nid: " + c4.String() + "\ndata: {\"id\":\"log\",\"html\":\"3\",\"mode\":\"append\",\"src\":\"/b\"}\n\n")

		r = s.open(render.LivePath + "?s=/secret")
		r.until("event: sx-error")
		r.expect("event: sx-close\ndata: {}\n\n")
		r.expectEnd()
	})
}

func TestCloseEndsTheStream(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start()
		r := s.open("/t")
		s.await(1)
		s.publish("t", render.Frame{Event: render.EventClose})
		r.until("event: sx-close")
		r.expectEnd()
		s.await(0)
	})
}

// News may come in the very turn in which streams end for want of a source, while they still wait among others.
func TestNewsAfterTheLastSource(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start()
		const readers = 8
		for round := range 25 {
			topic := fmt.Sprintf("t%d", round)
			var all []*reader
			for range readers {
				all = append(all, s.open("/"+topic))
			}
			s.await(readers)
			var wg sync.WaitGroup
			for i := range 2 {
				wg.Go(func() {
					for n := range 20 {
						if i == 0 && n == 10 {
							s.publish(topic, render.Frame{Event: render.EventClose})
						}
						s.append(topic, n)
					}
				})
			}
			wg.Wait()
			for _, r := range all {
				r.until("event: sx-close")
				io.Copy(io.Discard, r.resp.Body) // what was in the same write, and the end
			}
			s.await(0)
		}
	})
}

func TestKeepAlive(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.KeepAlive(50 * time.Millisecond))
		r := s.open("/t")
		for range 3 {
			r.until(":\n")
		}
	})
}

func TestDrain(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		var mu sync.Mutex
		var reasons []error
		s := start(live.DrainWindow(time.Second), live.OnDisconnect(func(_ *http.Request, err error) {
			mu.Lock()
			reasons = append(reasons, err)
			mu.Unlock()
		}))
		var readers []*reader
		for range 20 {
			readers = append(readers, s.open("/t"))
		}
		s.await(20)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := s.server.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		delays := map[int]bool{}
		for _, r := range readers {
			b := r.until("event: sx-drain\n")
			var f struct{ Delay int }
			if err := json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(b), "event: sx-drain\ndata: ")), &f); err != nil || f.Delay < 100 || f.Delay > 1100 {
				t.Errorf("got %q: %v", b, err)
			}
			delays[f.Delay] = true
			r.expectEnd()
		}
		if len(delays) < 10 {
			t.Errorf("only %d different delays", len(delays))
		}
		if r := s.open("/t"); r.resp.StatusCode != 503 || r.resp.Header.Get("Retry-After") == "" {
			t.Errorf("status %d", r.resp.StatusCode)
		}
		mu.Lock()
		defer mu.Unlock()
		if len(reasons) != 20 || !errors.Is(reasons[0], live.ErrDraining) {
			t.Errorf("disconnected %d times: %v", len(reasons), reasons)
		}
	})
}

func TestConnectionLimits(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.MaxConnections(5, 3, 2),
			live.AddressOf(func(r *http.Request) string { return r.URL.Query().Get("a") }),
			live.SessionOf(func(r *http.Request) string { return r.URL.Query().Get("s") }))
		status := func(path string, want int) *reader {
			t.Helper()
			r := s.open(path)
			if r.resp.StatusCode != want {
				t.Fatalf("%s: status %d, want %d", path, r.resp.StatusCode, want)
			}
			if want != 200 && r.resp.Header.Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", path)
			}
			return r
		}
		first := status("/t?a=1&s=1", 200)
		status("/t?a=1&s=1", 200)
		status("/t?a=1&s=1", 429)
		status("/t?a=1&s=2", 200)
		status("/t?a=1&s=3", 429)
		status("/t?a=2", 200)
		status("/t?a=3", 200)
		status("/t?a=4", 503)
		first.resp.Body.Close()
		s.await(4)
		status("/t?a=1&s=1", 200)
	})
}

func TestOldServersTimeoutsDoNotCut(t *testing.T) {
	for _, way := range []string{"net/http", "detached"} {
		t.Run(way, func(t *testing.T) {
			s := startSiteWith(t, way, nil, func(c *http.Server) {
				c.ReadTimeout, c.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
			})
			r := s.open("/t")
			s.await(1)
			for i := range 5 {
				time.Sleep(40 * time.Millisecond)
				s.append("t", i)
				r.until("event: sx-resolve")
			}
		})
	}
}

func TestReadBodyOfRefusal(t *testing.T) {
	s := startSite(t, "net/http", nil)
	b, _ := io.ReadAll(s.open("/secret").resp.Body)
	if string(b) != "Forbidden\n" {
		t.Errorf("got %q", b)
	}
}

// A listener may wrap its connections: they have no descriptor of their own, and must be served all the same.
func TestWrappedConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := startSite(t, "detached", wrappingListener{l})
	r := s.open("/t")
	s.await(1)
	s.append("t", 1)
	r.until("event: sx-resolve")
	if r.resp.Header.Values("Vary")[0] != "Accept-Encoding" || s.server.Stats().Detached != 0 {
		t.Errorf("header %v, %v", r.resp.Header, s.server.Stats())
	}
	r.resp.Body.Close()
	s.await(0)
}

type wrappingListener struct{ net.Listener }

func (l wrappingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return struct{ net.Conn }{c}, err
}
