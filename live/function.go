package live

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// functionSource makes a Go function a source of a multiplexed stream: it becomes the producer of a topic that only this client knows. So a slow
// client gets the newest value of each slot here too, and the function never waits for it.
func (s *Server) functionSource(r *http.Request, src Source, lastID string) (Source, error) {
	fn, ok := src.Stream.(*function)
	if !ok {
		return src, fmt.Errorf("live: a source's Stream is %T, expected what Serve returns", src.Stream)
	}
	if src.Request != nil {
		r = src.Request
	}
	for _, f := range fn.cfg.onConnect {
		if err := f(r); err != nil {
			return src, err
		}
	}
	topic := "\x00stream " + rand.Text()
	// The request's values outlive it, its end does not count: a detached stream goes on after the handler has returned.
	base := context.WithoutCancel(r.Context())
	return Source{Topic: topic, Producer: func(subscribed context.Context) {
		err := fn.follow(subscribed, base, r, lastID, func(ev hub.Event) error {
			_, err := s.hub.Publish(topic, ev)
			return err
		})
		fn.cfg.disconnected(r, err)
	}}, nil
}

// follow runs the function until the client has gone or the function has closed its stream, as often as a client with a
// connection of its own would come back.
func (fn *function) follow(subscribed, base context.Context, r *http.Request, lastID string, publish func(hub.Event) error) error {
	for {
		s := &Stream{cfg: &fn.cfg, r: r, publish: publish, lastID: lastID}
		s.ctx, s.cancel = context.WithCancelCause(base)
		stop := context.AfterFunc(subscribed, func() { s.cancel(context.Canceled) })
		err := fn.call(s)
		stop()
		s.mu.Lock()
		began, closed := s.began, errors.Is(s.err, ErrClosed)
		if s.err == nil {
			s.err = ErrClosed
		}
		lastID = s.lastID
		s.mu.Unlock()
		s.cancel(ErrClosed)
		switch {
		case subscribed.Err() != nil:
			return context.Canceled
		case closed:
			return nil
		case err != nil && !began:
			code := refusal(err).Code
			if code >= 500 {
				fn.cfg.log.Error("live stream refused", "path", r.URL.Path, "err", err)
			}
			if ev, ferr := FrameEvent(render.Frame{Event: render.EventError, Message: http.StatusText(code), Status: code}); ferr == nil {
				ev.ID = hub.NoID
				publish(ev) // a closed hub ends the stream anyway
			}
			return err
		case err != nil:
			fn.cfg.log.Error("live stream ended with an error", "path", r.URL.Path, "err", err)
		}
		select {
		case <-time.After(jitter(max(fn.cfg.retry, 100*time.Millisecond))):
		case <-subscribed.Done():
			return context.Canceled
		}
	}
}

// pass publishes an event of a source. Called with the lock held.
func (s *Stream) pass(ev hub.Event, id string) error {
	switch {
	case s.err != nil:
		return s.err
	case s.ctx.Err() != nil:
		s.err = context.Cause(s.ctx)
		return s.err
	}
	s.began = true
	if ev.ID = hub.NoID; id != "" {
		ev.ID, s.lastID = id, id
	}
	return s.publish(ev)
}
