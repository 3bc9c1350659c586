package live

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"
)

// wire writes one stream through net/http. It is not safe for concurrent use.
type wire struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	coding  coding
	timeout time.Duration
	buf     []byte
}

// setHeader sets the fields every stream has. no-transform and X-Accel-Buffering keep proxies from collecting or recoding it.
func setHeader(h http.Header, c coding) {
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no")
	if !slices.Contains(h.Values("Vary"), "Accept-Encoding") {
		h.Add("Vary", "Accept-Encoding")
	}
	h.Del("Content-Length")
	if name := c.name(); name != "" {
		h.Set("Content-Encoding", name)
	}
}

// closeAfter makes a plain connection end with its stream. Kept open, it would lead the client back to the server that it was sent away from,
// past the balancer. In HTTP/2 the field would end the other streams as well.
func closeAfter(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
}

// newWire begins a stream: the status is gone when it returns.
func newWire(w http.ResponseWriter, c coding, timeout time.Duration) *wire {
	x := &wire{w: w, rc: http.NewResponseController(w), coding: c, timeout: timeout}
	// The server's own time-outs are for requests that end: its ReadTimeout would cancel the stream, its WriteTimeout cut it. Where a writer
	// does not support deadlines nothing better can be done, so the errors are not looked at.
	x.rc.SetReadDeadline(time.Time{})
	x.rc.SetWriteDeadline(time.Time{})
	setHeader(w.Header(), c)
	w.WriteHeader(http.StatusOK)
	x.buf = c.begin(x.buf)
	return x
}

// write sends what was put into buf, then each of parts, and flushes. A client that accepts nothing for the time-out is given up.
func (x *wire) write(parts ...[]byte) error {
	err := x.writePart(x.buf)
	x.buf = x.buf[:0]
	if cap(x.buf) > 16<<10 {
		x.buf = nil // a rare big event must not stay with an idle connection
	}
	for _, p := range parts {
		if err == nil {
			err = x.writePart(p)
		}
	}
	if err == nil {
		x.rc.SetWriteDeadline(time.Now().Add(x.timeout))
		err = x.rc.Flush()
	}
	// HTTP/2 resets a stream when its deadline passes, writing or not: it must not stay set.
	x.rc.SetWriteDeadline(time.Time{})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w for %v: %w", ErrSlow, x.timeout, err)
	case errors.Is(err, http.ErrNotSupported):
		return fmt.Errorf("live: the response writer cannot flush, mount streams outside of middleware that collects output: %w", err)
	}
	return err
}

func (x *wire) writePart(p []byte) error {
	// In pieces, each with a deadline of its own: slow is whoever accepts nothing, not whoever takes long for much. net/http does not say
	// what it got rid of before a deadline, so a piece is what a client must take within it.
	for len(p) > 0 {
		n := min(len(p), 8<<10)
		x.rc.SetWriteDeadline(time.Now().Add(x.timeout))
		if _, err := x.w.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
