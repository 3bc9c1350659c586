package hub_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/hub/hubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHub(t testing.TB, opts ...hub.Option) *hub.Hub {
	h := hub.New(opts...)
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestConformance(t *testing.T) {
	t.Run("one hub", func(t *testing.T) {
		hubtest.Run(t, func(t *testing.T) func() *hub.Hub {
			h := newHub(t)
			return func() *hub.Hub { return h }
		})
	})
	t.Run("in-process broker", func(t *testing.T) {
		hubtest.Run(t, func(t *testing.T) func() *hub.Hub {
			b := hub.NewMemory()
			t.Cleanup(func() { b.Close() })
			return func() *hub.Hub { return newHub(t, hub.WithBroker(b)) }
		})
	})
}

func publish(t testing.TB, h *hub.Hub, topic, slot string, kind hub.Kind, data string) hub.Cursor {
	t.Helper()
	c, err := h.Publish(topic, hub.Event{Name: "e", Slot: slot, Kind: kind, Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCursorText(t *testing.T) {
	for _, s := range []string{"", "abc-1", "1-0", "3w5e11264sgsf-18446744073709551615"} {
		c, err := hub.ParseCursor(s)
		if err != nil || c.String() != s {
			t.Errorf("%q: got %q, %v", s, c, err)
		}
	}
	for _, s := range []string{"1", "-", "0-1", "a-", "-1", "a-1\r\n", "a-1\x00", "A-1", "a-01", "a--1", "a-+1", "a-99999999999999999999", "a-1-1", "🙂-1"} {
		if c, err := hub.ParseCursor(s); !errors.Is(err, hub.ErrCursor) || !c.IsZero() {
			t.Errorf("%q: got %v, %v", s, c, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add("abc-1")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := hub.ParseCursor(s); err == nil && c.String() != s {
			t.Fatalf("%q reads as %q", s, c)
		}
	})
}

func TestSlowReaderGetsNewestValues(t *testing.T) {
	h := newHub(t, hub.History(1000, 0, 0))
	r := hubtest.Subscribe(t, h, "t", hub.Cursor{})
	publish(t, h, "t", "x", hub.Value, "first")
	r.Until("first")
	for i := range 900 {
		publish(t, h, "t", "x", hub.Value, fmt.Sprint("x", i))
		publish(t, h, "t", "y", hub.Value, fmt.Sprint("y", i))
		if i == 700 {
			publish(t, h, "t", "log", hub.Ordered, "kept")
		}
	}
	// The values have left the history, the ordered event has not: nothing is lost, so there is no reset.
	r.Until("y899").Expect("first", "kept", "x899", "y899")
	if r.Resets != nil {
		t.Errorf("resets: %v", r.Resets)
	}
}

func TestSmallBurstsAreDeliveredWhole(t *testing.T) {
	h := newHub(t)
	r := hubtest.Subscribe(t, h, "t", hub.Cursor{})
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprint(i))
		publish(t, h, "t", "x", hub.Value, want[i])
	}
	r.Until("59")
	if got := r.Got[len(r.Got)-1]; got != "59" {
		t.Errorf("got %v", r.Got)
	}
	for i := range 60 {
		publish(t, h, "t", "x", hub.Value, fmt.Sprint("again", i))
	}
	r.Got = nil
	if r.Until("again59"); len(r.Got) != 60 {
		t.Errorf("got %d of 60", len(r.Got))
	}
}

func TestLostOrderedEventResets(t *testing.T) {
	h := newHub(t, hub.History(10, 0, 0))
	r := hubtest.Subscribe(t, h, "t", hub.Cursor{})
	publish(t, h, "t", "x", hub.Value, "state")
	r.Until("state")
	for i := range 30 {
		publish(t, h, "t", "log", hub.Ordered, fmt.Sprint(i))
	}
	r.Until("29").Expect("state", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29")
	if fmt.Sprint(r.Resets) != "[slow]" {
		t.Errorf("resets: %v", r.Resets)
	}
}

func TestOldCursorIsAGap(t *testing.T) {
	h := newHub(t, hub.History(5, 0, 0))
	first := publish(t, h, "t", "x", hub.Value, "0")
	for i := range 9 {
		publish(t, h, "t", "x", hub.Value, fmt.Sprint(i+1))
	}
	r := hubtest.Subscribe(t, h, "t", first).Until("9").Expect("9")
	if fmt.Sprint(r.Resets) != "[gap]" {
		t.Errorf("resets: %v", r.Resets)
	}
	// The place before the oldest event remembered is no gap.
	hubtest.Subscribe(t, h, "t", hub.At(first.Epoch(), 5)).Until("9").Expect("5", "6", "7", "8", "9")
	// Numbers that were never given out are not believed.
	if r := hubtest.Subscribe(t, h, "t", hub.At(first.Epoch(), 99)).Until("9"); fmt.Sprint(r.Resets) != "[gap]" {
		t.Errorf("resets: %v", r.Resets)
	}
}

func TestResumeReplaysTheHistoryWhole(t *testing.T) {
	h := newHub(t)
	c := publish(t, h, "t", "x", hub.Value, "start")
	var want []string
	for i := range 800 {
		want = append(want, fmt.Sprint(i))
		publish(t, h, "t", "x", hub.Value, want[i])
	}
	hubtest.Subscribe(t, h, "t", c).Until("799").Expect(want...)
}

func TestResumeInsideASnapshot(t *testing.T) {
	h := newHub(t)
	for i := range 20 {
		publish(t, h, "t", fmt.Sprint("slot", i), hub.Value, fmt.Sprint(i))
	}
	msgs, end := h.Snapshot("t")
	if len(msgs) != 20 || msgs[19].Cursor != end {
		t.Fatalf("%d messages, end %s", len(msgs), end)
	}
	for i, m := range msgs[:19] {
		if r := hubtest.Subscribe(t, h, "t", m.Cursor).Until("19"); len(r.Got) != 19-i || r.Resets != nil {
			t.Errorf("cut after %d: got %v, resets %v", i, r.Got, r.Resets)
		}
	}
}

func TestReadersShareBatches(t *testing.T) {
	h := newHub(t)
	var subs []*hub.Subscriber
	for range 10 {
		s, err := h.Subscribe(t.Context(), "t", hub.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Poll(); err != nil {
			t.Fatal(err)
		}
		subs = append(subs, s)
	}
	publish(t, h, "t", "x", hub.Value, "1")
	publish(t, h, "t", "y", hub.Value, "2")
	made := 0
	var shared *hub.Batch
	for _, s := range subs {
		b, err := s.Poll()
		if err != nil {
			t.Fatal(err)
		}
		if shared != nil && b != shared {
			t.Fatal("readers at the same place got different batches")
		}
		shared = b
		for _, m := range b.Messages {
			m.Encoded(hub.EncodingSSE, func(*hub.Message) []byte { made++; return []byte("x") })
		}
	}
	if made != 2 {
		t.Errorf("2 events were encoded %d times", made)
	}
}

func TestHistoryAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, hub.History(0, 0, time.Minute))
		old := publish(t, h, "t", "x", hub.Value, "1")
		publish(t, h, "t", "log", hub.Ordered, "2")
		time.Sleep(2 * time.Minute)
		r := hubtest.Subscribe(t, h, "t", old)
		publish(t, h, "t", "y", hub.Value, "3")
		r.Until("3").Expect("1", "3") // the value stays however old, the log does not
		if fmt.Sprint(r.Resets) != "[gap]" {
			t.Errorf("resets: %v", r.Resets)
		}
	})
}

func TestProducerRunsWhileSomebodyIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		var running, runs atomic.Int32
		produce := func(ctx context.Context) {
			if running.Add(1) > 1 {
				t.Error("two at a time")
			}
			defer running.Add(-1)
			runs.Add(1)
			<-ctx.Done()
			time.Sleep(time.Second) // takes its time to end
		}
		ctx, leave := context.WithCancel(t.Context())
		if _, err := h.Subscribe(ctx, "t", hub.Cursor{}, hub.WithProducer(produce)); err != nil {
			t.Fatal(err)
		}
		second := hubtest.Subscribe(t, h, "t", hub.Cursor{}, hub.WithProducer(produce))
		_ = second
		synctest.Wait()
		if running.Load() != 1 || h.Subscribers("t") != 2 {
			t.Fatalf("%d running, %d subscribers", running.Load(), h.Subscribers("t"))
		}
		leave()
		synctest.Wait()
		if running.Load() != 1 || h.Subscribers("t") != 1 {
			t.Fatalf("after one left: %d running, %d subscribers", running.Load(), h.Subscribers("t"))
		}
		ctx3, leave3 := context.WithCancel(t.Context())
		s, _ := h.Subscribe(ctx3, "u", hub.Cursor{}, hub.WithProducer(func(context.Context) { panic("oops") }))
		leave3()
		synctest.Wait()
		if _, err := s.Next(t.Context()); err != hub.ErrClosed {
			t.Errorf("got %v", err)
		}
	})
}

func TestProducerStopsAndStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, hub.Retain(time.Minute))
		var runs, running atomic.Int32
		produce := hub.WithProducer(func(ctx context.Context) {
			runs.Add(1)
			running.Add(1)
			defer running.Add(-1)
			h.Publish("t", hub.Event{Slot: "x", Data: fmt.Append(nil, runs.Load())})
			<-ctx.Done()
		})
		var last hub.Cursor
		for i := range 3 {
			s, err := h.Subscribe(t.Context(), "t", last, produce)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for b, _ := s.Poll(); b != nil; b, _ = s.Poll() {
				last = b.Cursor
			}
			s.Close()
			synctest.Wait()
			if int(runs.Load()) != i+1 || running.Load() != 0 {
				t.Fatalf("turn %d: %d runs, %d running", i, runs.Load(), running.Load())
			}
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if n := h.Stats().Topics; n != 0 {
			t.Errorf("%d topics stay", n)
		}
	})
}

func TestLimits(t *testing.T) {
	h := newHub(t, hub.MaxEvent(10), hub.MaxSlots(2), hub.MaxTopics(2), hub.MaxRate(5))
	if _, err := h.Publish("t", hub.Event{Data: make([]byte, 11)}); !errors.Is(err, hub.ErrTooLarge) {
		t.Errorf("size: %v", err)
	}
	publish(t, h, "t", "a", hub.Value, "1")
	publish(t, h, "t", "b", hub.Value, "1")
	if _, err := h.Publish("t", hub.Event{Slot: "c", Data: []byte("1")}); !errors.Is(err, hub.ErrSlots) {
		t.Errorf("slots: %v", err)
	}
	publish(t, h, "t", "b", hub.Value, "2")
	var err error
	for range 10 {
		if _, err = h.Publish("t", hub.Event{Slot: "a"}); err != nil {
			break
		}
	}
	if !errors.Is(err, hub.ErrRate) {
		t.Errorf("rate: %v", err)
	}
	hubtest.Subscribe(t, h, "t", hub.Cursor{})
	hubtest.Subscribe(t, h, "u", hub.Cursor{})
	if _, err := h.Subscribe(t.Context(), "v", hub.Cursor{}); !errors.Is(err, hub.ErrTopics) {
		t.Errorf("topics: %v", err)
	}
}

func TestUnusedTopicsMakeRoom(t *testing.T) {
	h := newHub(t, hub.MaxTopics(3))
	for i := range 100 {
		publish(t, h, fmt.Sprint(i), "x", hub.Value, "1")
	}
	if n := h.Stats().Topics; n != 3 {
		t.Errorf("%d topics", n)
	}
}

func TestForgetResets(t *testing.T) {
	h := newHub(t)
	r := hubtest.Subscribe(t, h, "t", hub.Cursor{})
	publish(t, h, "t", "x", hub.Value, "1")
	r.Until("1")
	h.Forget("t")
	publish(t, h, "t", "x", hub.Value, "2")
	r.Until("2").Expect("2")
	if fmt.Sprint(r.Resets) != "[gap]" {
		t.Errorf("resets: %v", r.Resets)
	}
}

// Readers of all speeds, publishers of all kinds: whoever reads ends with the state that was published last, and with every ordered event
// unless it was reset.
func TestManyReadersConverge(t *testing.T) {
	h := newHub(t, hub.History(64, 0, 0))
	const events, readers = 5000, 50
	var wg sync.WaitGroup
	for i := range readers {
		s, err := h.Subscribe(t.Context(), "t", hub.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		wg.Add(1)
		go func() { // ends with the last event
			defer wg.Done()
			defer s.Close()
			state := map[string]string{}
			next := -1
			for state["end"] == "" {
				b, err := s.Next(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if b.Reset != "" {
					next = -1
				}
				for _, m := range b.Messages {
					if m.Kind == hub.Ordered {
						var n int
						fmt.Sscan(string(m.Data), &n)
						if next >= 0 && n != next {
							t.Errorf("reader %d: got %d, want %d", i, n, next)
						}
						next = n + 1
					} else {
						state[m.Slot] = string(m.Data)
					}
				}
				if i%5 == 0 {
					time.Sleep(time.Duration(i) * 50 * time.Microsecond)
				}
			}
			for k := range 4 {
				if got, want := state[fmt.Sprint(k)], fmt.Sprint(events-4+k); got != want {
					t.Errorf("reader %d: slot %d is %s, want %s", i, k, got, want)
				}
			}
		}()
	}
	for i := range events {
		publish(t, h, "t", fmt.Sprint(i%4), hub.Value, fmt.Sprint(i))
		publish(t, h, "t", "log", hub.Ordered, fmt.Sprint(i))
	}
	publish(t, h, "t", "end", hub.Value, "end")
	wg.Wait()
	if s := h.Stats(); s.Subscribers != 0 {
		t.Errorf("%d subscribers stay", s.Subscribers)
	}
}

func BenchmarkPublishOneSlot(b *testing.B) {
	h := newHub(b)
	for range 1000 {
		s, err := h.Subscribe(b.Context(), "t", hub.Cursor{}, hub.WithWake(func() {}))
		if err != nil {
			b.Fatal(err)
		}
		s.Poll()
	}
	ev := hub.Event{Name: "sx-resolve", Slot: "cpu", Data: []byte(`{"id":"cpu","html":"42%"}`)}
	b.ReportAllocs()
	for b.Loop() {
		h.Publish("t", ev)
	}
}

func TestSubscribingIsTheMomentThatCounts(t *testing.T) {
	h := newHub(t)
	r := hubtest.Subscribe(t, h, "t", hub.Cursor{})
	now := hubtest.Subscribe(t, h, "t", hub.Cursor{}, hub.FromNow())
	publish(t, h, "t", "", hub.Transient, "toast")
	publish(t, h, "t", "x", hub.Value, "1")
	r.Until("1").Expect("toast", "1")
	now.Until("1").Expect("toast", "1")
}

// A Value without Data takes its slot out, and a reader that has missed that is told.
func TestEmptyValueTakesTheSlotOut(t *testing.T) {
	h := hub.New(hub.History(2, 0, 0), hub.MaxSlots(1))
	defer h.Close(t.Context())
	pub := func(slot, data string) {
		t.Helper()
		if _, err := h.Publish("t", hub.Event{Slot: slot, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
	}
	pub("a", "1")
	late, err := h.Subscribe(t.Context(), "t", hub.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if b, err := late.Next(t.Context()); err != nil || len(b.Messages) != 1 {
		t.Fatalf("got %+v %v", b, err)
	}
	pub("a", "")
	if list, _ := h.Snapshot("t"); len(list) != 0 {
		t.Errorf("snapshot %+v", list)
	}
	for range 3 {
		pub("b", "2") // there is room for another slot now
	}
	b, err := late.Next(t.Context())
	if err != nil || b.Reset != hub.ResetSlow || len(b.Messages) != 1 || b.Messages[0].Slot != "b" {
		t.Errorf("got %+v %v, want a reset", b, err)
	}
}

// Topics that nobody reads any more cost what their slots' values do, and those without any nothing.
func TestTopicsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New()
		defer h.Close(context.Background())
		const kept, gone = 50, 500
		for i := range kept + gone {
			name := fmt.Sprint(i)
			ctx, cancel := context.WithCancel(t.Context())
			var opts []hub.SubscribeOption
			if i >= kept {
				opts = append(opts, hub.WithProducer(func(ctx context.Context) {
					h.Publish(name, hub.Event{Slot: "s", Data: []byte("x")})
					<-ctx.Done()
				}))
			}
			s, err := h.Subscribe(ctx, name, hub.Cursor{}, opts...)
			if err != nil {
				t.Fatal(err)
			}
			if i < kept {
				for range 100 {
					h.Publish(name, hub.Event{Slot: "log", Kind: hub.Ordered, Data: []byte("x")})
				}
				h.Publish(name, hub.Event{Slot: "state", Data: []byte("x")})
			}
			if _, err := s.Next(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
		if h.Held() == 0 {
			t.Error("nothing is remembered for those who come back")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if st, held := h.Stats(), h.Held(); st.Topics != kept || st.Subscribers != 0 || held != 0 {
			t.Errorf("%d topics, %d subscribers and %d things of readers are left, want %d topics alone", st.Topics, st.Subscribers, held, kept)
		}
		if m, ok := h.Current("0", "state"); !ok || string(m.Data) != "x" {
			t.Error("a slot's value is forgotten")
		}
	})
}
