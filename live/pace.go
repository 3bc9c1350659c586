package live

import (
	"sync"
	"time"
)

// pace keeps writes to one client apart when events come faster than anybody can see. Each event counts for a millisecond, which time pays off; what is
// owed beyond paceFree is waited for, up to paceMost. So below a thousand events a second everything goes out at once, and
// in a flood there are twenty writes a second.
type pace struct{ due int64 } // Unix nanoseconds at which nothing is owed

const (
	paceEach = time.Millisecond
	paceFree = 20 * time.Millisecond
	paceMost = 50 * time.Millisecond
)

// wrote notes a write of so many events.
func (p *pace) wrote(now time.Time, events int) {
	t := now.UnixNano()
	p.due = min(max(p.due, t)+int64(events)*int64(paceEach), t+int64(paceFree+paceMost))
}

// wait is how long the next write should be held back.
func (p *pace) wait(now time.Time) time.Duration {
	return time.Duration(p.due-now.UnixNano()) - paceFree
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
