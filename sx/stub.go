package sx

type Code struct{ name string }
type Component struct{ Name string }
type Program struct{}

// Call calls fn with args.
func (m *Machine) Call(fn Value, args ...Value) Value {
	p := fn.Primitive()
	if p == nil {
		m.Fail(CallError, "not callable: %s", describe(fn))
	}
	return p.call(m, args)
}

// Call1 calls fn with one argument.
func (m *Machine) Call1(fn, a Value) Value { return m.Call(fn, a) }

// Call2 calls fn with two arguments.
func (m *Machine) Call2(fn, a, b Value) Value { return m.Call(fn, a, b) }

// call checks the number of arguments and calls p.
func (p *Primitive) call(m *Machine, args []Value) Value {
	n := len(args)
	if n < p.min || p.max >= 0 && n > p.max {
		m.Fail(ArityError, "%s: wrong number of arguments: %d, usage %s", p.Name, n, p.Usage)
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
	v, err := p.Func(m.ctx, args)
	if err != nil {
		m.Throw(err)
	}
	return v
}
