package live

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// Detached sockets
//
// net/http keeps two goroutines, two buffers and a timer for each open stream: 28 KB. A stream only ever writes, so once the handshake is
// over none of it is needed. The connection is hijacked, its socket duplicated and the original closed, which frees everything that
// belonged to it; what stays is a small struct in one of a few loops, one for each core. A loop has two goroutines: one waits for the
// kernel to report sockets that can be written to again or have gone (its poller), the other does everything else (run), so that sockets need
// no locks. The hub wakes a loop once for all its sockets of a topic (group), and puts those with several sources into its queue one by one. A turn
// of the loop asks each of them what is new, which is the same
// shared bytes for all that are at the same place, and writes it without waiting. What a socket does not take stays, as a
// part of the shared bytes, until the kernel reports it writable; meanwhile nothing more is asked for, so that the hub
// skips values that have been replaced.

// loops are a server's loops. They start with the first detached stream and end when the server is drained.
type loops struct {
	all  []*loop
	turn atomic.Uint32
	open atomic.Int64
}

func newLoops(s *Server) (*loops, error) {
	l := &loops{}
	for range runtime.GOMAXPROCS(0) {
		lp, err := newLoop(s, l)
		if err != nil {
			l.close()
			return nil, err
		}
		l.all = append(l.all, lp)
	}
	return l, nil
}

func (l *loops) count() int { return int(l.open.Load()) }

// drain makes every loop send its sockets away.
func (l *loops) drain() {
	for _, lp := range l.all {
		lp.order(orderDrain)
	}
}

// close ends the loops, cutting what is still open, and waits for them.
func (l *loops) close() {
	for _, lp := range l.all {
		lp.order(orderStop)
	}
	for _, lp := range l.all {
		<-lp.stopped
	}
}

// detach takes the connection from net/http and serves st in a loop. It reports false when the connection is not of the kind that
// allows it, with nothing changed.
func (s *Server) detach(w http.ResponseWriter, r *http.Request, st *stream) bool {
	// Only net/http's own writer: behind another one there may be a coding or a counter that must see what is written.
	if r.ProtoMajor != 1 || r.TLS != nil || reflect.TypeOf(w).String() != "*http.response" {
		return false
	}
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); !ok || a.Network() != "tcp" && a.Network() != "unix" {
		return false
	}
	s.mu.Lock()
	if s.loops == nil && !s.isDrained {
		l, err := newLoops(s)
		if err != nil {
			s.mu.Unlock()
			s.cfg.log.Warn("live: streams are not detached", "err", err)
			return false
		}
		s.loops = l
	}
	all := s.loops
	s.mu.Unlock()
	if all == nil {
		return false
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	// From here on the response is ours, whatever happens.
	conn.SetDeadline(time.Time{})
	fd, err := duplicate(conn)
	if err != nil {
		s.serveTaken(conn, w.Header(), st)
		return true
	}
	conn.Close()
	lp := all.all[int(all.turn.Add(1))%len(all.all)]
	k := &socket{loop: lp, fd: int32(fd), st: st}
	k.begin(responseHead(w.Header(), st.coding))
	all.open.Add(1)
	lp.adopt(k)
	st.waker.set(k)
	return true
}

// begin writes the head and all that is there already, without waiting, before a loop owns the socket: whoever connects need not wait for the
// loop's turn.
func (k *socket) begin(head []byte) {
	st := k.st
	head = st.coding.begin(head)
	head = st.coding.event(head, st.intro)
	st.intro = nil
	parts, n := st.next(nil)
	for _, p := range parts {
		head = append(head, p...)
	}
	if len(parts) == 0 && st.plain && len(st.feeds) == 1 {
		head = st.coding.text(head, st.position())
	}
	k.rest, k.more = st.coding.flush(head), n.any
	if n, err := syscall.Write(int(k.fd), k.rest); err == nil {
		k.rest = k.rest[n:]
	} // an error shows again when the loop writes
	if len(k.rest) == 0 {
		k.rest = nil
	}
}

// serveTaken serves a hijacked connection that turned out to have no descriptor, such as one wrapped by its listener.
func (s *Server) serveTaken(conn net.Conn, h http.Header, st *stream) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends when the client leaves or conn is closed
		defer close(done)
		defer cancel()
		var buf [256]byte
		for n := 0; n < 1<<16; { // a client sends nothing
			m, err := conn.Read(buf[:])
			if err != nil {
				return
			}
			n += m
		}
	}()
	err := s.pump(&takenWriter{conn, h, st.coding}, ctx, st)
	conn.Close()
	<-done
	st.end(err)
}

// takenWriter is the response of a hijacked connection.
type takenWriter struct {
	net.Conn
	header http.Header
	coding coding
}

func (t *takenWriter) Header() http.Header { return t.header }
func (t *takenWriter) Flush()              {}

// WriteHeader writes the head; an error shows with the first write after it.
func (t *takenWriter) WriteHeader(int) { t.Conn.Write(responseHead(t.header, t.coding)) }

// duplicate returns a descriptor of the connection's socket that the runtime does not know of.
func duplicate(conn any) (int, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("%T has no descriptor", conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	var fd uintptr
	var errno syscall.Errno
	err = raw.Control(func(old uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return int(fd), err // non-blocking like the original: the flag belongs to the socket
}

// responseHead writes the status line and header. The body has neither length nor chunks: it ends with the connection
// (RFC 9112 section 6.3).
func responseHead(h http.Header, c coding) []byte {
	setHeader(h, c)
	h.Set("Connection", "close")
	h.Del("Transfer-Encoding")
	if h.Get("Date") == "" {
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n")
	h.Write(&b) // a bytes.Buffer does not fail, and Write replaces line ends in values
	b.WriteString("\r\n")
	return b.Bytes()
}
