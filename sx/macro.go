package sx

import (
	"context"
	"fmt"
)

// macro analyses a defmacro. Macros are functions from forms to forms that run while the program loads.
func (a *Analyzer) macro(d *Def) {
	f := d.form
	if f.Len() < 3 {
		a.Errorf(f.site, FormError, "defmacro: expected (defmacro name (parameters) body…)")
		return
	}
	fn := &fnExpr{ExprBase: ExprBase{f.site}, name: d.Name}
	fn.caps = a.function(func(*fnScope) {
		a.params(fn, f.Form(2), false)
		body := f.Forms(3)
		if len(body) > 1 && body[0].v.tag() == KindString {
			d.Doc = body[0].v.Text()
			body = body[1:]
		}
		fn.body = a.body(body, false, f.site)
	})
	d.expr = fn
}

const (
	expandDepth = 1000    // expansions of expansions
	expandMost  = 100_000 // expansions in one definition
)

// expand runs a macro on the forms of its use and gives the form it makes.
func (a *Analyzer) expand(d *Def, f *Form) (Value, bool) {
	if d.state == 1 {
		a.Errorf(f.site, FormError, "macro %s is used in its own definition", d.Name)
		return Nil, false
	}
	a.analyzeDef(d)
	fn, ok := d.expr.(*fnExpr)
	if !ok {
		return Nil, false
	}
	exp := &expansion{macro: d, call: f.site, form: f.v}
	if f.exp != nil { // inside an expansion: what the user wrote is the outermost use
		exp = &expansion{macro: f.exp.macro, call: f.exp.call, form: f.exp.form, depth: f.exp.depth + 1}
	}
	// An expansion that grows at every step would take for ever to fail everywhere: the first place that
	// is too deep, or one use too many, ends the analysis of the whole definition.
	if a.expanded++; exp.depth > expandDepth || a.expanded > expandMost {
		e := &Error{Kind: LimitError, Message: "macro " + d.Name + " expands without end"}
		e.setPlace(f.site.place)
		panic(e)
	}
	old := a.exp
	a.exp = exp
	if !a.ready(d, fn, map[*Def]bool{}) {
		a.exp = old
		return Nil, false
	}
	args := make([]Value, f.Len()-1)
	copy(args, (*List)(f.v.p).Items[1:])
	for _, v := range args {
		Freeze(v)
	}
	m := a.prog.Machine(context.Background(), 0)
	m.limits.Steps = min(m.limits.Steps, 10_000_000)
	m.budget = m.limits.Steps
	m.gensyms = int(a.prog.gensyms.Load()) // a name is new in the whole program, not in one expansion
	var v Value
	err := m.protect(func() { v = m.callNamed(&Lambda{code: newCode(a.prog, fn, nil), frozen: true}, args, true) })
	a.prog.gensyms.Store(int64(m.gensyms))
	m.Release()
	if err != nil {
		inner := err.Pos
		err.Message = "in macro " + d.Name + ": " + err.Message
		if inner.Line > 0 {
			err.Notes = append(err.Notes, Note{"raised in the macro", inner})
		}
		err.setPlace(f.site.place)
		a.report(err)
		a.exp = old
		return Nil, false
	}
	return v, true
}

// ready makes sure that everything a macro reaches is analysed and has its value.
func (a *Analyzer) ready(d *Def, fn *fnExpr, seen map[*Def]bool) bool {
	if seen[d] {
		return true
	}
	seen[d] = true
	before := len(a.prog.diags.Errors())
	if a.analyzeDef(d); d.state == 1 {
		a.Errorf(a.exp.call, FormError, "macro %s calls %s, in whose definition it is used", a.exp.macro.Name, d.Name)
		return false
	}
	for _, p := range d.prims {
		if p.Effects&IO != 0 {
			a.Errorf(d.Site, EffectError, "macro %s reaches %s: macros may only call pure functions", d.Name, p.Name)
			return false
		}
	}
	for _, r := range d.refs {
		if !a.ready(r, nil, seen) {
			return false
		}
	}
	if len(a.prog.diags.Errors()) > before {
		return false
	}
	if d.kind == defMacro || d.ready == 2 {
		return true
	}
	m := a.prog.Machine(context.Background(), 0)
	defer m.Release()
	if err := m.protect(func() { m.force(d) }); err != nil {
		d.ready = 0
		a.report(err)
		return false
	}
	return true
}

// expandUse expands a macro use and analyses what it made in its place.
func (a *Analyzer) expandUse(d *Def, f *Form) Expr {
	a.mention(d)
	old := a.exp
	v, ok := a.expand(d, f)
	if !ok {
		a.exp = old
		return a.nothing(f.site)
	}
	e := a.form(a.made(v, f).of(v))
	a.exp = old
	return e
}

// made gives what the macro that is being expanded made of its use f.
func (a *Analyzer) made(v Value, f *Form) *Form {
	return &Form{v: v, site: &Site{f.site.place, f.site.via, a.exp.macro.Name}, exp: a.exp}
}

// quasi analyses a quasiquoted datum at a nesting level.
func (a *Analyzer) quasi(f *Form, level int) Expr {
	if e := a.quasiConst(f, level); e != nil {
		return e
	}
	a.deeper(f)
	defer func() { a.depth-- }()
	switch f.v.tag() {
	case KindList:
		switch f.headSymbol() {
		case "unquote":
			if f.Len() == 2 {
				if level == 1 {
					return a.sub(f.Form(1))
				}
				return a.quasiPair("unquote", f, level-1)
			}
		case "splice-unquote", "unquote-splicing":
			if f.Len() == 2 {
				if level == 1 {
					a.Errorf(f.site, FormError, "splice-unquote: there is no list around it to put the items into")
					return a.nothing(f.site)
				}
				return a.quasiPair("splice-unquote", f, level-1)
			}
		case "quasiquote":
			if f.Len() == 2 {
				return a.quasiPair("quasiquote", f, level+1)
			}
		}
		q := &quasiList{ExprBase: ExprBase{f.site}}
		for _, g := range f.Forms(0) {
			if h := g.headSymbol(); level == 1 && (h == "splice-unquote" || h == "unquote-splicing") && g.Len() == 2 {
				q.items = append(q.items, quasiItem{a.sub(g.Form(1)), true})
				continue
			}
			q.items = append(q.items, quasiItem{e: a.quasi(g, level)})
		}
		return q
	case KindDict:
		d := &dictExpr{ExprBase: ExprBase{f.site}}
		for i := range (*Dict)(f.v.p).keys {
			k, v := f.entry(i)
			d.keys = append(d.keys, k)
			d.vals = append(d.vals, a.quasi(v, level))
		}
		return d
	}
	return &constExpr{ExprBase{f.site}, f.v, false}
}

// quasiPair is (name datum), where f is the form that has the datum.
func (a *Analyzer) quasiPair(name string, f *Form, level int) Expr {
	return &quasiList{ExprBase{f.site}, []quasiItem{{e: &constExpr{ExprBase{f.site}, Symbol(name), false}}, {e: a.quasi(f.Form(1), level)}}}
}

// quasiConst gives the datum itself when nothing in it is unquoted, else nil.
func (a *Analyzer) quasiConst(f *Form, level int) Expr {
	left := analyzeMade
	unquoted := hasUnquote(f.v, 0, &left)
	if left < 0 {
		e := &Error{Kind: LimitError, Message: fmt.Sprintf("the template of a quasiquote holds more than %d data", analyzeMade)}
		e.setPlace(f.site.place)
		panic(e)
	}
	if unquoted {
		return nil
	}
	Freeze(f.v)
	return &constExpr{ExprBase{f.site}, f.v, false}
}

// hasUnquote looks at no more than left data. What a macro made may hold the same list many times, or itself.
func hasUnquote(v Value, depth int, left *int) bool {
	if *left--; depth > 1000 || *left < 0 {
		return true
	}
	switch v.tag() {
	case KindList:
		l := (*List)(v.p)
		if len(l.Items) > 0 && l.Items[0].tag() == KindSymbol {
			switch l.Items[0].Text() {
			case "unquote", "splice-unquote", "unquote-splicing", "quasiquote":
				return true
			}
		}
		for _, x := range l.Items {
			if hasUnquote(x, depth+1, left) {
				return true
			}
		}
	case KindDict:
		for _, x := range (*Dict)(v.p).vals {
			if hasUnquote(x, depth+1, left) {
				return true
			}
		}
	}
	return false
}

type quasiItem struct {
	e      Expr
	splice bool
}

// quasiList builds a list from a template.
type quasiList struct {
	ExprBase
	items []quasiItem
}

func (e *quasiList) Walk(f func(Expr)) {
	for _, q := range e.items {
		f(q.e)
	}
}
