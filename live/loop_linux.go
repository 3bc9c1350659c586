package live

import (
	"fmt"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/poll"
)

// flags say what a socket in the queue is there for.
const (
	flagQueued uint32 = 1 << iota
	flagNew
	flagNews // the hub has something
	flagReadable
	flagWritable
	flagLater   // in loop.later
	flagClosing // ends when rest is written
	flagClosed
)

type order uint8

const (
	orderNone order = iota
	orderDrain
	orderStop
)

// loop serves some of the detached sockets.
type loop struct {
	server  *Server
	loops   *loops
	poller  *poll.Poller[socket]
	bell    chan struct{} // the queue or the order has changed
	stopped chan struct{} // closed when run has ended

	mu      sync.Mutex
	queue   []*socket
	woken   []*group
	ordered order
	over    bool // run has ended

	// The rest belongs to run.
	sockets []*socket
	later   hub.Waiting[*socket]
	spare   []*socket
	groups  []*group // a list to reuse
	parts   [][]byte
	scratch []byte
	hooks   sync.WaitGroup
}

func newLoop(s *Server, all *loops) (*loop, error) {
	l := &loop{server: s, loops: all, bell: make(chan struct{}, 1), stopped: make(chan struct{})}
	var err error
	if l.poller, err = poll.New(l.report); err != nil {
		return nil, err
	}
	go l.run() // ends with orderStop
	return l, nil
}

// push puts a socket into the queue, once, with what it is there for. Anybody may call it; it does not wait.
func (l *loop) push(k *socket, why uint32) {
	for {
		old := k.flags.Load()
		if old&flagClosed != 0 || old&why == why && old&flagQueued != 0 {
			return
		}
		if !k.flags.CompareAndSwap(old, old|why|flagQueued) {
			continue
		}
		if old&flagQueued == 0 {
			l.mu.Lock()
			l.queue = append(l.queue, k)
			first := len(l.queue) == 1
			l.mu.Unlock()
			if first {
				l.ring()
			}
		}
		return
	}
}

func (l *loop) ring() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

func (l *loop) order(o order) {
	l.mu.Lock()
	l.ordered = max(l.ordered, o)
	l.mu.Unlock()
	l.ring()
}

// report is called by the poller.
func (l *loop) report(k *socket, read, write bool) {
	var why uint32
	if read {
		why |= flagReadable
	}
	if write {
		why |= flagWritable
	}
	l.push(k, why)
}

// run serves the sockets.
func (l *loop) run() {
	defer close(l.stopped)
	every := l.tick()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	paced := time.NewTimer(time.Hour)
	defer paced.Stop()
	for {
		select {
		case <-l.bell:
		case <-paced.C:
			l.takeLater(time.Now())
		case <-ticker.C:
			l.sweep(time.Now().UnixNano())
		}
		o := l.turn()
		if due := l.later.Due(); !due.IsZero() {
			paced.Reset(time.Until(due))
		}
		if o == orderStop {
			l.end()
			return
		}
	}
}

// tick is how often the keep-alives and time-outs of all sockets are looked at: one pass over small structs is cheaper than a timer each.
func (l *loop) tick() time.Duration {
	d := l.server.cfg.writeTimeout
	if k := l.server.cfg.keepAlive; k > 0 {
		d = min(d, k)
	}
	return min(max(d/4, 5*time.Millisecond), time.Second)
}

// turn serves the queue once.
func (l *loop) turn() order {
	l.mu.Lock()
	queue := l.queue
	l.queue, l.spare = l.spare, nil
	woken := l.woken
	l.woken, l.groups = l.groups, nil
	for _, g := range woken {
		g.queued = false
	}
	o := l.ordered
	l.mu.Unlock()
	now := time.Now()
	for i, k := range queue {
		queue[i] = nil
		l.serve(k, now)
	}
	for i, g := range woken {
		woken[i] = nil
		g.serve(now)
	}
	l.mu.Lock()
	l.spare, l.groups = queue[:0], woken[:0]
	more := len(l.queue) > 0
	l.mu.Unlock()
	if more {
		l.ring() // a push saw a queue that was not empty, or was made by this goroutine
	}
	if o >= orderDrain {
		l.sendAway()
	}
	return o
}

func (l *loop) serve(k *socket, now time.Time) {
	why := k.flags.And(flagLater | flagClosing | flagClosed)
	if why&flagClosed != 0 {
		return
	}
	if why&flagNew != 0 && !l.add(k) {
		return
	}
	if why&flagReadable != 0 && !l.discard(k) {
		return
	}
	if len(k.rest) > 0 {
		if why&(flagWritable|flagNew) == 0 || !l.write(k, k.rest, now) || len(k.rest) > 0 {
			return
		}
		why |= flagWritable
	}
	if why&flagClosing != 0 {
		l.close(k, nil)
		return
	}
	if why&(flagNews|flagWritable) != 0 {
		l.news(k, now)
	}
}

// takeLater puts those whose time has come back into the queue.
func (l *loop) takeLater(now time.Time) {
	l.later.Take(now, func(k *socket) time.Duration {
		return k.pace.Settle(now)
	}, func(k *socket) {
		k.flags.And(^flagLater)
		l.push(k, flagNews)
	})
}

// sweep sends keep-alives and drops clients that accept nothing.
func (l *loop) sweep(now int64) {
	cfg := &l.server.cfg
	for i := len(l.sockets) - 1; i >= 0; i-- { // backwards: closing moves the last one here
		k := l.sockets[i]
		quiet := time.Duration(now - k.last)
		switch {
		case len(k.rest) > 0 && quiet >= cfg.writeTimeout:
			l.close(k, fmt.Errorf("%w for %v", ErrSlow, cfg.writeTimeout))
		case len(k.rest) == 0 && cfg.keepAlive > 0 && quiet >= cfg.keepAlive:
			l.own(k, keepAliveLine)
		}
	}
}

// sendAway drains all sockets. One that has not taken what it was sent cannot be told; it will find out.
func (l *loop) sendAway() {
	for len(l.sockets) > 0 {
		k := l.sockets[len(l.sockets)-1]
		if len(k.rest) > 0 || l.own(k, l.server.cfg.drainEvent()) {
			l.close(k, ErrDraining)
		}
	}
}

// end leaves nothing behind.
func (l *loop) end() {
	l.turn() // what came in with the order
	for len(l.sockets) > 0 {
		l.close(l.sockets[len(l.sockets)-1], ErrDraining)
	}
	l.mu.Lock()
	l.over = true
	late := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, k := range late {
		if k.flags.Load()&flagNew != 0 {
			l.refuse(k)
		}
	}
	l.poller.Close()
	l.hooks.Wait()
}
