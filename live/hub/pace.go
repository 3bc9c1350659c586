package hub

import "time"

// Pace keeps a carrier's writes to one client apart when events come faster than anybody can see. Each event counts for a
// millisecond, which time pays off; what is owed beyond 20 ms is waited for, up to 50 ms. So below a thousand events a second
// everything goes out at once, and in a flood there are twenty writes a second. The zero Pace owes nothing. It belongs to one
// goroutine at a time.
type Pace struct{ due int64 } // Unix nanoseconds at which nothing is owed

const (
	paceEach = time.Millisecond
	paceFree = 20 * time.Millisecond
	paceMost = 50 * time.Millisecond
	paceStep = 2 * time.Millisecond // times of many clients are looked at in steps
)

// Wrote notes a write of so many events.
func (p *Pace) Wrote(now time.Time, events int) {
	t := now.UnixNano()
	p.due = min(max(p.due, t)+int64(events)*int64(paceEach), t+int64(paceFree+paceMost))
}

// Wait is how long the next write should be held back; not at all when it is zero or negative.
func (p *Pace) Wait(now time.Time) time.Duration {
	return time.Duration(p.due-now.UnixNano()) - paceFree
}

// Settle is Wait for a client of a Waiting: what is left of a step is forgiven, so that clients can be looked at in steps.
func (p *Pace) Settle(now time.Time) time.Duration {
	d := p.Wait(now)
	if d > paceStep/2 {
		return d
	}
	p.due = min(p.due, now.UnixNano()+int64(paceFree))
	return 0
}

// Waiting holds a loop's clients whose next write is to wait, so that many with times of their own do not need as many timers.
// It belongs to one goroutine. The zero Waiting is empty.
type Waiting[T any] struct {
	list []T
	due  time.Time
}

// Add holds a client that is to be looked at when due.
func (w *Waiting[T]) Add(client T, due time.Time) {
	w.list = append(w.list, client)
	w.next(due)
}

func (w *Waiting[T]) next(due time.Time) {
	if w.due.IsZero() || due.Before(w.due) {
		w.due = due
	}
}

// Due is when Take is to be called; zero when nobody waits.
func (w *Waiting[T]) Due() time.Time { return w.due }

// Take gives up those whose time has come: ready gets each client for which wait, usually its Pace's Settle, is not positive.
func (w *Waiting[T]) Take(now time.Time, wait func(T) time.Duration, ready func(T)) {
	w.due = time.Time{}
	keep := w.list[:0]
	for _, client := range w.list {
		if d := wait(client); d > 0 {
			keep = append(keep, client)
			w.next(now.Add(max(d, paceStep)))
		} else {
			ready(client)
		}
	}
	clear(w.list[len(keep):])
	w.list = keep
}
