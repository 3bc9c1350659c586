package hub

import (
	"errors"
	"sync"
	"time"
)

// Broker links the hubs of several nodes: what one publishes, all deliver, under the same cursors, so that a subscriber may resume at
// any node. Implementations are safe for concurrent use and pass hubtest.Run.
type Broker interface {
	// Publish sends an event to the followers of a topic at every node, this one included. It must not wait for them, nor for long for
	// anything else. Events that one goroutine publishes into a topic keep their order.
	Publish(topic string, ev Event) error

	// Follow calls f, from one goroutine at a time, first with what is remembered of the topic, then with what is published. It does
	// not wait for either. After stop has returned f is not called any more. A broker that loses its connection continues by itself once it
	// is back: with the events missed, or with another Start if it cannot have them.
	Follow(topic string, f Follower) (stop func(), err error)
}

// Follower is what a hub gives to its broker for each topic.
type Follower interface {
	// Start begins a life of the topic in which events up to number floor are lost. Everything delivered before is forgotten.
	Start(epoch, floor uint64)
	// Deliver adds an event. Numbers ascend, possibly with gaps; one that was delivered already is ignored.
	Deliver(seq uint64, ev Event)
	// Ready says that what was remembered when Follow was called has been delivered.
	Ready()
}

// Health is implemented by brokers that can tell whether they are connected. A node without its broker keeps serving.
type Health interface {
	// Err is nil, or says why the broker does not work at present.
	Err() error
}

// Err reports whether the hub's broker works at present, for readiness checks. Without a broker it is nil.
func (h *Hub) Err() error {
	if b, ok := h.cfg.broker.(Health); ok {
		return b.Err()
	}
	return nil
}

// Linked reports whether a broker links the hub with others.
func (h *Hub) Linked() bool { return h.cfg.broker != nil }

// follow ties a shared topic to the broker. Called without the lock, once.
func (t *topic) follow() {
	stop, err := t.hub.cfg.broker.Follow(t.name, (*follower)(t))
	t.mu.Lock()
	gone := t.dropped
	if err == nil && !gone {
		t.unfollow = stop
	}
	if err != nil {
		// Serve what is published here; the next subscriber tries again.
		t.unfollow = nil
		t.caughtUp()
	}
	wake := t.disarm()
	t.mu.Unlock()
	t.wake(wake)
	switch {
	case err != nil:
		t.hub.cfg.log.Error("broker does not follow", "topic", t.name, "err", err)
	case gone:
		stop()
	}
}

// follower receives a topic's events from the broker.
type follower topic

func (f *follower) Start(epoch, floor uint64) {
	t := (*topic)(f)
	t.mu.Lock()
	wake := t.begin(epoch, floor)
	t.mu.Unlock()
	t.wake(wake)
}

func (f *follower) Deliver(seq uint64, ev Event) {
	t := (*topic)(f)
	t.mu.Lock()
	if seq <= t.head {
		t.mu.Unlock()
		return
	}
	_, wake, err := t.append(seq, ev)
	t.mu.Unlock()
	if err != nil {
		t.hub.cfg.log.Error("event of another node left out", "topic", t.name, "slot", ev.Slot, "err", err)
		return
	}
	t.wake(wake)
}

func (f *follower) Ready() {
	t := (*topic)(f)
	t.mu.Lock()
	t.caughtUp()
	wake := t.disarm()
	t.mu.Unlock()
	t.wake(wake)
}

// caughtUp is called with the lock held when the topic's history is there. For those who wait for what comes from now on, now is this
// moment, and not that at which they look again.
func (t *topic) caughtUp() {
	t.pending = false
	t.ready = Cursor{t.epoch, t.head}
}

// Memory is a broker within one process: it links several hubs there, which is of use in tests and as the plainest example of
// a broker. A single hub needs none. Close it when done.
type Memory struct {
	mu     sync.Mutex
	topics map[string]*memoryTopic
	closed bool
	wg     sync.WaitGroup
}

var _ Broker = (*Memory)(nil)

type memoryTopic struct {
	mu      sync.Mutex
	changed *sync.Cond
	epoch   uint64
	seq     uint64
	floor   uint64
	events  []memoryEvent // at most memoryHistory
	closed  bool
}

type memoryEvent struct {
	seq uint64
	at  time.Time
	Event
}

const memoryHistory = 1024

// NewMemory makes an in-process broker.
func NewMemory() *Memory { return &Memory{topics: map[string]*memoryTopic{}} }

func (b *Memory) topic(name string) (*memoryTopic, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	t := b.topics[name]
	if t == nil {
		t = &memoryTopic{epoch: newEpoch()}
		t.changed = sync.NewCond(&t.mu)
		b.topics[name] = t
	}
	return t, nil
}

// Publish implements Broker.
func (b *Memory) Publish(topic string, ev Event) error {
	t, err := b.topic(topic)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq++
	if len(t.events) >= memoryHistory {
		t.floor = t.events[0].seq
		t.events = append(t.events[:0:0], t.events[memoryHistory/4:]...)
		t.floor = t.events[0].seq - 1
	}
	t.events = append(t.events, memoryEvent{t.seq, time.Now(), ev})
	t.changed.Broadcast()
	return nil
}

// Follow implements Broker.
func (b *Memory) Follow(topic string, f Follower) (func(), error) {
	t, err := b.topic(topic)
	if err != nil {
		return nil, err
	}
	stopped := false // guarded by t.mu
	done := make(chan struct{})
	b.wg.Add(1)
	go func() { // ends with stop or Close
		defer b.wg.Done()
		defer close(done)
		t.mu.Lock()
		defer t.mu.Unlock()
		epoch, pos, ready := t.epoch, t.floor, t.seq
		t.mu.Unlock()
		f.Start(epoch, pos)
		if ready == pos {
			f.Ready()
		}
		t.mu.Lock()
		for !stopped && !t.closed {
			if pos == t.seq {
				t.changed.Wait()
				continue
			}
			if pos < t.floor { // too slow for this broker: begin again with what it has
				pos = t.floor
				t.mu.Unlock()
				f.Start(epoch, pos)
				t.mu.Lock()
				continue
			}
			e := t.events[len(t.events)-int(t.seq-pos)]
			t.mu.Unlock()
			f.Deliver(e.seq, e.Event)
			if pos = e.seq; pos == ready {
				f.Ready()
			}
			t.mu.Lock()
		}
	}()
	return func() {
		t.mu.Lock()
		stopped = true
		t.changed.Broadcast()
		t.mu.Unlock()
		<-done
	}, nil
}

// Close ends all followers and waits for them. Publishing afterwards fails with ErrClosed.
func (b *Memory) Close() error {
	b.mu.Lock()
	b.closed = true
	for _, t := range b.topics {
		t.mu.Lock()
		t.closed = true
		t.changed.Broadcast()
		t.mu.Unlock()
	}
	b.mu.Unlock()
	b.wg.Wait()
	return nil
}

// Err implements Health.
func (b *Memory) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errors.New("hub: in-process broker closed")
	}
	return nil
}
