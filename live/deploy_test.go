package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
)

// A deployment under load: behind a proxy one process leaves and another takes over. All clients move within the drain's window, each is told that
// a snapshot follows, and none shows anything of the old process after it.
func TestDeployUnderLoad(t *testing.T) {
	clients := 300
	if testing.Short() {
		clients = 50
	}
	const window = time.Second
	for _, way := range []string{"net/http", "detached"} {
		t.Run(way, func(t *testing.T) {
			old, next := startSite(t, way, nil, live.DrainWindow(window)), startSite(t, way, nil)
			var target atomic.Pointer[string]
			point := func(s *site) { a := s.ts.Listener.Addr().String(); target.Store(&a) }
			point(old)
			p := newProxy(t, func() string { return *target.Load() })
			ctx, cancel := context.WithCancel(t.Context())
			var publishers, followers sync.WaitGroup
			defer publishers.Wait()
			defer followers.Wait() // also when the test has failed: nobody may report to one that is over
			defer cancel()
			for _, s := range []*site{old, next} {
				name := map[*site]string{old: "old", next: "new"}[s]
				publishers.Add(1)
				go func() { // publishes into ten slots until the test ends
					defer publishers.Done()
					for i := 0; ctx.Err() == nil; i++ {
						s.publish("t", render.Frame{ID: fmt.Sprint("slot", i%10), HTML: name})
						time.Sleep(2 * time.Millisecond)
					}
				}()
			}
			var connected, moved atomic.Int64
			var mu sync.Mutex
			var slowest time.Duration
			var left atomic.Int64 // Unix nanoseconds of the drain
			for i := range clients {
				followers.Add(1)
				go func() { // ends when its client has the state of the new process
					defer followers.Done()
					c := live.Client{URL: "http://" + p.l.Addr().String() + "/t", HTTP: old.http, Backoff: 10 * time.Millisecond, MaxBackoff: 2 * time.Second}
					slots := map[string]string{}
					drained, reset := false, false
					for e, err := range c.Events(ctx) {
						if err != nil {
							if ctx.Err() == nil {
								t.Errorf("client %d: %v", i, err)
							}
							return
						}
						switch e.Name {
						case render.EventDrain:
							drained = true
							var f struct{ Delay int64 }
							if err := json.Unmarshal([]byte(e.Data), &f); err != nil || time.Duration(f.Delay)*time.Millisecond > window+100*time.Millisecond {
								t.Errorf("client %d is told to wait: %s", i, e.Data)
							}
						case render.EventReset:
							reset = true
							clear(slots) // what a page shows until it is replaced is all in the snapshot
						case render.EventResolve:
							var f struct{ ID, HTML string }
							if err := json.Unmarshal([]byte(e.Data), &f); err != nil {
								t.Error(err)
							}
							if len(slots) == 0 && !reset {
								connected.Add(1)
							}
							if reset && f.HTML != "new" {
								t.Errorf("client %d: %s shows %q after the reset", i, f.ID, f.HTML)
							}
							slots[f.ID] = f.HTML
						}
						if reset && len(slots) == 10 {
							if !drained {
								t.Errorf("client %d was not told to leave", i)
							}
							moved.Add(1)
							mu.Lock()
							slowest = max(slowest, time.Duration(time.Now().UnixNano()-left.Load()))
							mu.Unlock()
							return
						}
					}
				}()
			}
			livetest.EventuallyFunc(t, func() bool { return connected.Load() == int64(clients) }, func() string {
				return fmt.Sprintf("%d of %d clients have connected", connected.Load(), clients)
			})
			livetest.EventuallyFunc(t, func() bool { return next.hub.Stats().Published > 10 }, func() string { return "the new process has no state" })
			point(next)
			left.Store(time.Now().UnixNano())
			grace, stop := context.WithTimeout(ctx, 30*time.Second)
			defer stop()
			if err := old.server.Drain(grace); err != nil {
				t.Error(err)
			}
			livetest.EventuallyFunc(t, func() bool { return moved.Load() == int64(clients) || t.Failed() }, func() string {
				return fmt.Sprintf("%d of %d clients have moved", moved.Load(), clients)
			})
			cancel()
			followers.Wait()
			publishers.Wait()
			old.http.CloseIdleConnections()
			if moved.Load() != int64(clients) {
				t.Errorf("%d of %d clients moved", moved.Load(), clients)
			}
			t.Logf("%d clients moved, the slowest within %v", moved.Load(), slowest)
		})
	}
}
