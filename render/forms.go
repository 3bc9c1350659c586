package render

import (
	"github.com/sx-framework/sxgo/sx"
)

// specials returns the forms that markup has besides elements.
func specials() []*sx.Special {
	return []*sx.Special{
		{Name: "<>", Usage: "(<> child …)", Doc: "A fragment: its children, without an element around them.", Analyze: analyzeFragment},
		{Name: "!doctype", Usage: "(!doctype)", Doc: "The document type of HTML.", Analyze: analyzeDoctype},
		{Name: "html-comment", Usage: "(html-comment text)", Doc: "A comment in the markup; its text cannot end it.", Analyze: analyzeComment},
		{Name: "json", Usage: "(json value)", Doc: "A value as JSON, inside script.", Analyze: func(a *sx.Analyzer, f *sx.Form) sx.Expr {
			a.Errorf(f.Site(), sx.FormError, "json may only stand directly inside script; elsewhere json-encode gives a string")
			return &fragmentExpr{ExprBase: sx.ExprBase{At: f.Site()}}
		}},
		{Name: "~suspense", Usage: "(~suspense :id id :fallback markup :timeout ms :error (fn (e) …) :as tag :wire :html|:sx body …)",
			Doc: "A boundary: shows the fallback until its body is ready.", Analyze: analyzeSuspense},
	}
}

// primitives returns the functions that markup has besides those of the language.
func primitives() []*sx.Primitive {
	return []*sx.Primitive{
		{Name: "trusted-url", Usage: "(trusted-url s)", Doc: "A URL that is used as it is, whatever its scheme or origin.", F1: func(m *sx.Machine, v sx.Value) sx.Value {
			if _, ok := trustedURL(v); ok {
				return v
			}
			return sx.OpaqueOf(&sx.Opaque{Type: trustedURLType, Text: m.Str("trusted-url", 0, v)})
		}},
	}
}

// fragmentExpr is a fragment.
type fragmentExpr struct {
	sx.ExprBase
	kids []sx.Expr
}

func analyzeFragment(a *sx.Analyzer, f *sx.Form) sx.Expr {
	e := &fragmentExpr{ExprBase: sx.ExprBase{At: f.Site()}}
	for i := 1; i < f.Len(); i++ {
		if f.Item(i).Kind() == sx.KindKeyword {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "a fragment has no attributes, found :%s", f.Item(i).Text())
			i++
			continue
		}
		e.kids = append(e.kids, a.Expr(f, i))
	}
	return e
}

// Walk visits the children.
func (e *fragmentExpr) Walk(f func(sx.Expr)) {
	for _, k := range e.kids {
		f(k)
	}
}

// IsMarkup tells that bodies keep fragments.
func (e *fragmentExpr) IsMarkup() bool { return true }

// Effects of a fragment are those of its parts.
func (e *fragmentExpr) Effects() sx.Effect { return sx.Pure }

// DependsOnlyOnParts tells that a fragment of constants is a constant.
func (e *fragmentExpr) DependsOnlyOnParts() bool { return true }

// GenValue returns the fragment as a value.
func (e *fragmentExpr) GenValue(g *sx.Gen) sx.Node { return g.MarkupValue(e.GenEmit(g)) }

// GenEmit appends the children one after another.
func (e *fragmentExpr) GenEmit(g *sx.Gen) sx.Emit {
	f := &frame{none: true, el: &element{}}
	if up := frameOf(g); up != nil {
		*f = *up
		f.up, f.none = up, true
	}
	return within(g, f, func() sx.Emit {
		parts := make([]sx.Emit, len(e.kids))
		for i, k := range e.kids {
			parts[i] = g.Emit(k)
		}
		return g.Dest().Seq(g, parts)
	})
}

// leafExpr is a form without subexpressions that writes the same each time.
type leafExpr struct {
	sx.ExprBase
	html, wire string
}

// IsMarkup tells that bodies keep it.
func (e *leafExpr) IsMarkup() bool { return true }

// Effects are none.
func (e *leafExpr) Effects() sx.Effect { return sx.Pure }

// DependsOnlyOnParts tells that it is a constant.
func (e *leafExpr) DependsOnlyOnParts() bool { return true }

// GenValue returns the markup as a value.
func (e *leafExpr) GenValue(g *sx.Gen) sx.Node { return g.MarkupValue(e.GenEmit(g)) }

// GenEmit appends the markup.
func (e *leafExpr) GenEmit(g *sx.Gen) sx.Emit {
	if g.Dest().Wire() {
		return &text{e.wire}
	}
	return &text{e.html}
}

func analyzeDoctype(a *sx.Analyzer, f *sx.Form) sx.Expr {
	if f.Len() > 2 {
		a.Errorf(f.Site(), sx.ArityError, "!doctype takes no parts, got %d", f.Len()-1)
	}
	return &leafExpr{sx.ExprBase{At: f.Site()}, "<!DOCTYPE html>", " (!doctype)"}
}

// commentExpr is an HTML comment.
type commentExpr struct {
	sx.ExprBase
	parts []sx.Expr
}

func analyzeComment(a *sx.Analyzer, f *sx.Form) sx.Expr {
	e := &commentExpr{ExprBase: sx.ExprBase{At: f.Site()}}
	for i := 1; i < f.Len(); i++ {
		e.parts = append(e.parts, a.Expr(f, i))
	}
	return e
}

// Walk visits the parts of the text.
func (e *commentExpr) Walk(f func(sx.Expr)) {
	for _, p := range e.parts {
		f(p)
	}
}

// IsMarkup tells that bodies keep comments.
func (e *commentExpr) IsMarkup() bool { return true }

// Effects of a comment are those of its parts.
func (e *commentExpr) Effects() sx.Effect { return sx.Pure }

// DependsOnlyOnParts tells that a comment of constants is a constant.
func (e *commentExpr) DependsOnlyOnParts() bool { return true }

// GenValue returns the comment as a value.
func (e *commentExpr) GenValue(g *sx.Gen) sx.Node { return g.MarkupValue(e.GenEmit(g)) }

// GenEmit appends the comment; wire text has none.
func (e *commentExpr) GenEmit(g *sx.Gen) sx.Emit {
	c := &commentOp{at: g.Site(e.At), wire: g.Dest().Wire()}
	for _, p := range e.parts {
		c.nodes = append(c.nodes, g.Value(p))
	}
	return c
}

type commentOp struct {
	nodes []sx.Node
	at    *sx.Site
	wire  bool
}

func (c *commentOp) Emit(m *sx.Machine) {
	var s []byte
	for _, n := range c.nodes {
		v := n.Eval(m)
		m.At(c.at)
		s = m.AppendText(s, v)
	}
	if c.wire {
		m.Out = append(m.Out, " (html-comment "...)
		m.Out = appendWireString(m.Out, string(s))
		m.Out = append(m.Out, ')')
		return
	}
	m.Out = appendComment(m.Out, string(s))
}

// jsonExpr is (json v) inside script.
type jsonExpr struct {
	sx.ExprBase
	val sx.Expr
}

// Walk visits the value.
func (e *jsonExpr) Walk(f func(sx.Expr)) { f(e.val) }

// IsMarkup tells that it is text of the script.
func (e *jsonExpr) IsMarkup() bool { return true }

// Effects are those of the value.
func (e *jsonExpr) Effects() sx.Effect { return sx.Pure }

// DependsOnlyOnParts tells that JSON of a constant is a constant.
func (e *jsonExpr) DependsOnlyOnParts() bool { return true }

// GenValue returns the text as a value.
func (e *jsonExpr) GenValue(g *sx.Gen) sx.Node { return g.MarkupValue(e.GenEmit(g)) }

// GenEmit appends the JSON.
func (e *jsonExpr) GenEmit(g *sx.Gen) sx.Emit {
	return &jsonOp{g.Value(e.val), g.Site(e.At), g.Dest().Wire()}
}

type jsonOp struct {
	node sx.Node
	at   *sx.Site
	wire bool
}

func (o *jsonOp) Emit(m *sx.Machine) {
	v := o.node.Eval(m)
	m.At(o.at)
	if o.wire {
		m.Out = append(m.Out, ' ')
		m.Out = appendWireString(m.Out, string(appendScriptJSON(m, nil, v, 0)))
		return
	}
	m.Out = appendScriptJSON(m, m.Out, v, 0)
}
