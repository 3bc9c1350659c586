package render

import (
	"bytes"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// A spread is met among the children, when the start tag of its element is written already. It is merged
// there: the tag in the output, which this package wrote itself and can read back, gets the attributes, and
// what follows moves. That costs a little where spreads are used, and nothing where they are not: no element
// waits for its children before it writes its tag.

// spreadHole is a hole that may meet a spread.
type spreadHole interface {
	sx.Emit
	prefixed
	target() *frame
	at0(f *frame) sx.Emit
}

func (h *hole) target() *frame     { return h.spread }
func (h *slotHole) target() *frame { return h.spread }

func (h *hole) at0(f *frame) sx.Emit {
	c := *h
	f.el = h.spread.el
	c.spread = f
	return &c
}

func (h *slotHole) at0(f *frame) sx.Emit {
	c := *h
	f.el = h.spread.el
	c.spread = f
	return &c
}

// merge merges a spread into the element of f. A spread without an element is dropped.
func (f *frame) merge(m *sx.Machine, d *sx.Dict) {
	if f == nil || d == nil {
		return
	}
	start := 0
	if f.back > 0 {
		// No "<" stands in a start tag but at its beginning: values are escaped.
		start = bytes.LastIndexByte(m.Out[:len(m.Out)-f.back], '<')
	} else {
		start = int(m.Slot(f.slot).Float())
	}
	end, attrs := readTag(m.Out, start)
	for i := range d.Len() {
		name, v := d.At(i)
		m.Step(1 + len(attrs)>>4) // each is looked for among those that are there
		checkSpreadName(m, name, d.Written())
		attrs = mergeAttr(m, f.el.name, attrs, name, v)
	}
	tail := append([]byte(nil), m.Out[end:]...)
	out := append(m.Out[:start], '<')
	out = append(out, f.el.name...)
	for _, a := range attrs {
		out = append(out, a.text...)
	}
	m.Out = append(out, tail...)
	m.LimitOut()
}

// checkSpreadName fails for names that a spread may not bring. written says that the names stand in source,
// as those of &rest-attrs and of a literal dict do.
func checkSpreadName(m *sx.Machine, name string, written bool) {
	switch {
	case !validAttrName(name):
		m.Fail(sx.MarkupError, "spread: %.60q cannot be the name of an attribute", name)
	case hasPrefixFold(name, "on"):
		m.Fail(sx.MarkupError, "spread: :%.60s runs as script and must be written on the element itself", name)
	case !written && forbiddenFromData(name):
		m.Fail(sx.MarkupError, "spread: :%.60s directs the client and cannot come from data", name)
	}
}

// tagAttr is an attribute in a start tag of the output.
type tagAttr struct {
	name string // lower case
	text []byte // ` name="value"` or ` name`
}

// readTag reads back the start tag at start: where its attributes end (at ">"), and what they are. Tags have
// one form only, since this package writes them: ` name="escaped"`, where no quote or > stands inside.
func readTag(out []byte, start int) (end int, attrs []tagAttr) {
	i := start + 1
	for i < len(out) && out[i] != ' ' && out[i] != '>' {
		i++
	}
	for i < len(out) && out[i] == ' ' {
		from := i
		for i++; i < len(out) && out[i] != ' ' && out[i] != '>' && out[i] != '='; i++ {
		}
		name := strings.ToLower(string(out[from+1 : i]))
		if i < len(out) && out[i] == '=' {
			i += 2
			if n := bytes.IndexByte(out[i:], '"'); n >= 0 {
				i += n + 1
			}
		}
		attrs = append(attrs, tagAttr{name, append([]byte(nil), out[from:i]...)})
	}
	return i, attrs
}

// mergeAttr merges one attribute of a spread: classes are joined, styles follow each other, everything else
// takes the place of what was there.
func mergeAttr(m *sx.Machine, tag string, attrs []tagAttr, name string, v sx.Value) []tagAttr {
	a := attrIn(tag, name, func(string) (string, bool) { return "", false })
	low := strings.ToLower(name)
	made := a.append(m, nil, v, false)
	for i := range attrs {
		old := &attrs[i]
		if old.name != low {
			continue
		}
		switch {
		case a.kind == attrClass || a.kind == attrStyle:
			if len(made) == 0 {
				return attrs
			}
			sep := byte(' ')
			if a.kind == attrStyle {
				sep = ';'
			}
			// Both end with a quote and begin with the same name.
			text := append([]byte(nil), old.text[:len(old.text)-1]...)
			if a.kind == attrStyle && bytes.HasSuffix(text, []byte{';'}) {
				text = text[:len(text)-1]
			}
			text = append(text, sep)
			old.text = append(text, made[len(a.open):]...)
		case len(made) == 0:
			return append(attrs[:i], attrs[i+1:]...)
		default:
			old.text = made
		}
		return attrs
	}
	if len(made) > 0 {
		attrs = append(attrs, tagAttr{low, made})
	}
	return attrs
}

// spreadKid is a child of an element that takes no computed content: a spread, or nothing.
type spreadKid struct {
	node   sx.Node
	spread *frame
	at     *sx.Site
}

func (k *spreadKid) Emit(m *sx.Machine) {
	v := k.node.Eval(m)
	switch v.Kind() {
	case sx.KindNil, sx.KindBool:
	case sx.KindSpread:
		m.At(k.at)
		k.spread.merge(m, v.SpreadDict())
	default:
		m.At(k.at)
		if k.spread.el.void {
			m.Fail(sx.MarkupError, "%s is a void element and takes no children, got a %s", k.spread.el.name, v.TypeName())
		}
		m.Fail(sx.MarkupError, "%s may hold only literal text and spreads, got a %s", k.spread.el.name, v.TypeName())
	}
}
