package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// Values in wire text. Wire text is evaluated where it arrives, so a value is written as the form that gives
// it: a list as (list …), a symbol as (quote x), markup as it is.

// appendWireString appends s as a string literal of SX on one line.
func appendWireString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s { // invalid UTF-8 gives U+FFFD
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == 0:
			dst = append(dst, "\uFFFD"...)
		case r < 0x20 || r == 0x7F:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		case r == 0x2028:
			dst = append(dst, `\u2028`...)
		case r == 0x2029:
			dst = append(dst, `\u2029`...)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}

// maxValueDepth bounds how deep a value may nest that is written as wire text or as JSON.
const maxValueDepth = 200

// appendWireValue appends the form that gives v when it is evaluated.
func appendWireValue(m *sx.Machine, dst []byte, v sx.Value, depth int) []byte {
	return appendWirePart(m, dst, v, nil, depth)
}

// appendWirePart appends the form that gives what part says of v.
func appendWirePart(m *sx.Machine, dst []byte, v sx.Value, part *sx.Part, depth int) []byte {
	if depth > maxValueDepth {
		m.Fail(sx.LimitError, "wire text: the value nests too deeply")
	}
	switch v.Kind() {
	case sx.KindNil:
		return append(dst, "nil"...)
	case sx.KindBool:
		if v.Truthy() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case sx.KindNumber:
		return appendNumber(dst, v.Float())
	case sx.KindString:
		return appendWireString(dst, v.Text())
	case sx.KindSymbol, sx.KindKeyword:
		dst = append(dst, "(quote "...)
		if v.Kind() == sx.KindKeyword {
			dst = append(dst, ':')
		}
		dst = append(dst, v.Text()...)
		return append(dst, ')')
	case sx.KindList:
		n := v.Len()
		m.Step(n)
		dst = append(dst, "(list"...)
		item := part.Item()
		for i := range n {
			dst = append(dst, ' ')
			dst = appendWirePart(m, dst, v.Index(i), item, depth+1)
		}
		return append(dst, ')')
	case sx.KindDict:
		return appendWireDict(m, dst, v, part, depth)
	case sx.KindSpread:
		dst = append(dst, "(make-spread "...)
		if d := v.SpreadDict(); !d.Written() && d.Len() > 0 {
			// The browser takes a dict form for one that stood in source.
			for i := range d.Len() {
				name, item := d.At(i)
				m.Step(1)
				dst = appendWireString(dst, name)
				dst = append(dst, ' ')
				dst = appendWireValue(m, dst, item, depth+1)
				dst = append(dst, ' ')
			}
			return append(dst[:len(dst)-1], ')')
		}
		dst = appendWireDict(m, dst, sx.DictOf(v.SpreadDict()), nil, depth)
		return append(dst, ')')
	case sx.KindElement:
		start := len(dst)
		dst = appendWireMarkup(m, dst, v)
		return oneForm(dst, start)
	case sx.KindComponent:
		return append(dst, v.Component().Name...)
	}
	if u, ok := trustedURL(v); ok {
		dst = append(dst, "(trusted-url "...)
		dst = appendWireString(dst, u)
		return append(dst, ')')
	}
	if o, ok := v.Opaque(); ok {
		return appendWireString(dst, o.Text)
	}
	m.Fail(sx.TypeError, "wire text: a %s cannot be sent to the browser", v.TypeName())
	return dst
}

func appendWireDict(m *sx.Machine, dst []byte, v sx.Value, part *sx.Part, depth int) []byte {
	dst = append(dst, '{')
	first := true
	for k, item := range v.Entries() {
		m.Step(1)
		of, read := part.Field(k)
		if !read {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		if isSymbolText(k) {
			dst = append(dst, ':')
			dst = append(dst, k...)
		} else {
			dst = appendWireString(dst, k)
		}
		dst = append(dst, ' ')
		dst = appendWirePart(m, dst, item, of, depth+1)
	}
	return append(dst, '}')
}

// isSymbolText reports whether s can be written as a keyword's name. It is stricter than the reader: letters
// beyond ASCII are quoted.
func isSymbolText(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("~*+-><=/!?&_.%", c) >= 0:
		case i > 0 && (c >= '0' && c <= '9' || c == ':' || c == '#'):
		default:
			return false
		}
	}
	return s != ""
}

// countForms counts the forms at the top of wire text, up to 2.
func countForms(s []byte) int {
	n, depth := 0, 0
	for i := 0; i < len(s) && n < 2; i++ {
		switch c := s[i]; c {
		case ' ':
		case '(', '{':
			if depth == 0 {
				n++
			}
			depth++
		case ')', '}':
			depth--
		case '"':
			if depth == 0 {
				n++
			}
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		default:
			if depth == 0 {
				n++
			}
			for i+1 < len(s) && strings.IndexByte(" (){}\"", s[i+1]) < 0 {
				i++
			}
		}
	}
	return n
}

// oneForm makes one form of what was appended after start, each form of which has a blank before it.
func oneForm(dst []byte, start int) []byte {
	body := dst[start:]
	switch countForms(body) {
	case 0:
		return append(dst[:start], "(<>)"...)
	case 1:
		n := copy(body, body[1:])
		return dst[:start+n]
	}
	dst = append(dst, "(<>)"...)
	body = dst[start:]
	copy(body[3:], body[:len(body)-4])
	copy(body, "(<>")
	dst[len(dst)-1] = ')'
	return dst
}
