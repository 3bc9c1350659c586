package live

import (
	"sync"
	"time"
)

// pace keeps writes to one client apart when events come faster than anybody can see: what arrives within paceEvery of the write before
// goes out together. A first event after a quiet time, and one more right behind it, go out at once.
type pace struct{ due int64 } // Unix nanoseconds at which the writes so far would be due at an even pace

const (
	paceEvery = 50 * time.Millisecond // 20 writes a second
	paceBurst = 1                     // writes that may come early
)

// wrote notes a write.
func (p *pace) wrote(now time.Time) {
	p.due = max(p.due, now.UnixNano()) + int64(paceEvery)
}

// wait is how long the next write should be held back.
func (p *pace) wait(now time.Time) time.Duration {
	return time.Duration(p.due-now.UnixNano()) - paceBurst*paceEvery
}

// quietTimer fires after a time without reset. A zero or negative time never does.
type quietTimer struct {
	d time.Duration
	t *time.Timer
}

func newQuietTimer(d time.Duration) *quietTimer {
	if d <= 0 {
		return &quietTimer{}
	}
	return &quietTimer{d, time.NewTimer(d)}
}

func (q *quietTimer) c() <-chan time.Time {
	if q.t == nil {
		return nil
	}
	return q.t.C
}

func (q *quietTimer) reset() {
	if q.t != nil {
		q.t.Reset(q.d)
	}
}

func (q *quietTimer) stop() {
	if q.t != nil {
		q.t.Stop()
	}
}

// waker is woken by the hub before it is known who serves the stream. A wake that comes too early is kept.
type waker struct {
	mu    sync.Mutex
	f     func()
	early bool
}

func (w *waker) set(f func()) {
	w.mu.Lock()
	w.f = f
	early := w.early
	w.mu.Unlock()
	if early {
		f()
	}
}

func (w *waker) wake() {
	w.mu.Lock()
	f := w.f
	w.early = w.early || f == nil
	w.mu.Unlock()
	if f != nil {
		f()
	}
}
