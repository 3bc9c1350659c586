package ws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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
	wmu     sync.Mutex // one writer at a time, so that nothing follows a close frame
	closing bool
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
	// The buffered reader may hold bytes that came with the handshake; it goes on to read from conn itself,
	// so what it reads is noted by wrapping it.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	w.conn.early = append([]byte(nil), early...)
	rw.Reader.Reset(w.conn)
	return w.conn, rw, nil
}

// tapConn notes when something is read, pongs included.
type tapConn struct {
	net.Conn
	early []byte
	heard atomic.Int64 // Unix nanoseconds
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

// serve runs the connection until it ends. It reads on the handler's goroutine and writes on another.
func (c *Conn) serve(r *http.Request) {
	s := c.srv
	// The request's context ends with the handler, not with the client: reading notices that.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	c.cancel = cancel
	defer cancel()
	c.sock.SetReadLimit(maxMessage)
	c.net.heard.Store(time.Now().UnixNano())
	cursor := hub.Cursor{}
	if id := r.URL.Query().Get(render.ParamLastEventID); id != "" {
		var err error
		if cursor, err = hub.ParseCursor(id); err != nil {
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
	sub, err := s.hub.Subscribe(ctx, topic(c.ep.Channel), cursor)
	if err != nil {
		s.cfg.logger.Error("websocket subscribe", "channel", c.ep.Channel, "error", err)
		c.Close(websocket.StatusTryAgainLater, "no place")
		c.end()
		return
	}
	defer sub.Close()
	if !s.add(c) {
		_ = c.Send(render.Frame{Event: render.EventDrain, Delay: 500})
		c.Close(websocket.StatusGoingAway, "going away")
		c.end()
		return
	}
	if c.ep.Defs != "" && r.URL.Query().Get(render.ParamDefs) != c.ep.DefsHash {
		_ = c.Send(render.Frame{Event: render.EventDefs, Hash: c.ep.DefsHash, SX: c.ep.Defs})
	}
	var writing sync.WaitGroup
	writing.Add(1)
	go func() { // ends when sub does: on cancel, on Close of the hub, or when writing fails
		defer writing.Done()
		c.write(ctx, sub)
	}()
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
	cancel()
	c.end()
	c.cut() // frees a writer that waits for the client
	writing.Wait()
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
		typ, data, err := c.sock.Read(ctx)
		if err != nil {
			return // the library has answered a violation with its close code
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

// write sends what is published to the channel.
func (c *Conn) write(ctx context.Context, sub *hub.Subscriber) {
	for {
		b, err := sub.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				c.Close(websocket.StatusGoingAway, "closed")
			}
			return
		}
		if wire := b.Encoded(hub.EncodingWS, "", frames); len(wire) > 0 {
			if err := c.send(wire); err != nil {
				c.cut()
				return
			}
		}
	}
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
	_ = c.net.Close() // frees whoever reads from or writes to it
	c.wmu.Lock()
	c.closing = true
	c.wmu.Unlock()
	_ = c.sock.CloseNow()
}
