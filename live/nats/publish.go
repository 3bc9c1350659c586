package nats

import (
	"crypto/rand"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sx-framework/sxgo/live/hub"
)

// entry is an event on its way to the server.
type entry struct {
	subject, id string
	data        []byte
}

// Publish implements hub.Broker: it queues the event and returns. An error means that it will not be sent.
func (b *Broker) Publish(topic string, ev hub.Event) error {
	e := entry{b.subject(topic, ev.Slot, ev.Kind), rand.Text(), encode(topic, ev)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return hub.ErrClosed
	}
	select {
	case b.queue <- e:
		return nil
	default:
		return ErrFull
	}
}

// sendAtOnce is how many events are under way before their acknowledgements are waited for.
const sendAtOnce = 256

// send moves events from the queue to the server, in order. A group whose acknowledgements do not all come is sent again: by their ids the
// server knows those it has (its duplicate window is two minutes) and stores none twice.
func (b *Broker) send() {
	defer b.wg.Done()
	var group []entry
	for e := range b.queue {
		group = append(group[:0], e)
	more:
		for len(group) < sendAtOnce {
			select {
			case e, ok := <-b.queue:
				if !ok {
					break more
				}
				group = append(group, e)
			default:
				break more
			}
		}
		for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
			err := b.sendGroup(group)
			b.mu.Lock()
			changed := (err == nil) != (b.failed == nil)
			b.failed = err
			back := b.back
			b.mu.Unlock()
			if err == nil {
				break
			}
			if changed {
				b.cfg.log.Warn("nats: events wait to be sent", "err", err)
			}
			select {
			case <-back:
			case <-time.After(wait):
			case <-b.ctx.Done():
				b.cfg.log.Error("nats: events were not sent", "count", len(group)+len(b.queue))
				return
			}
		}
		clear(group)
	}
}

func (b *Broker) sendGroup(group []entry) error {
	acks := make([]jetstream.PubAckFuture, 0, len(group))
	for _, e := range group {
		f, err := b.js.PublishMsgAsync(&nats.Msg{Subject: e.subject, Data: e.data}, jetstream.WithMsgID(e.id))
		if err != nil {
			return err
		}
		acks = append(acks, f)
	}
	timeout := time.NewTimer(5 * time.Second)
	defer timeout.Stop()
	for _, f := range acks {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			// Without a stream nobody answers: a server that keeps nothing over its restart has lost it.
			if _, serr := b.stream(b.ctx); serr != nil {
				return serr
			}
			return err
		case <-timeout.C:
			return nats.ErrTimeout
		case <-b.ctx.Done():
			return b.ctx.Err()
		}
	}
	return nil
}
