package live

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Why a stream ended, as OnDisconnect and Stream report it.
var (
	ErrDraining = errors.New("live: server is draining")
	ErrSlow     = errors.New("live: client accepts nothing")
	ErrClosed   = errors.New("live: stream closed")
)

// Server serves the topics of a hub as event streams, and holds what its streams share: limits, compression, loops and the order to leave.
// It is safe for concurrent use. Drain it before the hub is closed.
type Server struct {
	hub     *hub.Hub
	cfg     config
	codings codings

	mu        sync.Mutex
	open      int
	addresses map[string]int
	sessions  map[string]int
	streams   map[*Stream]struct{} // of Serve; the others watch draining
	isDrained bool
	empty     chan struct{} // closed when the last stream has ended after Drain
	loops     *loops

	draining chan struct{}
	killed   chan struct{} // the grace period is over
}

// NewServer makes a server of h's topics.
func NewServer(h *hub.Hub, opts ...Option) *Server {
	return &Server{
		hub: h, cfg: configure(opts),
		addresses: map[string]int{}, sessions: map[string]int{}, streams: map[*Stream]struct{}{},
		empty: make(chan struct{}), draining: make(chan struct{}), killed: make(chan struct{}),
	}
}

// Hub is the hub whose topics are served.
func (s *Server) Hub() *hub.Hub { return s.hub }

// Stats are counts for monitoring.
type Stats struct {
	Streams  int // open, of any kind
	Detached int // of these, served without net/http
}

// Stats counts open streams.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{Streams: s.open}
	if s.loops != nil {
		st.Detached = s.loops.count()
	}
	return st
}

// Drain tells every client to come back after a delay, each after another one, and ends the streams. New ones are refused with 503. It
// returns when all have ended; when ctx ends first, those left are cut and its error is returned. A drained server
// stays so.
func (s *Server) Drain(ctx context.Context) error {
	s.mu.Lock()
	first := !s.isDrained
	s.isDrained = true
	var streams []*Stream
	if first {
		close(s.draining)
		if s.open == 0 {
			close(s.empty)
		}
		for st := range s.streams {
			streams = append(streams, st)
		}
	}
	loops := s.loops
	s.mu.Unlock()
	for _, st := range streams {
		go st.drain() // ends after one write, which has a deadline
	}
	if loops != nil && first {
		loops.drain()
	}
	var err error
	select {
	case <-s.empty:
	case <-ctx.Done():
		err = fmt.Errorf("live: streams still open: %w", ctx.Err())
		s.mu.Lock()
		select {
		case <-s.killed:
		default:
			close(s.killed)
		}
		s.mu.Unlock()
	}
	if loops != nil {
		loops.close()
	}
	return err
}

// drainDelay is after how long one client of a draining server is to come back.
func (c *config) drainDelay() time.Duration {
	return 100*time.Millisecond + rand.N(max(c.drainWindow, 1))
}

func (c *config) drainEvent() []byte {
	data, _ := render.Frame{Event: render.EventDrain, Delay: int(c.drainDelay().Milliseconds())}.AppendData(nil) // only raw JSON fields fail
	b, _ := Event{Name: render.EventDrain, Data: string(data)}.AppendTo(nil)                                     // the name is one line
	return b
}

// admission is one stream's share of the limits.
type admission struct {
	server           *Server
	address, session string
}

// admit counts a stream, or refuses it.
func (s *Server) admit(r *http.Request) (admission, error) {
	a := admission{server: s}
	if s == nil {
		return a, nil
	}
	if s.cfg.perAddress > 0 {
		if s.cfg.address != nil {
			a.address = s.cfg.address(r)
		} else if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			a.address = host
		}
	}
	if s.cfg.perSession > 0 && s.cfg.session != nil {
		a.session = s.cfg.session(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	const after = 5 * time.Second
	switch {
	case s.isDrained:
		return a, ErrDraining
	case s.open >= s.cfg.connections:
		return a, &StatusError{Code: http.StatusServiceUnavailable, RetryAfter: after, Err: fmt.Errorf("%d streams are open", s.open)}
	case a.address != "" && s.addresses[a.address] >= s.cfg.perAddress:
		return a, &StatusError{Code: http.StatusTooManyRequests, RetryAfter: after, Err: fmt.Errorf("address has %d streams", s.cfg.perAddress)}
	case a.session != "" && s.sessions[a.session] >= s.cfg.perSession:
		return a, &StatusError{Code: http.StatusTooManyRequests, RetryAfter: after, Err: fmt.Errorf("session has %d streams", s.cfg.perSession)}
	}
	s.open++
	if a.address != "" {
		s.addresses[a.address]++
	}
	if a.session != "" {
		s.sessions[a.session]++
	}
	return a, nil
}

// release gives the share back.
func (a admission) release() {
	s := a.server
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	countDown(s.addresses, a.address)
	countDown(s.sessions, a.session)
	if s.isDrained && s.open == 0 {
		close(s.empty)
	}
}

func countDown(m map[string]int, key string) {
	if key == "" {
		return
	}
	if m[key]--; m[key] == 0 {
		delete(m, key)
	}
}

// sameOrigin refuses pages of other origins that would read a stream with the visitor's credentials.
func (c *config) sameOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" || r.Header.Get("Cookie") == "" && r.Header.Get("Authorization") == "" {
		return nil
	}
	allowed := slices.Contains(c.origins, origin)
	if c.allowOrigin != nil {
		allowed = c.allowOrigin(r, origin)
	} else if u, err := url.Parse(origin); err == nil && u.Host != "" && u.Host == r.Host {
		allowed = true
	}
	if !allowed {
		return &StatusError{Code: http.StatusForbidden, Err: fmt.Errorf("origin %q, expected %q", origin, r.Host)}
	}
	return nil
}
