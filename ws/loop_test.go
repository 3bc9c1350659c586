package ws_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/ws"
)

// Quiet connections need no goroutine on Linux, and pongs make none.
func TestQuietConnectionsNeedNoGoroutine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere each has one")
	}
	s := newSite(t, ws.Ping(700*time.Millisecond))
	first := dialRaw(t, s)
	livetest.Eventually(t, `s.ws.Len() == 1`, func() bool { return s.ws.Len() == 1 })
	before := runtime.NumGoroutine()
	const n = 100
	conns := []*raw{first}
	for range n {
		conns = append(conns, dialRaw(t, s))
	}
	livetest.Eventually(t, `s.ws.Len() == n+1`, func() bool { return s.ws.Len() == n+1 })
	for range 2 { // they stay, since each answers its pings
		for _, c := range conns {
			for {
				op, _, err := c.next()
				if err != nil {
					t.Fatal(err)
				}
				if op == ping {
					c.frame(fin|pong, "")
					break
				}
			}
		}
	}
	livetest.Eventually(t, `runtime.NumGoroutine() < before+n/4`, func() bool { return runtime.NumGoroutine() < before+n/4 }) // net/http's own go a little later
	if s.ws.Len() != n+1 {
		t.Errorf("%d connections are left of %d", s.ws.Len(), n+1)
	}
	for _, c := range conns {
		c.conn.Close()
	}
	livetest.Eventually(t, `s.ws.Len() == 0`, func() bool { return s.ws.Len() == 0 })
}

// What was broadcast before a frame of one's own comes before it.
func TestOrderOfBroadcastsAndReplies(t *testing.T) {
	everywhere(t, func(t *testing.T, newSite siteMaker) {
		s := newSite(t)
		c := dialRaw(t, s)
		for range 50 {
			c.frame(fin|text, `(send "m" (say :text "x"))`)
		}
		livetest.Eventually(t, `s.mu.Lock(); defer s.mu.Unlock(); len(s.runs) == 1`, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.runs) == 1 })
		for acks, seen := 0, false; acks < 50; {
			switch got := c.text(); {
			case strings.Contains(got, `"sx-resolve"`):
				seen = true
			case strings.Contains(got, `"sx-ack"`):
				acks++
				if !seen && runtime.GOOS == "linux" && !strings.Contains(t.Name(), "goroutines") {
					t.Fatal("acknowledged before the broadcast came")
				}
			}
		}
	})
}

// A client that reads slowly gets everything, whole and in order, however the socket cuts it.
func TestSlowReaderGetsWholeFrames(t *testing.T) {
	everywhere(t, func(t *testing.T, newSite siteMaker) {
		s := newSite(t)
		c := dialRaw(t, s)
		livetest.Eventually(t, `s.ws.Len() == 1`, func() bool { return s.ws.Len() == 1 })
		const n = 150
		for i := range n {
			if _, err := s.ws.Broadcast("room", render.Frame{ID: "log", Mode: render.ModeAppend, HTML: strings.Repeat("z", 20<<10) + string(rune('a'+i%26))}); err != nil {
				t.Fatal(err)
			}
			if i%20 == 0 {
				c.frame(fin|text, `(nonsense)`) // its answer goes between, whole
			}
		}
		for i := 0; i < n; {
			got := c.text()
			if strings.Contains(got, `"sx-error"`) || strings.Contains(got, `"sx-reset"`) {
				if strings.Contains(got, `"sx-reset"`) {
					t.Fatal("reset: the history is long enough")
				}
				continue
			}
			if want := "z" + string(rune('a'+i%26)) + `"`; !strings.Contains(got, want) {
				t.Fatalf("frame %d ends with %s", i, got[len(got)-40:])
			}
			i++
		}
	})
}
