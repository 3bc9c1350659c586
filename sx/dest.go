package sx

// plainDest is the destination of programs that were loaded without one: a language without markup. Text
// is written as it is.
type plainDest struct{}

func (plainDest) Name() string { return "text" }
func (plainDest) Wire() bool   { return false }

func (d plainDest) Literal(g *Gen, v Value, at *Site) Emit { return &plainHole{constNode{v}} }
func (d plainDest) Hole(g *Gen, e Expr, n Node) Emit       { return &plainHole{n} }
func (d plainDest) Static(b []byte) Emit                   { return plainStatic(b) }

func (d plainDest) Seq(g *Gen, parts []Emit) Emit {
	if len(parts) == 1 {
		return parts[0]
	}
	return plainSeq(parts)
}

func (d plainDest) Component(*Gen, *CompCall) Emit { return nil }

func (d plainDest) EmitValue(m *Machine, v Value) {
	switch v.Kind() {
	case KindNil, KindBool, KindSpread:
	case KindElement:
		if e := v.Element(); !m.EmitDelayed(e) {
			m.Out = append(m.Out, e.Markup...)
		}
	case KindList:
		for i := range v.Len() {
			m.Step(1)
			d.EmitValue(m, v.Index(i))
		}
	case KindString:
		m.Out = append(m.Out, v.Text()...)
	default:
		m.Out = append(m.Out, Serialize(v)...)
	}
	m.LimitOut()
}

type (
	plainHole   struct{ n Node }
	plainSeq    []Emit
	plainStatic []byte
)

func (n *plainHole) Emit(m *Machine) { plainDest{}.EmitValue(m, n.n.Eval(m)) }

func (n plainSeq) Emit(m *Machine) {
	for _, e := range n {
		e.Emit(m)
	}
}

func (n plainStatic) Emit(m *Machine) { m.Out = append(m.Out, n...) }
