package nats_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/hub/hubtest"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/live/nats"
)

func embed(t *testing.T, e nats.Embedded) *nats.Server {
	t.Helper()
	s, err := nats.Embed(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func node(t *testing.T, url string, opts ...nats.Option) (*hub.Hub, *nats.Broker) {
	t.Helper()
	b, err := nats.Connect(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	h := hub.New(hub.WithBroker(b))
	t.Cleanup(func() {
		h.Close(context.Background())
		b.Close()
	})
	return h, b
}

// conform runs the conformance tests with nodes that connect to the servers in turn.
func conform(t *testing.T, servers []*nats.Server, opts ...nats.Option) {
	hubtest.Run(t, func(t *testing.T) func() *hub.Hub {
		opts := append([]nats.Option{nats.Stream(strings.NewReplacer("/", "_", " ", "_").Replace(t.Name())), nats.InMemory(), nats.History(1024, 1<<20, 0)}, opts...)
		n := 0
		return func() *hub.Hub {
			s := servers[n%len(servers)]
			n++
			if s.URL() == "" {
				opts := append(slices.Clone(opts), nats.Via(s))
				h, _ := node(t, "", opts...)
				return h
			}
			h, _ := node(t, s.URL(), opts...)
			return h
		}
	})
}

// In the process of the node, as --nats embedded has it, and at a server elsewhere.
func TestConformance(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { conform(t, []*nats.Server{embed(t, nats.Embedded{Dir: t.TempDir()})}) })
	t.Run("over TCP", func(t *testing.T) {
		conform(t, []*nats.Server{embed(t, nats.Embedded{Dir: t.TempDir(), Listen: "127.0.0.1:0"})})
	})
}

func publish(t *testing.T, h *hub.Hub, slot string, kind hub.Kind, data string) {
	t.Helper()
	if _, err := h.Publish("t", hub.Event{Name: "e", Slot: slot, Kind: kind, Data: []byte(data)}); err != nil {
		t.Fatal(err)
	}
}

// The NATS server goes away and comes back: the node keeps serving what it has, says so, and then has everything, in order and once.
func TestServerComesBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	s, err := nats.Embed(nats.Embedded{Dir: dir, Listen: addr})
	if err != nil {
		t.Fatal(err)
	}
	a, ab := node(t, s.URL())
	b, _ := node(t, s.URL())
	ra, rb := hubtest.Subscribe(t, a, "t", hub.Cursor{}), hubtest.Subscribe(t, b, "t", hub.Cursor{})
	publish(t, a, "log", hub.Ordered, "1")
	ra.Until("1")
	rb.Until("1")
	if err := a.Err(); err != nil {
		t.Error(err)
	}
	s.Close()
	livetest.Eventually(t, "the broker does not notice", func() bool { return errors.Is(ab.Err(), nats.ErrDisconnected) })
	if msgs, _ := a.Snapshot("t"); len(msgs) != 1 {
		t.Errorf("%d messages are left", len(msgs))
	}
	want := []string{"1"}
	for i := range 50 {
		want = append(want, fmt.Sprint("away", i))
		publish(t, a, "log", hub.Ordered, want[i+1])
	}
	if s, err = nats.Embed(nats.Embedded{Dir: dir, Listen: addr}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	livetest.Eventually(t, "the broker does not come back", func() bool { return ab.Err() == nil })
	publish(t, b, "log", hub.Ordered, "end")
	ra.Until("end")
	rb.Until("end")
	for _, r := range []*hubtest.Reader{ra, rb} {
		got := map[string]int{}
		for _, g := range r.Got {
			got[g]++
		}
		for _, w := range want {
			if w != "end" && got[w] != 1 && r == ra {
				t.Errorf("%q came %d times", w, got[w])
			}
		}
		if r.Resets != nil {
			t.Errorf("resets: %v", r.Resets)
		}
	}
}

// A server that keeps nothing begins a new epoch, and subscribers are told.
func TestServerForgets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	s, err := nats.Embed(nats.Embedded{Listen: addr})
	if err != nil {
		t.Fatal(err)
	}
	h, b := node(t, s.URL(), nats.InMemory())
	r := hubtest.Subscribe(t, h, "t", hub.Cursor{})
	publish(t, h, "x", hub.Value, "old")
	r.Until("old")
	s.Close()
	livetest.Eventually(t, "the broker does not notice", func() bool { return b.Err() != nil })
	embed(t, nats.Embedded{Listen: addr})
	livetest.Eventually(t, "the broker does not come back", func() bool { return b.Err() == nil })
	publish(t, h, "x", hub.Value, "new")
	r.Until("new").Expect("new")
	if fmt.Sprint(r.Resets) != "[gap]" {
		t.Errorf("resets: %v", r.Resets)
	}
}

func TestLateNodeFindsEverySlot(t *testing.T) {
	s := embed(t, nats.Embedded{})
	a, _ := node(t, "", nats.Via(s), nats.History(4, 0, 0))
	publish(t, a, "rare", hub.Value, "rare")
	for i := range 100 {
		publish(t, a, "often", hub.Value, fmt.Sprint(i))
	}
	hubtest.Subscribe(t, a, "t", hub.Cursor{}).Until("99")
	b, _ := node(t, "", nats.Via(s), nats.History(4, 0, 0))
	hubtest.Subscribe(t, b, "t", hub.Cursor{}).Until("99").Expect("rare", "99")
}

func TestUnreachableServerIsAnError(t *testing.T) {
	if _, err := nats.Connect(t.Context(), "nats://127.0.0.1:1"); err == nil {
		t.Error("no error")
	}
}

// late is a follower that notes when it is called after it must not be.
type late struct {
	closed atomic.Bool
	after  atomic.Int64
	events atomic.Int64
}

func (l *late) note() {
	time.Sleep(time.Millisecond) // closing finds it at work
	if l.closed.Load() {
		l.after.Add(1)
	}
}
func (l *late) Start(epoch, floor uint64)        { l.note() }
func (l *late) Deliver(seq uint64, ev hub.Event) { l.events.Add(1); l.note() }
func (l *late) Ready()                           { l.note() }

// When Close has returned nothing of the broker runs any more, whoever still follows.
func TestCloseEndsFollowers(t *testing.T) {
	s := embed(t, nats.Embedded{Dir: t.TempDir()})
	b, err := nats.Connect(t.Context(), "", nats.Via(s), nats.InMemory())
	if err != nil {
		t.Fatal(err)
	}
	var list []*late
	for i := range 5 {
		l := &late{}
		list = append(list, l)
		if _, err := b.Follow(fmt.Sprint("t", i), l); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			if err := b.Publish(fmt.Sprint("t", i), hub.Event{Name: "e", Slot: "s", Kind: hub.Ordered, Data: []byte("x")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, l := range list {
		livetest.Eventually(t, "nothing is delivered", func() bool { return l.events.Load() > 3 })
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		l.closed.Store(true)
	}
	if text := stacks(); strings.Contains(text, "nats.(*following)") {
		t.Errorf("followers run on after Close:\n%s", text)
	}
	for _, l := range list {
		if n := l.after.Load(); n > 0 {
			t.Errorf("a follower was called %d times after Close", n)
		}
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}
