package hub_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// manual is a broker whose follower the test moves itself, and which lets go of it when let is closed.
type manual struct {
	f   chan hub.Follower
	let chan struct{}
}

func newManual() *manual { return &manual{make(chan hub.Follower, 8), make(chan struct{})} }

func (b *manual) Publish(string, hub.Event) error { return nil }

func (b *manual) Follow(_ string, f hub.Follower) (func(), error) {
	b.f <- f
	return func() { <-b.let }, nil
}

// A broker that does not let go holds up a shutdown no longer than its context says.
func TestCloseDoesNotWaitForABroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newManual()
		h := hub.New(hub.WithBroker(b))
		for _, name := range []string{"a", "b"} {
			if _, err := h.Subscribe(t.Context(), name, hub.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		close(b.let)
		if err := h.Close(t.Context()); err != nil {
			t.Errorf("once it has let go: %v", err)
		}
	})
}

// Now, for who wants what comes from now on, is when the broker has brought what it remembers: not earlier, and not when
// the subscriber happens to look.
func TestNowIsWhenTheBrokerHasCaughtUp(t *testing.T) {
	b := newManual()
	close(b.let)
	h := hub.New(hub.WithBroker(b))
	defer h.Close(context.Background())
	s, err := h.Subscribe(t.Context(), "t", hub.Cursor{}, hub.FromNow())
	if err != nil {
		t.Fatal(err)
	}
	f := <-b.f
	if batch, err := s.Poll(); batch != nil || err != nil || s.Begun() {
		t.Fatalf("before it: %v, %v, begun %v", batch, err, s.Begun())
	}
	f.Start(7, 0)
	f.Deliver(1, hub.Event{Kind: hub.Transient, Data: []byte("old")})
	if s.Begun() {
		t.Error("it has begun in the middle of the history")
	}
	f.Ready()
	f.Deliver(2, hub.Event{Kind: hub.Transient, Data: []byte("new")})
	<-s.Ready()
	batch, err := s.Poll()
	if err != nil || batch == nil || !s.Begun() {
		t.Fatalf("after it: %v, %v, begun %v", batch, err, s.Begun())
	}
	if len(batch.Messages) != 1 || string(batch.Messages[0].Data) != "new" {
		t.Errorf("got %d messages, %q", len(batch.Messages), batch.Messages[0].Data)
	}
}
