package ws

import (
	"encoding/binary"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

// Opcodes of RFC 6455 section 5.2.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// appendFrame appends one unmasked, unfragmented frame (RFC 6455 section 5.2).
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n < 1<<16:
		dst = append(dst, 126, byte(n>>8), byte(n))
	default:
		dst = append(dst, 127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return append(dst, payload...)
}

// envelope appends {"event":…,"id":…,"data":…}.
func envelope(dst []byte, event, id string, data []byte) []byte {
	dst = append(dst, `{"event":`...)
	dst = render.AppendJSONString(dst, event)
	if id != "" {
		dst = append(dst, `,"id":`...)
		dst = render.AppendJSONString(dst, id)
	}
	dst = append(dst, `,"data":`...)
	dst = append(dst, data...)
	return append(dst, '}')
}

// frames encodes a batch as WebSocket messages, once for all that get it; each message once for all batches.
func frames(b *hub.Batch) []byte {
	if b.Reset == "" && len(b.Messages) == 1 {
		return b.Messages[0].Encoded(hub.EncodingWS, messageFrame)
	}
	size := 64
	for _, m := range b.Messages {
		size += len(m.Encoded(hub.EncodingWS, messageFrame))
	}
	out := make([]byte, 0, size)
	if b.Reset != "" {
		// A reset frame has nothing that could be wrong with it.
		data, _ := render.Frame{Event: render.EventReset, Reason: b.Reset}.AppendData(nil)
		out = appendFrame(out, opText, envelope(nil, render.EventReset, "", data))
	}
	for _, m := range b.Messages {
		out = append(out, m.Encoded(hub.EncodingWS, messageFrame)...)
	}
	return out
}

func messageFrame(m *hub.Message) []byte {
	body := envelope(make([]byte, 0, len(m.Data)+len(m.Name)+64), m.Name, m.Cursor.String(), m.Data)
	return appendFrame(make([]byte, 0, len(body)+10), opText, body)
}

// event makes the hub event that carries a frame.
func event(f render.Frame) (hub.Event, error) {
	data, err := f.AppendData(nil)
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
