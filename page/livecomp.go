package page

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// snapshotTime is how long a page waits for the values of its live slots before it shows fallbacks.
const snapshotTime = 50 * time.Millisecond

// liveComponent is ~live with :src: a region whose slots the stream fills. Its attributes are the address
// and the cursor from which the stream continues what the page shows.
func (a *App) liveComponent(m *sx.Machine, args *sx.Dict, children sx.Value) {
	src, _ := args.Lookup("src")
	address := ""
	if s, ok := src.AsString(); ok {
		address = s
	}
	q, _ := m.Context().Value(requestKey{}).(*request)
	if own, ok := args.Lookup("own"); ok && !own.IsNil() && q != nil {
		values, _ := args.Lookup("args")
		var err error
		if address, err = a.regionAddress(q, plainText(own), values.Dict()); err != nil {
			m.Throw(err)
		}
	}
	if address == "" && q != nil && q.page != nil && len(q.page.live) > 0 {
		address = q.page.live[0].src
	}
	if address == "" {
		m.Fail(sx.KeywordError, "~live needs :src, or a page with :live")
	}
	if q != nil {
		if resolved, err := resolveSource(q, address); err == nil {
			address = resolved
		} else {
			m.Throw(err)
		}
	}
	m.Out = append(m.Out, `<div `+render.AttrLive+`="`+html.EscapeString(address)+`"`...)
	if q != nil {
		if cursor := a.cursorOf(m.Context(), q, address); cursor != "" {
			m.Out = append(m.Out, ` `+render.AttrCursor+`="`+html.EscapeString(cursor)+`"`...)
		}
	}
	m.Out = append(m.Out, '>')
	emitValue(m, children)
	m.Out = append(m.Out, "</div>"...)
}

// resolveSource fills the path parameters of an address such as "/api/stream/match/<int:id>" from the
// page's own.
func resolveSource(q *request, src string) (string, error) {
	if !strings.Contains(src, "<") {
		return src, nil
	}
	p, err := parsePattern(src)
	if err != nil {
		return "", fmt.Errorf("~live: %w", err)
	}
	return p.build(func(name string) (string, bool) {
		for _, x := range q.params {
			if x.Name == name {
				return plainText(x.Value), true
			}
		}
		return "", false
	})
}

// region is the state of one live source while a page is rendered: the cursor and the values belong to one
// moment, so that nothing falls between page and stream.
type region struct {
	cursor string
	slots  map[string]string
}

// regionOf looks at a source once per page: at the values its topic holds, or, when nobody is subscribed,
// at what its binds give within snapshotTime.
func (a *App) regionOf(ctx context.Context, q *request, address string) *region {
	q.mu.Lock()
	if r := q.regions[address]; r != nil {
		q.mu.Unlock()
		return r
	}
	q.mu.Unlock()
	r := &region{slots: map[string]string{}}
	// A cursor says that the page shows everything before it; of the other streams it shows nothing.
	if l, params, _, err := q.site.source(q, address); err == nil && q.page.shows(l) {
		a.fill(ctx, q, l, params, address, r)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.regions == nil {
		q.regions = map[string]*region{}
	}
	q.regions[address] = r
	return r
}

func (a *App) fill(ctx context.Context, q *request, l *liveDef, params []param, address string, r *region) {
	message := sx.Nil
	if l.scope == "page" {
		topic, err := l.topic(q, address)
		if err != nil {
			return
		}
		if a.hub.Subscribers(topic) > 0 {
			messages, cursor := a.hub.Snapshot(topic)
			for _, msg := range messages {
				if markup, ok := markupOf(msg.Data); ok && msg.Name == render.EventResolve {
					r.slots[msg.Slot] = markup
				}
			}
			// What the page cannot show must come with the stream's snapshot, which a cursor would leave out.
			if len(r.slots) > 0 && !slices.ContainsFunc(l.slots, func(d *slotDef) bool { return d.wire || d.mode.Ordered() }) {
				r.cursor = cursor.String()
				return
			}
		}
		message = a.regions.message(topic)
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	e := &evaluation{app: a, site: q.site, l: l, params: params, q: q}
	type outcome struct{ id, markup string }
	results := make(chan outcome, len(l.slots))
	var err error
	a.work.Add(1)
	go func() { // ends with the evaluation, whose context ends after snapshotTime
		defer a.work.Done()
		defer close(results)
		var values []sx.Value
		if l.page != nil && l.page == q.page && q.values != nil {
			values = append(slices.Clone(q.values), message)[:len(l.names)] // what the page has loaded already
		} else if values, err = e.values(ctx, message); err != nil {
			return
		}
		for _, v := range values {
			sx.Freeze(v)
		}
		var slots sync.WaitGroup
		for _, s := range l.slots {
			if s.mode.Ordered() {
				continue
			}
			slots.Go(func() {
				if f, err := q.site.slotFrame(ctx, s, values, false); err == nil && ctx.Err() == nil {
					results <- outcome{s.id, f.HTML}
				}
			})
		}
		slots.Wait()
	}()
	for {
		select {
		case o, ok := <-results:
			if !ok {
				return
			}
			r.slots[o.id] = o.markup
		case <-ctx.Done():
			return
		}
	}
}

// markupOf returns the HTML of an encoded resolve frame.
func markupOf(data []byte) (string, bool) {
	v, err := decodeJSON(data)
	if err != nil {
		return "", false
	}
	m, ok := v.Dict().Lookup("html")
	s, isText := m.AsString()
	return s, ok && isText
}

func (a *App) cursorOf(ctx context.Context, q *request, address string) string {
	return a.regionOf(ctx, q, address).cursor
}

// shownLive is a stream whose values a page shows when it is rendered.
type shownLive struct {
	*liveDef
	address string // as the page names it, with path parameters to be filled in
}

// findShown notes the streams of each page: its own, and those of (deflive …) that it has a region of and all of whose guards are the
// page's too, so that nobody sees in the page what the stream would not give.
func (s *site) findShown() {
	for _, p := range s.pages {
		for _, l := range p.live {
			p.shown = append(p.shown, shownLive{l, l.src})
		}
		if p.content == nil {
			continue
		}
		s.prog.VisitCalls(p.content.fn.Expr(), func(c *sx.CompCall) {
			if c.Comp.Name != liveRegion {
				return
			}
			names, vals := c.Args()
			for i, n := range names {
				text, ok := sx.IsLiteral(vals[i])
				if n != "src" || !ok {
					continue
				}
				l := s.liveAt(text.Text(), false)
				if l == nil {
					l, _, _ = s.findLive(text.Text())
				}
				foreign := func(g string) bool { return !slices.Contains(p.guards, g) }
				if l != nil && l.page == nil && !p.shows(l) && !slices.ContainsFunc(l.guards, foreign) {
					p.shown = append(p.shown, shownLive{l, text.Text()})
				}
			}
		})
	}
}

// shows reports whether the page shows the values of a stream. No page shows none.
func (p *pageDef) shows(l *liveDef) bool {
	return p != nil && slices.ContainsFunc(p.shown, func(x shownLive) bool { return x.liveDef == l })
}

// slotNow returns what a slot of one of the page's streams shows while the page is rendered.
func (s *site) slotNow(ctx context.Context, v *view, id string) ([]byte, bool) {
	for _, l := range v.page.shown {
		d := l.known[id]
		if d == nil || d.mode.Ordered() {
			continue
		}
		address, err := resolveSource(v.q, l.address)
		if err != nil {
			return nil, false
		}
		markup, ok := s.app.regionOf(ctx, v.q, address).slots[id]
		return []byte(markup), ok
	}
	return nil, false
}

// clientComponents returns the components that markup calls. ok tells that all of them may run in the browser,
// so that the markup can be sent as source: calls with evaluated arguments.
func clientComponents(prog *sx.Program, e sx.Expr) (comps []*sx.Component, ok bool) {
	ok = true
	var visit func(e sx.Expr)
	visit = func(e sx.Expr) {
		if c, isCall := e.(*sx.CompCall); isCall {
			ok = ok && c.Comp.Target(prog) == "client"
			if !slices.Contains(comps, c.Comp) {
				comps = append(comps, c.Comp)
			}
		}
		e.Walk(visit)
	}
	visit(e)
	return comps, ok
}

// chooseWire decides whether a slot's frames carry source or HTML.
func (l *liveDef) chooseWire(prog *sx.Program, d *slotDef) {
	comps, ok := clientComponents(prog, d.body.fn.Expr())
	switch l.wire {
	case "html":
		return
	case "":
		d.wire = ok && len(comps) > 0
	default:
		d.wire = true
	}
	for _, c := range comps {
		if d.wire && c.Target(prog) == "client" {
			d.comps = append(d.comps, c)
		}
	}
}

// definitions returns the component definitions that a stream's SX frames need.
func (s *site) definitions(l *liveDef) (defs, hash string) {
	var comps []*sx.Component
	for _, d := range l.slots {
		for _, c := range d.comps {
			if !slices.Contains(comps, c) {
				comps = append(comps, c)
			}
		}
	}
	if len(comps) == 0 {
		return "", ""
	}
	defs = s.rend.Definitions(comps...)
	return defs, definitionsHash(defs)
}

// definitionsHash names definitions.
func definitionsHash(defs string) string {
	sum := sha256.Sum256([]byte(defs))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}
