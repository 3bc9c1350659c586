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
