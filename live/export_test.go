package live

import (
	"io"
	"net/http"
	"time"
)

// Decode feeds pieces to a decoder, for the vectors.
func Decode(maxLine, maxEvent int, pieces ...[]byte) (events []Event, lastID string, retry time.Duration, err error) {
	d := decoder{maxLine: maxLine, maxEvent: maxEvent}
	for _, p := range pieces {
		if err = d.feed(p, func(e Event) bool { events = append(events, e); return true }); err != nil {
			break
		}
	}
	return events, d.lastID, d.retry, err
}

// Decompress is the Client's.
func Decompress(resp *http.Response) (io.Reader, func(), error) { return decompress(resp, resp.Body) }
