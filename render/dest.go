package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// The destinations of markup, for sx.Program.Machine.
const (
	DestHTML = iota // HTML
	DestWire        // SX wire text
)

// htmlDest generates code that appends HTML to the output.
type htmlDest struct{}

var (
	_ sx.Dest   = htmlDest{}
	_ sx.Looper = htmlDest{}
)

func (htmlDest) Name() string { return "html" }

func (htmlDest) Wire() bool { return false }

func (htmlDest) Static(markup []byte) sx.Emit { return &text{string(markup)} }

// Literal renders a constant child now.
func (d htmlDest) Literal(g *sx.Gen, v sx.Value, at *sx.Site) sx.Emit {
	switch v.Kind() {
	case sx.KindNil, sx.KindBool:
		return &text{}
	case sx.KindString, sx.KindKeyword, sx.KindSymbol:
		return &text{escaped(v.Text())}
	case sx.KindNumber:
		return &text{sx.FormatNumber(v.Float())}
	case sx.KindElement:
		if e := v.Element(); !e.IsDelayed() && !e.Wire {
			return &text{e.Markup}
		}
	}
	return &hole{node: constant{v}, at: at, spread: spreadTarget(g)}
}

// Hole returns code for a child that is known at run time only.
func (d htmlDest) Hole(g *sx.Gen, e sx.Expr, n sx.Node) sx.Emit {
	at := g.Site(e.Site())
	if parts := textParts(g, e); parts != nil {
		return d.Seq(g, parts)
	}
	target := spreadTarget(g)
	if !sx.MayBeSpread(e) {
		target = nil
	}
	if slot, ok := sx.LocalSlot(n); ok {
		return &slotHole{slot: slot, at: at, spread: target}
	}
	if f, slot, ok := sx.FieldOf(n); ok && slot >= 0 && target == nil {
		return &fieldHole{field: f, slot: slot, at: at}
	}
	return &hole{node: sx.Raw(n), at: at, spread: target}
}

// Loop moves the static end of a loop's body to the beginning of its next turn, where it grows into the first
// hole.
func (htmlDest) Loop(body sx.Emit) (first, next sx.Emit, end []byte) {
	o, ok := body.(*ops)
	if !ok {
		return body, body, nil
	}
	last, ok := o.list[len(o.list)-1].(*text)
	if !ok || len(last.s) > mostPrefix {
		return body, body, nil
	}
	rest := o.list[:len(o.list)-1]
	return join(rest), join(append([]sx.Emit{last}, rest...)), []byte(last.s)
}

// EmitValue appends a value as a child.
func (htmlDest) EmitValue(m *sx.Machine, v sx.Value) { appendChild(m, v) }

// Component expands every component. One that calls itself and may give a spread is called for its value, so that
// the spread finds the element around the call.
func (htmlDest) Component(g *sx.Gen, c *sx.CompCall) sx.Emit {
	if f := frameOf(g); f != nil && !f.none {
		if n := g.SpreadCall(c); n != nil {
			return &hole{node: n, at: g.Site(c.Site()), spread: spreadTarget(g)}
		}
	}
	return nil
}

// TakesSpread reports whether a spread that is made here has an element to merge into.
func (htmlDest) TakesSpread(g *sx.Gen) bool { return spreadTarget(g) != nil }

// Seq joins code and merges what is static: neighbouring texts become one, a text before a hole becomes part
// of it, and sequences inside are spliced in.
func (htmlDest) Seq(g *sx.Gen, parts []sx.Emit) sx.Emit { return join(parts) }

// text is static markup.
type text struct{ s string }

func (t *text) Emit(m *sx.Machine) { m.Out = append(m.Out, t.s...) }

// ops is code that runs one after another.
type ops struct {
	list  []sx.Emit
	apart bool // large constants in it may be kept out of the buffer; see runRoot
}

func (o *ops) Emit(m *sx.Machine) {
	for _, e := range o.list {
		e.Emit(m)
	}
}

// prefixed is code that takes static markup before it into itself: one step less to run.
type prefixed interface {
	sx.Emit
	// after gives the same code with s written first.
	after(s string) sx.Emit
	// prefix gives what is written first.
	prefix() string
}

// mostPrefix bounds what is taken into a hole, so that large constants stay on their own: those are handed
// to the writer without copying.
const mostPrefix = 2 << 10

func join(parts []sx.Emit) sx.Emit {
	var flat []sx.Emit
	var add func(p sx.Emit)
	add = func(p sx.Emit) {
		switch p := p.(type) {
		case *ops:
			for _, q := range p.list {
				add(q)
			}
		case *text:
			if p.s == "" {
				return
			}
			if n := len(flat); n > 0 {
				if t, ok := flat[n-1].(*text); ok {
					flat[n-1] = &text{t.s + p.s}
					return
				}
			}
			flat = append(flat, p)
		case prefixed:
			if n := len(flat); n > 0 {
				if t, ok := flat[n-1].(*text); ok {
					// Of a large constant only the start of the last tag is taken in.
					cut := 0
					if len(t.s) > mostPrefix {
						cut = max(strings.LastIndexByte(t.s, '<'), len(t.s)-mostPrefix)
					}
					if cut == 0 {
						flat[n-1] = p.after(t.s)
						return
					}
					flat[n-1] = &text{t.s[:cut]}
					flat = append(flat, p.after(t.s[cut:]))
					return
				}
			}
			flat = append(flat, p)
		default:
			flat = append(flat, p)
		}
	}
	for _, p := range parts {
		if p != nil {
			add(p)
		}
	}
	switch len(flat) {
	case 0:
		return &text{}
	case 1:
		return flat[0]
	}
	return &ops{flat, canStandApart(flat)}
}

// canStandApart reports whether there are large constants in list, and no spread that could change a start tag
// in or before one: each hole that may meet one finds its tag after the last large constant.
func canStandApart(list []sx.Emit) bool {
	large := false
	since := "" // static markup since then
	for _, e := range list {
		var f *frame
		switch e := e.(type) {
		case *text:
			if len(e.s) >= segmentSize {
				large, since = true, ""
			} else {
				since += e.s
			}
		case *hole:
			f = e.spread
		case *slotHole:
			f = e.spread
		case *markTag, *spreadKid:
			return false
		}
		p, ok := e.(prefixed)
		if ok {
			since += p.prefix()
		}
		if f != nil && (f.back == 0 || f.back > len(since) || !strings.Contains(since[:len(since)-f.back+1], "<"+f.el.name)) {
			return false
		}
	}
	return large
}

// constant is a node whose value is known.
type constant struct{ v sx.Value }

func (c constant) Eval(*sx.Machine) sx.Value { return c.v }
