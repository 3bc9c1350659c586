package hub

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of a hub, to be compared with errors.Is.
var (
	ErrClosed   = errors.New("hub: closed")
	ErrTooLarge = errors.New("hub: event too large")
	ErrTopics   = errors.New("hub: too many topics")
	ErrSlots    = errors.New("hub: too many slots in the topic")
	ErrRate     = errors.New("hub: published too fast")
)

// Hub is a set of topics. Make one with New; it is safe for concurrent use.
type Hub struct {
	cfg  config
	ctx  context.Context // ends producers; a hub's own lifetime, not a request's
	stop context.CancelFunc
	wg   sync.WaitGroup // producers, and followers that are being ended

	mu     sync.RWMutex
	topics map[string]*topic
	closed bool
	sweep  *time.Timer // runs while there are topics

	published atomic.Uint64
	began     time.Time
}

// now is the hub's time: nanoseconds since New, which are cheaper to get than the time of day.
func (h *Hub) now() int64 { return int64(time.Since(h.began)) }

// New makes a hub. Close it when done.
func New(opts ...Option) *Hub {
	c := config{
		history: 1024, historyBytes: 4 << 20, age: 5 * time.Minute, retain: 30 * time.Second,
		topics: 10_000, slots: 4096, eventSize: 1 << 20,
	}
	for _, o := range opts {
		o(&c)
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	h := &Hub{cfg: c, began: time.Now(), topics: map[string]*topic{}}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// Publish appends ev to the topic, which is made if need be, and wakes whoever waits for it. It never waits for a reader. It returns the
// event's cursor, or the zero Cursor when a broker carries the event and will number it.
func (h *Hub) Publish(name string, ev Event) (Cursor, error) {
	if len(ev.Data) > h.cfg.eventSize {
		return Cursor{}, fmt.Errorf("%w: %d bytes into topic %q, at most %d", ErrTooLarge, len(ev.Data), name, h.cfg.eventSize)
	}
	t, err := h.topic(name)
	if err != nil {
		return Cursor{}, err
	}
	if h.cfg.broker != nil && t.shared {
		overRate := !t.allow()
		t.mu.Unlock()
		if overRate {
			return Cursor{}, fmt.Errorf("%w: topic %q, at most %g per second", ErrRate, name, h.cfg.rate)
		}
		h.published.Add(1)
		return Cursor{}, h.cfg.broker.Publish(name, ev)
	}
	if !t.allow() {
		t.mu.Unlock()
		return Cursor{}, fmt.Errorf("%w: topic %q, at most %g per second", ErrRate, name, h.cfg.rate)
	}
	c, wake, err := t.append(t.head+1, ev)
	t.mu.Unlock()
	if err != nil {
		return Cursor{}, fmt.Errorf("%w: topic %q, slot %q, at most %d", err, name, ev.Slot, h.cfg.slots)
	}
	h.published.Add(1)
	t.wake(wake)
	return c, nil
}

// Subscribe makes a reader of the topic, which is made if need be. It starts with a snapshot when cursor is zero, after cursor when that is
// in the topic's history, and with a reset and a snapshot otherwise. It ends, and leaves nothing behind, when ctx ends or
// Close is called; until then its first Batch may wait for a broker to catch up.
func (h *Hub) Subscribe(ctx context.Context, name string, cursor Cursor, opts ...SubscribeOption) (*Subscriber, error) {
	var c subscribeConfig
	for _, o := range opts {
		o(&c)
	}
	t, err := h.topic(name)
	if err != nil {
		return nil, err
	}
	s := &Subscriber{topic: t, armedAt: -1, start: cursor, state: subscriberFresh, wake: c.wake}
	if c.now {
		s.state = subscriberNow
	}
	if s.wake == nil {
		// Buffered by one: a publisher leaves its mark and does not wait, whether or not the reader is waiting.
		s.ready = make(chan struct{}, 1)
		s.wake = func() {
			select {
			case s.ready <- struct{}{}:
			default:
			}
		}
	}
	t.join(s, c.producer) // unlocks
	if ctx.Done() != nil {
		s.stop = context.AfterFunc(ctx, s.Close)
	}
	return s, nil
}

// Snapshot returns what a new subscriber of the topic would get first, and the cursor at which it would continue. For a topic that does not
// exist it returns nothing and the zero Cursor.
func (h *Hub) Snapshot(name string) ([]*Message, Cursor) {
	t := h.existing(name)
	if t == nil {
		return nil, Cursor{}
	}
	defer t.mu.Unlock()
	return t.snapshot(), At(t.epoch, t.head)
}

// Current returns the newest Value of a slot, if there is one.
func (h *Hub) Current(name, slot string) (*Message, bool) {
	t := h.existing(name)
	if t == nil {
		return nil, false
	}
	defer t.mu.Unlock()
	s := t.slots[slot]
	if s == nil {
		return nil, false
	}
	return s.newest, true
}

// Subscribers is the number of subscribers of the topic.
func (h *Hub) Subscribers(name string) int {
	t := h.existing(name)
	if t == nil {
		return 0
	}
	defer t.mu.Unlock()
	return t.subscribers
}

// Forget ends the topic's life: its history and values are gone and a new epoch begins. Subscribers stay, and are reset.
func (h *Hub) Forget(name string) {
	t := h.existing(name)
	if t == nil {
		return
	}
	wake := t.begin(newEpoch(), 0)
	t.mu.Unlock()
	t.wake(wake)
}

// Stats are counts for monitoring.
type Stats struct {
	Topics      int
	Subscribers int
	Published   uint64 // since New
}

// Stats counts topics and subscribers.
func (h *Hub) Stats() Stats {
	h.mu.RLock()
	defer h.mu.RUnlock()
	s := Stats{Topics: len(h.topics), Published: h.published.Load()}
	for _, t := range h.topics {
		t.mu.Lock()
		s.Subscribers += t.subscribers
		t.mu.Unlock()
	}
	return s
}

// Close ends all subscribers with ErrClosed, all producers, and what follows the broker, and waits for the latter two until ctx ends. Calling
// it again does no harm.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	topics := h.topics
	h.topics = map[string]*topic{}
	if h.sweep != nil {
		h.sweep.Stop()
	}
	h.mu.Unlock()
	h.stop()
	for _, t := range topics {
		t.mu.Lock()
		t.dropped, t.closed = true, true
		wake, unfollow := t.disarm(), t.unfollow
		t.unfollow = nil
		t.mu.Unlock()
		t.wake(wake)
		if unfollow != nil {
			h.wg.Go(unfollow) // ends when the broker has let go
		}
	}
	done := make(chan struct{})
	go func() { // ends with the last producer and the last follower
		h.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hub: producers or followers of the broker still running: %w", ctx.Err())
	}
}

// topic returns the named topic, locked, making it if need be.
func (h *Hub) topic(name string) (*topic, error) {
	for {
		h.mu.RLock()
		t, closed := h.topics[name], h.closed
		h.mu.RUnlock()
		if closed {
			return nil, ErrClosed
		}
		if t == nil {
			var err error
			if t, err = h.create(name); err != nil {
				return nil, err
			}
		}
		t.mu.Lock()
		if !t.dropped {
			return t, nil
		}
		t.mu.Unlock() // dropped between the two locks: look again
	}
}

// existing returns the named topic, locked, or nil.
func (h *Hub) existing(name string) *topic {
	h.mu.RLock()
	t := h.topics[name]
	h.mu.RUnlock()
	if t == nil {
		return nil
	}
	t.mu.Lock()
	if t.dropped {
		t.mu.Unlock()
		return nil
	}
	return t
}

func (h *Hub) create(name string) (*topic, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if t := h.topics[name]; t != nil {
		return t, nil
	}
	if len(h.topics) >= h.cfg.topics && !h.evict() {
		return nil, fmt.Errorf("%w: %d, at most %d", ErrTopics, len(h.topics), h.cfg.topics)
	}
	t := newTopic(h, name)
	h.topics[name] = t
	if h.sweep == nil {
		h.sweep = time.AfterFunc(h.sweepEvery(), h.sweepTopics)
	}
	return t, nil
}

func (h *Hub) sweepEvery() time.Duration {
	return max(min(h.cfg.age, h.cfg.retain)/2, 10*time.Millisecond)
}

// evict drops the unused topic whose last use is oldest. It looks at a few, in the map's random order: an exact order would cost more
// than it is worth. Called with h.mu held.
func (h *Hub) evict() bool {
	var oldest *topic
	looked := 0
	for _, t := range h.topics {
		t.mu.Lock()
		if t.subscribers == 0 && (oldest == nil || t.used < oldest.used) {
			oldest = t
		}
		t.mu.Unlock()
		if looked++; looked >= 64 && oldest != nil {
			break
		}
	}
	if oldest == nil {
		return false
	}
	return h.drop(oldest)
}

// drop removes t if it still has no subscribers. Called with h.mu held.
func (h *Hub) drop(t *topic) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.subscribers > 0 || t.dropped {
		return false
	}
	t.dropped = true
	if t.unfollow != nil {
		h.wg.Go(t.unfollow) // ends when the broker has let go; it may wait for a delivery that waits for t.mu
		t.unfollow = nil
	}
	delete(h.topics, t.name)
	return true
}

// sweepTopics forgets what has grown too old: events of all topics, and topics that hold nothing any more.
func (h *Hub) sweepTopics() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	now := h.now()
	for _, t := range h.topics {
		t.mu.Lock()
		t.expire(now)
		if t.subscribers == 0 {
			t.slim()
		}
		empty := t.subscribers == 0 && t.n == 0 && len(t.slots) == 0 && now-t.used > int64(h.cfg.age)
		stale := t.subscribers == 0 && (t.producer != nil || t.unfollow != nil) && now-t.left > int64(h.cfg.retain)
		t.mu.Unlock()
		if empty || stale {
			h.drop(t)
		}
	}
	if len(h.topics) == 0 {
		h.sweep = nil
		return
	}
	h.sweep.Reset(h.sweepEvery())
}

// newEpoch is random, so that a cursor of another process or another life of the topic is never taken for one of this.
func newEpoch() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])>>12 | 1<<48
}
