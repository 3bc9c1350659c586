package hub

import "context"

// Subscriber reads one topic. It belongs to one goroutine, except for Close, which may be called from any.
type Subscriber struct {
	topic *topic
	wake  func()
	ready chan struct{} // nil with WithWake
	stop  func() bool   // unties it from Subscribe's context

	// The rest is guarded by topic.mu.
	start   Cursor
	pos     uint64 // number of the last event handed over
	exact   uint64 // up to here the history is replayed whole
	group   *group // see Join
	armedAt int32  // index in topic.armed, or -1
	state   subscriberState
	whole   *Batch // the first one, if it is a snapshot
}

type subscriberState uint8

const (
	subscriberFresh   subscriberState = iota // start is still to be looked at
	subscriberNow                            // starts at the head
	subscriberSoon                           // starts where the head is once a broker has delivered the history
	subscriberRunning                        // pos and start's epoch count
	subscriberClosed
)

// Next waits until there is something new and returns it. It fails with the error of ctx, or with ErrClosed when the
// subscriber or its hub was closed. The first batch may be empty: a snapshot of nothing.
func (s *Subscriber) Next(ctx context.Context) (*Batch, error) {
	for {
		b, err := s.Poll()
		if b != nil || err != nil {
			return b, err
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Poll returns what is new, or nil when nothing is. In that case the subscriber is woken at the next change: through Ready, or
// the function given with WithWake.
func (s *Subscriber) Poll() (*Batch, error) {
	b, _, err := s.poll(0)
	return b, err
}

// PollOnce is Poll for carriers that would call it again at once: when a batch of a few events leaves nothing behind, the subscriber
// is to be woken already, as caughtUp says. In a flood it is not, so that the publisher need not wake those who come back anyway.
func (s *Subscriber) PollOnce() (b *Batch, caughtUp bool, err error) {
	const few = 4
	return s.poll(few)
}

// poll arms the subscriber also after a batch of up to most events, if that was all.
func (s *Subscriber) poll(most int) (*Batch, bool, error) {
	t := s.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case s.state == subscriberClosed || t.closed:
		return nil, false, ErrClosed
	case t.pending:
		t.arm(s)
		return nil, true, nil
	}
	s.settle()
	b := s.whole
	s.whole = nil
	if b == nil && s.start.epoch != t.epoch {
		s.start.epoch = t.epoch
		b = t.reset(ResetGap)
	}
	if b == nil {
		if s.pos >= t.head {
			t.arm(s)
			return nil, true, nil
		}
		b = t.read(s.pos, s.exact)
	}
	s.pos = b.Cursor.seq
	if s.pos < t.head || b.Events > most {
		return b, false, nil
	}
	t.arm(s)
	return b, true, nil
}

// settle decides where s begins. Called with the lock held, as soon as the topic's history is there.
func (s *Subscriber) settle() {
	t, c := s.topic, s.start
	if s.state == subscriberRunning {
		return
	}
	was := s.state
	s.state, s.start.epoch = subscriberRunning, t.epoch
	switch {
	case was == subscriberNow:
		s.pos = t.head
	case was == subscriberSoon:
		s.start.epoch, s.pos = t.ready.epoch, t.ready.seq
	case c.epoch == 0:
		s.whole = t.reset("")
	case c.epoch != t.epoch || c.seq < t.floor || c.seq > t.head && !t.shared:
		s.whole = t.reset(ResetGap)
	default:
		s.pos, s.exact = c.seq, t.head
	}
}

// Begun reports whether the subscriber's place in the topic is known. With a broker that is so when what it remembers has come, or when it
// cannot be reached; until then Poll finds nothing, and the subscriber is woken when it may.
func (s *Subscriber) Begun() bool {
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	return !s.topic.pending
}

// Ready receives a value when Poll may find something new after it has found nothing. It is nil with WithWake.
func (s *Subscriber) Ready() <-chan struct{} { return s.ready }

// Cursor is the place after the last batch handed over.
func (s *Subscriber) Cursor() Cursor {
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	if s.state == subscriberFresh || s.whole != nil {
		return s.start
	}
	return Cursor{s.start.epoch, s.pos}
}

// Topic is the name of the topic.
func (s *Subscriber) Topic() string { return s.topic.name }

// Close ends the subscription; a Next that waits fails with ErrClosed. Calling it again does no harm.
func (s *Subscriber) Close() {
	t := s.topic
	t.mu.Lock()
	if s.state == subscriberClosed {
		t.mu.Unlock()
		return
	}
	s.state = subscriberClosed
	t.disarmOne(s)
	t.leaveGroup(s)
	t.leave()
	t.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	s.wake()
}

// arm puts s on the list of those to be woken. Since it happens under the lock under which Poll found nothing, no event can
// slip in between.
func (t *topic) arm(s *Subscriber) {
	if s.group != nil {
		s.group.armed = true
	} else if s.armedAt < 0 {
		s.armedAt = int32(len(t.armed))
		t.armed = append(t.armed, s)
	}
}

func (t *topic) disarmOne(s *Subscriber) {
	i := s.armedAt
	if i < 0 {
		return
	}
	last := len(t.armed) - 1
	t.armed[i] = t.armed[last]
	t.armed[i].armedAt = i
	t.armed[last] = nil
	t.armed = t.armed[:last]
	s.armedAt = -1
}
