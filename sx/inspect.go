package sx

// What generated code can be asked, so that destinations specialise their holes.

// LocalSlot tells whether n reads a slot of the current activation, and which; see Machine.Slot.
func LocalSlot(n Node) (int, bool) {
	s, ok := n.(slotNode)
	return int(s), ok
}

// ConstNode tells whether n is a constant.
func ConstNode(n Node) (Value, bool) {
	c, ok := n.(constNode)
	return c.v, ok
}

// Field is code that reads one key of a dict or record, as (get d "name") does; Eval fails as get does
// where the value is neither.
type Field struct{ n *fieldNode }

// FieldOf tells whether n reads a field, and of which slot (-1 when it is not a slot's).
func FieldOf(n Node) (f Field, slot int, ok bool) {
	x, ok := n.(*fieldNode)
	if !ok {
		return Field{}, 0, false
	}
	if s, isSlot := x.d.(slotNode); isSlot {
		return Field{x}, int(s), true
	}
	return Field{x}, -1, true
}

// Eval reads the field.
func (f Field) Eval(m *Machine) Value { return f.n.Eval(m) }

// Read reads the field of d.
func (f Field) Read(m *Machine, d Value) Value { return f.n.read(m, d) }

// Slot gives the value in a slot; see LocalSlot.
func (m *Machine) Slot(i int) Value { return m.s[i] }

// At notes the call being made, so that errors raised next have its position.
func (m *Machine) At(s *Site) { m.at = s }

// CallOf tells whether e is a call of the primitive name, and gives its arguments.
func CallOf(e Expr, name string) ([]Expr, bool) {
	c, ok := e.(*primCall)
	if !ok || c.p.Name != name {
		return nil, false
	}
	return c.args, true
}

// IsLiteral tells whether e was written as a literal (a keyword counts as its name), and gives its value.
func IsLiteral(e Expr) (Value, bool) {
	c, ok := e.(*constExpr)
	if !ok {
		return Nil, false
	}
	return c.v, true
}

// IsChildren tells whether e names the children of a component.
func IsChildren(e Expr) bool {
	l, ok := e.(*localExpr)
	return ok && l.b.kids
}

// Branches gives the forms whose value e may have: the branches of control forms, e itself otherwise.
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

// Args gives the keyword arguments of a component call in the order they are written, with the names they
// are given by, and its children.
func (c *CompCall) Args() (names []string, vals []Expr) {
	for _, a := range c.args {
		names, vals = append(names, a.name), append(vals, a.val)
	}
	for _, a := range c.attrs {
		names, vals = append(names, a.name), append(vals, a.val)
	}
	return names, vals
}

// Children gives the child forms of a component call.
func (c *CompCall) Children() []Expr { return c.children }
