package live_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
)

func fakeServer(t *testing.T, opts ...live.Option) (*hub.Hub, *live.Server, *http.Client) {
	h := hub.New()
	s := live.NewServer(h, opts...)
	_, c := livetest.Serve(t, s.Handler(resolveTest))
	t.Cleanup(func() { h.Close(context.Background()) })
	return h, s, c
}

func getStream(t *testing.T, c *http.Client, path string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://x"+path, nil)
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); resp.Body.Close() })
	return bufio.NewReader(resp.Body)
}

func mustPublish(t *testing.T, h *hub.Hub, topic string, f render.Frame) {
	t.Helper()
	ev, err := live.FrameEvent(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Publish(topic, ev); err != nil {
		t.Fatal(err)
	}
}

func TestKeepAliveAfterFifteenSilentSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, c := fakeServer(t, live.Retry(-1))
		in := getStream(t, c, "/t")
		in.ReadString('\n') // the position
		in.ReadString('\n')
		begin := time.Now()
		line := func() string { l, _ := in.ReadString('\n'); return l }
		if l := line(); l != ":\n" || time.Since(begin) != 15*time.Second {
			t.Errorf("got %q after %v", l, time.Since(begin))
		}
		line()
		time.Sleep(10 * time.Second)
		mustPublish(t, h, "t", render.Frame{ID: "a", HTML: "1"})
		for range 4 {
			line()
		}
		begin = time.Now()
		if l := line(); l != ":\n" || time.Since(begin) != 15*time.Second {
			t.Errorf("got %q after %v: an event puts the keep-alive off", l, time.Since(begin))
		}
	})
}

func TestClientThatAcceptsNothingIsDroppedAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone time.Time
		var why error
		ended := make(chan struct{})
		h, s, c := fakeServer(t, live.OnDisconnect(func(_ *http.Request, err error) {
			gone, why = time.Now(), err
			close(ended)
		}))
		getStream(t, c, "/t")
		synctest.Wait()
		begin := time.Now()
		for i := range 20 { // the transport reads ahead a little
			mustPublish(t, h, "t", render.Frame{ID: "a", HTML: fmt.Sprint(i, strings.Repeat("x", 100_000)), Mode: render.ModeAppend})
		}
		<-ended
		synctest.Wait()
		if !errors.Is(why, live.ErrSlow) || gone.Sub(begin) != 10*time.Second {
			t.Errorf("gone after %v because of %v", gone.Sub(begin), why)
		}
		if s.Stats().Streams != 0 || h.Subscribers("t") != 0 {
			t.Error("something stays")
		}
	})
}

func TestWritesAreAtMostTwentyASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, c := fakeServer(t, live.Retry(-1))
		in := getStream(t, c, "/t")
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Add(1)
		go func() { // ends with the stop
			defer wg.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Microsecond):
				}
				mustPublish(t, h, "t", render.Frame{ID: "a", HTML: fmt.Sprint(i)})
			}
		}()
		begin := time.Now()
		times := map[time.Time]bool{}
		for time.Since(begin) < 10*time.Second {
			if _, err := in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			times[time.Now()] = true
		}
		close(stop)
		wg.Wait()
		if n := len(times); n > 230 || n < 150 {
			t.Errorf("%d writes in 10 seconds", n)
		}
	})
}

// The server goes away and comes back as another process; the client returns within the drain's jitter and is told of the snapshot.
func TestDrainAndRestartInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h1, h2 := hub.New(), hub.New()
		s1, s2 := live.NewServer(h1), live.NewServer(h2)
		defer h1.Close(t.Context())
		defer h2.Close(t.Context())
		var mu sync.Mutex
		now := s1.Handler(resolveTest)
		_, hc := livetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			h := now
			mu.Unlock()
			h.ServeHTTP(w, r)
		}))
		mustPublish(t, h1, "t", render.Frame{ID: "a", HTML: "old"})
		mustPublish(t, h2, "t", render.Frame{ID: "a", HTML: "new"})
		var left time.Time
		var log []string
		c := live.Client{URL: "http://x/t", HTTP: hc, OnRetry: func(n int, err error, wait time.Duration) error {
			if wait < 100*time.Millisecond || wait > 3100*time.Millisecond {
				t.Errorf("waits %v", wait)
			}
			return nil
		}}
		for e, err := range c.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			log = append(log, e.Name)
			if strings.Contains(e.Data, "old") {
				left = time.Now()
				mu.Lock()
				now = s2.Handler(resolveTest)
				mu.Unlock()
				go s1.Drain(context.Background()) // ends when the client has been told
			}
			if strings.Contains(e.Data, "new") {
				break
			}
		}
		if d := time.Since(left); d > 4*time.Second {
			t.Errorf("back after %v", d)
		}
		if got := strings.Join(log, " "); got != "sx-resolve sx-drain sx-reset sx-resolve" {
			t.Errorf("got %s", got)
		}
	})
}

func TestSilentServerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, hc := livetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))
		begin := time.Now()
		stop := errors.New("enough")
		c := live.Client{URL: "http://x/", HTTP: hc, OnRetry: func(n int, err error, _ time.Duration) error {
			if !errors.Is(err, live.ErrSilent) {
				t.Errorf("got %v", err)
			}
			if n == 1 && time.Since(begin) != 45*time.Second {
				t.Errorf("after %v", time.Since(begin))
			}
			if n == 3 {
				return stop
			}
			return nil
		}}
		for _, err := range c.Events(t.Context()) {
			if err != stop {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, hc := livetest.Serve(t, http.NotFoundHandler())
		p.Refuse = func() bool { return true }
		var longest time.Duration
		c := live.Client{URL: "http://x/", HTTP: hc, OnRetry: func(n int, err error, wait time.Duration) error {
			if bound := min(30*time.Second, 500*time.Millisecond<<(n-1)); wait > bound {
				t.Errorf("try %d waits %v, at most %v", n, wait, bound)
			}
			longest = max(longest, wait)
			if n == 30 {
				return io.EOF
			}
			return nil
		}}
		for _, err := range c.Events(t.Context()) {
			if err != io.EOF {
				t.Errorf("got %v", err)
			}
		}
		if longest < 10*time.Second {
			t.Errorf("longest wait %v", longest)
		}
	})
}

func TestEndlessTrickleOfALineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, piece := range []string{"data: " + strings.Repeat("x", 1000), "data: " + strings.Repeat("x", 1000) + "\n", "xxxxxxxxxxxxx", ": \n"} {
			_, hc := livetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				for range 100_000 {
					if _, err := io.WriteString(w, piece); err != nil {
						return
					}
				}
			}))
			c := live.Client{URL: "http://x/", HTTP: hc, OnRetry: func(int, error, time.Duration) error { return io.EOF }}
			for _, err := range c.Events(t.Context()) {
				if want := live.ErrTooLarge; !errors.Is(err, want) && piece != ": \n" {
					t.Errorf("%.10s: got %v", piece, err)
				}
			}
		}
	})
}

func TestClientStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		answers := []func(http.ResponseWriter){}
		_, hc := livetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			answers[0](w)
			answers = answers[1:]
		}))
		follow := func(list ...func(http.ResponseWriter)) (events []live.Event, waits []time.Duration, err error) {
			answers = list
			c := live.Client{URL: "http://x/", HTTP: hc, OnRetry: func(_ int, _ error, wait time.Duration) error {
				waits = append(waits, wait)
				return nil
			}}
			for e, err2 := range c.Events(t.Context()) {
				if err = err2; err == nil {
					events = append(events, e)
				}
			}
			return
		}
		status := func(code int, header ...string) func(http.ResponseWriter) {
			return func(w http.ResponseWriter) {
				for i := 0; i < len(header); i += 2 {
					w.Header().Set(header[i], header[i+1])
				}
				w.WriteHeader(code)
			}
		}
		text := func(s string) func(http.ResponseWriter) {
			return func(w http.ResponseWriter) {
				w.Header().Set("Content-Type", "text/event-stream;charset=UTF-8")
				io.WriteString(w, s)
			}
		}
		if e, _, err := follow(text("data: 1\n\n"), status(204)); len(e) != 1 || err != nil {
			t.Errorf("204: %v %v", e, err)
		}
		if e, _, err := follow(text("event: sx-close\ndata: {}\n\n")); len(e) != 1 || err != nil {
			t.Errorf("close: %v %v", e, err)
		}
		var re *live.ResponseError
		for _, code := range []int{301, 400, 401, 403, 404, 500} {
			if _, _, err := follow(status(code)); !errors.As(err, &re) || re.Status != code {
				t.Errorf("%d: %v", code, err)
			}
		}
		if _, _, err := follow(status(200, "Content-Type", "text/html")); !errors.As(err, &re) || re.ContentType != "text/html" {
			t.Errorf("type: %v", err)
		}
		_, waits, err := follow(status(503, "Retry-After", "7"), text("retry: 2000\ndata: 1\n\n"), status(429), status(204))
		if err != nil || len(waits) != 3 || waits[0] < 7*time.Second || waits[0] > 11*time.Second || waits[1] < 2*time.Second || waits[1] > 2500*time.Millisecond || waits[2] < 2*time.Second {
			t.Errorf("waits %v, %v", waits, err)
		}
	})
}

func TestClientSendsTheLastEventID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		_, hc := livetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ids = append(ids, r.Header.Get("Last-Event-ID"))
			w.Header().Set("Content-Type", "text/event-stream")
			switch len(ids) {
			case 1:
				io.WriteString(w, "id: b\ndata: 1\n\nid: lost\ndata: not finished\n")
			case 2:
				io.WriteString(w, "id: c\n\n")
			default:
				w.WriteHeader(204)
			}
		}))
		c := live.Client{URL: "http://x/", HTTP: hc, LastEventID: "a"}
		for e, err := range c.Events(t.Context()) {
			if err != nil || e.Data != "1" {
				t.Errorf("got %v %v", e, err)
			}
		}
		if fmt.Sprint(ids) != "[a b c]" {
			t.Errorf("got %v", ids)
		}
	})
}
