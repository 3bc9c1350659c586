package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
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

// The client is cut off 200 times at random places while a counter is streamed, and ends with every value in order, none twice.
func TestTwoHundredCuts(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.Retry(time.Millisecond))
		p := newProxy(t, func() string { return strings.TrimPrefix(strings.TrimPrefix(s.url, "https://"), "http://") })
		c := &live.Client{
			URL: strings.Replace(s.url, strings.SplitN(s.url, "://", 2)[1], p.l.Addr().String(), 1) + "/t", HTTP: s.http,
			Backoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond,
		}
		cuts := 200
		if s.way != "net/http" && s.way != "detached" {
			cuts = 30 // the same code above another carrier
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last atomic.Int64
		var wg sync.WaitGroup
		wg.Add(2)
		go func() { // publishes until the test ends
			defer wg.Done()
			for i := 1; ctx.Err() == nil; i++ {
				s.append("t", i)
				time.Sleep(200 * time.Microsecond)
			}
		}()
		go func() { // cuts, each time after some progress
			defer wg.Done()
			defer cancel()
			for i := 0; p.accepted() <= cuts && ctx.Err() == nil; i++ {
				from := last.Load()
				want := from + 1 + int64(rand.N(30))
				for last.Load() < want && ctx.Err() == nil {
					time.Sleep(50 * time.Microsecond)
				}
				p.cut()
			}
		}()
		next, seen := 0, 0
		for e, err := range c.Events(ctx) {
			if err != nil {
				if ctx.Err() == nil {
					t.Error(err)
				}
				break
			}
			if e.Name == render.EventReset {
				t.Error("reset")
			}
			var f struct{ HTML string }
			if json.Unmarshal([]byte(e.Data), &f); f.HTML == "" {
				continue
			}
			var n int
			fmt.Sscan(f.HTML, &n)
			if next != 0 && n != next {
				t.Errorf("got %d, want %d", n, next)
			}
			next = n + 1
			seen++
			last.Store(int64(n))
		}
		cancel()
		wg.Wait()
		s.http.CloseIdleConnections()
		t.Logf("%d connections, %d values", p.accepted(), seen)
		if p.accepted() < cuts || seen < cuts {
			t.Error("too few")
		}
	})
}

// A new process knows nothing of the old one's cursors: its clients are told, and get its state.
func TestRestart(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start(live.Retry(time.Millisecond), live.DrainWindow(10*time.Millisecond))
		s.publish("t", render.Frame{ID: "cpu", HTML: "old"})
		addr := s.ts.Listener.Addr().String()
		c := &live.Client{URL: s.url + "/t", HTTP: s.http, Backoff: time.Millisecond, MaxBackoff: 20 * time.Millisecond}
		var log []string
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var restart sync.WaitGroup
		for e, err := range c.Events(ctx) {
			if err != nil {
				if ctx.Err() == nil || len(log) < 3 {
					t.Errorf("after %q: %v", log, err)
				}
				break
			}
			log = append(log, e.Name+" "+e.Data)
			switch {
			case strings.Contains(e.Data, "old"):
				restart.Go(func() {
					s.stop()
					s.server, s.hub = live.NewServer(hub.New()), hub.New()
					l, err := net.Listen("tcp", addr)
					if err != nil {
						t.Error(err)
						cancel()
						return
					}
					s2 := startSite(t, s.way, l, live.Retry(time.Millisecond))
					s2.publish("t", render.Frame{ID: "cpu", HTML: "new"})
				})
			case strings.Contains(e.Data, "new"):
				cancel()
			}
			if ctx.Err() != nil {
				break
			}
		}
		restart.Wait()
		s.http.CloseIdleConnections()
		got := strings.Join(log, "\n")
		for _, want := range []string{"sx-drain", "sx-reset {\"reason\":\"gap\"}"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in\n%s", want, got)
			}
		}
	})
}

// One client reads nothing: it is dropped after the write time-out, and the others do not notice.
func TestStalledClient(t *testing.T) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			gone := make(chan error, 10)
			s := startSite(t, way, nil, live.WriteTimeout(2*time.Second), live.OnDisconnect(func(r *http.Request, err error) { gone <- err }))
			stalled := s.open("/t")
			_ = stalled
			r := s.open("/t")
			s.await(2)
			big := strings.Repeat("x", 500_000)
			var worst time.Duration
			begin := time.Now()
			for i := 0; ; i++ {
				at := time.Now()
				s.publish("t", render.Frame{ID: "a", HTML: fmt.Sprint(i, " ", big), Mode: render.ModeAppend})
				worst = max(worst, time.Since(at))
				r.until(fmt.Sprintf("event: sx-resolve\nid: %s\n", s.lastCursor("t")))
				select {
				case err := <-gone:
					if !errors.Is(err, live.ErrSlow) {
						t.Errorf("dropped because of %v", err)
					}
					if worst > 1900*time.Millisecond {
						t.Errorf("publishing took %v", worst)
					}
					s.await(1)
					return
				default:
				}
				if time.Since(begin) > 20*time.Second {
					t.Fatal("the stalled client is still there")
				}
			}
		})
	}
}

func (s *site) lastCursor(topic string) string {
	_, c := s.hub.Snapshot(topic)
	return c.String()
}

// A client that reads slowly gets the newest value of each slot, and not every value before it.
func TestSlowClientGetsTheNewest(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		s := start()
		r := s.open("/t")
		s.await(1)
		big := strings.Repeat("x", 10_000)
		const n = 3000 // 30 MB: far beyond what sockets take up
		for i := range n {
			s.publish("t", render.Frame{ID: "a", HTML: fmt.Sprint(i, " ", big)})
			if i%100 == 0 {
				time.Sleep(time.Millisecond) // lets the server write some
			}
		}
		s.publish("t", render.Frame{ID: "end", HTML: "end"})
		got, last := 0, ""
		for {
			b := r.until("event: sx-resolve\n")
			_, data, _ := strings.Cut(b, "data: ")
			var f struct{ ID, HTML string }
			json.Unmarshal([]byte(data), &f)
			if f.ID == "end" {
				break
			}
			got, last = got+1, strings.Fields(f.HTML)[0]
		}
		if last != fmt.Sprint(n-1) || got > n/2 {
			t.Errorf("%d of %d values, the last is %s", got, n, last)
		}
	})
}

// Publishing far faster than anybody reads neither waits nor makes more than 20 writes a second, and everybody ends with the newest value.
func TestFlood(t *testing.T) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			s := startSite(t, way, nil)
			var readers []*reader
			for range 20 {
				readers = append(readers, s.open("/t"))
			}
			s.await(20)
			var worst time.Duration
			count := 0
			begin := time.Now()
			for ; time.Since(begin) < 500*time.Millisecond; count++ {
				at := time.Now()
				s.publish("t", render.Frame{ID: "a", HTML: fmt.Sprint(count)})
				worst = max(worst, time.Since(at))
			}
			s.publish("t", render.Frame{ID: "end", HTML: "end"})
			for _, r := range readers {
				values, last := 0, ""
				for {
					b := r.until("event: sx-resolve\n")
					if strings.Contains(b, `"end"`) {
						break
					}
					values, last = values+1, b
				}
				if !strings.Contains(last, fmt.Sprintf("%q", fmt.Sprint(count-1))) {
					t.Errorf("ends with %q of %d", last, count)
				}
				if values > 64*13 {
					t.Errorf("got %d of %d values", values, count)
				}
			}
			t.Logf("%d publishes a second, the longest took %v", count*2, worst)
		})
	}
}

func TestCompressionOncePerEvent(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		for _, enc := range []string{"gzip", "zstd"} {
			s := start(live.Retry(-1))
			text := strings.Repeat("the quick brown fox ", 50)
			var wg sync.WaitGroup
			stop := make(chan struct{})
			for range 5 {
				s.append("t", 1)
				s.publish("t", render.Frame{ID: "a", HTML: text})
				wg.Add(1)
				go func() { // ends with the event "end"
					defer wg.Done()
					req, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/t", nil)
					req.Header.Set("Accept-Encoding", enc)
					resp, err := s.http.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					defer resp.Body.Close()
					if got := resp.Header.Get("Content-Encoding"); got != enc {
						t.Errorf("encoding is %q", got)
					}
					in, done, err := live.Decompress(resp)
					if err != nil {
						t.Error(err)
						return
					}
					defer done()
					var all []byte
					buf := make([]byte, 1000)
					for !strings.Contains(string(all), `"end"`) {
						n, err := in.Read(buf)
						all = append(all, buf[:n]...)
						if err != nil {
							t.Error(err)
							return
						}
					}
					if !strings.Contains(string(all), text) || !strings.Contains(string(all), `"last"`) {
						t.Errorf("got %q", all)
					}
				}()
			}
			s.await(5)
			s.publish("t", render.Frame{ID: "a", HTML: text + "last"})
			s.publish("t", render.Frame{ID: "b", HTML: "last"})
			time.AfterFunc(0, func() { close(stop) })
			<-stop
			s.publish("t", render.Frame{ID: "end", HTML: "end"})
			wg.Wait()
			s.http.CloseIdleConnections()
		}
	})
}

func TestClientDecompresses(t *testing.T) {
	s := startSite(t, "net/http", nil)
	text := strings.Repeat("lorem ipsum ", 100)
	s.publish("t", render.Frame{ID: "a", HTML: text})
	for e, err := range (&live.Client{URL: s.url + "/t", HTTP: s.http}).Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(e.Data, text) {
			break
		}
	}
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
