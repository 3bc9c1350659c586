package page

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// The destinations of markup, by their index in a program.
const (
	htmlDest = render.DestHTML
	wireDest = render.DestWire
)

// host returns the host of markup that is rendered in one go.
func (s *site) host(q *request) *render.Host {
	return &render.Host{Nonce: q.nonce, OnError: func(b *render.Boundary, err error) {
		s.logError("boundary "+b.ID+" at "+placeOf(b.Site), err)
	}}
}

// emitValue appends a value as a child.
func emitValue(m *sx.Machine, v sx.Value) {
	m.EmitCall(sx.PrimitiveOf(&sx.Primitive{Name: "value", F0: func(*sx.Machine) sx.Value { return v }}))
}

// servePage answers a GET or HEAD request for a page.
func (s *site) servePage(w http.ResponseWriter, r *http.Request, q *request, p *pageDef) {
	query, err := parseFields(r.URL.RawQuery)
	if err != nil {
		s.fail(w, q, "page "+p.name, err)
		return
	}
	q.sub = &submission{query: query}
	s.renderPage(w, q, p, 0)
}

// renderPage evaluates a page and sends it. status 0 is the page's own.
func (s *site) renderPage(w http.ResponseWriter, q *request, p *pageDef, status int) {
	where := p.where
	began := q.trace.begin()
	ctx, cancel := context.WithTimeoutCause(withRequest(q.r.Context(), q), s.app.limits.Timeout, errTooSlow)
	defer cancel()
	if err := s.app.acquire(ctx); err != nil {
		s.fail(w, q, where, err)
		return
	}
	held := true
	release := func() {
		if held {
			s.app.release()
			held = false
		}
	}
	defer release()
	if err := s.runGuards(ctx, q, p.guards); err != nil {
		s.fail(w, q, where, err)
		return
	}
	values := make([]sx.Value, len(q.params), len(p.names))
	for i, param := range q.params {
		values[i] = param.Value
	}
	values, err := s.loadData(ctx, p, values)
	if err != nil {
		err = p.framed(err)
		if !s.pageError(ctx, w, q, p, values, err) {
			s.fail(w, q, where, err)
		}
		return
	}
	v := newView(view{site: s, q: q, page: p, values: values, status: status})
	q.page, q.values = p, values
	defer v.done()
	defer v.stream.close(errResponseOver)
	if err := v.evaluate(ctx); err != nil {
		v.stream.close(err)
		err = p.framed(err)
		if s.pageError(ctx, w, q, p, values, err) {
			return
		}
		s.fail(w, q, where, err)
		return
	}
	release() // the boundaries hold places of their own
	q.trace.part("shell", began, nil)
	v.send(w)
}

// framed ends the chain of an error with the page.
func (p *pageDef) framed(err error) error {
	var e *sx.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Frames = append(slices.Clone(e.Frames), sx.CallFrame{Name: "page " + p.name, Pos: p.site.Pos()})
	return &c
}

var errResponseOver = errors.New("the response is over")

// renderErrorPage renders the program's own page for a status.
func (s *site) renderErrorPage(w http.ResponseWriter, q *request, p *pageDef, status int, message string) error {
	ctx, cancel := context.WithTimeoutCause(withRequest(q.r.Context(), q), s.app.limits.Timeout, errTooSlow)
	defer cancel()
	values, err := s.loadData(ctx, p, []sx.Value{sx.Int(status), sx.String(message)})
	if err != nil {
		return err
	}
	v := newView(view{site: s, q: q, page: p, values: values, status: status, whole: true})
	defer v.done()
	defer v.stream.close(errResponseOver)
	if err := v.evaluate(ctx); err != nil {
		return err
	}
	v.send(w)
	return nil
}

// pageError shows :error of a page whose data or content failed before anything was sent, in the page's layout; in none
// when it is the layout that fails. It reports false when there is no :error, or when it fails itself.
func (s *site) pageError(ctx context.Context, w http.ResponseWriter, q *request, p *pageDef, values []sx.Value, cause error) bool {
	if p.onError == nil || !sx.Catchable(cause) {
		return false
	}
	s.logError("page "+p.name, cause)
	q.mu.Lock()
	q.status, q.header = 0, nil // what the page said of itself before it failed
	q.mu.Unlock()
	try := func(bare bool) (sent bool) {
		v := newView(view{site: s, q: q, page: p, values: values, status: http.StatusInternalServerError, whole: true, cause: cause, bare: bare})
		defer v.done()
		defer v.stream.close(errResponseOver)
		err := v.evaluate(ctx)
		if _, leaves := leaving(err); leaves {
			s.fail(w, q, p.where, err)
			return true
		}
		if err != nil {
			s.logError(":error of page "+p.name, err)
			return false
		}
		v.send(w)
		return true
	}
	return p.frame != nil && try(false) || try(true)
}

// view is one page being evaluated and sent.
type view struct {
	site   *site
	q      *request
	page   *pageDef
	values []sx.Value
	status int
	stream *stream
	whole  bool  // not streamed
	cause  error // :error is shown instead of the content
	bare   bool  // without the layout

	late  bool   // boundaries follow the shell
	out   []byte // markup of the content
	buf   *buffer
	host  *render.Host
	title string
	head  string
}

// newView returns a view with the stream of its boundaries, and its host, in one allocation.
func newView(of view) *view {
	all := &struct {
		view
		stream
		host render.Host
	}{view: of, stream: stream{site: of.site, page: of.page, q: of.q}}
	all.view.stream, all.view.host = &all.stream, &all.host
	return &all.view
}

// evaluate computes everything that is needed before the first byte: status, headers, title, head, shell.
func (v *view) evaluate(ctx context.Context) error {
	s, p := v.site, v.page
	v.whole = v.whole || p.cache != nil || flat(v.q.r)
	v.stream.whole = v.whole
	m := s.prog.Machine(ctx, htmlDest)
	defer m.Release()
	*v.host = *s.host(v.q)
	v.host.Runner, v.host.Hoist = v.stream, true
	v.host.Slot = func(id string) ([]byte, bool) { return s.slotNow(ctx, v, id) }
	m.Host = v.host
	v.buf = s.app.buffers.get()
	m.Out = v.buf.b
	return m.Protect(func() {
		if v.cause != nil {
			onError := m.Call(p.onError.value, v.values...)
			if v.bare {
				m.EmitCall(onError, sx.ErrorValue(v.cause))
			} else {
				shown := m.Call(onError, sx.ErrorValue(v.cause))
				m.EmitCall(p.frame.value, append(slices.Clip(v.values), shown)...)
			}
			v.out = m.Out
			return
		}
		if v.status == 0 {
			v.status = http.StatusOK
			if p.status != nil {
				status, err := statusArg(":status", m.Call(p.status.value, v.values...), 200, 599)
				if err != nil {
					m.Throw(err)
				}
				v.status = status
			}
		}
		if p.headers != nil {
			d := m.Call(p.headers.value, v.values...).Dict()
			for i := range d.Len() {
				k, value := d.At(i)
				if err := v.q.setHeader(k, plainText(value)); err != nil {
					m.Throw(err)
				}
			}
		}
		m.EmitCall(p.content.value, v.values...)
		v.out = m.Out
		m.Out = nil
		if p.title != nil {
			v.title = plainText(m.Call(p.title.value, v.values...))
		}
		if p.head != nil {
			m.Host = &render.Host{Nonce: v.host.Nonce}
			m.EmitCall(p.head.value, v.values...)
			v.head = string(m.Out)
		}
	})
}

// done gives the buffer back.
func (v *view) done() {
	if v.buf != nil {
		v.buf.b = v.out
		v.site.app.buffers.put(v.buf)
		v.buf, v.out = nil, nil
	}
}
