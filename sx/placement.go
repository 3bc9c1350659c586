package sx

import "strings"

// Children are delayed markup that is evaluated wherever it is placed. A component that places its children
// twice evaluates them twice, which is a surprise when they read the clock or a database.

// checkPlacement warns about a call whose children reach IO when the component places them more than once.
func (a *Analyzer) checkPlacement(e *CompCall, d *Def) {
	fn := e.Comp.fn
	if fn == nil || fn.rest == nil || len(e.children) == 0 || placements(fn.body, fn) < 2 {
		return
	}
	for _, child := range e.children {
		if prims := a.prog.Reaches(child, IO|Request|Response|Write); len(prims) > 0 {
			a.Warnf(child.Site(), "%s places its children more than once, and these reach %s, which then runs as often; bind its value with let around the call",
				d.Name, strings.Join(prims, ", "))
			return
		}
	}
}

// placements counts how often one evaluation of e may place the children of fn; of branches the one that
// does most. A function inside may be called many times and counts twice.
func placements(e Expr, fn *fnExpr) int {
	sum := func(es ...Expr) (n int) {
		for _, x := range es {
			if x != nil {
				n += placements(x, fn)
			}
		}
		return n
	}
	most := func(es ...Expr) (n int) {
		for _, x := range es {
			if x != nil {
				n = max(n, placements(x, fn))
			}
		}
		return n
	}
	switch x := e.(type) {
	case *localExpr:
		if x.b == fn.rest || fn.kidsAlias != nil && x.b == fn.kidsAlias {
			return 1
		}
		return 0
	case *ifExpr:
		return sum(x.cond) + most(x.then, x.other)
	case *caseExpr:
		return sum(x.key) + max(most(x.bodies...), most(x.other))
	case *matchExpr:
		n := 0
		for _, c := range x.clauses {
			n = max(n, sum(c.guard, c.body))
		}
		return sum(x.subject) + n
	case *primCall:
		if x.p.Name == "len" || x.p.Name == "empty?" {
			return 0 // count the forms and place nothing
		}
	case *fnExpr, *loopExpr:
		n := 0
		e.Walk(func(y Expr) { n += placements(y, fn) })
		return 2 * n
	}
	n := 0
	e.Walk(func(y Expr) { n += placements(y, fn) })
	return n
}
