package sx

import "context"

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
	sites  map[*Site]*Site
	busy   *generating // the function, and those whose generation waits for it

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
	return &Site{place: s.place, via: g.via}
}

func (g *Gen) slot() int {
	i := g.fn.next
	g.fn.next++
	g.fn.max = max(g.fn.max, g.fn.next)
	return i
}

// setter stores a value where a new binding lives.
type setter interface{ set(m *Machine, v Value) }

type (
	slotSetter int
	cellSetter int
)

func (s slotSetter) set(m *Machine, v Value) { m.s[s] = v }
func (s cellSetter) set(m *Machine, v Value) { m.s[s] = cellOf(&cell{v: v}) }

// bindSlot gives a binding a slot of its own.
func (g *Gen) bindSlot(b *Binding) setter {
	i := g.slot()
	g.locs.m[b] = loc{kind: locSlot, i: i, cell: b.boxed()}
	if b.boxed() {
		return cellSetter(i)
	}
	return slotSetter(i)
}

// BindSlot gives a name made by Analyzer.Bind a place; the function stores its value.
func (g *Gen) BindSlot(b *Binding) func(m *Machine, v Value) { return g.bindSlot(b).set }

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

// Const gives the value of e when it is known while generating: literals, parameters of inlined components
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
		return &headNode{g.Value(e.fn), g.Value(e.call), g.Value(e.element)}
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
	n := &loopNode{loop: e.loop, site: g.Site(e.At)}
	for i := range e.names {
		n.inits = append(n.inits, g.Value(e.inits[i]))
	}
	for _, b := range e.names {
		n.sets = append(n.sets, g.bindSlot(b))
	}
	n.body = g.value(e.body)
	g.fn.next = mark
	return whileLoop(n)
}

func (g *Gen) againNode(e *againExpr) Node {
	n := &againNode{loop: e.loop, args: g.Values(e.args)}
	for _, b := range e.loop.params {
		l, _ := g.locs.find(b)
		if l.cell {
			n.sets = append(n.sets, cellSetter(l.i))
		} else {
			n.sets = append(n.sets, slotSetter(l.i))
		}
	}
	for len(n.args) < len(n.sets) {
		n.args = append(n.args, constNode{})
	}
	if len(n.args) == 1 {
		if s, ok := n.sets[0].(slotSetter); ok {
			return &again1Node{e.loop, n.args[0], int(s)}
		}
	}
	if len(n.args) == 2 {
		s0, ok0 := n.sets[0].(slotSetter)
		s1, ok1 := n.sets[1].(slotSetter)
		if ok0 && ok1 {
			return &again2Node{e.loop, n.args[0], n.args[1], int(s0), int(s1)}
		}
	}
	n.tmp = g.fn.next
	for range n.args {
		g.slot()
	}
	g.fn.next = n.tmp
	return n
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

// captures gives the environment of a function that captures names, and where they are found when it is
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

// kidsList gives the children of an inlined component as a list of delayed markup.
func (g *Gen) kidsList(k *kids) Node {
	old, via := g.locs, g.via
	g.locs, g.via = k.locs, k.via
	n := g.childrenNode(k.exprs, k.caps)
	g.locs, g.via = old, via
	return n
}

// childrenNode gives a list of children; literal text and numbers are themselves.
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
