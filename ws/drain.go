package ws

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/coder/websocket"
)

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
