package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// Whatever changes, a stream's slots are evaluated in one place: the producer of its topic, which the hub
// runs while somebody is subscribed. With scope :page all subscribers of one path share a topic, so a tick
// costs one evaluation and one encoding, however many they are.

// regions keeps what topics share between connections: one evaluation of a page's :data when a topic
// begins, and what its slots are evaluated with since.
type regions struct {
	mu      sync.Mutex
	first   map[string]*firstData  // by topic, while it is being evaluated
	running map[string]*evaluation // by topic, while somebody is subscribed
}

type firstData struct {
	done chan struct{}
	err  error
}

func (g *regions) init() {
	g.first, g.running = map[string]*firstData{}, map[string]*evaluation{}
}

// begin notes that e makes the events of its topic.
func (g *regions) begin(e *evaluation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running[e.topic] = e
}

func (g *regions) end(e *evaluation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running[e.topic] == e {
		delete(g.running, e.topic)
	}
}

// message gives the newest message of a topic's streams, nil when there is none.
func (g *regions) message(topic string) sx.Value {
	g.mu.Lock()
	e := g.running[topic]
	g.mu.Unlock()
	if e == nil {
		return sx.Nil
	}
	return e.newest()
}

// once runs f for a topic unless it is running already, and gives its outcome to all who ask meanwhile.
func (g *regions) once(ctx context.Context, topic string, f func() error) error {
	g.mu.Lock()
	if d, ok := g.first[topic]; ok {
		g.mu.Unlock()
		select {
		case <-d.done:
			return d.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	d := &firstData{done: make(chan struct{})}
	g.first[topic] = d
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.first, topic)
		g.mu.Unlock()
		close(d.done)
	}()
	d.err = f()
	return d.err
}

// messagePrefix begins the topics that (publish! …) publishes to, apart from those of streams.
const messagePrefix = "message:"

func (a *App) liveOptions() []live.Option {
	return []live.Option{
		live.WithLogger(a.log),
		live.MaxConnections(0, a.limits.PerAddress, 0),
		live.AllowOrigin(a.allowOrigin),
		live.AddressOf(func(r *http.Request) string {
			o := originOf(r)
			if a.cfg.dev && o.addr.IsLoopback() {
				return ""
			}
			return o.addr.String()
		}),
	}
}

// livePrimitives publish to topics.
func (a *App) livePrimitives() []*sx.Primitive {
	return []*sx.Primitive{{
		Name: "publish!", Usage: "(publish! topic message?)", Doc: "Tells every stream with :on topic, on every node.", Effects: sx.IO | sx.Write,
		Func: func(_ context.Context, args []sx.Value) (sx.Value, error) {
			topic, err := text("publish!", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			if v := optional(args, 1); !storable(v) {
				return sx.Nil, fmt.Errorf("publish!: cannot send a value of type %s (strings, numbers, booleans, nil, lists and dicts can be sent)", v.TypeName())
			}
			return sx.Nil, a.Publish(topic, optional(args, 1))
		},
	}}
}

// Publish tells every stream whose :on names the topic; binds see the message.
func (a *App) Publish(topic string, message sx.Value) error {
	_, err := a.hub.Publish(messagePrefix+topic, hub.Event{Name: "message", Kind: hub.Transient, Data: []byte(sx.Serialize(message))})
	return err
}

// mountLive mounts the endpoint of a live form beside the page's route.
func (d *declarations) mountLive(a *sx.Analyzer, l *liveDef) {
	if strings.HasPrefix(l.src, "/_sx/live/") {
		return // found by servePageStream
	}
	d.mount(a, l.site, &route{method: http.MethodGet, pattern: l.pattern, kind: "stream", name: l.name, place: placeOf(l.site),
		serve: func(w http.ResponseWriter, r *http.Request, q *request) { d.site.app.serveStream(w, r) }})
}

// findLive gives the live form that an address names, and its path parameters.
func (s *site) findLive(src string) (*liveDef, []param, error) {
	u, err := url.Parse(src)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return nil, nil, &live.StatusError{Code: http.StatusNotFound}
	}
	segments, clean, ok := splitPath(u)
	if !ok || clean != "" {
		return nil, nil, &live.StatusError{Code: http.StatusNotFound}
	}
	for _, l := range s.live {
		if l.own {
			continue
		}
		rt := newRouter()
		if rt.add(&route{method: http.MethodGet, pattern: l.pattern}) != nil {
			continue
		}
		if r, params, _ := rt.find(http.MethodGet, segments); r != nil {
			return l, params, nil
		}
	}
	return nil, nil, &live.StatusError{Code: http.StatusNotFound, Err: fmt.Errorf("no stream at %s", src)}
}

// source gives what an address stands for: the live form, its parameters and its guards.
func (s *site) source(q *request, src string) (*liveDef, []param, []string, error) {
	if strings.HasPrefix(src, tokenPrefix) {
		return s.openToken(q, src)
	}
	l, params, err := s.findLive(src)
	if err != nil {
		return nil, nil, nil, err
	}
	return l, params, l.guards, nil
}

func (a *App) serveStream(w http.ResponseWriter, r *http.Request) {
	a.streaming(w, r, a.live.Handler(a.resolveLive))
}

func (a *App) servePageStream(w http.ResponseWriter, r *http.Request) { a.serveStream(w, r) }

func (a *App) serveLive(w http.ResponseWriter, r *http.Request) {
	a.streaming(w, r, a.live.Multiplexed(a.resolveLive))
}

// streaming refuses streams that pages of other origins ask for with cookies, and ends a stream with its
// session.
func (a *App) streaming(w http.ResponseWriter, r *http.Request, h http.Handler) {
	s := a.current()
	if r.Header.Get("Cookie") != "" && !sameSiteRead(r, s.config.origins) {
		a.log.Warn("cross-origin stream refused", "path", r.URL.Path, "origin", r.Header.Get("Origin"))
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	q := s.newRequest(r, originOf(r))
	q.sub = &submission{}
	guards, private := s.privateSources(q)
	if !private {
		h.ServeHTTP(w, r)
		return
	}
	// A stream of one visitor ends with the session, and when a guard no longer lets it pass: the client comes
	// back and is told.
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(errResponseOver)
	defer a.ending.add(q.sess().id, func() { cancel(errSessionEnded) })()
	if len(guards) > 0 {
		stop := a.recheck(withRequest(ctx, q), s, q, guards, cancel)
		defer stop()
	}
	h.ServeHTTP(privateWriter{w}, r.WithContext(ctx))
}

var errSessionEnded = errors.New("the session has ended or changed")

// guardInterval is how often the guards of a long stream or socket run again.
const guardInterval = 5 * time.Minute

// recheck runs guards again and again while a stream or a socket is open, and cancels it with what the first that
// refuses says.
func (a *App) recheck(ctx context.Context, s *site, q *request, guards []string, cancel context.CancelCauseFunc) (stop func()) {
	var t *time.Timer
	var mu sync.Mutex
	stopped := false
	run := func() {
		once, done := context.WithTimeoutCause(ctx, a.limits.Timeout, errTooSlow)
		err := s.runGuards(once, q, guards)
		done()
		mu.Lock()
		defer mu.Unlock()
		switch {
		case stopped:
		case err != nil:
			cancel(err)
		default:
			t.Reset(guardInterval)
		}
	}
	mu.Lock()
	t = time.AfterFunc(guardInterval, run)
	mu.Unlock()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		t.Stop()
	}
}

// privateSources tells whether a stream is one visitor's, and which guards it passed.
func (s *site) privateSources(q *request) (guards []string, private bool) {
	sources := []string{q.r.URL.Path}
	if q.r.URL.Path == render.LivePath {
		sources = q.r.URL.Query()[render.ParamSource]
	}
	for _, src := range sources[:min(len(sources), 64)] {
		l, _, g, err := s.source(q, src)
		if err != nil {
			continue
		}
		guards = append(guards, g...)
		private = private || len(g) > 0 || l.scope != "page"
	}
	return guards, private
}

// privateWriter keeps a stream in its handler, where its context ends it, instead of being handed to the
// loops that serve public streams.
type privateWriter struct{ http.ResponseWriter }

// Unwrap lets http.ResponseController find the connection.
func (w privateWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// resolveLive finds the topic of a live address for a client: guards and the page's :data run first.
func (a *App) resolveLive(r *http.Request, src string) (live.Source, error) {
	s := a.current()
	if src == developmentSource && a.cfg.dev {
		return live.Source{Topic: developmentTopic}, nil
	}
	if out, ok := s.goSource(r, src); ok {
		return out, nil
	}
	q := s.newRequest(r, originOf(r))
	l, params, guards, err := s.source(q, src)
	if err != nil {
		return live.Source{}, err
	}
	q.params, q.sent = params, true
	q.sub = &submission{}
	ctx, cancel := context.WithTimeoutCause(withRequest(r.Context(), q), a.limits.Timeout, errTooSlow)
	defer cancel()
	if err := s.runGuards(ctx, q, guards); err != nil {
		return live.Source{}, s.liveStatus(l, err)
	}
	if l.own {
		src = l.ownTopic(params)
	}
	topic, err := l.topic(q, src)
	if err != nil {
		return live.Source{}, err
	}
	if l.page != nil && len(l.data) > 0 && a.hub.Subscribers(topic) == 0 {
		if err := a.regions.once(ctx, topic, func() error {
			_, err := s.loadData(ctx, l.page, l.args(s, params))
			return err
		}); err != nil {
			return live.Source{}, s.liveStatus(l, err)
		}
	}
	out := live.Source{Topic: topic, Producer: a.producer(s, l, params, l.request(q), topic)}
	out.Defs, out.DefsHash = s.definitions(l)
	return out, nil
}

// liveStatus is the status with which a stream is refused.
func (s *site) liveStatus(l *liveDef, err error) error {
	if lv, ok := leaving(err); ok {
		if lv.url != "" {
			return &live.StatusError{Code: http.StatusForbidden, Err: err}
		}
		return &live.StatusError{Code: lv.status, Err: err}
	}
	if errors.Is(err, ErrUnauthorized) {
		return &live.StatusError{Code: http.StatusUnauthorized, Err: err}
	}
	s.logError("stream of "+l.name, err)
	return &live.StatusError{Code: http.StatusInternalServerError, Err: err}
}

// request gives what a scope's evaluations may read of the request: nothing when all share them.
func (l *liveDef) request(q *request) *request {
	if l.scope == "page" {
		return nil
	}
	return q
}

// topic names the topic of a connection.
func (l *liveDef) topic(q *request, src string) (string, error) {
	path, _, _ := strings.Cut(src, "?")
	switch l.scope {
	case "session":
		s := q.sess()
		if s.id == "" {
			return "", &live.StatusError{Code: http.StatusUnauthorized, Err: errors.New("the stream is for a session, and there is none")}
		}
		return "live:" + path + "#session:" + s.id, nil
	case "connection":
		return "live:" + path + "#connection:" + newNonce(), nil
	}
	return "live:" + path, nil
}

// args gives the page's path parameters in its own order; parameters that the address lacks are nil.
func (l *liveDef) args(s *site, params []param) []sx.Value {
	values := make([]sx.Value, 0, len(l.names))
	names := l.params
	if l.own {
		names = l.all
	}
	for _, n := range names {
		v := sx.Nil
		for _, p := range params {
			if p.Name == n {
				v = p.Value
			}
		}
		values = append(values, v)
	}
	return values
}

// evaluation computes the slots of a topic.
type evaluation struct {
	app    *App
	site   *site
	l      *liveDef
	params []param
	q      *request
	topic  string

	mu      sync.Mutex
	last    map[string]string // what each slot shows, to leave unchanged ones silent
	message sx.Value          // the newest
}

// producer gives what the hub runs while somebody is subscribed to the topic.
func (a *App) producer(s *site, l *liveDef, params []param, q *request, topic string) hub.Producer {
	return func(ctx context.Context) {
		e := &evaluation{app: a, site: s, l: l, params: params, q: q, topic: topic, last: map[string]string{}}
		if q != nil {
			ctx = withRequest(ctx, q)
		} else {
			ctx = withRequest(ctx, &request{app: a, site: s, r: backgroundRequest(topic), params: params, sent: true, sub: &submission{}})
		}
		a.regions.begin(e)
		defer a.regions.end(e)
		e.run(ctx)
	}
}

// backgroundRequest stands for the request in evaluations that belong to no visitor.
func backgroundRequest(topic string) *http.Request {
	path, _, _ := strings.Cut(strings.TrimPrefix(topic, "live:"), "#")
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}}
}

// mailbox collects messages while an evaluation runs: binds that are state want the newest, ordered ones
// each.
type mailbox struct {
	newest sx.Value
	queue  []sx.Value
	any    bool
}

// add puts what came later behind what a mailbox holds.
func (b *mailbox) add(later mailbox) {
	if later.any {
		b.newest, b.any = later.newest, true
	}
	b.queue = append(b.queue, later.queue...)
}

const mostQueued = 1000 // messages that wait for ordered binds; the oldest are left out beyond

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
	e.app.changes(ctx, topics, e.l.every, feed, failed, func(box mailbox) error {
		e.take(ctx, box)
		return nil
	})
}

// changes calls turn at once and upon each change, with what was published to the topics and read from the feed
// meanwhile, until ctx ends or turn returns an error. A tick brings an empty mailbox. feed may be nil, and give nil. A topic
// that cannot be followed is reported and left out.
func (a *App) changes(ctx context.Context, topics []string, every time.Duration, feed func(ring func()) *inbox, failed func(error), turn func(mailbox) error) error {
	wake := make(chan struct{}, 1) // buffered by one: a publisher leaves its mark and goes on
	ring := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	var subs []*hub.Subscriber
	for _, name := range topics {
		sub, err := a.hub.Subscribe(ctx, messagePrefix+name, hub.Cursor{}, hub.FromNow(), hub.WithWake(ring))
		if err != nil {
			failed(err)
			continue
		}
		defer sub.Close()
		subs = append(subs, sub)
	}
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	var in *inbox
	if feed != nil {
		in = feed(ring)
	}
	poll := func() mailbox {
		var box mailbox
		for _, s := range subs {
			for {
				b, err := s.Poll()
				if b == nil || err != nil {
					break
				}
				for _, msg := range b.Messages {
					forms, err := sx.Read(sx.NewSource("message", string(msg.Data)), sx.Limits{Nesting: 64})
					if err != nil || len(forms) != 1 {
						continue
					}
					sx.Freeze(forms[0])
					box.newest, box.any = forms[0], true
					box.queue = append(box.queue, forms[0])
				}
			}
		}
		if n := len(box.queue) - mostQueued; n > 0 {
			box.queue = box.queue[n:]
		}
		in.take(&box)
		return box
	}
	// What is evaluated before a subscription has begun may be older than the first message that comes: with a
	// broker the first turn waits for that, but not for long, and there is another one when it has begun.
	begun := func() bool { return !slices.ContainsFunc(subs, func(s *hub.Subscriber) bool { return !s.Begun() }) }
	patience := time.NewTimer(followPatience)
	defer patience.Stop()
	first := poll() // arms the subscriptions too
	for late := false; !begun() && !late; first.add(poll()) {
		select {
		case <-wake:
		case <-patience.C:
			late = true
		case <-ctx.Done():
			return nil
		}
	}
	known := begun()
	err := turn(first)
	for err == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick:
			err = turn(mailbox{})
		case <-wake:
			box := poll()
			if !known && begun() {
				known = true
				err = turn(mailbox{})
			}
			if err == nil && box.any {
				err = turn(box)
			}
		}
	}
	return err
}

// followPatience is how long the first evaluation of a stream waits for the broker.
const followPatience = time.Second

// values gives what the binds see, with the entries of :data that they need evaluated anew.
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
	e.ordered(ctx, box.queue)
	if box.any {
		e.mu.Lock()
		e.message = box.newest
		e.mu.Unlock()
	}
	e.refresh(ctx)
}

// newest gives the newest message so far, nil before the first.
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
			e.slot(ctx, s, values)
		})
	}
	slots.Wait()
}

// ordered evaluates the slots that take each message in order.
func (e *evaluation) ordered(ctx context.Context, queue []sx.Value) {
	for _, msg := range queue {
		for _, s := range e.l.slots {
			if !s.mode.Ordered() {
				continue
			}
			values, err := e.values(ctx, msg)
			if err != nil {
				e.fail(ctx, s, err)
				continue
			}
			e.slot(ctx, s, values)
		}
	}
}

func (e *evaluation) slot(ctx context.Context, s *slotDef, values []sx.Value) {
	f, err := e.site.slotFrame(ctx, s, values, s.wire)
	if err != nil {
		e.fail(ctx, s, err)
		return
	}
	e.publish(s, f)
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
