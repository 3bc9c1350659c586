package sx

// The nodes of value position. Each is small, and does its work without looking a name up.

type (
	constNode    struct{ v Value }
	slotNode     int
	slotCellNode int
	capNode      int
	capCellNode  int
	globalNode   struct {
		def  *Def
		site *Site
	}
	ifNode struct {
		cond        condition
		then, other operand
	}
	// ifConst is an if whose test compares a slot with a number known at load.
	ifConst struct {
		slot        int
		k           float64
		op          arithOp
		cond        *compareConst
		then, other operand
	}
	andNode  struct{ items []Node }
	orNode   struct{ items []Node }
	caseNode struct {
		key            Node
		labels, bodies []Node
		other          Node
	}
	letNode struct {
		inits []bindInit
		body  Node
	}
	let1Node struct {
		slot int
		v    Node
		body Node
	}
	loopNode struct {
		loop  *loopTarget
		site  *Site
		inits []Node
		sets  []setter
		body  Node
	}
	againNode struct {
		loop  *loopTarget
		args  []operand
		sets  []setter
		slots []int // of the variables; nil where one of them lives in a cell
		tmp   int
	}
	again1Node struct {
		loop *loopTarget
		a    Node
		slot int
	}
	again2Node struct {
		loop   *loopTarget
		a, b   Node
		sa, sb int
	}
	seqNode struct {
		first []Node
		last  Node
	}
	lambdaConst struct{ l *Lambda }
	closureNode struct {
		code *Code
		caps []Node
	}
	delayNode struct {
		code *Code
		caps []Node
	}
	kidItem struct {
		v    Value
		code *Code
	}
	kidsNode struct {
		items []kidItem
		caps  []Node
	}
	defineNode struct {
		set setter
		v   Node
	}
	setSlot struct {
		i int
		v Node
	}
	setCell struct {
		cell Node
		v    Node
		name string
		site *Site
	}
	setGlobal struct {
		def  *Def
		v    Node
		site *Site
	}
	listNode struct{ items []Node }
	dictNode struct {
		keys []string
		vals []Node
	}
	quasiNode struct {
		items  []Node
		splice []bool
		site   *Site
	}
	markupNode struct{ e Emit }
	headNode   struct{ fn, call, element Node }
)

func (n constNode) Eval(m *Machine) Value { return n.v }

func (n slotNode) Eval(m *Machine) Value { return m.s[n] }

func (n capNode) Eval(m *Machine) Value { return m.caps[n] }

func (n capCellNode) Eval(m *Machine) Value { return m.caps[n].cell().v }

func (n slotCellNode) Eval(m *Machine) Value { return m.s[n].cell().v }

func (n *globalNode) Eval(m *Machine) Value {
	if n.def.ready == 2 {
		return n.def.val
	}
	m.at = n.site
	return m.force(n.def)
}

func newIf(c, t, e Node) Node {
	if k, ok := c.(*compareConst); ok && k.a.slot >= 0 {
		return &ifConst{k.a.slot, k.k, k.op, k, newOperand(t), newOperand(e)}
	}
	return &ifNode{newCondition(c), newOperand(t), newOperand(e)}
}

func (n *ifConst) Eval(m *Machine) Value {
	a := m.s[n.slot]
	yes := false
	if a.IsNumber() {
		yes = holds(n.op, a.Float(), n.k)
	} else {
		yes = n.cond.test(m)
	}
	if yes {
		return n.then.eval(m)
	}
	return n.other.eval(m)
}

func (n *ifNode) Eval(m *Machine) Value {
	if n.cond.test(m) {
		return n.then.eval(m)
	}
	return n.other.eval(m)
}

func (n *andNode) Eval(m *Machine) Value {
	v := True
	for _, x := range n.items {
		if v = x.Eval(m); !v.Truthy() {
			return v
		}
	}
	return v
}

func (n *orNode) Eval(m *Machine) Value {
	v := Nil
	for _, x := range n.items {
		if v = x.Eval(m); v.Truthy() {
			return v
		}
	}
	return v
}

func (n *caseNode) pick(m *Machine) int {
	k := n.key.Eval(m)
	for i, l := range n.labels {
		if m.equal(l.Eval(m), k) {
			return i
		}
	}
	return -1
}

func (n *caseNode) Eval(m *Machine) Value {
	if i := n.pick(m); i >= 0 {
		return n.bodies[i].Eval(m)
	}
	return n.other.Eval(m)
}

func (m *Machine) equal(a, b Value) bool { return equalValues(a, b) }

func (n *letNode) Eval(m *Machine) Value {
	for i := range n.inits {
		v := n.inits[i].v.Eval(m)
		n.inits[i].set.set(m, v)
	}
	return n.body.Eval(m)
}

func (n *let1Node) Eval(m *Machine) Value {
	v := n.v.Eval(m)
	m.s[n.slot] = v
	return n.body.Eval(m)
}

func (n *loopNode) start(m *Machine) {
	for i, x := range n.inits {
		v := x.Eval(m)
		n.sets[i].set(m, v)
	}
}

func (n *loopNode) Eval(m *Machine) Value {
	n.start(m)
	for {
		r := n.body.Eval(m)
		if m.again != n.loop {
			return r
		}
		m.again = nil
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
	}
}

func (n *againNode) Eval(m *Machine) Value {
	for i := range n.args {
		v := n.args[i].eval(m)
		m.s[n.tmp+i] = v
	}
	if n.slots != nil {
		s := m.s
		for i, to := range n.slots {
			s[to] = s[n.tmp+i]
		}
	} else {
		for i, s := range n.sets {
			s.set(m, m.s[n.tmp+i])
		}
	}
	m.again = n.loop
	return Nil
}

func (n *again1Node) Eval(m *Machine) Value {
	v := n.a.Eval(m)
	m.s[n.slot] = v
	m.again = n.loop
	return Nil
}

func (n *again2Node) Eval(m *Machine) Value {
	a := n.a.Eval(m)
	b := n.b.Eval(m)
	m.s[n.sa], m.s[n.sb] = a, b
	m.again = n.loop
	return Nil
}

func (n *seqNode) Eval(m *Machine) Value {
	for _, x := range n.first {
		x.Eval(m)
	}
	return n.last.Eval(m)
}

func (n *lambdaConst) Eval(m *Machine) Value { return LambdaOf(n.l) }

func evalCaps(m *Machine, caps []Node) []Value {
	if len(caps) == 0 {
		return nil
	}
	out := make([]Value, len(caps))
	for i, c := range caps {
		out[i] = c.Eval(m)
	}
	return out
}

func (n *closureNode) Eval(m *Machine) Value {
	return LambdaOf(&Lambda{code: n.code, caps: evalCaps(m, n.caps)})
}

func (n *delayNode) Eval(m *Machine) Value {
	return ElementOf(&Element{delayed: n.code, caps: evalCaps(m, n.caps)})
}

func (n *kidsNode) Eval(m *Machine) Value {
	l := &List{Items: make([]Value, len(n.items)), frozen: true}
	caps := evalCaps(m, n.caps)
	for i, k := range n.items {
		if k.code == nil {
			l.Items[i] = k.v
		} else {
			l.Items[i] = ElementOf(&Element{delayed: k.code, caps: caps})
		}
	}
	return ListOf(l)
}

func (n *defineNode) Eval(m *Machine) Value {
	v := n.v.Eval(m)
	n.set.set(m, v)
	return Nil
}

func (n *setSlot) Eval(m *Machine) Value {
	v := n.v.Eval(m)
	m.s[n.i] = v
	return v
}

func (n *setCell) Eval(m *Machine) Value {
	v := n.v.Eval(m)
	c := n.cell.Eval(m).cell()
	if c.frozen {
		m.at = n.site
		m.Fail(FrozenError, "set!: %s is frozen: a loaded program does not change", n.name)
	}
	c.v = v
	return v
}

func (n *setGlobal) Eval(m *Machine) Value {
	v := n.v.Eval(m)
	if m.prog.frozen {
		m.at = n.site
		m.Fail(FrozenError, "set!: %s is a definition of the program, which does not change once it is loaded", n.def.Name)
	}
	m.force(n.def)
	n.def.val = v
	return v
}

func (n *listNode) Eval(m *Machine) Value {
	l := &List{Items: make([]Value, len(n.items))}
	m.Step(4 + len(n.items))
	for i, x := range n.items {
		l.Items[i] = x.Eval(m)
	}
	return ListOf(l)
}

func (n *dictNode) Eval(m *Machine) Value {
	d := NewDict(len(n.keys))
	for i, k := range n.keys {
		d.Set(k, n.vals[i].Eval(m))
	}
	d.written = true
	return DictOf(d)
}

func (n *quasiNode) Eval(m *Machine) Value {
	l := &List{}
	for i, x := range n.items {
		v := x.Eval(m)
		if n.splice[i] {
			m.at = n.site
			if v.Kind() != KindList && !v.IsNil() {
				m.Fail(TypeError, "splice-unquote: a list is expected, got %s", describe(v))
			}
			items := m.Seq("splice-unquote", 0, v)
			m.Items(len(l.Items) + len(items))
			l.Items = append(l.Items, items...)
			continue
		}
		l.Items = append(l.Items, v)
	}
	return ListOf(l)
}

func (n *markupNode) Eval(m *Machine) Value {
	start := len(m.Out)
	n.e.Emit(m)
	s := string(m.Out[start:])
	m.Out = m.Out[:start]
	m.Bytes(len(s))
	return ElementOf(&Element{Markup: s, Wire: m.prog.dests[m.dest].Wire()})
}

func (n *headNode) Eval(m *Machine) Value {
	if n.fn.Eval(m).Callable() {
		return n.call.Eval(m)
	}
	return n.element.Eval(m)
}

// Control: errors, dynamic scope.

// runTop evaluates code that belongs to no function.
func (m *Machine) runTop(n Node, slots int) Value {
	s, caps, stack, top := m.s, m.caps, m.stack, m.top
	base := m.reserve(slots)
	m.s, m.caps = m.stack[base:base+slots], nil
	r := n.Eval(m)
	m.s, m.caps, m.stack, m.top = s, caps, stack, top
	return r
}
