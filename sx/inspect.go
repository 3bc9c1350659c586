package sx

import "errors"

// What generated code can be asked, so that destinations specialise their holes.

// LocalSlot reports whether n reads a slot of the current activation, and which; see Machine.Slot.
func LocalSlot(n Node) (int, bool) {
	s, ok := n.(slotNode)
	return int(s), ok
}

// Field is code that reads one key of a dict or record, as (get d "name") does; Eval fails as get does
// where the value is neither.
type Field struct{ n *fieldNode }

// FieldOf reports whether n reads a field, and of which slot (-1 when it is not a slot's).
func FieldOf(n Node) (f Field, slot int, ok bool) {
	x, ok := n.(*fieldNode)
	if !ok {
		return Field{}, 0, false
	}
	return Field{x}, x.d.slot, true
}

// Eval reads the field.
func (f Field) Eval(m *Machine) Value { return f.n.Eval(m) }

// Read reads the field of d.
func (f Field) Read(m *Machine, d Value) Value { return f.n.read(m, d) }

// Slot returns the value in a slot; see LocalSlot.
func (m *Machine) Slot(i int) Value { return m.s[i] }

// At notes the call being made, so that errors raised next have its position.
func (m *Machine) At(s *Site) { m.at = s }

// CallOf reports whether e is a call of the primitive name, and gives its arguments.
func CallOf(e Expr, name string) ([]Expr, bool) {
	c, ok := e.(*primCall)
	if !ok || c.p.Name != name {
		return nil, false
	}
	return c.args, true
}

// IsLiteral reports whether e was written as a literal (a keyword counts as its name), and gives its value.
func IsLiteral(e Expr) (Value, bool) {
	c, ok := e.(*constExpr)
	if !ok {
		return Nil, false
	}
	return c.v, true
}

// Branches returns the forms whose value e may have: the branches of control forms, e itself otherwise.
func Branches(e Expr) []Expr {
	switch e := e.(type) {
	case *ifExpr:
		out := Branches(e.then)
		if e.other != nil {
			out = append(out, Branches(e.other)...)
		}
		return out
	case *letExpr:
		return Branches(e.body)
	case *bodyExpr:
		return Branches(e.forms[len(e.forms)-1])
	case *scopeExpr:
		return Branches(e.body)
	case *caseExpr:
		var out []Expr
		for _, b := range e.bodies {
			out = append(out, Branches(b)...)
		}
		if e.other != nil {
			out = append(out, Branches(e.other)...)
		}
		return out
	case *matchExpr:
		var out []Expr
		for _, c := range e.clauses {
			out = append(out, Branches(c.body)...)
		}
		return out
	}
	return []Expr{e}
}

// Certain calls visit for e and for the markup in it that is written whenever e is: not for branches, functions, arguments,
// and what components are given.
func Certain(e Expr, visit func(Expr)) {
	visit(e)
	next := func(x Expr) { Certain(x, visit) }
	switch e := e.(type) {
	case *letExpr:
		next(e.body)
	case *scopeExpr:
		next(e.body)
	case *bodyExpr:
		for i, f := range e.forms {
			if e.keep || i == len(e.forms)-1 {
				next(f)
			}
		}
	case Custom:
		e.Walk(next)
	}
}

// Placed calls f for the forms whose markup stands where e does, as far as source says: the branches of control forms, what
// bodies keep, items of lists, what functions written in place give to map and its relatives; for e itself otherwise.
func Placed(e Expr, f func(Expr)) {
	each := func(es ...Expr) {
		for _, x := range es {
			if x != nil {
				Placed(x, f)
			}
		}
	}
	switch e := e.(type) {
	case *ifExpr:
		each(e.then, e.other)
	case *andExpr:
		each(e.items[len(e.items)-1:]...)
	case *orExpr:
		each(e.items...)
	case *letExpr:
		each(e.body)
	case *loopExpr:
		each(e.body)
	case *scopeExpr:
		each(e.body)
	case *tryExpr:
		each(e.body)
		if fn, ok := e.handler.(*fnExpr); ok {
			each(fn.body)
		} else {
			each(e.handler)
		}
	case *caseExpr:
		each(e.bodies...)
		each(e.other)
	case *matchExpr:
		for _, c := range e.clauses {
			each(c.body)
		}
	case *bodyExpr:
		for i, x := range e.forms {
			if e.keep || i == len(e.forms)-1 {
				each(x)
			}
		}
	case *dataList:
		each(e.items...)
	case *primCall:
		switch e.p.Name {
		case "list", "concat":
			each(e.args...)
			return
		case "map", "map-indexed":
			if len(e.args) > 0 {
				if fn, ok := e.args[0].(*fnExpr); ok {
					each(fn.body)
					return
				}
			}
		}
		f(e)
	default:
		f(e)
	}
}

// IsChildren reports whether e is the children of the component that it stands in.
func IsChildren(e Expr) bool {
	l, ok := e.(*localExpr)
	return ok && l.b.kids
}

// Body returns what the component evaluates to, or nil when it is written in Go.
func (c *Component) Body() Expr {
	if c.fn == nil {
		return nil
	}
	return c.fn.body
}

// Args returns the keyword arguments of a component call, in the order in which they are written: names and values.
func (e *CompCall) Args() (names []string, vals []Expr) {
	for _, a := range e.args {
		names, vals = append(names, a.name), append(vals, a.val)
	}
	for _, a := range e.attrs {
		names, vals = append(names, a.name), append(vals, a.val)
	}
	return names, vals
}

// Children returns the child forms of a component call.
func (e *CompCall) Children() []Expr { return e.children }

// ItemsOf returns the items of a list that e makes when it is evaluated: (list a b) or [a b].
func ItemsOf(e Expr) ([]Expr, bool) {
	switch e := e.(type) {
	case *dataList:
		return e.items, true
	case *primCall:
		if e.p.Name == "list" {
			return e.args, true
		}
	}
	return nil, false
}

// EntriesOf returns the keys and values of a dict form.
func EntriesOf(e Expr) (keys []string, vals []Expr, ok bool) {
	d, ok := e.(*dictExpr)
	if !ok {
		return nil, nil, false
	}
	return d.keys, d.vals, true
}

// WhenOf takes apart a form that gives then when cond is truthy, and nil otherwise.
func WhenOf(e Expr) (cond, then Expr, ok bool) {
	x, ok := e.(*ifExpr)
	if !ok {
		return nil, nil, false
	}
	if x.other != nil {
		if c, is := x.other.(*constExpr); !is || !c.v.IsNil() {
			return nil, nil, false
		}
	}
	return x.cond, x.then, true
}

// Reserve returns a slot of the function being generated that nothing else uses until release is called; see
// Machine.Slot and Machine.SetSlot.
func (g *Gen) Reserve() (slot int, release func()) {
	mark := g.fn.next
	i := g.slot()
	return i, func() { g.fn.next = mark }
}

// SetSlot stores a value in a slot that Gen.Reserve gave.
func (m *Machine) SetSlot(i int, v Value) { m.s[i] = v }

// Nest runs f one level deeper, for walks through values whose depth is not known; it fails when that is
// beyond the limit of nested calls.
func (m *Machine) Nest(f func()) {
	if m.depth++; m.depth > m.limits.Depth {
		m.depthFail()
	}
	f()
	m.depth--
}

// IsFunction reports whether e is a function written in place.
func IsFunction(e Expr) bool {
	_, ok := e.(*fnExpr)
	return ok
}

// Dest returns the destination the machine writes for.
func (m *Machine) Dest() Dest { return m.prog.dests[m.dest] }

// IsReserved reports whether name is a special form or a primitive.
func (p *Program) IsReserved(name string) bool {
	return p.special[name] != nil || p.prims[name] != nil
}

// ErrorValue returns an error as the dict that (catch e …) binds.
func ErrorValue(err error) Value {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: GoError, Message: err.Error(), Cause: err}
	}
	return e.Value()
}

// Catchable reports whether try would catch err: not limits, cancellation, and what Uncatchable made.
func Catchable(err error) bool {
	var e *Error
	return !errors.As(err, &e) || !e.passes
}

// GoFunc makes a primitive of any Go function, as WithFunc does, without registering it: its Func converts
// arguments and result.
func GoFunc(name, usage string, effects Effect, fn any) (*Primitive, error) {
	return adapt(name, usage, effects, fn)
}

// TakesChildren reports whether calls of the component may have children.
func (c *Component) TakesChildren() bool { return c.fn != nil && c.fn.rest != nil }

// DelayWith is Delay for a form that analyze makes: it runs in the scope of the delayed form.
func (a *Analyzer) DelayWith(boundary bool, at *Site, analyze func() Expr) *DelayedExpr {
	d := &DelayedExpr{ExprBase: ExprBase{at}}
	d.caps = a.function(func(fs *fnScope) {
		fs.boundary = boundary
		d.body = analyze()
	})
	return d
}

// ReadsScope reports whether c reaches a form that reads or writes the dynamic scope (context, emit!, emitted):
// what it gives then depends on where it is expanded.
func (p *Program) ReadsScope(c *Component) bool {
	found := false
	var visit func(Expr)
	visit = func(e Expr) {
		if _, ok := e.(*dynExpr); ok {
			found = true
		}
		if !found {
			e.Walk(visit)
		}
	}
	p.reach(c.Def, func(d *Def) {
		if d.expr != nil && !found {
			visit(d.expr)
		}
	})
	return found
}
