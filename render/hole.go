package render

import (
	"github.com/sx-framework/sxgo/sx"
)

// Holes: code that writes some static markup and then a value as a child. The kinds differ in where the
// value comes from; the quick paths for text and whole numbers are written out in each.
type (
	hole struct {
		pre    string
		node   sx.Node
		at     *sx.Site
		spread *frame // the element that a spread merges into, or nil
	}
	slotHole struct {
		pre    string
		slot   int
		at     *sx.Site
		spread *frame
	}
)

// fieldHole is a hole for a field of a local variable's value, as loops over records have them.
type fieldHole struct {
	pre   string
	field sx.Field
	slot  int
	at    *sx.Site
}

func (h *fieldHole) prefix() string { return h.pre }

func (h *fieldHole) after(s string) sx.Emit {
	c := *h
	c.pre = s + h.pre
	return &c
}

func (h *fieldHole) Emit(m *sx.Machine) {
	out := append(m.Out, h.pre...)
	m.Out = out
	v := h.field.Raw(m, m.Slot(h.slot))
	if v.IsNumber() {
		m.Out = appendNumber(out, v.Float())
		return
	}
	if v.IsString() {
		m.Out = appendEscaped(out, v.Text())
		return
	}
	m.At(h.at)
	appendChild(m, v)
}

func (h *hole) prefix() string { return h.pre }

func (h *hole) after(s string) sx.Emit {
	c := *h
	c.pre = s + h.pre
	return &c
}

func (h *slotHole) prefix() string { return h.pre }

func (h *slotHole) after(s string) sx.Emit {
	c := *h
	c.pre = s + h.pre
	return &c
}

func (h *hole) Emit(m *sx.Machine) {
	m.Out = append(m.Out, h.pre...)
	v := h.node.Eval(m)
	if v.IsNumber() {
		m.Out = appendNumber(m.Out, v.Float())
		return
	}
	if v.IsString() {
		m.Out = appendEscaped(m.Out, v.Text())
		return
	}
	h.slow(m, v)
}

func (h *hole) slow(m *sx.Machine, v sx.Value) {
	m.At(h.at)
	if v.Kind() == sx.KindSpread {
		h.spread.merge(m, v.SpreadDict())
		return
	}
	appendChild(m, v)
}

func (h *slotHole) Emit(m *sx.Machine) {
	out := append(m.Out, h.pre...)
	v := m.Slot(h.slot)
	if v.IsNumber() {
		m.Out = appendNumber(out, v.Float())
		return
	}
	if v.IsString() {
		m.Out = appendEscaped(out, v.Text())
		return
	}
	m.Out = out
	h.slow(m, v)
}

func (h *slotHole) slow(m *sx.Machine, v sx.Value) {
	m.At(h.at)
	if v.Kind() == sx.KindSpread {
		h.spread.merge(m, v.SpreadDict())
		return
	}
	appendChild(m, v)
}

// appendChild appends a value as a child: nil and booleans give nothing, strings are escaped, numbers
// printed, lists flattened, markup stays as it is. A spread that gets here has no element to merge into and
// is dropped.
func appendChild(m *sx.Machine, v sx.Value) {
	switch v.Kind() {
	case sx.KindNil, sx.KindBool, sx.KindSpread:
	case sx.KindString:
		s := v.Text()
		m.Out = appendEscaped(m.Out, s)
		if len(s) > 1<<12 {
			m.LimitOut()
		}
	case sx.KindNumber:
		m.Out = appendNumber(m.Out, v.Float())
	case sx.KindKeyword, sx.KindSymbol:
		m.Out = appendEscaped(m.Out, v.Text())
	case sx.KindList:
		m.Nest(func() {
			n := v.Len()
			m.Step(n)
			for i := range n {
				appendChild(m, v.Index(i))
			}
		})
		m.LimitOut()
	case sx.KindElement:
		appendElement(m, v.Element())
	case sx.KindOpaque:
		o, _ := v.Opaque()
		m.Out = appendEscaped(m.Out, o.Text)
	default:
		childFail(m, v)
	}
}

func childFail(m *sx.Machine, v sx.Value) {
	hint := ""
	switch v.Kind() {
	case sx.KindDict:
		hint = "; take a value out of it with get, or print it with inspect"
	case sx.KindLambda, sx.KindPrimitive:
		hint = "; did you mean to call it?"
	case sx.KindComponent:
		hint = "; a component is placed by calling it: (" + v.Component().Name + ")"
	}
	m.Fail(sx.TypeError, "a %s cannot be a child of markup%s", v.TypeName(), hint)
}

func appendElement(m *sx.Machine, e *sx.Element) {
	if m.EmitDelayed(e) {
		return
	}
	if e.Wire {
		m.Fail(sx.MarkupError, "markup made for wire text cannot be placed into HTML")
	}
	m.Out = append(m.Out, e.Markup...)
	m.LimitOut()
}

// textHole writes a value as str does, escaped: a part of (str …) in markup, which then needs no string of
// its own.
type textHole struct {
	pre  string
	node sx.Node
	slot int // where the value is, or -1 when node computes it
	at   *sx.Site
}

func (h *textHole) prefix() string { return h.pre }

func (h *textHole) after(s string) sx.Emit {
	c := *h
	c.pre = s + h.pre
	return &c
}

func (h *textHole) Emit(m *sx.Machine) {
	out := append(m.Out, h.pre...)
	var v sx.Value
	if h.slot >= 0 {
		v = m.Slot(h.slot)
	} else {
		m.Out = out
		v = h.node.Eval(m)
		out = m.Out
	}
	switch {
	case v.IsString():
		m.Out = appendEscaped(out, v.Text())
	case v.IsNumber():
		m.Out = appendNumber(out, v.Float())
	case v.IsNil():
		m.Out = out
	default:
		m.Out = out
		m.At(h.at)
		m.Out = appendEscaped(m.Out, string(m.AppendText(nil, v)))
	}
}

// slotOr returns the slot that n reads, or -1.
func slotOr(n sx.Node) int {
	if slot, ok := sx.LocalSlot(n); ok {
		return slot
	}
	return -1
}

// textParts returns code for a call of str, part by part, or nil for anything else.
func textParts(g *sx.Gen, e sx.Expr) []sx.Emit {
	args, ok := sx.CallOf(e, "str")
	if !ok || len(args) == 0 {
		return nil
	}
	at := g.Site(e.Site())
	parts := make([]sx.Emit, 0, len(args))
	for _, a := range args {
		if v, ok := g.Const(a); ok {
			switch v.Kind() {
			case sx.KindNil:
				continue
			case sx.KindString, sx.KindNumber:
				parts = append(parts, &text{escaped(atomText(v))})
				continue
			}
		}
		if sub := textParts(g, a); sub != nil {
			parts = append(parts, sub...)
			continue
		}
		n := sx.Raw(g.Value(a))
		parts = append(parts, &textHole{node: n, slot: slotOr(n), at: at})
	}
	return parts
}
