package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// socket is one detached stream. Everything but flags belongs to its loop's run goroutine.
type socket struct {
	loop *loop
	st   *stream

	rest []byte // what the socket has not taken yet; may be part of shared bytes
	pace hub.Pace
	last int64 // Unix nanoseconds of the last write or, with rest, of the last progress

	flags atomic.Uint32
	more  bool // nothing will announce what there is after begin
	fd    int32
	index int32 // in loop.sockets
	gen   int32 // tells apart sockets that had the same descriptor
}

// takeNews implements newsTaker.
func (k *socket) takeNews() { k.loop.push(k, flagNews) }

// flags say what a socket in the queue is there for.
const (
	flagQueued uint32 = 1 << iota
	flagNew
	flagNews // the hub has something
	flagReadable
	flagWritable
	flagGone
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
	ep      *os.File // the poller, itself polled by the runtime, so that no thread waits in it
	epfd    int
	bell    chan struct{} // the queue or the order has changed
	polled  chan struct{} // closed when poll has ended
	stopped chan struct{} // closed when run has ended

	mu      sync.Mutex
	queue   []*socket
	byFD    []*socket
	ordered order
	over    bool // run has ended

	// The rest belongs to run.
	sockets []*socket
	later   hub.Waiting[*socket]
	spare   []*socket
	parts   [][]byte
	scratch []byte
	gen     int32
	hooks   sync.WaitGroup
}

func newLoop(s *Server, all *loops) (*loop, error) {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := syscall.SetNonblock(epfd, true); err != nil {
		syscall.Close(epfd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l := &loop{
		server: s, loops: all, ep: os.NewFile(uintptr(epfd), "epoll"), epfd: epfd,
		bell: make(chan struct{}, 1), polled: make(chan struct{}), stopped: make(chan struct{}),
	}
	go l.poll() // ends when run closes ep
	go l.run()  // ends with orderStop
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

// poll passes on what the kernel reports.
func (l *loop) poll() {
	defer close(l.polled)
	raw, err := l.ep.SyscallConn()
	if err != nil {
		return
	}
	events := make([]syscall.EpollEvent, 256)
	for {
		var n int
		var werr error
		err := raw.Read(func(fd uintptr) bool {
			n, werr = syscall.EpollWait(int(fd), events, 0)
			return n != 0 || werr != nil && werr != syscall.EINTR
		})
		if err != nil || werr != nil && werr != syscall.EINTR {
			return
		}
		for _, e := range events[:max(n, 0)] {
			l.mu.Lock()
			var k *socket
			if int(e.Fd) < len(l.byFD) {
				k = l.byFD[e.Fd]
			}
			l.mu.Unlock()
			if k == nil || k.gen != e.Pad {
				continue
			}
			var why uint32
			if e.Events&(syscall.EPOLLHUP|syscall.EPOLLERR|syscall.EPOLLRDHUP) != 0 {
				why |= flagGone
			}
			if e.Events&syscall.EPOLLIN != 0 {
				why |= flagReadable
			}
			if e.Events&syscall.EPOLLOUT != 0 {
				why |= flagWritable
			}
			l.push(k, why)
		}
	}
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
	o := l.ordered
	l.mu.Unlock()
	now := time.Now()
	for i, k := range queue {
		queue[i] = nil
		l.serve(k, now)
	}
	l.mu.Lock()
	l.spare = queue[:0]
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
	if why&flagGone != 0 {
		l.close(k, io.EOF)
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

// add makes the loop the owner of a new socket, whose rest is what of its begin could not be written.
func (l *loop) add(k *socket) bool {
	l.gen++
	k.gen, k.index = l.gen, int32(len(l.sockets))
	k.last = time.Now().UnixNano()
	l.sockets = append(l.sockets, k)
	l.mu.Lock()
	for int(k.fd) >= len(l.byFD) {
		l.byFD = append(l.byFD, make([]*socket, max(64, len(l.byFD)))...)
	}
	l.byFD[k.fd] = k
	l.mu.Unlock()
	const edge = 1 << 31 // EPOLLET; the constant of package syscall is negative
	err := syscall.EpollCtl(l.epfd, syscall.EPOLL_CTL_ADD, int(k.fd), &syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | edge, Fd: k.fd, Pad: k.gen,
	})
	if err != nil {
		l.close(k, fmt.Errorf("epoll: %w", err))
		return false
	}
	switch {
	case len(k.st.feeds) == 0:
		k.flags.Or(flagClosing)
		l.push(k, flagWritable)
	case k.more:
		l.push(k, flagNews)
	}
	return true
}

// news writes what the hub has for a socket that has taken everything before.
func (l *loop) news(k *socket, now time.Time) {
	if d := k.pace.Wait(now); d > 0 {
		if k.flags.Or(flagLater)&flagLater == 0 {
			l.later.Add(k, now.Add(d))
		}
		return
	}
	var n news
	l.parts, n = k.st.next(l.parts[:0])
	data := []byte(nil)
	switch len(l.parts) {
	case 0:
	case 1:
		data = l.parts[0]
	default:
		data = bytes.Join(l.parts, nil)
	}
	clear(l.parts)
	if len(k.st.feeds) == 0 {
		k.flags.Or(flagClosing)
		l.push(k, flagWritable)
	}
	if len(data) > 0 {
		if !n.cut {
			k.pace.Wrote(now, n.events)
		}
		if !l.write(k, data, now) {
			return
		}
	}
	if n.any && len(k.rest) == 0 {
		l.push(k, flagNews) // behind the others
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

// write hands data to the socket and keeps what it does not take. It reports false when the socket is closed.
func (l *loop) write(k *socket, data []byte, now time.Time) bool {
	all := len(data)
	for len(data) > 0 {
		n, err := syscall.Write(int(k.fd), data)
		if n > 0 {
			k.last = now.UnixNano()
			data = data[n:]
			continue
		}
		switch err {
		case syscall.EINTR:
		case syscall.EAGAIN:
			if len(data) < all/2 && len(data) < 8<<10 {
				data = bytes.Clone(data) // lets go of the larger shared bytes
			}
			k.rest = data
			return true
		default:
			l.close(k, os.NewSyscallError("write", err))
			return false
		}
	}
	k.rest = nil
	return true
}

// discard reads and drops what a client sends: it has no reason to send anything.
func (l *loop) discard(k *socket) bool {
	var buf [4096]byte
	for range 16 {
		n, err := syscall.Read(int(k.fd), buf[:])
		switch {
		case n > 0 || err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			l.close(k, os.NewSyscallError("read", err))
			return false
		default:
			l.close(k, io.EOF)
			return false
		}
	}
	l.close(k, errors.New("live: client sends data into a stream"))
	return false
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

// own writes a few bytes that belong to this socket alone.
func (l *loop) own(k *socket, text []byte) bool {
	l.scratch = k.st.coding.flush(k.st.coding.text(l.scratch[:0], text))
	open := l.write(k, l.scratch, time.Now())
	if open && len(k.rest) > 0 {
		k.rest = bytes.Clone(k.rest)
	}
	return open
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

func (l *loop) close(k *socket, err error) {
	k.flags.Or(flagClosed)
	last := len(l.sockets) - 1
	l.sockets[k.index] = l.sockets[last]
	l.sockets[k.index].index = k.index
	l.sockets[last] = nil
	l.sockets = l.sockets[:last]
	l.mu.Lock()
	l.byFD[k.fd] = nil
	l.mu.Unlock()
	syscall.Close(int(k.fd)) // also takes it out of the poller
	k.rest = nil
	l.loops.open.Add(-1)
	if l.server.cfg.onDisconnect == nil {
		k.st.end(err)
		return
	}
	l.hooks.Add(1)
	go func() { // ends when the application's function does; it must not hold up the loop
		defer l.hooks.Done()
		k.st.end(err)
	}()
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
	l.ep.Close()
	<-l.polled
	l.hooks.Wait()
}

// adopt puts a new socket into the queue, unless the loop has ended.
func (l *loop) adopt(k *socket) {
	k.flags.Store(flagNew | flagQueued)
	l.mu.Lock()
	over := l.over
	if !over {
		l.queue = append(l.queue, k)
	}
	l.mu.Unlock()
	if over {
		l.refuse(k)
		return
	}
	l.ring()
}

// refuse ends a socket that came too late to be added.
func (l *loop) refuse(k *socket) {
	k.flags.Store(flagClosed)
	syscall.Close(int(k.fd))
	l.loops.open.Add(-1)
	k.st.end(ErrDraining)
}
