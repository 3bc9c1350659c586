package sx

import "math"

func mathPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(+ x? ...)", Doc: "Adds numbers; 0 without any.", F2: add2, FN: addN},
		{Usage: "(- x y? ...)", Doc: "Subtracts the others from the first number; negates a single one.", F1: neg1, F2: sub2, FN: subN},
		{Usage: "(* x? ...)", Doc: "Multiplies numbers; 1 without any.", F2: mul2, FN: mulN},
		{Usage: "(/ x y? ...)", Doc: "Divides the first number by the others; a single one gives its inverse.", F1: inverse1, F2: div2, FN: divN},
		{Usage: "(mod x y)", Doc: "The remainder of floored division: it has the sign of y.", F2: mod2},
		{Usage: "(pow x y)", Doc: "x to the power of y; exact for integers.", F2: pow2},
		{Usage: "(sqrt x)", Doc: "The square root.", F1: sqrt1},
		{Usage: "(abs x)", Doc: "The magnitude.", F1: func(m *Machine, a Value) Value { return Number(math.Abs(m.Num("abs", 0, a))) }},
		{Usage: "(floor x)", Doc: "The next integer below or equal.", F1: func(m *Machine, a Value) Value { return Number(math.Floor(m.Num("floor", 0, a))) }},
		{Usage: "(ceil x)", Doc: "The next integer above or equal.", F1: func(m *Machine, a Value) Value { return Number(math.Ceil(m.Num("ceil", 0, a))) }},
		{Usage: "(round x digits?)", Doc: "Rounds half away from zero to that many digits after the point (negative: before it).", F1: round1, F2: round2},
		{Usage: "(min x ...)", Doc: "The smallest number.", FN: func(m *Machine, args []Value) Value { return extreme(m, "min", args, -1) }},
		{Usage: "(max x ...)", Doc: "The largest number.", FN: func(m *Machine, args []Value) Value { return extreme(m, "max", args, 1) }},
		{Usage: "(clamp x low high)", Doc: "x, but not below low and not above high.", F3: clamp3},
		{Usage: "(inc x)", Doc: "x + 1.", F1: func(m *Machine, a Value) Value { return m.CheckedNumber("inc", m.Num("inc", 0, a)+1) }},
		{Usage: "(dec x)", Doc: "x - 1.", F1: func(m *Machine, a Value) Value { return m.CheckedNumber("dec", m.Num("dec", 0, a)-1) }},
	}
}

func add2(m *Machine, a, b Value) Value {
	if a.IsNumber() && b.IsNumber() {
		return m.CheckedNumber("+", a.Float()+b.Float())
	}
	return m.CheckedNumber("+", m.Num("+", 0, a)+m.Num("+", 1, b))
}

// addN checks every partial sum: 2^53 + 1 - 1 would otherwise lose a unit without a word.
func addN(m *Machine, args []Value) Value {
	sum := Number(0)
	for i, a := range args {
		sum = m.CheckedNumber("+", sum.Float()+m.Num("+", i, a))
	}
	return sum
}

func neg1(m *Machine, a Value) Value { return Number(-m.Num("-", 0, a)) }

func sub2(m *Machine, a, b Value) Value {
	if a.IsNumber() && b.IsNumber() {
		return m.CheckedNumber("-", a.Float()-b.Float())
	}
	return m.CheckedNumber("-", m.Num("-", 0, a)-m.Num("-", 1, b))
}

func subN(m *Machine, args []Value) Value {
	v := Number(m.Num("-", 0, args[0]))
	for i, a := range args[1:] {
		v = m.CheckedNumber("-", v.Float()-m.Num("-", i+1, a))
	}
	return v
}

func mul2(m *Machine, a, b Value) Value {
	if a.IsNumber() && b.IsNumber() {
		return m.CheckedNumber("*", a.Float()*b.Float())
	}
	return m.CheckedNumber("*", m.Num("*", 0, a)*m.Num("*", 1, b))
}

func mulN(m *Machine, args []Value) Value {
	v := Number(1)
	for i, a := range args {
		v = m.CheckedNumber("*", v.Float()*m.Num("*", i, a))
	}
	return v
}

func inverse1(m *Machine, a Value) Value { return div2(m, Number(1), Number(m.Num("/", 0, a))) }

func div2(m *Machine, a, b Value) Value {
	x, y := m.Num("/", 0, a), m.Num("/", 1, b)
	if y == 0 {
		m.Fail(RangeError, "/: division by zero")
	}
	return m.CheckedNumber("/", x/y)
}

func divN(m *Machine, args []Value) Value {
	v := Number(m.Num("/", 0, args[0]))
	for i, a := range args[1:] {
		y := m.Num("/", i+1, a)
		if y == 0 {
			m.Fail(RangeError, "/: division by zero")
		}
		v = m.CheckedNumber("/", v.Float()/y)
	}
	return v
}

func mod2(m *Machine, a, b Value) Value {
	x, y := m.Num("mod", 0, a), m.Num("mod", 1, b)
	if y == 0 {
		m.Fail(RangeError, "mod: division by zero")
	}
	if i, j := int64(x), int64(y); float64(i) == x && float64(j) == y { // math.Mod is fifty times slower
		r := i % j
		if r != 0 && (r < 0) != (j < 0) {
			r += j
		}
		return Number(float64(r))
	}
	r := math.Mod(x, y)
	if r != 0 && (r < 0) != (y < 0) {
		r += y
	}
	return m.CheckedNumber("mod", r)
}

// pow2 multiplies integers out: both hosts must agree on integer powers to the last digit, and math.Pow does not
// promise that.
func pow2(m *Machine, a, b Value) Value {
	x, y := m.Num("pow", 0, a), m.Num("pow", 1, b)
	if y != math.Trunc(y) {
		if x > 0 && x < 0x1p-1022 { // math.Pow takes the logarithm of such a number wrong on some machines
			return m.CheckedNumber("pow", math.Pow(x*0x1p60, y)*math.Pow(0x1p-60, y))
		}
		return m.CheckedNumber("pow", math.Pow(x, y))
	}
	if x == 0 && y < 0 {
		m.Fail(RangeError, "pow: division by zero")
	}
	r, base := 1.0, x
	for n := math.Abs(y); n > 0 && r != 0; n = math.Floor(n / 2) {
		if math.Mod(n, 2) == 1 {
			r *= base
		}
		base *= base
		if math.IsInf(base, 0) && n >= 2 {
			r = math.Copysign(math.Inf(1), r)
			break
		}
	}
	if y < 0 {
		r = 1 / r
	}
	return m.CheckedNumber("pow", r)
}

func sqrt1(m *Machine, a Value) Value {
	return m.CheckedNumber("sqrt", math.Sqrt(m.Num("sqrt", 0, a)))
}

func round1(m *Machine, a Value) Value { return Number(math.Round(m.Num("round", 0, a))) }

func round2(m *Machine, a, b Value) Value {
	x := m.Num("round", 0, a)
	return m.CheckedNumber("round", roundTo(x, m.intBetween("round", 1, b, -100, 100)))
}

// intBetween returns argument i as an integer within bounds, or fails.
func (m *Machine) intBetween(name string, i int, v Value, low, high int) int {
	n := m.Integer(name, i, v)
	if n < low || n > high {
		m.Fail(RangeError, "%s: argument %d must be from %d to %d, got %d", name, i+1, low, high, n)
	}
	return n
}

func extreme(m *Machine, name string, args []Value, sign float64) Value {
	best := m.Num(name, 0, args[0])
	for i, a := range args[1:] {
		if f := m.Num(name, i+1, a); (f-best)*sign > 0 {
			best = f
		}
	}
	return Number(best)
}

func clamp3(m *Machine, a, b, c Value) Value {
	x, low, high := m.Num("clamp", 0, a), m.Num("clamp", 1, b), m.Num("clamp", 2, c)
	if low > high {
		m.Fail(RangeError, "clamp: the lower bound %s is above the upper bound %s", FormatNumber(low), FormatNumber(high))
	}
	return Number(min(max(x, low), high))
}
