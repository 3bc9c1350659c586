package page

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// leave is how abort, redirect, not-found and invalid end an evaluation: an error that SX code cannot catch.
type leave struct {
	status int
	url    string // of a redirect
	reason string
	fields *violations // of a form that is refused
}

func (l *leave) Error() string {
	if l.url != "" {
		return fmt.Sprintf("redirect to %s", l.url)
	}
	if l.reason != "" {
		return l.reason
	}
	if l.fields != nil {
		return "invalid " + strings.Join(l.fields.names, ", ")
	}
	return fmt.Sprintf("abort with status %d %s", l.status, http.StatusText(l.status))
}

// Commits tells a database transaction to keep its work: a redirect follows upon success.
func (l *leave) Commits() bool { return l.url != "" }

// Abort returns an error that ends a request with a status, from a Go primitive or guard. reason is shown to
// the user.
func Abort(status int, reason string) error {
	return sx.Uncatchable(&leave{status: status, reason: reason})
}

// Redirect returns an error that ends a request with a redirect, 303 when status is 0. target is a path of
// this site or an absolute http or https URL.
func Redirect(target string, status int) error {
	if status == 0 {
		status = http.StatusSeeOther
	}
	return sx.Uncatchable(&leave{status: status, url: target})
}

// Invalid returns an error that refuses what a form sent, from a Go primitive that a handler or an action calls: the
// page is shown again with status 422, with a message for each of the fields and with what the visitor had put in.
// It is for what annotations cannot say. Without messages it gives nil.
func Invalid(messages map[string]string) error {
	v := &violations{}
	for _, name := range sortedKeys(messages) {
		v.add(name, messages[name])
	}
	return v.refusal()
}

// refusal returns the error that refuses a form for v, or nil when nothing is wrong.
func (v *violations) refusal() error {
	if len(v.names) == 0 {
		return nil
	}
	return sx.Uncatchable(&leave{status: http.StatusUnprocessableEntity, fields: v})
}

// leaving finds the leave within an error.
func leaving(err error) (*leave, bool) {
	var l *leave
	ok := errors.As(err, &l)
	return l, ok
}

// redirectTarget checks what (redirect …) was given: a path of this site, or what (trusted-url …) made.
func redirectTarget(v sx.Value) (string, error) {
	if o, ok := v.Opaque(); ok && o.Type == "trusted-url" {
		if u := strings.ToLower(o.Text); strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") || sameOriginPath(o.Text) {
			if !strings.ContainsAny(o.Text, "\r\n\x00") {
				return o.Text, nil
			}
		}
		return "", fmt.Errorf("redirect: %q is not an http or https URL", o.Text)
	}
	s, ok := v.AsString()
	if !ok {
		return "", fmt.Errorf("redirect: argument 1 must be a string, got %s", v.TypeName())
	}
	if !sameOriginPath(s) {
		return "", fmt.Errorf("redirect: %q is not a path of this site (for another site write (redirect (trusted-url …)))", s)
	}
	return s, nil
}
