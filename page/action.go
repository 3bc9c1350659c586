package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// inputDef is one (defhandler …) or (defaction …), compiled.
type inputDef struct {
	kind     string // "handler" or "action"
	name     string
	place    string
	method   string
	pattern  *pattern
	guards   []string
	fields   []inputField
	defaults map[string]*compiled // by field, functions without parameters
	names    []string             // parameters of body: path parameters, then fields that are none
	body     *compiled

	// A handler that answers with a stream; see repeat.go.
	repeats bool
	every   time.Duration
	topics  []*compiled
	message bool // its body sees the message
	stream  http.Handler
}

var (
	actionFields  = []string{"path", "method", "auth"}
	handlerFields = append(slices.Clone(actionFields), "every", "on")
)

func (d *declarations) handler(a *sx.Analyzer, f *sx.Form) { d.input(a, f, "handler") }
func (d *declarations) action(a *sx.Analyzer, f *sx.Form)  { d.input(a, f, "action") }

// input compiles (defhandler name :path … (parameters) body…) and (defaction …).
func (d *declarations) input(a *sx.Analyzer, f *sx.Form, kind string) {
	head := "def" + kind
	name, ok := nameOf(a, f, head)
	if !ok || !d.claim(a, f, kind, name) {
		return
	}
	end := 2
	for end < f.Len() && f.Item(end).Kind() == sx.KindKeyword {
		end += 2
	}
	if end >= f.Len() || f.Item(end).Kind() != sx.KindList {
		a.Errorf(f.Site(), sx.FormError, "%s %s: a parameter list is missing after the fields: (&key name …), or () for none", head, name)
		return
	}
	known := handlerFields
	if kind == "action" {
		known = actionFields
	}
	fs := map[string]*sx.Form{}
	for i := 2; i+1 <= end-1; i += 2 {
		key := f.Item(i).Text()
		if !slices.Contains(known, key) {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "%s: unknown field :%s%s", head, key, didYouMean(key, known))
			continue
		}
		fs[key] = f.Form(i + 1)
	}
	h := &inputDef{kind: kind, name: name, place: placeOf(f.Site()), method: http.MethodGet, defaults: map[string]*compiled{}}
	if kind == "action" {
		h.method = http.MethodPost
	}
	if fs["path"] == nil {
		a.Errorf(f.Site(), sx.FormError, "%s %s has no :path", head, name)
		return
	}
	if h.pattern = patternOf(a, fs["path"]); h.pattern == nil {
		return
	}
	if g := fs["method"]; g != nil {
		h.method = strings.ToUpper(plainText(g.Value()))
		if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, h.method) {
			a.Errorf(g.Site(), sx.FormError, "%s %s: the method must be :get, :post, :put, :patch or :delete, found %s", head, name, sx.Serialize(g.Value()))
			return
		}
	}
	h.guards = guardNames(a, fs["auth"])
	d.needGuards(a, fs["auth"], h.guards)

	params := f.Form(end)
	fields, defaults, err := parseInputs(params.Value().List().Items)
	if err != nil {
		a.Errorf(params.Site(), sx.FormError, "%s %s: %v", head, name, err)
		return
	}
	h.fields = fields
	h.names = h.pattern.params()
	for _, fl := range fields {
		if !slices.Contains(h.names, fl.name) {
			h.names = append(h.names, fl.name)
		}
	}
	for key, form := range defaults {
		h.defaults[key] = &compiled{fn: a.Function(kind+" "+name, nil, params.With(sx.Symbol("begin"), form))}
	}
	if end+1 >= f.Len() {
		a.Errorf(f.Site(), sx.FormError, "%s %s has no body", head, name)
		return
	}
	d.repeats(a, f, h, fs)
	seen := h.names
	if h.message {
		seen = append(slices.Clip(seen), "message")
	}
	h.body = &compiled{fn: a.Function(kind+" "+name, seen, f.Forms(end+1)...)}
	a.Later(func() { d.checkRepeats(a, f, h) })
	if h.method == http.MethodGet {
		a.Later(func() {
			if names := a.Program().Reaches(h.body.fn.Expr(), sx.Write); len(names) > 0 {
				a.Warnf(f.Site(), "%s %s answers GET and changes data by %s although GET requests repeat and are prefetched: use :method :post", kind, name, strings.Join(names, ", "))
			}
		})
	}
	d.site.inputs = append(d.site.inputs, h)
	d.mount(a, f.Site(), &route{method: h.method, pattern: h.pattern, kind: kind, name: name, place: h.place,
		serve: func(w http.ResponseWriter, r *http.Request, q *request) { d.site.serveInput(w, r, q, h) }})
}

// serveInput answers a request to a handler or an action.
func (s *site) serveInput(w http.ResponseWriter, r *http.Request, q *request, h *inputDef) {
	where := h.kind + " " + h.name
	// The time and the place of an evaluation begin when the body is there: how long that takes is the client's matter.
	sub, err := readSubmission(q.r, formRoom{room: &s.app.uploads, most: s.uploadMost()})
	defer sub.discard()
	if err != nil {
		if errors.Is(err, errSlowBody) {
			w.Header().Set("Connection", "close")
		}
		s.fail(w, q, where, err)
		return
	}
	if q.body != nil && !q.body.drain() {
		w.Header().Set("Connection", "close") // what follows is no form
	}
	q.sub = sub
	ctx, cancel := context.WithTimeoutCause(withRequest(r.Context(), q), s.app.limits.Timeout, errTooSlow)
	defer cancel()
	if err := s.app.acquire(ctx); err != nil {
		s.fail(w, q, where, err)
		return
	}
	held := true
	defer func() {
		if held {
			s.app.release()
		}
	}()
	if err := s.runGuards(ctx, q, h.guards); err != nil {
		s.fail(w, q, where, err)
		return
	}
	args, bad, err := s.bindInputs(ctx, q, h)
	if err != nil {
		s.fail(w, q, where, err)
		return
	}
	if bad.names != nil {
		s.refuseForm(w, q, &bad)
		return
	}
	if h.repeats {
		held = false
		s.app.release()
		s.serveRepeats(w, q, h, args)
		return
	}
	q.patches = &patches{}
	s.answer(ctx, w, q, where, func(m *sx.Machine) sx.Value { return m.Call(h.body.value, args...) })
}

// bindInputs returns the arguments of a handler's body: path parameters, then fields, checked.
func (s *site) bindInputs(ctx context.Context, q *request, h *inputDef) ([]sx.Value, violations, error) {
	var bad violations
	values := map[string]sx.Value{}
	for _, p := range q.params {
		values[p.Name] = p.Value
	}
	for i := range h.fields {
		f := &h.fields[i]
		v, texts, sent := q.sub.lookup(f.name)
		if pv, ok := values[f.name]; ok { // a path parameter that is annotated
			if v, texts, sent = pv, nil, true; pv.IsString() {
				texts = []string{pv.Text()}
			}
		}
		v, given, message := f.check(v, texts, sent)
		if message != "" {
			bad.add(f.name, message)
			continue
		}
		if !given || v.IsNil() {
			if def := h.defaults[f.name]; def != nil && !(given && f.kind == "boolean") {
				var err error
				if v, err = s.prog.Call(ctx, def.value); err != nil {
					return nil, bad, err
				}
			}
		}
		values[f.name] = v
	}
	args := make([]sx.Value, len(h.names))
	for i, n := range h.names {
		args[i] = values[n]
	}
	return args, bad, nil
}

// answer evaluates a handler and sends what it gives: markup as an HTML fragment, a dict or list as JSON,
// text as it is, nothing as 204. When it has patched a page of Datastar's client, the patches are the answer.
func (s *site) answer(ctx context.Context, w http.ResponseWriter, q *request, where string, eval func(m *sx.Machine) sx.Value) {
	m := s.prog.Machine(ctx, htmlDest)
	m.Host = s.host(q)
	var body []byte
	var kind string
	status := http.StatusOK
	err := m.Protect(func() {
		v := eval(m)
		switch events := q.patches.collected(); {
		case len(events) > 0:
			body, kind = events, "text/event-stream; charset=utf-8"
		case v.IsNil():
			status = http.StatusNoContent
		case v.Kind() == sx.KindDict || v.Kind() == sx.KindList && !markupList(v, 0):
			data, err := encodeJSON(v)
			if err != nil {
				m.Throw(err)
			}
			body, kind = data, "application/json"
		case v.Kind() == sx.KindString || v.IsNumber() || v.Kind() == sx.KindBool:
			body, kind = []byte(plainText(v)), "text/plain; charset=utf-8"
		default:
			emitValue(m, v)
			body, kind = slices.Clone(m.Out), "text/html; charset=utf-8"
		}
	})
	m.Release()
	if err != nil {
		l, ok := leaving(err)
		if !ok || l.url == "" {
			q.dropSaved()
		}
		if ok && l.fields != nil {
			s.refuseForm(w, q, l.fields)
			return
		}
		s.fail(w, q, where, err)
		return
	}
	h := w.Header()
	if err := q.commit(w); err != nil {
		q.dropSaved()
		q.sent = false
		s.fail(w, q, where, err)
		return
	}
	if h.Get("Content-Type") == "" && kind != "" {
		h.Set("Content-Type", kind)
	}
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		h.Set("Content-Security-Policy", s.policyFor(q.nonce))
		h.Set("Vary", addVary(h.Get("Vary"), "Sx-Request"))
	}
	s.fixed.secure(h)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	s.writeWhole(w, q, q.statusOr(status), body)
}

// markupList reports whether a list holds markup somewhere, as (map …) over rows does.
func markupList(v sx.Value, depth int) bool {
	for _, i := range v.List().Items {
		switch i.Kind() {
		case sx.KindElement:
			return true
		case sx.KindList:
			if depth < 8 && markupList(i, depth+1) {
				return true
			}
		}
	}
	return false
}

// refuseForm answers a form that violates its annotations: the page that holds the form is rendered again
// with status 422, the messages and what the user had put in. That is the page at the action's own path,
// else the page that the request came from.
func (s *site) refuseForm(w http.ResponseWriter, q *request, bad *violations) {
	if q.sub.json != nil || wantsJSON(q.r) {
		if err := q.commit(w); err != nil {
			s.logError("the session", err)
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusUnprocessableEntity, sx.DictOf(bad.dict()))
		return
	}
	q.invalid = bad.dict()
	q.inputs = q.sub.raw()
	if p, params := s.pageOfForm(q); p != nil {
		q.params = params
		q.r = q.r.Clone(q.r.Context())
		s.renderPage(w, q, p, http.StatusUnprocessableEntity)
		return
	}
	v := errorView{Status: http.StatusUnprocessableEntity}
	for _, n := range bad.names {
		v.Fields = append(v.Fields, [2]string{n, bad.messages[n]})
	}
	if ref, err := url.Parse(q.r.Referer()); err == nil && ref.Host == q.origin.host && sameOriginPath(ref.Path) {
		v.Back = ref.RequestURI()
	}
	w.Header().Set("Cache-Control", "no-store")
	if err := q.commit(w); err != nil {
		s.logError("the session", err)
	}
	s.builtinErrorPage(w, q, v, nil)
}

func (s *site) pageOfForm(q *request) (*pageDef, []param) {
	try := func(u *url.URL) (*pageDef, []param) {
		segments, clean, ok := splitPath(u)
		if !ok || clean != "" {
			return nil, nil
		}
		r, params, _ := s.router.find(http.MethodGet, segments)
		if r == nil || r.kind != "page" {
			return nil, nil
		}
		for _, p := range s.pages {
			if p.name == r.name {
				return p, params
			}
		}
		return nil, nil
	}
	if p, params := try(q.r.URL); p != nil {
		return p, params
	}
	ref, err := url.Parse(q.r.Referer())
	if err != nil || ref.Host != q.origin.host {
		return nil, nil
	}
	p, params := try(ref)
	if p != nil {
		if fields, err := parseFields(ref.RawQuery); err == nil {
			q.sub.query = fields // the page reads the query it was first shown with
		}
	}
	return p, params
}

func addVary(old, name string) string {
	if old == "" {
		return name
	}
	return old + ", " + name
}
