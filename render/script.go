package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// appendScriptJSON appends v as JSON that can stand inside a script element, an event handler or a template
// literal: < > & ' ` and U+2028/9 are written as \uXXXX, which JSON and JavaScript read alike (WHATWG HTML,
// "Restrictions for contents of script elements").
func appendScriptJSON(m *sx.Machine, dst []byte, v sx.Value, depth int) []byte {
	if depth > maxValueDepth {
		m.Fail(sx.LimitError, "json: the value nests too deeply")
	}
	switch v.Kind() {
	case sx.KindNil:
		return append(dst, "null"...)
	case sx.KindBool:
		if v.Truthy() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case sx.KindNumber:
		return appendNumber(dst, v.Float())
	case sx.KindString, sx.KindKeyword, sx.KindSymbol:
		return appendScriptString(dst, v.Text())
	case sx.KindList:
		n := v.Len()
		m.Step(n)
		dst = append(dst, '[')
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendScriptJSON(m, dst, v.Index(i), depth+1)
		}
		return append(dst, ']')
	case sx.KindDict:
		dst = append(dst, '{')
		first := true
		for k, item := range v.Entries() {
			m.Step(1)
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = appendScriptString(dst, k)
			dst = append(dst, ':')
			dst = appendScriptJSON(m, dst, item, depth+1)
		}
		return append(dst, '}')
	}
	if o, ok := v.Opaque(); ok {
		return appendScriptString(dst, o.Text)
	}
	m.Fail(sx.TypeError, "json: a %s has no JSON", v.TypeName())
	return dst
}

// appendScriptString appends s as a string literal of JSON that can stand inside a script element; see appendScriptJSON.
func appendScriptString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s { // invalid UTF-8 gives U+FFFD
		switch {
		case r == '\\':
			dst = append(dst, '\\', '\\')
		case r == '"':
			dst = append(dst, '\\', '"')
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20, r == '<', r == '>', r == '&', r == '\'', r == '`', r == 0x7F:
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

// scriptHazard returns what in the literal text of a script or style element would end it early or change how
// the parser reads it, or "". text is all the literal text of the element; JSON values in between can hold
// none of it and are left out.
func scriptHazard(text string) string {
	low := strings.ToLower(text)
	for _, h := range []string{"</script", "<script", "<!--", "</style"} {
		if strings.Contains(low, h) {
			return h
		}
	}
	return ""
}

// appendComment appends an HTML comment whose text cannot end it (WHATWG HTML, "Comments": the text must not
// begin with > or ->, hold --, or end with -). Blanks keep those apart.
func appendComment(dst []byte, s string) []byte {
	dst = append(dst, "<!--"...)
	begin := len(dst)
	if strings.HasPrefix(s, ">") || strings.HasPrefix(s, "->") || strings.HasPrefix(s, "-") {
		dst = append(dst, ' ')
	}
	for _, r := range s {
		if r == '-' && len(dst) > begin && dst[len(dst)-1] == '-' {
			dst = append(dst, ' ')
		}
		if r == 0 {
			r = 0xFFFD
		}
		dst = append(dst, string(r)...)
	}
	if len(dst) > begin && (dst[len(dst)-1] == '-' || dst[len(dst)-1] == '!') {
		dst = append(dst, ' ')
	}
	return append(dst, "-->"...)
}
