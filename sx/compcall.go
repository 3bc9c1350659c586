package sx

// Calls of components that are not expanded where they stand.

func (g *Gen) attrsNode(c *CompCall) Node {
	n := &spreadNode{}
	for _, a := range c.attrs {
		n.keys = append(n.keys, a.name)
		n.vals = append(n.vals, g.Value(a.val))
	}
	return n
}

type spreadNode struct {
	keys []string
	vals []Node
}

func (n *spreadNode) Eval(m *Machine) Value {
	d := NewDict(len(n.keys))
	for i, k := range n.keys {
		d.Set(k, n.vals[i].Eval(m))
	}
	d.written = true
	return SpreadOf(d)
}

// compEmit generates a component call that is not inlined.
func (g *Gen) compEmit(c *CompCall) *compNode {
	comp := c.Comp
	n := &compNode{comp: comp, site: g.Site(c.At), tail: g.tail && comp.external == nil}
	fn := comp.fn
	for _, a := range c.args {
		for i, p := range fn.params {
			if p == a.param {
				n.args = append(n.args, g.Value(a.val))
				n.at = append(n.at, i)
				n.names = append(n.names, a.name)
			}
		}
	}
	if fn.rest != nil {
		n.kids = g.childrenNode(c.children, c.caps)
		n.kidsAt = len(fn.params)
	}
	if fn.attrs != nil {
		n.attrs = g.attrsNode(c)
		n.attrsAt = len(fn.params)
		if fn.rest != nil {
			n.attrsAt++
		}
	}
	return n
}

type compNode struct {
	comp            *Component
	site            *Site
	args            []Node
	at              []int
	names           []string
	kids, attrs     Node
	kidsAt, attrsAt int
	tail            bool
}

func (n *compNode) Emit(m *Machine) {
	if n.comp.external != nil {
		n.emitGo(m)
		return
	}
	stack, top := m.stack, m.top
	if base, now := n.bind(m); now {
		m.calls = append(m.calls, callRec{n.comp.Name, n.site})
		m.invokeEmit(n.comp.lambda(), base, preBound)
		m.calls = m.calls[:len(m.calls)-1]
	}
	m.stack, m.top = stack, top
}

// bind evaluates the arguments into the slots of the component and gives where they begin. now is false where the
// call is in tail position and left to who called this code.
func (n *compNode) bind(m *Machine) (base int, now bool) {
	c := n.comp.code
	base = m.reserve(c.bound)
	clear(m.stack[base : base+c.bound])
	for i, a := range n.args {
		v := a.Eval(m)
		m.stack[base+n.at[i]] = v
	}
	if n.kids != nil {
		v := n.kids.Eval(m)
		m.stack[base+n.kidsAt] = v
	}
	if n.attrs != nil {
		v := n.attrs.Eval(m)
		m.stack[base+n.attrsAt] = v
	}
	m.at = n.site
	if n.tail {
		m.tail, m.tailArgs, m.tailBound = n.comp.lambda(), m.stack[base:base+c.bound], true
	}
	return base, !n.tail
}

// SpreadCall returns code for a call of a component that may give a spread and is not expanded where it stands:
// the call's value, a spread or markup. It is nil for other calls, whose markup may go straight to the output.
func (g *Gen) SpreadCall(c *CompCall) Node {
	if c.Comp.external != nil || !c.Comp.spread || g.expands(c.Comp) {
		return nil
	}
	return g.compValue(c)
}

// compValue generates a component call as a value.
func (g *Gen) compValue(c *CompCall) Node {
	n := g.compEmit(c)
	n.tail = n.tail && g.inComp
	return &compValue{n}
}

type compValue struct{ *compNode }

func (n *compValue) Eval(m *Machine) Value {
	stack, top := m.stack, m.top
	base, now := n.bind(m)
	if !now {
		m.stack, m.top = stack, top
		return Nil
	}
	m.calls = append(m.calls, callRec{n.comp.Name, n.site})
	v := m.invoke(n.comp.lambda(), base, preBound)
	m.calls = m.calls[:len(m.calls)-1]
	m.stack, m.top = stack, top
	switch v.tag() {
	case KindSpread, KindElement:
		return v
	}
	return m.MarkupOf(func() { m.prog.dests[m.dest].EmitValue(m, v) })
}

func (n *compNode) emitGo(m *Machine) {
	d := NewDict(len(n.args))
	for i, a := range n.args {
		d.Set(n.names[i], a.Eval(m))
	}
	if n.attrs != nil {
		if s := n.attrs.Eval(m).SpreadDict(); s != nil {
			for i := range s.Len() {
				k, v := s.At(i)
				d.Set(k, v)
			}
		}
	}
	kids := ListOf(&List{frozen: true})
	if n.kids != nil {
		kids = n.kids.Eval(m)
	}
	m.at = n.site
	for _, p := range n.comp.fn.params {
		v, _ := d.Lookup(p.Name)
		if v.IsNil() {
			if k, ok := p.def.(*constExpr); ok {
				v = k.v
				d.Set(p.Name, v)
			}
		}
		if msg := typeProblem(p, v); msg != "" {
			m.failParam(n.comp.Name, p, v, msg)
		}
	}
	m.calls = append(m.calls, callRec{n.comp.Name, n.site})
	n.comp.external(m, d, kids)
	m.calls = m.calls[:len(m.calls)-1]
}

func (c *Component) lambda() *Lambda { return c.code.lam }
