package sx

import "math"

// A named let whose body is one if, with a turn on one side and the result on the other, is a while loop. Its test and
// the usual steps of its variables, adding a number to one or adding two, are done in the loop itself.

type whileNode struct {
	loopNode
	on   bool      // the outcome of the test for which the loop goes on
	cond condition // the test
	slot int       // where cond is slot op k; else negative
	op   arithOp
	k    float64
	turn []update
	out  Node // evaluated at the end; it may go round again itself
}

// update is the new value of a variable of the loop.
type update struct {
	kind updateKind
	dst  int
	x, y int     // slots
	k    float64 // added to slot x
	n    Node
}

type updateKind uint8

const (
	updateNode updateKind = iota
	updateInc             // slot x + k
	updateAdd             // slot x + slot y
)

// whileLoop gives n as a while loop, or n itself.
func whileLoop(n *loopNode) Node {
	w := &whileNode{loopNode: *n, slot: -1}
	var then, other Node
	switch b := n.body.(type) {
	case *ifConst:
		w.cond, w.slot, w.op, w.k = b.cond, b.slot, b.op, b.k
		then, other = b.then.n, b.other.n
	case *ifNode:
		w.cond = b.cond
		then, other = b.then.n, b.other.n
	default:
		return n
	}
	for _, side := range []struct {
		turn, out Node
		on        bool
	}{{then, other, true}, {other, then, false}} {
		switch t := side.turn.(type) {
		case *again1Node:
			if t.loop == n.loop {
				w.turn = []update{newUpdate(t.a, t.slot)}
			}
		case *again2Node:
			if t.loop == n.loop {
				w.turn = []update{newUpdate(t.a, t.sa), newUpdate(t.b, t.sb)}
			}
		}
		if w.turn != nil {
			w.on, w.out = side.on, side.out
			return w
		}
	}
	return n
}

func newUpdate(n Node, dst int) update {
	switch n := n.(type) {
	case *incNode:
		if n.a.slot >= 0 {
			return update{kind: updateInc, dst: dst, x: n.a.slot, k: n.by, n: n}
		}
	case *addNode:
		if n.a.slot >= 0 && n.b.slot >= 0 {
			return update{kind: updateAdd, dst: dst, x: n.a.slot, y: n.b.slot, n: n}
		}
	}
	return update{dst: dst, n: n}
}

func (u *update) eval(m *Machine, s []Value) Value {
	switch u.kind {
	case updateInc:
		if a := s[u.x]; a.IsNumber() {
			if f := a.Float() + u.k; inRange(f) {
				return Number(f)
			}
		}
	case updateAdd:
		if a, b := s[u.x], s[u.y]; a.IsNumber() && b.IsNumber() {
			if f := a.Float() + b.Float(); inRange(f) {
				return Number(f)
			}
		}
	}
	return u.n.Eval(m)
}

func (n *whileNode) Eval(m *Machine) Value {
	n.start(m)
	s := m.s // evaluating an operand may grow the stack, but leaves this activation where it is
	first := &n.turn[0]
	counts := len(n.turn) == 1 && first.kind == updateInc && first.x == first.dst
	tested, counted := &none, &s[first.dst]
	if n.slot >= 0 {
		tested = &s[n.slot]
	}
	op, k, by, goesOn := n.op, n.k, first.k, n.on
	for {
		on := false
		if tested.IsNumber() {
			on = holds(op, tested.Float(), k)
		} else {
			on = n.cond.test(m)
		}
		if on != goesOn {
			r := n.out.Eval(m)
			if m.again != n.loop {
				return r
			}
			m.again = nil
		} else if f := counted.Float() + by; counts && counted.IsNumber() && inRange(f) {
			counted.n = math.Float64bits(f)
		} else if len(n.turn) == 1 {
			*counted = first.eval(m, s)
		} else {
			a := first.eval(m, s)
			b := n.turn[1].eval(m, s)
			*counted, s[n.turn[1].dst] = a, b
		}
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
	}
}

var none Value // never written
