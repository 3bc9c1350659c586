package sx

// reserve makes room for n slots at the top of the stack and gives where they begin. The caller restores
// m.stack and m.top afterwards.
func (m *Machine) reserve(n int) int {
	base := m.top
	if base+n > len(m.stack) {
		m.grow(n)
		base = 0
	}
	m.top = base + n
	return base
}

// grow switches to another chunk with room for n slots.
func (m *Machine) grow(n int) {
	m.high = len(m.stack)
	need := max(2*len(m.stack), n)
	if need > 1<<16 {
		need = max(1<<16, n)
	}
	// The spare chunk is the last one made; it is in use only while it is the current one.
	if len(m.spare) < need || len(m.stack) > 0 && &m.spare[0] == &m.stack[0] {
		m.spare = make([]Value, need)
	}
	m.stack, m.top = m.spare, 0
}

// apply calls f with the n arguments at base.
func (m *Machine) apply(f Value, base, n int) Value {
	switch f.tag() {
	case KindLambda:
		return m.invoke((*Lambda)(f.p), base, n)
	case KindPrimitive:
		return (*Primitive)(f.p).call(m, m.stack[base:base+n])
	case KindComponent:
		return m.callNamedValue(f, m.stack[base:base+n], nil)
	}
	m.notCallable(f)
	return Nil
}

func (m *Machine) notCallable(f Value) { m.Fail(CallError, "not callable: %s", describe(f)) }

// invoke calls a lambda with the n arguments at base, and then whatever it tail calls.
func (m *Machine) invoke(l *Lambda, base, n int) Value {
	s, caps, top, at := m.s, m.caps, m.top, m.at
	if m.depth++; m.depth > m.limits.Depth {
		m.depthFail()
	}
	for {
		v := l.code.value(m)
		base = m.enter(l, v, base, n)
		for _, p := range v.prologue {
			p.run(m)
		}
		r := v.body.Eval(m)
		if m.tail == nil {
			m.depth--
			m.s, m.caps, m.top, m.at = s, caps, top, at
			return r
		}
		l, base, n = m.takeTail(base)
		if m.steps--; m.steps < 0 {
			m.refill()
		}
	}
}

// invokeEmit is invoke for markup.
func (m *Machine) invokeEmit(l *Lambda, base, n int) {
	s, caps, top, at := m.s, m.caps, m.top, m.at
	if m.depth++; m.depth > m.limits.Depth {
		m.depthFail()
	}
	for {
		v := l.code.emitter(m)
		base = m.enter(l, v, base, n)
		for _, p := range v.prologue {
			p.run(m)
		}
		v.emit.Emit(m)
		if m.tail == nil {
			m.depth--
			m.s, m.caps, m.top, m.at = s, caps, top, at
			return
		}
		l, base, n = m.takeTail(base)
		if m.steps--; m.steps < 0 {
			m.refill()
		}
	}
}

func (m *Machine) depthFail() {
	m.depth = 0 // what handles the error needs some
	m.Fail(LimitError, "recursion too deep: more than %d nested calls (a call in tail position needs none)", m.limits.Depth)
}

// enter makes the n arguments at base the first slots of l's activation.
func (m *Machine) enter(l *Lambda, v *variant, base, n int) int {
	c := l.code
	if most := max(v.nslots, c.bound); base+most > len(m.stack) {
		have := n
		if n == preBound {
			have = c.bound
		}
		args := m.stack[base : base+have]
		m.grow(max(most, have) + 8)
		base = 0
		copy(m.stack, args)
	}
	if n != c.nparams || !c.simple {
		if c.simple {
			if n > c.nparams {
				m.arityFail(l, n)
			}
			clear(m.stack[base+n : base+c.nparams])
		} else {
			m.arrange(l, base, n)
		}
	}
	m.s = m.stack[base : base+v.nslots]
	m.caps = l.caps
	m.top = base + v.nslots
	if m.top > m.high {
		m.high = m.top
	}
	if m.steps--; m.steps < 0 {
		m.refill()
	}
	return base
}

func (m *Machine) arityFail(l *Lambda, n int) {
	name := l.code.name
	if name == "" {
		name = "the function"
	}
	if name[0] == '~' { // as where the call is written out
		m.Fail(KeywordError, "%s takes no children: its parameter list has no &rest", name)
	}
	m.Fail(ArityError, "%s takes %s, got %d", name, l.code.fn.arityText(), n)
}

// arrange moves positional arguments to where a function with keyword or rest parameters wants them.
func (m *Machine) arrange(l *Lambda, base, n int) {
	c := l.code
	if n == preBound {
		return
	}
	var rest []Value
	if n > c.npos {
		if c.fn.rest == nil {
			m.arityFail(l, n)
		}
		m.Items(n - c.npos)
		rest = append(rest, m.stack[base+c.npos:base+n]...)
	}
	clear(m.stack[base+min(n, c.npos) : base+c.bound])
	if c.fn.rest != nil {
		m.stack[base+c.nparams] = ListOf(&List{Items: rest})
	}
}

// preBound as a number of arguments says that the slots are filled already.
const preBound = -1

// takeTail returns the pending tail call, its arguments moved to base.
func (m *Machine) takeTail(base int) (*Lambda, int, int) {
	l, args := m.tail, m.tailArgs
	m.tail = nil
	n := len(args)
	if base+n > len(m.stack) {
		m.grow(n + 8)
		base = 0
	}
	copy(m.stack[base:], args)
	if m.tailBound {
		m.tailBound = false
		n = preBound
	}
	return l, base, n
}

// Call calls fn with args.
func (m *Machine) Call(fn Value, args ...Value) Value {
	stack, top := m.stack, m.top
	base := m.reserve(len(args))
	copy(m.stack[base:], args)
	r := m.apply(fn, base, len(args))
	m.stack, m.top = stack, top
	return r
}

// EmitCall calls fn with args and appends the markup it gives to m.Out.
func (m *Machine) EmitCall(fn Value, args ...Value) {
	l := fn.Lambda()
	if l == nil {
		m.prog.dests[m.dest].EmitValue(m, m.Call(fn, args...))
		return
	}
	stack, top := m.stack, m.top
	base := m.reserve(len(args))
	copy(m.stack[base:], args)
	m.invokeEmit(l, base, len(args))
	m.stack, m.top = stack, top
}

// MarkupOf runs f, which appends markup to m.Out, and gives that markup as an element value.
func (m *Machine) MarkupOf(f func()) Value {
	start := len(m.Out)
	f()
	s := string(m.Out[start:])
	m.Out = m.Out[:start]
	m.Bytes(len(s))
	return ElementOf(&Element{Markup: s, Wire: m.prog.dests[m.dest].Wire()})
}

// EmitDelayed evaluates delayed markup where it is placed. It reports false for an element that is
// rendered already.
func (m *Machine) EmitDelayed(e *Element) bool {
	if e.native != nil {
		d := m.prog.dests[m.dest]
		if !d.Wire() {
			e.native.Emit(m)
			m.LimitOut()
			return true
		}
		start := len(m.Out)
		e.native.Emit(m)
		html := string(m.Out[start:])
		m.Out = m.Out[:start]
		d.EmitValue(m, ElementOf(&Element{Markup: html}))
		return true
	}
	if e.delayed == nil {
		return false
	}
	stack, top := m.stack, m.top
	base := m.reserve(0)
	m.invokeEmit(&Lambda{code: e.delayed, caps: e.caps}, base, 0)
	m.stack, m.top = stack, top
	return true
}

// IsDelayed reports whether e is evaluated where it is placed.
func (e *Element) IsDelayed() bool { return e.delayed != nil || e.native != nil }

// call checks the number of arguments and calls p.
func (p *Primitive) call(m *Machine, args []Value) Value {
	n := len(args)
	if n < p.min || p.max >= 0 && n > p.max {
		m.Fail(ArityError, "%s", arityMessage(p, n))
	}
	switch {
	case n == 0 && p.F0 != nil:
		return p.F0(m)
	case n == 1 && p.F1 != nil:
		return p.F1(m, args[0])
	case n == 2 && p.F2 != nil:
		return p.F2(m, args[0], args[1])
	case n == 3 && p.F3 != nil:
		return p.F3(m, args[0], args[1], args[2])
	case p.FN != nil:
		return p.FN(m, args)
	}
	return p.callGo(m, args)
}

// callGo calls a primitive of an application. A panic in it becomes an error at the call.
func (p *Primitive) callGo(m *Machine, args []Value) Value {
	at := m.at
	v, err := func() (v Value, err error) {
		defer func() {
			if r := recover(); r != nil {
				if e, ok := r.(*Error); ok {
					err = e
					return
				}
				err = m.recovered(r)
			}
		}()
		return p.Func(m.ctx, args)
	}()
	m.at = at
	if err != nil {
		m.Throw(err)
	}
	return v
}
