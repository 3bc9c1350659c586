package page

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// A body comes as its client sends it. One that stops sending would hold a connection, and the goroutine that reads, for as
// long as it likes: net/http's ReadTimeout, which would end that, ends streams too.

// bodyTimeouts is how many times as long as an evaluation a whole body may take to come.
const bodyTimeouts = 20

// timedBody is a body that fails when nothing of it comes for a while, or all of it takes too long.
type timedBody struct {
	io.ReadCloser
	rc   *http.ResponseController
	idle time.Duration
	end  time.Time
}

// newTimedBody starts the time. It also bounds what net/http itself reads of a body that nobody wants.
func newTimedBody(w http.ResponseWriter, body io.ReadCloser, idle time.Duration) *timedBody {
	b := &timedBody{body, http.NewResponseController(w), idle, time.Now().Add(bodyTimeouts * idle)}
	b.extend()
	return b
}

func (b *timedBody) extend() {
	at := time.Now().Add(b.idle)
	if at.After(b.end) {
		at = b.end
	}
	b.rc.SetReadDeadline(at) // a writer that knows no deadlines has its server's
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	b.extend()
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.settle()
	}
	return n, err
}

// settle ends the time: what the connection reads from now on is no body, and may never come.
func (b *timedBody) settle() { b.rc.SetReadDeadline(time.Time{}) }

// drain reads what stands behind the part of a body that was wanted, such as the end of a form with files: net/http would
// wait for it without an end. It reports whether the body ended.
func (b *timedBody) drain() bool {
	_, err := io.CopyN(io.Discard, b, 4096)
	b.settle()
	return errors.Is(err, io.EOF)
}
