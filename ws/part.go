package ws

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sx-framework/sxgo/sx"
)

// Part is one of the things that make up an endpoint: it is called for each client before the handshake and fills
// in ep. Its error refuses the client, with the code of a *StatusError, else 500. The functions that begin with On
// make parts; a guard, or a choice of channel, user and session, is a function of one's own.
type Part func(r *http.Request, ep *Endpoint) error

// Handle serves clients at an endpoint made of parts, in their order. Its channel is the request's path unless a
// part says otherwise.
//
//	type say struct{ Text string }
//
//	mux.Handle("GET /ws/chat", s.Handle(ws.On("say", func(ctx context.Context, c *ws.Conn, m say) error {
//		_, err := s.Broadcast(c.Channel(), render.Frame{ID: "messages", Mode: render.ModeAppend, HTML: line(m.Text)})
//		return err
//	})))
func (s *Server) Handle(parts ...Part) http.Handler { return s.Handler(Compose(parts...)) }

// Compose returns the function that makes endpoints of parts, for Handler.
func Compose(parts ...Part) func(*http.Request) (*Endpoint, error) {
	return func(r *http.Request) (*Endpoint, error) {
		ep := &Endpoint{Channel: r.URL.Path}
		for _, p := range parts {
			if err := p(r, ep); err != nil {
				return nil, err
			}
		}
		return ep, nil
	}
}

// OnOpen runs f when a client is subscribed to its channel; its error closes the connection with 1011.
func OnOpen(f func(ctx context.Context, c *Conn) error) Part {
	return func(_ *http.Request, ep *Endpoint) error {
		ep.OnOpen = f
		return nil
	}
}

// OnClose runs f when a client has gone. ctx is not cancelled by that.
func OnClose(f func(ctx context.Context, c *Conn)) Part {
	return func(_ *http.Request, ep *Endpoint) error {
		ep.OnClose = f
		return nil
	}
}

// On runs f for each message of that name, (name :keyword value …), whose keywords become the fields of M. A
// message that does not fit M, that M's method Check() error refuses if it has one, or for whose name there is no
// part, is refused. Errors of f are logged and not told, except for those made by Refused.
func On[M any](name string, f func(ctx context.Context, c *Conn, m M) error) Part {
	return func(_ *http.Request, ep *Endpoint) error {
		next := ep.OnMessage
		ep.OnMessage = func(ctx context.Context, c *Conn, m Message) error {
			if m.Name != name {
				if next != nil {
					return next(ctx, c, m)
				}
				return Refused(fmt.Errorf("message %s is not one that this socket takes", m.Name))
			}
			var v M
			if err := m.Decode(&v); err != nil {
				return err
			}
			return f(ctx, c, v)
		}
		return nil
	}
}

// Decode puts the keywords of the message into the struct, or the map, that dst points to, and asks its method
// Check() error, if it has one. Its errors are made by Refused.
func (m Message) Decode(dst any) error {
	d := sx.NewDict(m.Value.Len() / 2)
	for i := 1; i < m.Value.Len(); i += 2 {
		k := m.Value.Index(i)
		if k.Kind() != sx.KindKeyword || i+1 == m.Value.Len() {
			return Refused(fmt.Errorf("message %s takes keywords and values", m.Name))
		}
		if _, twice := d.Lookup(k.Text()); twice {
			return Refused(fmt.Errorf("message %s has :%s twice", m.Name, k.Text()))
		}
		d.Set(k.Text(), m.Value.Index(i+1))
	}
	if err := sx.Decode(sx.DictOf(d), dst); err != nil {
		return Refused(fmt.Errorf("message %s: %w", m.Name, err))
	}
	if c, ok := dst.(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return Refused(fmt.Errorf("message %s: %w", m.Name, err))
		}
	}
	return nil
}
