package sx

import (
	"context"
	"sort"
	"strings"
)

// loader builds a Program.
type loader struct {
	prog    *Program
	custom  map[string]func(*Analyzer, *Form)
	pending []customForm
	libs    []library
	goComps []goComp
	main    string
	ctx     context.Context // of the values of definitions
	mains   []*Form
	late    []*Form  // top-level forms whose head may be a macro
	checks  []func() // checks that need every definition analysed
	last    []func() // checks after those; see Last
	useFn   func(*Program, map[*Source][]Use)
	calls   map[string]callCheck

	compCheck func(*Analyzer, *CompCall) // nil: none
	fns       []*Fn                      // that custom forms made

	base      *Program // see WithBase
	reuse     bool     // definitions of it may be kept
	kept      map[*Def]bool
	keptForms []place // of custom forms
}

type customForm struct {
	handle func(*Analyzer, *Form)
	form   *Form
}

func newLoader() *loader {
	l := &loader{
		prog: &Program{
			defs:    map[string]*Def{},
			prims:   map[string]*Primitive{},
			aliases: map[string]string{},
			special: make(map[string]*Special, 64),
			read:    map[*Source]readForms{},
			customs: map[place]*customRec{},
		},
		custom: map[string]func(*Analyzer, *Form){},
		ctx:    context.Background(),
	}
	for _, p := range builtins() {
		l.prog.prims[p.Name] = p
	}
	for _, s := range coreSpecials() {
		l.prog.special[s.Name] = s
	}
	return l
}

func (l *loader) load(srcs []*Source) *Program {
	p := l.prog
	p.limits = p.limits.filled()
	if len(p.dests) == 0 {
		p.dests = []Dest{plainDest{}}
	}
	for _, lib := range l.libs {
		var known []*Source
		if l.base != nil {
			known = l.base.sources
		}
		more, err := ReadFiles(lib.fsys, lib.ns+":", known...)
		if err != nil {
			p.diags = append(p.diags, &Error{Kind: GoError, Message: "library " + lib.ns + ": " + err.Error(), Cause: err})
			continue
		}
		srcs = append(more, srcs...)
	}
	srcs = l.reread(srcs)
	p.sources = srcs
	l.defineGoComponents()
	for _, src := range srcs {
		r := l.forms(src)
		for i, v := range r.vals {
			l.collect(&Form{v: v, site: &Site{place: place{src, r.spans[i]}}})
		}
	}
	if len(l.late) > 0 && l.main == "" {
		l.base = nil // macros define names, and expand before it is known which
	}
	for n := 0; len(l.late) > 0; n++ {
		late := l.late
		l.late = nil
		for _, f := range late {
			l.expandTop(f)
		}
		if n > 1000 && len(l.late) > 0 {
			l.fail(l.late[0].site, LimitError, "macros at top level expand without end")
			l.late = nil
		}
	}
	l.takeOver()
	a := &Analyzer{prog: p, load: l}
	for _, d := range p.order {
		a.analyzeDef(d)
	}
	for _, c := range l.pending {
		l.runCustom(a, c)
	}
	for _, t := range p.suites {
		a.top(t.form, func(b *Analyzer) { b.tests(t.form, nil) })
	}
	if l.main != "" {
		p.main = a.mainBody(l.mains, l.main)
	}
	a.finish()
	l.actors()
	l.keepNotes()
	if len(p.diags.Errors()) == 0 {
		l.evaluate()
	}
	sort.SliceStable(p.diags, func(i, j int) bool {
		x, y := p.diags[i].Pos, p.diags[j].Pos
		if x.File != y.File {
			return x.File < y.File
		}
		return x.Offset < y.Offset
	})
	p.frozen = true
	l.tellUses()
	return p
}

// collect notes the definitions of one top-level form.
func (l *loader) collect(f *Form) {
	p := l.prog
	head := f.headSymbol()
	switch head {
	case "define", "defcomp", "defmacro":
		l.define(head, f)
		return
	case "begin", "do":
		defines := false
		for i := 1; i < f.Len(); i++ {
			switch f.Form(i).headSymbol() {
			case "define", "defcomp", "defmacro", "begin", "do":
				defines = true
			default:
				_, defines2 := l.custom[f.Form(i).headSymbol()]
				defines = defines || defines2
			}
		}
		if defines {
			for i := 1; i < f.Len(); i++ {
				l.collect(f.Form(i))
			}
			return
		}
	case "defsuite", "deftest":
		p.suites = append(p.suites, &suite{form: f})
		return
	}
	if h := l.custom[head]; h != nil {
		l.pending = append(l.pending, customForm{h, f})
		return
	}
	l.late = append(l.late, f)
}

// expandTop deals with a top-level form that defines nothing by its head: a macro use, or a form of the
// main body.
func (l *loader) expandTop(f *Form) {
	head := f.headSymbol()
	if d := l.prog.defs[head]; d != nil && d.kind == defMacro && l.prog.special[head] == nil && !higherOrder[head] {
		a := &Analyzer{prog: l.prog, load: l}
		a.top(f, func(b *Analyzer) {
			v, ok := b.expand(d, f)
			if ok {
				l.collect(b.made(v, f))
			}
		})
		return
	}
	if l.main == "" {
		e := &Error{Kind: FormError, Message: "this form defines nothing: a file holds definitions such as defcomp, define and defpage"}
		switch name := f.symbol(); {
		case head != "":
			hint := suggest(head, l.definers())
			switch {
			case foreignForms[head] != "" && nearest(head, l.macros()) == "":
				hint = " (" + foreignForms[head] + ")"
			case hint == "" && (strings.HasPrefix(head, "~") || l.prog.head(head) != nil):
				hint = " (markup stands in a component or in a field of a page, not at the top of a file)"
			}
			e.Message = "unknown definition: " + head + hint
		case foreignComment(name):
			e.Message = "unexpected " + name + " (" + writeComment + ")"
		}
		e.setPlace(f.site.place)
		l.prog.diags = append(l.prog.diags, e)
		return
	}
	l.mains = append(l.mains, f)
}

func (l *loader) definers() []string {
	out := append(l.macros(), "define", "defcomp", "defmacro", "defsuite", "deftest")
	for k := range l.custom {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func (l *loader) macros() []string {
	var out []string
	for n, d := range l.prog.defs {
		if d.kind == defMacro {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}

func (l *loader) fail(site *Site, kind ErrorKind, msg string, notes ...Note) {
	e := &Error{Kind: kind, Message: msg, Notes: notes}
	if site != nil {
		e.setPlace(site.place)
	}
	l.prog.diags = append(l.prog.diags, e)
}

// define notes the name of a define, defcomp or defmacro.
func (l *loader) define(head string, f *Form) {
	p := l.prog
	if f.Len() < 2 {
		l.fail(f.site, FormError, head+": a name is missing")
		return
	}
	nameForm := f.Form(1)
	d := &Def{form: f, Site: f.site}
	switch v := nameForm.v; v.tag() {
	case KindSymbol:
		d.Name = v.Text()
	case KindList: // (define (f a) …)
		if head == "define" && nameForm.headSymbol() != "" {
			d.Name = nameForm.headSymbol()
			nameForm = nameForm.Form(0)
		}
	}
	if d.Name == "" {
		l.fail(nameForm.site, FormError, head+": a name was expected, found "+describe(nameForm.v))
		return
	}
	if src := nameForm.site.src; src != nil {
		d.File = src.Name
	}
	switch head {
	case "defcomp":
		d.kind = defComp
		l.misplaced(d.Name, nameForm.site)
		if !strings.HasPrefix(d.Name, "~") || d.Name == "~" {
			l.fail(nameForm.site, FormError, "defcomp: the name of a component starts with ~, found "+d.Name)
			return
		}
		d.comp = &Component{Name: d.Name, Def: d, Affinity: "auto"}
	case "defmacro":
		d.kind = defMacro
	}
	if old := p.defs[d.Name]; old != nil {
		l.fail(nameForm.site, DuplicateError, d.Name+" is defined twice: first at "+posText(old.Site), Note{d.Name + " is first defined", old.Site.Pos()})
		return
	}
	if p.special[d.Name] != nil {
		l.fail(nameForm.site, DuplicateError, d.Name+" is a special form and cannot be defined")
		return
	}
	d.Site = nameForm.site
	p.defs[d.Name] = d
	p.order = append(p.order, d)
}

func posText(s *Site) string {
	pos := s.Pos()
	if pos.Line == 0 {
		return "a component written in Go"
	}
	return pos.File + ":" + itoa(pos.Line) + ":" + itoa(pos.Col)
}

// evaluate computes the values of the top-level definitions and freezes them.
func (l *loader) evaluate() {
	p := l.prog
	m := p.Machine(l.ctx, 0)
	defer m.Release()
	for _, d := range p.order {
		if err := m.protect(func() { m.force(d) }); err != nil {
			p.diags = append(p.diags, err)
		}
	}
	for _, d := range p.order {
		Freeze(d.val)
	}
}

// force computes the value of a definition if it has none yet.
func (m *Machine) force(d *Def) Value {
	switch d.ready {
	case 2:
		return d.val
	case 1:
		e := m.newError(UndefinedError, "%s is needed to compute its own value", d.Name)
		if e.Pos.Line == 0 {
			e.setPlace(d.Site.place)
		}
		panic(e)
	}
	d.ready = 1
	switch {
	case d.comp != nil:
		d.val = ComponentOf(d.comp)
	case d.kind == defMacro:
	default:
		if fn, ok := d.expr.(*fnExpr); ok {
			d.val = LambdaOf(&Lambda{code: newCode(m.prog, fn, nil)})
			break
		}
		g := newGen(m.prog, m.dest)
		node := g.Value(d.expr)
		d.val = m.runTop(node, g.slots())
	}
	d.ready = 2
	return d.val
}
