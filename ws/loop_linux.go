package ws

import (
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/poll"
)

// Loops
//
// A goroutine for each connection, and one more while there is something to write, would cost 6 KB each and a
// switch for every write. On Linux a quiet connection has neither. A few loops, one for each core, own a poller
// in which the connections' sockets are entered next to the runtime's own: it puts those that
// can be read or written into the loop's queue, where the hub puts those for which there is news. run takes
// them out and writes without waiting; what a socket does not take stays with its connection until the poller
// reports it writable, and nothing more is asked of the hub until then, so that the hub skips values that have
// been replaced. Only when a client sends something other than a pong does a goroutine read, through the
// library, until there is nothing more to read.

// loops are a server's loops. They start with the first connection and end with Drain.
type loops struct {
	all  []*loop
	next int // guarded by the server
}

// loop serves some of the connections.
type loop struct {
	timeout time.Duration
	poller  *poll.Poller[Conn]
	bell    chan struct{} // there is something in the queue
	stop    chan struct{}
	stopped chan struct{} // closed when run has ended

	mu    sync.Mutex
	queue []*Conn

	// The rest belongs to run.
	spare []*Conn
	slow  []*Conn            // those with something left to write
	later hub.Waiting[*Conn] // those that are written to too often
}

// startLoops starts a loop for each core.
func startLoops(timeout time.Duration) (*loops, error) {
	ls := &loops{}
	for range runtime.GOMAXPROCS(0) {
		l, err := newLoop(timeout)
		if err != nil {
			ls.end()
			return nil, err
		}
		ls.all = append(ls.all, l)
	}
	return ls, nil
}

// pick returns the loops in turn.
func (ls *loops) pick() *loop {
	ls.next = (ls.next + 1) % len(ls.all)
	return ls.all[ls.next]
}

// end ends the loops and waits for them. Their connections have ended before.
func (ls *loops) end() {
	for _, l := range ls.all {
		close(l.stop)
		<-l.stopped
		l.poller.Close()
	}
}

func newLoop(timeout time.Duration) (*loop, error) {
	l := &loop{timeout: timeout, bell: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	var err error
	if l.poller, err = poll.New(l.report); err != nil {
		return nil, err
	}
	go l.run() // ends with stop
	return l, nil
}

// enter makes the poller report when there is something to read from the connection. It reports when something can
// be written only from watch on, so that connecting wakes nobody.
func (l *loop) enter(c *Conn) error {
	return c.onDescriptor(func(fd int) error {
		c.fd = int32(fd)
		return l.poller.Add(fd, c, false)
	})
}

// watch makes the poller report when the connection can be written to, and at once if it can already.
func (l *loop) watch(c *Conn) error { return c.onDescriptor(l.poller.Watch) }

// onDescriptor calls f with the descriptor, which cannot be closed meanwhile, nor the poller before its connections.
func (c *Conn) onDescriptor(f func(fd int) error) (err error) {
	bad := c.net.raw.Control(func(fd uintptr) { err = f(int(fd)) })
	if err == nil {
		err = bad
	}
	return err
}

// leave forgets a connection. Closing its socket has taken it out of the poller.
func (l *loop) leave(c *Conn) { l.poller.Forget(int(c.fd), c) }

// Why a connection is in the queue.
const (
	whyQueued uint32 = 1 << iota
	whyWrite         // there may be something to write, and place for it
	whyRead          // there is something to read, or the client has gone
	whySlow          // in loop.slow
	whyLater         // in loop.later
)

// push puts a connection into the queue, once. Anybody may call it; it does not wait.
func (l *loop) push(c *Conn, why uint32) {
	if c.why.Or(why|whyQueued)&whyQueued != 0 {
		return
	}
	l.mu.Lock()
	l.queue = append(l.queue, c)
	first := len(l.queue) == 1
	l.mu.Unlock()
	if first {
		select {
		case l.bell <- struct{}{}:
		default:
		}
	}
}

// report is called by the poller.
func (l *loop) report(c *Conn, read, write bool) {
	var why uint32
	if read {
		why |= whyRead
	}
	if write {
		why |= whyWrite
	}
	l.push(c, why)
}

// run serves the queue.
func (l *loop) run() {
	defer close(l.stopped)
	every := min(max(l.timeout/4, 5*time.Millisecond), time.Second)
	t := time.NewTimer(every)
	t.Stop()
	defer t.Stop()
	paced := time.NewTimer(time.Hour)
	defer paced.Stop()
	waits := false
	for {
		select {
		case <-l.stop:
			return
		case <-l.bell:
		case <-paced.C:
			l.takeLater(time.Now())
		case now := <-t.C:
			waits = false
			l.sweep(now)
		}
		l.mu.Lock()
		queue := l.queue
		l.queue, l.spare = l.spare, nil
		l.mu.Unlock()
		now := time.Now()
		for i, c := range queue {
			queue[i] = nil
			l.serve(c, now)
		}
		l.spare = queue[:0]
		if due := l.later.Due(); !due.IsZero() {
			paced.Reset(time.Until(due))
		}
		if len(l.slow) > 0 && !waits {
			waits = true
			t.Reset(every)
		}
	}
}

func (l *loop) serve(c *Conn, now time.Time) {
	why := c.why.And(whySlow | whyLater)
	if why&whyRead != 0 {
		c.readable()
	}
	// Reported or not, it is tried: a socket that takes nothing says so at once.
	f := c.flush(now)
	if f.left && why&whySlow == 0 {
		c.why.Or(whySlow)
		l.slow = append(l.slow, c)
	}
	switch {
	case f.wait > 0 && why&whyLater == 0:
		c.why.Or(whyLater)
		l.later.Add(c, now.Add(f.wait))
	case f.more:
		l.push(c, whyWrite) // behind the others
	}
}

// takeLater puts those whose time has come back into the queue.
func (l *loop) takeLater(now time.Time) {
	l.later.Take(now, func(c *Conn) time.Duration {
		c.wmu.Lock()
		defer c.wmu.Unlock()
		return c.pace.Settle(now)
	}, func(c *Conn) {
		c.why.And(^whyLater)
		l.push(c, whyWrite)
	})
}

// sweep drops clients that have accepted nothing for too long.
func (l *loop) sweep(now time.Time) {
	keep := l.slow[:0]
	for _, c := range l.slow {
		switch since := c.stuck(); {
		case since == 0:
			c.why.And(^whySlow)
		case now.UnixNano()-since >= int64(l.timeout):
			c.why.And(^whySlow)
			c.drop()
		default:
			keep = append(keep, c)
		}
	}
	clear(l.slow[len(keep):])
	l.slow = keep
}

// tryWrite writes what the socket takes now.
func tryWrite(raw syscall.RawConn, p []byte) (n int, err error) {
	bad := raw.Write(func(fd uintptr) bool {
		for n < len(p) {
			m, e := syscall.Write(int(fd), p[n:])
			switch {
			case m > 0:
				n += m
			case e == syscall.EINTR:
			case e == syscall.EAGAIN:
				return true
			default:
				err = os.NewSyscallError("write", e)
				return true
			}
		}
		return true
	})
	if err == nil {
		err = bad
	}
	return n, err
}

// errNothing says that there is nothing to read at present.
const errNothing = syscall.EAGAIN

// tryRead reads what is there.
func tryRead(raw syscall.RawConn, p []byte) (n int, err error) {
	bad := raw.Read(func(fd uintptr) bool {
		for {
			n, err = syscall.Read(int(fd), p)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case bad != nil:
		return 0, bad
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
