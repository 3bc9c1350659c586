package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Stream is one client's event stream, written by a Go function. It is safe for concurrent use. Every method reports a client that has gone
// as an error, and so does the context the function was given; a client that accepts nothing for the WriteTimeout counts as gone.
// Writing waits for this client only.
type Stream struct {
	cfg    *config
	r      *http.Request
	ctx    context.Context // the stream's own life, which Resolve evaluates under
	cancel context.CancelCauseFunc
	once   bool // one-shot: no retry, no keep-alive

	mu    sync.Mutex
	w     http.ResponseWriter
	wire  *wire // nil until the stream has begun
	cod   coding
	err   error // why nothing can be written any more
	quiet *time.Timer
	text  []byte

	// A source of a multiplexed stream publishes into a topic of its own instead.
	publish func(hub.Event) error
	lastID  string
	began   bool
}

// beginAfter is when a stream begins although nothing was sent, so that the client knows that it is connected. Until then the
// function's error can still choose the status.
const beginAfter = time.Second

// Serve makes f a stream: it is called for each client and may send until it returns or ctx ends, which happens when the client leaves and when the
// server given with Via drains. The stream begins with the first thing sent, or after a second; an error returned before
// answers with the status of a *StatusError, else 500; one returned after is logged. A client whose stream has ended comes back after the
// retry time, with LastEventID, unless it was ended by Close.
func Serve(f func(ctx context.Context, s *Stream) error, opts ...Option) http.Handler {
	return &function{f: f, cfg: configure(opts)}
}

// function is a Go function that makes streams.
type function struct {
	f      func(ctx context.Context, s *Stream) error
	cfg    config
	shared codings
}

func (fn *function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &fn.cfg
	adm, err := c.server.admit(r)
	if err == nil {
		defer adm.release()
		err = c.sameOrigin(r)
		for i := 0; err == nil && i < len(c.onConnect); i++ {
			err = c.onConnect[i](r)
		}
	}
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	s := newStream(c, w, r, &fn.shared)
	defer s.cancel(nil)
	if v := c.server; v != nil {
		v.mu.Lock()
		v.streams[s] = struct{}{}
		late := v.isDrained // it began between admit and here
		v.mu.Unlock()
		if late {
			s.drain()
		}
		defer func() {
			v.mu.Lock()
			delete(v.streams, s)
			v.mu.Unlock()
		}()
	}
	first := time.AfterFunc(beginAfter, s.open)
	defer first.Stop()
	err = s.finish(fn.call(s))
	c.disconnected(r, err)
}

// call calls the function; a panic in it is an error.
func (fn *function) call(s *Stream) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn.f(s.ctx, s)
}

// disconnected calls the functions of OnDisconnect. A panic in one is logged: it may run in a goroutine of ours.
func (c *config) disconnected(r *http.Request, err error) {
	for _, f := range c.onDisconnect {
		func() {
			defer func() {
				if p := recover(); p != nil {
					c.log.Error("OnDisconnect panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				}
			}()
			f(r, err)
		}()
	}
}

// Respond answers one request with the events that f sends, and ends: what a Datastar action or a form wants. An error of f before it
// sent anything leaves the response untouched.
func Respond(w http.ResponseWriter, r *http.Request, f func(s *Stream) error, opts ...Option) error {
	c := configure(opts)
	if err := c.sameOrigin(r); err != nil {
		return err
	}
	shared := new(codings)
	if c.server != nil {
		shared = &c.server.codings // compressors that are there already
	}
	s := newStream(&c, w, r, shared)
	s.once = true
	defer s.cancel(nil)
	if err := f(s); err != nil && s.wire == nil {
		return err
	} else if err != nil {
		s.shut(ErrClosed)
		return err
	}
	s.open()
	s.mu.Lock()
	s.finishWire()
	s.mu.Unlock()
	s.shut(ErrClosed)
	if errors.Is(s.err, ErrClosed) {
		return nil
	}
	return s.err
}

func newStream(c *config, w http.ResponseWriter, r *http.Request, shared *codings) *Stream {
	s := &Stream{cfg: c, w: w, r: r, cod: shared.negotiate(r, c, false)}
	s.ctx, s.cancel = context.WithCancelCause(r.Context())
	return s
}

// Request is the request that asked for the stream. Its body may have been read.
func (s *Stream) Request() *http.Request { return s.r }

// LastEventID is the id of the last event the client has got, or empty.
func (s *Stream) LastEventID() string {
	if s.publish != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.lastID
	}
	if id := s.r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return s.r.URL.Query().Get(render.ParamLastEventID)
}

// Send writes one event as it is.
func (s *Stream) Send(e Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(e)
}

// Evaluate evaluates a component without sending it. It needs WithComponents.
func (s *Stream) Evaluate(component string, args map[string]any) (render.Frame, error) {
	if s.cfg.component == nil {
		return render.Frame{}, fmt.Errorf("live: no components to evaluate %s: the stream has no WithComponents", component)
	}
	return s.cfg.component(s.ctx, component, args)
}

// Resolve evaluates a component and fills the slot id with it. It needs WithComponents.
func (s *Stream) Resolve(id, component string, args map[string]any) error {
	f, err := s.Evaluate(component, args)
	if err != nil {
		return fmt.Errorf("resolve slot %q: %w", id, err)
	}
	f.ID = id
	return s.Patch(f)
}

// Patch writes any frame; an empty Event is a resolve.
func (s *Stream) Patch(f render.Frame) error {
	if s.publish != nil {
		ev, err := FrameEvent(f)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.pass(ev, "")
	}
	data, err := f.AppendData(nil)
	if err != nil {
		return err
	}
	return s.Send(Event{Name: f.EventName(), Data: string(data)})
}

// Signals merges patch, which is marshalled as JSON, into the client's state; null removes. With onlyIfMissing what the client has stays.
func (s *Stream) Signals(patch any, onlyIfMissing bool) error {
	data, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("signals: %w", err)
	}
	return s.Patch(render.Frame{Event: render.EventSignals, Patch: data, OnlyIfMissing: onlyIfMissing})
}

// Event dispatches a DOM CustomEvent with detail, which is marshalled as JSON; a nil one is left out.
func (s *Stream) Event(name string, detail any) error {
	f := render.Frame{Event: render.EventDispatch, Name: name}
	if detail != nil {
		data, err := json.Marshal(detail)
		if err != nil {
			return fmt.Errorf("event %s: %w", name, err)
		}
		f.Detail = data
	}
	return s.Patch(f)
}

// Navigate makes the client visit a URL.
func (s *Stream) Navigate(url string) error {
	return s.Patch(render.Frame{Event: render.EventNavigate, URL: url})
}

// Close tells the client not to come back, and ends the stream: further sends fail with ErrClosed.
func (s *Stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.send(Event{Name: render.EventClose, Data: "{}"})
	s.fail(ErrClosed)
	return err
}

// send is called with the lock held.
func (s *Stream) send(e Event) error {
	if s.publish != nil {
		if _, err := e.AppendTo(nil); err != nil {
			return err
		}
		return s.pass(hub.Event{Name: e.Name, Slot: "\x00" + e.Name, Kind: hub.Transient, Data: []byte(e.Data)}, e.ID)
	}
	text, err := e.AppendTo(s.text[:0])
	if err != nil {
		return err
	}
	s.text = text
	if cap(s.text) > 16<<10 {
		s.text = nil
	}
	return s.write(text)
}

func (s *Stream) write(text []byte) error {
	switch {
	case s.err != nil:
		return s.err
	case s.ctx.Err() != nil:
		s.fail(context.Cause(s.ctx))
		return s.err
	}
	s.begin()
	s.wire.buf = s.cod.flush(s.cod.event(s.wire.buf, text))
	if err := s.wire.write(); err != nil {
		s.fail(err)
		return err
	}
	if s.quiet != nil {
		s.quiet.Reset(s.cfg.keepAlive)
	}
	return nil
}

// begin writes the header. Called with the lock held.
func (s *Stream) begin() {
	if s.wire != nil {
		return
	}
	if !s.once {
		closeAfter(s.w, s.r)
	}
	s.wire = newWire(s.w, s.cod, s.cfg.writeTimeout)
	if s.once {
		return
	}
	if s.cfg.retry > 0 {
		intro, _ := Event{Retry: jitter(s.cfg.retry)}.AppendTo(nil) // has no text that could be wrong
		s.wire.buf = s.cod.text(s.wire.buf, intro)
	}
	if s.cfg.keepAlive > 0 {
		s.quiet = time.AfterFunc(s.cfg.keepAlive, s.stillHere)
	}
}

// open begins a stream that has not sent anything.
func (s *Stream) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wire == nil && s.err == nil {
		s.write(nil) // an error stays in s.err
	}
}

func (s *Stream) stillHere() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.write(keepAliveLine)
	}
}

// fail ends the stream for good. Called with the lock held.
func (s *Stream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	if s.quiet != nil {
		s.quiet.Stop()
	}
	s.cancel(err)
}

// finishWire ends the coding of a stream whose client is still there. Called with the lock held.
func (s *Stream) finishWire() {
	if s.wire == nil || s.err != nil && !errors.Is(s.err, ErrClosed) && !errors.Is(s.err, ErrDraining) {
		return
	}
	if s.wire.buf = s.cod.end(s.wire.buf); len(s.wire.buf) > 0 {
		s.wire.write() // the stream is over either way
	}
}

// shut makes sure that nothing is written once the handler has returned.
func (s *Stream) shut(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(err)
}

// drain sends the client away because the server is leaving.
func (s *Stream) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.write(s.cfg.drainEvent())
		s.fail(ErrDraining)
	}
}

// finish ends the stream with what its function returned, and says why it ended.
func (s *Stream) finish(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.wire == nil && s.err == nil && err != nil:
		s.cfg.refuse(s.w, s.r, err)
		s.fail(err)
		return err
	case s.wire == nil && s.err == nil:
		s.write(nil)
	}
	ended := s.err
	s.finishWire()
	if ended == nil && s.r.Context().Err() != nil {
		ended = context.Cause(s.r.Context())
	}
	s.fail(ErrClosed)
	switch {
	case ended != nil && !errors.Is(ended, ErrClosed):
		return ended
	case err != nil && ended == nil:
		s.cfg.log.Error("live stream ended with an error", "path", s.r.URL.Path, "err", err)
		return err
	}
	return nil
}
