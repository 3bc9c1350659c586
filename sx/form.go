package sx

import (
	"slices"
	"strconv"
)

// Form is a datum that is about to be analysed, with its place.
type Form struct {
	v    Value
	site *Site
	exp  *expansion // the macro use that made it, or nil
}

// expansion is a macro use being expanded.
type expansion struct {
	macro *Def
	call  *Site // the outermost use, as the user wrote it
	form  Value // the form of that use
	depth int
}

// Value returns the datum.
func (f *Form) Value() Value { return f.v }

// Site returns its place.
func (f *Form) Site() *Site { return f.site }

// Len returns the number of items of a list form; other forms have none.
func (f *Form) Len() int {
	if f.v.tag() != KindList {
		return 0
	}
	return len((*List)(f.v.p).Items)
}

// Item returns the datum of item i.
func (f *Form) Item(i int) Value { return (*List)(f.v.p).Items[i] }

// Form returns item i as a form.
func (f *Form) Form(i int) *Form {
	l := (*List)(f.v.p)
	return f.sub(l.Items[i], l.info(), i)
}

// SiteOf returns the place of item i.
func (f *Form) SiteOf(i int) *Site { return f.Form(i).site }

// Forms returns the items from i on as forms.
func (f *Form) Forms(i int) []*Form {
	if i >= f.Len() {
		return nil
	}
	out := make([]*Form, 0, f.Len()-i)
	for ; i < f.Len(); i++ {
		out = append(out, f.Form(i))
	}
	return out
}

func (f *Form) sub(v Value, in formInfo, i int) *Form {
	if in.src == nil {
		return f.of(v) // a list that Go made: what was read keeps its own place
	}
	s := &Form{v: v, site: f.site, exp: f.exp}
	if i < len(in.items) && f.trusted(in) {
		s.site = &Site{place: place{in.src, in.items[i]}}
	}
	return s
}

// trusted reports whether the spans of in may be shown: inside an expansion only those of the macro's
// arguments may, everything else was made by the macro and stands where the macro was used.
func (f *Form) trusted(in formInfo) bool {
	if f.exp == nil {
		return true
	}
	c := f.exp.call
	return c.src == in.src && in.span.Start >= c.span.Start && in.span.End <= c.span.End
}

// of makes a form of a datum that stands inside f, with its own place when it has one.
func (f *Form) of(v Value) *Form {
	s := &Form{v: v, site: f.site, exp: f.exp}
	if in := infoOf(v); in.src != nil && f.trusted(in) {
		s.site = &Site{place: place{in.src, in.span}}
	}
	return s
}

func infoOf(v Value) formInfo {
	switch v.tag() {
	case KindList:
		return (*List)(v.p).info()
	case KindDict:
		return (*Dict)(v.p).info()
	}
	return formInfo{}
}

// bracketed reports whether the form was written as […].
func (f *Form) bracketed() bool {
	return f.v.tag() == KindList && (*List)(f.v.p).bracket
}

// headSymbol returns the name of the symbol at the head of a list form, or "".
func (f *Form) headSymbol() string {
	if f.v.tag() != KindList || f.Len() == 0 || f.bracketed() {
		return ""
	}
	if h := f.Item(0); h.tag() == KindSymbol {
		return h.Text()
	}
	return ""
}

func (f *Form) symbol() string {
	if f.v.tag() == KindSymbol {
		return f.v.Text()
	}
	return ""
}

func (f *Form) keyword() string {
	if f.v.tag() == KindKeyword {
		return f.v.Text()
	}
	return ""
}

// Entry returns the i-th key of a dict form, and its value as a form.
func (f *Form) Entry(i int) (string, *Form) { return f.entry(i) }

// With returns a list form of items at the place of f, for definitions that put parts together. Items that
// were read keep their own places, and those that f has theirs: atoms that were read are told apart by where their text is.
func (f *Form) With(items ...Value) *Form {
	l := NewList(items...)
	if f.v.tag() == KindList {
		old := (*List)(f.v.p)
		if in := old.info(); in.src != nil {
			spans := make([]Span, len(items))
			for i, v := range items {
				own := infoOf(v)
				at := i
				if i >= len(old.Items) || v != old.Items[i] {
					at = slices.Index(old.Items, v)
				}
				switch {
				case at >= 0 && at < len(in.items):
					spans[i] = in.items[at]
				case own.src == in.src:
					spans[i] = own.span
				case own.src != nil: // of another source: no table can tell
					return &Form{v: ListOf(l), site: f.site, exp: f.exp}
				default:
					spans[i] = f.site.span
				}
			}
			l.places = infoTable(in.src, f.site.span, spans)
		}
	}
	return &Form{v: ListOf(l), site: f.site, exp: f.exp}
}

// entry returns the i-th key and value of a dict form.
func (f *Form) entry(i int) (string, *Form) {
	d := (*Dict)(f.v.p)
	return d.keys[i], f.sub(d.vals[i], d.info(), 2*i+1)
}

func itoa(i int) string { return strconv.Itoa(i) }
