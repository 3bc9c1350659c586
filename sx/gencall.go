package sx

// Calls in value position.

// call generates a call of a value.
func (g *Gen) call(e *callExpr) Node {
	if fn, ok := e.fn.(*fnExpr); ok && !e.kw && plainFn(fn) && len(e.args) == len(fn.params) && len(fn.caps) == 0 {
		// ((fn (a) …) x) is a let
		mark := g.fn.next
		var inits []bindInit
		for i, p := range fn.params { // as in loopStart
			v := g.Value(e.args[i])
			inits = append(inits, bindInit{g.bindSlot(p.Binding), v})
		}
		body := g.value(fn.body) // in tail position where the call is
		g.fn.next = mark
		return &letNode{inits, body}
	}
	n := &callNode{fn: newOperand(g.Value(e.fn)), args: operands(g.Values(e.args)), site: g.Site(e.At), tail: g.tail}
	if e.kw {
		return g.kwCall(e)
	}
	if c, ok := n.fn.n.(constNode); ok {
		if l := c.v.Lambda(); l != nil && len(l.caps) == 0 && l.code.simple && l.code.nparams == len(n.args) && !n.tail {
			switch len(n.args) {
			case 1:
				return newCall1(l, n.args[0], n.site)
			case 2:
				return &call2Node{l, n.args[0], n.args[1], n.site}
			}
		}
	}
	return n
}

// plainFn reports whether fn has positional parameters only, without defaults, types, or any that must be given.
func plainFn(fn *fnExpr) bool {
	if fn.hasKey || fn.rest != nil || fn.attrs != nil {
		return false
	}
	for _, p := range fn.params {
		if p.def != nil || p.typ != "" || p.check != nil || p.required {
			return false
		}
	}
	return true
}

// kwCallNode is a call with literal keywords among its arguments: the callee decides what they mean.
type kwCallNode struct {
	fn    Node
	args  []Node
	names []string
	site  *Site
	tail  bool
}

func (g *Gen) kwCall(e *callExpr) *kwCallNode {
	names := make([]string, len(e.args))
	for i, a := range e.args {
		if k, ok := a.(*constExpr); ok && k.kw {
			names[i] = k.v.Text()
		}
	}
	return &kwCallNode{g.Value(e.fn), g.Values(e.args), names, g.Site(e.At), g.tail}
}

// parts evaluates the callee and the arguments.
func (n *kwCallNode) parts(m *Machine) (f Value, args []Value) {
	f = n.fn.Eval(m)
	args = make([]Value, len(n.args))
	for i, a := range n.args {
		args[i] = a.Eval(m)
	}
	m.at = n.site
	return f, args
}

func (n *kwCallNode) Eval(m *Machine) Value {
	f, args := n.parts(m)
	if l := f.Lambda(); l != nil && n.tail {
		stack, top := m.stack, m.top
		m.leave(l, m.bindKeywords(l, args, n.names), len(args))
		m.stack, m.top = stack, top
		return Nil
	}
	return m.callNamedValue(f, args, n.names)
}

// prim generates a call of a primitive.
func (g *Gen) prim(e *primCall) Node {
	if n := g.loopPrim(e); n != nil {
		return n
	}
	if n := g.arith(e); n != nil {
		return n
	}
	if n := g.apply(e); n != nil {
		return n
	}
	args := g.Values(e.args)
	site := g.Site(e.At)
	if e.p.Name == "get" && len(args) == 2 {
		if k, ok := args[1].(constNode); ok && k.v.IsString() {
			return &fieldNode{e.p, newOperand(args[0]), k.v.Text(), k.v, site, new(fieldCache)}
		}
	}
	switch {
	case len(args) == 0 && e.p.F0 != nil:
		return &prim0Node{e.p.F0, site}
	case len(args) == 1 && e.p.F1 != nil:
		return &prim1Node{e.p.F1, newOperand(args[0]), site}
	case len(args) == 2 && e.p.F2 != nil:
		return &prim2Node{e.p.F2, newOperand(args[0]), newOperand(args[1]), site}
	case len(args) == 3 && e.p.F3 != nil:
		return &prim3Node{e.p.F3, newOperand(args[0]), newOperand(args[1]), newOperand(args[2]), site}
	case e.p.FN != nil:
		return &primNNode{e.p.FN, args, site}
	}
	return &primGoNode{e.p, args, site}
}

type (
	prim0Node struct {
		f    func(*Machine) Value
		site *Site
	}
	prim1Node struct {
		f    func(*Machine, Value) Value
		a    operand
		site *Site
	}
	prim2Node struct {
		f    func(*Machine, Value, Value) Value
		a, b operand
		site *Site
	}
	prim3Node struct {
		f       func(*Machine, Value, Value, Value) Value
		a, b, c operand
		site    *Site
	}
	primNNode struct {
		f    func(*Machine, []Value) Value
		args []Node
		site *Site
	}
	primGoNode struct {
		p    *Primitive
		args []Node
		site *Site
	}
	// fieldNode is (get d "name"): a record's field is found once per shape.
	fieldNode struct {
		p     *Primitive
		d     operand
		name  string
		key   Value
		site  *Site
		cache *fieldCache
	}
)

func (n *prim0Node) Eval(m *Machine) Value {
	m.at = n.site
	return n.f(m)
}

func (n *prim1Node) Eval(m *Machine) Value {
	a := n.a.eval(m)
	m.at = n.site
	return n.f(m, a)
}

func (n *prim2Node) Eval(m *Machine) Value {
	a := n.a.eval(m)
	b := n.b.eval(m)
	m.at = n.site
	return n.f(m, a, b)
}

func (n *prim3Node) Eval(m *Machine) Value {
	a := n.a.eval(m)
	b := n.b.eval(m)
	c := n.c.eval(m)
	m.at = n.site
	return n.f(m, a, b, c)
}

func (n *primNNode) Eval(m *Machine) Value {
	stack, top := m.stack, m.top
	base := m.reserve(len(n.args))
	for i, a := range n.args {
		v := a.Eval(m)
		m.stack[base+i] = v
	}
	m.at = n.site
	r := n.f(m, m.stack[base:base+len(n.args)])
	m.stack, m.top = stack, top
	return r
}

func (n *primGoNode) Eval(m *Machine) Value {
	args := make([]Value, len(n.args))
	for i, a := range n.args {
		args[i] = a.Eval(m)
	}
	m.at = n.site
	return n.p.call(m, args)
}

func (n *fieldNode) Eval(m *Machine) Value { return n.read(m, n.d.eval(m)) }

func (n *fieldNode) read(m *Machine, d Value) Value {
	switch d.tag() {
	case KindDict:
		v, _ := (*Dict)(d.p).Lookup(n.name)
		return v
	case kindRecord:
		m.at = n.site // a field may hold what has no value
		v, _ := d.recordField(n.name, n.cache)
		return v
	}
	m.at = n.site
	return n.p.F2(m, d, n.key)
}

// apply generates (apply f x ... list) in tail position, where the call it makes takes no stack; nil for anything else.
func (g *Gen) apply(e *primCall) *applyNode {
	if e.p.Name != "apply" || !g.tail {
		return nil
	}
	return &applyNode{g.Values(e.args), g.Site(e.At)}
}

type applyNode struct {
	args []Node
	site *Site
}

// parts evaluates the function and its arguments.
func (n *applyNode) parts(m *Machine) (f Value, args []Value) {
	all := make([]Value, len(n.args))
	for i, a := range n.args {
		all[i] = a.Eval(m)
	}
	m.at = n.site
	return applyArgs(m, all)
}

func (n *applyNode) Eval(m *Machine) Value {
	f, args := n.parts(m)
	if l := f.Lambda(); l != nil {
		m.tail, m.tailArgs = l, args
		return Nil
	}
	return m.Call(f, args...)
}

func (n *applyNode) Emit(m *Machine) {
	f, args := n.parts(m)
	if l := f.Lambda(); l != nil {
		m.tail, m.tailArgs = l, args
		return
	}
	m.EmitCall(f, args...)
}
