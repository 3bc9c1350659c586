// Package hubtest is the conformance test of hubs and brokers. Every hub.Broker passes Run.
package hubtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// Nodes makes hubs that share topics: each call is another node of the same cluster, each test another cluster. They are closed by the
// test's cleanup. With a single hub and no broker every call may return the same hub.
type Nodes func(t *testing.T) (node func() *hub.Hub)

// wait bounds what a test waits for; only a failure takes as long.
const wait = 30 * time.Second

// Run tests what every hub promises whatever links it with others.
func Run(t *testing.T, nodes Nodes) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, func() *hub.Hub)
	}{
		{"SnapshotHoldsNewestValues", snapshot},
		{"EveryNodeGetsEverythingInOrder", order},
		{"ResumeContinuesAfterTheCursor", resume},
		{"UnknownCursorResets", unknown},
		{"OrderedEventsAreInTheSnapshot", ordered},
		{"TransientEventsAreNot", transient},
		{"CursorsAreTheSameAtEveryNode", cursors},
		{"TopicsAreApart", apart},
		{"NamesMayHoldAnything", names},
		{"CloseEndsSubscribers", closing},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, nodes(t)) })
	}
}

func value(slot, data string) hub.Event {
	return hub.Event{Name: "sx-resolve", Slot: slot, Data: []byte(data)}
}

func orderedEvent(slot, data string) hub.Event {
	return hub.Event{Name: "sx-resolve", Slot: slot, Kind: hub.Ordered, Data: []byte(data)}
}

func publish(t *testing.T, h *hub.Hub, topic string, evs ...hub.Event) {
	t.Helper()
	for _, ev := range evs {
		if _, err := h.Publish(topic, ev); err != nil {
			t.Fatal(err)
		}
	}
}

// Reader collects what a subscriber gets.
type Reader struct {
	t      *testing.T
	s      *hub.Subscriber
	Got    []string // data of each message; a reset empties it
	Last   hub.Cursor
	seqs   map[string]uint64
	Resets []string
}

// Subscribe makes a Reader that is closed with the test.
func Subscribe(t *testing.T, h *hub.Hub, topic string, c hub.Cursor, opts ...hub.SubscribeOption) *Reader {
	t.Helper()
	s, err := h.Subscribe(t.Context(), topic, c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &Reader{t: t, s: s}
}

// Until reads until the data of the newest message is last.
func (r *Reader) Until(last string) *Reader {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for len(r.Got) == 0 || r.Got[len(r.Got)-1] != last {
		b, err := r.s.Next(ctx)
		if err != nil {
			r.t.Fatalf("waiting for %q after %q: %v", last, r.Got, err)
		}
		if b.Reset != "" {
			r.Resets = append(r.Resets, b.Reset)
			r.Got = nil
			r.Last = hub.Cursor{}
		}
		for _, m := range b.Messages {
			if m.Cursor.Epoch() == r.Last.Epoch() && m.Cursor.Seq() <= r.Last.Seq() {
				r.t.Fatalf("cursor %s follows %s", m.Cursor, r.Last)
			}
			r.Last = m.Cursor
			r.Got = append(r.Got, string(m.Data))
			if r.seqs == nil {
				r.seqs = map[string]uint64{}
			}
			r.seqs[string(m.Data)] = m.Cursor.Seq()
		}
	}
	return r
}

// cursorOf is the number of the event with this data.
func (r *Reader) cursorOf(data string) uint64 { return r.seqs[data] }

// Expect fails unless exactly these were got.
func (r *Reader) Expect(want ...string) *Reader {
	r.t.Helper()
	if fmt.Sprint(r.Got) != fmt.Sprint(want) {
		r.t.Fatalf("got  %v\nwant %v", r.Got, want)
	}
	return r
}

func snapshot(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	publish(t, a, "t", value("x", "x1"), value("y", "y1"), value("x", "x2"))
	publish(t, a, "t", value("z", "end"))
	Subscribe(t, a, "t", hub.Cursor{}).Until("end")
	Subscribe(t, b, "t", hub.Cursor{}).Until("end").Expect("y1", "x2", "end")
}

func order(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	ra, rb := Subscribe(t, a, "t", hub.Cursor{}), Subscribe(t, b, "t", hub.Cursor{})
	var want []string
	for i := range 500 {
		want = append(want, fmt.Sprint(i))
		publish(t, a, "t", orderedEvent("x", want[i]))
	}
	ra.Until("499").Expect(want...)
	rb.Until("499").Expect(want...)
}

func resume(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	publish(t, a, "t", value("x", "1"), value("x", "2"))
	r := Subscribe(t, a, "t", hub.Cursor{}).Until("2")
	publish(t, a, "t", value("x", "3"), orderedEvent("y", "4"), value("x", "5"))
	r.Until("5")
	r.Last = hub.At(r.Last.Epoch(), r.cursorOf("2"))
	for _, h := range []*hub.Hub{a, b} {
		back := Subscribe(t, h, "t", r.Last).Until("5").Expect("3", "4", "5")
		if back.Resets != nil {
			t.Errorf("resets: %v", back.Resets)
		}
	}
}

func unknown(t *testing.T, node func() *hub.Hub) {
	a := node()
	publish(t, a, "t", value("x", "1"), value("x", "2"))
	Subscribe(t, a, "t", hub.Cursor{}).Until("2") // a broker may take its time
	r := Subscribe(t, a, "t", hub.UnknownCursor()).Until("2").Expect("2")
	if len(r.Resets) != 1 || r.Resets[0] != hub.ResetGap {
		t.Errorf("resets: %v", r.Resets)
	}
}

func ordered(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	publish(t, a, "t", orderedEvent("x", "before"), value("x", "base"), orderedEvent("x", "+1"), orderedEvent("x", "+2"))
	Subscribe(t, a, "t", hub.Cursor{}).Until("+2")
	Subscribe(t, b, "t", hub.Cursor{}).Until("+2").Expect("base", "+1", "+2")
}

func transient(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	publish(t, a, "t", value("x", "0"))
	r := Subscribe(t, a, "t", hub.Cursor{}).Until("0")
	publish(t, a, "t", value("x", "1"), hub.Event{Name: "sx-event", Kind: hub.Transient, Data: []byte("toast")}, value("x", "2"))
	r.Until("2").Expect("0", "1", "toast", "2")
	Subscribe(t, b, "t", hub.Cursor{}).Until("2").Expect("2")
}

func cursors(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	ra, rb := Subscribe(t, a, "t", hub.Cursor{}), Subscribe(t, b, "t", hub.Cursor{})
	publish(t, b, "t", value("x", "1"), value("x", "2"))
	if ra.Until("2"); rb.Until("2").Last != ra.Last {
		t.Errorf("%s at one node, %s at the other", ra.Last, rb.Last)
	}
}

func apart(t *testing.T, node func() *hub.Hub) {
	a := node()
	r1, r2 := Subscribe(t, a, "one", hub.Cursor{}), Subscribe(t, a, "two", hub.Cursor{})
	publish(t, a, "one", value("x", "1"))
	publish(t, a, "two", value("x", "2"))
	r1.Until("1").Expect("1")
	r2.Until("2").Expect("2")
}

func names(t *testing.T, node func() *hub.Hub) {
	a, b := node(), node()
	for _, name := range []string{"", "/api/stream/a b?c=d", "a.b.*.>", "ä\n\x00\xff"} {
		r := Subscribe(t, b, name, hub.Cursor{})
		publish(t, a, name, hub.Event{Name: "n", Slot: name, Data: []byte(name + "\x00\r\n")})
		r.Until(name + "\x00\r\n").Expect(name + "\x00\r\n")
	}
}

func closing(t *testing.T, node func() *hub.Hub) {
	a := node()
	s, err := a.Subscribe(t.Context(), "t", hub.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for err == nil {
		_, err = s.Next(ctx)
	}
	if err != hub.ErrClosed {
		t.Errorf("got %v, want %v", err, hub.ErrClosed)
	}
	if _, err := a.Publish("t", value("x", "1")); err != hub.ErrClosed {
		t.Errorf("publish: got %v, want %v", err, hub.ErrClosed)
	}
}
