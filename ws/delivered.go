package ws

import (
	"sync"
	"time"
)

// delivered remembers which reliable messages have been handled, so that one sent again after a broken
// connection is acknowledged and not handled twice.
type delivered struct {
	mu   sync.Mutex
	ids  map[string]*delivery
	fifo []*delivery // in the order of their first arrival
}

type delivery struct {
	key     string
	at      time.Time
	done    chan struct{} // closed when the handler has returned
	refusal string        // why it was not accepted; set before done is closed
}

const (
	rememberFor  = 5 * time.Minute
	rememberMost = 100_000 // messages of all sessions
)

// begin notes a message. It reports whether it is new; if not, done is closed once it is handled.
func (d *delivered) begin(sender, id string, now time.Time) (e *delivery, fresh bool) {
	key := sender + "\x00" + id
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expire(now)
	if e := d.ids[key]; e != nil {
		return e, false
	}
	if d.ids == nil {
		d.ids = map[string]*delivery{}
	}
	e = &delivery{key: key, at: now, done: make(chan struct{})}
	d.ids[key] = e
	d.fifo = append(d.fifo, e)
	return e, true
}

func (d *delivered) expire(now time.Time) {
	n := 0
	for n < len(d.fifo) && (now.Sub(d.fifo[n].at) > rememberFor || len(d.fifo)-n >= rememberMost) {
		delete(d.ids, d.fifo[n].key)
		d.fifo[n] = nil
		n++
	}
	d.fifo = d.fifo[n:]
}
