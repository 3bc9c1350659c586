package page

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// request is one request while it is being answered. Boundaries read it concurrently; what changes the
// response is refused once the header is sent.
type request struct {
	app    *App
	site   *site
	r      *http.Request
	origin origin
	params []param
	sub    *submission
	nonce  string
	trace  *trace     // in development
	page   *pageDef   // the page being rendered, or nil
	values []sx.Value // of its path parameters and :data

	sessionOnce sync.Once
	session     *session

	mu      sync.Mutex
	status  int
	header  http.Header // set by the program
	sent    bool        // the header is on its way
	private bool        // something of this visitor went into the answer
	linked  bool        // the page links its assets itself
	invalid *sx.Dict    // messages of a form being shown again, by field
	inputs  *sx.Dict    // what the user had put in, by field
	regions map[string]*region

	saved []string // names of the uploads that were kept

	patches *patches // of a handler or an action: what it sends to Datastar's client
}

type requestKey struct{}

func withRequest(ctx context.Context, q *request) context.Context {
	return context.WithValue(ctx, requestKey{}, q)
}

// requestOf gives the request being answered, or an error for primitives that need one.
func requestOf(ctx context.Context, primitive string) (*request, error) {
	if q, ok := ctx.Value(requestKey{}).(*request); ok {
		return q, nil
	}
	return nil, fmt.Errorf("%s: there is no request here", primitive)
}

// sess reads the session on first use. A response that depends on it is not kept by shared caches.
func (q *request) sess() *session {
	q.sessionOnce.Do(func() {
		q.session = q.app.sessions.read(q.r, q.origin.secure)
	})
	q.mu.Lock()
	q.private = true
	q.mu.Unlock()
	return q.session
}

// responding gives an error when the response can no longer be changed.
func (q *request) responding(primitive string) error {
	if q.sent {
		return fmt.Errorf("%s: the response has begun: this belongs into :data, :auth or a handler", primitive)
	}
	return nil
}

// commit sends the header: what the program set, and the session's cookie when it changed.
func (q *request) commit(w http.ResponseWriter) error {
	q.mu.Lock()
	q.sent = true
	header, s := q.header, q.session
	q.mu.Unlock()
	for name, values := range header {
		if name == "Set-Cookie" || name == "Vary" {
			w.Header()[name] = append(w.Header()[name], values...)
			continue
		}
		w.Header()[name] = values
	}
	if s == nil {
		// A cookie that is due for renewal is renewed although nobody read it.
		return nil
	}
	if err := q.app.sessions.write(w, s, q.origin.secure); err != nil {
		return err
	}
	for _, id := range s.ended {
		q.app.endSession(id)
	}
	s.ended = nil
	return nil
}

// statusOr gives the status that the program set, or another.
func (q *request) statusOr(status int) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.status != 0 {
		return q.status
	}
	return status
}

// forbiddenHeaders are those that the server itself decides.
func forbiddenHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Trailer", "Set-Cookie", "Content-Encoding":
		return true
	}
	return false
}

func text(name string, i int, v sx.Value) (string, error) {
	s, ok := v.AsString()
	if !ok {
		return "", fmt.Errorf("%s: argument %d must be a string, got %s", name, i+1, v.TypeName())
	}
	return s, nil
}

func optional(args []sx.Value, i int) sx.Value {
	if i < len(args) {
		return args[i]
	}
	return sx.Nil
}

// requestPrimitives are those that read the request or change the response.
func requestPrimitives() []*sx.Primitive {
	const reads, writes = sx.IO | sx.Request, sx.IO | sx.Response
	p := func(usage, doc string, effects sx.Effect, f func(q *request, args []sx.Value) (sx.Value, error)) *sx.Primitive {
		name, _, _ := strings.Cut(strings.Trim(usage, "()"), " ")
		return &sx.Primitive{Name: name, Usage: usage, Doc: doc, Effects: effects,
			Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				q, err := requestOf(ctx, name)
				if err != nil {
					return sx.Nil, err
				}
				if effects&sx.Response != 0 {
					q.mu.Lock()
					err := q.responding(name)
					q.mu.Unlock()
					if err != nil {
						return sx.Nil, err
					}
				}
				return f(q, args)
			}}
	}
	return []*sx.Primitive{
		p("(request-path)", "The path of the request's URL.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			return sx.String(q.r.URL.Path), nil
		}),
		p("(request-method)", "The method of the request, such as GET.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			return sx.String(q.r.Method), nil
		}),
		p("(request-arg name default?)", "A parameter of the URL's query, or the default.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			name, err := text("request-arg", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			if q.sub != nil {
				if v, ok := q.sub.query[name]; ok {
					return sx.String(v[0]), nil
				}
			}
			return optional(args, 1), nil
		}),
		p("(request-header name)", "A header of the request, or nil.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			name, err := text("request-header", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			v, ok := q.r.Header[http.CanonicalHeaderKey(name)]
			if !ok {
				return sx.Nil, nil
			}
			return sx.String(strings.ToValidUTF8(strings.Join(v, ", "), "\ufffd")), nil
		}),
		p("(request-form)", "Everything that the form or JSON body of the request holds, as a dict.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			if q.sub == nil {
				return sx.DictOf(sx.NewDict(0)), nil
			}
			return sx.DictOf(q.sub.raw()), nil
		}),
		p("(path-param name)", "A parameter of the path, or nil.", sx.IO, func(q *request, args []sx.Value) (sx.Value, error) {
			name, err := text("path-param", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			for _, p := range q.params {
				if p.Name == name {
					return p.Value, nil
				}
			}
			return sx.Nil, nil
		}),
		p("(cookie name)", "A cookie of the request, or nil.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			name, err := text("cookie", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			c, err := q.r.Cookie(name)
			if err != nil {
				return sx.Nil, nil
			}
			return sx.String(strings.ToValidUTF8(c.Value, "\ufffd")), nil
		}),
		p("(current-url)", "The address of the request as the visitor wrote it.", reads, func(q *request, _ []sx.Value) (sx.Value, error) {
			return sx.String(strings.ToValidUTF8(q.origin.url()+q.r.URL.RequestURI(), "\ufffd")), nil
		}),
		p("(session-get key default?)", "A value of the visitor's session, or the default.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			key, err := text("session-get", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			if v, ok := q.sess().get(key); ok {
				return v, nil
			}
			return optional(args, 1), nil
		}),
		p("(session-set! key value)", "Keeps a value in the visitor's session; nil removes it. The visitor can read it.", reads|writes, func(q *request, args []sx.Value) (sx.Value, error) {
			key, err := text("session-set!", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			return sx.Nil, q.sess().set(key, args[1])
		}),
		p("(session-clear!)", "Forgets the visitor's session and ends its streams.", reads|writes, func(q *request, _ []sx.Value) (sx.Value, error) {
			q.sess().clear()
			return sx.Nil, nil
		}),
		p("(session-regenerate!)", "Gives the visitor's session a new id, as after a login.", reads|writes, func(q *request, _ []sx.Value) (sx.Value, error) {
			q.sess().regenerate()
			return sx.Nil, nil
		}),
		p("(flash! key message)", "Leaves a message for the next page that asks for it.", reads|writes, func(q *request, args []sx.Value) (sx.Value, error) {
			key, err := text("flash!", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			return sx.Nil, q.sess().setFlash(key, args[1])
		}),
		p("(flash key)", "Takes the message that was left under key, or nil.", reads|writes, func(q *request, args []sx.Value) (sx.Value, error) {
			key, err := text("flash", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			return q.sess().takeFlash(key), nil
		}),
		p("(set-response-status status)", "Sets the status of the response.", writes, func(q *request, args []sx.Value) (sx.Value, error) {
			status, err := statusArg("set-response-status", args[0], 200, 599)
			if err != nil {
				return sx.Nil, err
			}
			q.mu.Lock()
			q.status = status
			q.mu.Unlock()
			return sx.Nil, nil
		}),
		p("(set-response-header name value)", "Sets a header of the response.", writes, func(q *request, args []sx.Value) (sx.Value, error) {
			name, err := text("set-response-header", 0, args[0])
			if err != nil {
				return sx.Nil, err
			}
			return sx.Nil, q.setHeader(name, plainText(args[1]))
		}),
		p("(set-cookie! name value options?)", "Sets a cookie: :max-age :path :http-only :same-site.", writes, setCookie),
		p("(abort status message?)", "Ends the request with an error page.", sx.IO, func(q *request, args []sx.Value) (sx.Value, error) {
			status, err := statusArg("abort", args[0], 400, 599)
			if err != nil {
				return sx.Nil, err
			}
			return sx.Nil, Abort(status, plainText(optional(args, 1)))
		}),
		p("(not-found message?)", "Ends the request with status 404.", sx.IO, func(q *request, args []sx.Value) (sx.Value, error) {
			return sx.Nil, Abort(http.StatusNotFound, plainText(optional(args, 0)))
		}),
		p("(redirect path status?)", "Ends the request with a redirect, 303 unless told otherwise.", writes, func(q *request, args []sx.Value) (sx.Value, error) {
			target, err := redirectTarget(args[0])
			if err != nil {
				return sx.Nil, err
			}
			status := http.StatusSeeOther
			if v := optional(args, 1); !v.IsNil() {
				if status, err = statusArg("redirect", v, 301, 308); err != nil {
					return sx.Nil, err
				}
			}
			return sx.Nil, Redirect(target, status)
		}),
		p("(form-errors field)", "What is wrong with a field of the form that was sent, or nil.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			v, _ := q.invalid.Lookup(plainText(args[0]))
			return v, nil
		}),
		p("(form-value field default?)", "What the user had put into a field of the form that was sent, or the default.", reads, func(q *request, args []sx.Value) (sx.Value, error) {
			if v, ok := q.inputs.Lookup(plainText(args[0])); ok {
				return v, nil
			}
			return optional(args, 1), nil
		}),
	}
}

func statusArg(name string, v sx.Value, least, most int) (int, error) {
	n := int(0)
	if v.IsNumber() {
		n = int(v.Float())
	}
	if n < least || n > most {
		return 0, fmt.Errorf("%s: the status must be a number from %d to %d, got %s", name, least, most, sx.Serialize(v))
	}
	return n, nil
}

func (q *request) setHeader(name, value string) error {
	if !headerName(name) || forbiddenHeader(name) {
		return fmt.Errorf("set-response-header: %q cannot be set", name)
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("set-response-header: the value of %s holds a line break", name)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.header == nil {
		q.header = http.Header{}
	}
	q.header.Set(name, value)
	return nil
}

// headerName tells whether s is a token (RFC 9110 section 5.6.2).
func headerName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

func setCookie(q *request, args []sx.Value) (sx.Value, error) {
	name, err := text("set-cookie!", 0, args[0])
	if err != nil {
		return sx.Nil, err
	}
	c := &http.Cookie{Name: name, Path: "/", HttpOnly: true, Secure: q.origin.secure, SameSite: http.SameSiteLaxMode}
	c.Value = plainText(args[1])
	if args[1].IsNil() {
		c.MaxAge = -1
	}
	opts := optional(args, 2).Dict()
	for i := range opts.Len() {
		switch k, v := opts.At(i); k {
		case "max-age":
			if !v.IsNumber() {
				return sx.Nil, fmt.Errorf("set-cookie!: :max-age must be seconds, got %s", v.TypeName())
			}
			c.MaxAge = int(v.Float())
		case "path":
			c.Path = plainText(v)
		case "http-only":
			c.HttpOnly = v.Truthy()
		case "same-site":
			switch strings.ToLower(plainText(v)) {
			case "lax":
			case "strict":
				c.SameSite = http.SameSiteStrictMode
			case "none":
				c.SameSite, c.Secure = http.SameSiteNoneMode, true
			default:
				return sx.Nil, fmt.Errorf("set-cookie!: :same-site must be lax, strict or none, got %s", sx.Serialize(v))
			}
		default:
			return sx.Nil, fmt.Errorf("set-cookie!: unknown option :%s (there are :max-age :path :http-only :same-site)", k)
		}
	}
	if c.Name == secureCookie || c.Name == plainCookie {
		return sx.Nil, fmt.Errorf("set-cookie!: %s is the session's cookie: use session-set!", c.Name)
	}
	if err := c.Valid(); err != nil {
		return sx.Nil, fmt.Errorf("set-cookie!: %s (encode values that hold such characters with url-encode)", strings.TrimPrefix(err.Error(), "http: "))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.header == nil {
		q.header = http.Header{}
	}
	q.header.Add("Set-Cookie", c.String())
	return sx.Nil, nil
}

// timeText is how times are written: RFC 3339 in UTC with milliseconds.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
