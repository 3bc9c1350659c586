package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// attrKind says how an attribute is written.
type attrKind uint8

const (
	attrPlain attrKind = iota
	attrBool           // present or absent
	attrEnum           // "true" and "false" are keywords: aria-*, draggable
	attrClass
	attrStyle
	attrURL    // checked by a urlRule
	attrEvent  // on*: literal strings only
	attrSrcdoc // markup in an attribute: data in it is escaped twice
)

// attr is what is known of an attribute of an element by its name.
type attr struct {
	name string // as written
	kind attrKind
	url  urlRule
	open string // ` name="`
}

// attrOf gives the rules for the attribute name of element tag. Names are case-insensitive for all rules.
func attrOf(tag, name string) attr {
	a := attr{name: name, open: " " + name + `="`}
	low := strings.ToLower(name)
	switch {
	case low == "class":
		a.kind = attrClass
	case low == "style":
		a.kind = attrStyle
	case strings.HasPrefix(low, "on"):
		a.kind = attrEvent
	case low == "srcdoc":
		a.kind = attrSrcdoc
	case booleanAttrs.has(low):
		a.kind = attrBool
	case strings.HasPrefix(low, "aria-"), enumeratedAttrs.has(low):
		a.kind = attrEnum
	default:
		if a.url = urlRuleOf(strings.ToLower(tag), low); a.url != urlNone {
			a.kind = attrURL
		}
	}
	return a
}

// attrIn is attrOf for an attribute whose meaning depends on its neighbours: the content of a meta, and the
// values of an SVG animation. other gives the literal value of another attribute of the element; known is
// false where it is computed or may come from a spread, and then the stricter rule holds.
func attrIn(tag, name string, other func(name string) (value string, known bool)) attr {
	a := attrOf(tag, name)
	switch strings.ToLower(tag) {
	case "meta":
		if strings.EqualFold(name, "content") {
			if v, known := other("http-equiv"); !known || strings.EqualFold(strings.TrimSpace(v), "refresh") {
				a.kind, a.url = attrURL, urlRefresh
			}
		}
	case "animate", "set", "animatemotion", "animatetransform":
		switch strings.ToLower(name) {
		case "to", "from", "by", "values":
			if v, known := other("attributename"); !known || strings.HasSuffix(strings.ToLower(strings.TrimSpace(v)), "href") {
				a.kind, a.url = attrURL, urlAny
				if strings.EqualFold(name, "values") {
					a.url = urlAnimate
				}
			}
		}
	}
	return a
}

// append writes the attribute with value v, or nothing where it is to be left out. literal says that v stands
// in the source.
func (a *attr) append(m *sx.Machine, dst []byte, v sx.Value, literal bool) []byte {
	switch v.Kind() {
	case sx.KindNil:
		return dst
	case sx.KindBool:
		switch {
		case a.kind == attrEnum:
			dst = append(dst, a.open...)
			if v.Truthy() {
				return append(dst, `true"`...)
			}
			return append(dst, `false"`...)
		case !v.Truthy(), a.kind == attrClass, a.kind == attrStyle:
			return dst
		case a.kind != attrBool:
			dst = append(dst, a.open...)
			return append(dst, '"')
		}
	}
	switch a.kind {
	case attrBool:
		dst = append(dst, ' ')
		return append(dst, a.name...)
	case attrClass:
		mark := len(dst)
		dst = append(dst, a.open...)
		begin := len(dst)
		if dst = appendClass(m, dst, v, begin); len(dst) == begin {
			return dst[:mark]
		}
	case attrStyle:
		mark := len(dst)
		dst = append(dst, a.open...)
		begin := len(dst)
		if literal && v.IsString() {
			dst = appendEscaped(dst, v.Text())
		} else {
			dst = appendStyle(m, dst, v)
		}
		if len(dst) == begin {
			return dst[:mark]
		}
	case attrEvent:
		if !literal {
			m.Fail(sx.MarkupError, "attribute :%s must be a literal string, as it runs as script", a.name)
		}
		dst = append(dst, a.open...)
		dst = appendEscaped(dst, atomText(v))
	case attrURL:
		dst = append(dst, a.open...)
		if u, ok := trustedURL(v); ok {
			dst = appendEscaped(dst, u)
		} else {
			dst = appendEscaped(dst, safeURL(a.url, a.text(m, v), literal))
		}
	case attrSrcdoc:
		dst = append(dst, a.open...)
		if e := v.Element(); e != nil && !e.IsDelayed() {
			dst = appendEscaped(dst, e.Markup)
		} else {
			dst = appendEscaped(dst, escaped(a.text(m, v)))
		}
	default:
		dst = append(dst, a.open...)
		switch {
		case v.IsString():
			dst = appendEscaped(dst, v.Text())
		case v.IsNumber():
			dst = appendNumber(dst, v.Float())
		default:
			dst = appendEscaped(dst, a.text(m, v))
		}
	}
	return append(dst, '"')
}

// text gives the text of an attribute's value, or fails when it has none.
func (a *attr) text(m *sx.Machine, v sx.Value) string {
	switch v.Kind() {
	case sx.KindString, sx.KindKeyword, sx.KindSymbol, sx.KindNumber:
		return atomText(v)
	case sx.KindOpaque:
		if o, _ := v.Opaque(); o.Text != "" {
			return o.Text
		}
	}
	hint := ""
	switch v.Kind() {
	case sx.KindList, sx.KindDict:
		if low := strings.ToLower(a.name); v.Kind() == sx.KindDict && (strings.HasPrefix(low, "data-") || strings.HasPrefix(low, "sx-")) {
			return m.JSON(v)
		}
		hint = " (json-encode makes text of it)"
	}
	article := "a"
	if v.Kind() == sx.KindElement {
		article = "an"
	}
	m.Fail(sx.TypeError, "attribute :%s cannot be %s %s%s", a.name, article, v.TypeName(), hint)
	return ""
}

// atomText gives the text of a string, keyword, symbol or number.
func atomText(v sx.Value) string {
	if v.IsNumber() {
		return sx.FormatNumber(v.Float())
	}
	return v.Text()
}

// appendClass appends the class names of v, separated by blanks, escaped. begin is where the attribute's value
// began.
func appendClass(m *sx.Machine, dst []byte, v sx.Value, begin int) []byte {
	switch v.Kind() {
	case sx.KindNil, sx.KindBool:
	case sx.KindString, sx.KindKeyword, sx.KindSymbol:
		dst = appendName(dst, v.Text(), begin)
	case sx.KindNumber:
		dst = appendName(dst, atomText(v), begin)
	case sx.KindList:
		n := v.Len()
		m.Step(n)
		for i := range n {
			if item := v.Index(i); item.Kind() == sx.KindList {
				dst = appendClassList(m, dst, item, begin)
			} else {
				dst = appendClass(m, dst, item, begin)
			}
			if len(dst)-begin > 1<<16 {
				m.Bytes(len(dst) - begin)
			}
		}
	case sx.KindDict:
		m.Step(v.Len())
		for name, on := range v.Entries() {
			if on.Truthy() {
				dst = appendName(dst, name, begin)
			}
		}
	default:
		m.Fail(sx.TypeError, ":class must be a string, a list or a dict, got %s", v.TypeName())
	}
	return dst
}

// appendClassList appends those of a list in a list, which may contain itself.
func appendClassList(m *sx.Machine, dst []byte, v sx.Value, begin int) []byte {
	m.Nest(func() { dst = appendClass(m, dst, v, begin) })
	return dst
}

func appendName(dst []byte, name string, begin int) []byte {
	if name == "" {
		return dst
	}
	if len(dst) > begin {
		dst = append(dst, ' ')
	}
	return appendEscaped(dst, name)
}

// trustedURLType is the opaque type that (trusted-url s) gives.
const trustedURLType = "trusted-url"

func trustedURL(v sx.Value) (string, bool) {
	if o, ok := v.Opaque(); ok && o.Type == trustedURLType {
		return o.Text, true
	}
	return "", false
}
