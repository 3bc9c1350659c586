package datastar

import (
	"fmt"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live"
)

// defaultRetry is the client's own, which is not written.
const defaultRetry = time.Second

// data gathers the data lines of an event.
type data struct{ b strings.Builder }

// line adds one, unless the value is empty. The value is known to be one line.
func (d *data) line(key, value string) {
	if value == "" {
		return
	}
	if d.b.Len() > 0 {
		d.b.WriteByte('\n')
	}
	d.b.WriteString(key + " " + value)
}

// lines adds one for each line of text, whatever ends it for an event stream: CR, LF or CRLF.
func (d *data) lines(key, text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for l := range strings.SplitSeq(text, "\n") {
		if d.b.Len() > 0 {
			d.b.WriteByte('\n')
		}
		d.b.WriteString(key + " " + l)
	}
}

func oneLine(what, text string) error {
	if i := strings.IndexAny(text, "\r\n\x00"); i >= 0 {
		return fmt.Errorf("datastar: %s %q: found %q, expected one line without NUL", what, text, text[i])
	}
	return nil
}

// event ends the data lines. What would let the id forge a line is found here, not when the event is written.
func (d *data) event(name, id string, retry time.Duration) (live.Event, error) {
	if err := oneLine("event id", id); err != nil {
		return live.Event{}, err
	}
	if retry == defaultRetry {
		retry = 0
	}
	return live.Event{Name: name, ID: id, Retry: retry, Data: d.b.String()}, nil
}
