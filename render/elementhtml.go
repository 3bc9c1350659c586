package render

import (
	"bytes"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// frame is an element around the code being generated: what stands directly inside it may be a spread, and
// what it is decides how some elements inside are treated.
type frame struct {
	up     *frame
	el     *element
	inHead bool // inside a head element
	inSVG  bool
	none   bool // spreads here are dropped: a fragment, a list of children
	slot   int  // holds where the start tag begins in the output
	used   bool // some hole may meet a spread
	back   int  // or the distance from the hole to the > of the start tag; 0 when slot is used
}

// frameOf returns the innermost element that g is generating, or nil at the root of a function.
func frameOf(g *sx.Gen) *frame {
	f, _ := g.Ext.(*frame)
	return f
}

// spreadTarget returns the element that a spread in the hole being generated merges into, or nil.
func spreadTarget(g *sx.Gen) *frame {
	f := frameOf(g)
	if f == nil || f.none {
		return nil
	}
	f.used = true
	return f
}

// within generates code with f as the innermost frame.
func within(g *sx.Gen, f *frame, gen func() sx.Emit) sx.Emit {
	old := g.Ext
	g.Ext = f
	e := gen()
	g.Ext = old
	return e
}

func (e *elementExpr) genHTML(g *sx.Gen) sx.Emit {
	up := frameOf(g)
	f := &frame{up: up, el: &e.el}
	if up != nil {
		f.inHead, f.inSVG = up.inHead, up.inSVG && up.el.name != "foreignObject"
	}
	f.inHead = f.inHead || e.el.name == "head"
	f.inSVG = f.inSVG || e.el.name == "svg"

	spreads := false
	for _, k := range e.kids {
		spreads = spreads || sx.MayBeSpread(k)
	}
	var release func()
	if spreads {
		f.slot, release = g.Reserve()
	}
	body := e.htmlParts(g, f)
	if release != nil {
		release()
	}
	if f.used {
		body = append([]sx.Emit{&markTag{slot: f.slot}}, body...)
	}
	out := join(body)
	if e.hoists() && !f.inHead && !f.inSVG {
		return &hoisted{e.el.name == "title", out}
	}
	return out
}

// htmlParts generates start tag, children and end tag.
func (e *elementExpr) htmlParts(g *sx.Gen, f *frame) []sx.Emit {
	parts := []sx.Emit{&text{"<" + e.el.name}}
	for i := range e.attrs {
		parts = append(parts, e.attrs[i].gen(g)...)
	}
	if e.takesNonce() {
		parts = append(parts, nonceAttr{})
	}
	parts = append(parts, &text{">"})
	if e.el.name == "head" {
		parts = append(parts, headStart{})
	}
	static := 1 // bytes since the end of the start tag, including it; -1 when not known
	if e.el.name == "head" {
		static = -1
	}
	var kids []sx.Emit
	for _, k := range e.kids {
		target := f
		if !sx.MayBeSpread(k) {
			target = &frame{up: f, el: f.el, inHead: f.inHead, inSVG: f.inSVG, none: true}
		}
		used := f.used
		emit := within(g, target, func() sx.Emit {
			if e.el.content == contentScript || e.el.content == contentStyle || e.el.content == contentRaw {
				return e.rawKid(g, k, f)
			}
			if _, comp := k.(*sx.CompCall); e.el.void && !comp {
				return &spreadKid{g.Value(k), spreadTarget(g), g.Site(k.Site())}
			}
			return g.Emit(k)
		})
		// A hole before which all children are static finds its start tag by the distance.
		if h, ok := emit.(spreadHole); ok && static >= 0 && h.target() == f {
			emit = h.at0(&frame{back: static + len(h.prefix())}) // the hole's own markup is written before its value
			f.used = used
			static = -1
		} else if static >= 0 {
			if n := staticLen([]sx.Emit{emit}); n >= 0 {
				static += n
			} else {
				static = -1
			}
		}
		kids = append(kids, emit)
	}
	parts = append(parts, e.guard(kids)...)
	switch e.el.name {
	case "head":
		parts = append(parts, headEnd{})
	case "body":
		parts = append(parts, bodyEnd{})
	}
	if !e.el.void {
		parts = append(parts, &text{"</" + e.el.name + ">"})
	}
	return parts
}

// rawKid generates a child of an element whose text is not markup: it stands as it is written, except inside
// SVG, where the parser reads script and style as ordinary text.
func (e *elementExpr) rawKid(g *sx.Gen, k sx.Expr, f *frame) sx.Emit {
	v, ok := sx.IsLiteral(k)
	switch {
	case !ok && e.el.content == contentRaw:
		return &spreadKid{g.Value(k), spreadTarget(g), g.Site(k.Site())}
	case !ok:
		return g.Emit(k)
	case f.inSVG || e.el.ns == nsSVG:
		return &text{escaped(v.Text())}
	}
	return &text{strings.ToValidUTF8(strings.ReplaceAll(v.Text(), "\x00", "\uFFFD"), "\uFFFD")}
}

// guard adds what the parser's rules for some elements ask for.
func (e *elementExpr) guard(kids []sx.Emit) []sx.Emit {
	if e.el.ns == nsHTML && e.el.content == contentText && staticLen(kids) < 0 {
		kids = []sx.Emit{&textOnly{join(kids), e.el.name, e.At}}
	}
	if e.el.ns == nsHTML && dropsNewline.has(e.el.name) && len(kids) > 0 {
		body := join(kids)
		t, static := body.(*text)
		switch {
		case static && strings.HasPrefix(t.s, "\n"):
			return []sx.Emit{&text{"\n"}, body}
		case !static:
			return []sx.Emit{&keepNewline{body}}
		}
	}
	return kids
}

// staticLen returns the number of bytes that static code writes, or -1 for code that is not static.
func staticLen(parts []sx.Emit) int {
	n := 0
	for _, p := range parts {
		t, ok := p.(*text)
		if !ok {
			return -1
		}
		n += len(t.s)
	}
	return n
}

type (
	// keepNewline writes a first line break twice, as the parser drops one.
	keepNewline struct{ body sx.Emit }
	// textOnly fails when markup stands where the parser reads text.
	textOnly struct {
		body sx.Emit
		name string
		at   *sx.Site
	}
	nonceAttr struct{}
	headStart struct{}
	headEnd   struct{}
	bodyEnd   struct{}
	// hoisted is a title or meta outside of the head of its own component.
	hoisted struct {
		title bool
		body  sx.Emit
	}
	// markTag notes where a start tag begins, for spreads.
	markTag struct {
		pre  string
		slot int
	}
)

func (k *keepNewline) Emit(m *sx.Machine) {
	start := len(m.Out)
	k.body.Emit(m)
	if len(m.Out) > start && m.Out[start] == '\n' {
		m.Out = append(m.Out, 0)
		copy(m.Out[start+1:], m.Out[start:])
	}
}

func (t *textOnly) Emit(m *sx.Machine) {
	start := len(m.Out)
	t.body.Emit(m)
	if bytes.IndexByte(m.Out[start:], '<') >= 0 {
		m.At(t.at)
		m.Fail(sx.MarkupError, "%s takes text only, found markup", t.name)
	}
}

func (nonceAttr) Emit(m *sx.Machine) {
	if h := hostOf(m); h != nil && h.Nonce != "" {
		m.Out = append(m.Out, ` nonce="`...)
		m.Out = appendEscaped(m.Out, h.Nonce)
		m.Out = append(m.Out, '"')
	}
}

func (headStart) Emit(m *sx.Machine) {
	if h := hostOf(m); h != nil {
		h.inHead = true
	}
}

func (headEnd) Emit(m *sx.Machine) {
	if h := hostOf(m); h != nil {
		h.inHead = false
		h.HeadEnd = len(m.Out)
	}
}

func (bodyEnd) Emit(m *sx.Machine) {
	if h := hostOf(m); h != nil {
		h.BodyEnd = len(m.Out)
	}
}

func (x *hoisted) Emit(m *sx.Machine) {
	h := hostOf(m)
	if h == nil || !h.Hoist || h.inHead {
		x.body.Emit(m)
		return
	}
	start := len(m.Out)
	x.body.Emit(m)
	s := string(m.Out[start:])
	m.Out = m.Out[:start]
	h.hoist(s, x.title)
}

func (t *markTag) prefix() string { return t.pre }

func (t *markTag) after(s string) sx.Emit { return &markTag{s + t.pre, t.slot} }

func (t *markTag) Emit(m *sx.Machine) {
	m.Out = append(m.Out, t.pre...)
	m.SetSlot(t.slot, sx.Int(len(m.Out)))
}
