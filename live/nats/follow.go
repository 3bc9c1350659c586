package nats

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sx-framework/sxgo/live/hub"
)

const (
	consumerIdle = 30 * time.Second // when the server forgets a consumer that nobody reads
	heartbeat    = 2 * time.Second  // of a consumer; after two that were missed another one is made
	opening      = 2 * time.Second  // how long an attempt to follow may take: while nobody leads, nobody answers
	election     = 15 * time.Second // how long servers that are there may take to choose who leads
)

var errMissed = errors.New("nats: a message was lost on the way")

// Follow implements hub.Broker.
func (b *Broker) Follow(topic string, f hub.Follower) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, hub.ErrClosed
	}
	ctx, cancel := context.WithCancel(b.ctx)
	done := make(chan struct{})
	w := &following{b: b, topic: topic, f: f}
	b.reads.Add(1) // Close has not begun to wait: it would have set closed
	go func() {    // ends with stop, or with Close
		defer b.reads.Done()
		defer close(done)
		w.run(ctx)
	}()
	return func() { cancel(); <-done }, nil
}

// following reads one topic from the stream.
type following struct {
	b     *Broker
	topic string
	f     hub.Follower
	epoch uint64
	last  uint64 // number of the newest event delivered
	ready atomic.Bool
}

// caughtUp tells the hub, once, that what the stream remembers has been delivered.
func (w *following) caughtUp() {
	if w.ready.CompareAndSwap(false, true) {
		w.f.Ready()
	}
}

// run reads until ctx ends, beginning again where it was after each failure.
func (w *following) run(ctx context.Context) {
	began := time.Now()
	for wait := 50 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 2*time.Second) {
		w.b.mu.Lock()
		back := w.b.back
		w.b.mu.Unlock()
		err := w.read(ctx, back)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			wait = 25 * time.Millisecond
			continue
		}
		if w.b.nc.Status() != nats.CONNECTED || time.Since(began) > election {
			// Subscribers must not wait for a server that is not there: they get what is published when it is back.
			w.caughtUp()
		}
		select {
		case <-back:
			wait = 25 * time.Millisecond
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// read follows the topic until something breaks or the connection has been renewed.
func (w *following) read(ctx context.Context, back <-chan struct{}) error {
	attempt, cancel := context.WithTimeout(ctx, opening)
	defer cancel()
	s, err := w.b.stream(attempt)
	if err != nil {
		return err
	}
	newest, err := w.begin(attempt, s)
	if err != nil {
		return err
	}
	// An ordered consumer of the client would make itself anew by itself, and for ten seconds not be told to stop.
	cfg := jetstream.ConsumerConfig{
		FilterSubject: w.b.topicSubjects(w.topic), DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: consumerIdle,
	}
	if w.last > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, w.last+1
	}
	consumer, err := w.b.js.CreateConsumer(attempt, w.b.cfg.stream, cfg)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullExpiry(5*heartbeat), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	defer func() { <-stopped }()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with read
		defer close(stopped)
		select {
		case <-reading.Done():
		case <-back:
		}
		messages.Stop()
	}()
	if w.last >= newest {
		w.caughtUp()
	} else {
		// The newest event may have grown too old meanwhile.
		late := time.AfterFunc(election, w.caughtUp)
		defer late.Stop()
	}
	for next := uint64(1); ; next++ {
		m, err := messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Consumer != next {
			return errMissed // one was lost on the way: begin again after the last
		}
		// Long topics share their subject with what has the same hash, in theory; and somebody else may write into the stream.
		if topic, ev, err := decode(m.Data()); err == nil && topic == w.topic {
			w.f.Deliver(meta.Sequence.Stream, ev)
		}
		// That nothing is pending would say little: the consumer may be at a server that lags behind the others.
		if w.last = meta.Sequence.Stream; w.last >= newest {
			w.caughtUp()
		}
	}
}

// begin starts a life of the topic if the stream is not the one that was followed before. It returns the number of the newest event that
// the stream remembers of the topic, 0 when there is none.
func (w *following) begin(ctx context.Context, s jetstream.Stream) (newest uint64, err error) {
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(w.b.topicSubjects(w.topic)))
	if err != nil {
		return 0, err
	}
	if len(info.State.Subjects) > 0 {
		m, err := s.GetLastMsgForSubject(ctx, w.b.topicSubjects(w.topic))
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return 0, err
		}
		if err == nil {
			newest = m.Sequence
		}
	}
	epoch := uint64(info.Created.UnixNano())
	if epoch == w.epoch {
		return newest, nil
	}
	// Everything before the stream's first event is lost. Of a slot that has as many events as are kept, those before its first are lost
	// too; which only counts where none may be left out.
	floor := info.State.FirstSeq
	if floor > 0 {
		floor--
	}
	values := w.b.cfg.stream + "." + token(w.topic) + "." + string('a'+rune(hub.Value)) + "."
	for subject, n := range info.State.Subjects {
		if int64(n) < w.b.cfg.perSlot || len(subject) > len(values) && subject[:len(values)] == values {
			continue
		}
		m, err := s.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject))
		if err != nil {
			return 0, err
		}
		floor = max(floor, m.Sequence-1)
	}
	w.epoch, w.last = epoch, 0
	w.f.Start(epoch, floor)
	return newest, nil
}
