package sx

import "context"

// What is known while code is generated.

// Const returns the value of e when it is known while generating: literals, parameters of inlined components
// that are given literals, and pure primitives of those that give atoms.
func (g *Gen) Const(e Expr) (Value, bool) {
	switch e := e.(type) {
	case *constExpr:
		return e.v, true
	case *primExpr:
		return PrimitiveOf(e.p), true
	case *globalExpr:
		if e.def.ready == 2 && g.prog.frozen {
			return e.def.val, true
		}
	case *localExpr:
		if l, ok := g.locs.find(e.b); ok && l.kind == locConst {
			return l.v, true
		}
	case *primCall:
		return g.fold(e)
	case *ifExpr:
		c, ok := g.Const(e.cond)
		if !ok {
			return Nil, false
		}
		if c.Truthy() {
			return g.Const(e.then)
		}
		if e.other == nil {
			return Nil, true
		}
		return g.Const(e.other)
	case *andExpr:
		v := True
		for _, x := range e.items {
			var ok bool
			if v, ok = g.Const(x); !ok {
				return Nil, false
			}
			if !v.Truthy() {
				return v, true
			}
		}
		return v, true
	case *orExpr:
		v := Nil
		for _, x := range e.items {
			var ok bool
			if v, ok = g.Const(x); !ok {
				return Nil, false
			}
			if v.Truthy() {
				return v, true
			}
		}
		return v, true
	}
	return Nil, false
}

// fold evaluates a call of a pure primitive with known arguments. Only atoms are kept: lists and dicts are
// fresh at each evaluation.
func (g *Gen) fold(e *primCall) (Value, bool) {
	if len(e.args) == 1 && (e.p.Name == "empty?" || e.p.Name == "len") {
		if l, ok := e.args[0].(*localExpr); ok {
			if at, ok := g.locs.find(l.b); ok && at.kind == locKids {
				if e.p.Name == "len" {
					return Int(len(at.kids.exprs)), true
				}
				return Bool(len(at.kids.exprs) == 0), true
			}
		}
	}
	if e.p.Effects != 0 || effectful[e.p.Name] || e.p.Func != nil {
		return Nil, false
	}
	var buf [4]Value
	args := buf[:0]
	for _, a := range e.args {
		v, ok := g.Const(a)
		if !ok || v.tag() >= KindLambda && v.tag() != kindRecord {
			return Nil, false
		}
		args = append(args, v)
	}
	m := g.prog.Machine(context.Background(), g.dest)
	m.limits.Steps, m.limits.String = 10_000, 4096
	m.budget = m.limits.Steps
	var v Value
	err := m.protect(func() { v = e.p.call(m, args) })
	m.Release()
	if err != nil || v.tag() >= KindList {
		return Nil, false
	}
	return v, true
}
