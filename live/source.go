package live

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// Source is what a live URL stands for: a topic, and what a stream of it needs.
type Source struct {
	Topic    string
	Producer hub.Producer // makes the topic's events while somebody is subscribed; nil if others publish them

	// Defs are component definitions as SX text and DefsHash their hash: they go first on every stream, unless the client's ?defs=HASH
	// names them. Empty when the topic carries no SX frames.
	Defs, DefsHash string

	// Stream, made by Serve, is a Go function instead of a topic: it runs for this client alone, again after the retry time when it has
	// returned. Request is what it sees; nil is the stream's own.
	Stream  http.Handler
	Request *http.Request
}

// ResolveFunc finds the source that src names, for the client that r comes from. For a plain live URL src is the request's path; on a
// multiplexed stream it is what the page declared, path and query. It checks guards and parameters: an error refuses the source, with
// the code of a *StatusError, else 500. It must not keep r.
type ResolveFunc func(r *http.Request, src string) (Source, error)

// StatusError refuses a stream before it begins.
type StatusError struct {
	Code       int           // HTTP status; 204 ends a client for good
	RetryAfter time.Duration // for the Retry-After header; 0 writes none
	Err        error         // why, for the log; clients see only the status
}

// Error describes the refusal.
func (e *StatusError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d %s: %v", e.Code, http.StatusText(e.Code), e.Err)
	}
	return fmt.Sprintf("%d %s", e.Code, http.StatusText(e.Code))
}

// Unwrap returns the cause.
func (e *StatusError) Unwrap() error { return e.Err }

// refusal finds the status that an error stands for.
func refusal(err error) *StatusError {
	var s *StatusError
	switch {
	case errors.As(err, &s):
		return s
	case errors.Is(err, hub.ErrTopics), errors.Is(err, hub.ErrClosed), errors.Is(err, ErrDraining):
		return &StatusError{Code: http.StatusServiceUnavailable, RetryAfter: 2 * time.Second, Err: err}
	}
	return &StatusError{Code: http.StatusInternalServerError, Err: err}
}

// refuse answers with the status that err stands for.
func (c *config) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s := refusal(err)
	if s.Code >= 500 && !errors.Is(err, ErrDraining) && !errors.Is(err, hub.ErrClosed) {
		c.log.Error("live stream refused", "path", r.URL.Path, "err", err)
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if errors.Is(err, ErrDraining) {
		h.Set("Connection", "close") // the next request shall find another server
	}
	if s.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((s.RetryAfter+time.Second-1)/time.Second)))
	}
	if s.Code == http.StatusNoContent {
		w.WriteHeader(s.Code)
		return
	}
	http.Error(w, http.StatusText(s.Code), s.Code)
}

// startCursor reads where a client wants to continue. What is no cursor is one of an unknown epoch: a client that sends it had something, and
// must be told that what follows is a snapshot.
func startCursor(text string) hub.Cursor {
	c, err := hub.ParseCursor(text)
	if err != nil {
		return hub.UnknownCursor()
	}
	return c
}
