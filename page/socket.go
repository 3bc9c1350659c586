package page

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/ws"
)

// socketDef is the endpoint of a (~ws …), compiled. It is immutable once loading is done.
type socketDef struct {
	src     string
	pattern *pattern
	site    *sx.Site
	text    string   // of its handlers: two forms with one address must agree
	guards  []string // of the pages that show it
	fns     map[string]*compiled
}

var socketHandlers = []string{"on-open", "on-message", "on-close", "join"}

// socketRegion is the component that (~ws …) becomes.
const socketRegion = "~sx-socket"

// socketForm is ~ws: it mounts the endpoint that its handlers make, and stands for a region whose slots the
// socket fills.
func (d *declarations) socketForm() *sx.Special {
	return &sx.Special{Name: "~ws", Usage: `(~ws :src "/ws/chat" :on-message handler child …)`,
		Doc: "A region that a WebSocket fills; its handlers are top-level functions.", Analyze: d.socket}
}

func (d *declarations) socket(a *sx.Analyzer, f *sx.Form) sx.Expr {
	items := []sx.Value{sx.Symbol(socketRegion)}
	s := &socketDef{site: f.Site(), fns: map[string]*compiled{}}
	handlers := map[string]*sx.Form{}
	filled := false
	for i := 1; i < f.Len(); i++ {
		v := f.Item(i)
		if v.Kind() != sx.KindKeyword {
			items = append(items, v)
			filled = filled || hasBody(v, 0)
			continue
		}
		if i+1 == f.Len() {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "~ws: the keyword :%s has no value", v.Text())
			break
		}
		i++
		switch k := v.Text(); {
		case k == "src":
			if s.src, _ = f.Item(i).AsString(); s.src == "" {
				a.Errorf(f.SiteOf(i), sx.FormError, "~ws: :src must be a literal string such as \"/ws/chat\", found %s", sx.Serialize(f.Item(i)))
			}
			items = append(items, v, f.Item(i))
		case slices.Contains(socketHandlers, k):
			handlers[k] = f.Form(i)
			s.text += k + " " + sx.Serialize(f.Item(i)) + "\n"
		default:
			a.Errorf(f.SiteOf(i-1), sx.KeywordError, "~ws: unknown keyword :%s%s", k, didYouMean(k, append([]string{"src"}, socketHandlers...)))
		}
	}
	if s.src == "" {
		a.Errorf(f.Site(), sx.KeywordError, "~ws: :src is missing")
		return a.Analyze(f.With(items...))
	}
	items = append(items, sx.Keyword("resume"), sx.Bool(filled && handlers["join"] == nil))
	p, err := parsePattern(s.src)
	if err != nil {
		a.Errorf(f.Site(), sx.FormError, "~ws: :src: %v", err)
		return a.Analyze(f.With(items...))
	}
	s.pattern = p
	a.Acts() // the socket belongs to the site being loaded
	if old := d.site.sockets[s.src]; old != nil {
		if old.text != s.text {
			a.Errorf(f.Site(), sx.DuplicateError, "~ws: %s has other handlers at %s", s.src, placeOf(old.site))
		}
		return a.Analyze(f.With(items...))
	}
	d.site.sockets[s.src] = s
	for k, g := range handlers {
		c := &compiled{fn: a.Function("socket "+s.src, p.params(), g)}
		s.fns[k] = c
		a.Later(func() {
			if names := a.Program().Reaches(c.fn.Expr(), sx.Response); len(names) > 0 {
				a.Errorf(c.fn.Site(), sx.EffectError, "the handler :%s of %s reaches %s, but a socket has no response to change", k, s.src, strings.Join(names, ", "))
			}
		})
	}
	d.mount(a, f.Site(), &route{method: http.MethodGet, pattern: p, kind: "socket", name: s.src, place: placeOf(f.Site()),
		serve: func(w http.ResponseWriter, r *http.Request, q *request) { d.site.app.serveSocket(w, r, q, s.src) }})
	return a.Analyze(f.With(items...))
}

// hasBody reports whether a boundary in the form has content of its own, so that the page shows what the
// channel holds and the socket goes on from there.
func hasBody(v sx.Value, depth int) bool {
	if v.Kind() != sx.KindList || depth > 100 {
		return false
	}
	items := v.List().Items
	if len(items) > 0 && items[0].IsSymbol("~suspense") {
		for i := 1; i < len(items); i++ {
			if items[i].Kind() != sx.KindKeyword {
				return true
			}
			i++
		}
		return false
	}
	for _, x := range items {
		if hasBody(x, depth+1) {
			return true
		}
	}
	return false
}

// compileSockets makes the handlers callable, and gives each socket the guards of the pages that show it.
func (d *declarations) compileSockets() {
	s := d.site
	for _, x := range s.sockets {
		for _, c := range x.fns {
			c.finish()
		}
	}
	shown := map[string][][]string{} // guards of each page, by socket
	for _, p := range s.pages {
		if p.content == nil {
			continue
		}
		s.prog.VisitCalls(p.content.fn.Expr(), func(c *sx.CompCall) {
			if c.Comp.Name != socketRegion {
				return
			}
			names, vals := c.Args()
			for i, n := range names {
				if src, ok := sx.IsLiteral(vals[i]); n == "src" && ok {
					shown[src.Text()] = append(shown[src.Text()], p.guards)
				}
			}
		})
	}
	for src, lists := range shown {
		x := s.sockets[src]
		if x == nil {
			continue
		}
		// A socket on several pages asks for what all of them ask for: who may see one may use it.
		x.guards = lists[0]
		for _, l := range lists[1:] {
			x.guards = slices.DeleteFunc(slices.Clone(x.guards), func(g string) bool { return !slices.Contains(l, g) })
		}
	}
}

// socketComponent renders the region: its address, and the cursor from which the socket goes on when the
// page shows what the channel held.
func (a *App) socketComponent(m *sx.Machine, args *sx.Dict, children sx.Value) {
	src, _ := args.Lookup("src")
	resume, _ := args.Lookup("resume")
	address := src.Text()
	q, _ := m.Context().Value(requestKey{}).(*request)
	if q != nil {
		resolved, err := resolveSource(q, address)
		if err != nil {
			m.Throw(err)
		}
		address = resolved
	}
	m.Out = append(m.Out, `<div `+render.AttrWS+`="`+html.EscapeString(address)+`"`...)
	if q != nil && resume.Truthy() {
		// Looked at before the children are evaluated: what is published meanwhile comes twice rather than not
		// at all, and keys make it once.
		if _, cursor := a.ws.Snapshot(address); !cursor.IsZero() {
			m.Out = append(m.Out, ` `+render.AttrCursor+`="`+html.EscapeString(cursor.String())+`"`...)
		}
	}
	m.Out = append(m.Out, '>')
	emitValue(m, children)
	m.Out = append(m.Out, "</div>"...)
}

// socketOptions are those of the WebSocket server. Origins of the application's configuration are checked
// like those of streams.
func (a *App) socketOptions() []ws.Option {
	return []ws.Option{
		ws.WithLogger(a.log),
		ws.MaxConnections(a.limits.Connections, a.limits.PerAddress, a.limits.PerSession),
		ws.AllowOrigin(a.allowOrigin),
		ws.AddressOf(a.countedAddress),
	}
}

// socketState is what primitives find of the connection whose handler runs.
type socketState struct {
	conn *ws.Conn
	id   string // of the message being handled
}

type socketKey struct{}

// serveSocket accepts a connection.
func (a *App) serveSocket(w http.ResponseWriter, r *http.Request, q *request, src string) {
	a.ws.Handler(func(r *http.Request) (*ws.Endpoint, error) {
		s := a.current()
		x := s.sockets[src]
		if x == nil {
			return nil, &ws.StatusError{Code: http.StatusNotFound}
		}
		ctx, cancel := context.WithTimeoutCause(withRequest(r.Context(), q), a.limits.Timeout, errTooSlow)
		defer cancel()
		if err := s.runGuards(ctx, q, x.guards); err != nil {
			return refusal(r, s.socketStatus(src, err))
		}
		q.sent = true
		ep := a.endpoint(q, src, r.URL.Path)
		if len(x.guards) > 0 {
			a.watchGuards(ep, s, q, x.guards)
		}
		return ep, nil
	}).ServeHTTP(w, r)
}

// refusal is how a connection that its guards do not let pass is refused: with a status or, for our own client in a
// browser, which does not show it the status, by a close code that says the same.
func refusal(r *http.Request, err error) (*ws.Endpoint, error) {
	var status *ws.StatusError
	ours := r.Header.Get("Origin") != "" && strings.Contains(r.Header.Get("Sec-Websocket-Protocol"), ws.Subprotocol)
	if !ours || !errors.As(err, &status) || status.Code >= http.StatusInternalServerError {
		return nil, err
	}
	return &ws.Endpoint{Channel: r.URL.Path, Join: func(context.Context, *ws.Conn) (string, error) { return "", status }}, nil
}

// watchGuards closes a connection when its guards no longer let it pass: they run again every few minutes. The client
// comes back, and is told what everybody is.
func (a *App) watchGuards(ep *ws.Endpoint, s *site, q *request, guards []string) {
	var mu sync.Mutex
	end := func() {}
	stop := func() {
		mu.Lock()
		defer mu.Unlock()
		end()
	}
	open, closed := ep.OnOpen, ep.OnClose
	ep.OnOpen = func(ctx context.Context, c *ws.Conn) error {
		watch := s.newRequest(q.r, q.origin) // as it is, for guards that run beside the handlers
		watch.params, watch.sent, watch.sub = q.params, true, &submission{}
		mu.Lock()
		end = a.recheck(withRequest(a.ctx, watch), s, watch, guards, func(err error) {
			if a.ctx.Err() == nil {
				c.Close(ws.StatusSessionOver, "no longer allowed")
			}
		})
		mu.Unlock()
		err := open(ctx, c)
		if err != nil {
			stop()
		}
		return err
	}
	ep.OnClose = func(ctx context.Context, c *ws.Conn) {
		stop()
		closed(ctx, c)
	}
}

func (s *site) socketStatus(src string, err error) error {
	if lv, ok := leaving(err); ok {
		if lv.url != "" {
			return &ws.StatusError{Code: http.StatusForbidden, Err: err}
		}
		return &ws.StatusError{Code: lv.status, Err: err}
	}
	if errors.Is(err, ErrUnauthorized) {
		return &ws.StatusError{Code: http.StatusUnauthorized, Err: err}
	}
	s.logError("socket "+src, err)
	return &ws.StatusError{Code: http.StatusInternalServerError, Err: err}
}

// endpoint makes the handlers of one connection. Each call looks the handler up anew, so that a reload
// reaches open connections.
func (a *App) endpoint(q *request, src, address string) *ws.Endpoint {
	sess := q.sess()
	call := func(ctx context.Context, c *ws.Conn, id, handler string, args ...sx.Value) (sx.Value, bool, error) {
		s := a.current()
		x := s.sockets[src]
		if x == nil || x.fns[handler] == nil {
			return sx.Nil, false, nil
		}
		if err := a.acquire(ctx); err != nil {
			return sx.Nil, false, err
		}
		defer a.release()
		// A new request for each call: what it reads is its own, and the program is the one loaded now.
		qq := s.newRequest(q.r, q.origin)
		qq.params, qq.sent, qq.sub = q.params, true, &submission{}
		ctx = withRequest(ctx, qq)
		ctx = context.WithValue(ctx, socketKey{}, &socketState{c, id})
		ctx, cancel := context.WithTimeoutCause(ctx, a.limits.Timeout, errTooSlow)
		defer cancel()
		params := make([]sx.Value, 0, len(q.params))
		for _, n := range x.pattern.params() {
			v := sx.Nil
			for _, p := range q.params {
				if p.Name == n {
					v = p.Value
				}
			}
			params = append(params, v)
		}
		fn, err := s.prog.Call(ctx, x.fns[handler].value, params...)
		if err != nil {
			return sx.Nil, true, err
		}
		v, err := s.prog.Call(ctx, fn, args...)
		return v, true, err
	}
	user, _ := sess.get("user")
	s := a.current()
	ep := &ws.Endpoint{Channel: address, Session: sess.id, User: plainText(user), Defs: s.markupDefs[0], DefsHash: s.markupDefs[1]}
	ep.Join = func(ctx context.Context, c *ws.Conn) (string, error) {
		v, there, err := call(ctx, c, "", "join", connValue(c))
		if err != nil || !there || v.IsNil() {
			return "", err
		}
		return channelName(v)
	}
	ep.OnOpen = func(ctx context.Context, c *ws.Conn) error {
		_, _, err := call(ctx, c, "", "on-open", connValue(c))
		return err
	}
	ep.OnClose = func(ctx context.Context, c *ws.Conn) {
		if _, _, err := call(ctx, c, "", "on-close", connValue(c)); err != nil {
			a.current().logError("socket "+src+" :on-close", err)
		}
	}
	ep.OnMessage = func(ctx context.Context, c *ws.Conn, m ws.Message) error {
		_, there, err := call(ctx, c, m.ID, "on-message", m.Value, connValue(c))
		var e *sx.Error
		switch {
		case !there && err == nil:
			return ws.Refused(errors.New("this socket takes no messages"))
		case errors.As(err, &e) && e.Kind == sx.MatchError:
			return ws.Refused(fmt.Errorf("message %s is not one that this socket takes", m.Name))
		case err != nil:
			a.current().logError("socket "+src+" :on-message "+m.Name, err)
		}
		return err
	}
	return ep
}

func connValue(c *ws.Conn) sx.Value {
	return sx.OpaqueOf(&sx.Opaque{Type: "connection", Text: c.ID(), Value: c})
}

func channelName(v sx.Value) (string, error) {
	if o, ok := v.Opaque(); ok && o.Type == "channel" {
		return o.Text, nil
	}
	if s, ok := v.AsString(); ok && s != "" {
		return s, nil
	}
	return "", fmt.Errorf("a channel is expected, such as (channel \"room\" id), got %s", sx.Serialize(v))
}
