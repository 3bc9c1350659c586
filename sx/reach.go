package sx

// What definitions reach, through all others.

func (p *Program) components(f func(d *Def)) {
	for _, d := range p.order {
		if d.comp != nil && d.comp.fn != nil && d.comp.fn.body != nil {
			f(d)
		}
	}
}

func countExprs(e Expr, most int) int {
	n := 0
	var visit func(Expr)
	visit = func(e Expr) {
		if n++; n < most {
			e.Walk(visit)
		}
	}
	visit(e)
	return n
}

// findCycles marks the components that reach themselves (Tarjan's strongly connected components).
func (p *Program) findCycles() {
	index := map[*Def]int{}
	low := map[*Def]int{}
	on := map[*Def]bool{}
	var stack []*Def
	n := 0
	type frame struct {
		d *Def
		i int
	}
	for _, root := range p.order {
		if index[root] != 0 {
			continue
		}
		work := []frame{{root, 0}}
		for len(work) > 0 {
			f := &work[len(work)-1]
			d := f.d
			if f.i == 0 && index[d] == 0 {
				n++
				index[d], low[d] = n, n
				stack = append(stack, d)
				on[d] = true
			}
			if f.i < len(d.refs) {
				r := d.refs[f.i]
				f.i++
				if index[r] == 0 {
					work = append(work, frame{r, 0})
				} else if on[r] {
					low[d] = min(low[d], index[r])
				}
				continue
			}
			work = work[:len(work)-1]
			if len(work) > 0 {
				up := work[len(work)-1].d
				low[up] = min(low[up], low[d])
			}
			if low[d] == index[d] {
				size := 0
				for {
					x := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					on[x] = false
					size++
					if x.comp != nil && !x.comp.recurses && (x != d || size > 1) {
						x.comp.recurses = true
					}
					if x == d {
						break
					}
				}
			}
		}
	}
	for _, d := range p.order {
		if d.comp != nil && !d.comp.recurses && d.expr != nil && mentionsSelf(d.expr, d) {
			d.comp.recurses = true
		}
	}
}

func mentionsSelf(e Expr, d *Def) bool {
	found := false
	var visit func(Expr)
	visit = func(e Expr) {
		switch x := e.(type) {
		case *CompCall:
			found = found || x.Comp == d.comp
		case *globalExpr:
			found = found || x.def == d
		}
		if !found {
			e.Walk(visit)
		}
	}
	visit(e)
	return found
}

// mayBeSpread reports whether the value of e may be a spread.
func mayBeSpread(e Expr, depth int) bool {
	if depth > 50 {
		return true
	}
	switch e := e.(type) {
	case *primCall:
		return e.p.Name == "make-spread" || e.p.Name == "first" || e.p.Name == "apply"
	case *CompCall:
		return e.Comp.spread
	case *ifExpr:
		return mayBeSpread(e.then, depth+1) || e.other != nil && mayBeSpread(e.other, depth+1)
	case *letExpr:
		return mayBeSpread(e.body, depth+1)
	case *bodyExpr:
		return mayBeSpread(e.forms[len(e.forms)-1], depth+1)
	case *scopeExpr:
		return mayBeSpread(e.body, depth+1)
	case *tryExpr:
		return mayBeSpread(e.body, depth+1) || e.handler != nil && mayBeSpread(e.handler, depth+1)
	case *matchExpr:
		for _, c := range e.clauses {
			if mayBeSpread(c.body, depth+1) {
				return true
			}
		}
	case *caseExpr:
		for _, b := range e.bodies {
			if mayBeSpread(b, depth+1) {
				return true
			}
		}
		return e.other != nil && mayBeSpread(e.other, depth+1)
	case *localExpr:
		return !e.b.kids
	case *globalExpr:
		return e.def.comp == nil
	case *callExpr:
		if g, ok := e.fn.(*globalExpr); ok {
			if fn, ok := g.def.expr.(*fnExpr); ok {
				return fn.spread
			}
		}
		return true
	case *headExpr:
		return true
	case *loopExpr:
		return mayBeSpread(e.body, depth+1)
	case *andExpr:
		return len(e.items) > 0 && mayBeSpread(e.items[len(e.items)-1], depth+1)
	case *orExpr:
		for _, x := range e.items {
			if mayBeSpread(x, depth+1) {
				return true
			}
		}
	}
	return false
}

// MayBeSpread reports whether the value of a child form may be a spread, which merges into its element.
func MayBeSpread(e Expr) bool { return mayBeSpread(e, 0) }

// EffectsOf gives everything a definition reaches.
func (p *Program) EffectsOf(d *Def) Effect {
	var all Effect
	p.reach(d, func(x *Def) { all |= x.effects })
	return all
}

// reach calls f for d and every definition it reaches, once each.
func (p *Program) reach(d *Def, f func(*Def)) {
	seen := map[*Def]bool{d: true}
	work := []*Def{d}
	for len(work) > 0 {
		x := work[len(work)-1]
		work = work[:len(work)-1]
		f(x)
		for _, r := range x.refs {
			if !seen[r] {
				seen[r] = true
				work = append(work, r)
			}
		}
	}
}

// ioOf names the IO primitives that d reaches, in the order they are met.
func (p *Program) ioOf(d *Def) []string {
	var out []string
	p.reach(d, func(x *Def) {
		for _, q := range x.prims {
			if q.Effects&IO != 0 {
				out = append(out, q.Name)
			}
		}
	})
	return out
}

// VisitCalls calls f for every component call that e reaches, through all definitions, once for each place.
func (p *Program) VisitCalls(e Expr, f func(c *CompCall)) {
	seen := map[*Def]bool{}
	var visit func(Expr)
	enter := func(d *Def) {
		if d == nil || seen[d] {
			return
		}
		seen[d] = true
		if d.comp != nil && d.comp.fn != nil && d.comp.fn.body != nil {
			visit(d.comp.fn)
		} else if d.expr != nil {
			visit(d.expr)
		}
	}
	visit = func(e Expr) {
		switch x := e.(type) {
		case *globalExpr:
			enter(x.def)
		case *CompCall:
			f(x)
			enter(x.Comp.Def)
		}
		e.Walk(visit)
	}
	visit(e)
}
