package sx

// Calls in value position. A call with as many arguments as the function has parameters, whose code is there and fits
// the stack, only makes slots change hands; everything else goes through Machine.apply.

type (
	callNode struct {
		fn   operand
		args []operand
		site *Site
		tail bool
	}
	// call1Node and call2Node call a top-level function, which captures nothing: m.caps stays as it is.
	call1Node struct {
		l    *Lambda
		a    operand
		site *Site
		slot int // where the argument is slot + by, as in (f (- n 1)); else negative
		by   float64
	}
	call2Node struct {
		l    *Lambda
		a, b operand
		site *Site
	}
)

// direct returns the code of c when it can be entered without preparation.
func (m *Machine) direct(c *Code) *variant {
	v := c.variants[2*m.dest].Load()
	if v == nil || !v.direct || m.top+v.nslots > len(m.stack) || m.depth >= m.limits.Depth || m.steps <= 0 {
		return nil
	}
	return v
}

// run evaluates v, whose arguments are the first slots at the top of the stack.
func (m *Machine) run(v *variant, at *Site) Value {
	s, base := m.s, m.top
	m.s = m.stack[base : base+v.nslots]
	m.top = base + v.nslots
	if m.top > m.high {
		m.high = m.top
	}
	m.steps--
	m.depth++
	r := v.body.Eval(m)
	if m.tail != nil {
		r = m.finish(base)
	}
	m.depth--
	m.s, m.top, m.at = s, base, at
	return r
}

// finish makes the pending tail call and those that follow from it.
func (m *Machine) finish(base int) Value {
	stack, caps := m.stack, m.caps
	for m.tail != nil {
		l, at, n := m.takeTail(base)
		v := l.code.value(m)
		base = m.enter(l, v, at, n)
		for _, p := range v.prologue {
			p.run(m)
		}
		r := v.body.Eval(m)
		if m.tail == nil {
			m.stack, m.caps = stack, caps
			return r
		}
	}
	return Nil
}

func (n *callNode) Eval(m *Machine) Value {
	f := n.fn.eval(m)
	stack, top := m.stack, m.top
	base := m.reserve(len(n.args))
	for i := range n.args {
		v := n.args[i].eval(m)
		m.stack[base+i] = v
	}
	m.at = n.site
	if l := f.Lambda(); l != nil {
		if n.tail {
			m.tail, m.tailArgs = l, m.stack[base:base+len(n.args)]
			m.stack, m.top = stack, top
			return Nil
		}
		if c := l.code; c.simple && c.nparams == len(n.args) {
			m.top = base
			if v := m.direct(c); v != nil {
				r := m.runWith(l, v)
				m.stack, m.top = stack, top
				return r
			}
			m.top = base + len(n.args)
		}
	}
	r := m.apply(f, base, len(n.args))
	m.stack, m.top = stack, top
	return r
}

func newCall1(l *Lambda, a operand, site *Site) *call1Node {
	n := &call1Node{l: l, a: a, site: site, slot: -1}
	if inc, ok := a.n.(*incNode); ok && inc.a.slot >= 0 {
		n.slot, n.by = inc.a.slot, inc.by
	}
	return n
}

// Eval has a copy of run in it: recursion goes through here.
func (n *call1Node) Eval(m *Machine) Value {
	var a Value
	if f := 0.0; n.slot >= 0 && m.s[n.slot].IsNumber() {
		if f = m.s[n.slot].Float() + n.by; inRange(f) {
			a = Number(f)
		} else {
			a = n.a.eval(m)
		}
	} else {
		a = n.a.eval(m)
	}
	m.at = n.site
	if v := m.direct(n.l.code); v != nil {
		s, base := m.s, m.top
		m.s = m.stack[base : base+v.nslots]
		m.s[0] = a
		m.top = base + v.nslots
		if m.top > m.high {
			m.high = m.top
		}
		m.steps--
		m.depth++
		r := v.body.Eval(m)
		if m.tail != nil {
			r = m.finish(base)
		}
		m.depth--
		m.s, m.top, m.at = s, base, n.site
		return r
	}
	stack, top := m.stack, m.top
	base := m.reserve(1)
	m.stack[base] = a
	r := m.invoke(n.l, base, 1)
	m.stack, m.top = stack, top
	return r
}

func (n *call2Node) Eval(m *Machine) Value {
	a := n.a.eval(m)
	b := n.b.eval(m)
	m.at = n.site
	if v := m.direct(n.l.code); v != nil {
		m.stack[m.top], m.stack[m.top+1] = a, b
		return m.run(v, n.site)
	}
	stack, top := m.stack, m.top
	base := m.reserve(2)
	m.stack[base], m.stack[base+1] = a, b
	r := m.invoke(n.l, base, 2)
	m.stack, m.top = stack, top
	return r
}

// Call1 calls fn with one argument.
func (m *Machine) Call1(fn, a Value) Value {
	switch fn.tag() {
	case KindPrimitive:
		if p := (*Primitive)(fn.p); p.F1 != nil {
			return p.F1(m, a)
		}
	case KindLambda:
		if l := (*Lambda)(fn.p); l.code.simple && l.code.nparams == 1 {
			if v := m.direct(l.code); v != nil {
				m.stack[m.top] = a
				return m.runWith(l, v)
			}
		}
	}
	stack, top := m.stack, m.top
	base := m.reserve(1)
	m.stack[base] = a
	r := m.apply(fn, base, 1)
	m.stack, m.top = stack, top
	return r
}

// Call2 calls fn with two arguments.
func (m *Machine) Call2(fn, a, b Value) Value {
	switch fn.tag() {
	case KindPrimitive:
		if p := (*Primitive)(fn.p); p.F2 != nil {
			return p.F2(m, a, b)
		}
	case KindLambda:
		if l := (*Lambda)(fn.p); l.code.simple && l.code.nparams == 2 {
			if v := m.direct(l.code); v != nil {
				m.stack[m.top], m.stack[m.top+1] = a, b
				return m.runWith(l, v)
			}
		}
	}
	stack, top := m.stack, m.top
	base := m.reserve(2)
	m.stack[base], m.stack[base+1] = a, b
	r := m.apply(fn, base, 2)
	m.stack, m.top = stack, top
	return r
}

// runWith is run for a closure.
func (m *Machine) runWith(l *Lambda, v *variant) Value {
	caps := m.caps
	m.caps = l.caps
	r := m.run(v, m.at)
	m.caps = caps
	return r
}
