package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Mode says how a resolve frame changes the page. The empty mode is ModeInner.
type Mode string

// The modes of a resolve frame.
const (
	ModeInner   Mode = "inner"   // replace the slot's content; the default, never written
	ModeOuter   Mode = "outer"   // replace the element itself, keeping what did not change
	ModeAppend  Mode = "append"  // add after the last child
	ModePrepend Mode = "prepend" // add before the first child
	ModeBefore  Mode = "before"  // add before the element
	ModeAfter   Mode = "after"   // add after the element
	ModeReplace Mode = "replace" // replace the element without comparing
	ModeRemove  Mode = "remove"  // remove the element; carries no content
	ModeMorph   Mode = "morph"   // change the content into the new one, keeping what did not change
)

// Valid reports whether m is a known mode or empty.
func (m Mode) Valid() bool {
	switch m {
	case "", ModeInner, ModeOuter, ModeAppend, ModePrepend, ModeBefore, ModeAfter, ModeReplace, ModeRemove, ModeMorph:
		return true
	}
	return false
}

// Ordered reports whether frames of this mode depend on the ones before them, so that none may be left out for a newer one.
// The others set a state: only the newest counts.
func (m Mode) Ordered() bool {
	switch m {
	case "", ModeInner, ModeMorph:
		return false
	}
	return true
}

// Frame is the unit that every transport carries: a chunk of a page, a server-sent event and a WebSocket message. Event says which
// of the other fields count. A Frame is a plain value; AppendData may be called by any number of goroutines.
type Frame struct {
	Event string // one of the Event constants; empty means EventResolve

	ID         string // slot (resolve, error) or message id (ack)
	SX         string // resolve: wire text; defs: definitions. Resolve has exactly one of SX and HTML, except with ModeRemove
	HTML       string // resolve: markup
	Mode       Mode   // resolve: empty means ModeInner
	Selector   string // resolve, event: CSS selector instead of ID
	Transition bool   // resolve: inside a view transition
	Key        string // resolve with append or prepend: a child with this key is replaced

	Hash string // defs: hash of all definitions

	Patch         json.RawMessage // signals: JSON merge patch (RFC 7396)
	OnlyIfMissing bool            // signals: keep what the client has

	Name   string          // event: name of the CustomEvent
	Detail json.RawMessage // event: its detail; nil writes none

	URL     string // navigate: where to
	Replace bool   // navigate: replace the history entry

	Message string // error: what to show; ack: why the message was not accepted, empty when it was
	Status  int    // error: HTTP status of a refused source; 0 writes none

	Reason string // reset: why, for example "gap"
	Delay  int    // drain: milliseconds to wait before reconnecting

	Src string // source of a frame on a stream that carries several; written last in every frame, empty writes none
}

// EventName is the name the frame travels under: Event, or EventResolve when that is empty.
func (f Frame) EventName() string {
	if f.Event == "" {
		return EventResolve
	}
	return f.Event
}

// AppendData appends the frame's JSON object to dst, keys in the order of the specification's table, on one line. Markup is not escaped
// beyond what JSON demands: "<" stays "<". It reports an error, and returns dst unchanged, when fields contradict each other
// or a raw JSON field is not valid JSON.
func (f Frame) AppendData(dst []byte) ([]byte, error) {
	o := object{dst: append(dst, '{')}
	switch f.EventName() {
	case EventResolve:
		if err := f.checkResolve(); err != nil {
			return dst, err
		}
		if f.ID != "" || f.Selector == "" {
			o.str("id", f.ID)
		}
		switch {
		case f.SX != "":
			o.str("sx", f.SX)
		case f.Mode != ModeRemove:
			o.str("html", f.HTML)
		}
		if f.Mode != "" && f.Mode != ModeInner {
			o.str("mode", string(f.Mode))
		}
		o.optional("selector", f.Selector)
		if f.Transition {
			o.raw("transition", []byte("true"))
		}
		o.optional("key", f.Key)
	case EventDefs:
		o.str("hash", f.Hash)
		o.str("sx", f.SX)
	case EventSignals:
		o.raw("patch", f.Patch)
		if f.OnlyIfMissing {
			o.raw("onlyIfMissing", []byte("true"))
		}
	case EventDispatch:
		if f.Name == "" {
			return dst, fmt.Errorf("sx-event frame has no name")
		}
		o.str("name", f.Name)
		if f.Detail != nil {
			o.raw("detail", f.Detail)
		}
		o.optional("selector", f.Selector)
	case EventNavigate:
		o.str("url", f.URL)
		if f.Replace {
			o.raw("replace", []byte("true"))
		}
	case EventError:
		o.optional("id", f.ID)
		o.str("message", f.Message)
		if f.Status != 0 {
			o.number("status", f.Status)
		}
	case EventReset:
		o.str("reason", f.Reason)
	case EventDrain:
		o.number("delay", f.Delay)
	case EventClose:
	case EventAck:
		o.str("id", f.ID)
		o.optional("message", f.Message)
	default:
		return dst, fmt.Errorf("unknown frame event %q", f.Event)
	}
	o.optional("src", f.Src)
	if o.err != nil {
		return dst, fmt.Errorf("%s frame: %w", f.EventName(), o.err)
	}
	return append(o.dst, '}'), nil
}

func (f Frame) checkResolve() error {
	switch {
	case !f.Mode.Valid():
		return fmt.Errorf("sx-resolve frame has unknown mode %q", f.Mode)
	case f.SX != "" && f.HTML != "":
		return fmt.Errorf("sx-resolve frame for %q has both sx and html", f.ID)
	case f.Mode == ModeRemove && (f.SX != "" || f.HTML != ""):
		return fmt.Errorf("sx-resolve frame for %q has mode remove and content", f.ID)
	case f.ID == "" && f.Selector == "":
		return fmt.Errorf("sx-resolve frame has neither id nor selector")
	case f.ID != "" && f.Selector != "":
		return fmt.Errorf("sx-resolve frame has both id %q and selector %q", f.ID, f.Selector)
	}
	return nil
}

// object writes the members of one JSON object in the order of the calls.
type object struct {
	dst   []byte
	begun bool
	err   error
}

func (o *object) key(k string) {
	if o.begun {
		o.dst = append(o.dst, ',')
	}
	o.begun = true
	o.dst = append(o.dst, '"')
	o.dst = append(o.dst, k...)
	o.dst = append(o.dst, '"', ':')
}

func (o *object) str(k, v string) {
	o.key(k)
	o.dst = AppendJSONString(o.dst, v)
}

func (o *object) optional(k, v string) {
	if v != "" {
		o.str(k, v)
	}
}

func (o *object) number(k string, v int) {
	o.key(k)
	o.dst = strconv.AppendInt(o.dst, int64(v), 10)
}

func (o *object) raw(k string, v json.RawMessage) {
	o.key(k)
	// Compact also proves that v is one valid JSON value, so that nothing written here can end the object early.
	b := bytes.NewBuffer(o.dst)
	if err := json.Compact(b, v); err != nil {
		if o.err == nil {
			o.err = fmt.Errorf("%s is not valid json: %w", k, err)
		}
		return
	}
	o.dst = b.Bytes()
}

// AppendJSONString appends s as a JSON string (RFC 8259 section 7). Unlike encoding/json it leaves < > & alone, since frames are not put
// into markup unescaped. Bytes that are not UTF-8 become U+FFFD. U+2028 and U+2029 are escaped as encoding/json does.
func AppendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\uFFFD"...)
				start = i + n
			case r == '\u2028' || r == '\u2029':
				dst = append(dst, s[start:i]...)
				dst = append(dst, `\u202`...)
				dst = append(dst, hex[r&0xF])
				start = i + n
			}
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Delivery says what a transport may do with a frame that a client has not got yet.
type Delivery uint8

const (
	DeliverNewest  Delivery = iota // it sets a state: a newer frame of the same slot takes its place
	DeliverAll                     // it depends on the ones before it: none may be left out
	DeliverPresent                 // it only matters to whoever is there now
)

// Delivery returns the name under which newer frames take f's place, and how f is to be delivered. Every
// transport follows it, so that a slot behaves the same on each.
func (f Frame) Delivery() (slot string, d Delivery) {
	switch name := f.EventName(); name {
	case EventResolve:
		slot = f.ID
		if slot == "" {
			slot = "\x00" + f.Selector // apart from ids
		}
		if f.Mode.Ordered() {
			d = DeliverAll
		}
	case EventError:
		slot = f.ID
	case EventSignals:
		slot, d = "\x00signals", DeliverAll
	default:
		slot, d = "\x00"+name, DeliverPresent
	}
	return slot, d
}
