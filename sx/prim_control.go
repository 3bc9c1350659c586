package sx

func controlPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(error message data?)", Doc: "Raises an error, which try can catch.",
			F1: func(m *Machine, a Value) Value { return raise(m, a, Nil) }, F2: raise},
		{Usage: "(assert condition message?)", Doc: "Raises an error unless the condition is true; gives it otherwise.",
			F1: func(m *Machine, a Value) Value { return assertTrue(m, a, String("assertion failed")) }, F2: assertTrue},
		{Usage: "(try-call f x? ...)", Doc: "Calls f and gives {:ok true :value v}, or {:ok false :error message} where that raised an error.", FN: tryCallN},
	}
}

func raise(m *Machine, message, data Value) Value {
	e := m.newError(UserError, "%s", m.AppendText(nil, message))
	e.Data = data
	panic(e)
}

func assertTrue(m *Machine, condition, message Value) Value {
	if !condition.Truthy() {
		return raise(m, message, Nil)
	}
	return condition
}

// tryCallN lets limits, cancellation and what Uncatchable marks pass.
func tryCallN(m *Machine, args []Value) Value {
	f := m.Fn("try-call", 0, args[0])
	rest := append([]Value(nil), args[1:]...)
	out := len(m.Out)
	var v Value
	if e := m.protect(func() { v = m.Call(f, rest...) }); e != nil {
		if e.passes {
			panic(e)
		}
		if len(m.Out) > out {
			m.Out = m.Out[:out] // markup of a call that failed
		}
		d := NewDict(2)
		d.Set("ok", False)
		d.Set("error", String(e.Message))
		return DictOf(d)
	}
	d := NewDict(2)
	d.Set("ok", True)
	d.Set("value", v)
	return DictOf(d)
}
