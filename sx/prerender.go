package sx

import "context"

// What depends on nothing that is known only at run time is rendered once, while code is generated.

const prerenderMost = 64 << 10 // bytes of markup kept from rendering a constant part at load

// prerender renders a part once, while generating, when everything it depends on is known. Wire text is left to run time:
// the host of an evaluation collects which components its calls name, and bytes alone would not tell.
func (g *Gen) prerender(e Expr, code Emit) Emit {
	if !g.prog.frozen || g.Dest().Wire() || !g.closed(e, map[*Binding]bool{}, map[*Def]bool{}, 0) {
		return code
	}
	m := g.prog.Machine(context.Background(), g.dest)
	m.busy = g.busy
	m.limits.Steps, m.limits.Output, m.limits.Depth = 200_000, prerenderMost, 200
	m.budget = m.limits.Steps
	var out []byte
	err := m.protect(func() {
		base := m.reserve(g.fn.max + 8)
		m.s = m.stack[base:m.top]
		code.Emit(m)
		if m.tail == nil {
			out = append([]byte(nil), m.Out...)
		}
	})
	m.Release()
	if err != nil || out == nil || len(out) > prerenderMost {
		return code
	}
	return g.Dest().Static(out)
}

// generating lists the functions whose code is being generated, the innermost first. Rendering a constant part runs
// code, which is generated for it; where that leads back to a function that waits for it, as a component that calls
// itself with constants does, the part is left to run time.
type generating struct {
	code *Code
	up   *generating
}

// check raises what ends a prerendering that needs c, if c waits for it. Nothing in the program can catch it.
func (b *generating) check(c *Code) {
	for ; b != nil; b = b.up {
		if b.code == c {
			panic(&Error{Kind: LimitError, Message: "code that is being generated cannot run yet", passes: true})
		}
	}
}

// Constant is implemented by custom expressions that depend on nothing but their subexpressions.
type Constant interface{ DependsOnlyOnParts() bool }

// closed reports whether e depends on nothing that is known only at run time.
func (g *Gen) closed(e Expr, inner map[*Binding]bool, seen map[*Def]bool, depth int) bool {
	if depth > 200 {
		return false
	}
	ok := true
	switch x := e.(type) {
	case *localExpr:
		if !inner[x.b] {
			l, found := g.locs.find(x.b)
			switch {
			case found && l.kind == locConst:
			case found && l.kind == locKids:
				sub := *g
				sub.locs = l.kids.locs
				for _, k := range l.kids.exprs {
					ok = ok && sub.closed(k, inner, seen, depth+1)
				}
			default:
				return false
			}
		}
	case *globalExpr:
		return g.closedDef(x.def, seen, depth)
	case *dynExpr, *setExpr, *tryExpr, *windExpr, *scopeExpr, *assertExpr:
		return false
	case *primExpr:
		return x.p.Effects == 0
	case *primCall:
		if x.p.Effects != 0 || x.p.Func != nil {
			return false
		}
	case *CompCall:
		if x.Comp.external != nil || !g.closedDef(x.Comp.Def, seen, depth) {
			return false
		}
	case *letExpr:
		for _, b := range x.names {
			inner[b] = true
		}
	case *loopExpr:
		for _, b := range x.names {
			inner[b] = true
		}
	case *fnExpr:
		for _, p := range x.params {
			inner[p.Binding] = true
		}
		if x.rest != nil {
			inner[x.rest] = true
		}
		if x.attrs != nil {
			inner[x.attrs] = true
		}
		if x.kidsAlias != nil {
			inner[x.kidsAlias] = true
		}
	case *matchExpr:
		return false
	case Custom:
		c, is := x.(Constant)
		if x.Effects() != 0 || !is || !c.DependsOnlyOnParts() {
			return false
		}
	}
	e.Walk(func(sub Expr) { ok = ok && g.closed(sub, inner, seen, depth+1) })
	return ok
}

func (g *Gen) closedDef(d *Def, seen map[*Def]bool, depth int) bool {
	if seen[d] {
		return true
	}
	seen[d] = true
	if d.comp != nil {
		return g.closed(d.comp.fn, map[*Binding]bool{}, seen, depth+1)
	}
	if d.ready != 2 {
		return false
	}
	if fn, ok := d.expr.(*fnExpr); ok {
		return g.closed(fn, map[*Binding]bool{}, seen, depth+1)
	}
	return d.val.tag() < KindLambda
}
