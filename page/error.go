package page

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/sx"
)

// errorView is what the built-in error page shows.
type errorView struct {
	Status  int
	Message string
	Details []string    // in development: where it went wrong, with the source
	Fields  [][2]string // of a refused form
	Back    string
	Nonce   string
}

func (e errorView) title() string { return fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)) }

// friendly is what visitors read when the program does not say it in its own words.
func friendly(status int) string {
	switch status {
	case 400:
		return "The request could not be understood."
	case 401:
		return "You have to log in to see this page."
	case 403:
		return "You may not do this."
	case 404:
		return "There is no page at this address."
	case 405:
		return "This address does not answer that kind of request."
	case 413:
		return "What you sent is too large."
	case 415:
		return "What you sent is of a kind that this address does not take."
	case 422:
		return "Some fields need another look."
	case 429:
		return "Too many requests. Please try again in a moment."
	case 507:
		return errNoRoom.reason
	case 503:
		return "The site is busy. Please try again in a moment."
	}
	if status >= 500 {
		return "Something went wrong on our side. It has been noted."
	}
	return "The request could not be answered."
}

// fail answers a request whose evaluation failed before anything was sent: with a redirect, with the error
// page of a status, or with status 500. Once the header is on its way it only logs.
func (s *site) fail(w http.ResponseWriter, q *request, where string, err error) {
	if l, ok := leaving(err); ok {
		if l.url != "" {
			s.redirect(w, q, l)
			return
		}
		s.errorPage(w, q, l.status, l.reason, nil)
		return
	}
	var se *statusError
	var signals *live.SignalsError
	switch {
	case errors.As(err, &signals):
		s.errorPage(w, q, http.StatusBadRequest, "The signals are not a JSON object.", nil)
	case errors.Is(err, ErrUnauthorized):
		s.errorPage(w, q, http.StatusUnauthorized, "", nil)
	case errors.As(err, &se):
		s.app.refused(q.r, se.status, se.reason)
		s.errorPage(w, q, se.status, se.reason, nil)
	case q.r.Context().Err() != nil:
		s.app.log.Debug("the client left", "path", q.r.URL.Path)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errTooSlow):
		s.logError(where, err)
		s.errorPage(w, q, http.StatusServiceUnavailable, "", err)
	default:
		s.logError(where, err)
		s.errorPage(w, q, http.StatusInternalServerError, "", err)
	}
}

var errTooSlow = errors.New("took too long")

// logError writes one line that names the page and file:line:col.
func (s *site) logError(where string, err error) {
	attrs := []any{"in", where, "err", err}
	var e *sx.Error
	if errors.As(err, &e) {
		for _, f := range e.Frames {
			attrs = append(attrs, "at", fmt.Sprintf("%s %s:%d", f.Name, f.Pos.File, f.Pos.Line))
			if len(attrs) > 10 {
				break
			}
		}
		if e.Cause != nil && strings.Contains(e.Message, "panic in Go") {
			attrs = append(attrs, "stack", e.Cause.Error())
		}
	}
	s.app.log.Log(context.Background(), slog.LevelError, "evaluation failed", attrs...)
}

func (s *site) redirect(w http.ResponseWriter, q *request, l *leave) {
	if err := q.commit(w); err != nil {
		s.logError("the session", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	if q.r.Header.Get("Sx-Request") != "" && !q.origin.owns(l.url) {
		// fetch would follow to the other site, which answers a page of ours with an error: the client goes there
		// itself.
		w.Header().Set("Sx-Location", l.url)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if q.r.Method == http.MethodPost && !q.origin.owns(l.url) && !s.policy.formsMayGo(l.url) {
		s.app.refusals.note("browsers will not follow this redirect of a form: (defconfig :csp {:form-action …}) must name the site", "path", q.r.URL.Path, "to", siteOfURL(l.url))
	}
	w.Header().Set("Location", asciiURL(l.url))
	w.WriteHeader(l.status)
}

// asciiURL escapes what may not stand in a header: a path may have been written, or typed, with other letters.
func asciiURL(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// errorPage answers with the page that the program defines for a status, or the built-in one. Nothing of
// the failed evaluation is sent: it is not cached, and shows source and stack in development only.
func (s *site) errorPage(w http.ResponseWriter, q *request, status int, message string, cause error) {
	q.mu.Lock()
	sent := q.sent
	q.status = 0
	q.header = nil
	q.mu.Unlock()
	if sent {
		return
	}
	h := w.Header()
	for _, name := range []string{"Etag", "Content-Length", "Content-Encoding", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized && h.Get("Www-Authenticate") == "" {
		h.Set("Www-Authenticate", `Cookie realm="site"`) // RFC 9110 section 15.5.2 asks for a challenge
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", "2")
	}
	if wantsJSON(q.r) {
		s.errorJSON(w, status, message)
		return
	}
	own := s.errorPages[404]
	if status >= 500 {
		own = s.errorPages[500]
	} else if status != 404 {
		own = nil
	}
	if own != nil && !(s.app.cfg.dev && cause != nil && status >= 500) {
		text := message
		if text == "" {
			text = friendly(status)
		}
		err := s.renderErrorPage(w, q, own, status, text)
		if err == nil {
			return
		}
		s.logError("page "+own.name, err)
	}
	s.builtinErrorPage(w, q, errorView{Status: status, Message: message}, cause)
}

func (s *site) builtinErrorPage(w http.ResponseWriter, q *request, v errorView, cause error) {
	if v.Message == "" {
		v.Message = friendly(v.Status)
	}
	v.Nonce = q.nonce
	switch {
	case !s.app.cfg.dev:
	case cause != nil:
		v.Details = explain(cause)
	case v.Status == http.StatusNotFound:
		v.Details = []string{s.served()}
	}
	var b bytes.Buffer
	if err := errorDocument(v).Render(q.r.Context(), &b); err != nil {
		b.Reset()
		b.WriteString("<!DOCTYPE html><title>" + http.StatusText(v.Status) + "</title>")
	}
	page := b.Bytes()
	if s.app.cfg.dev {
		page = bytes.Replace(page, []byte("</body>"), append(s.developmentTags(q), "</body>"...), 1)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.policyFor(q.nonce))
	s.fixed.secure(h)
	h.Set("Content-Length", fmt.Sprint(len(page)))
	w.WriteHeader(v.Status)
	if q.r.Method != http.MethodHead {
		w.Write(page)
	}
}

// served lists what there is, for whoever mistyped an address in development.
func (s *site) served() string {
	if len(s.router.all) == 0 {
		return "The application has no pages yet: (defpage home :path \"/\" :content (h1 \"Hello\"))"
	}
	rows := make([]string, 0, len(s.router.all))
	for _, r := range s.router.all {
		rows = append(rows, fmt.Sprintf("%-7s %-32s %s %s at %s", cmp.Or(r.method, "*"), r.pattern.text, r.kind, r.name, r.place))
	}
	slices.SortFunc(rows, func(a, b string) int { return strings.Compare(a[8:], b[8:]) })
	if more := len(rows) - 40; more > 0 {
		rows = append(rows[:40], fmt.Sprintf("and %d more: sx routes lists them", more))
	}
	return strings.Join(rows, "\n")
}

// explain returns the block of an error for people, without colors: position, source line, caret, chain.
func explain(err error) []string {
	var ds sx.Diagnostics
	if errors.As(err, &ds) {
		var out []string
		for _, d := range ds.Errors() {
			out = append(out, sx.Explain(d))
		}
		return out
	}
	return []string{sx.Explain(err)}
}

// wantsJSON reports whether an error is better sent as JSON. For Datastar's client it is: it takes HTML for elements to patch.
func wantsJSON(r *http.Request) bool {
	if r.Header.Get("Datastar-Request") != "" {
		return true
	}
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "text/html") || strings.Contains(accept, "text/sx") {
		return false
	}
	return strings.Contains(accept, "application/json") || strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
}

func (s *site) errorJSON(w http.ResponseWriter, status int, message string) {
	if message == "" {
		message = friendly(status)
	}
	d := sx.NewDict(2)
	d.Set("error", sx.String(message))
	d.Set("status", sx.Int(status))
	writeJSON(w, status, sx.DictOf(d))
}

func writeJSON(w http.ResponseWriter, status int, v sx.Value) {
	body, err := encodeJSON(v)
	if err != nil {
		body, status = []byte(`{"error":"the answer has no JSON form"}`), http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}
