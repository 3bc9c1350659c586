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
	x, y int   // slots
	kv   Value // added to slot x
	n    Node
}

type updateKind uint8

const (
	updateNode updateKind = iota
	updateInc             // slot x + k
	updateAdd             // slot x + slot y
)

// whileLoop returns n as a while loop, or n itself.
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
			return update{kind: updateInc, dst: dst, x: n.a.slot, kv: Number(n.by), n: n}
		}
	case *addNode:
		if n.a.slot >= 0 && n.b.slot >= 0 {
			return update{kind: updateAdd, dst: dst, x: n.a.slot, y: n.b.slot, n: n}
		}
	}
	return update{dst: dst, n: n}
}

func (u *update) eval(m *Machine, s []Value) Value {
	if x, y, ok := u.adds(s); ok && x.IsNumber() && y.IsNumber() {
		if f := x.Float() + y.Float(); inRange(f) {
			return Number(f)
		}
	}
	return u.n.Eval(m)
}

// adds reports whether u adds two numbers, and where they stand.
func (u *update) adds(s []Value) (x, y *Value, ok bool) {
	switch u.kind {
	case updateInc:
		return &s[u.x], &u.kv, true
	case updateAdd:
		return &s[u.x], &s[u.y], true
	}
	return nil, nil, false
}

func (n *whileNode) Eval(m *Machine) Value {
	n.start(m)
	s := m.s // evaluating an operand may grow the stack, but leaves this activation where it is
	first, last := &n.turn[0], &n.turn[len(n.turn)-1]
	ax, ay, adds := first.adds(s)
	bx, by, both := last.adds(s)
	both = both && adds && len(n.turn) == 2
	adds = adds && len(n.turn) == 1
	a, b := &s[first.dst], &s[last.dst]
	tested := &none
	if n.slot >= 0 {
		tested = &s[n.slot]
	}
	// Whether the loop goes on where the slot is below, at, and above k.
	k, below, at, above := n.k, holds(n.op, 0, 1) == n.on, holds(n.op, 1, 1) == n.on, holds(n.op, 1, 0) == n.on
	counts := adds && first.kind == updateInc && a == ax && a == tested
	for {
		if counts {
			n.count(m, a, below, at, above)
		}
		goes := false
		if tested.IsNumber() {
			if f := tested.Float(); f < k {
				goes = below
			} else if f > k {
				goes = above
			} else {
				goes = at
			}
		} else {
			goes = n.cond.test(m) == n.on
		}
		switch {
		case !goes:
			r := n.out.Eval(m)
			if m.again != n.loop {
				return r
			}
			m.again = nil
		case adds && ax.IsNumber() && ay.IsNumber() && inRange(ax.Float()+ay.Float()):
			a.become(ax.Float() + ay.Float())
		case both && ax.IsNumber() && ay.IsNumber() && bx.IsNumber() && by.IsNumber() && inRange(ax.Float()+ay.Float()) && inRange(bx.Float()+by.Float()):
			f, g := ax.Float()+ay.Float(), bx.Float()+by.Float()
			a.become(f)
			b.become(g)
		case first == last:
			*a = first.eval(m, s)
		default:
			x := first.eval(m, s)
			y := last.eval(m, s)
			*a, *b = x, y
		}
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
	}
}

// count goes round as long as nothing but the tested variable changes, and stays within range.
func (n *whileNode) count(m *Machine, v *Value, below, at, above bool) {
	if !v.IsNumber() {
		return
	}
	k, by := n.k, n.turn[0].kv.Float()
	for {
		f := v.Float()
		goes := at
		if f < k {
			goes = below
		} else if f > k {
			goes = above
		}
		if f += by; !goes || !inRange(f) {
			return
		}
		v.n = math.Float64bits(f)
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
	}
}

// become makes v the number f. A number that becomes another needs no store of the pointer, which would cost a look at
// the garbage collector's state.
func (v *Value) become(f float64) {
	if v.IsNumber() {
		v.n = math.Float64bits(f)
	} else {
		*v = Number(f)
	}
}

var none Value // never written
