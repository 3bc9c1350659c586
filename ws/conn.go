package ws

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Conn is one client. It is safe for concurrent use.
type Conn struct {
	srv     *Server
	ep      *Endpoint
	sock    *websocket.Conn
	net     *tapConn // what sock reads from; frames of ours are written to it whole
	id      string
	since   time.Time
	address string

	ctx    context.Context // the connection's own life, for its handlers
	cancel context.CancelFunc

	// Reading. Who has the turn reads, and runs the handlers.
	reading  turn
	refusals []time.Time
	tokens   float64
	filled   time.Time
	added    bool // to the server's connections

	// Writing.
	wmu     sync.Mutex // one writer at a time, so that nothing follows a close frame
	sub     *hub.Subscriber
	pace    hub.Pace
	closing atomic.Bool
	writing turn       // of a connection without a loop
	written sync.Mutex // held by its writer

	// With a loop. See loop_linux.go.
	loop    *loop
	fd      int32
	why     atomic.Uint32 // it is in the loop's queue
	rest    []byte        // what the socket has not taken yet, whole frames but for the first; may be part of shared bytes
	watched bool          // the loop is told when the socket takes more
	moved   int64         // when the socket last took something while there was a rest, Unix nanoseconds
	room    chan struct{} // closed when there is no rest any more; nil when nobody waits

	pmu    sync.Mutex // guards looking at what the library reads through
	ending bool       // the closing handshake has begun
	closed sync.Once
	done   chan struct{} // closed when the closing handshake is over, or needs none
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

// open begins the connection.
func (c *Conn) open(r *http.Request) {
	early := len(c.net.early) > 0
	var lastEventID, defs string
	if r.URL.RawQuery != "" {
		query := r.URL.Query()
		lastEventID, defs = query.Get(render.ParamLastEventID), query.Get(render.ParamDefs)
	}
	c.reading.hold()
	c.writing.over() // until it is subscribed there is nothing to write
	c.sock.SetReadLimit(maxMessage)
	c.filled, c.tokens = c.since, float64(c.srv.cfg.burst)
	c.net.heard.Store(c.since.UnixNano())
	if l := c.srv.loopFor(c); l != nil {
		c.loop = l
		c.net.c = c
		if err := l.enter(c); err != nil { // such as when the system's limit of watched sockets is reached
			c.srv.cfg.logger.Warn("websocket is not served by a loop", "error", err)
			c.loop, c.net.c = nil, nil
		}
	}
	if !c.join(lastEventID, defs) {
		c.finish()
		return
	}
	// On a goroutine of its own, so that what net/http keeps for a request (its buffers, and a stack grown by parsing)
	// is free while the connection lives.
	// What has been sent since the handshake the loop's poller reports, so that nothing need be looked for.
	if c.loop == nil || (early || !c.reading.give()) && !c.quiet() {
		go c.input() // ends when there is nothing to read or, without a loop, with the connection, for which Drain waits
	}
}

// join subscribes the connection to its channel and runs what is to be run when it opens.
func (c *Conn) join(lastEventID, defs string) bool {
	s := c.srv
	cursor := hub.Cursor{}
	if lastEventID != "" {
		var err error
		if cursor, err = hub.ParseCursor(lastEventID); err != nil {
			cursor = hub.UnknownCursor()
		}
	}
	if c.ep.Join != nil && !c.choose() {
		return false
	}
	// The connection ends its subscription itself, so the hub need not watch a context.
	sub, err := s.hub.Subscribe(context.Background(), topic(c.ep.Channel), cursor, hub.WithWake(c.wake))
	if err != nil {
		c.failed("websocket subscribe", err, websocket.StatusTryAgainLater, "no place")
		return false
	}
	c.wmu.Lock()
	c.sub = sub
	c.wmu.Unlock()
	c.writing.state.Store(turnFree)
	if !s.add(c) {
		c.farewell(500)
		c.Close(websocket.StatusGoingAway, "going away")
		return false
	}
	c.added = true
	if s.people != nil {
		s.people.come(c.ctx, c.ep.Channel, Member{c.id, c.ep.User, c.since})
	}
	if c.ep.Defs != "" && defs != c.ep.DefsHash {
		c.define()
	}
	c.first()
	if c.ep.OnOpen == nil {
		return true
	}
	if err := c.call(func() error { return c.ep.OnOpen(c.ctx, c) }); err != nil {
		c.failed("websocket open", err, websocket.StatusInternalError, "")
		return false
	}
	return true
}

// choose lets the endpoint choose the channel.
func (c *Conn) choose() bool {
	channel := ""
	s := c.srv
	s.mu.Lock()
	s.choosing[c] = struct{}{}
	s.mu.Unlock()
	err := c.call(func() (err error) {
		channel, err = c.ep.Join(c.ctx, c)
		return err
	})
	s.mu.Lock()
	delete(s.choosing, c)
	s.mu.Unlock()
	var refused *StatusError
	if errors.As(err, &refused) { // a browser is not told the status of a handshake: this is its way to hear it
		c.Close(websocket.StatusCode(4000+refused.Code), http.StatusText(refused.Code))
		return false
	}
	if err != nil {
		c.failed("websocket join", err, websocket.StatusInternalError, "")
		return false
	}
	if channel != "" {
		c.ep.Channel = channel
	}
	return true
}

// define sends the definitions that frames use.
//
//go:noinline
func (c *Conn) define() {
	_ = c.Send(render.Frame{Event: render.EventDefs, Hash: c.ep.DefsHash, SX: c.ep.Defs})
}

// failed closes a connection that could not begin.
func (c *Conn) failed(what string, err error, code websocket.StatusCode, reason string) {
	c.srv.cfg.logger.Error(what, "channel", c.ep.Channel, "error", err)
	c.Close(code, reason)
}

// input reads and handles messages until there is nothing to read, or for good. Its caller has the turn.
func (c *Conn) input() {
	for !c.quiet() {
		if !c.receive() {
			c.finish()
			return
		}
	}
}

// finish ends the connection and what belongs to it. Called once, by who has the turn, which stays with it.
func (c *Conn) finish() {
	c.cancel()
	c.end()
	c.cut() // frees a writer that waits for the client
	c.unsubscribe()
	c.srv.remove(c)
	if c.added && c.srv.people != nil {
		c.srv.people.leave(c.ep.Channel, c.id)
	}
	if c.loop != nil {
		c.loop.leave(c)
	}
	if c.ep.OnClose != nil && c.added {
		if err := c.call(func() error {
			c.ep.OnClose(context.WithoutCancel(c.ctx), c)
			return nil
		}); err != nil {
			c.srv.cfg.logger.Error("websocket close", "channel", c.ep.Channel, "error", err)
		}
	}
	c.srv.leave(c.address, c.ep.Session)
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

// receive reads one message and handles it. It reports whether to continue.
func (c *Conn) receive() bool {
	// Without a context of its own, which the library would watch for every frame: closing the connection ends
	// reading as well.
	typ, data, err := c.sock.Read(context.Background())
	if err != nil {
		c.fail(err)
		return false
	}
	if typ != websocket.MessageText {
		c.Close(websocket.StatusUnsupportedData, "text messages only")
		return false
	}
	if !utf8.Valid(data) { // RFC 6455 section 8.1
		c.Close(websocket.StatusInvalidFramePayloadData, "text is not UTF-8")
		return false
	}
	now, cfg := time.Now(), &c.srv.cfg
	c.tokens = min(float64(cfg.burst), c.tokens+now.Sub(c.filled).Seconds()*cfg.rate)
	c.filled = now
	if c.tokens--; c.tokens < 0 { // read more slowly: what is waiting stays in the client's buffers
		t := time.NewTimer(time.Duration(-c.tokens / cfg.rate * float64(time.Second)))
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.ctx.Done():
			return false
		}
	}
	if c.handle(c.ctx, string(data)) {
		return true
	}
	c.refusals = append(c.refusals, now)
	for now.Sub(c.refusals[0]) > time.Minute {
		c.refusals = c.refusals[1:]
	}
	if len(c.refusals) > 20 {
		c.Close(websocket.StatusPolicyViolation, "too many refused messages")
		return false
	}
	return true
}

// readable is called by the loop when there is something to read, or the client has gone. Pongs are taken here;
// for anything else a goroutine reads.
func (c *Conn) readable() {
	if c.reading.take() && !c.quiet() {
		go c.input() // ends when nothing is left to read
	}
}

// quiet waits for the next message where that costs least: with a loop not at all. It reports whether the turn
// was given back, because there is nothing to read.
func (c *Conn) quiet() bool {
	if c.loop == nil {
		c.pmu.Lock()
		wait := !c.ending && len(c.net.early) == 0 && c.net.buf.Buffered() == 0
		c.pmu.Unlock()
		if wait {
			waitReadable(c.net.Conn)
		}
		return false
	}
	for c.nothing() {
		if c.reading.give() {
			return true
		}
	}
	return false
}

// nothing takes pongs and reports whether nothing else is there. Once closing has begun the library reads on
// another goroutine, and its buffer is no longer ours to look at.
func (c *Conn) nothing() bool {
	c.pmu.Lock()
	defer c.pmu.Unlock()
	if c.ending {
		return false
	}
	c.net.peeking = true
	defer func() { c.net.peeking = false }()
	for range 16 { // a client that sends nothing else is read on a goroutine of its own
		// A masked pong with at most the payload that the buffer has place for (RFC 6455 section 5.5.3).
		b, err := c.net.buf.Peek(6)
		if len(b) < 6 {
			return len(b) == 0 && err == errNothing
		}
		n := 6 + int(b[1]&0x7f)
		if b[0] != 0x80|opPong || b[1]&0x80 == 0 || n > c.net.buf.Size() {
			return false
		}
		if b, _ = c.net.buf.Peek(n); len(b) < n {
			return false
		}
		_, _ = c.net.buf.Discard(n)
	}
	return false
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
	if m.ID == "" {
		_, ok := c.run(ctx, m)
		return ok
	}
	d, fresh := c.srv.delivered.begin(c.sender(text), m.ID, time.Now())
	ok := true
	if fresh {
		d.refusal, ok = c.run(ctx, m)
		close(d.done)
	} else {
		select {
		case <-d.done:
		case <-ctx.Done():
			return true
		}
	}
	_ = c.Send(render.Frame{Event: render.EventAck, ID: m.ID, Message: d.refusal})
	return ok
}

// sender says whose ids a message's id is compared with: those of the session's messages to the channel. Without a session clients have
// nothing but their ids, and of two who gave the same one to different messages neither is to be lost.
func (c *Conn) sender(text string) string {
	if c.ep.Session != "" {
		return c.ep.Session + "\x00" + c.ep.Channel
	}
	sum := sha256.Sum256([]byte(text))
	return "\x00" + c.ep.Channel + "\x00" + string(sum[:16])
}

// run calls the handler. A refusal is what the client is told when the message was not handled; ok is false when
// that was the client's fault.
func (c *Conn) run(ctx context.Context, m Message) (refusal string, ok bool) {
	err := c.call(func() error {
		if c.ep.OnMessage == nil {
			return Refused(errors.New("this socket takes no messages"))
		}
		return c.ep.OnMessage(ctx, c, m)
	})
	var no *refused
	switch {
	case err == nil:
		return "", true
	case errors.As(err, &no):
		refusal = no.Error()
	default:
		c.srv.cfg.logger.Error("websocket message", "channel", c.ep.Channel, "message", m.Name, "error", err)
		refusal, ok = "the server could not handle the message", true
	}
	_ = c.Send(render.Frame{Event: render.EventError, Message: refusal})
	return refusal, ok
}
