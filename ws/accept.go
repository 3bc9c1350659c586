package ws

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

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

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func newID() string { return strconv.FormatUint(rand.Uint64(), 36) }
