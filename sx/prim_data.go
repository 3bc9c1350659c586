package sx

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func dataPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(json-encode x)", Doc: "x as compact JSON, keys in their order.", F1: func(m *Machine, a Value) Value {
			return String(m.JSON(a))
		}},
		{Usage: "(json-decode s)", Doc: "The value of a JSON text (RFC 8259); of a key that is repeated the last value counts.", F1: jsonDecode1},
		{Usage: "(inspect x)", Doc: "x as it is written, for people.", F1: func(m *Machine, a Value) Value {
			return String(m.serialized(SerializeLimited(a, m.limits.String)))
		}},
		{Usage: "(sx-parse s)", Doc: "The one datum written in s, not evaluated.", F1: sxParse1},
		{Usage: "(sx-serialize x)", Doc: "x as it is written: reading the text gives x back.", F1: func(m *Machine, a Value) Value {
			return String(m.serialized(SerializeLimited(a, m.limits.String)))
		}},
		{Usage: "(canonical-serialize x)", Doc: "x as it is written, with sorted keys: equal values give equal text.", F1: func(m *Machine, a Value) Value {
			return String(m.serialized(canonicalLimited(a, m.limits.String)))
		}},
	}
}

func sxParse1(m *Machine, a Value) Value {
	forms, err := Read(NewSource("", m.Str("sx-parse", 0, a)), m.limits)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			m.Fail(SyntaxError, "sx-parse: line %d, column %d: %s", e.Pos.Line, e.Pos.Col, e.Message)
		}
		m.Throw(err)
	}
	if len(forms) != 1 {
		m.Fail(SyntaxError, "sx-parse: expected one datum, found %d", len(forms))
	}
	return forms[0]
}

// JSON returns v as compact JSON, as json-encode does; it fails as json-encode does.
func (m *Machine) JSON(v Value) string {
	w := jsonWriter{m: m}
	w.value(v, 0)
	return string(w.out)
}

type jsonWriter struct {
	m   *Machine
	out []byte
}

func (w *jsonWriter) value(v Value, depth int) {
	m := w.m
	m.Step(1)
	m.fits(len(w.out))
	switch v.Kind() {
	case KindNil:
		w.out = append(w.out, "null"...)
	case KindBool:
		w.out = strconv.AppendBool(w.out, v.Truthy())
	case KindNumber:
		w.out = AppendNumber(w.out, v.Float())
	case KindString, KindSymbol, KindKeyword:
		w.text(v.Text())
	case KindOpaque:
		o, _ := v.Opaque()
		w.text(o.Text)
	case KindList:
		m.nested(depth)
		s := seqOf(v)
		w.out = append(w.out, '[')
		for i := range s.n {
			if i > 0 {
				w.out = append(w.out, ',')
			}
			w.value(s.at(i), depth+1)
		}
		w.out = append(w.out, ']')
	case KindDict:
		m.nested(depth)
		w.out = append(w.out, '{')
		first := true
		for k, x := range v.Entries() {
			if !first {
				w.out = append(w.out, ',')
			}
			first = false
			w.text(k)
			w.out = append(w.out, ':')
			w.value(x, depth+1)
		}
		w.out = append(w.out, '}')
	default:
		m.Fail(TypeError, "json-encode: %s has no JSON", describe(v))
	}
}

// text escapes as ECMAScript's JSON.stringify does (ECMA-262, QuoteJSONString).
func (w *jsonWriter) text(s string) {
	w.m.fits(len(w.out) + len(s))
	w.m.Step(len(s) >> 4)
	const digits = "0123456789abcdef"
	b := append(w.out, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	w.out = append(append(b, s[from:]...), '"')
}

func jsonDecode1(m *Machine, a Value) Value {
	r := jsonReader{m: m, s: m.Str("json-decode", 0, a)}
	v := r.value(0)
	r.blanks()
	if r.i < len(r.s) {
		r.fail("expected the end of the text")
	}
	return v
}

// jsonReader reads strictly by RFC 8259.
type jsonReader struct {
	m *Machine
	s string
	i int
}

// fail says what was expected, what is there, and at which byte.
func (r *jsonReader) fail(expected string) {
	found := "the end of the text"
	if r.i < len(r.s) {
		c, _ := utf8.DecodeRuneInString(r.s[r.i:])
		found = strconv.QuoteRune(c)
	}
	r.m.Fail(SyntaxError, "json-decode: %s, found %s at offset %d", expected, found, r.i)
}

func (r *jsonReader) blanks() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

func (r *jsonReader) peek() byte {
	if r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

func (r *jsonReader) value(depth int) Value {
	r.m.Step(1)
	if depth > r.m.limits.Nesting {
		r.m.Fail(SyntaxError, "json-decode: nested deeper than %d levels at offset %d", r.m.limits.Nesting, r.i)
	}
	r.blanks()
	switch c := r.peek(); {
	case c == '{':
		return r.dict(depth)
	case c == '[':
		return r.list(depth)
	case c == '"':
		return String(r.text())
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	case strings.HasPrefix(r.s[r.i:], "true"):
		r.i += 4
		return True
	case strings.HasPrefix(r.s[r.i:], "false"):
		r.i += 5
		return False
	case strings.HasPrefix(r.s[r.i:], "null"):
		r.i += 4
		return Nil
	}
	r.fail("expected a value")
	return Nil
}

func (r *jsonReader) list(depth int) Value {
	l := &List{}
	r.i++
	r.blanks()
	if r.peek() == ']' {
		r.i++
		return ListOf(l)
	}
	for {
		grow(r.m, len(l.Items), 1)
		l.Items = append(l.Items, r.value(depth+1))
		r.blanks()
		switch r.peek() {
		case ',':
			r.i++
		case ']':
			r.i++
			return ListOf(l)
		default:
			r.fail("expected , or ]")
		}
	}
}

func (r *jsonReader) dict(depth int) Value {
	d := &Dict{}
	r.i++
	r.blanks()
	if r.peek() == '}' {
		r.i++
		return DictOf(d)
	}
	for {
		r.blanks()
		if r.peek() != '"' {
			r.fail("expected a string as key")
		}
		k := r.text()
		r.blanks()
		if r.peek() != ':' {
			r.fail("expected :")
		}
		r.i++
		grow(r.m, d.Len(), 1)
		d.Set(k, r.value(depth+1))
		r.blanks()
		switch r.peek() {
		case ',':
			r.i++
		case '}':
			r.i++
			return DictOf(d)
		default:
			r.fail("expected , or }")
		}
	}
}

func (r *jsonReader) number() Value {
	from := r.i
	digits := func() {
		n := r.i
		for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
			r.i++
		}
		if r.i == n {
			r.fail("expected a digit")
		}
	}
	if r.peek() == '-' {
		r.i++
	}
	if r.peek() == '0' { // no leading zeros
		r.i++
	} else {
		digits()
	}
	if r.peek() == '.' {
		r.i++
		digits()
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.i++
		if c := r.peek(); c == '+' || c == '-' {
			r.i++
		}
		digits()
	}
	f, err := strconv.ParseFloat(r.s[from:r.i], 64)
	if err != nil && math.IsInf(f, 0) || f > MaxSafe || f < -MaxSafe {
		r.m.Fail(RangeError, "json-decode: the number %s at offset %d is beyond the range of exact integers, ±(2^53−1)", clip(r.s[from:r.i]), from)
	}
	return Number(f)
}

func (r *jsonReader) text() string {
	r.i++
	from := r.i
	for r.i < len(r.s) { // without escapes the text is shared
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return r.s[from : r.i-1]
		case c == '\\':
			return r.escaped([]byte(r.s[from:r.i]))
		case c < 0x20:
			r.fail("expected an escape in place of a control character")
		}
		r.i++
	}
	r.fail(`expected "`)
	return ""
}

func (r *jsonReader) escaped(b []byte) string {
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '"':
			r.i++
			return string(b)
		case c < 0x20:
			r.fail("expected an escape in place of a control character")
		case c != '\\':
			b = append(b, c)
			r.i++
			continue
		}
		r.i++
		switch c := r.peek(); c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r.i++
			ch := r.hex4()
			if utf16.IsSurrogate(ch) {
				if !strings.HasPrefix(r.s[r.i:], `\u`) {
					r.fail("expected the second half of a surrogate pair")
				}
				r.i += 2
				at := r.i
				if ch = utf16.DecodeRune(ch, r.hex4()); ch == utf8.RuneError {
					r.i = at
					r.fail("expected the second half of a surrogate pair")
				}
			}
			b = utf8.AppendRune(b, ch)
			continue
		default:
			r.fail("expected an escape")
		}
		r.i++
	}
	r.fail(`expected "`)
	return ""
}

func (r *jsonReader) hex4() rune {
	var n rune
	for range 4 {
		h := hex(r.peek())
		if h < 0 {
			r.fail("expected four hexadecimal digits")
		}
		n = n<<4 | rune(h)
		r.i++
	}
	return n
}
