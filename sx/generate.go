package sx

// Gen generates code for one function and one destination.
type Gen struct {
	prog   *Program
	dest   int
	fn     *genFn
	locs   *locs
	via    *inlined
	stack  []*Component // being inlined
	grown  *int         // expressions inlined so far
	tail   bool         // the form being generated is in tail position of the function
	inComp bool         // the function is a component's
	busy   *generating  // the function, and those whose generation waits for it

	// Ext belongs to the destination: what it has to know, while it generates, about the markup around.
	Ext any
}

// genFn hands out the slots of the function being generated.
type genFn struct{ next, max int }

type locKind uint8

const (
	locSlot  locKind = iota + 1
	locCap           // captured
	locConst         // known while generating
	locKids          // the children of an inlined component, in its caller's scope
)

// loc is where code finds a binding.
type loc struct {
	kind locKind
	cell bool // through a cell
	i    int
	v    Value
	kids *kids
}

type kids struct {
	exprs []Expr
	caps  []*Binding
	locs  *locs
	via   *inlined
}

// locs maps the bindings in reach. An inlined component begins a new one, since its body sees nothing of
// its caller.
type locs struct {
	m  map[*Binding]loc
	up *locs
}

func (l *locs) find(b *Binding) (loc, bool) {
	for ; l != nil; l = l.up {
		if x, ok := l.m[b]; ok {
			return x, true
		}
	}
	return loc{}, false
}

func newGen(p *Program, dest int) *Gen {
	return &Gen{prog: p, dest: dest, fn: &genFn{}, locs: &locs{m: map[*Binding]loc{}}, grown: new(int)}
}

func (g *Gen) slots() int { return g.fn.max }

// Dest gives the destination code is generated for.
func (g *Gen) Dest() Dest { return g.prog.dests[g.dest] }

// Program gives the program.
func (g *Gen) Program() *Program { return g.prog }

// Site gives a place with the chain of components that are being inlined around it.
func (g *Gen) Site(s *Site) *Site {
	if g.via == nil || s == nil {
		return s
	}
	return &Site{s.place, g.via, s.macro}
}

func (g *Gen) slot() int {
	i := g.fn.next
	g.fn.next++
	g.fn.max = max(g.fn.max, g.fn.next)
	return i
}

// Value generates code for value position.
func (g *Gen) Value(e Expr) Node {
	t := g.tail
	g.tail = false
	n := g.value(e)
	g.tail = t
	return n
}

func (g *Gen) valueTail(e Expr) Node {
	t := g.tail
	g.tail = true
	n := g.value(e)
	g.tail = t
	return n
}

// Emit generates code for render position.
func (g *Gen) Emit(e Expr) Emit {
	t := g.tail
	g.tail = false
	n := g.emit(e)
	g.tail = t
	return n
}

func (g *Gen) emitTail(e Expr) Emit {
	t := g.tail
	g.tail = true
	n := g.emit(e)
	g.tail = t
	return n
}

// Values generates code for several forms in value position.
func (g *Gen) Values(es []Expr) []Node {
	out := make([]Node, len(es))
	for i, e := range es {
		out[i] = g.Value(e)
	}
	return out
}

// value generates code for value position; g.tail tells whether a call may be a tail call.
func (g *Gen) value(e Expr) Node {
	if v, ok := g.Const(e); ok {
		return constNode{v}
	}
	switch e := e.(type) {
	case *localExpr:
		return g.localNode(e)
	case *globalExpr:
		return &globalNode{e.def, g.Site(e.At)}
	case *ifExpr:
		if c, ok := g.Const(e.cond); ok {
			if c.Truthy() {
				return g.value(e.then)
			}
			if e.other == nil {
				return constNode{}
			}
			return g.value(e.other)
		}
		return newIf(g.Value(e.cond), g.value(e.then), g.valueOrNil(e.other))
	case *andExpr:
		return &andNode{g.lastTail(e.items)}
	case *orExpr:
		return &orNode{g.lastTail(e.items)}
	case *caseExpr:
		n := &caseNode{key: g.Value(e.key), labels: g.Values(e.labels), other: g.valueOrNil(e.other)}
		for _, b := range e.bodies {
			n.bodies = append(n.bodies, g.value(b))
		}
		return n
	case *matchExpr:
		return g.match(e, false)
	case *letExpr:
		return g.let(e, func() Node { return g.value(e.body) })
	case *loopExpr:
		return g.loop(e)
	case *againExpr:
		return g.againNode(e)
	case *bodyExpr:
		return g.bodyValue(e)
	case *fnExpr:
		return g.closure(e)
	case *setExpr:
		return g.set(e)
	case *defExpr:
		return g.define(e)
	case *callExpr:
		return g.call(e)
	case *primCall:
		return g.prim(e)
	case *CompCall:
		if e.Comp.spread && e.Comp.external == nil {
			return g.compValue(e)
		}
		return g.markupNode(g.Emit(e))
	case *dataList:
		return &listNode{g.Values(e.items)}
	case *quasiList:
		n := &quasiNode{site: g.Site(e.At)}
		for _, q := range e.items {
			n.items = append(n.items, g.Value(q.e))
			n.splice = append(n.splice, q.splice)
		}
		return n
	case *dictExpr:
		return &dictNode{e.keys, g.Values(e.vals)}
	case *tryExpr:
		return g.try(e, false)
	case *scopeExpr:
		return &scopeNode{e.name, g.Value(e.val), g.Value(e.body)}
	case *dynExpr:
		return &dynNode{e.op, e.name, g.valueOrNilPlain(e.val), e.val != nil}
	case *windExpr:
		return &windNode{g.Site(e.At), g.Value(e.before), g.Value(e.thunk), g.Value(e.after)}
	case *headExpr:
		if v, ok := g.Const(e.fn); ok {
			if v.Callable() {
				return g.value(e.call)
			}
			return g.value(e.element)
		}
		return &headNode{g.Value(e.fn), g.value(e.call), g.value(e.element)}
	case *assertExpr:
		return g.assert(e)
	case Custom:
		return e.GenValue(g)
	}
	panic("sx: no code for this expression")
}

func (g *Gen) valueOrNil(e Expr) Node {
	if e == nil {
		return constNode{}
	}
	return g.value(e)
}

func (g *Gen) valueOrNilPlain(e Expr) Node {
	if e == nil {
		return constNode{}
	}
	return g.Value(e)
}

func (g *Gen) lastTail(es []Expr) []Node {
	var out []Node
	for i, e := range es {
		if i == len(es)-1 {
			out = append(out, g.value(e))
		} else {
			out = append(out, g.Value(e))
		}
	}
	return out
}

func (g *Gen) localNode(e *localExpr) Node {
	l, ok := g.locs.find(e.b)
	if !ok { // a definition further down in the body, used before it has a slot
		g.bindSlot(e.b)
		l, _ = g.locs.find(e.b)
	}
	switch l.kind {
	case locKids:
		return g.kidsList(l.kids)
	case locCap:
		if l.cell {
			return capCellNode(l.i)
		}
		return capNode(l.i)
	case locConst:
		return constNode{l.v}
	}
	if l.cell {
		return slotCellNode(l.i)
	}
	return slotNode(l.i)
}

func (g *Gen) bodyValue(e *bodyExpr) Node {
	kept := false
	if e.keep {
		for _, f := range e.forms[:len(e.forms)-1] {
			kept = kept || IsMarkup(f)
		}
	}
	if kept {
		return g.markupNode(g.Emit(e))
	}
	n := &seqNode{}
	for i, f := range e.forms {
		if i == len(e.forms)-1 {
			n.last = g.value(f)
		} else {
			n.first = append(n.first, g.Value(f))
		}
	}
	return n
}

func (g *Gen) match(e *matchExpr, emit bool) *matchNode {
	n := &matchNode{site: g.Site(e.At), subject: g.Value(e.subject)}
	for _, c := range e.clauses {
		mark := g.fn.next
		mc := matchCode{pat: c.pat.gen(g)}
		if c.guard != nil {
			mc.guard = g.Value(c.guard)
		}
		if emit {
			mc.emit = g.emit(c.body)
		} else {
			mc.body = g.value(c.body)
		}
		g.fn.next = mark
		n.clauses = append(n.clauses, mc)
	}
	return n
}

// MarkupValue generates an element value from markup.
func (g *Gen) MarkupValue(e Emit) Node { return g.markupNode(e) }

func (g *Gen) markupNode(e Emit) Node { return &markupNode{e} }
