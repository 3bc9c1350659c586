package sx

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Rounding here works on the exact binary value, half away from zero. A double that is no integer is odd/2^k, and
// then its decimal expansion has exactly k digits after the point, the last of which is 5. So a tie at p places
// exists if and only if k = p+1; in every other case strconv rounds correctly already.

// fractionBits returns k for the exact value odd/2^k of f; 0 for integers.
func fractionBits(f float64) int {
	b := math.Float64bits(f)
	exp := int(b>>52) & 0x7FF
	frac := b & (1<<52 - 1)
	if exp == 0 {
		exp = 1
	} else {
		frac |= 1 << 52
	}
	if frac == 0 {
		return 0
	}
	return max(0, 1075-exp-bits.TrailingZeros64(frac))
}

// appendDecimal appends f with exactly places digits after the point. Minus zero is written without its sign.
func appendDecimal(dst []byte, f float64, places int) []byte {
	from := len(dst)
	if fractionBits(f) != places+1 {
		dst = strconv.AppendFloat(dst, f, 'f', places, 64)
	} else {
		dst = strconv.AppendFloat(dst, f, 'f', places+1, 64) // exact; ends in 5
		dst = dst[:len(dst)-1]
		if places == 0 {
			dst = dst[:len(dst)-1] // the point
		}
		dst = increment(dst, from)
	}
	if dst[from] == '-' && !strings.ContainsAny(string(dst[from:]), "123456789") {
		dst = append(dst[:from], dst[from+1:]...)
	}
	return dst
}

// increment adds one unit in the last place to the magnitude of the decimal that starts at from.
func increment(dst []byte, from int) []byte {
	if dst[from] == '-' {
		from++
	}
	for i := len(dst) - 1; i >= from; i-- {
		switch dst[i] {
		case '.':
		case '9':
			dst[i] = '0'
		default:
			dst[i]++
			return dst
		}
	}
	dst = append(dst, 0)
	copy(dst[from+1:], dst[from:])
	dst[from] = '1'
	return dst
}

// roundTo rounds to digits after the point, or before it where digits is negative.
func roundTo(f float64, digits int) float64 {
	switch {
	case digits == 0:
		return math.Round(f)
	case digits > 0:
		if fractionBits(f) <= digits {
			return f
		}
		r, _ := strconv.ParseFloat(string(appendDecimal(nil, f, digits)), 64)
		return r
	case digits < -16: // 10^17/2 is above every number
		return 0
	}
	unit := math.Pow10(-digits)
	rest := math.Mod(math.Abs(f), unit) // Mod and the difference are exact
	r := math.Abs(f) - rest
	if rest >= unit/2 {
		r += unit
	}
	return math.Copysign(r, f)
}

func numberTextPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(format-decimal n places)", Doc: "The number with exactly that many digits after the point, rounded half away from zero.", F2: formatDecimal2},
		{Usage: "(format-number n)", Doc: "The number with its integer digits grouped in threes by a comma.", F1: formatNumber1},
		{Usage: "(parse-int s default?)", Doc: "The integer written in s; what is none gives the default or nil.", F1: func(m *Machine, a Value) Value {
			return parseNumber(m, "parse-int", a, Nil, true)
		}, F2: func(m *Machine, a, b Value) Value { return parseNumber(m, "parse-int", a, b, true) }},
		{Usage: "(parse-float s default?)", Doc: "The number written in s; what is none gives the default or nil.", F1: func(m *Machine, a Value) Value {
			return parseNumber(m, "parse-float", a, Nil, false)
		}, F2: func(m *Machine, a, b Value) Value { return parseNumber(m, "parse-float", a, b, false) }},
	}
}

func formatDecimal2(m *Machine, a, b Value) Value {
	f := m.Num("format-decimal", 0, a)
	return String(string(appendDecimal(nil, f, m.intBetween("format-decimal", 1, b, 0, 100))))
}

func formatNumber1(m *Machine, a Value) Value {
	f := m.Num("format-number", 0, a)
	s := strconv.FormatFloat(f, 'f', -1, 64)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
		if s == "0" {
			sign = ""
		}
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if fraction != "" {
		fraction = "." + fraction
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	b.WriteString(fraction)
	return String(b.String())
}

// parseNumber takes what the reader takes as a number, and blanks around it. nil, as missing form fields are, cannot
// be parsed; a number is taken as it is. What is out of range cannot be parsed either: it comes from people.
func parseNumber(m *Machine, name string, v, otherwise Value, integer bool) Value {
	switch v.tag() {
	case KindNil:
		return otherwise
	case KindNumber:
		if integer && v.Float() != math.Trunc(v.Float()) {
			return otherwise
		}
		return v
	}
	s := trimSpace(m.Str(name, 0, v))
	if !isNumberText(s, integer) {
		return otherwise
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f > MaxSafe || f < -MaxSafe {
		return otherwise
	}
	return Number(f)
}

// isNumberText reports whether s is "-"? digit+ ("." digit+)? ([eE] [+-]? digit+)?, or its integer part alone.
func isNumberText(s string, integer bool) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	s = strings.TrimPrefix(s, "-")
	if !digits() {
		return false
	}
	if integer {
		return s == ""
	}
	if strings.HasPrefix(s, ".") {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}
