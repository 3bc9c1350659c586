package sx

import (
	"cmp"
	"slices"
	"strings"
)

// Loading again after an edit takes over from the program before, the base, what the edit cannot have changed:
//
//	a source    whose text is the same is not read again: its forms are those of the base
//	a name      is bound to something else as soon as a definition comes or goes, so that the base is of no use
//	            beyond its forms unless both programs define the same names
//	a definition or a custom form is kept when its source is unchanged and everything it mentions is kept;
//	            it is the very object of the base, with its expression, its code and its value
//	what acts   on others while the program loads (set!, dict-set!, IO) or on what registered it (Analyzer.Acts)
//	            is never kept, nor is what it reaches
//
// Kept objects are shared with the base, which may still be evaluating: nothing writes to them.

// WithBase makes loading take over what did not change since base was loaded. base must have been loaded with the
// same options, apart from this one, and without errors; nil is none. When a load with a base fails, load without
// one: a clean load alone tells what is wrong, and sometimes it succeeds.
func WithBase(base *Program) Option {
	return func(l *loader) {
		if base != nil && base.frozen && len(base.diags.Errors()) == 0 {
			l.base = base
		}
	}
}

// readForms is what reading a source gave.
type readForms struct {
	vals  []Value
	spans []Span
}

// customRec is what the analysis of one custom form made.
type customRec struct {
	fns  []*Fn
	next int // of the functions to be taken over
}

// plain reports whether a form was handled without making a function of it, as a table of settings is.
func (c *customRec) plain() bool { return c != nil && len(c.fns) == 0 }

// Analyzed names what was analysed when the program was loaded, in that order: all definitions and custom forms, or
// with a base those that were not taken over. A custom form is named by its head and name: "defpage home".
func (p *Program) Analyzed() []string { return p.analyzed }

// reread returns the sources that the base has read already in place of those with the same name and text.
func (l *loader) reread(srcs []*Source) []*Source {
	if l.base == nil {
		return srcs
	}
	old := make(map[string]*Source, len(l.base.sources))
	for _, s := range l.base.sources {
		old[s.Name] = s
	}
	out := make([]*Source, len(srcs))
	for i, s := range srcs {
		out[i] = s
		if o := old[s.Name]; o != nil && o.Text == s.Text {
			out[i] = o
		}
	}
	return out
}

// forms reads a source, or takes over what the base has read.
func (l *loader) forms(src *Source) readForms {
	if l.base != nil {
		if r, ok := l.base.read[src]; ok {
			l.prog.read[src] = r
			return r
		}
	}
	vals, spans, err := readAll(src, l.prog.limits.Nesting, true) // frozen: programs share them
	if err != nil {
		l.prog.diags = append(l.prog.diags, err)
		return readForms{vals, spans}
	}
	l.prog.read[src] = readForms{vals, spans}
	return l.prog.read[src]
}

// takeOver puts the definitions of the base that are kept in place of those that were collected.
func (l *loader) takeOver() {
	p, base := l.prog, l.base
	l.kept = map[*Def]bool{}
	if base == nil {
		return
	}
	p.gensyms.Store(base.gensyms.Load())
	if len(base.defs) != len(p.defs) || len(p.diags.Errors()) > 0 {
		return
	}
	same := make(map[*Def]bool, len(p.defs)) // of the base: those that stand unchanged
	for name, d := range p.defs {
		old := base.defs[name]
		if old == nil || old.kind != d.kind || (old.comp == nil) != (d.comp == nil) {
			return
		}
		if d.comp != nil && (old.comp.external == nil) != (d.comp.external == nil) {
			return
		}
		same[old] = !old.acts && old.state == 2 && d.form.exp == nil && old.form.exp == nil && d.form.site.place == old.form.site.place
	}
	users := map[*Def][]*Def{}
	var changed []*Def
	for _, d := range base.order {
		for _, r := range d.refs {
			users[r] = append(users[r], d)
		}
		if !same[d] {
			changed = append(changed, d)
		}
	}
	for len(changed) > 0 {
		d := changed[len(changed)-1]
		changed = changed[:len(changed)-1]
		for _, u := range users[d] {
			if same[u] {
				same[u] = false
				changed = append(changed, u)
			}
		}
	}
	for i, d := range p.order {
		if old := base.defs[d.Name]; same[old] {
			p.defs[d.Name], p.order[i] = old, old
			l.kept[old] = true
		}
	}
	l.reuse = true
}

// keptCustom returns what the base made of a custom form, when all of it is kept.
func (l *loader) keptCustom(f *Form) *customRec {
	if !l.reuse || f.exp != nil {
		return nil
	}
	old := l.base.customs[f.site.place]
	if old == nil || len(old.fns) == 0 {
		return nil
	}
	for _, fn := range old.fns {
		if fn.Def.acts {
			return nil
		}
		for _, r := range fn.Def.refs {
			if !l.kept[r] {
				return nil
			}
		}
	}
	return &customRec{fns: old.fns}
}

// runCustom has a custom form handled, and notes the functions that are made of it.
func (l *loader) runCustom(a *Analyzer, c customForm) {
	name := c.form.headSymbol()
	if c.form.Len() > 1 && c.form.Item(1).tag() == KindSymbol {
		name += " " + c.form.Item(1).Text()
	}
	kept := l.keptCustom(c.form)
	switch {
	case kept != nil:
		l.keptForms = append(l.keptForms, c.form.site.place)
	case l.reuse && l.base.customs[c.form.site.place].plain(): // there is nothing to keep, or to analyse
	default:
		l.prog.analyzed = append(l.prog.analyzed, name)
	}
	rec := &customRec{}
	a.top(c.form, func(b *Analyzer) {
		b.custom, b.kept = rec, kept
		c.handle(b, c.form)
	})
	if c.form.exp == nil {
		l.prog.customs[c.form.site.place] = rec
	}
}

// keptFunction returns the function that the base made at this point of a custom form.
func (a *Analyzer) keptFunction(name string, params []string, at *Site) *Fn {
	k := a.kept
	if k == nil || k.next >= len(k.fns) {
		return nil
	}
	old := k.fns[k.next]
	if old.fn.name != name || len(old.fn.params) != len(params) || at == nil || old.fn.At == nil || old.fn.At.place != at.place {
		return nil
	}
	for i, p := range old.fn.params {
		if p.Name != params[i] {
			return nil
		}
	}
	k.next++
	return &Fn{Def: old.Def, prog: a.prog, fn: old.fn}
}

// note records a function of the custom form being handled.
func (a *Analyzer) note(f *Fn) *Fn {
	if a.custom != nil && a.def == nil {
		a.custom.fns = append(a.custom.fns, f)
	}
	a.load.fns = append(a.load.fns, f)
	return f
}

// Acts notes that the analysis does more than give an expression, such as register a route: what is being analysed,
// and what reaches it, is analysed anew each time that the program is loaded; see WithBase.
func (a *Analyzer) Acts() {
	if a.def != nil {
		a.def.acts = true
	}
}

// actors finds the definitions that change others while the program loads, or reach the world outside. They and
// what they reach have to be evaluated anew each time.
func (l *loader) actors() {
	p := l.prog
	for _, d := range p.order {
		if d.comp != nil || l.kept[d] {
			continue
		}
		if _, fn := d.expr.(*fnExpr); fn && d.kind != defMacro {
			continue // evaluated when it is called
		}
		acts := false
		p.reach(d, func(x *Def) {
			acts = acts || x.acts || x.effects != Pure
			for _, q := range x.prims {
				acts = acts || strings.HasSuffix(q.Name, "!") && q.Name != "raw!"
			}
		})
		if acts {
			p.reach(d, func(x *Def) {
				if l.kept[x] { // d did not act before: what it reaches was kept in good faith
					l.fail(d.Site, GoError, d.Name+" changes what was taken over from the program before") // a clean load follows
					return
				}
				x.acts = true
			})
		}
	}
}

// keepNotes takes over the warnings about what was kept, and the uses of names in it. A custom form's own checks have
// run again, and may have given their warnings already.
func (l *loader) keepNotes() {
	if !l.reuse {
		return
	}
	type key struct {
		pos Pos
		msg string
	}
	have := map[key]bool{}
	for _, e := range l.prog.diags {
		have[key{e.Pos, e.Message}] = true
	}
	places := l.keptForms
	for d := range l.kept {
		places = append(places, d.form.site.place)
	}
	byFile := map[string][]Span{}
	for _, at := range places {
		if at.src != nil {
			byFile[at.src.Name] = append(byFile[at.src.Name], at.span)
		}
	}
	for _, spans := range byFile {
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	}
	for _, e := range l.base.diags {
		if have[key{e.Pos, e.Message}] {
			continue
		}
		if within(byFile[e.Pos.File], uint32(e.Pos.Offset)) {
			l.prog.diags = append(l.prog.diags, e)
		}
	}
	l.keepUses(byFile)
}

// within reports whether one of the spans, which are sorted and apart, holds an offset.
func within(spans []Span, offset uint32) bool {
	i, exact := slices.BinarySearchFunc(spans, offset, func(s Span, at uint32) int { return cmp.Compare(s.Start, at) })
	return exact || i > 0 && offset < spans[i-1].End
}
