package page

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/datastar"
	"github.com/sx-framework/sxgo/sx"
)

// A handler with :every or :on answers with a stream: its body runs when the client connects and again on each change, and what it patches is
// sent at once. Each run is bounded like any evaluation; the stream is as long as client and server want.

// repeats reads :every and :on of a handler. names are what :on may mention.
func (d *declarations) repeats(a *sx.Analyzer, f *sx.Form, h *inputDef, fs map[string]*sx.Form) {
	if fs["every"] == nil && fs["on"] == nil {
		return
	}
	l := &liveDef{name: "handler " + h.name}
	l.read(a, f, map[string]*sx.Form{"every": fs["every"], "on": fs["on"]}, h.names)
	h.every, h.topics = l.every, l.topics
	h.repeats = true
	h.message = fs["on"] != nil && !slices.Contains(h.names, "message")
	h.stream = datastar.Serve(func(ctx context.Context, s *datastar.Stream) error {
		run, ok := ctx.Value(repeatKey{}).(*repeat)
		if !ok {
			return errors.New("a stream without its request")
		}
		return run.follow(ctx, s.Stream)
	}, datastar.Live(live.Via(d.site.app.live), live.WithLogger(d.site.app.log)))
}

// checkRepeats reports what a stream must not reach.
func (d *declarations) checkRepeats(a *sx.Analyzer, f *sx.Form, h *inputDef) {
	for _, name := range a.Program().Reaches(h.body.fn.Expr(), sx.Response) {
		if h.repeats && !strings.HasPrefix(name, "datastar-") {
			a.Errorf(f.Site(), sx.EffectError, "handler %s reaches %s, but with :every or :on its response has begun", h.name, name)
		}
		if name == "datastar-script*" && !d.site.config.datastarScripts {
			a.Errorf(f.Site(), sx.EffectError, "%s %s reaches datastar-script, which is off: a page that runs what it is sent needs (defconfig :datastar-scripts true)", h.kind, h.name)
		}
	}
}

// repeat is one client's stream of a handler.
type repeat struct {
	site *site
	q    *request
	h    *inputDef
	args []sx.Value
}

type repeatKey struct{}

// serveRepeats answers a request to a handler with :every or :on, whose guards it has passed and whose arguments are bound.
func (s *site) serveRepeats(w http.ResponseWriter, q *request, h *inputDef, args []sx.Value) {
	if q.r.Header.Get("Cookie") != "" && !sameSiteRead(q.r, s.config.origins) {
		s.app.log.Warn("cross-origin stream refused", "path", q.r.URL.Path, "origin", q.r.Header.Get("Origin"))
		s.errorPage(w, q, http.StatusForbidden, "", nil)
		return
	}
	if err := q.commit(w); err != nil {
		q.sent = false
		s.fail(w, q, "handler "+h.name, err)
		return
	}
	if q.r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		return
	}
	// The stream ends with the session, and when a guard no longer lets it pass.
	ctx, cancel := context.WithCancelCause(withRequest(q.r.Context(), q))
	defer cancel(errResponseOver)
	if q.r.Header.Get("Cookie") != "" {
		defer s.app.ending.add(q.sess().id, func() { cancel(errSessionEnded) })()
	}
	if len(h.guards) > 0 {
		defer s.app.recheck(ctx, s, q, h.guards, cancel)()
	}
	// After a reload its client comes back, and is answered by the new program: Datastar's does after a cut.
	defer context.AfterFunc(s.app.regions.program(), func() { cancel(errReloaded) })()
	if s.turn != s.app.current().turn { // it was replaced in between
		cancel(errReloaded)
	}
	ctx = context.WithValue(ctx, repeatKey{}, &repeat{s, q, h, args})
	h.stream.ServeHTTP(w, q.r.WithContext(ctx))
	if context.Cause(ctx) == errReloaded {
		panic(http.ErrAbortHandler)
	}
}

var errReloaded = errors.New("the program was loaded anew")

// follow runs the handler until the client has gone, the server drains, or the handler leaves with abort or redirect.
func (p *repeat) follow(ctx context.Context, out *live.Stream) error {
	q := p.q
	q.patches = &patches{stream: out}
	topics := make([]string, 0, len(p.h.topics))
	for _, t := range p.h.topics {
		v, err := p.site.prog.Call(ctx, t.value, p.args...)
		if err != nil {
			return p.refusal(err)
		}
		topics = append(topics, textList(v)...)
	}
	first, known := true, ""
	turn := func(message sx.Value) error {
		err := p.run(ctx, message)
		left, leaves := leaving(err)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			known = ""
		case first:
			return p.refusal(err)
		case leaves:
			return left
		case err.Error() != known: // what stays wrong is said once
			known = err.Error()
			p.site.logError("handler "+p.h.name, err)
		}
		first = false
		return nil
	}
	begun := false
	err := p.site.app.changes(ctx, topics, nil, p.h.every, nil, func(err error) { p.site.logError(":on of handler "+p.h.name, err) },
		func(box mailbox) error {
			if !begun || !box.any {
				begun = true
				if err := turn(sx.Nil); err != nil {
					return err
				}
			}
			for _, message := range box.queue {
				if err := turn(message); err != nil {
					return err
				}
			}
			return nil
		})
	if _, leaves := leaving(err); leaves && !first {
		return nil
	}
	return err
}

// run evaluates the handler once. What a run that fails saved of the visitor's files is removed, as after any request.
func (p *repeat) run(ctx context.Context, message sx.Value) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.site.app.limits.Timeout, errTooSlow)
	defer cancel()
	if err := p.site.app.acquire(ctx); err != nil {
		return err
	}
	defer p.site.app.release()
	args := p.args
	if p.h.message {
		args = append(args[:len(args):len(args)], message)
	}
	_, err := p.site.prog.Call(ctx, p.h.body.value, args...)
	if l, leaves := leaving(err); err == nil || leaves && l.url != "" {
		p.q.keepSaved()
	} else {
		p.q.dropSaved()
	}
	return err
}

// refusal is the status of a stream whose first evaluation failed.
func (p *repeat) refusal(err error) error {
	var signals *live.SignalsError
	lv, leaves := leaving(err)
	switch {
	case leaves && lv.url != "":
		return &live.StatusError{Code: http.StatusForbidden, Err: err}
	case leaves:
		return &live.StatusError{Code: lv.status, Err: err}
	case errors.Is(err, ErrUnauthorized):
		return &live.StatusError{Code: http.StatusUnauthorized, Err: err}
	case errors.As(err, &signals):
		return &live.StatusError{Code: http.StatusBadRequest, Err: err}
	}
	p.site.logError("handler "+p.h.name, err)
	return &live.StatusError{Code: http.StatusInternalServerError, Err: err}
}
