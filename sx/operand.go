package sx

// An operand is what a node reads: a slot of the current activation, which is read in place, or the value of another
// node. Most operands are slots; reading them without a call through an interface is what makes arithmetic quick.
type operand struct {
	slot int // negative: n
	n    Node
}

func newOperand(n Node) operand {
	if s, ok := n.(slotNode); ok {
		return operand{int(s), n}
	}
	return operand{-1, n}
}

func operands(ns []Node) []operand {
	out := make([]operand, len(ns))
	for i, n := range ns {
		out[i] = newOperand(n)
	}
	return out
}

func (o *operand) eval(m *Machine) Value {
	if o.slot >= 0 {
		return m.s[o.slot]
	}
	return o.n.Eval(m)
}

// condition is a node whose truth can be had without making a value of it.
type condition interface {
	Node
	test(m *Machine) bool
}

type truthOf struct{ Node }

func (n truthOf) test(m *Machine) bool { return n.Eval(m).Truthy() }

func newCondition(n Node) condition {
	if c, ok := n.(condition); ok {
		return c
	}
	return truthOf{n}
}
