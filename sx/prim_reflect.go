package sx

import "strconv"

func reflectPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(type-of x)", Doc: "The name of the type of x.", F1: func(m *Machine, a Value) Value { return String(a.TypeName()) }},
		{Usage: "(symbol-name x)", Doc: "The name of a symbol as a string.", F1: func(m *Machine, a Value) Value {
			if a.tag() != KindSymbol {
				m.ArgFail("symbol-name", 0, "a symbol", a)
			}
			return String(a.Text())
		}},
		{Usage: "(keyword-name x)", Doc: "The name of a keyword as a string. An evaluated keyword is its name already.", F1: func(m *Machine, a Value) Value {
			if k := a.tag(); k != KindKeyword && k != KindString {
				m.ArgFail("keyword-name", 0, "a keyword", a)
			}
			return String(a.Text())
		}},
		{Usage: "(apply f x ...)", Doc: "Calls f with the arguments between, followed by the items of the last one, a list.", FN: applyN},
		{Usage: "(gensym prefix?)", Doc: "A symbol that nothing else uses.", Effects: Nondeterm,
			F0: func(m *Machine) Value { return gensym(m, "g") },
			F1: func(m *Machine, a Value) Value {
				if a.tag() == KindSymbol {
					return gensym(m, a.Text())
				}
				return gensym(m, m.Str("gensym", 0, a))
			}},
	}
}

func applyN(m *Machine, args []Value) Value {
	n := len(args) - 1
	s := m.seq("apply", n, args[n])
	m.Items(n - 1 + s.n)
	all := append(make([]Value, 0, n-1+s.n), args[1:n]...)
	return m.Call(m.Fn("apply", 0, args[0]), s.copyTo(all, 0, s.n)...)
}

// gensym uses #, which nobody writes in a name of their own.
func gensym(m *Machine, prefix string) Value {
	m.gensyms++
	return Symbol(prefix + "#" + strconv.Itoa(m.gensyms))
}
