package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// A style attribute takes a string or a dict. What is computed is checked declaration by declaration, and a
// declaration that could load something, end early or swallow the next one is dropped. The check is on the
// text, so that it need not know CSS: a value may hold no ";", braces, backslash, comment or line break, none
// of the functions that load, and its quotes and brackets must be balanced.

// appendStyle appends the declarations of v, escaped for an attribute.
func appendStyle(m *sx.Machine, dst []byte, v sx.Value) []byte {
	start := len(dst)
	switch v.Kind() {
	case sx.KindNil, sx.KindBool:
	case sx.KindString:
		dst = appendDeclarations(dst, v.Text())
	case sx.KindDict:
		for name, val := range v.Entries() {
			dst = appendStyleEntry(m, dst, start, name, val)
		}
	default:
		m.Fail(sx.TypeError, ":style must be a string or a dict, got %s", v.TypeName())
	}
	return dst
}

// styleOp writes a style attribute that is written as a dict, without making one.
type styleOp struct {
	pre   string
	names []string
	nodes []sx.Node
	at    *sx.Site
}

const styleOpen = ` style="`

func newStyleOp(g *sx.Gen, names []string, vals []sx.Expr, at *sx.Site) sx.Emit {
	known := []byte(styleOpen)
	for i, e := range vals {
		v, ok := g.Const(e)
		if !ok || v.Kind() > sx.KindKeyword {
			known = nil
			break
		}
		known = appendStyleEntry(nil, known, len(styleOpen), names[i], v)
	}
	switch {
	case len(known) == len(styleOpen):
		return &text{}
	case known != nil:
		return &text{string(known) + `"`}
	}
	return &styleOp{pre: styleOpen, names: names, nodes: g.Values(vals), at: at}
}

func (o *styleOp) prefix() string { return o.pre }

func (o *styleOp) after(s string) sx.Emit {
	c := *o
	c.pre = s + o.pre
	return &c
}

func (o *styleOp) Emit(m *sx.Machine) {
	m.Out = append(m.Out, o.pre...)
	begin := len(m.Out)
	for i, n := range o.nodes {
		v := n.Eval(m)
		m.At(o.at)
		m.Out = appendStyleEntry(m, m.Out, begin, o.names[i], v)
	}
	if len(m.Out) == begin {
		m.Out = m.Out[:begin-len(styleOpen)]
		return
	}
	m.Out = append(m.Out, '"')
}

// appendStyleEntry appends one declaration of a dict, with a ";" before it unless it is the first. start is
// where the declarations begin.
func appendStyleEntry(m *sx.Machine, dst []byte, start int, name string, val sx.Value) []byte {
	mark := len(dst)
	if mark > start {
		dst = append(dst, ';')
	}
	ok := false
	switch val.Kind() {
	case sx.KindNil, sx.KindBool:
	case sx.KindNumber:
		if ok = safeProperty(name); ok {
			dst = append(dst, name...)
			dst = appendNumber(append(dst, ':'), val.Float())
		}
	case sx.KindString, sx.KindKeyword, sx.KindSymbol:
		dst, ok = appendDeclaration(dst, name, val.Text())
	default:
		m.Fail(sx.TypeError, "style %s must be a string or a number, got %s", name, val.TypeName())
	}
	if !ok {
		return dst[:mark]
	}
	return dst
}

// appendDeclarations appends a computed style string: as it is when all its declarations pass, else those
// that do.
func appendDeclarations(dst []byte, s string) []byte {
	start := len(dst)
	dropped := false
	for decl := range strings.SplitSeq(s, ";") {
		name, val, ok := strings.Cut(decl, ":")
		if !ok && strings.TrimSpace(decl) == "" {
			continue
		}
		mark := len(dst)
		if mark > start {
			dst = append(dst, ';')
		}
		var good bool
		if dst, good = appendDeclaration(dst, strings.TrimSpace(name), strings.TrimSpace(val)); !ok || !good {
			dst = dst[:mark]
			dropped = true
		}
	}
	if !dropped {
		dst = appendEscaped(dst[:start], s)
	}
	return dst
}

func appendDeclaration(dst []byte, name, val string) ([]byte, bool) {
	if !safeProperty(name) || !safeStyleValue(val) {
		return dst, false
	}
	dst = append(dst, name...)
	dst = append(dst, ':')
	return appendEscaped(dst, val), true
}

// safeProperty reports whether name is the name of a CSS property that is only a matter of looks.
func safeProperty(name string) bool {
	if name == "" || strings.EqualFold(name, "behavior") || strings.EqualFold(name, "-moz-binding") {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c >= '0' && c <= '9' && i > 0) {
			return false
		}
	}
	return true
}

// loadingFunctions fetch what they name, or run it; the last ones take URLs as plain strings (CSS Images 4).
var loadingFunctions = []string{"url(", "expression(", "src(", "image(", "image-set("}

// safeStyleValue reports whether s can stand as the value of a declaration.
func safeStyleValue(s string) bool {
	var open [16]byte // closing brackets awaited
	depth := 0
	var quote byte
	parens := false
	for i := range len(s) {
		c := s[i]
		switch {
		case c < 0x20 && c != '\t' || c == 0x7F:
			return false
		case c == ';', c == '{', c == '}', c == '\\':
			return false
		case c == '/' && i+1 < len(s) && s[i+1] == '*', c == '*' && i+1 < len(s) && s[i+1] == '/':
			return false
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			if depth == len(open) {
				return false
			}
			parens = true
			open[depth] = ')'
			if c == '[' {
				open[depth] = ']'
			}
			depth++
		case c == ')' || c == ']':
			if depth == 0 || open[depth-1] != c {
				return false
			}
			depth--
		}
	}
	if quote != 0 || depth != 0 {
		return false
	}
	if parens {
		low := strings.ToLower(s)
		for _, f := range loadingFunctions {
			if strings.Contains(low, f) {
				return false
			}
		}
	}
	return true
}
