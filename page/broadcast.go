package page

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/ws"
)

// Markup for sockets
//
// (broadcast! slot markup …) and (reply! conn slot markup …) are forms, because their markup goes out as source
// where its components may run in the browser, by the rule of live slots: that shows only before it is evaluated.
// The form becomes a call of a primitive with the markup as a function, and the number of its place in the
// program, from which the components are known once everything is loaded. The browser is sent their definitions
// when it connects.

// markupSite is one broadcast! or reply! of the program.
type markupSite struct {
	call  sx.Expr
	comps []*sx.Component // whose calls may stay calls; nil: HTML
}

// markupForms are broadcast! and reply!.
func (d *declarations) markupForms() []*sx.Special {
	form := func(name, usage, doc string, at int) *sx.Special {
		return &sx.Special{Name: name, Usage: usage, Doc: doc, Analyze: func(a *sx.Analyzer, f *sx.Form) sx.Expr {
			if f.Len() <= at {
				a.Errorf(f.Site(), sx.ArityError, "%s takes at least %d arguments, got %d: %s", name, at, f.Len()-1, usage)
				return a.Analyze(f.With(sx.Symbol("do")))
			}
			items := []sx.Value{sx.Symbol(framePrimitive(name)), sx.Number(float64(len(d.site.markups)))}
			x := &markupSite{}
			d.site.markups = append(d.site.markups, x)
			for i := 1; i < f.Len(); i++ {
				v := f.Item(i)
				if i == at {
					v = sx.ListOf(&sx.List{Items: []sx.Value{sx.Symbol("fn"), sx.ListOf(sx.NewList()), v}})
				}
				items = append(items, v)
			}
			x.call = a.Analyze(f.With(items...))
			return x.call
		}}
	}
	return []*sx.Special{
		form("broadcast!", "(broadcast! slot markup :mode m :key k :channel c :wire w)", "Sends markup to a slot of every client of a channel, on every node.", 2),
		form("reply!", "(reply! conn slot markup :mode m :key k :wire w)", "Sends markup to a slot of one client.", 3),
	}
}

// framePrimitive names the primitive that a form becomes.
func framePrimitive(form string) string { return strings.TrimSuffix(form, "!") + "-frame!" }

// compileMarkups finds out which markup may go as source.
func (s *site) compileMarkups() {
	var all []*sx.Component
	for _, x := range s.markups {
		comps, ok := clientComponents(s.prog, x.call)
		if !ok || len(comps) == 0 {
			continue
		}
		x.comps = comps
		for _, c := range comps {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	if len(all) > 0 {
		defs := s.rend.Definitions(all...)
		s.markupDefs = [2]string{defs, definitionsHash(defs)}
	}
}

// socketPrimitives speak to sockets.
func (a *App) socketPrimitives() []*sx.Primitive {
	p := func(usage, doc string, effects sx.Effect, f func(ctx context.Context, args []sx.Value) (sx.Value, error)) *sx.Primitive {
		name, _, _ := strings.Cut(strings.Trim(usage, "()"), " ")
		return &sx.Primitive{Name: name, Usage: usage, Doc: doc, Effects: effects, Func: f}
	}
	// They are not documented: programs write the forms, which become their calls.
	frame := func(form string, effects sx.Effect, f func(ctx context.Context, args []sx.Value) (sx.Value, error)) *sx.Primitive {
		return &sx.Primitive{Name: framePrimitive(form), Usage: "(" + framePrimitive(form) + " site slot markup options? ...)", Effects: effects, Func: f}
	}
	return []*sx.Primitive{
		frame("broadcast!", sx.IO|sx.Write,
			func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				f, channel, err := a.socketFrame(ctx, "broadcast!", args[0], args[1:])
				if err != nil {
					return sx.Nil, err
				}
				if channel == "" {
					st, ok := ctx.Value(socketKey{}).(*socketState)
					if !ok {
						return sx.Nil, errors.New("broadcast!: outside of a socket's handlers :channel must say which channel")
					}
					channel = st.conn.Channel()
				}
				_, err = a.ws.Broadcast(channel, f)
				return sx.Nil, broadcastError("broadcast!", err)
			}),
		frame("reply!", sx.IO|sx.Write,
			func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				o, ok := args[1].Opaque()
				c, isConn := (*ws.Conn)(nil), false
				if ok {
					c, isConn = o.Value.(*ws.Conn)
				}
				if !isConn {
					return sx.Nil, fmt.Errorf("reply!: argument 1 must be a connection, got %s", args[1].TypeName())
				}
				f, _, err := a.socketFrame(ctx, "reply!", args[0], args[2:])
				if err != nil {
					return sx.Nil, err
				}
				if err := c.Send(f); err != nil && ctx.Err() == nil {
					a.log.Debug("reply to a client that has gone", "error", err)
				}
				return sx.Nil, nil
			}),
		p("(channel name id)", "A channel's value, for :join, :channel and presence.", sx.Pure,
			func(_ context.Context, args []sx.Value) (sx.Value, error) {
				return sx.OpaqueOf(&sx.Opaque{Type: "channel", Text: plainText(args[0]) + ":" + plainText(args[1])}), nil
			}),
		p("(presence channel?)", "Who is connected to a channel, at every node: a list of {:id :user :since}, longest first.", sx.IO,
			func(ctx context.Context, args []sx.Value) (sx.Value, error) {
				name := ""
				if st, ok := ctx.Value(socketKey{}).(*socketState); ok {
					name = st.conn.Channel()
				}
				if v := optional(args, 0); !v.IsNil() {
					var err error
					if name, err = channelName(v); err != nil {
						return sx.Nil, fmt.Errorf("presence: %w", err)
					}
				}
				l := sx.NewList()
				for _, member := range a.ws.Presence(ctx, name) {
					e := sx.NewDict(3)
					e.Set("id", sx.String(member.ID))
					e.Set("user", sx.String(member.User))
					e.Set("since", sx.String(timeText(member.Since)))
					l.Items = append(l.Items, sx.DictOf(e))
				}
				return sx.ListOf(l), nil
			}),
		p("(message-id)", "The id of the reliable message being handled, or nil: a unique column refuses a repeat.", sx.IO,
			func(ctx context.Context, _ []sx.Value) (sx.Value, error) {
				if st, ok := ctx.Value(socketKey{}).(*socketState); ok && st.id != "" {
					return sx.String(st.id), nil
				}
				return sx.Nil, nil
			}),
	}
}

func broadcastError(name string, err error) error {
	if err == nil || errors.Is(err, hub.ErrClosed) {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// socketFrame makes the frame of (broadcast! slot markup :mode m :key k :channel c :wire w).
func (a *App) socketFrame(ctx context.Context, name string, at sx.Value, args []sx.Value) (f render.Frame, channel string, err error) {
	if f.ID, err = text(name, 0, args[0]); err != nil {
		return f, "", err
	}
	wire := ""
	for i := 2; i < len(args); i += 2 {
		if i+1 == len(args) {
			return f, "", fmt.Errorf("%s: the option %s has no value", name, sx.Serialize(args[i]))
		}
		switch v := args[i+1]; plainText(args[i]) {
		case "mode":
			if f.Mode = render.Mode(plainText(v)); !f.Mode.Valid() {
				return f, "", fmt.Errorf("%s: unknown mode %s (there are inner outer append prepend before after replace remove morph)", name, sx.Serialize(v))
			}
		case "key":
			f.Key = plainText(v)
		case "wire":
			if wire = plainText(v); wire != "html" && wire != "sx" {
				return f, "", fmt.Errorf("%s: :wire is :html or :sx, got %s", name, sx.Serialize(v))
			}
		case "channel":
			if !v.IsNil() {
				if channel, err = channelName(v); err != nil {
					return f, "", fmt.Errorf("%s: %w", name, err)
				}
			}
		default:
			return f, "", fmt.Errorf("%s: unknown option %s (there are :mode :key :channel :wire)", name, sx.Serialize(args[i]))
		}
	}
	if f.Mode == render.ModeRemove {
		return f, channel, nil
	}
	s, err := a.loadedSite(ctx, name)
	if err != nil {
		return f, "", err
	}
	host := &render.Host{OnError: func(b *render.Boundary, err error) { s.logError("boundary "+b.ID, err) }}
	emit := func(m *sx.Machine) { m.EmitCall(args[1]) }
	var comps []*sx.Component
	if n := int(at.Float()); n < len(s.markups) {
		comps = s.markups[n].comps
	}
	// What other nodes are sent must not need definitions: during a deploy they run another program.
	if wire == "sx" || wire == "" && comps != nil && !a.hub.Linked() {
		text, err := s.rend.WireOf(ctx, host, emit)
		unknown := slices.ContainsFunc(host.Needs(), func(c *sx.Component) bool { return !slices.Contains(comps, c) })
		if f.SX = text; err != nil || !unknown {
			return f, channel, err
		}
		f.SX = "" // a function gave a component whose definition the browser does not have
	}
	markup, err := s.rend.HTMLOf(ctx, host, emit)
	f.HTML = string(markup)
	return f, channel, err
}
