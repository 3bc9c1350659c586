package sx

// Arithmetic and comparisons of two numbers are computed in place. Anything else, such as a result out of range, goes
// to the primitive itself, which reports what is wrong.

type arithOp uint8

const (
	opAdd arithOp = iota
	opSub
	opMul
	opLess
	opMore
	opLessEq
	opMoreEq
	opEqual
	opInc
	opDec
)

var arithOps = map[string]arithOp{"+": opAdd, "-": opSub, "*": opMul, "<": opLess, ">": opMore, "<=": opLessEq,
	">=": opMoreEq, "=": opEqual, "inc": opInc, "dec": opDec}

// arith generates such a node, or gives nil.
func (g *Gen) arith(e *primCall) Node {
	if e.p.F1 == nil && e.p.F2 == nil {
		return nil // an application's own primitive of that name
	}
	op, ok := arithOps[e.p.Name]
	if !ok {
		return nil
	}
	site := g.Site(e.At)
	if op == opInc || op == opDec {
		if len(e.args) != 1 {
			return nil
		}
		by := 1.0
		if op == opDec {
			by = -1
		}
		return &incNode{e.p, newOperand(g.Value(e.args[0])), by, site}
	}
	if len(e.args) != 2 {
		return nil
	}
	b := binary{e.p, newOperand(g.Value(e.args[0])), newOperand(g.Value(e.args[1])), site}
	if k, ok := b.b.n.(constNode); ok && k.v.IsNumber() {
		switch f := k.v.Float(); op {
		case opAdd:
			return &incNode{e.p, b.a, f, site}
		case opSub:
			return &incNode{e.p, b.a, -f, site}
		case opLess, opMore, opLessEq, opMoreEq, opEqual:
			return &compareConst{e.p, op, b.a, f, site}
		}
	}
	switch op {
	case opAdd:
		return &addNode{b}
	case opSub:
		return &subNode{b}
	case opMul:
		return &mulNode{b}
	}
	return &compareNode{b, op}
}

type binary struct {
	p    *Primitive
	a, b operand
	site *Site
}

func (n *binary) slow(m *Machine, a, b Value) Value {
	m.at = n.site
	return n.p.F2(m, a, b)
}

type (
	addNode struct{ binary }
	subNode struct{ binary }
	mulNode struct{ binary }
	// incNode adds a number known at load.
	incNode struct {
		p    *Primitive
		a    operand
		by   float64
		site *Site
	}
	compareNode struct {
		binary
		op arithOp
	}
	// compareConst compares with a number known at load.
	compareConst struct {
		p    *Primitive
		op   arithOp
		a    operand
		k    float64
		site *Site
	}
)

var (
	_ condition = (*compareNode)(nil)
	_ condition = (*compareConst)(nil)
)

func inRange(f float64) bool { return f <= MaxSafe && f >= -MaxSafe }

func (n *incNode) Eval(m *Machine) Value {
	a := n.a.eval(m)
	if a.IsNumber() {
		if f := a.Float() + n.by; inRange(f) {
			return Number(f)
		}
	}
	return n.slow(m, a)
}

func (n *incNode) slow(m *Machine, a Value) Value {
	m.at = n.site
	switch by := n.by; n.p.Name {
	case "+":
		return n.p.F2(m, a, Number(by))
	case "-":
		return n.p.F2(m, a, Number(-by))
	}
	return n.p.F1(m, a)
}

func (n *addNode) Eval(m *Machine) Value {
	a := n.a.eval(m)
	b := n.b.eval(m)
	if a.IsNumber() && b.IsNumber() {
		if f := a.Float() + b.Float(); inRange(f) {
			return Number(f)
		}
	}
	return n.slow(m, a, b)
}

func (n *subNode) Eval(m *Machine) Value {
	a := n.a.eval(m)
	b := n.b.eval(m)
	if a.IsNumber() && b.IsNumber() {
		if f := a.Float() - b.Float(); inRange(f) {
			return Number(f)
		}
	}
	return n.slow(m, a, b)
}

func (n *mulNode) Eval(m *Machine) Value {
	a := n.a.eval(m)
	b := n.b.eval(m)
	if a.IsNumber() && b.IsNumber() {
		if f := a.Float() * b.Float(); inRange(f) {
			return Number(f)
		}
	}
	return n.slow(m, a, b)
}

func holds(op arithOp, x, y float64) bool {
	switch op {
	case opLess:
		return x < y
	case opMore:
		return x > y
	case opLessEq:
		return x <= y
	case opMoreEq:
		return x >= y
	}
	return x == y
}

func (n *compareNode) Eval(m *Machine) Value { return Bool(n.test(m)) }

func (n *compareNode) test(m *Machine) bool {
	a := n.a.eval(m)
	b := n.b.eval(m)
	if a.IsNumber() && b.IsNumber() {
		return holds(n.op, a.Float(), b.Float())
	}
	return n.slow(m, a, b).Truthy()
}

func (n *compareConst) Eval(m *Machine) Value { return Bool(n.test(m)) }

func (n *compareConst) test(m *Machine) bool {
	a := n.a.eval(m)
	if a.IsNumber() {
		return holds(n.op, a.Float(), n.k)
	}
	m.at = n.site
	return n.p.F2(m, a, Number(n.k)).Truthy()
}
