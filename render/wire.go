package render

import (
	"html"

	"github.com/sx-framework/sxgo/sx"
)

// wireDest generates code that appends SX wire text. Every form it writes has a blank before it, so that
// forms can follow each other anywhere; the blank before the first one of all is taken away at the end.
//
// Control flow is resolved on the server, and so are the components that reach IO. Pure ones stay calls, with
// what they read of their arguments, evaluated.
type wireDest struct{}

var _ sx.Dest = wireDest{}

func (wireDest) Name() string { return "wire" }

func (wireDest) Wire() bool { return true }

func (wireDest) Static(markup []byte) sx.Emit { return &text{string(markup)} }

func (wireDest) Seq(g *sx.Gen, parts []sx.Emit) sx.Emit { return join(parts) }

func (wireDest) Literal(g *sx.Gen, v sx.Value, at *sx.Site) sx.Emit {
	switch v.Kind() {
	case sx.KindNil, sx.KindBool:
		return &text{}
	case sx.KindString, sx.KindKeyword, sx.KindSymbol:
		return &text{string(appendWireString([]byte{' '}, v.Text()))}
	case sx.KindNumber:
		return &text{" " + sx.FormatNumber(v.Float())}
	}
	return &wireHole{constant{v}, at, inList(g)}
}

func (wireDest) Hole(g *sx.Gen, e sx.Expr, n sx.Node) sx.Emit {
	return &wireHole{n, g.Site(e.Site()), inList(g)}
}

// inList reports whether what is generated becomes a child of an element by way of a list: a spread is dropped there,
// but the text would show it as a direct child.
func inList(g *sx.Gen) bool {
	f := frameOf(g)
	return f != nil && f.none
}

func (wireDest) EmitValue(m *sx.Machine, v sx.Value) { appendWireChild(m, v) }

func (wireDest) Component(g *sx.Gen, c *sx.CompCall) sx.Emit {
	if c.Comp.Target(g.Program()) != "client" {
		return nil
	}
	if c.Comp.Affinity != "client" && g.Program().ReadsScope(c.Comp) {
		return nil // what is provided around the call is known here only
	}
	names, vals := c.Args()
	for _, v := range vals {
		known, ok := g.Const(v)
		if sx.IsFunction(v) || ok && known.Callable() && known.Component() == nil {
			return nil // a function cannot be sent: expand
		}
	}
	call := &wireCall{comp: c.Comp, at: g.Site(c.Site()), names: names, vals: g.Values(vals), spread: sx.MayBeSpread(c)}
	for _, n := range names {
		call.parts = append(call.parts, g.Program().Reads(c.Comp, n))
	}
	var kids []sx.Emit
	for _, k := range c.Children() {
		emit := within(g, &frame{}, func() sx.Emit { return g.Emit(k) })
		if _, one := k.(*elementExpr); !one {
			if v, literal := sx.IsLiteral(k); !literal || !v.IsString() && !v.IsNumber() {
				emit = &oneChild{emit}
			}
		}
		kids = append(kids, emit)
	}
	call.kids = join(kids)
	if inList(g) && call.spread {
		return join([]sx.Emit{&text{" (<>"}, call, &text{")"}})
	}
	return call
}

// wireCall is a component call that stays a call.
type wireCall struct {
	comp  *sx.Component
	at    *sx.Site
	names []string
	vals  []sx.Node
	parts []*sx.Part // what the component reads of them
	kids  sx.Emit

	spread bool // it may give one
}

func (c *wireCall) Emit(m *sx.Machine) {
	if h := hostOf(m); h != nil {
		h.need(c.comp)
		h.spread = h.spread || c.spread
	}
	out := append(m.Out, " ("...)
	m.Out = append(out, c.comp.Name...)
	for i, n := range c.vals {
		v := n.Eval(m)
		if v.IsNil() {
			continue
		}
		m.At(c.at)
		out := append(m.Out, " :"...)
		out = append(out, c.names[i]...)
		m.Out = appendWirePart(m, append(out, ' '), v, c.parts[i], 0)
	}
	c.kids.Emit(m)
	m.Out = append(m.Out, ')')
}

// oneChild makes one form of a child of a call, as children counts the forms that were written: control flow that
// was resolved here may have left none, or several.
type oneChild struct{ body sx.Emit }

func (o *oneChild) Emit(m *sx.Machine) {
	start := len(m.Out)
	o.body.Emit(m)
	m.Out = append(m.Out, 0)
	copy(m.Out[start+1:], m.Out[start:])
	m.Out[start] = ' '
	m.Out = oneForm(m.Out, start+1)
}

type wireHole struct {
	node   sx.Node
	at     *sx.Site
	inList bool
}

func (h *wireHole) Emit(m *sx.Machine) {
	v := h.node.Eval(m)
	if h.inList && v.Kind() == sx.KindSpread {
		return
	}
	m.At(h.at)
	appendWireChild(m, v)
}

// appendWireChild appends a value as a child: nothing, one form, or several.
func appendWireChild(m *sx.Machine, v sx.Value) {
	switch v.Kind() {
	case sx.KindNil, sx.KindBool:
	case sx.KindString, sx.KindKeyword, sx.KindSymbol:
		m.Out = appendWireString(append(m.Out, ' '), v.Text())
		m.LimitOut()
	case sx.KindNumber:
		m.Out = appendNumber(append(m.Out, ' '), v.Float())
	case sx.KindList:
		m.Nest(func() {
			n := v.Len()
			m.Step(n)
			for i := range n {
				if item := v.Index(i); item.Kind() != sx.KindSpread {
					appendWireChild(m, item)
				}
			}
		})
	case sx.KindElement:
		m.Out = appendWireMarkup(m, m.Out, v)
		m.LimitOut()
	case sx.KindSpread:
		m.Out = appendWireValue(m, append(m.Out, ' '), v, 0)
	case sx.KindOpaque:
		o, _ := v.Opaque()
		m.Out = appendWireString(append(m.Out, ' '), o.Text)
	default:
		childFail(m, v)
	}
}

// appendWireMarkup appends the forms of an element value, each with a blank before it. HTML becomes a call of
// raw!.
func appendWireMarkup(m *sx.Machine, dst []byte, v sx.Value) []byte {
	e := v.Element()
	if e.IsDelayed() {
		m.Out = dst
		m.EmitDelayed(e)
		return m.Out
	}
	if e.Wire {
		return append(dst, e.Markup...)
	}
	if e.Markup == "" {
		return dst
	}
	return rawForm(dst, e.Markup)
}

func rawForm(dst []byte, markup string) []byte {
	dst = append(dst, " (raw! "...)
	dst = appendWireString(dst, markup)
	return append(dst, ')')
}

// genWire generates an element for wire text.
func (e *elementExpr) genWire(g *sx.Gen) sx.Emit {
	name := e.el.name
	switch {
	case e.el.ns == nsSVG && (htmlElements.has(name) || isTaken(g, name)):
		name = "svg:" + name
	case e.el.ns == nsHTML && isTaken(g, name):
		name = "html:" + name
	}
	parts := []sx.Emit{&text{" (" + name}}
	for i := range e.attrs {
		x := &e.attrs[i]
		if x.kind == attrEvent { // the client never sets these
			continue
		}
		if v, ok := g.Const(x.val); ok {
			if s, ok := x.static(v, x.literal); ok {
				parts = append(parts, &text{string(x.appendWire(nil, s, v))})
				continue
			}
		}
		parts = append(parts, &wireAttr{&x.attr, g.Value(x.val), x.literal, g.Site(x.val.Site())})
	}
	for _, k := range e.kids {
		if v, ok := sx.IsLiteral(k); ok && v.IsString() {
			parts = append(parts, &text{string(appendWireString([]byte{' '}, v.Text()))})
			continue
		}
		// As in HTML, a spread reaches its element directly and not out of a list.
		parts = append(parts, within(g, &frame{el: &e.el, none: !sx.MayBeSpread(k)}, func() sx.Emit { return g.Emit(k) }))
	}
	return join(append(parts, &text{")"}))
}

// isTaken reports whether name is also the name of something else that the client would find first.
func isTaken(g *sx.Gen, name string) bool {
	_, defined := g.Program().Lookup(name)
	return defined || g.Program().IsReserved(name)
}

type wireAttr struct {
	attr    *attr
	node    sx.Node
	literal bool
	at      *sx.Site
}

func (o *wireAttr) Emit(m *sx.Machine) {
	v := o.node.Eval(m)
	m.At(o.at)
	if u, ok := trustedURL(v); ok && o.attr.kind == attrURL {
		m.Out = append(m.Out, " :"...)
		m.Out = append(m.Out, o.attr.name...)
		m.Out = append(m.Out, " (trusted-url "...)
		m.Out = append(appendWireString(m.Out, u), ')')
		return
	}
	made := o.attr.append(m, nil, v, o.literal)
	m.Out = o.attr.appendWire(m.Out, string(made), v)
}

// appendWire appends the attribute whose HTML is made: the rules of HTML decide whether it is written and
// what it says.
func (a *attr) appendWire(dst []byte, made string, v sx.Value) []byte {
	if made == "" {
		return dst
	}
	dst = append(dst, " :"...)
	dst = append(dst, a.name...)
	dst = append(dst, ' ')
	switch {
	case len(made) == len(a.name)+1: // a bare name
		return append(dst, "true"...)
	case v.IsNumber() && a.kind == attrPlain:
		return appendNumber(dst, v.Float())
	}
	return appendWireString(dst, html.UnescapeString(made[len(a.open):len(made)-1]))
}
