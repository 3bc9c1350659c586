package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
