package sx

import (
	"math"
	"strings"
)

func comparePrimitives() []*Primitive {
	order := func(usage, doc, name string, holds func(c int) bool) *Primitive {
		return &Primitive{Usage: usage, Doc: doc,
			F2: func(m *Machine, a, b Value) Value { return Bool(holds(m.compare(name, 0, a, b))) },
			FN: func(m *Machine, args []Value) Value {
				if k := args[0].tag(); k != KindNumber && k != KindString {
					m.ArgFail(name, 0, "a number or a string", args[0])
				}
				result := True
				for i := 1; i < len(args); i++ { // to the end, so that a wrong type is never missed
					if !holds(m.compare(name, i-1, args[i-1], args[i])) {
						result = False
					}
				}
				return result
			}}
	}
	return []*Primitive{
		{Usage: "(= x ...)", Doc: "Whether all are equal: numbers and text by value, lists item by item, dicts whatever their order.", F2: equal2, FN: equalN},
		{Usage: "(!= x ...)", Doc: "The opposite of =.", F2: func(m *Machine, a, b Value) Value { return Bool(!m.Equal(a, b)) }, FN: func(m *Machine, args []Value) Value {
			return Bool(!equalN(m, args).Truthy())
		}},
		order("(< x ...)", "Whether the numbers or strings rise.", "<", func(c int) bool { return c < 0 }),
		order("(> x ...)", "Whether the numbers or strings fall.", ">", func(c int) bool { return c > 0 }),
		order("(<= x ...)", "Whether the numbers or strings never fall.", "<=", func(c int) bool { return c <= 0 }),
		order("(>= x ...)", "Whether the numbers or strings never rise.", ">=", func(c int) bool { return c >= 0 }),
		{Usage: "(eq? a b)", Doc: "Whether both are the same object, or equal numbers or text.", F2: func(m *Machine, a, b Value) Value { return Bool(Same(a, b)) }},
		{Usage: "(eqv? a b)", Doc: "The same as eq?.", F2: func(m *Machine, a, b Value) Value { return Bool(Same(a, b)) }},
		{Usage: "(equal? a b)", Doc: "The same as = of two.", F2: equal2},
		{Usage: "(not x)", Doc: "true for nil and false, false for the rest.", F1: func(m *Machine, a Value) Value { return Bool(!a.Truthy()) }},
	}
}

func equal2(m *Machine, a, b Value) Value { return Bool(m.Equal(a, b)) }

func equalN(m *Machine, args []Value) Value {
	for i := 1; i < len(args); i++ {
		if !m.Equal(args[0], args[i]) {
			return False
		}
	}
	return True
}

// compare orders two numbers, or two strings by code point (which is the order of their UTF-8 bytes). Argument i of
// the primitive name is a, the next is b.
func (m *Machine) compare(name string, i int, a, b Value) int {
	switch a.tag() {
	case KindNumber:
		x, y := a.Float(), m.Num(name, i+1, b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case KindString:
		return strings.Compare(m.scan(a.Text()), m.Str(name, i+1, b))
	}
	m.ArgFail(name, i, "a number or a string", a)
	return 0
}

// Equal is deep equality, charged by the size of a.
func (m *Machine) Equal(a, b Value) bool {
	if a.IsString() {
		m.scan(a.Text())
	}
	eq, done := equalAtoms(a, b)
	if done {
		return eq
	}
	m.Step(a.Len() + a.dictLen())
	return equalValues(a, b)
}

// nested fails where data are nested deeper than calls may be: the Go stack must not grow with data.
func (m *Machine) nested(depth int) {
	if depth > min(m.limits.Depth, maxDataDepth) {
		m.Fail(LimitError, "data nested too deeply: more than %d levels; does it contain itself?", min(m.limits.Depth, maxDataDepth))
	}
}

const maxDataDepth = 10_000

func predicatePrimitives() []*Primitive {
	is := func(usage, doc string, kind Kind) *Primitive {
		return &Primitive{Usage: usage, Doc: doc, F1: func(m *Machine, a Value) Value { return Bool(a.Kind() == kind) }}
	}
	num := func(name, doc string, holds func(f float64) bool) *Primitive {
		return &Primitive{Usage: "(" + name + " x)", Doc: doc, F1: func(m *Machine, a Value) Value {
			return Bool(holds(m.Num(name, 0, a)))
		}}
	}
	parity := func(name, doc string, rest int64) *Primitive {
		return &Primitive{Usage: "(" + name + " x)", Doc: doc, F1: func(m *Machine, a Value) Value {
			f := m.Num(name, 0, a)
			n := int64(f) // every number fits
			if float64(n) != f {
				m.ArgFail(name, 0, "an integer", a)
			}
			return Bool(n&1 == rest)
		}}
	}
	return []*Primitive{
		is("(nil? x)", "Whether x is nil.", KindNil),
		is("(boolean? x)", "Whether x is true or false.", KindBool),
		is("(number? x)", "Whether x is a number.", KindNumber),
		{Usage: "(integer? x)", Doc: "Whether x is a number without a fraction.", F1: func(m *Machine, a Value) Value {
			return Bool(a.IsNumber() && a.Float() == math.Trunc(a.Float()))
		}},
		is("(string? x)", "Whether x is a string.", KindString),
		is("(symbol? x)", "Whether x is a symbol.", KindSymbol),
		is("(keyword? x)", "Whether x is a keyword, as quoted data hold them.", KindKeyword),
		is("(list? x)", "Whether x is a list.", KindList),
		is("(dict? x)", "Whether x is a dict.", KindDict),
		is("(lambda? x)", "Whether x is a function made by fn.", KindLambda),
		is("(component? x)", "Whether x is a component.", KindComponent),
		is("(element? x)", "Whether x is markup.", KindElement),
		is("(spread? x)", "Whether x is attributes to merge.", KindSpread),
		{Usage: "(empty? coll)", Doc: "Whether a list, dict or string has nothing in it; nil has not.", F1: func(m *Machine, a Value) Value {
			return Bool(m.length("empty?", a) == 0)
		}},
		parity("odd?", "Whether an integer is odd.", 1),
		parity("even?", "Whether an integer is even.", 0),
		num("zero?", "Whether a number is 0.", func(f float64) bool { return f == 0 }),
		num("positive?", "Whether a number is above 0.", func(f float64) bool { return f > 0 }),
		num("negative?", "Whether a number is below 0.", func(f float64) bool { return f < 0 }),
		{Usage: "(contains? coll x)", Doc: "Whether a string has the substring x, a list the item x, a dict the key x.", F2: contains2},
		{Usage: "(has-key? d key)", Doc: "Whether a dict has the key.", F2: func(m *Machine, a, b Value) Value {
			m.needDict("has-key?", 0, a)
			_, ok := a.Lookup(m.key("has-key?", 1, b))
			return Bool(ok)
		}},
	}
}

func contains2(m *Machine, a, b Value) Value {
	switch a.Kind() {
	case KindNil:
		return False
	case KindString:
		return Bool(strings.Contains(m.scan(a.Text()), m.Str("contains?", 1, b)))
	case KindList:
		return Bool(m.indexIn(seqOf(a), b) >= 0)
	case KindDict:
		_, ok := a.Lookup(m.key("contains?", 1, b))
		return Bool(ok)
	}
	m.ArgFail("contains?", 0, "a string, a list or a dict", a)
	return Nil
}

// indexIn returns the place of the first item equal to v, or -1.
func (m *Machine) indexIn(s seq, v Value) int {
	m.Step(s.n)
	for i := range s.n {
		if m.Equal(s.at(i), v) {
			return i
		}
	}
	return -1
}
