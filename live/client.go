package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/render"
)

// Client follows an event stream, exactly as WHATWG HTML, "Server-sent events", says, and reconnects when it breaks. Only URL must be set. A
// Client may be used by several goroutines if nobody changes it; each call of Events is a connection of its own.
type Client struct {
	URL         string
	HTTP        *http.Client // nil: one without a time-out. Its Timeout would cut the stream
	Header      http.Header  // sent with each request, for example Authorization
	LastEventID string       // where to continue at first

	ConnectTimeout time.Duration // until the response begins; default 30s, negative: none
	Silence        time.Duration // without a byte, after which the connection is taken for dead; default 45s, negative: none
	Backoff        time.Duration // first wait before reconnecting, unless the server says; default 500ms
	MaxBackoff     time.Duration // longest wait; default 30s
	MaxLine        int           // bytes of a line; default 1 MiB
	MaxEvent       int           // bytes of an event's data; default 4 MiB

	// OnRetry is called before each wait with what broke the connection: io.EOF when the server ended it, a *ResponseError, ErrSilent, ErrCorrupt,
	// or an error of the network. Returning an error gives up: Events ends with it. Nil tries for ever.
	OnRetry func(failures int, err error, wait time.Duration) error
}

// ResponseError is a response that is not an event stream.
type ResponseError struct {
	Status          int           // HTTP status
	ContentType     string        // when that is what is wrong
	ContentEncoding string        // when that is what is wrong
	RetryAfter      time.Duration // what the server asks for, or 0
}

// Error says what was found.
func (e *ResponseError) Error() string {
	switch {
	case e.ContentEncoding != "":
		return fmt.Sprintf("event stream: found content encoding %q, expected gzip, zstd or none", e.ContentEncoding)
	case e.Status == http.StatusOK:
		return fmt.Sprintf("event stream: found content type %q, expected text/event-stream", e.ContentType)
	}
	return fmt.Sprintf("event stream: found status %d %s, expected 200", e.Status, http.StatusText(e.Status))
}

// temporary reports whether trying again makes sense. Browsers never try again after a status; a service that does not would stop for good
// whenever the server it follows is deployed.
func (e *ResponseError) temporary() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// What breaks a connection, as OnRetry is told, besides the errors of the network.
var (
	ErrSilent  = errors.New("live: event stream is silent")  // no response for ConnectTimeout, or no byte for Silence
	ErrCorrupt = errors.New("live: event stream is corrupt") // the bytes are not of the coding that the response names
)

// Events returns the stream's events, reconnecting as long as it makes sense: after a network failure, the end of a response, and the statuses
// 429, 502, 503 and 504. Each event has the stream's last event id; its name is "message" if the server gave none. The
// sequence ends without an error when the server answers 204 or sends sx-close. Otherwise its last pair is an error: that of ctx, a *ResponseError,
// ErrTooLarge, or what OnRetry returned. An sx-drain event sets the next wait, and is delivered like any other. Breaking out of the loop
// closes the connection.
func (c *Client) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		run := clientRun{Client: c, dec: decoder{
			maxLine: orDefault(c.MaxLine, 1<<20), maxEvent: orDefault(c.MaxEvent, 4<<20),
			lastID: c.LastEventID, nextID: c.LastEventID,
		}, drain: -1}
		for failures := 0; ; failures++ {
			run.got = false
			err := run.follow(ctx, yield)
			if run.got {
				failures = 0
			}
			if err == nil {
				return
			}
			if ctx.Err() != nil {
				yield(Event{}, ctx.Err())
				return
			}
			var resp *ResponseError
			if errors.Is(err, ErrTooLarge) || errors.As(err, &resp) && !resp.temporary() {
				yield(Event{}, err)
				return
			}
			wait := run.wait(failures, resp)
			if c.OnRetry != nil {
				if err := c.OnRetry(failures+1, err, wait); err != nil {
					yield(Event{}, err)
					return
				}
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				yield(Event{}, ctx.Err())
				return
			}
		}
	}
}

func orDefault[T int | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// clientRun is one call of Events.
type clientRun struct {
	*Client
	dec   decoder
	got   bool          // this connection brought an event
	drain time.Duration // what sx-drain asked for, or negative
}

// wait is how long to stay away. What the server asks for is kept to, with a little more so that its clients do not all come at
// once; without, and the more often it failed, the wait is random below a bound that doubles ("full jitter").
func (c *clientRun) wait(failures int, resp *ResponseError) time.Duration {
	most := orDefault(c.MaxBackoff, 30*time.Second)
	if d := c.drain; d >= 0 {
		c.drain = -1
		return min(d, most)
	}
	if resp != nil && resp.RetryAfter > 0 {
		return jitter(min(resp.RetryAfter, most))
	}
	base := orDefault(c.Backoff, 500*time.Millisecond)
	if c.dec.retry > 0 && failures == 0 {
		return c.dec.retry + rand.N(c.dec.retry/4+1)
	}
	bound := max(base, c.dec.retry) << min(failures, 20)
	if bound <= 0 || bound > most {
		bound = max(most, c.dec.retry)
	}
	return c.dec.retry + rand.N(max(bound-c.dec.retry, 0)+1)
}

// follow reads one connection. It returns nil when there shall be no other.
func (c *clientRun) follow(ctx context.Context, yield func(Event, error) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		yield(Event{}, err)
		return nil
	}
	for k, v := range c.Header {
		req.Header[k] = append([]string(nil), v...)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Accept-Encoding", "zstd, gzip")
	req.Header.Set("Cache-Control", "no-store")
	if id := c.dec.lastID; id != "" && validHeaderValue(id) {
		req.Header.Set("Last-Event-ID", id)
	}
	watch := func(d time.Duration, err error) *time.Timer {
		if d < 0 {
			return nil
		}
		return time.AfterFunc(d, func() { cancel(err) })
	}
	limit := orDefault(c.ConnectTimeout, 30*time.Second)
	connecting := watch(limit, fmt.Errorf("%w: no response for %v", ErrSilent, limit))
	client := c.HTTP
	if client == nil {
		client = new(http.Client)
	}
	resp, err := client.Do(req)
	if connecting != nil {
		connecting.Stop()
	}
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := checkResponse(resp); err != nil {
		return err
	}
	silence := orDefault(c.Silence, 45*time.Second)
	body := &watchedReader{r: resp.Body, d: silence, t: watch(silence, fmt.Errorf("%w: no byte for %v", ErrSilent, silence))}
	defer body.stop()
	in, done, err := decompress(resp, body)
	if err != nil {
		return err
	}
	defer done()
	c.dec.restart()
	return c.read(ctx, in, yield)
}

func (c *clientRun) read(ctx context.Context, in io.Reader, yield func(Event, error) bool) error {
	over := false
	emit := func(e Event) bool {
		c.got = true
		switch e.Name {
		case render.EventClose:
			over = true
		case render.EventDrain:
			var f struct{ Delay int }
			if json.Unmarshal([]byte(e.Data), &f) == nil && f.Delay >= 0 {
				c.drain = time.Duration(f.Delay) * time.Millisecond
			}
		}
		if !yield(e, nil) {
			over = true
		}
		return !over
	}
	buf := make([]byte, 4096)
	for {
		n, err := in.Read(buf)
		if n > 0 {
			if err := c.dec.feed(buf[:n], emit); err != nil {
				return err
			}
			if over {
				return nil
			}
		}
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
	}
}

func checkResponse(resp *http.Response) error {
	e := &ResponseError{Status: resp.StatusCode}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 {
		e.RetryAfter = time.Duration(min(s, 3600)) * time.Second
	}
	if resp.StatusCode != http.StatusOK {
		return e
	}
	e.ContentType = resp.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(e.ContentType); kind != "text/event-stream" || err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return e
	}
	return nil
}

// decompress reads a body as it comes: what the server has flushed is delivered, whether or not more follows.
func decompress(resp *http.Response, body io.Reader) (io.Reader, func(), error) {
	switch enc := strings.ToLower(resp.Header.Get("Content-Encoding")); enc {
	case "", "identity":
		return body, func() {}, nil
	case "gzip", "x-gzip":
		src := &keptError{r: body}
		return &decoded{src: src, r: &lazyGzip{body: src}, name: enc}, func() {}, nil
	case "zstd":
		// With a concurrency of 1 it decodes in Read, without goroutines, and returns each block as soon as it is complete. The window is
		// what browsers allow.
		src := &keptError{r: body}
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, nil, err
		}
		return &decoded{src: src, r: z, name: enc}, z.Close, nil
	default:
		return nil, nil, &ResponseError{Status: resp.StatusCode, ContentEncoding: enc}
	}
}

// decoded tells what a decompressor finds wrong from what the network does.
type decoded struct {
	src  *keptError
	r    io.Reader
	name string
}

func (d *decoded) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	switch {
	case err == nil:
	case d.src.err == nil && err != io.EOF:
		err = fmt.Errorf("%w: %s: %w", ErrCorrupt, d.name, err)
	case d.src.err != nil:
		err = d.src.err // a stream cut in the middle is cut, whatever the decompressor calls it
	}
	return n, err
}

// keptError keeps the error with which reading ended.
type keptError struct {
	r   io.Reader
	err error
}

func (k *keptError) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	if err != nil {
		k.err = err
	}
	return n, err
}

// lazyGzip reads the gzip header with the first bytes, not before.
type lazyGzip struct {
	body io.Reader
	z    *gzip.Reader
}

func (l *lazyGzip) Read(p []byte) (int, error) {
	if l.z == nil {
		z, err := gzip.NewReader(l.body)
		if err != nil {
			return 0, err
		}
		l.z = z
	}
	return l.z.Read(p)
}

// watchedReader restarts its timer with every byte.
type watchedReader struct {
	r io.Reader
	d time.Duration
	t *time.Timer
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.t != nil && n > 0 {
		w.t.Reset(w.d)
	}
	return n, err
}

func (w *watchedReader) stop() {
	if w.t != nil {
		w.t.Stop()
	}
}

// validHeaderValue reports whether a request with this value can be sent. A server that gives out ids with control characters gets none back.
func validHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
