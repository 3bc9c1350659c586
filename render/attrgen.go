package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// gen generates the code of one attribute. What is known now is written now; a call of str is written part by
// part, a class list item by item, so that neither needs a string or a list at run time.
func (x *attrExpr) gen(g *sx.Gen) []sx.Emit {
	at := g.Site(x.val.Site())
	if v, ok := g.Const(x.val); ok {
		if s, ok := x.static(v, x.literal); ok {
			return []sx.Emit{&text{s}}
		}
		if t, ok := trustedURL(v); ok && x.kind == attrURL {
			return []sx.Emit{&text{x.open + escaped(t) + `"`}}
		}
	}
	switch x.kind {
	case attrClass:
		if op := x.classOp(g, at); op != nil {
			return op
		}
	case attrStyle:
		if keys, vals, ok := sx.EntriesOf(x.val); ok {
			return []sx.Emit{newStyleOp(g, keys, vals, at)}
		}
	case attrPlain, attrEnum, attrURL:
		if parts := textParts(g, x.val); parts != nil && (x.kind != attrURL || x.prefixDecides(parts)) {
			out := []sx.Emit{&text{x.open}}
			out = append(out, parts...)
			return append(out, &text{`"`})
		}
	}
	n := sx.Raw(g.Value(x.val))
	if x.kind == attrPlain {
		return []sx.Emit{&plainAttr{attr: &x.attr, node: n, slot: slotOr(n), at: at}}
	}
	return []sx.Emit{&attrOp{attr: &x.attr, node: n, literal: x.literal, at: at}}
}

// static returns the text of the attribute with a constant value, where that is simple.
func (a *attr) static(v sx.Value, literal bool) (string, bool) {
	switch v.Kind() {
	case sx.KindNumber:
		if a.kind == attrStyle {
			break // an error, which needs its place
		}
		fallthrough
	case sx.KindNil, sx.KindBool, sx.KindString, sx.KindKeyword:
		return string(a.append(nil, nil, v, literal)), true
	}
	return "", false
}

// prefixDecides reports whether the constant text at the start of a URL settles that it is safe, whatever
// follows: a path, a query or fragment of this page, or a web address with its scheme.
func (x *attrExpr) prefixDecides(parts []sx.Emit) bool {
	t, ok := parts[0].(*text)
	if !ok || t.s == "" || x.url != urlAny && x.url != urlImage {
		return false
	}
	return t.s[0] == '/' || t.s[0] == '#' || t.s[0] == '?' ||
		strings.HasPrefix(t.s, "https://") || strings.HasPrefix(t.s, "http://") || strings.HasPrefix(t.s, "mailto:")
}

// attrOp writes an attribute whose value is known at run time.
type attrOp struct {
	pre     string
	attr    *attr
	node    sx.Node
	literal bool
	at      *sx.Site
}

func (o *attrOp) prefix() string { return o.pre }

func (o *attrOp) after(s string) sx.Emit {
	c := *o
	c.pre = s + o.pre
	return &c
}

func (o *attrOp) Emit(m *sx.Machine) {
	m.Out = append(m.Out, o.pre...)
	v := o.node.Eval(m)
	if o.attr.kind == attrURL && o.attr.url <= urlImage && v.IsString() {
		if s := v.Text(); plainRelative(s) {
			out := append(m.Out, o.attr.open...)
			out = appendEscaped(out, s)
			m.Out = append(out, '"')
			return
		}
	}
	m.At(o.at)
	m.Out = o.attr.append(m, m.Out, v, o.literal)
}

// plainAttr is attrOp for attributes without a rule of their own.
type plainAttr struct {
	pre  string
	attr *attr
	node sx.Node
	slot int // where the value is, or -1 when node computes it
	at   *sx.Site
}

func (o *plainAttr) prefix() string { return o.pre }

func (o *plainAttr) after(s string) sx.Emit {
	c := *o
	c.pre = s + o.pre
	return &c
}

func (o *plainAttr) Emit(m *sx.Machine) {
	out := append(m.Out, o.pre...)
	var v sx.Value
	if o.slot >= 0 {
		v = m.Slot(o.slot)
	} else {
		m.Out = out
		v = o.node.Eval(m)
		out = m.Out
	}
	switch {
	case v.IsString():
		out = append(out, o.attr.open...)
		out = appendEscaped(out, v.Text())
		m.Out = append(out, '"')
	case v.IsNumber():
		out = append(out, o.attr.open...)
		out = appendNumber(out, v.Float())
		m.Out = append(out, '"')
	default:
		m.Out = out
		m.At(o.at)
		m.Out = o.attr.append(m, m.Out, v, false)
	}
}

// classItem is one part of a class attribute.
type classItem struct {
	static string // escaped, when node is nil
	node   sx.Node
	cond   bool // node says whether static is written
}

// classOp writes a class attribute from its parts.
type classOp struct {
	pre   string
	items []classItem
	at    *sx.Site
}

// classOp returns code for a class that is written as a list, a dict or a call of str, or nil for others.
func (x *attrExpr) classOp(g *sx.Gen, at *sx.Site) []sx.Emit {
	if parts := textParts(g, x.val); parts != nil {
		for _, p := range parts {
			if t, ok := p.(*text); ok && t.s != "" { // never empty, so never left out
				out := []sx.Emit{&text{x.open}}
				out = append(out, parts...)
				return append(out, &text{`"`})
			}
		}
		return nil
	}
	items, ok := classItems(g, x.val, nil)
	if !ok {
		return nil
	}
	static := true
	var all []string
	for _, it := range items {
		static = static && it.node == nil
		all = append(all, it.static)
	}
	if static {
		if len(all) == 0 {
			return []sx.Emit{&text{}}
		}
		return []sx.Emit{&text{x.open + strings.Join(all, " ") + `"`}}
	}
	return []sx.Emit{&classOp{pre: x.open, items: items, at: at}}
}

// classItems returns the parts of a class written as a list or a dict, appended to items.
func classItems(g *sx.Gen, e sx.Expr, items []classItem) ([]classItem, bool) {
	if exprs, ok := sx.ItemsOf(e); ok {
		for _, e := range exprs {
			items = classPart(g, e, items)
		}
		return items, true
	}
	keys, vals, ok := sx.EntriesOf(e)
	if !ok {
		return nil, false
	}
	for i, k := range keys {
		if v, known := g.Const(vals[i]); known {
			if v.Truthy() && k != "" {
				items = append(items, classItem{static: escaped(k)})
			}
			continue
		}
		items = append(items, classItem{static: escaped(k), node: g.Value(vals[i]), cond: true})
	}
	return items, true
}

// classPart returns the parts of one item of a class list.
func classPart(g *sx.Gen, e sx.Expr, items []classItem) []classItem {
	if v, ok := g.Const(e); ok {
		switch v.Kind() {
		case sx.KindNil, sx.KindBool:
			return items
		case sx.KindString, sx.KindNumber, sx.KindKeyword, sx.KindSymbol:
			if s := escaped(atomText(v)); s != "" {
				items = append(items, classItem{static: s})
			}
			return items
		}
	}
	if c, then, ok := sx.WhenOf(e); ok {
		if v, known := g.Const(then); known && v.IsString() && v.Text() != "" {
			return append(items, classItem{static: escaped(v.Text()), node: g.Value(c), cond: true})
		}
	}
	if more, ok := classItems(g, e, items); ok {
		return more
	}
	return append(items, classItem{node: sx.Raw(g.Value(e))})
}

func (o *classOp) prefix() string { return o.pre }

func (o *classOp) after(s string) sx.Emit {
	c := *o
	c.pre = s + o.pre
	return &c
}

const classOpenLen = len(` class="`)

func (o *classOp) Emit(m *sx.Machine) {
	m.Out = append(m.Out, o.pre...)
	begin := len(m.Out)
	for i := range o.items {
		it := &o.items[i]
		if it.node != nil {
			v := it.node.Eval(m)
			switch {
			case it.cond:
				if !v.Truthy() {
					continue
				}
			case v.IsString():
				m.Out = appendName(m.Out, v.Text(), begin)
				continue
			default:
				m.At(o.at)
				m.Out = appendClass(m, m.Out, v, begin)
				continue
			}
		}
		if len(m.Out) > begin {
			m.Out = append(m.Out, ' ')
		}
		m.Out = append(m.Out, it.static...)
	}
	if len(m.Out) == begin {
		m.Out = m.Out[:begin-classOpenLen]
		return
	}
	m.Out = append(m.Out, '"')
}
