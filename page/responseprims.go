package page

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// respondingPrimitives decide the response, or end it early.
func respondingPrimitives() []*sx.Primitive {
	return []*sx.Primitive{
		onRequest("(set-response-status status)", "Sets the status of the response.", writes, func(q *request, args []sx.Value) (sx.Value, error) {
			status, err := statusArg("set-response-status", args[0], 200, 599)
			if err != nil {
				return sx.Nil, err
			}
			q.mu.Lock()
			q.status = status
			q.mu.Unlock()
			return sx.Nil, nil
		}),
		named("(set-response-header name value)", "Sets a header of the response.", writes, func(q *request, name string, args []sx.Value) (sx.Value, error) {
			return sx.Nil, q.setHeader(name, plainText(args[1]))
		}),
		onRequest("(set-cookie! name value options?)", "Sets a cookie: :max-age :path :http-only :same-site.", writes, setCookie),
		onRequest("(abort status message?)", "Ends the request with an error page.", sx.IO, func(q *request, args []sx.Value) (sx.Value, error) {
			status, err := statusArg("abort", args[0], 400, 599)
			if err != nil {
				return sx.Nil, err
			}
			return sx.Nil, Abort(status, plainText(optional(args, 1)))
		}),
		onRequest("(not-found message?)", "Ends the request with status 404.", sx.IO, func(q *request, args []sx.Value) (sx.Value, error) {
			return sx.Nil, Abort(http.StatusNotFound, plainText(optional(args, 0)))
		}),
		onRequest("(invalid messages)", "Refuses what a form sent, with messages for its fields, as a violated annotation does. Fields whose message is nil are right; when all are, it does nothing: (invalid {:email (when taken \"is taken\")}).", writes, func(q *request, args []sx.Value) (sx.Value, error) {
			d := args[0].Dict()
			if d == nil {
				return sx.Nil, fmt.Errorf("invalid: argument 1 must be a dict of fields and messages, got %s", args[0].TypeName())
			}
			if q.patches == nil {
				return sx.Nil, errors.New("invalid: there is no form here: it belongs in a handler or an action")
			}
			bad := &violations{}
			for i := range d.Len() {
				if name, message := d.At(i); message.Truthy() {
					bad.add(name, plainText(message))
				}
			}
			return sx.Nil, bad.refusal()
		}),
		onRequest("(redirect path status?)", "Ends the request with a redirect, 303 unless told otherwise.", writes, func(q *request, args []sx.Value) (sx.Value, error) {
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
	}
}

// statusArg reads a status from least to most.
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

// setHeader sets a header of the response, for :headers and set-response-header.
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

// forbiddenHeader reports whether the server itself decides on a header.
func forbiddenHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Trailer", "Set-Cookie", "Content-Encoding":
		return true
	}
	return false
}

// headerName reports whether s is a token (RFC 9110 section 5.6.2).
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
