package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// Whatever changes, a stream's slots are evaluated in one place: the producer of its topic, which the hub
// runs while somebody is subscribed. With scope :page all subscribers of one path share a topic, so a tick
// costs one evaluation and one encoding, however many they are.

// evaluation computes the slots of a topic.
type evaluation struct {
	app    *App
	site   *site
	l      *liveDef
	params []param
	q      *request
	topic  string

	*progress
	mu   sync.Mutex
	last map[string]string // what each slot shows, to leave unchanged ones silent
}

// progress is where the evaluation of a topic stands. It outlives a run, as what was published does in the hub: whoever was alone
// and comes back is told what has changed and what was published meanwhile, and nothing else.
type progress struct {
	places  map[string]hub.Cursor // of the topics of :on
	message sx.Value              // the newest; guarded by the evaluation's mu
	left    []sx.Value            // messages that ordered slots have still to take
	served  int                   // ordered slots that have taken the first of them
}

// producer returns what the hub runs while somebody is subscribed to the topic. The hub keeps it as long as the topic, so it looks the
// live form up in the program of the moment, and again after each reload.
func (a *App) producer(l *liveDef, params []param, q *request, topic string) hub.Producer {
	at := &progress{places: map[string]hub.Cursor{}, message: sx.Nil}
	var e *evaluation // of the latest run; runs do not overlap
	return func(ctx context.Context) {
		for ctx.Err() == nil {
			loaded := a.regions.program()
			s := a.current()
			now := s.liveAt(l.src, l.own)
			if now == nil || now.scope != l.scope { // pages that show it are of the old program
				select {
				case <-loaded.Done():
					continue
				case <-ctx.Done():
					return
				}
			}
			next := &evaluation{app: a, site: s, l: now, params: params, topic: topic, progress: at, last: map[string]string{}}
			if e != nil && e.site.hash == s.hash {
				next.last = e.last
			} else if e != nil && slices.ContainsFunc(e.l.slots, func(d *slotDef) bool { return now.known[d.id] == nil }) {
				a.hub.Forget(topic) // a newcomer must not be told of slots that no longer exist
			}
			if e != nil {
				e.redefine(next)
			}
			e = next
			of := &request{app: a, site: s, r: backgroundRequest(topic), params: params, sent: true, sub: &submission{}}
			if q != nil {
				of = s.newRequest(q.r, q.origin)
				of.params, of.sent, of.sub = params, true, &submission{}
				e.q = of
			}
			run, cancel := context.WithCancel(withRequest(ctx, of))
			a.regions.begin(e, cancel)
			e.run(run)
			a.regions.end(e)
			if run.Err() == nil {
				cancel()
				return
			}
			cancel()
		}
	}
}

// redefine tells the clients of a stream what its components are by the program that next belongs to.
func (e *evaluation) redefine(next *evaluation) {
	_, old := e.site.definitions(e.l)
	defs, hash := next.site.definitions(next.l)
	if hash == old || hash == "" {
		return
	}
	ev, err := live.FrameEvent(render.Frame{Event: render.EventDefs, SX: defs, Hash: hash})
	if err == nil {
		_, err = e.app.hub.Publish(e.topic, ev)
	}
	if err != nil && !errors.Is(err, hub.ErrClosed) {
		next.site.logError("definitions of "+next.l.name, err)
	}
}

// backgroundRequest stands for the request in evaluations that belong to no visitor.
func backgroundRequest(topic string) *http.Request {
	path, _, _ := strings.Cut(strings.TrimPrefix(topic, "live:"), "#")
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}}
}

func (e *evaluation) run(ctx context.Context) {
	failed := func(err error) { e.site.logError(":on of "+e.l.name, err) }
	var topics []string
	for _, t := range e.l.topics {
		v, err := e.site.prog.Call(ctx, t.value, e.l.args(e.site, e.params)...)
		if err != nil {
			failed(err)
			continue
		}
		topics = append(topics, textList(v)...)
	}
	var reading sync.WaitGroup
	defer reading.Wait()
	feed := func(ring func()) *inbox {
		if e.l.stream == nil {
			return nil
		}
		in := newInbox(e.l, ring)
		reading.Go(func() { e.follow(ctx, in) }) // ends with ctx, or with the feed
		return in
	}
	e.app.changes(ctx, topics, e.places, e.l.every, feed, failed, func(box mailbox) error {
		e.take(ctx, box)
		return nil
	})
}

// values returns what the binds see, with the entries of :data that they need evaluated anew.
func (e *evaluation) values(ctx context.Context, message sx.Value) ([]sx.Value, error) {
	values := e.l.args(e.site, e.params)
	for i, d := range e.l.data {
		v := sx.Nil
		if e.l.needed[i] {
			var err error
			if v, err = e.site.prog.Call(ctx, d.fn.value, values...); err != nil {
				return nil, err
			}
		}
		values = append(values, v)
	}
	if len(values) < len(e.l.names) {
		values = append(values, message)
	}
	return values, nil
}

// take evaluates the slots upon messages, or without any.
func (e *evaluation) take(ctx context.Context, box mailbox) {
	if box.gap && slices.ContainsFunc(e.l.slots, func(s *slotDef) bool { return s.mode.Ordered() }) {
		e.app.hub.Forget(e.topic) // clients are told that something is missing
		e.mu.Lock()
		clear(e.last)
		e.mu.Unlock()
	}
	e.ordered(ctx, box.queue)
	if box.any {
		e.mu.Lock()
		e.message = box.newest
		e.mu.Unlock()
	}
	e.refresh(ctx)
}

// newest returns the newest message so far, nil before the first.
func (e *evaluation) newest() sx.Value {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.message
}

// refresh evaluates every slot that is state and publishes those that changed. They see the newest message
// whatever made them change: a slot that shows it must not go blank with the next tick.
func (e *evaluation) refresh(ctx context.Context) {
	values, err := e.values(ctx, e.newest())
	for _, v := range values {
		sx.Freeze(v)
	}
	// Side by side, so that one slow slot does not hold the others back.
	var slots sync.WaitGroup
	places := make(chan struct{}, e.app.limits.Boundaries)
	for _, s := range e.l.slots {
		if s.mode.Ordered() {
			continue
		}
		if err != nil {
			e.fail(ctx, s, err)
			continue
		}
		places <- struct{}{}
		slots.Go(func() {
			defer func() { <-places }()
			if err := e.slot(ctx, s, values); err != nil {
				e.fail(ctx, s, err)
			}
		})
	}
	slots.Wait()
}

// ordered evaluates the slots that take each message in order. What it does not come to before ctx ends is left for the next run.
func (e *evaluation) ordered(ctx context.Context, queue []sx.Value) {
	if e.left = append(e.left, queue...); len(e.left) > mostQueued {
		e.left, e.served = e.left[len(e.left)-mostQueued:], 0
	}
	for len(e.left) > 0 {
		served := 0
		for _, s := range e.l.slots {
			if !s.mode.Ordered() {
				continue
			}
			if served++; served <= e.served {
				continue
			}
			values, err := e.values(ctx, e.left[0])
			if err == nil {
				err = e.slot(ctx, s, values)
			}
			if err != nil && ctx.Err() != nil {
				return
			}
			if err != nil {
				e.fail(ctx, s, err)
			}
			e.served = served
		}
		e.left, e.served = e.left[1:], 0
	}
	e.left = nil
}

// slot evaluates a slot and publishes it.
func (e *evaluation) slot(ctx context.Context, s *slotDef, values []sx.Value) error {
	f, err := e.site.slotFrame(ctx, s, values, s.wire)
	if err != nil {
		return err
	}
	e.publish(s, f)
	return nil
}

// fail reports a slot whose evaluation failed: in the log, and to the clients, which keep the last good
// content. The next evaluation publishes again, even the same value.
func (e *evaluation) fail(ctx context.Context, s *slotDef, err error) {
	if ctx.Err() != nil {
		return
	}
	message := "This part of the page could not be updated."
	if e.app.cfg.dev {
		message = err.Error()
	}
	e.mu.Lock()
	known := e.last["!"+s.id] == err.Error()
	e.last["!"+s.id] = err.Error()
	e.mu.Unlock()
	if !known {
		e.site.logError("slot "+s.id+" of "+e.l.name, err)
	}
	e.publish(s, render.Frame{Event: render.EventError, ID: s.id, Message: message})
}

func (e *evaluation) publish(s *slotDef, f render.Frame) {
	ev, err := live.FrameEvent(f)
	if err != nil {
		e.site.logError("slot "+s.id+" of "+e.l.name, err)
		return
	}
	e.mu.Lock()
	unchanged := !s.mode.Ordered() && e.last[s.id] == string(ev.Data)
	e.last[s.id] = string(ev.Data)
	if f.Event == "" {
		delete(e.last, "!"+s.id)
	}
	e.mu.Unlock()
	if unchanged {
		return
	}
	if _, err := e.app.hub.Publish(e.topic, ev); err != nil && !errors.Is(err, hub.ErrClosed) {
		e.site.logError("slot "+s.id+" of "+e.l.name, err)
	}
}

// slotFrame evaluates one slot, as source or as HTML.
func (s *site) slotFrame(ctx context.Context, d *slotDef, values []sx.Value, wire bool) (render.Frame, error) {
	f := render.Frame{ID: d.id, Mode: d.mode}
	if d.key != nil {
		v, err := s.prog.Call(ctx, d.key.value, values...)
		if err != nil {
			return f, err
		}
		f.Key = plainText(v)
	}
	host := &render.Host{OnError: func(b *render.Boundary, err error) { s.logError("boundary "+b.ID, err) }}
	emit := func(m *sx.Machine) { m.EmitCall(d.body.value, values...) }
	if wire {
		text, err := s.rend.WireOf(ctx, host, emit)
		unknown := slices.ContainsFunc(host.Needs(), func(c *sx.Component) bool { return !slices.Contains(d.comps, c) })
		if f.SX = text; err != nil || !unknown {
			return f, err
		}
		// A function that the slot calls gave a component whose definition the browser does not have.
		f.SX = ""
	}
	markup, err := s.rend.HTMLOf(ctx, host, emit)
	f.HTML = string(markup)
	return f, err
}
