package ws

import (
	"context"
	"fmt"
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
