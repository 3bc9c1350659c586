package sx

import (
	"fmt"
	"unicode/utf8"
)

// What a parameter asks of its value.

// failParam raises that v is wrong for parameter p of the function or component called name: msg says how.
func (m *Machine) failParam(name string, p *param, v Value, msg string) {
	if v.IsNil() && p.required {
		m.failRequired(name, p)
	}
	m.raiseParam(TypeError, name, p.title()+" "+msg, p)
}

// failRequired raises that a required parameter is nil, which is as good as missing.
func (m *Machine) failRequired(name string, p *param) {
	m.raiseParam(KeywordError, name, p.missing(), p)
}

func (m *Machine) raiseParam(k ErrorKind, name, msg string, p *param) {
	of, prefix := "", ""
	if name != "" {
		of, prefix = " of "+name, name+": "
	}
	e := m.newError(k, "%s%s", prefix, msg)
	if pos := p.site.Pos(); pos.Line > 0 {
		e.Notes = append(e.Notes, Note{p.title() + of + " is declared", pos})
	}
	panic(e)
}

// typeProblem says what is wrong with a value for a parameter, or "". A nil is as good as a missing value.
func typeProblem(p *param, v Value) string {
	t := p.typ
	nullable := false
	if n := len(t); n > 0 && t[n-1] == '?' {
		t, nullable = t[:n-1], true
	}
	if v.IsNil() {
		if nullable || !p.required {
			return ""
		}
		return "is required, got nil"
	}
	ok := true
	switch t {
	case "number", "string", "boolean", "list", "dict", "symbol":
		ok = v.Kind().String() == t
		if t == "list" && v.Kind() == KindNil {
			ok = true
		}
	case "element":
		k := v.Kind()
		ok = k == KindElement || k == KindList || k == KindSpread
	case "integer":
		ok = v.IsNumber() && v.Float() == float64(int64(v.Float()))
	case "function":
		ok = v.Callable()
	}
	if !ok {
		return "must be " + article(p.typ) + ", got " + describe(v)
	}
	return p.check.problem(v)
}

func article(t string) string {
	switch t[0] {
	case 'e', 'i', 'a':
		return "an " + t
	}
	return "a " + t
}

// problem says how v breaks the constraint, or "".
func (c *constraint) problem(v Value) string {
	if c == nil {
		return ""
	}
	size, what := 0.0, ""
	switch v.Kind() {
	case KindNumber:
		size = v.Float()
	case KindString:
		size, what = float64(utf8.RuneCountInString(v.Text())), " characters"
	case KindList:
		size, what = float64(v.Len()), " items"
	default:
		if c.min != nil || c.max != nil {
			return ""
		}
	}
	if c.min != nil && size < *c.min {
		return fmt.Sprintf("must be at least %s%s, got %s", FormatNumber(*c.min), what, FormatNumber(size))
	}
	if c.max != nil && size > *c.max {
		return fmt.Sprintf("must be at most %s%s, got %s", FormatNumber(*c.max), what, FormatNumber(size))
	}
	if c.in != nil {
		for _, x := range c.in {
			if equalValues(x, v) || x.tag() == KindKeyword && v.tag() == KindString && x.Text() == v.Text() {
				return ""
			}
		}
		return "must be one of " + Serialize(ListOf(&List{Items: c.in})) + ", got " + describe(v)
	}
	return ""
}
