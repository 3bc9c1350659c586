package ws

import (
	"context"
	"errors"
	"fmt"
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
