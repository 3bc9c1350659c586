package live

import (
	"bytes"
	"errors"
	"io"
	"os"
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

	idleAt int32  // in group.idle, or -1
	group  *group // nil with several sources
}

// takeNews implements newsTaker.
func (k *socket) takeNews() { k.loop.push(k, flagNews) }

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

// add makes the loop the owner of a new socket, whose rest is what of its begin could not be written.
func (l *loop) add(k *socket) bool {
	k.index = int32(len(l.sockets))
	k.last = time.Now().UnixNano()
	l.sockets = append(l.sockets, k)
	if err := l.poller.Add(int(k.fd), k, true); err != nil {
		l.close(k, err)
		return false
	}
	l.join(k)
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
	switch {
	case len(k.rest) > 0: // it asks again when it is writable
	case n.any:
		l.push(k, flagNews) // behind the others
	case k.group != nil && len(k.st.feeds) > 0:
		k.group.wait(k)
	}
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

// own writes a few bytes that belong to this socket alone.
func (l *loop) own(k *socket, text []byte) bool {
	l.scratch = k.st.coding.flush(k.st.coding.text(l.scratch[:0], text))
	open := l.write(k, l.scratch, time.Now())
	if open && len(k.rest) > 0 {
		k.rest = bytes.Clone(k.rest)
	}
	return open
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

func (l *loop) close(k *socket, err error) {
	k.flags.Or(flagClosed)
	last := len(l.sockets) - 1
	l.sockets[k.index] = l.sockets[last]
	l.sockets[k.index].index = k.index
	l.sockets[last] = nil
	l.sockets = l.sockets[:last]
	if k.group != nil {
		k.group.forget(k)
	}
	l.poller.Forget(int(k.fd), k)
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

// refuse ends a socket that came too late to be added.
func (l *loop) refuse(k *socket) {
	k.flags.Store(flagClosed)
	syscall.Close(int(k.fd))
	l.loops.open.Add(-1)
	k.st.end(ErrDraining)
}
