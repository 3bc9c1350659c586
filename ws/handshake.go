package ws

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

// tapWriter keeps the connection that Accept takes over.
type tapWriter struct {
	http.ResponseWriter
	conn *tapConn
	own  bool // ResponseWriter is net/http's own: nothing around it wants to see the status
	code int
}

func newTapWriter(w http.ResponseWriter) *tapWriter {
	return &tapWriter{ResponseWriter: w, own: fmt.Sprintf("%T", w) == "*http.response"}
}

// Unwrap lets http.ResponseController find what is beneath.
func (w *tapWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter. The head of a switch is written by Hijack, at once and without
// what net/http would add to it.
func (w *tapWriter) WriteHeader(code int) {
	if w.own && code == http.StatusSwitchingProtocols {
		w.code = code
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

// Hijack implements http.Hijacker.
func (w *tapWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	t := &tapConn{Conn: conn}
	w.conn = t
	if sc, ok := conn.(syscall.Conn); ok {
		t.raw, _ = sc.SyscallConn() // without one it is served like one that has none
	}
	// The buffered reader may hold bytes that came with the handshake. Small buffers take its place: of the
	// reader's only headers and short messages go through, of the writer's only control frames, which fit whole.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	t.early = append([]byte(nil), early...)
	t.buf = bufio.NewReaderSize(t, 128)
	if w.code != 0 {
		var b bytes.Buffer
		b.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
		_ = w.Header().Write(&b) // a bytes.Buffer does not fail
		b.WriteString("\r\n")
		_ = conn.SetWriteDeadline(time.Now().Add(handshakeTime))
		if _, err := conn.Write(b.Bytes()); err != nil {
			conn.Close()
			return nil, nil, err
		}
		_ = conn.SetWriteDeadline(time.Time{})
	}
	return t, bufio.NewReadWriter(t.buf, bufio.NewWriterSize(t, 136)), nil
}

const (
	handshakeTime = 10 * time.Second
	lingerTime    = 500 * time.Millisecond
	lingerBytes   = 1 << 20
)

// tapConn is what the library reads from and writes control frames to. It notes when something is read, pongs
// included.
type tapConn struct {
	net.Conn
	raw     syscall.RawConn // nil when the connection is not the operating system's own, such as TLS
	c       *Conn           // nil during the handshake, and without a loop
	early   []byte
	buf     *bufio.Reader // what the library reads through
	peeking bool          // reading must not wait; guarded by c.pmu
	heard   atomic.Int64  // Unix nanoseconds
	told    atomic.Bool   // a close frame has been written
}

// Read implements net.Conn.
func (t *tapConn) Read(p []byte) (n int, err error) {
	if len(t.early) > 0 {
		n := copy(p, t.early)
		t.early = t.early[n:]
		return n, nil
	}
	if t.peeking {
		n, err = tryRead(t.raw, p)
	} else {
		n, err = t.Conn.Read(p)
	}
	if n > 0 {
		t.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// Write implements net.Conn. The library writes nothing but control frames, each at once.
func (t *tapConn) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == 0x80|opClose {
		t.told.Store(true)
	}
	if t.c != nil {
		return t.c.control(p)
	}
	return t.Conn.Write(p)
}

// Close implements net.Conn for the library, which closes after the close frame is written. What the client
// is still sending is read and thrown away for a moment: closing a socket with unread data resets it, and
// the client would never see why it was closed.
func (t *tapConn) Close() error {
	if t.c != nil {
		t.c.settle(lingerTime)
	}
	if w, ok := t.Conn.(interface{ CloseWrite() error }); ok && w.CloseWrite() == nil {
		if t.Conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.CopyN(io.Discard, t.Conn, lingerBytes)
		}
	}
	return t.Conn.Close()
}
