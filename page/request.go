package page

import (
	"context"
	"fmt"
	"net/http"
	"sync"

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
	body   *timedBody // while it is read, or nil
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

// requestOf returns the request being answered, or an error for primitives that need one.
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

// responding returns an error when the response can no longer be changed.
func (q *request) responding(primitive string) error {
	if q.sent {
		return fmt.Errorf("%s: the response has begun: this belongs in :data, :auth or a handler", primitive)
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
		return nil // nobody asked for the session, so that its cookie stays as it is
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

// statusOr returns the status that the program set, or another.
func (q *request) statusOr(status int) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.status != 0 {
		return q.status
	}
	return status
}
