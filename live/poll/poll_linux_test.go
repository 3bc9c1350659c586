package poll_test

import (
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/live/poll"
)

// end is one end of a pair of sockets.
type end struct {
	fd            int
	reads, writes atomic.Int64
}

func pair(t *testing.T) (a, b *end) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &end{fd: fds[0]}, &end{fd: fds[1]}
}

// grows waits until a count is above what it was.
func grows(t *testing.T, what string, n *atomic.Int64, was int64) {
	t.Helper()
	livetest.Eventually(t, what+" is reported", func() bool { return n.Load() > was })
}

func TestPollerReports(t *testing.T) {
	p, err := poll.New(func(e *end, read, write bool) {
		if read {
			e.reads.Add(1)
		}
		if write {
			e.writes.Add(1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b := pair(t)
	if err := p.Add(a.fd, a, false); err != nil {
		t.Fatal(err)
	}
	syscall.Write(b.fd, []byte("x"))
	grows(t, "what was written", &a.reads, 0)
	if a.writes.Load() != 0 {
		t.Error("a place to write is reported unasked")
	}
	if err := p.Watch(a.fd); err != nil {
		t.Fatal(err)
	}
	grows(t, "a place to write", &a.writes, 0)

	c, d := pair(t)
	if err := p.Add(c.fd, c, true); err != nil {
		t.Fatal(err)
	}
	grows(t, "a place to write", &c.writes, 0)
	syscall.Close(d.fd)
	grows(t, "that the other side has gone", &c.reads, 0)

	p.Forget(c.fd, a) // not its owner
	was := a.reads.Load()
	p.Forget(a.fd, a)
	p.Forget(1<<20, a)
	syscall.Write(b.fd, []byte("x"))
	e, f := pair(t)
	if err := p.Add(e.fd, e, false); err != nil {
		t.Fatal(err)
	}
	syscall.Write(f.fd, []byte("x"))
	grows(t, "what was written after it", &e.reads, 0)
	if a.reads.Load() != was {
		t.Error("a forgotten socket is reported")
	}
	if err := p.Add(1<<16, a, false); err == nil {
		t.Error("a descriptor of nothing can be added")
	}
	p.Close()
	for _, x := range []*end{a, b, c, e, f} {
		syscall.Close(x.fd)
	}
}
