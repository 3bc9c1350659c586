package hub_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// counter is a waker that counts.
type counter struct {
	n    atomic.Int64
	rung chan struct{}
}

func newCounter() *counter { return &counter{rung: make(chan struct{}, 1)} }

func (c *counter) Wake() {
	c.n.Add(1)
	select {
	case c.rung <- struct{}{}:
	default:
	}
}

// A group is woken once, whoever of it waits, and not again until somebody has found nothing new.
func TestGroupIsWokenOnceForAll(t *testing.T) {
	h := hub.New()
	defer h.Close(context.Background())
	w, other := newCounter(), newCounter()
	var subs []*hub.Subscriber
	var own atomic.Int64
	for i := range 10 {
		s, err := h.Subscribe(t.Context(), "t", hub.Cursor{}, hub.WithWake(func() { own.Add(1) }))
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 { // half of them have found nothing already
			for b, err := s.Poll(); b != nil || err != nil; b, err = s.Poll() {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		owner, wake := "a", w
		if i == 9 {
			owner, wake = "b", other
		}
		got, waits := s.Join(owner, func() hub.Waker { return wake })
		if got != hub.Waker(wake) || waits != (i%2 == 0) {
			t.Errorf("%d: %v, waits %t", i, got == hub.Waker(wake), waits)
		}
		subs = append(subs, s)
	}
	publish := func() {
		t.Helper()
		if _, err := h.Publish("t", hub.Event{Slot: "s", Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(a, b int64) {
		t.Helper()
		if w.n.Load() != a || other.n.Load() != b {
			t.Errorf("woken %d and %d times, want %d and %d", w.n.Load(), other.n.Load(), a, b)
		}
	}
	publish()
	expect(1, 0) // the one of b has not looked yet
	publish()
	expect(1, 0)
	for _, s := range subs {
		for {
			b, err := s.Poll()
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
		}
	}
	publish()
	expect(2, 1)
	if got, waits := subs[0].Join("a", func() hub.Waker { return other }); got != hub.Waker(w) || waits {
		t.Error("joining twice changes something")
	}
	if n := own.Load(); n != 0 {
		t.Errorf("%d subscribers were woken themselves", n)
	}
}

// Nobody is forgotten while others come, go and publish.
func TestGroupMissesNothing(t *testing.T) {
	h := hub.New()
	defer h.Close(context.Background())
	const members, events = 20, 300
	var wg sync.WaitGroup
	for g := range 3 {
		w := newCounter()
		var subs []*hub.Subscriber
		for range members {
			s, err := h.Subscribe(t.Context(), "t", hub.Cursor{}, hub.WithWake(func() {}))
			if err != nil {
				t.Fatal(err)
			}
			s.Join(g, func() hub.Waker { return w })
			subs = append(subs, s)
		}
		wg.Go(func() {
			last := make([]string, members)
			deadline := time.After(time.Minute)
			for done := 0; done < members; {
				done = 0
				for i, s := range subs {
					for {
						b, err := s.Poll()
						if err != nil {
							t.Error(err)
							return
						}
						if b == nil {
							break
						}
						for _, m := range b.Messages {
							last[i] = string(m.Data)
						}
					}
					if last[i] == fmt.Sprint(events-1) {
						done++
					}
				}
				if done == members {
					break
				}
				select {
				case <-w.rung:
				case <-deadline:
					t.Errorf("group %d: %d of %d have the last event", g, done, members)
					return
				}
			}
			for _, s := range subs {
				s.Close()
			}
		})
	}
	wg.Go(func() { // others come and go
		for range events {
			s, err := h.Subscribe(t.Context(), "t", hub.Cursor{}, hub.WithWake(func() {}))
			if err != nil {
				t.Error(err)
				return
			}
			s.Join("passing", func() hub.Waker { return newCounter() })
			s.Close()
			if w, _ := s.Join("passing", func() hub.Waker { return newCounter() }); w == nil {
				t.Error("a closed subscriber has no waker")
			}
		}
	})
	for i := range events {
		if _, err := h.Publish("t", hub.Event{Slot: "s", Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if n := h.Subscribers("t"); n != 0 {
		t.Errorf("%d subscribers are left", n)
	}
}
