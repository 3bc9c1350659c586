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
	f, all := applyArgs(m, args)
	return m.Call(f, all...)
}

// applyArgs returns the function that apply calls, and the arguments: those between, and the items of the last one.
func applyArgs(m *Machine, args []Value) (f Value, all []Value) {
	n := len(args) - 1
	s := m.seq("apply", n, args[n])
	m.Items(n - 1 + s.n)
	all = append(make([]Value, 0, n-1+s.n), args[1:n]...)
	return m.Fn("apply", 0, args[0]), s.copyTo(all, 0, s.n)
}

// gensym uses #, which nobody writes in a name of their own.
func gensym(m *Machine, prefix string) Value {
	m.gensyms++
	return Symbol(prefix + "#" + strconv.Itoa(m.gensyms))
}

func componentPrimitives() []*Primitive {
	of := func(name, doc string, f func(m *Machine, c *Component) Value) *Primitive {
		return &Primitive{Usage: "(" + name + " component)", Doc: doc, F1: func(m *Machine, a Value) Value {
			c := a.Component()
			if c == nil {
				m.ArgFail(name, 0, "a component", a)
			}
			return f(m, c)
		}}
	}
	return []*Primitive{
		of("component-name", "The name of a component, with its ~.", func(m *Machine, c *Component) Value { return String(c.Name) }),
		of("component-params", "The names of its keyword parameters.", func(m *Machine, c *Component) Value { return stringList(c.Params()) }),
		of("component-affinity", "Its affinity: auto, client or server.", func(m *Machine, c *Component) Value { return String(c.Affinity) }),
		of("component-deps", "The names of the components it reaches.", func(m *Machine, c *Component) Value { return stringList(c.Deps(m.prog)) }),
		of("component-pure?", "Whether it reaches no IO.", func(m *Machine, c *Component) Value { return Bool(c.Pure(m.prog)) }),
	}
}

func stringList(texts []string) Value {
	items := make([]Value, len(texts))
	for i, s := range texts {
		items[i] = String(s)
	}
	return ListOf(&List{Items: items})
}
