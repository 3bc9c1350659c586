package sx

import (
	"cmp"
	"slices"
	"strings"
)

// What names mean, for editors. The analyzer finds out what each symbol stands for in any case; with WithUses it notes
// it down. A name in what a macro made has no place of its own: it is noted where it stands among the arguments of
// the macro use, and left out when it stands nowhere.

// WithUses has f called whenever a load ends, also one that failed, with the program as far as it could be analysed
// and every place at which a name is bound or used: of each source by position, each once. What is given must not be
// changed; of a source that was taken over as a whole (see WithBase) it is what was given before. The program of a load that
// failed may be looked at and must not be evaluated. Without this option nothing is noted.
func WithUses(f func(p *Program, uses map[*Source][]Use)) Option {
	return func(l *loader) {
		l.useFn, l.prog.seen = f, &seenUses{all: map[*Source][]Use{}, same: map[*Source]bool{}}
	}
}

// UseKind tells what a name means.
type UseKind uint8

// The kinds of uses.
const (
	UseLocal     UseKind = iota // a parameter or another local name
	UseDef                      // a top-level definition
	UsePrimitive                // a primitive
	UseForm                     // the head of a special form, an element or another form with a rule of its own
	UseKeyword                  // the keyword of an argument, which names a parameter of Def
	UseGiven                    // a name that the definition form around it gives: of defpage a part of the path, or of :data
)

// A Use is one place at which a name stands. For an argument's keyword the name and the span are without the colon.
type Use struct {
	Kind   UseKind
	Name   string // as it is written, except for the short name of a form with two
	Source *Source
	Span   Span
	From   *Source // where the name is bound: From and Bound are Source and Span at the binding itself; nil: nowhere
	Bound  Span
	Def    *Def // of UseDef and UseKeyword; nil for the keyword of a function without a name
}

// Binds reports whether the name is bound here, and not used.
func (u *Use) Binds() bool { return u.From == u.Source && u.Bound == u.Span && u.Source != nil }

// seenUses is what WithUses collects.
type seenUses struct {
	all     map[*Source][]Use
	same    map[*Source]bool // taken over as a whole
	guessed []Use            // found by name among the arguments of a macro use
}

// use notes that a name stands at a place. from is where it is bound, or nil.
func (a *Analyzer) use(kind UseKind, name string, at, from *Site, d *Def) {
	seen := a.prog.seen
	if seen == nil || at == nil {
		return
	}
	u := Use{Kind: kind, Name: name, Def: d}
	guess := false
	if u.Source, u.Span, guess = a.written(name, at); u.Source == nil {
		return
	}
	if from != nil {
		if u.From, u.Bound, _ = a.written(name, from); u.From == nil {
			u.From, u.Bound = from.src, from.span
		}
	}
	switch {
	case seen.same[u.Source]:
	case guess:
		seen.guessed = append(seen.guessed, u)
	default:
		seen.all[u.Source] = append(seen.all[u.Source], u)
	}
}

// written gives the place at which a name is written in the text, nil when it is nowhere.
func (a *Analyzer) written(name string, at *Site) (src *Source, span Span, guess bool) {
	if src, span := at.named(name); src != nil {
		return src, span, false
	}
	if a.exp == nil || at.src != a.exp.call.src || at.span.Start < a.exp.call.span.Start || at.span.End > a.exp.call.span.End {
		return nil, Span{}, false
	}
	if s := findAtom(&Form{v: a.exp.form, site: a.exp.call}, Symbol(name), 0); s != nil {
		src, span = s.named(name)
	}
	return src, span, true
}

// named gives the place when the name alone stands there, without the colon of a keyword.
func (s *Site) named(name string) (*Source, Span) {
	if s.src == nil || int(s.span.End) > len(s.src.Text) {
		return nil, Span{}
	}
	span := s.span
	text := s.text()
	if strings.HasPrefix(text, ":") && len(text) == len(name)+1 {
		text, span.Start = text[1:], span.Start+1
	}
	if text != name {
		return nil, Span{}
	}
	return s.src, span
}

// useLocal notes a use of a local name.
func (a *Analyzer) useLocal(b *Binding, at *Site) {
	if b.given {
		a.use(UseGiven, b.Name, at, nil, nil)
	} else {
		a.use(UseLocal, b.Name, at, b.site, nil)
	}
}

// useHead notes the head of a form.
func (a *Analyzer) useHead(kind UseKind, f *Form, d *Def) {
	if a.prog.seen == nil {
		return
	}
	var from *Site
	if d != nil {
		from = d.Site
	}
	a.use(kind, f.Item(0).Text(), f.SiteOf(0), from, d)
}

// useTemplate notes the definitions that the template of a quasiquote mentions.
func (a *Analyzer) useTemplate(f *Form, depth int) {
	if a.prog.seen == nil || depth > 1000 {
		return
	}
	if name := f.symbol(); name != "" {
		if d := a.prog.defs[name]; d != nil && a.find(name) == nil {
			a.use(UseDef, name, f.site, d.Site, d)
		}
	}
	if h := f.headSymbol(); h == "unquote" || h == "splice-unquote" || h == "unquote-splicing" {
		return
	}
	for _, g := range f.Forms(0) {
		a.useTemplate(g, depth+1)
	}
}

// tellUses gives what was noted to who asked for it.
func (l *loader) tellUses() {
	seen := l.prog.seen
	if seen == nil {
		return
	}
	for _, d := range l.prog.order {
		if seen.same[d.Site.src] {
			continue
		}
		a := &Analyzer{prog: l.prog, load: l, exp: d.form.exp}
		a.use(UseDef, d.Name, d.Site, d.Site, d)
	}
	// A form may be analysed more than once: as a loop and as a function, as a call and as an element.
	tidy := func(uses []Use) []Use {
		slices.SortStableFunc(uses, func(a, b Use) int {
			return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Kind, b.Kind))
		})
		return slices.Compact(uses)
	}
	for src, uses := range seen.all {
		if !seen.same[src] {
			seen.all[src] = tidy(uses)
		}
	}
	more := map[*Source][]Use{}
	for _, u := range seen.guessed {
		if _, known := slices.BinarySearchFunc(seen.all[u.Source], u, func(a, b Use) int { return cmp.Compare(a.Span.Start, b.Span.Start) }); !known {
			more[u.Source] = append(more[u.Source], u)
		}
	}
	for src, uses := range more {
		uses = slices.CompactFunc(tidy(uses), func(a, b Use) bool { return a.Span == b.Span })
		seen.all[src] = tidy(append(seen.all[src], uses...))
	}
	seen.guessed = nil
	l.useFn(l.prog, seen.all)
}

// keepUses takes over what was noted in the forms that are kept; see WithBase.
func (l *loader) keepUses(kept map[string][]Span) {
	seen := l.prog.seen
	if seen == nil || l.base.seen == nil {
		return
	}
	for _, src := range l.prog.sources {
		old, spans := l.base.seen.all[src], kept[src.Name]
		switch {
		case len(old) == 0:
		case len(spans) == len(l.prog.read[src].vals):
			seen.all[src], seen.same[src] = old, true
		default:
			for _, u := range old {
				if within(spans, u.Span.Start) {
					seen.all[src] = append(seen.all[src], u)
				}
			}
		}
	}
}
