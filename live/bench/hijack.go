package main

import (
	"bytes"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
)

// hijack is the yardstick for servers that applications can still route with net/http: the handshake is an ordinary
// handler's, then the connection is hijacked and its socket handed to one poller and to one loop for each core, which write
// without blocking. It knows no topics, limits, resuming, pacing or keep-alive.
type hijack struct {
	loops  []*hijackLoop
	turn   atomic.Uint32
	poller int
	mu     sync.Mutex
	owners map[int32]*hijackLoop
}

type hijackLoop struct {
	mu      sync.Mutex
	pending []byte
	fresh   []*hijackConn
	report  []int32 // descriptors that the poller has something to say about
	bell    chan struct{}
}

type hijackConn struct {
	fd   int32
	rest []byte
}

func newHijack() (*hijack, error) {
	h := &hijack{owners: map[int32]*hijackLoop{}}
	var err error
	if h.poller, err = syscall.EpollCreate1(0); err != nil {
		return nil, err
	}
	for range runtime.GOMAXPROCS(0) {
		l := &hijackLoop{bell: make(chan struct{}, 1)}
		go l.run() // ends with the process
		h.loops = append(h.loops, l)
	}
	go h.poll() // ends with the process
	return h, nil
}

func (h *hijack) serve(l net.Listener) { http.Serve(l, http.HandlerFunc(h.handle)) }

func (h *hijack) handle(w http.ResponseWriter, r *http.Request) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return
	}
	k := &hijackConn{}
	raw.Control(func(fd uintptr) {
		n, _ := syscall.Dup(int(fd))
		k.fd = int32(n)
	})
	c.Close()
	syscall.Write(int(k.fd), []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"))
	lp := h.loops[int(h.turn.Add(1))%len(h.loops)]
	h.mu.Lock()
	h.owners[k.fd] = lp
	h.mu.Unlock()
	lp.mu.Lock()
	lp.fresh = append(lp.fresh, k)
	lp.mu.Unlock()
	const edge = 1 << 31
	syscall.EpollCtl(h.poller, syscall.EPOLL_CTL_ADD, int(k.fd), &syscall.EpollEvent{Events: syscall.EPOLLOUT | syscall.EPOLLRDHUP | edge, Fd: k.fd})
	lp.ring()
}

func (h *hijack) poll() {
	events := make([]syscall.EpollEvent, 256)
	for {
		n, err := syscall.EpollWait(h.poller, events, -1)
		if err != nil && err != syscall.EINTR {
			return
		}
		h.mu.Lock()
		for _, e := range events[:max(n, 0)] {
			if l := h.owners[e.Fd]; l != nil {
				l.mu.Lock()
				l.report = append(l.report, e.Fd)
				l.mu.Unlock()
				l.ring()
			}
		}
		h.mu.Unlock()
	}
}

func (h *hijack) publish(data []byte) {
	ev := bytes.Join([][]byte{[]byte("event: sx-resolve\ndata: "), data, []byte("\n\n")}, nil)
	for _, l := range h.loops {
		l.mu.Lock()
		l.pending = append(l.pending, ev...)
		l.mu.Unlock()
		l.ring()
	}
}

func (l *hijackLoop) ring() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

func (l *hijackLoop) run() {
	var conns []*hijackConn
	byFD := map[int32]*hijackConn{}
	var report []int32
	for range l.bell {
		l.mu.Lock()
		data := l.pending
		l.pending = nil
		for _, k := range l.fresh {
			conns = append(conns, k)
			byFD[k.fd] = k
		}
		l.fresh = nil
		report, l.report = append(report[:0], l.report...), l.report[:0]
		l.mu.Unlock()
		dead := false
		for _, fd := range report {
			if k := byFD[fd]; k != nil && len(k.rest) > 0 {
				dead = !k.write(k.rest) || dead
			}
		}
		if len(data) > 0 {
			for _, k := range conns {
				switch {
				case len(k.rest) == 0:
					dead = !k.write(data) || dead
				case len(k.rest) < 1<<20: // else it has lost the race
					k.rest = slices.Concat(k.rest, data)
				}
			}
		}
		if dead {
			conns = slices.DeleteFunc(conns, func(k *hijackConn) bool {
				if k.fd >= 0 {
					return false
				}
				delete(byFD, ^k.fd)
				return true
			})
		}
	}
}

// write keeps what the socket does not take, and reports false when it is gone.
func (k *hijackConn) write(data []byte) bool {
	n, err := syscall.Write(int(k.fd), data)
	if err != nil && err != syscall.EAGAIN {
		syscall.Close(int(k.fd))
		k.fd, k.rest = ^k.fd, nil
		return false
	}
	if k.rest = data[max(n, 0):]; len(k.rest) == 0 {
		k.rest = nil
	}
	return true
}
