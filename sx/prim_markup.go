package sx

func markupPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(raw! html)", Doc: "Markup that is not escaped: the one way around escaping. Only for text you trust.", F1: func(m *Machine, a Value) Value {
			switch a.tag() {
			case KindNil:
				return ElementOf(&Element{})
			case KindElement:
				return a
			}
			return ElementOf(&Element{Markup: m.Str("raw!", 0, a)})
		}},
		{Usage: "(make-spread attrs ...)", Doc: "Attributes, from a dict or as keys and values, that the element around them takes over.", FN: makeSpreadN},
		{Usage: "(spread-attrs spread)", Doc: "A dict of the attributes of a spread.", F1: func(m *Machine, a Value) Value {
			d := a.SpreadDict()
			if d == nil {
				m.ArgFail("spread-attrs", 0, "a spread", a)
			}
			return DictOf(d.Clone(0))
		}},
	}
}

func makeSpreadN(m *Machine, args []Value) Value {
	d := &Dict{}
	if len(args) == 1 && !args[0].IsString() {
		m.needDict("make-spread", 0, args[0])
		m.Items(args[0].dictLen())
		d = cloneDict(args[0], 0)
		if from := args[0]; from.tag() == KindDict {
			d.written = from.Dict().written
		}
	} else {
		m.pairsOf("make-spread", 0, args)
		for i := 0; i < len(args); i += 2 {
			d.Set(args[i].Text(), args[i+1])
		}
	}
	return SpreadOf(d)
}
