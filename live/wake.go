package live

import (
	"sync"
	"time"
)

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

// newsTaker is who serves a stream.
type newsTaker interface{ takeNews() }

// bell is rung with a mark that stays, whether or not somebody is listening.
type bell chan struct{}

func (b bell) takeNews() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// waker is woken by the hub before it is known who serves the stream. A wake that comes too early is kept.
type waker struct {
	mu    sync.Mutex
	early bool
	to    newsTaker
}

func (w *waker) set(to newsTaker) {
	w.mu.Lock()
	w.to = to
	early := w.early
	w.mu.Unlock()
	if early {
		to.takeNews()
	}
}

func (w *waker) wake() {
	w.mu.Lock()
	to := w.to
	w.early = w.early || to == nil
	w.mu.Unlock()
	if to != nil {
		to.takeNews()
	}
}
