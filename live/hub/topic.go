package hub

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sort"
	"sync"
)

// Producer makes a topic's events: the hub runs it, in a goroutine of its own, when the first subscriber arrives, and ends ctx
// when the last one has left. It should return soon after; the next run begins only then. Returning earlier is no error:
// nothing more is produced until all have left and somebody comes again.
type Producer func(ctx context.Context)

// coalesceAfter is how many events a reader may be behind before values that have been replaced are skipped. Below it every
// value is delivered: skipping saves little there, and whoever counts on small bursts gets them whole.
const coalesceAfter = 64

// batchBytes bounds the payload of a batch, except for snapshots, so that a long history is handed over in pieces.
const batchBytes = 64 << 10

// slot holds what is shown in one place. It is changed in place, which a flood does millions of times.
type slot struct{ newest *Message }

// topic is one log and those who read it. All fields below mu are guarded by it.
type topic struct {
	hub  *Hub
	name string

	mu      sync.Mutex
	epoch   uint64
	head    uint64 // number of the newest event, 0 before the first
	ring    []*Message
	first   int // index of the oldest message in ring
	n       int // messages in ring
	bytes   int // their payload
	slots   map[string]*slot
	floor   uint64 // newest event that is no longer in the ring
	lost    uint64 // newest one of those that was not a Value
	last    *Batch // shared with the next reader at the same place
	whole   *Batch // snapshot shared with the next new reader
	dropped bool   // no longer in the hub's map
	closed  bool   // the hub is closed
	pending bool   // a broker has not yet delivered the history
	ready   Cursor // where the topic was when it had

	armed       []*Subscriber // wait to be woken
	groups      []*group      // see Subscriber.Join
	spare       []*Subscriber // a list to reuse
	subscribers int
	used        int64 // last publish or leave, in the hub's time
	left        int64 // last leave

	shared   bool // carried by the broker
	unfollow func()

	producer Producer
	cancel   context.CancelFunc
	done     chan struct{} // closed when the latest run of the producer has ended

	tokens float64 // publish rate
	filled int64
}

func newTopic(h *Hub, name string) *topic {
	return &topic{
		hub: h, name: name, epoch: newEpoch(), slots: map[string]*slot{},
		shared: h.cfg.broker != nil, used: h.now(), tokens: h.cfg.rate,
	}
}

// allow takes one token of the publish rate.
func (t *topic) allow() bool {
	rate := t.hub.cfg.rate
	if rate <= 0 {
		return true
	}
	now := t.hub.now()
	t.tokens = min(max(rate, 1), t.tokens+rate*float64(now-t.filled)/1e9)
	t.filled = now
	if t.tokens < 1 {
		return false
	}
	t.tokens--
	return true
}

// append adds an event with number seq and returns who is to be woken, after unlocking, with wake.
func (t *topic) append(seq uint64, ev Event) (Cursor, []*Subscriber, error) {
	now := t.hub.now()
	m := &Message{Event: ev, Cursor: Cursor{t.epoch, seq}, at: now}
	if ev.Kind == Value {
		s := t.slots[ev.Slot]
		if s != nil {
			s.newest.superseded = true
			s.newest = m
		}
		switch {
		case len(ev.Data) == 0:
			delete(t.slots, ev.Slot)
		case s != nil:
		case len(t.slots) >= t.hub.cfg.slots:
			return Cursor{}, nil, ErrSlots
		default:
			t.slots[ev.Slot] = &slot{m}
		}
	}
	t.head, t.used, t.last, t.whole = seq, now, nil, nil
	t.expire(now)
	for t.n > 0 && (t.n >= t.hub.cfg.history || t.bytes+len(ev.Data) > t.hub.cfg.historyBytes) {
		t.forgetOldest()
	}
	if t.n == len(t.ring) {
		t.grow()
	}
	t.ring[t.index(t.n)] = m
	t.n++
	t.bytes += len(ev.Data)
	return m.Cursor, t.disarm(), nil
}

func (t *topic) grow() {
	ring := make([]*Message, max(4, min(2*len(t.ring), t.hub.cfg.history)))
	for i := range t.n {
		ring[i] = t.ring[t.index(i)]
	}
	t.ring, t.first = ring, 0
}

func (t *topic) index(i int) int {
	if i += t.first; i >= len(t.ring) {
		i -= len(t.ring)
	}
	return i
}

func (t *topic) at(i int) *Message { return t.ring[t.index(i)] }

func (t *topic) forgetOldest() {
	m := t.ring[t.first]
	t.ring[t.first] = nil
	t.first = t.index(1)
	t.n--
	t.bytes -= len(m.Data)
	t.floor = m.Cursor.seq
	if m.Kind != Value || len(m.Data) == 0 { // nothing else says that a slot is gone
		t.lost = m.Cursor.seq
	}
}

// expire forgets events older than the history's age. The slots' values stay.
func (t *topic) expire(now int64) {
	for t.n > 0 && now-t.ring[t.first].at > int64(t.hub.cfg.age) {
		t.forgetOldest()
	}
}

// slim lets go of what only readers need. A topic that nobody reads may be kept long for the values of its slots.
func (t *topic) slim() {
	t.last, t.whole, t.spare = nil, nil, nil
	if t.n == 0 {
		t.ring, t.first = nil, 0
	}
}

// begin starts a new life, in which everything up to floor is already lost.
func (t *topic) begin(epoch, floor uint64) []*Subscriber {
	t.epoch, t.head, t.floor, t.lost = epoch, floor, floor, floor
	t.ring, t.first, t.n, t.bytes = nil, 0, 0, 0
	t.slots, t.last, t.whole = map[string]*slot{}, nil, nil
	return t.disarm()
}

// disarm takes the list of those who wait, and wakes groups.
func (t *topic) disarm() []*Subscriber {
	t.wakeGroups()
	list := t.armed
	for _, s := range list {
		s.armedAt = -1
	}
	t.armed, t.spare = t.spare, nil
	return list
}

// wakeInline is how many subscribers a publisher wakes itself; more are woken by a goroutine, so that publishing takes the same
// time whoever listens.
const wakeInline = 16

// wake is called without the lock.
func (t *topic) wake(list []*Subscriber) {
	switch {
	case len(list) == 0:
	case len(list) <= wakeInline:
		t.wakeAll(list)
	default:
		go t.wakeAll(list) // ends after one pass: waking does not block
	}
}

func (t *topic) wakeAll(list []*Subscriber) {
	for i, s := range list {
		s.wake()
		list[i] = nil
	}
	t.mu.Lock()
	if t.spare == nil {
		t.spare = list[:0]
	}
	t.mu.Unlock()
}

// read makes, or finds, the batch for a reader at from. Up to exact also values that have been replaced are wanted.
func (t *topic) read(from, exact uint64) *Batch {
	if exact <= from {
		exact = 0
	}
	if b := t.last; b != nil && b.from == from && b.exact == exact {
		return b
	}
	if from < t.lost {
		return t.reset(ResetSlow)
	}
	b := &Batch{from: from, exact: exact}
	if from < t.floor {
		// Only replaced values have left the ring; their slots' newest ones may have left too.
		for _, s := range t.slots {
			if n := s.newest.Cursor.seq; n > from && n <= t.floor {
				b.Messages = append(b.Messages, s.newest)
			}
		}
		sortMessages(b.Messages)
	}
	start := sort.Search(t.n, func(i int) bool { return t.at(i).Cursor.seq > from })
	b.Events = t.n - start + len(b.Messages)
	all := b.Events <= coalesceAfter
	to, size := t.head, 0
	if all {
		b.Messages = slices.Grow(b.Messages, t.n-start)
	}
	for i := start; i < t.n; i++ {
		m := t.at(i)
		if m.superseded && !all && m.Cursor.seq > exact {
			continue
		}
		if size += len(m.Data); size > batchBytes && len(b.Messages) > 0 {
			to, b.More = b.Messages[len(b.Messages)-1].Cursor.seq, true
			break
		}
		b.Messages = append(b.Messages, m)
	}
	b.Cursor = Cursor{t.epoch, to}
	t.last = b
	return b
}

// reset makes, or finds, the batch that brings a reader to the present state from nowhere.
func (t *topic) reset(reason string) *Batch {
	if b := t.whole; b != nil && b.Reset == reason {
		return b
	}
	t.whole = &Batch{Reset: reason, Messages: t.snapshot(), Cursor: Cursor{t.epoch, t.head}}
	t.whole.Events = len(t.whole.Messages)
	return t.whole
}

// snapshot is every slot's newest value, and the ordered events in the history that came after it, by number: whoever is cut off inside a
// snapshot can continue after the last event it got.
func (t *topic) snapshot() []*Message {
	list := make([]*Message, 0, len(t.slots))
	for _, s := range t.slots {
		list = append(list, s.newest)
	}
	for i := range t.n {
		m := t.at(i)
		if m.Kind != Ordered {
			continue
		}
		if s := t.slots[m.Slot]; s != nil && s.newest.Cursor.seq > m.Cursor.seq {
			continue
		}
		list = append(list, m)
	}
	sortMessages(list)
	return list
}

func sortMessages(list []*Message) {
	slices.SortFunc(list, func(a, b *Message) int {
		switch {
		case a.Cursor.seq < b.Cursor.seq:
			return -1
		case a.Cursor.seq > b.Cursor.seq:
			return 1
		}
		return 0
	})
}

// join counts a subscriber and starts what it needs. Called with the lock held, which it releases.
func (t *topic) join(s *Subscriber, p Producer) {
	t.subscribers++
	if t.producer == nil && p != nil {
		t.producer = p
		t.shared = false
	}
	if t.producer != nil && t.cancel == nil {
		t.produce()
	}
	follow := t.shared && t.unfollow == nil
	if follow {
		t.pending = true
		t.unfollow = func() {}
	}
	if !t.pending {
		s.settle()
	} else if s.state == subscriberNow {
		s.state = subscriberSoon
	}
	t.mu.Unlock()
	if follow {
		t.follow()
	}
}

// leave is called with the lock held.
func (t *topic) leave() {
	t.subscribers--
	if t.subscribers > 0 {
		return
	}
	t.left = t.hub.now()
	t.used = t.left
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

// produce runs the producer after its previous run has ended. Called with the lock held, while somebody is subscribed.
func (t *topic) produce() {
	if t.closed {
		return
	}
	ctx, cancel := context.WithCancel(t.hub.ctx)
	t.cancel = cancel
	previous, done := t.done, make(chan struct{})
	t.done = done
	run := t.producer
	t.hub.wg.Add(1)
	go func() { // ends when run returns, which ctx asks it to
		defer t.hub.wg.Done()
		defer close(done)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				t.hub.cfg.log.Error("producer panicked", "topic", t.name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		if previous != nil {
			<-previous
		}
		if ctx.Err() == nil {
			run(ctx)
		}
	}()
}
