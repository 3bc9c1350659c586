package sx

// Higher-order forms whose function is written in place are loops: the function's body becomes part of the
// code around it, and no call is made.

// loopFn prepares a literal function for being a loop body: its parameters get slots.
func (g *Gen) loopFn(e Expr, n int) (*fnExpr, []setter) {
	fn, ok := e.(*fnExpr)
	if !ok || !plainFn(fn) || len(fn.params) > n {
		return nil, nil
	}
	var sets []setter
	for _, p := range fn.params {
		sets = append(sets, g.bindSlot(p.Binding))
	}
	return fn, sets
}

// mapEmit generates map and map-indexed in render position.
func (g *Gen) mapEmit(e *primCall) Emit {
	indexed := e.p.Name == "map-indexed"
	if e.p.Name != "map" && !indexed || len(e.args) != 2 {
		return nil
	}
	mark := g.fn.next
	defer func() { g.fn.next = mark }()
	n := &mapEmit{site: g.Site(e.At), name: e.p.Name, indexed: indexed}
	if c, ok := e.args[0].(*globalExpr); ok && c.def.comp != nil {
		return nil
	}
	if _, ok := e.args[0].(*fnExpr); !ok { // a named function: its markup goes straight to the output
		if _, prim := e.args[0].(*primExpr); prim {
			return nil
		}
		n.fn = g.Value(e.args[0])
		n.list = g.Value(e.args[1])
		return n
	}
	most := 1
	if indexed {
		most = 2
	}
	if r, ok := e.args[1].(*primCall); ok && r.p.Name == "range" && !indexed {
		n.counts = g.Values(r.args)
		n.rangeSite = g.Site(r.At)
	} else {
		n.list = g.Value(e.args[1])
	}
	fn, sets := g.loopFn(e.args[0], most)
	if fn == nil || len(sets) != most {
		g.fn.next = mark
		n.fn, n.counts = g.Value(e.args[0]), nil
		n.list = g.Value(e.args[1])
		return n
	}
	n.sets = sets
	if !indexed {
		if s, ok := sets[0].(slotSetter); ok {
			n.slot, n.plain = int(s), true
		}
	}
	if n.counts != nil && !n.plain {
		n.counts, n.list = nil, g.Value(e.args[1])
	}
	n.first = g.Emit(fn.body)
	n.next = n.first
	if l, ok := g.Dest().(Looper); ok {
		n.first, n.next, n.end = l.Loop(n.first)
	}
	return n
}

// Looper is a destination that merges the static end of a loop's body with the beginning of the next turn.
// Running first once, next for each further turn and then appending end must write what running body each
// time would.
type Looper interface {
	Loop(body Emit) (first, next Emit, end []byte)
}

type mapEmit struct {
	site      *Site
	name      string
	list      Node
	counts    []Node // the arguments of (range …) when that is what is mapped over: no list is made
	rangeSite *Site
	fn        Node // when the function is not written in place
	sets      []setter
	slot      int
	plain     bool // one parameter, in a slot
	indexed   bool

	first, next Emit // the body in its first and its later turns
	end         []byte
}

func (n *mapEmit) Emit(m *Machine) {
	switch {
	case n.fn != nil:
		n.emitCalls(m)
		return
	case n.counts != nil:
		n.emitRange(m)
		return
	}
	v := n.list.Eval(m)
	m.at = n.site
	body := n.first
	if l, ok := plainList(v); ok && n.plain {
		for _, x := range l.Items { // as it is now: append! in the body adds no turns
			n.turn(m, x)
			body.Emit(m)
			body = n.next
		}
		if len(l.Items) > 0 {
			m.Out = append(m.Out, n.end...)
		}
		return
	}
	n.check(m, v)
	sq := seqOf(v)
	for i := 0; i < sq.n; i++ {
		switch {
		case n.plain:
			n.turn(m, sq.at(i))
		case n.indexed:
			n.sets[0].set(m, Int(i))
			n.sets[1].set(m, sq.at(i))
			m.Step(1)
		default:
			n.sets[0].set(m, sq.at(i))
			m.Step(1)
		}
		body.Emit(m)
		body = n.next
	}
	if sq.n > 0 {
		m.Out = append(m.Out, n.end...)
	}
}

// turn begins a turn with x in the slot.
func (n *mapEmit) turn(m *Machine, x Value) {
	m.s[n.slot] = x
	if m.steps--; m.steps < 0 || int64(len(m.Out)) > m.limits.Output {
		m.at = n.site
		m.LimitOut()
		m.refill()
	}
}

// emitRange maps over the numbers of a range without making a list of them.
func (n *mapEmit) emitRange(m *Machine) {
	var nums [3]float64
	args := [3]Value{}
	for i, c := range n.counts {
		args[i] = c.Eval(m)
	}
	m.at = n.rangeSite
	for i := range n.counts {
		nums[i] = m.Num("range", i, args[i])
	}
	from, to, step := 0.0, nums[0], 1.0
	if len(n.counts) > 1 {
		from, to = nums[0], nums[1]
	}
	if len(n.counts) > 2 {
		step = nums[2]
	}
	count := rangeCount(m, from, to, step)
	body := n.first
	for i := range count {
		n.turn(m, Number(from+float64(i)*step))
		body.Emit(m)
		body = n.next
	}
	if count > 0 {
		m.Out = append(m.Out, n.end...)
	}
}

func plainList(v Value) (*List, bool) {
	if v.tag() != KindList {
		return nil, false
	}
	return (*List)(v.p), true
}

func (n *mapEmit) check(m *Machine, v Value) {
	if k := v.Kind(); k != KindList && k != KindNil {
		m.ArgFail(n.name, 1, "a list", v)
	}
}

func (n *mapEmit) emitCalls(m *Machine) {
	f := n.fn.Eval(m)
	v := n.list.Eval(m)
	m.at = n.site
	n.check(m, v)
	m.Fn(n.name, 0, f)
	l := f.Lambda()
	sq := seqOf(v)
	for i := 0; i < sq.n; i++ {
		m.Step(1)
		if l == nil {
			var r Value
			if n.indexed {
				r = m.Call2(f, Int(i), sq.at(i))
			} else {
				r = m.Call1(f, sq.at(i))
			}
			m.at = n.site
			m.prog.dests[m.dest].EmitValue(m, r)
			continue
		}
		stack, top := m.stack, m.top
		if n.indexed {
			base := m.reserve(2)
			m.stack[base], m.stack[base+1] = Int(i), sq.at(i)
			m.invokeEmit(l, base, 2)
		} else {
			base := m.reserve(1)
			m.stack[base] = sq.at(i)
			m.invokeEmit(l, base, 1)
		}
		m.stack, m.top = stack, top
	}
}

// loopPrim generates the higher-order forms in value position.
func (g *Gen) loopPrim(e *primCall) Node {
	if len(e.args) == 0 {
		return nil
	}
	if _, ok := e.args[0].(*fnExpr); !ok {
		return nil
	}
	mark := g.fn.next
	defer func() { g.fn.next = mark }()
	n := &loopPrimNode{name: e.p.Name, site: g.Site(e.At)}
	want := 1
	switch e.p.Name {
	case "map", "filter", "some", "every?", "for-each":
	case "map-indexed":
		want = 2
	case "reduce":
		want = 2
		if len(e.args) != 3 {
			return nil
		}
		n.init = g.Value(e.args[1])
	default:
		return nil
	}
	if want+len(e.args) < 3 {
		return nil
	}
	n.list = g.Value(e.args[len(e.args)-1])
	n.acc = g.slot()
	fn, sets := g.loopFn(e.args[0], want)
	if fn == nil || len(sets) != want {
		return nil
	}
	n.sets = sets
	n.body = g.Value(fn.body)
	return n
}

type loopPrimNode struct {
	name string
	site *Site
	init Node
	list Node
	sets []setter
	body Node
	acc  int
}

func (n *loopPrimNode) Eval(m *Machine) Value {
	acc := Nil
	if n.init != nil {
		acc = n.init.Eval(m)
	}
	v := n.list.Eval(m)
	m.at = n.site
	if k := v.Kind(); k != KindList && k != KindNil {
		i := 1
		if n.init != nil {
			i = 2
		}
		m.ArgFail(n.name, i, "a list", v)
	}
	var out *List
	sq := seqOf(v)
	switch n.name {
	case "map", "map-indexed":
		c := sq.n
		m.Items(c)
		out = &List{Items: make([]Value, 0, c)}
	case "filter":
		out = &List{}
	}
	turn := func(i int) Value {
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
		return sq.at(i)
	}
	switch n.name {
	case "map":
		for i := 0; i < sq.n; i++ {
			n.sets[0].set(m, turn(i))
			out.Items = append(out.Items, n.body.Eval(m))
		}
	case "map-indexed":
		for i := 0; i < sq.n; i++ {
			n.sets[0].set(m, Int(i))
			n.sets[1].set(m, turn(i))
			out.Items = append(out.Items, n.body.Eval(m))
		}
	case "filter":
		for i := 0; i < sq.n; i++ {
			x := turn(i)
			n.sets[0].set(m, x)
			if n.body.Eval(m).Truthy() {
				out.Items = append(out.Items, x)
			}
		}
	case "reduce":
		for i := 0; i < sq.n; i++ {
			n.sets[0].set(m, acc)
			n.sets[1].set(m, turn(i))
			acc = n.body.Eval(m)
		}
		return acc
	case "some":
		for i := 0; i < sq.n; i++ {
			n.sets[0].set(m, turn(i))
			if r := n.body.Eval(m); r.Truthy() {
				return r
			}
		}
		return Nil
	case "every?":
		for i := 0; i < sq.n; i++ {
			n.sets[0].set(m, turn(i))
			if !n.body.Eval(m).Truthy() {
				return False
			}
		}
		return True
	case "for-each":
		for i := 0; i < sq.n; i++ {
			n.sets[0].set(m, turn(i))
			n.body.Eval(m)
		}
		return Nil
	}
	return ListOf(out)
}
