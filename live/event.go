package live

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Event is one server-sent event, as it is written and as the Client reads it. (WHATWG HTML, "Server-sent events".)
type Event struct {
	Name  string        // event type; empty means "message"
	ID    string        // becomes the client's last event id; empty leaves it
	Retry time.Duration // the client's new reconnection time, in whole milliseconds; 0 leaves it
	Data  string        // may have several lines; a CR or CRLF in it arrives as LF
}

// AppendTo appends the event's lines to dst in the order event, id, retry, data, and the empty line that ends it. Without Name and Data it
// writes no data line, so that only ID and Retry have an effect. CR, LF and NUL in Name or ID, which would end the
// field or be ignored by clients, are errors; dst is then returned unchanged.
func (e Event) AppendTo(dst []byte) ([]byte, error) {
	if i := strings.IndexAny(e.Name, "\r\n\x00"); i >= 0 {
		return dst, fmt.Errorf("event name %q: found %q, expected one line without NUL", e.Name, e.Name[i])
	}
	if i := strings.IndexAny(e.ID, "\r\n\x00"); i >= 0 {
		return dst, fmt.Errorf("event id %q: found %q, expected one line without NUL", e.ID, e.ID[i])
	}
	if e.Name != "" {
		dst = append(dst, "event: "...)
		dst = append(dst, e.Name...)
		dst = append(dst, '\n')
	}
	if e.ID != "" {
		dst = append(dst, "id: "...)
		dst = append(dst, e.ID...)
		dst = append(dst, '\n')
	}
	if e.Retry > 0 {
		dst = append(dst, "retry: "...)
		dst = strconv.AppendInt(dst, e.Retry.Milliseconds(), 10)
		dst = append(dst, '\n')
	}
	if e.Name != "" || e.Data != "" {
		dst = appendData(dst, e.Data)
	}
	return append(dst, '\n'), nil
}

// appendData writes one data line for each line of s. Whatever a client takes for the end of a line (CR, LF and CRLF) must
// end one here too, or the rest of the line would be read as a field of its own.
func appendData[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '\n' && s[i] != '\r' {
			continue
		}
		dst = append(dst, "data: "...)
		dst = append(dst, s[start:i]...)
		dst = append(dst, '\n')
		if i+1 < len(s) && s[i] == '\r' && s[i+1] == '\n' {
			i++
		}
		start = i + 1
	}
	return dst
}

// FrameEvent makes the hub event that carries f: a resolve that sets a slot is a Value of the slot, one that depends on what was there before
// is Ordered, and what only matters at the moment (a DOM event, a navigation) is Transient. It reports what is wrong with f.
func FrameEvent(f render.Frame) (hub.Event, error) {
	data, err := f.AppendData(make([]byte, 0, 64+len(f.SX)+len(f.HTML)))
	if err != nil {
		return hub.Event{}, err
	}
	ev := hub.Event{Name: f.EventName(), Data: data}
	var d render.Delivery
	ev.Slot, d = f.Delivery()
	switch d {
	case render.DeliverAll:
		ev.Kind = hub.Ordered
	case render.DeliverPresent:
		ev.Kind = hub.Transient
	}
	return ev, nil
}

// encodeSSE writes a hub message as one event. Its name comes from whoever published it, possibly on another node, so it is
// checked here again: a bad one is dropped to "message" rather than let it forge fields.
func encodeSSE(m *hub.Message) []byte {
	return m.Encoded(hub.EncodingSSE, func(m *hub.Message) []byte {
		dst := make([]byte, 0, len(m.Name)+len(m.Data)+64)
		if m.Name != "" && !strings.ContainsAny(m.Name, "\r\n\x00") {
			dst = append(dst, "event: "...)
			dst = append(dst, m.Name...)
			dst = append(dst, '\n')
		}
		switch {
		case m.ID == "":
			dst = append(dst, "id: "...)
			dst = m.Cursor.Append(dst)
			dst = append(dst, '\n')
		case !strings.ContainsAny(m.ID, "\r\n\x00"):
			dst = append(dst, "id: "...)
			dst = append(dst, m.ID...)
			dst = append(dst, '\n')
		}
		dst = appendData(dst, m.Data)
		return append(dst, '\n')
	})
}

var objectEnd = []byte("}\n\n")

// splitSource divides an encoded event into what all subscribers share and the end, which names the source on a stream that carries several.
// Data that is not a JSON object stays whole.
func splitSource(enc []byte, source string) (shared []byte, end string) {
	if !bytes.HasSuffix(enc, objectEnd) {
		return enc, ""
	}
	shared = enc[:len(enc)-len(objectEnd)]
	switch {
	case source == "":
		return shared, string(objectEnd)
	case len(shared) > 0 && shared[len(shared)-1] == '{':
		return shared, source[1:] + string(objectEnd)
	}
	return shared, source + string(objectEnd)
}

// sourceMember is the `,"src":"…"` that frames on a multiplexed stream end with.
func sourceMember(src string) string {
	return string(render.AppendJSONString([]byte(`,"src":`), src))
}
