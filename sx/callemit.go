package sx

// Calls in render position.

// callEmit generates a call in render position: the callee's markup goes straight to the output.
func (g *Gen) callEmit(e *callExpr) Emit {
	if e.kw {
		return &kwCallEmit{g.kwCall(e)}
	}
	if _, ok := e.fn.(*fnExpr); ok {
		return nil
	}
	return &callEmit{callNode{fn: newOperand(g.Value(e.fn)), args: operands(g.Values(e.args)), site: g.Site(e.At), tail: g.tail}}
}

type (
	callEmit   struct{ callNode }
	kwCallEmit struct{ *kwCallNode }
)

func (n *kwCallEmit) Emit(m *Machine) {
	f, args := n.parts(m)
	l := f.Lambda()
	if l == nil {
		v := m.callNamedValue(f, args, n.names)
		m.at = n.site
		m.prog.dests[m.dest].EmitValue(m, v)
		return
	}
	stack, top := m.stack, m.top
	base := m.bindKeywords(l, args, n.names)
	if n.tail {
		m.leave(l, base, len(args))
	} else {
		m.invokeEmit(l, base, preBoundFor(l, len(args)))
	}
	m.stack, m.top = stack, top
}

func (n *callEmit) Emit(m *Machine) {
	f := n.fn.eval(m)
	stack, top := m.stack, m.top
	base := m.reserve(len(n.args))
	for i := range n.args {
		v := n.args[i].eval(m)
		m.stack[base+i] = v
	}
	m.at = n.site
	l := f.Lambda()
	switch {
	case l == nil:
		v := m.apply(f, base, len(n.args))
		m.stack, m.top = stack, top
		m.at = n.site
		m.prog.dests[m.dest].EmitValue(m, v)
		return
	case n.tail:
		m.tail, m.tailArgs = l, m.stack[base:base+len(n.args)]
	default:
		m.invokeEmit(l, base, len(n.args))
	}
	m.stack, m.top = stack, top
}

// SpreadTaker is a destination where spreads merge into the element around them while it is written: a call there is
// made for its value if it may give one, so that the spread finds its element.
type SpreadTaker interface {
	// TakesSpread tells whether what g generates stands directly inside an element.
	TakesSpread(g *Gen) bool
}

// spreadCall returns the code of a call whose markup would be written by n.
func (g *Gen) spreadCall(e *callExpr, n Emit) Emit {
	if d, ok := g.Dest().(SpreadTaker); !ok || !d.TakesSpread(g) {
		return n
	}
	value := func() Emit { return g.Dest().Hole(g, e, g.Value(e)) }
	if v, ok := g.Const(e.fn); ok {
		if l := v.Lambda(); l != nil && l.code.mayGiveSpread() {
			return value()
		}
		return n
	}
	if _, ok := e.fn.(*localExpr); !ok {
		return value()
	}
	return &spreadCallEmit{g.Value(e.fn), n, value()}
}

// spreadCallEmit is a call of a function that only running shows.
type spreadCallEmit struct {
	fn    Node
	emit  Emit
	value Emit
}

func (n *spreadCallEmit) Emit(m *Machine) {
	if l := n.fn.Eval(m).Lambda(); l != nil && l.code.mayGiveSpread() {
		n.value.Emit(m)
		return
	}
	n.emit.Emit(m)
}

// mayGiveSpread reports whether a call of c may give a spread.
func (c *Code) mayGiveSpread() bool {
	s := c.spread.Load()
	if s == 0 {
		if s = 1; mayBeSpread(c.fn.body, 0) {
			s = 2
		}
		c.spread.Store(s)
	}
	return s == 2
}
