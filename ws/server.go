package ws

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Subprotocol is what the client offers and the server accepts.
const Subprotocol = "sx.v1"

// Endpoint is what a socket URL stands for, for one client.
type Endpoint struct {
	Channel string // clients of one channel get the same broadcasts
	User    string // who this is, for Presence; may be empty
	Session string // the client's session: reliable messages are remembered per session
	Data    any    // the application's, see Conn.Data

	// Join picks the channel; an empty one leaves Channel. Its error closes the connection. May be nil.
	Join func(ctx context.Context, c *Conn) (channel string, err error)
	// OnOpen is called when the connection is subscribed to its channel; its error closes the connection.
	OnOpen func(ctx context.Context, c *Conn) error
	// OnMessage is called for each message. An error made by Refused is told to the client; any other is
	// logged.
	OnMessage func(ctx context.Context, c *Conn, m Message) error
	// OnClose is called once when the connection has ended; it is no longer in Presence then. ctx is not
	// cancelled by the client's leaving.
	OnClose func(ctx context.Context, c *Conn)
	// Defs are component definitions as SX text and DefsHash their hash: they go first, unless the
	// client's ?defs=HASH names them.
	Defs, DefsHash string
}

// StatusError refuses a connection before the handshake. As the error of Endpoint.Join it closes one after it, with the close code
// 4000 + Code: browsers do not tell their scripts the status of a handshake, and would try for ever.
type StatusError struct {
	Code       int           // HTTP status
	RetryAfter time.Duration // for the Retry-After header; 0 writes none
	Err        error         // why, for the log; clients see only the status
}

// Error describes the refusal.
func (e *StatusError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d: %v", e.Code, e.Err)
	}
	return strconv.Itoa(e.Code) + " " + http.StatusText(e.Code)
}

// Unwrap returns the cause.
func (e *StatusError) Unwrap() error { return e.Err }

// Member is one client in a channel.
type Member struct {
	ID    string    `json:"id"` // of the connection
	User  string    `json:"user"`
	Since time.Time `json:"since"`
}

// Server serves WebSockets whose clients follow channels, which are topics of a hub. It is safe for
// concurrent use. Drain it before the hub is closed.
type Server struct {
	cfg config
	hub *hub.Hub

	mu       sync.Mutex
	open     int
	channels map[string]map[*Conn]struct{}
	choosing map[*Conn]struct{} // their Join is running
	address  map[string]int
	session  map[string]int
	admitted int
	draining bool
	running  sync.WaitGroup
	pinging  bool
	stop     chan struct{} // closed by Drain: ends the pinger
	loops    *loops        // nil before the first connection that needs one
	noLoops  bool          // there cannot be any

	delivered delivered
	people    *people // nil without a broker
}

// NewServer makes a server.
func NewServer(h *hub.Hub, opts ...Option) *Server {
	s := &Server{cfg: newConfig(opts), hub: h, channels: map[string]map[*Conn]struct{}{}, choosing: map[*Conn]struct{}{},
		address: map[string]int{}, session: map[string]int{}, stop: make(chan struct{})}
	if h.Linked() {
		s.people = newPeople(h, s.cfg.heartbeat, s.cfg.logger)
	}
	return s
}

// topic names the hub's topic of a channel.
func topic(channel string) string { return "ws:" + channel }

// Broadcast sends a frame to every client of a channel, on every node that shares the hub's broker. It
// does not wait for any of them.
func (s *Server) Broadcast(channel string, f render.Frame) (hub.Cursor, error) {
	ev, err := event(f)
	if err != nil {
		return hub.Cursor{}, err
	}
	return s.hub.Publish(topic(channel), ev)
}

// Snapshot returns what a client that joins the channel would get first, and the cursor at which it would go
// on: a page renders with it, so that nothing falls between page and socket.
func (s *Server) Snapshot(channel string) ([]*hub.Message, hub.Cursor) {
	return s.hub.Snapshot(topic(channel))
}

// Presence lists who is connected to a channel, longest first, at every node that shares the hub's broker. It waits
// until the broker has told about the channel, if it has not yet, for two seconds at most; what it has not told is
// missing.
func (s *Server) Presence(ctx context.Context, channel string) []Member {
	var out []Member
	if s.people != nil {
		out = s.people.elsewhere(ctx, channel)
	}
	s.mu.Lock()
	for c := range s.channels[channel] {
		out = append(out, Member{c.id, c.ep.User, c.since})
	}
	s.mu.Unlock()
	sort.Slice(out, func(i, j int) bool {
		if !out[i].Since.Equal(out[j].Since) {
			return out[i].Since.Before(out[j].Since)
		}
		return out[i].ID < out[j].ID
	})
	return out
}

// StatusSessionOver is the close code "Unauthorized" of IANA's registry: what the connection was allowed by is over or has changed. The
// client comes back, and is told what everybody is.
const StatusSessionOver websocket.StatusCode = 3000

// CloseSession closes the connections of a session with StatusSessionOver, as when it has ended, changed or lost its rights.
func (s *Server) CloseSession(session string) {
	for _, c := range s.all() {
		if session != "" && c.ep.Session == session {
			c.Close(StatusSessionOver, "session ended")
		}
	}
}

// Len is the number of open connections.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *Server) all() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Conn, 0, s.open)
	for _, ch := range s.channels {
		for c := range ch {
			out = append(out, c)
		}
	}
	return out
}

// Handler serves the clients that endpoint accepts. endpoint checks guards and parameters: its error
// refuses the connection with the code of a *StatusError, else 500.
func (s *Server) Handler(endpoint func(r *http.Request) (*Endpoint, error)) http.Handler {
	own := s.cfg.allowOrigin != nil
	return &handler{s, endpoint, websocket.AcceptOptions{
		Subprotocols:       []string{Subprotocol},
		OriginPatterns:     s.cfg.origins,
		InsecureSkipVerify: own, // the origin is looked at in check
		CompressionMode:    websocket.CompressionDisabled,
	}}
}

// handler shakes hands. It works in steps with small frames of their own: the handshake just fits net/http's second
// size of stack, and growing a stack once more costs as much as everything else that happens here.
type handler struct {
	srv      *Server
	endpoint func(r *http.Request) (*Endpoint, error)
	opts     websocket.AcceptOptions
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Conn{srv: h.srv}
	if !c.check(w, r, h.endpoint) {
		return
	}
	tap := newTapWriter(w)
	var err error
	if c.sock, err = websocket.Accept(tap, r, &h.opts); err != nil {
		c.refused(r, err)
		return // Accept has answered
	}
	if c.begin(tap, r) {
		c.open(r)
	}
}

// check decides whether a client may connect, and answers it if not. One that may is counted.
func (c *Conn) check(w http.ResponseWriter, r *http.Request, endpoint func(r *http.Request) (*Endpoint, error)) bool {
	s := c.srv
	origin := r.Header.Get("Origin")
	if origin == "null" || origin != "" && s.cfg.allowOrigin != nil && !s.cfg.allowOrigin(r, origin) {
		http.Error(w, "forbidden origin", http.StatusForbidden)
		return false
	}
	ep, err := endpoint(r)
	if err != nil {
		s.refuse(w, err)
		return false
	}
	c.ep, c.address = ep, s.cfg.addressOf(r)
	if err := s.admit(c.address, ep.Session); err != nil {
		s.refuse(w, err)
		return false
	}
	return true
}

// refused is for a handshake that failed.
func (c *Conn) refused(r *http.Request, err error) {
	c.srv.cfg.logger.Debug("websocket refused", "path", r.URL.Path, "error", err)
	c.srv.leave(c.address, c.ep.Session)
}

// begin ends the handshake. It reports false when the client has gone.
func (c *Conn) begin(tap *tapWriter, r *http.Request) bool {
	if err := tap.greet(); err != nil {
		_ = c.sock.CloseNow()
		c.refused(r, err)
		return false
	}
	c.net, c.id, c.since, c.done = tap.conn, newID(), time.Now(), make(chan struct{})
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(r.Context()))
	return true
}

// loopFor returns the loop that is to serve a connection, or nil.
func (s *Server) loopFor(c *Conn) *loop {
	if c.net.raw == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loops == nil && !s.noLoops {
		l, err := startLoops(s.cfg.write)
		if err != nil {
			s.noLoops = true
			if !errors.Is(err, errors.ErrUnsupported) {
				s.cfg.logger.Warn("websockets are not served by loops", "error", err)
			}
			return nil
		}
		s.loops = l
	}
	if s.loops == nil {
		return nil
	}
	return s.loops.pick()
}

func (s *Server) refuse(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	var se *StatusError
	if errors.As(err, &se) {
		code = se.Code
		if se.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((se.RetryAfter+time.Second-1)/time.Second)))
		}
	} else {
		s.cfg.logger.Error("websocket endpoint", "error", err)
	}
	http.Error(w, http.StatusText(code), code)
}

// admit counts a connection against the limits.
func (s *Server) admit(addr, session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining:
		return &StatusError{Code: http.StatusServiceUnavailable, RetryAfter: s.cfg.drain}
	case s.admitted >= s.cfg.maxTotal:
		return &StatusError{Code: http.StatusServiceUnavailable, RetryAfter: 5 * time.Second}
	case s.cfg.maxAddress > 0 && addr != "" && s.address[addr] >= s.cfg.maxAddress,
		s.cfg.maxSession > 0 && session != "" && s.session[session] >= s.cfg.maxSession:
		return &StatusError{Code: http.StatusTooManyRequests, RetryAfter: 5 * time.Second}
	}
	s.admitted++
	s.address[addr]++
	if session != "" {
		s.session[session]++
	}
	s.running.Add(1)
	if !s.pinging {
		s.pinging = true
		s.running.Add(1)
		go s.pinger() // ends when Drain closes s.stop, or when there is nobody left to ping
	}
	return nil
}

func (s *Server) leave(addr, session string) {
	s.mu.Lock()
	s.admitted--
	if s.address[addr]--; s.address[addr] <= 0 {
		delete(s.address, addr)
	}
	if session != "" {
		if s.session[session]--; s.session[session] <= 0 {
			delete(s.session, session)
		}
	}
	s.mu.Unlock()
	s.running.Done()
}

func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.open++
	ch := s.channels[c.ep.Channel]
	if ch == nil {
		ch = map[*Conn]struct{}{}
		s.channels[c.ep.Channel] = ch
	}
	ch[c] = struct{}{}
	return true
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels[c.ep.Channel]
	if _, there := ch[c]; !there {
		return
	}
	s.open--
	delete(ch, c)
	if len(ch) == 0 {
		delete(s.channels, c.ep.Channel)
	}
}

// pinger pings every client, and drops those from which nothing has been heard for three pings. One
// goroutine does it for all, so that a quiet connection needs no timer.
func (s *Server) pinger() {
	defer s.running.Done()
	t := time.NewTicker(s.cfg.ping)
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case now := <-t.C:
			for _, c := range s.all() {
				c.ping(now)
			}
			s.mu.Lock()
			if s.admitted == 0 {
				s.pinging = false
				s.mu.Unlock()
				return
			}
			s.mu.Unlock()
		}
	}
}

// Drain tells every client to come back after a delay, each after another one, and closes the connections
// with 1001. New ones are refused with 503. It returns when all have ended; when ctx ends first, those left
// are cut, the contexts of their handlers end, and its error is returned, at the latest a second later, whatever
// a handler does.
func (s *Server) Drain(ctx context.Context) error {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.stop)
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		delay := int(s.cfg.drain.Milliseconds())
		if delay > 0 {
			delay = rand.IntN(delay)
		}
		c.farewell(delay)
		c.Close(websocket.StatusGoingAway, "going away")
	}
	done := make(chan struct{})
	go func() { // ends when every connection has, which cutting them below brings about
		s.running.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		s.cut()
		t := time.NewTimer(cutPatience)
		defer t.Stop()
		select {
		case <-done:
		case <-t.C: // a handler does not heed its context
		}
		err = ctx.Err()
	}
	s.mu.Lock()
	l := s.loops
	s.loops, s.noLoops = nil, true
	s.mu.Unlock()
	if l != nil {
		l.end()
	}
	if s.people != nil {
		s.people.stop()
	}
	return err
}

// cutPatience is how long Drain waits for handlers whose context has ended.
const cutPatience = time.Second

// cut ends all connections and what runs for them.
func (s *Server) cut() {
	list := s.all()
	s.mu.Lock()
	for c := range s.choosing {
		list = append(list, c)
	}
	s.mu.Unlock()
	for _, c := range list {
		c.cancel()
		c.drop()
	}
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func newID() string { return strconv.FormatUint(rand.Uint64(), 36) }
