package sx

import (
	"fmt"
	"slices"
)

// Calls, and how many arguments they may have.

// call analyses the arguments of a call of fn.
func (a *Analyzer) call(f *Form, fn Expr) Expr {
	c := &callExpr{ExprBase: ExprBase{f.site}, fn: fn}
	for _, g := range f.Forms(1) {
		if g.v.tag() == KindKeyword {
			c.kw = true
		}
		c.args = append(c.args, a.sub(g))
	}
	switch fn := fn.(type) {
	case *primExpr:
		return a.primCall(f, fn.p)
	case *globalExpr:
		a.later(func() { a.checkCall(c, fn.def, f.exp) })
	case *fnExpr:
		a.checkArity(c, fn, "the function", nil)
	case *localExpr:
		a.later(func() {
			if b := fn.b; b.is != nil && !b.mutated {
				a.checkArity(c, b.is, b.Name, nil)
			}
		})
	}
	return c
}

// later runs a check when all definitions have been analysed.
func (a *Analyzer) later(f func()) { a.load.checks = append(a.load.checks, a.here(f)) }

// here returns f as it would run now: its diagnostics name the definition and the macro that are being analysed.
func (a *Analyzer) here(f func()) func() {
	exp, def := a.exp, a.def
	return func() {
		oldExp, oldDef := a.exp, a.def
		a.exp, a.def = exp, def
		f()
		a.exp, a.def = oldExp, oldDef
	}
}

func (a *Analyzer) checkCall(c *callExpr, d *Def, exp *expansion) {
	fn, ok := d.expr.(*fnExpr)
	if !ok {
		if c.orElement {
			return
		}
		switch d.expr.(type) {
		case *constExpr, *dataList, *dictExpr:
			a.Errorf(c.fn.Site(), CallError, "not callable: %s is defined at %s as a value, not a function", d.Name, posText(d.Site))
		}
		return
	}
	a.checkArity(c, fn, d.Name, d)
}

// checkArity checks a call of a function whose definition is known.
func (a *Analyzer) checkArity(c *callExpr, fn *fnExpr, name string, d *Def) {
	positional := len(fn.params) - fn.nkey
	given := 0
	var notes []Note
	if d != nil {
		notes = []Note{{name + " is defined", d.Site.Pos()}}
	}
	literal := func(p *param, e Expr) {
		if lit, ok := e.(*constExpr); ok && !lit.v.IsNil() {
			if msg := typeProblem(p, lit.v); msg != "" {
				a.errorAt(lit.At, TypeError, name+": "+p.Name+" "+msg, notes...)
			}
		}
	}
	var seen []*param
	for i := 0; i < len(c.args); i++ {
		k, isKw := c.args[i].(*constExpr)
		if fn.hasKey && isKw && k.kw {
			key := k.v.Text()
			if i+1 >= len(c.args) {
				a.errorAt(k.At, KeywordError, name+": the keyword :"+key+" has no value", notes...)
				return
			}
			if p := fn.keyParam(key); p == nil {
				if fn.attrs == nil {
					a.errorAt(k.At, KeywordError, name+": unknown keyword :"+key+suggestKey(key, fn), notes...)
				}
			} else {
				if slices.Contains(seen, p) {
					a.errorAt(k.At, DuplicateError, name+": the keyword :"+key+" is given twice", notes...)
				}
				seen = append(seen, p)
				a.use(UseKeyword, key, k.At, p.site, d)
				literal(p, c.args[i+1])
			}
			i++
			continue
		}
		if given < positional {
			literal(fn.params[given], c.args[i])
		}
		given++
	}
	for i, p := range fn.params {
		if p.required && (p.key && !slices.Contains(seen, p) || !p.key && i >= given) {
			a.errorAt(c.At, KeywordError, name+": "+p.missing(), notes...)
		}
	}
	if given > positional && fn.rest == nil {
		a.errorAt(c.At, ArityError, fmt.Sprintf("%s takes %s, got %d", name, fn.arityText(), given), notes...)
	}
}

// title returns the name as messages show it.
func (p *param) title() string {
	if p.key {
		return ":" + p.Name
	}
	return p.Name
}

// missing says that a required parameter was given nothing.
func (p *param) missing() string {
	if p.key {
		return "the required keyword :" + p.Name + " is missing"
	}
	return "the required argument " + p.Name + " is missing"
}

func (fn *fnExpr) arityText() string {
	n := len(fn.params) - fn.nkey
	switch {
	case fn.rest != nil:
		return "any number of arguments"
	case n == 0:
		return "no arguments"
	case n == 1:
		return "at most 1 argument"
	}
	return fmt.Sprintf("at most %d arguments", n)
}

func (fn *fnExpr) keyParam(name string) *param {
	for _, p := range fn.params[len(fn.params)-fn.nkey:] {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func suggestKey(key string, fn *fnExpr) string {
	var names []string
	for _, p := range fn.params[len(fn.params)-fn.nkey:] {
		names = append(names, p.Name)
	}
	if s := nearest(key, names); s != "" {
		return " (did you mean :" + s + "?)"
	}
	return ""
}

// primCall analyses a call of a primitive and checks its arity.
func (a *Analyzer) primCall(f *Form, p *Primitive) Expr {
	a.mentionPrim(p)
	args := a.subsOf(f, 1)
	if n := len(args); n < p.min || p.max >= 0 && n > p.max {
		e := &Error{Kind: ArityError, Message: arityMessage(p, n)}
		e.setPlace(f.site.place)
		a.report(e)
		return a.nothing(f.site)
	}
	return &primCall{ExprBase{f.site}, p, args}
}

func arityMessage(p *Primitive, n int) string {
	want := ""
	switch {
	case p.max < 0:
		want = fmt.Sprintf("at least %d argument%s", p.min, plural(p.min))
	case p.min == p.max:
		want = fmt.Sprintf("%d argument%s", p.min, plural(p.min))
	default:
		want = fmt.Sprintf("%d to %d arguments", p.min, p.max)
	}
	return fmt.Sprintf("%s takes %s, got %d: %s", p.Name, want, n, p.Usage)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
