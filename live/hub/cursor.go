package hub

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Cursor is a place in a topic's log: an epoch, which is one life of the topic, and the number of an event in it. The zero Cursor
// means "from the beginning: a snapshot". It holds two numbers and nothing else, so that its text can never carry a
// CR, LF or NUL into a header or an event.
type Cursor struct {
	epoch, seq uint64
}

// ErrCursor is what ParseCursor's errors wrap.
var ErrCursor = errors.New("not a cursor")

// At returns the cursor of event seq in the given epoch. Brokers use it; epoch 0 gives the zero Cursor.
func At(epoch, seq uint64) Cursor {
	if epoch == 0 {
		return Cursor{}
	}
	return Cursor{epoch, seq}
}

// ParseCursor reads EPOCH-SEQ as String writes it. The empty text is the zero Cursor. What a client sends as its last event id may
// be anything: treat an error as a cursor of an unknown epoch, as Subscribe does with UnknownCursor.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	e, n, ok := strings.Cut(s, "-")
	if ok && len(e) <= 13 && len(n) <= 20 {
		epoch, err1 := strconv.ParseUint(e, 36, 64)
		seq, err2 := strconv.ParseUint(n, 10, 64)
		if c := (Cursor{epoch, seq}); err1 == nil && err2 == nil && epoch != 0 && c.String() == s {
			return c, nil
		}
	}
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return Cursor{}, fmt.Errorf("%w: found %q, expected EPOCH-SEQ", ErrCursor, s)
}

// UnknownCursor returns a cursor that is in no topic's history: whoever subscribes with it is reset to a snapshot.
func UnknownCursor() Cursor { return Cursor{epoch: 1} }

// IsZero reports whether c is the zero Cursor.
func (c Cursor) IsZero() bool { return c.epoch == 0 }

// Epoch is the topic's life that c belongs to.
func (c Cursor) Epoch() uint64 { return c.epoch }

// Seq is the number of the event within its epoch; the first is 1, and 0 is the place before it.
func (c Cursor) Seq() uint64 { return c.seq }

// String writes the cursor as EPOCH-SEQ: lower-case letters, digits and one dash. The zero Cursor is the empty string.
func (c Cursor) String() string {
	if c.epoch == 0 {
		return ""
	}
	return string(c.Append(make([]byte, 0, 34)))
}

// Append appends the text of c to dst.
func (c Cursor) Append(dst []byte) []byte {
	if c.epoch == 0 {
		return dst
	}
	dst = strconv.AppendUint(dst, c.epoch, 36)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, c.seq, 10)
}
