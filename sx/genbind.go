package sx

// Code that binds, sets and captures.

// setter stores a value where a new binding lives.
type setter interface{ set(m *Machine, v Value) }

type (
	slotSetter int
	cellSetter int
)

func (s slotSetter) set(m *Machine, v Value) { m.s[s] = v }

func (s cellSetter) set(m *Machine, v Value) { m.s[s] = cellOf(&cell{v: v}) }

// bindSlot returns a binding a slot of its own.
func (g *Gen) bindSlot(b *Binding) setter {
	i := g.slot()
	g.locs.m[b] = loc{kind: locSlot, i: i, cell: b.boxed()}
	if b.boxed() {
		return cellSetter(i)
	}
	return slotSetter(i)
}

// BindSlot returns a name made by Analyzer.Bind a place; the function stores its value.
func (g *Gen) BindSlot(b *Binding) func(m *Machine, v Value) { return g.bindSlot(b).set }

// let generates bindings and what body gives.
func (g *Gen) let(e *letExpr, body func() Node) Node {
	mark := g.fn.next
	inits := g.bindLet(e)
	b := body()
	g.fn.next = mark
	if len(inits) == 0 {
		return b
	}
	if len(inits) == 1 {
		if s, ok := inits[0].set.(slotSetter); ok {
			return &let1Node{int(s), inits[0].v, b}
		}
	}
	return &letNode{inits, b}
}

type bindInit struct {
	set setter
	v   Node
}

func (g *Gen) bindLet(e *letExpr) []bindInit {
	var inits []bindInit
	if e.rec {
		for _, b := range e.names {
			inits = append(inits, bindInit{g.bindSlot(b), constNode{}})
		}
		for i, b := range e.names {
			if e.vals[i] == nil {
				continue
			}
			inits = append(inits, bindInit{g.assignTo(b), g.Value(e.vals[i])})
		}
		return inits
	}
	for i, b := range e.names {
		if !b.mutated {
			if v, ok := g.Const(e.vals[i]); ok {
				g.locs.m[b] = loc{kind: locConst, v: v}
				continue
			}
			if x, ok := e.vals[i].(*localExpr); ok && !x.b.mutated && !x.b.early {
				if l, ok := g.locs.find(x.b); ok && !l.cell { // another name for the same value
					g.locs.m[b] = l
					continue
				}
			}
		}
		v := g.Value(e.vals[i])
		inits = append(inits, bindInit{g.bindSlot(b), v})
	}
	return inits
}

// assignTo stores to a binding that has its slot (and its cell) already.
func (g *Gen) assignTo(b *Binding) setter {
	l, ok := g.locs.find(b)
	if !ok {
		return g.bindSlot(b)
	}
	if l.cell {
		return intoCell(l.i)
	}
	return slotSetter(l.i)
}

type intoCell int

func (s intoCell) set(m *Machine, v Value) { m.s[s].cell().v = v }

func (g *Gen) define(e *defExpr) Node {
	return &defineNode{g.assignTo(e.b), g.Value(e.v)}
}

func (g *Gen) set(e *setExpr) Node {
	v := g.Value(e.v)
	if e.def != nil {
		return &setGlobal{e.def, v, g.Site(e.At)}
	}
	l, ok := g.locs.find(e.b)
	if !ok {
		g.bindSlot(e.b)
		l, _ = g.locs.find(e.b)
	}
	switch {
	case l.kind == locCap:
		return &setCell{capNode(l.i), v, e.b.Name, g.Site(e.At)}
	case l.cell:
		return &setCell{slotNode(l.i), v, e.b.Name, g.Site(e.At)}
	}
	return &setSlot{l.i, v}
}

func (g *Gen) loop(e *loopExpr) Node {
	mark := g.fn.next
	n := g.loopStart(e)
	n.body = g.value(e.body)
	g.fn.next = mark
	return whileLoop(n)
}

// loopStart generates the first values of a loop's variables. Each has its slot before the next value is generated:
// what that needs for a while must not lie where the first one stays.
func (g *Gen) loopStart(e *loopExpr) *loopNode {
	n := &loopNode{loop: e.loop, site: g.Site(e.At)}
	for i, b := range e.names {
		n.inits = append(n.inits, g.Value(e.inits[i]))
		n.sets = append(n.sets, g.bindSlot(b))
	}
	return n
}

func (g *Gen) againNode(e *againExpr) Node {
	n := &againNode{loop: e.loop, tmp: g.fn.next}
	for range e.loop.params { // where the values wait for each other; what computes them stays clear of it
		g.slot()
	}
	args := g.Values(e.args)
	g.fn.next = n.tmp
	for _, b := range e.loop.params {
		l, _ := g.locs.find(b)
		if l.cell {
			n.sets = append(n.sets, cellSetter(l.i))
		} else {
			n.sets = append(n.sets, slotSetter(l.i))
		}
	}
	for len(args) < len(n.sets) {
		args = append(args, constNode{})
	}
	for _, s := range n.sets {
		if s, ok := s.(slotSetter); ok {
			n.slots = append(n.slots, int(s))
		}
	}
	if len(n.slots) < len(n.sets) {
		n.slots = nil
	}
	switch len(n.slots) {
	case 1:
		return &again1Node{e.loop, args[0], n.slots[0]}
	case 2:
		return &again2Node{e.loop, args[0], args[1], n.slots[0], n.slots[1]}
	}
	n.args = operands(args)
	return n
}

// closure generates the making of a function value.
func (g *Gen) closure(e *fnExpr) Node {
	env, src := g.captures(e.caps)
	c := newCode(g.prog, e, env)
	c.via = g.via
	if len(src) == 0 {
		return &lambdaConst{&Lambda{code: c}}
	}
	return &closureNode{c, src}
}

// captures returns the environment of a function that captures names, and where they are found when it is
// made. What is known already is not captured.
func (g *Gen) captures(names []*Binding) (map[*Binding]loc, []Node) {
	env := make(map[*Binding]loc, len(names))
	var src []Node
	for _, b := range names {
		l, ok := g.locs.find(b)
		if !ok {
			g.bindSlot(b)
			l, _ = g.locs.find(b)
		}
		switch l.kind {
		case locConst:
			env[b] = l
			continue
		case locKids:
			src = append(src, g.kidsList(l.kids))
		case locCap:
			src = append(src, capNode(l.i)) // a cell is shared, so it is copied as it is
		default:
			src = append(src, slotNode(l.i))
		}
		env[b] = loc{kind: locCap, i: len(src) - 1, cell: l.cell}
	}
	return env, src
}

// kidsList returns the children of an inlined component as a list of delayed markup.
func (g *Gen) kidsList(k *kids) Node {
	old, via := g.locs, g.via
	g.locs, g.via = k.locs, k.via
	n := g.childrenNode(k.exprs, k.caps)
	g.locs, g.via = old, via
	return n
}

// childrenNode returns a list of children; literal text and numbers are themselves.
func (g *Gen) childrenNode(exprs []Expr, caps []*Binding) Node {
	env, src := g.captures(caps)
	n := &kidsNode{caps: src}
	for _, e := range exprs {
		if v, ok := g.Const(e); ok {
			n.items = append(n.items, kidItem{v: v})
			continue
		}
		c := newCode(g.prog, &fnExpr{ExprBase: ExprBase{e.Site()}, body: e, name: "children"}, env)
		c.via = g.via
		n.items = append(n.items, kidItem{code: c})
	}
	return n
}

// aliasChildren makes the name children mean the &rest parameter of a component.
func (g *Gen) aliasChildren(fn *fnExpr, l loc) {
	if fn.kidsAlias != nil {
		g.locs.m[fn.kidsAlias] = l
	}
}
