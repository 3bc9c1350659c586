package render

import (
	"context"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// Wire text as HTML. What was evaluated for the browser's sake may turn out to be ready before the page is sent;
// then it stands in the page, as the HTML that the browser would have made of it, without being evaluated a second
// time. Only the renderer's own wire text is read here: what it says was checked when it was written.
//
//	text, numbers, (tag :name value child …), (<> child …), (raw! "…")    as they are
//	(~component :name value child …)                                      expanded
//	arguments: literals, (list …), {…}, (quote x), and markup
//
// Anything else (spreads, functions' results that are components, elements that HTML hoists or reads as text) is left
// to the browser.

// HTMLOfWire returns the HTML of wire text that was written with the host made. ok is false when the text holds what only
// the browser evaluates. host is that of the HTML, and may be nil.
func (r *Renderer) HTMLOfWire(ctx context.Context, made, host *Host, text string) (markup []byte, ok bool, err error) {
	if made.spread {
		return nil, false, nil
	}
	forms, err := sx.Read(sx.NewSource("wire", text), sx.Limits{})
	if err != nil {
		return nil, false, err
	}
	w := &wireReader{prog: r.prog}
	markup, err = r.HTMLOf(ctx, host, func(m *sx.Machine) {
		for _, f := range forms {
			w.child(m, f)
		}
	})
	return markup, err == nil && !w.foreign, err
}

// wireReader expands wire text.
type wireReader struct {
	prog    *sx.Program
	foreign bool // something is for the browser alone
}

// child appends the HTML of one form.
func (w *wireReader) child(m *sx.Machine, v sx.Value) {
	m.Step(1)
	l := v.List()
	switch {
	case w.foreign:
	case l == nil:
		if v.Kind() == sx.KindSymbol || v.Kind() == sx.KindDict {
			w.foreign = true
			return
		}
		appendChild(m, v)
	case l.Len() == 0 || l.Items[0].Kind() != sx.KindSymbol:
		w.foreign = true
	default:
		m.Nest(func() { w.form(m, l.Items[0].Text(), l.Items[1:]) })
	}
}

func (w *wireReader) form(m *sx.Machine, head string, items []sx.Value) {
	switch {
	case head == "<>":
		for _, x := range items {
			w.child(m, x)
		}
	case head == "raw!" && len(items) == 1 && items[0].IsString():
		m.Out = append(m.Out, items[0].Text()...)
		m.LimitOut()
	case strings.HasPrefix(head, "~"):
		w.call(m, head, items)
	default:
		el, ok := lookupElement(head)
		if !ok || el.content != contentNormal || dropsNewline.has(el.name) || head == "title" || head == "meta" {
			w.foreign = true
			return
		}
		w.element(m, &el, items)
	}
}

func (w *wireReader) element(m *sx.Machine, el *element, items []sx.Value) {
	m.Out = append(append(m.Out, '<'), el.name...)
	var kids []sx.Value
	for i := 0; i < len(items); i++ {
		if items[i].Kind() != sx.KindKeyword || i+1 == len(items) {
			kids = append(kids, items[i])
			continue
		}
		i++
		w.attr(m, items[i-1].Text(), items[i])
	}
	m.Out = append(m.Out, '>')
	if el.void {
		w.foreign = w.foreign || len(kids) > 0
		return
	}
	for _, k := range kids {
		w.child(m, k)
	}
	m.Out = append(append(append(m.Out, "</"...), el.name...), '>')
	m.LimitOut()
}

// attr appends what genWire made of an attribute: its text, a number, or true for a bare name.
func (w *wireReader) attr(m *sx.Machine, name string, v sx.Value) {
	m.Out = append(append(m.Out, ' '), name...)
	if l := v.List(); l != nil && l.Len() == 2 && l.Items[0].IsSymbol("trusted-url") {
		v = l.Items[1]
	}
	switch {
	case v.Kind() == sx.KindBool:
		return
	case v.IsString():
		m.Out = append(appendEscaped(append(m.Out, `="`...), v.Text()), '"')
	case v.IsNumber():
		m.Out = append(appendNumber(append(m.Out, `="`...), v.Float()), '"')
	default:
		w.foreign = true
	}
}

func (w *wireReader) call(m *sx.Machine, name string, items []sx.Value) {
	c, ok := w.prog.Component(name)
	if !ok {
		w.foreign = true
		return
	}
	args := sx.NewDict(len(items) / 2)
	var kids []sx.Value
	for i := 0; i < len(items) && !w.foreign; i++ {
		if items[i].Kind() == sx.KindKeyword && i+1 < len(items) {
			i++
			args.Set(items[i-1].Text(), w.value(m, items[i]))
			continue
		}
		kids = append(kids, w.value(m, items[i]))
	}
	if !w.foreign {
		m.EmitComponent(c, args, kids...)
	}
}

// value returns an argument.
func (w *wireReader) value(m *sx.Machine, v sx.Value) sx.Value {
	m.Step(1)
	switch v.Kind() {
	case sx.KindNil, sx.KindBool, sx.KindNumber, sx.KindString:
		return v
	case sx.KindDict:
		d := sx.NewDict(v.Dict().Len())
		m.Nest(func() {
			for i := range v.Dict().Len() {
				key, x := v.Dict().At(i)
				d.Set(key, w.value(m, x))
			}
		})
		return sx.DictOf(d)
	case sx.KindList:
		items := v.List().Items
		switch {
		case len(items) == 0:
		case items[0].IsSymbol("list"):
			l := sx.NewList()
			m.Nest(func() {
				for _, x := range items[1:] {
					l.Items = append(l.Items, w.value(m, x))
				}
			})
			return sx.ListOf(l)
		case items[0].IsSymbol("quote") && len(items) == 2:
			return items[1]
		default:
			return m.MarkupOf(func() { w.child(m, v) })
		}
	}
	w.foreign = true
	return sx.Nil
}
