package sx

// Forms that are evaluated later, or elsewhere.

// Delay generates an element that evaluates body where it is placed; see Analyzer.Delay.
func (g *Gen) Delay(d *DelayedExpr) Node {
	env, src := g.captures(d.caps)
	c := newCode(g.prog, &fnExpr{ExprBase: ExprBase{d.At}, body: d.body, name: "children"}, env)
	c.via = g.via
	return &delayNode{c, src}
}

// DelayedExpr is a form that is evaluated later, or elsewhere: it captures what it needs.
type DelayedExpr struct {
	ExprBase
	body Expr
	caps []*Binding
}

// Walk visits the body.
func (e *DelayedExpr) Walk(f func(Expr)) { walk(f, e.body) }

// Body returns the delayed form.
func (e *DelayedExpr) Body() Expr { return e.body }

// Delay analyses forms to be evaluated later. With boundary, what is bound outside may not be set! inside.
func (a *Analyzer) Delay(forms []*Form, boundary bool, at *Site) *DelayedExpr {
	d := &DelayedExpr{ExprBase: ExprBase{at}}
	d.caps = a.function(func(fs *fnScope) {
		fs.boundary = boundary
		d.body = a.body(forms, true, at)
	})
	return d
}

// Later runs f when every definition has been analysed: effects are known then.
func (a *Analyzer) Later(f func()) { a.later(f) }

// Last runs f after everything that Later was given: what MayBeSpread tells is final then.
func (a *Analyzer) Last(f func()) { a.load.last = append(a.load.last, a.here(f)) }

// Reaches names the primitives with one of the effects that e reaches, in the order they are met.
func (p *Program) Reaches(e Expr, effects Effect) []string {
	var out []string
	seen := map[string]bool{}
	note := func(q *Primitive) {
		if q.Effects&effects != 0 && !seen[q.Name] {
			seen[q.Name] = true
			out = append(out, q.Name)
		}
	}
	defs := map[*Def]bool{}
	deep := func(d *Def) {
		if defs[d] {
			return
		}
		p.reach(d, func(x *Def) {
			defs[x] = true
			for _, q := range x.prims {
				note(q)
			}
		})
	}
	var visit func(Expr)
	visit = func(e Expr) {
		switch x := e.(type) {
		case *primCall:
			note(x.p)
		case *primExpr:
			note(x.p)
		case *globalExpr:
			deep(x.def)
		case *CompCall:
			deep(x.Comp.Def)
		case *setExpr:
			if x.def != nil {
				deep(x.def)
			}
		}
		e.Walk(visit)
	}
	visit(e)
	return out
}
