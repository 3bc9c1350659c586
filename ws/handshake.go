package ws

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
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
	return &tapWriter{ResponseWriter: w, own: reflect.TypeOf(w).String() == "*http.response"}
}

// Unwrap lets http.ResponseController find what is beneath.
func (w *tapWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter. The head of a switch is written by greet, at once and without
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
	var conn net.Conn
	var rw *bufio.ReadWriter
	var err error
	if h, ok := w.ResponseWriter.(http.Hijacker); ok {
		conn, rw, err = h.Hijack()
	} else {
		conn, rw, err = http.NewResponseController(w.ResponseWriter).Hijack()
	}
	if err != nil {
		return nil, nil, err
	}
	return w.tap(conn, rw)
}

// tap takes the place of a connection's buffers.
//
//go:noinline
func (w *tapWriter) tap(conn net.Conn, rw *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) {
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
	return t, bufio.NewReadWriter(t.buf, bufio.NewWriterSize(t, 136)), nil
}

// greet tells the client that the handshake has succeeded, if nobody has told it yet.
func (w *tapWriter) greet() error {
	if w.code == 0 {
		return nil
	}
	b := append(make([]byte, 0, 256), "HTTP/1.1 101 Switching Protocols\r\n"...)
	for name, values := range w.Header() {
		if strings.ContainsAny(name, " :\r\n") {
			continue
		}
		for _, v := range values {
			b = append(append(b, name...), ": "...)
			b = append(append(b, oneLine.Replace(v)...), "\r\n"...)
		}
	}
	b = append(b, "\r\n"...)
	conn := w.conn
	if conn.raw != nil { // its buffers are empty and take so little at once
		n, err := tryWrite(conn.raw, b)
		if b = b[n:]; len(b) == 0 || err != nil {
			return err
		}
	}
	_ = conn.SetWriteDeadline(time.Now().Add(handshakeTime))
	if _, err := conn.Conn.Write(b); err != nil {
		return err
	}
	return conn.SetWriteDeadline(time.Time{})
}

// oneLine keeps a header's value from ending its line, as net/http does.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

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
