package ws

import (
	"errors"
	"fmt"

	"github.com/sx-framework/sxgo/sx"
)

const (
	maxMessage = 64 << 10 // bytes; a longer message closes with 1009
	maxDepth   = 32       // nesting of a message
	maxID      = 64       // bytes of a message id
)

// Message is what a client sent: data, not a program.
type Message struct {
	Name  string   // the symbol that heads it
	Value sx.Value // the whole list, frozen
	ID    string   // of a reliable send, or ""
}

var errNotHeaded = errors.New("a message is a list headed by a symbol")

// ParseMessage reads the text of a client message. It evaluates nothing and looks up no name.
func ParseMessage(text string) (Message, error) {
	if len(text) > maxMessage {
		return Message{}, fmt.Errorf("message too long: %d bytes, at most %d are allowed", len(text), maxMessage)
	}
	data, err := sx.Read(sx.NewSource("message", text), sx.Limits{Nesting: maxDepth})
	if err != nil {
		return Message{}, err
	}
	if len(data) != 1 {
		return Message{}, fmt.Errorf("one message is expected, found %d data", len(data))
	}
	v := data[0]
	m := Message{Value: v, Name: headOf(v)}
	if m.Name == "" {
		return Message{}, errNotHeaded
	}
	if m.Name == "send" && v.Len() == 3 && v.Index(1).IsString() && v.Index(2).Kind() == sx.KindList {
		m.ID = v.Index(1).Text()
		if m.ID == "" || len(m.ID) > maxID {
			return Message{}, fmt.Errorf("a message id has 1 to %d bytes", maxID)
		}
		m.Value = v.Index(2)
		if m.Name = headOf(m.Value); m.Name == "" {
			return Message{}, errNotHeaded
		}
	}
	sx.Freeze(m.Value)
	return m, nil
}

func headOf(v sx.Value) string {
	if v.Kind() != sx.KindList || v.Len() == 0 {
		return ""
	}
	if h := v.Index(0); h.Kind() == sx.KindSymbol {
		return h.Text()
	}
	return ""
}

// Refused says that a message is the client's fault, such as one that no pattern of the handler fits. The
// client gets its text in an sx-error frame, and more than 20 in a minute close the connection with 1008.
// What any other error says is logged and not sent.
func Refused(err error) error { return &refused{err} }

type refused struct{ error }

func (r *refused) Unwrap() error { return r.error }
