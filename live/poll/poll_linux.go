package poll

import (
	"fmt"
	"os"
	"sync"
	"syscall"
)

// Poller reports on the sockets of one loop. T is what a socket belongs to. Its methods may be called from any goroutine.
type Poller[T any] struct {
	file *os.File
	fd   int
	done chan struct{} // closed when run has ended

	mu     sync.Mutex
	owners []*T // by descriptor
}

// New makes a poller. report is called in the poller's goroutine, and must not wait: the socket of owner may have become readable, which it is as
// well when the other side has gone, or writable. It may be one report too many when a descriptor is used again, so only
// reading tells.
func New[T any](report func(owner *T, read, write bool)) (*Poller[T], error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p := &Poller[T]{file: os.NewFile(uintptr(fd), "epoll"), fd: fd, done: make(chan struct{})}
	raw, err := p.file.SyscallConn()
	if err != nil {
		p.file.Close()
		return nil, fmt.Errorf("epoll: %w", err)
	}
	go p.run(raw, report) // ends with Close
	return p, nil
}

const edge = 1 << 31 // EPOLLET; the constant of package syscall is negative

// Add reports from now on when the socket fd can be read, and with write also when it can be written; the first report of what it can do already comes
// at once. Closing the socket ends the reports; Forget lets go of owner.
func (p *Poller[T]) Add(fd int, owner *T, write bool) error {
	p.mu.Lock()
	for fd >= len(p.owners) {
		p.owners = append(p.owners, make([]*T, max(64, len(p.owners)))...)
	}
	p.owners[fd] = owner
	p.mu.Unlock()
	err := p.control(syscall.EPOLL_CTL_ADD, fd, write)
	if err != nil {
		p.Forget(fd, owner)
	}
	return err
}

// Watch makes a poller that reports when a socket can be read report when it can be written, too.
func (p *Poller[T]) Watch(fd int) error { return p.control(syscall.EPOLL_CTL_MOD, fd, true) }

func (p *Poller[T]) control(op, fd int, write bool) error {
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: int32(fd)}
	if write {
		ev.Events |= syscall.EPOLLOUT
	}
	return os.NewSyscallError("epoll", syscall.EpollCtl(p.fd, op, fd, &ev))
}

// Forget lets go of the owner of a socket, unless its descriptor belongs to another by now.
func (p *Poller[T]) Forget(fd int, owner *T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fd < len(p.owners) && p.owners[fd] == owner {
		p.owners[fd] = nil
	}
}

// Close ends the poller and waits for its goroutine. The sockets stay open.
func (p *Poller[T]) Close() {
	p.file.Close()
	<-p.done
}

func (p *Poller[T]) run(raw syscall.RawConn, report func(*T, bool, bool)) {
	defer close(p.done)
	events := make([]syscall.EpollEvent, 256)
	owners := make([]*T, len(events))
	for {
		var n int
		var fail error
		err := raw.Read(func(fd uintptr) bool {
			n, fail = syscall.EpollWait(int(fd), events, 0)
			return n != 0 || fail != nil && fail != syscall.EINTR
		})
		if err != nil || fail != nil && fail != syscall.EINTR {
			return
		}
		n = max(n, 0)
		p.mu.Lock()
		for i, e := range events[:n] {
			if int(e.Fd) < len(p.owners) {
				owners[i] = p.owners[e.Fd]
			}
		}
		p.mu.Unlock()
		for i, e := range events[:n] {
			if owners[i] == nil {
				continue
			}
			const reads = syscall.EPOLLIN | syscall.EPOLLHUP | syscall.EPOLLERR | syscall.EPOLLRDHUP
			report(owners[i], e.Events&reads != 0, e.Events&syscall.EPOLLOUT != 0)
			owners[i] = nil
		}
	}
}
