package hub_test

import (
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// Below a thousand events a second nothing waits; above, a client that always has something new gets twenty writes a second.
func TestPace(t *testing.T) {
	begin := time.Unix(1000, 0)
	for _, x := range []struct {
		every time.Duration // between events
		least int           // writes in the second second: the first begins with what is free
		most  int
	}{
		{2 * time.Millisecond, 500, 500},
		{time.Millisecond, 1000, 1000},
		{time.Microsecond, 18, 21},
	} {
		var p hub.Pace
		writes, waiting := 0, 0
		for at := time.Duration(0); at < 2*time.Second; at += x.every {
			waiting++
			now := begin.Add(at)
			if p.Wait(now) <= 0 {
				p.Wrote(now, waiting)
				waiting = 0
				if at >= time.Second {
					writes++
				}
			}
		}
		if writes < x.least || writes > x.most {
			t.Errorf("an event every %v: %d writes in the second second, want %d to %d", x.every, writes, x.least, x.most)
		}
	}
}

// Clients are given up in steps, each once.
func TestWaiting(t *testing.T) {
	begin := time.Unix(1000, 0)
	paces := map[string]*hub.Pace{"soon": {}, "late": {}}
	paces["soon"].Wrote(begin, 30)
	paces["late"].Wrote(begin, 60)
	var w hub.Waiting[string]
	if !w.Due().IsZero() {
		t.Error("an empty one is due")
	}
	for _, name := range []string{"soon", "late"} {
		w.Add(name, begin.Add(paces[name].Wait(begin)))
	}
	var taken []string
	for range 10 {
		due := w.Due()
		if due.IsZero() {
			break
		}
		w.Take(due, func(name string) time.Duration { return paces[name].Settle(due) }, func(name string) {
			if d := paces[name].Wait(due); d > 0 {
				t.Errorf("%s is to wait %v more", name, d)
			}
			taken = append(taken, name)
		})
	}
	if len(taken) != 2 || taken[0] != "soon" || taken[1] != "late" || !w.Due().IsZero() {
		t.Errorf("taken %v, then due %v", taken, w.Due())
	}
}
