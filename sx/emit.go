package sx

// Dest is a destination of markup: HTML, or SX wire text. The control forms of the language are generated
// here; what a piece of markup looks like is the destination's affair. All methods must be safe for
// concurrent use.
type Dest interface {
	// Name names the destination in diagnostics.
	Name() string
	// Wire tells whether markup is SX wire text.
	Wire() bool
	// Literal gives code for a constant child.
	Literal(g *Gen, v Value, at *Site) Emit
	// Hole gives code for a child whose value n computes; e is its form.
	Hole(g *Gen, e Expr, n Node) Emit
	// Seq joins code that runs one after another, merging what is static. It must take an empty list.
	Seq(g *Gen, parts []Emit) Emit
	// Static gives code that writes markup that is ready, and Bytes the markup of such code.
	Static(markup []byte) Emit
	// EmitValue appends a value as a child.
	EmitValue(m *Machine, v Value)
	// Component gives code for a call that stays a call in the output, or nil to expand it.
	Component(g *Gen, c *CompCall) Emit
}

// emit generates code for render position.
func (g *Gen) emit(e Expr) Emit {
	d := g.Dest()
	switch e := e.(type) {
	case *localExpr:
		if l, ok := g.locs.find(e.b); ok && l.kind == locKids {
			return g.emitKids(l.kids)
		}
	case *ifExpr:
		if c, ok := g.Const(e.cond); ok {
			if c.Truthy() {
				return g.emit(e.then)
			}
			return g.emitOrNothing(e.other)
		}
		return &ifEmit{newCondition(g.Value(e.cond)), g.emit(e.then), g.emitOrNothing(e.other)}
	case *caseExpr:
		n := &caseEmit{caseNode: caseNode{key: g.Value(e.key), labels: g.Values(e.labels)}, other: g.emitOrNothing(e.other)}
		for _, b := range e.bodies {
			n.emits = append(n.emits, g.emit(b))
		}
		return n
	case *matchExpr:
		return g.match(e, true)
	case *letExpr:
		mark := g.fn.next
		inits := g.bindLet(e)
		body := g.emit(e.body)
		g.fn.next = mark
		if len(inits) == 0 {
			return body
		}
		return &letEmit{inits, body}
	case *loopExpr:
		mark := g.fn.next
		n := &loopEmit{loopNode: *g.loopStart(e)}
		n.body = g.emit(e.body)
		g.fn.next = mark
		return n
	case *againExpr:
		return &effectEmit{g.againNode(e)}
	case *bodyExpr:
		return g.bodyEmit(e)
	case *tryExpr:
		return g.try(e, true)
	case *scopeExpr:
		return &scopeEmit{e.name, g.Value(e.val), g.Emit(e.body)}
	case *headExpr:
		if v, ok := g.Const(e.fn); ok {
			if v.Callable() {
				return g.emit(e.call)
			}
			return g.emit(e.element)
		}
		return &headEmit{g.Value(e.fn), g.emit(e.call), g.emit(e.element)}
	case *defExpr:
		return &effectEmit{g.define(e)}
	case *CompCall:
		return g.component(e)
	case *primCall:
		if n := g.mapEmit(e); n != nil {
			return g.prerender(e, n)
		}
		if _, known := g.Const(e); !known {
			if n := g.apply(e); n != nil {
				return g.prerender(e, n)
			}
		}
	case *callExpr:
		if _, known := g.Const(e); !known {
			if n := g.callEmit(e); n != nil {
				return g.prerender(e, g.spreadCall(e, n))
			}
		}
	case Custom:
		return e.GenEmit(g)
	}
	if v, ok := g.Const(e); ok {
		return d.Literal(g, v, g.Site(e.Site()))
	}
	return d.Hole(g, e, g.Value(e))
}

func (g *Gen) emitOrNothing(e Expr) Emit {
	if e == nil {
		return g.Dest().Seq(g, nil)
	}
	return g.emit(e)
}

func (g *Gen) emitKids(k *kids) Emit {
	old, via := g.locs, g.via
	g.locs, g.via = k.locs, k.via
	parts := make([]Emit, len(k.exprs))
	for i, e := range k.exprs {
		parts[i] = g.Emit(e)
	}
	g.locs, g.via = old, via
	return g.Dest().Seq(g, parts)
}

func (g *Gen) bodyEmit(e *bodyExpr) Emit {
	var parts []Emit
	for i, f := range e.forms {
		last := i == len(e.forms)-1
		switch {
		case last:
			parts = append(parts, g.emit(f))
		case e.keep && IsMarkup(f):
			parts = append(parts, g.Emit(f))
		default:
			if _, ok := g.Const(f); !ok {
				parts = append(parts, &effectEmit{g.Value(f)})
			}
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return g.Dest().Seq(g, parts)
}

type (
	ifEmit struct {
		cond        condition
		then, other Emit
	}
	caseEmit struct {
		caseNode
		emits []Emit
		other Emit
	}
	letEmit struct {
		inits []bindInit
		body  Emit
	}
	loopEmit struct {
		loopNode
		body Emit
	}
	effectEmit struct{ n Node }
	scopeEmit  struct {
		name string
		val  Node
		body Emit
	}
	headEmit struct {
		fn            Node
		call, element Emit
	}
)

func (n *ifEmit) Emit(m *Machine) {
	if n.cond.test(m) {
		n.then.Emit(m)
	} else {
		n.other.Emit(m)
	}
}

func (n *caseEmit) Emit(m *Machine) {
	if i := n.pick(m); i >= 0 {
		n.emits[i].Emit(m)
	} else {
		n.other.Emit(m)
	}
}

func (n *letEmit) Emit(m *Machine) {
	for i := range n.inits {
		v := n.inits[i].v.Eval(m)
		n.inits[i].set.set(m, v)
	}
	n.body.Emit(m)
}

func (n *loopEmit) Emit(m *Machine) {
	n.start(m)
	for {
		n.body.Emit(m)
		if m.again != n.loop {
			return
		}
		m.again = nil
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
	}
}

func (n *effectEmit) Emit(m *Machine) { n.n.Eval(m) }

func (n *scopeEmit) Emit(m *Machine) {
	v := n.val.Eval(m)
	up := m.dyn
	m.dyn = &binding{name: n.name, value: v, emitted: &List{}, up: up}
	n.body.Emit(m)
	m.dyn = up
}

func (n *headEmit) Emit(m *Machine) {
	if n.fn.Eval(m).Callable() {
		n.call.Emit(m)
	} else {
		n.element.Emit(m)
	}
}

// LimitOut fails when the markup written so far is over the limit; code that appends much calls it.
func (m *Machine) LimitOut() {
	if m.written+int64(len(m.Out)) > m.limits.Output {
		m.Fail(LimitError, "too much markup: more than %d bytes", m.limits.Output)
	}
}

// Flushed tells the machine that n bytes of Out were taken away, so that the output limit counts them.
func (m *Machine) Flushed(n int) { m.written += int64(n) }
