package sx

// Calls with keywords, which functions and components put in the order of their parameters.

// EmitComponent expands a component with keyword arguments and children and appends its markup to m.Out.
// An unknown keyword is an error.
func (m *Machine) EmitComponent(c *Component, args *Dict, children ...Value) {
	names := make([]string, 0, 2*args.Len()+len(children))
	vals := make([]Value, 0, cap(names))
	for i := range args.Len() {
		k, v := args.At(i)
		names, vals = append(names, k, ""), append(vals, String(k), v)
	}
	for _, v := range children {
		names, vals = append(names, ""), append(vals, v)
	}
	m.emitComponentArgs(c, vals, names)
}

func (m *Machine) emitComponentArgs(c *Component, args []Value, names []string) {
	if c.external != nil {
		d, kids := m.externalArgs(c, args, names)
		m.calls = append(m.calls, callRec{c.Name, m.at})
		c.external(m, d, kids)
		m.calls = m.calls[:len(m.calls)-1]
		return
	}
	stack, top := m.stack, m.top
	l := c.code.lam
	base := m.bindNamed(l, args, names, c.Name)
	m.calls = append(m.calls, callRec{c.Name, m.at})
	m.invokeEmit(l, base, preBound)
	m.calls = m.calls[:len(m.calls)-1]
	m.stack, m.top = stack, top
}

func (m *Machine) externalArgs(c *Component, args []Value, names []string) (*Dict, Value) {
	d := NewDict(len(args) / 2)
	var kids []Value
	for i := 0; i < len(args); i++ {
		if names != nil && names[i] != "" {
			if i+1 >= len(args) {
				m.Fail(KeywordError, "%s: the keyword :%s has no value", c.Name, names[i])
			}
			if c.fn.keyParam(names[i]) == nil && c.fn.attrs == nil {
				m.Fail(KeywordError, "%s: unknown keyword :%s%s", c.Name, names[i], suggestKey(names[i], c.fn))
			}
			d.Set(names[i], args[i+1])
			i++
			continue
		}
		kids = append(kids, args[i])
	}
	for _, p := range c.fn.params {
		v, _ := d.Lookup(p.Name)
		if v.IsNil() && p.def != nil {
			if k, ok := p.def.(*constExpr); ok {
				v = k.v
				d.Set(p.Name, v)
			}
		}
		if msg := typeProblem(p, v); msg != "" {
			m.failParam(c.Name, p, v, msg)
		}
	}
	if kids != nil && c.fn.rest == nil {
		m.Fail(KeywordError, "%s takes no children", c.Name)
	}
	return d, ListOf(&List{Items: kids, frozen: true})
}

// callNamed calls a lambda with arguments of which keyword values name parameters.
func (m *Machine) callNamed(l *Lambda, args []Value, keywords bool) Value {
	names := make([]string, len(args))
	if keywords && l.code.fn.hasKey {
		for i, a := range args {
			if a.tag() == KindKeyword {
				names[i] = a.Text()
			}
		}
	}
	return m.callNamedValue(LambdaOf(l), args, names)
}

// callNamedValue calls f; names tells which arguments were written as literal keywords.
func (m *Machine) callNamedValue(f Value, args []Value, names []string) Value {
	stack, top := m.stack, m.top
	defer func() { m.stack, m.top = stack, top }()
	switch f.tag() {
	case KindLambda:
		l := (*Lambda)(f.p)
		return m.invoke(l, m.bindKeywords(l, args, names), preBoundFor(l, len(args)))
	case KindComponent:
		c := (*Component)(f.p)
		return m.MarkupOf(func() { m.emitComponentArgs(c, args, names) })
	}
	base := m.reserve(len(args))
	copy(m.stack[base:], args)
	return m.apply(f, base, len(args))
}

func preBoundFor(l *Lambda, n int) int {
	if l.code.simple {
		return n
	}
	return preBound
}

// bindKeywords is bindNamed for a function, to which keywords are names only if it has &key.
func (m *Machine) bindKeywords(l *Lambda, args []Value, names []string) int {
	if !l.code.fn.hasKey {
		names = nil
	}
	return m.bindNamed(l, args, names, l.code.name)
}

// leave makes the call of l, whose n arguments were bound at base, the pending tail call.
func (m *Machine) leave(l *Lambda, base, n int) {
	m.tail, m.tailBound = l, !l.code.simple
	if m.tailBound {
		n = l.code.bound
	}
	m.tailArgs = m.stack[base : base+n]
}

// bindNamed puts arguments where the parameters of l are and gives where they begin.
func (m *Machine) bindNamed(l *Lambda, args []Value, names []string, who string) int {
	c := l.code
	if c.simple {
		base := m.reserve(len(args))
		copy(m.stack[base:], args)
		return base
	}
	if who == "" {
		who = "the function"
	}
	base := m.reserve(c.bound)
	slots := m.stack[base : base+c.bound]
	clear(slots)
	var rest []Value
	var attrs *Dict
	pos := 0
	for i := 0; i < len(args); i++ {
		if names == nil || names[i] == "" {
			if pos < c.npos {
				slots[pos] = args[i]
				pos++
			} else {
				rest = append(rest, args[i])
			}
			continue
		}
		if i+1 >= len(args) {
			m.Fail(KeywordError, "%s: the keyword :%s has no value", who, names[i])
		}
		found := false
		for j := c.npos; j < c.nparams; j++ {
			if c.fn.params[j].Name == names[i] {
				slots[j] = args[i+1]
				found = true
			}
		}
		if !found {
			if c.fn.attrs == nil {
				m.Fail(KeywordError, "%s: unknown keyword :%s%s", who, names[i], suggestKey(names[i], c.fn))
			}
			if attrs == nil {
				attrs = NewDict(4)
			}
			attrs.Set(names[i], args[i+1])
		}
		i++
	}
	if rest != nil && c.fn.rest == nil {
		m.arityFail(l, pos+len(rest))
	}
	at := c.nparams
	if c.fn.rest != nil {
		slots[at] = ListOf(&List{Items: rest})
		at++
	}
	if c.fn.attrs != nil {
		if attrs == nil {
			attrs = NewDict(0)
		}
		slots[at] = SpreadOf(attrs)
	}
	return base
}
