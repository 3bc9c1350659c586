package live

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// ErrTooLarge is what the error wraps when a server sends a line or an event beyond the Client's bounds.
var ErrTooLarge = errors.New("live: event stream exceeds its bounds")

// decoder reads an event stream as WHATWG HTML, "Interpreting an event stream", says, fed with pieces of any size.
type decoder struct {
	maxLine, maxEvent int

	line    []byte // begun and not ended
	begun   bool   // the first line is over: no byte order mark can follow
	afterCR bool   // an LF that comes next belongs to the line's end

	data   []byte // each line with an LF behind it
	name   string
	lastID string // of the stream, as of the last empty line
	nextID string // of the stream, as of the last id field
	retry  time.Duration
}

// feed reads p and calls emit with each event that it completes, until emit returns false.
func (d *decoder) feed(p []byte, emit func(Event) bool) error {
	for len(p) > 0 {
		if d.afterCR {
			d.afterCR = false
			if p[0] == '\n' {
				p = p[1:]
				continue
			}
		}
		i := bytes.IndexAny(p, "\r\n")
		if n := i; n < 0 && len(d.line)+len(p) > d.maxLine || n >= 0 && len(d.line)+n > d.maxLine {
			return fmt.Errorf("%w: a line is longer than %d bytes", ErrTooLarge, d.maxLine)
		}
		if i < 0 {
			d.line = append(d.line, p...)
			return nil
		}
		line := p[:i]
		if len(d.line) > 0 {
			d.line = append(d.line, line...)
			line = d.line
		}
		d.afterCR = p[i] == '\r'
		p = p[i+1:]
		goOn, err := d.take(line, emit)
		if d.line = d.line[:0]; cap(d.line) > 64<<10 {
			d.line = nil // a rare long line must not stay
		}
		if err != nil || !goOn {
			return err
		}
	}
	return nil
}

var byteOrderMark = []byte("\uFEFF")

// take reads one line.
func (d *decoder) take(line []byte, emit func(Event) bool) (goOn bool, err error) {
	if !d.begun {
		d.begun = true
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if len(line) == 0 {
		return d.dispatch(emit), nil
	}
	field, value, found := bytes.Cut(line, []byte{':'})
	if found && len(field) == 0 {
		return true, nil // a comment
	}
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(field) {
	case "event":
		d.name = decodeUTF8(value)
	case "data":
		// An event may be large without any long line, so its size is bounded here, before it is kept.
		if len(d.data)+len(value) > d.maxEvent {
			return false, fmt.Errorf("%w: an event has more than %d bytes of data", ErrTooLarge, d.maxEvent)
		}
		d.data = append(append(d.data, value...), '\n')
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			d.nextID = decodeUTF8(value)
		}
	case "retry":
		d.setRetry(value)
	}
	return true, nil
}

func (d *decoder) setRetry(value []byte) {
	if len(value) == 0 {
		return
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return
		}
	}
	const most = 24 * time.Hour // nobody means more, and a Duration could not hold every number that can be written
	ms, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || ms > most.Milliseconds() {
		ms = most.Milliseconds()
	}
	d.retry = time.Duration(ms) * time.Millisecond
}

func (d *decoder) dispatch(emit func(Event) bool) bool {
	d.lastID = d.nextID
	if len(d.data) == 0 {
		d.name = ""
		return true
	}
	e := Event{Name: d.name, ID: d.lastID, Data: decodeUTF8(d.data[:len(d.data)-1])}
	if e.Name == "" {
		e.Name = "message"
	}
	d.name, d.data = "", d.data[:0]
	if cap(d.data) > 64<<10 {
		d.data = nil // a rare big event must not stay
	}
	return emit(e)
}

// restart prepares for another connection: what was begun on the last one is forgotten, the ids are not.
func (d *decoder) restart() {
	d.line, d.begun, d.afterCR = d.line[:0], false, false
	d.data, d.name, d.nextID = d.data[:0], "", d.lastID
}

// decodeUTF8 replaces what is not UTF-8 by U+FFFD, one for each maximal part of a character, as browsers do (WHATWG Encoding, "UTF-8 decoder").
// Go's own conversions replace each byte.
func decodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		if r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1 {
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		out = append(out, "\uFFFD"...)
		b = b[malformed(b):]
	}
	return string(out)
}

// malformed is how many bytes at the beginning of b one U+FFFD stands for.
func malformed(b []byte) int {
	low, high, more := byte(0x80), byte(0xBF), 0
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		more = 1
	case c >= 0xE0 && c <= 0xEF:
		more = 2
		if c == 0xE0 {
			low = 0xA0
		} else if c == 0xED {
			high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		more = 3
		if c == 0xF0 {
			low = 0x90
		} else if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for ; n <= more && n < len(b) && b[n] >= low && b[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}
