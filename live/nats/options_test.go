package nats_test

import (
	"errors"
	"testing"

	client "github.com/nats-io/nats.go"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/live/nats"
)

// While the NATS server is away events wait, but not without bound.
func TestQueueIsBounded(t *testing.T) {
	s := embed(t, nats.Embedded{Listen: "127.0.0.1:0"})
	h, b := node(t, s.URL(), nats.InMemory(), nats.Queue(4))
	s.Close()
	livetest.Eventually(t, "the broker does not notice", func() bool { return b.Err() != nil })
	const groupAndQueue = 256 + 4 // what is being sent, and what waits
	var err error
	for n := 0; err == nil; n++ {
		if n > groupAndQueue {
			t.Fatalf("%d events are waiting", n)
		}
		_, err = h.Publish("t", hub.Event{Name: "e", Kind: hub.Ordered, Data: []byte("x")})
	}
	if !errors.Is(err, nats.ErrFull) {
		t.Errorf("got %v, want %v", err, nats.ErrFull)
	}
}

// Options of the NATS client reach it: here, a way to connect that always fails.
func TestClientOptions(t *testing.T) {
	s := embed(t, nats.Embedded{Listen: "127.0.0.1:0"})
	refused := errors.New("refused")
	_, err := nats.Connect(t.Context(), s.URL(), nats.WithNATS(func(*client.Options) error { return refused }))
	if !errors.Is(err, refused) {
		t.Errorf("got %v, want %v", err, refused)
	}
}
