package sx

// Control: errors, dynamic scope.

type tryNode struct {
	body, handler, finally Node
	emits                  [2]Emit
	set                    setter
	emit                   bool
}

func (g *Gen) try(e *tryExpr, emit bool) *tryNode {
	n := &tryNode{emit: emit}
	if emit {
		n.emits[0] = g.Emit(e.body)
	} else {
		n.body = g.Value(e.body)
	}
	if e.handler != nil {
		n.set = g.bindSlot(e.errName)
		if emit {
			n.emits[1] = g.Emit(e.handler)
		} else {
			n.handler = g.Value(e.handler)
		}
	}
	if e.finally != nil {
		n.finally = g.Value(e.finally)
	}
	return n
}

func (n *tryNode) Emit(m *Machine) { n.run(m) }

func (n *tryNode) Eval(m *Machine) Value { return n.run(m) }

func (n *tryNode) run(m *Machine) (v Value) {
	out := len(m.Out)
	err := m.protect(func() {
		if n.emit {
			n.emits[0].Emit(m)
		} else {
			v = n.body.Eval(m)
		}
	})
	if err != nil {
		m.Out = m.Out[:min(out, len(m.Out))] // markup of a failed body is discarded
		if n.set != nil && !err.passes {
			err2 := m.protect(func() {
				n.set.set(m, err.Value())
				if n.emit {
					n.emits[1].Emit(m)
				} else {
					v = n.handler.Eval(m)
				}
			})
			if err = err2; err != nil {
				m.Out = m.Out[:min(out, len(m.Out))]
			}
		}
	}
	if n.finally != nil {
		m.cleanUp(err, func() { n.finally.Eval(m) })
	}
	if err != nil {
		panic(err)
	}
	return v
}

// cleanUp runs f, which a program asked for whatever happens, after err or after none. What passes through try
// may have used the steps up, so f gets some of its own; and nothing that f raises takes its place, or else a limit
// could be caught after all.
func (m *Machine) cleanUp(err *Error, f func()) {
	if err == nil || !err.passes {
		f()
		return
	}
	if m.steps < stepBatch && m.grace < mostGrace {
		m.grace += stepBatch
		m.steps = stepBatch
	}
	_ = m.protect(f)
}

// mostGrace bounds the steps that all clean-up of an evaluation gets after its own are used up.
const mostGrace = 64 * stepBatch

// Value returns the error as catch sees it: {:message :data :form :file :line :col}.
func (e *Error) Value() Value {
	d := NewDict(6)
	d.Set("message", String(e.Message))
	d.Set("data", e.Data)
	d.Set("form", String(e.Form))
	d.Set("file", String(e.Pos.File))
	d.Set("line", Int(e.Pos.Line))
	d.Set("col", Int(e.Pos.Col))
	return DictOf(d)
}

type windNode struct {
	site                 *Site
	before, thunk, after Node
}

func (n *windNode) Eval(m *Machine) (v Value) {
	before, thunk, after := n.before.Eval(m), n.thunk.Eval(m), n.after.Eval(m)
	m.at = n.site
	m.Call(before)
	err := m.protect(func() { v = m.Call(thunk) })
	m.at = n.site
	m.cleanUp(err, func() { m.Call(after) })
	if err != nil {
		panic(err)
	}
	return v
}

type scopeNode struct {
	name      string
	val, body Node
}

func (n *scopeNode) Eval(m *Machine) Value {
	v := n.val.Eval(m)
	up := m.dyn
	m.dyn = &binding{name: n.name, value: v, emitted: &List{}, up: up}
	r := n.body.Eval(m)
	m.dyn = up
	return r
}

type dynNode struct {
	op, name string
	val      Node
	has      bool
}

func (m *Machine) provider(name string) *binding {
	for b := m.dyn; b != nil; b = b.up {
		if b.name == name {
			return b
		}
	}
	return nil
}

func (n *dynNode) Eval(m *Machine) Value {
	b := m.provider(n.name)
	switch n.op {
	case "context":
		if b != nil {
			return b.value
		}
		return n.val.Eval(m)
	case "emit!":
		v := n.val.Eval(m)
		if b != nil {
			if len(b.emitted.Items) >= m.limits.Collection {
				m.Fail(LimitError, "collection too large: more than %d values emitted for %s", m.limits.Collection, n.name)
			}
			m.Step(4)
			b.emitted.Items = append(b.emitted.Items, v)
		}
		return Nil
	}
	if b == nil {
		return ListOf(&List{})
	}
	return ListOf(&List{Items: append([]Value(nil), b.emitted.Items...)})
}

// Provide runs f with a value provided for name, as scope does.
func (m *Machine) Provide(name string, v Value, f func()) {
	up := m.dyn
	m.dyn = &binding{name: name, value: v, emitted: &List{}, up: up}
	f()
	m.dyn = up
}

// Provided returns the value of name, as (context name) does, and whether there is a provider.
func (m *Machine) Provided(name string) (Value, bool) {
	if b := m.provider(name); b != nil {
		return b.value, true
	}
	return Nil, false
}
