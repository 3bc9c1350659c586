package ws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Conn is one client. It is safe for concurrent use.
type Conn struct {
	srv   *Server
	ep    *Endpoint
	sock  *websocket.Conn
	net   *tapConn // what sock reads from; frames of ours are written to it whole
	id    string
	since time.Time

	cancel  context.CancelFunc
	sub     *hub.Subscriber
	writer  atomic.Int32
	writing sync.Mutex // held by the writer
	wmu     sync.Mutex // one writer at a time, so that nothing follows a close frame
	closing bool
	cmu     sync.Mutex
	ending  bool // the closing handshake has begun
	closed  sync.Once
	done    chan struct{} // closed when the closing handshake is over, or needs none
}

// ID identifies the connection.
func (c *Conn) ID() string { return c.id }

// Channel is the channel it follows.
func (c *Conn) Channel() string { return c.ep.Channel }

// User is who it is, as the endpoint said.
func (c *Conn) User() string { return c.ep.User }

// Session is the client's session, as the endpoint said.
func (c *Conn) Session() string { return c.ep.Session }

// Since is when it connected.
func (c *Conn) Since() time.Time { return c.since }

// Data is what the endpoint attached.
func (c *Conn) Data() any { return c.ep.Data }

// tapWriter keeps the connection that Accept takes over.
type tapWriter struct {
	http.ResponseWriter
	conn *tapConn
}

// Unwrap lets http.ResponseController find what is beneath.
func (w *tapWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker.
func (w *tapWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = &tapConn{Conn: conn}
	// The buffered reader may hold bytes that came with the handshake. Small buffers take its place: of the
	// reader's only headers go through, of the writer's only control frames.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	w.conn.early = append([]byte(nil), early...)
	w.conn.buf = bufio.NewReaderSize(w.conn, 256)
	small := bufio.NewReadWriter(w.conn.buf, bufio.NewWriterSize(w.conn, 256))
	return w.conn, small, nil
}

// tapConn notes when something is read, pongs included.
type tapConn struct {
	net.Conn
	early []byte
	buf   *bufio.Reader // what the library reads through
	heard atomic.Int64  // Unix nanoseconds
	told  atomic.Bool   // a close frame has been written
}

// Read implements net.Conn.
func (t *tapConn) Read(p []byte) (int, error) {
	if len(t.early) > 0 {
		n := copy(p, t.early)
		t.early = t.early[n:]
		return n, nil
	}
	n, err := t.Conn.Read(p)
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
	return t.Conn.Write(p)
}

const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
)

// Close implements net.Conn for the library, which closes after the close frame is written. What the client
// is still sending is read and thrown away for a moment: closing a socket with unread data resets it, and
// the client would never see why it was closed.
func (t *tapConn) Close() error {
	if w, ok := t.Conn.(interface{ CloseWrite() error }); ok && w.CloseWrite() == nil {
		if t.Conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.CopyN(io.Discard, t.Conn, lingerBytes)
		}
	}
	return t.Conn.Close()
}

// serve runs the connection until it ends: it reads on this goroutine. Another one writes, and exists only
// while there is something to write.
func (c *Conn) serve(ctx context.Context, lastEventID, defs string) {
	s := c.srv
	c.writer.Store(writerDone)
	c.sock.SetReadLimit(maxMessage)
	c.net.heard.Store(time.Now().UnixNano())
	cursor := hub.Cursor{}
	if lastEventID != "" {
		var err error
		if cursor, err = hub.ParseCursor(lastEventID); err != nil {
			cursor = hub.UnknownCursor()
		}
	}
	if c.ep.Join != nil {
		channel := ""
		err := c.call(func() (err error) {
			channel, err = c.ep.Join(ctx, c)
			return err
		})
		if err != nil {
			s.cfg.logger.Error("websocket join", "channel", c.ep.Channel, "error", err)
			c.Close(websocket.StatusInternalError, "")
			c.end()
			return
		}
		if channel != "" {
			c.ep.Channel = channel
		}
	}
	sub, err := s.hub.Subscribe(ctx, topic(c.ep.Channel), cursor, hub.WithWake(c.wake))
	if err != nil {
		s.cfg.logger.Error("websocket subscribe", "channel", c.ep.Channel, "error", err)
		c.Close(websocket.StatusTryAgainLater, "no place")
		c.end()
		return
	}
	c.sub = sub
	c.writer.Store(writerIdle) // until now wake found nothing to write from
	defer c.unsubscribe()
	if !s.add(c) {
		_ = c.Send(render.Frame{Event: render.EventDrain, Delay: 500})
		c.Close(websocket.StatusGoingAway, "going away")
		c.end()
		return
	}
	if c.ep.Defs != "" && defs != c.ep.DefsHash {
		_ = c.Send(render.Frame{Event: render.EventDefs, Hash: c.ep.DefsHash, SX: c.ep.Defs})
	}
	c.wake()
	if err := c.call(func() error {
		if c.ep.OnOpen == nil {
			return nil
		}
		return c.ep.OnOpen(ctx, c)
	}); err != nil {
		s.cfg.logger.Error("websocket open", "channel", c.ep.Channel, "error", err)
		c.Close(websocket.StatusInternalError, "")
	} else {
		c.read(ctx)
	}
	c.cancel()
	c.end()
	c.cut() // frees a writer that waits for the client
	c.unsubscribe()
	s.remove(c)
	if c.ep.OnClose != nil {
		if err := c.call(func() error {
			c.ep.OnClose(context.WithoutCancel(ctx), c)
			return nil
		}); err != nil {
			s.cfg.logger.Error("websocket close", "channel", c.ep.Channel, "error", err)
		}
	}
}

// call runs a handler and makes a panic in it an error.
func (c *Conn) call(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// read handles messages until the connection ends.
func (c *Conn) read(ctx context.Context) {
	var refusals []time.Time
	tokens, last := float64(c.srv.cfg.burst), time.Now()
	for {
		c.quiet()
		typ, data, err := c.sock.Read(ctx)
		if err != nil {
			c.fail(err)
			return
		}
		if typ != websocket.MessageText {
			c.Close(websocket.StatusUnsupportedData, "text messages only")
			return
		}
		now := time.Now()
		tokens = min(float64(c.srv.cfg.burst), tokens+now.Sub(last).Seconds()*c.srv.cfg.rate)
		last = now
		if tokens--; tokens < 0 { // read more slowly: what is waiting stays in the client's buffers
			select {
			case <-time.After(time.Duration(-tokens / c.srv.cfg.rate * float64(time.Second))):
			case <-ctx.Done():
				return
			}
		}
		if c.handle(ctx, string(data)) {
			continue
		}
		refusals = append(refusals, now)
		for now.Sub(refusals[0]) > time.Minute {
			refusals = refusals[1:]
		}
		if len(refusals) > 20 {
			c.Close(websocket.StatusPolicyViolation, "too many refused messages")
			return
		}
	}
}

// quiet waits for the next message where that costs least. Once closing has begun the library reads on
// another goroutine, and its buffer is no longer ours to look at.
func (c *Conn) quiet() {
	c.cmu.Lock()
	wait := !c.ending && len(c.net.early) == 0 && c.net.buf.Buffered() == 0
	c.cmu.Unlock()
	if wait {
		waitReadable(c.net.Conn)
	}
}

// fail tells the client why reading ended where the library has not: it answers most violations with their
// close code, but hangs up on a frame without a mask or with an impossible length (RFC 6455 section 7.1.7).
func (c *Conn) fail(err error) {
	var ne net.Error
	if websocket.CloseStatus(err) != -1 || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.As(err, &ne) {
		return
	}
	if !c.net.told.Load() {
		code := uint16(websocket.StatusProtocolError)
		_ = c.send(appendFrame(nil, opClose, []byte{byte(code >> 8), byte(code)})) // it may be gone already
	}
	_ = c.net.Close()
}

// handle handles one message and reports whether it was acceptable.
func (c *Conn) handle(ctx context.Context, text string) bool {
	m, err := ParseMessage(text)
	if err != nil {
		_ = c.Send(render.Frame{Event: render.EventError, Message: err.Error()})
		return false
	}
	if m.ID != "" {
		d, fresh := c.srv.delivered.begin(c.ep.Session, m.ID, time.Now())
		if !fresh {
			select {
			case <-d.done:
				_ = c.Send(render.Frame{Event: render.EventAck, ID: m.ID})
			case <-ctx.Done():
			}
			return true
		}
		defer func() {
			close(d.done)
			_ = c.Send(render.Frame{Event: render.EventAck, ID: m.ID})
		}()
	}
	err = c.call(func() error {
		if c.ep.OnMessage == nil {
			return Refused(errors.New("this socket takes no messages"))
		}
		return c.ep.OnMessage(ctx, c, m)
	})
	var no *refused
	switch {
	case err == nil:
		return true
	case errors.As(err, &no):
		_ = c.Send(render.Frame{Event: render.EventError, Message: no.Error()})
		return false
	}
	c.srv.cfg.logger.Error("websocket message", "channel", c.ep.Channel, "message", m.Name, "error", err)
	_ = c.Send(render.Frame{Event: render.EventError, Message: "the server could not handle the message"})
	return true
}

// States of a connection's writer.
const (
	writerIdle    int32 = iota // nothing to write; the hub will call wake
	writerBusy                 // a goroutine is writing
	writerPending              // and the hub has called wake meanwhile
	writerDone
)

// wake is called by the hub when there is something new. It starts a writer unless one is at work.
func (c *Conn) wake() {
	for {
		switch st := c.writer.Load(); st {
		case writerIdle:
			if c.writer.CompareAndSwap(st, writerBusy) {
				go c.write() // ends when all that is new is written
				return
			}
		case writerBusy:
			if c.writer.CompareAndSwap(st, writerPending) {
				return
			}
		default:
			return
		}
	}
}

// write sends what is new in the channel.
func (c *Conn) write() {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		b, err := c.sub.Poll()
		switch {
		case err != nil: // the subscription or the hub has ended
			if c.writer.Swap(writerDone) != writerDone {
				c.Close(websocket.StatusGoingAway, "closed")
			}
			return
		case b == nil:
			if c.writer.CompareAndSwap(writerBusy, writerIdle) {
				return
			}
			if !c.writer.CompareAndSwap(writerPending, writerBusy) {
				return
			}
			continue
		}
		if wire := b.Encoded(hub.EncodingWS, "", frames); len(wire) > 0 {
			if err := c.send(wire); err != nil {
				c.writer.Store(writerDone)
				c.cut()
				return
			}
		}
	}
}

// unsubscribe ends the writer and waits for it.
func (c *Conn) unsubscribe() {
	c.writer.Store(writerDone)
	c.sub.Close()
	c.writing.Lock()
	defer c.writing.Unlock()
}

// Send writes a frame to this client only. It waits for this client at most for the write timeout.
func (c *Conn) Send(f render.Frame) error {
	data, err := f.AppendData(nil)
	if err != nil {
		return err
	}
	return c.send(appendFrame(nil, opText, envelope(nil, f.EventName(), "", data)))
}

// send writes whole frames.
func (c *Conn) send(wire []byte) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if c.closing {
		return net.ErrClosed
	}
	// The deadline is for a client that accepts nothing; one that takes a large batch slowly is still there.
	for len(wire) > 0 {
		part := wire[:min(len(wire), 64<<10)]
		if err := c.net.SetWriteDeadline(time.Now().Add(c.srv.cfg.write)); err != nil {
			return err
		}
		if _, err := c.net.Write(part); err != nil {
			return err
		}
		wire = wire[len(part):]
	}
	return nil
}

// ping sends a ping, or drops a client that has been silent for three.
func (c *Conn) ping(now time.Time) {
	if now.Sub(time.Unix(0, c.net.heard.Load())) > 3*c.srv.cfg.ping {
		c.cut()
		return
	}
	// A client that is being written to is busy enough, and must not delay the others' pings.
	if !c.wmu.TryLock() {
		return
	}
	defer c.wmu.Unlock()
	if c.closing || c.net.SetWriteDeadline(now.Add(time.Second)) != nil {
		return
	}
	_, _ = c.net.Write([]byte{0x80 | opPing, 0}) // one that cannot be written to falls silent
}

// Close ends the connection with a close code of RFC 6455 section 7.4. It does not wait.
func (c *Conn) Close(code websocket.StatusCode, reason string) {
	c.closed.Do(func() {
		go func() { // ends when the peer has answered the close frame, after 5s at the latest
			defer close(c.done)
			c.cmu.Lock()
			c.ending = true
			c.cmu.Unlock()
			c.wmu.Lock()
			c.closing = true
			c.wmu.Unlock()
			_ = c.net.SetWriteDeadline(time.Now().Add(c.srv.cfg.write))
			_ = c.sock.Close(code, reason)
			if c.cancel != nil {
				c.cancel()
			}
		}()
	})
}

// end waits for a closing handshake under way, and lets none begin.
func (c *Conn) end() {
	c.closed.Do(func() { close(c.done) })
	<-c.done
}

// cut ends the connection at once.
func (c *Conn) cut() {
	_ = c.net.Conn.Close() // frees whoever reads from or writes to it
	c.wmu.Lock()
	c.closing = true
	c.wmu.Unlock()
	_ = c.sock.CloseNow()
}
