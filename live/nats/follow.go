package nats

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sx-framework/sxgo/live/hub"
)

const (
	consumerIdle = 30 * time.Second // when the server forgets a consumer that nobody reads
	heartbeat    = 2 * time.Second  // of a consumer; after two that were missed another one is made
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
	go func() { // ends with stop, or with Close
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
	ready bool
}

// run reads until ctx ends, beginning again where it was after each failure.
func (w *following) run(ctx context.Context) {
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
		if !w.ready {
			// Subscribers must not wait for a server that is not there: they get what is published when it is back.
			w.f.Ready()
			w.ready = true
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
	opening, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, err := w.b.stream(opening)
	if err != nil {
		return err
	}
	pending, err := w.begin(opening, s)
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
	consumer, err := w.b.js.CreateConsumer(opening, w.b.cfg.stream, cfg)
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
	if pending == 0 && !w.ready {
		w.f.Ready()
		w.ready = true
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
		w.last = meta.Sequence.Stream
		if meta.NumPending == 0 && !w.ready {
			w.f.Ready()
			w.ready = true
		}
	}
}

// begin starts a life of the topic if the stream is not the one that was followed before. It returns how many events the stream
// remembers of the topic.
func (w *following) begin(ctx context.Context, s jetstream.Stream) (pending uint64, err error) {
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(w.b.topicSubjects(w.topic)))
	if err != nil {
		return 0, err
	}
	for _, n := range info.State.Subjects {
		pending += n
	}
	epoch := uint64(info.Created.UnixNano())
	if epoch == w.epoch {
		return pending, nil
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
	return pending, nil
}
