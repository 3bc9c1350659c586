package sx

import (
	"fmt"
	"runtime/debug"
	"sort"
	"strings"
)

// Analyzer turns forms into expressions and notes what is wrong with them. It goes on after an error, so
// that loading reports everything at once.
type Analyzer struct {
	prog     *Program
	load     *loader
	scope    *scope
	fn       *fnScope
	def      *Def       // the definition being analysed
	exp      *expansion // the macro use whose expansion is being analysed
	loops    []*loopTarget
	depth    int
	expanded int            // macro uses so far
	retry    int            // nested named lets that are being analysed a second time
	memo     map[*List]Expr // see elementOrCall
	ids      map[string]*Site
	custom   *customRec // of the custom form being handled
	kept     *customRec // what the base made of it, or nil
}

type scope struct {
	up    *scope
	names []*Binding
}

// fnScope is a function being analysed: what its body refers to outside itself is captured.
type fnScope struct {
	up       *fnScope
	caps     []*Binding
	boundary bool // the body of a boundary: evaluated apart, on frozen values
}

const analyzeDepth = 4000 // nested forms, after expansion

func (a *Analyzer) report(e *Error) {
	if a.exp != nil {
		e.Frames = append(e.Frames, CallFrame{"the expansion of macro " + a.exp.macro.Name, a.exp.call.Pos()})
		e.Notes = append(e.Notes, Note{"macro " + a.exp.macro.Name + " is defined", a.exp.macro.Site.Pos()})
	}
	if a.def != nil && a.def.comp != nil {
		e.Frames = append(e.Frames, CallFrame{a.def.Name, a.def.Site.Pos()})
	}
	a.prog.diags = append(a.prog.diags, e)
}

// Errorf notes an error at a place and goes on.
func (a *Analyzer) Errorf(s *Site, k ErrorKind, format string, args ...any) {
	a.errorAt(s, k, fmt.Sprintf(format, args...))
}

func (a *Analyzer) errorAt(s *Site, k ErrorKind, msg string, notes ...Note) {
	e := &Error{Kind: k, Message: msg, Notes: notes}
	if s != nil {
		e.setPlace(s.place)
	}
	a.report(e)
}

// Warnf notes a warning at a place.
func (a *Analyzer) Warnf(s *Site, format string, args ...any) {
	e := &Error{Kind: WarningKind, Message: fmt.Sprintf(format, args...), Warning: true}
	if s != nil {
		e.setPlace(s.place)
	}
	a.report(e)
}

// Program gives the program being loaded.
func (a *Analyzer) Program() *Program { return a.prog }

// nothing stands for a form that could not be analysed.
func (a *Analyzer) nothing(s *Site) Expr { return &constExpr{ExprBase{s}, Nil, false} }

// top runs f with an analyzer for a top-level form; a panic inside becomes a diagnostic.
func (a *Analyzer) top(form *Form, f func(b *Analyzer)) {
	b := &Analyzer{prog: a.prog, load: a.load, exp: form.exp}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok { // a mistake of ours; one form must not take the server down with it
				e = &Error{Kind: GoError, Message: fmt.Sprintf("panic in Go while loading: %v", r), Cause: fmt.Errorf("%v\n%s", r, debug.Stack())}
				if form != nil && form.site != nil {
					e.setPlace(form.site.place)
				}
			}
			a.prog.diags = append(a.prog.diags, e)
		}
	}()
	f(b)
}

func (a *Analyzer) analyzeDef(d *Def) {
	if d.state != 0 || d.form == nil {
		return
	}
	d.state = 1
	a.prog.analyzed = append(a.prog.analyzed, d.Name)
	a.top(d.form, func(b *Analyzer) {
		b.def = d
		switch d.kind {
		case defValue:
			b.defineForm(d)
		case defComp:
			b.component(d)
		case defMacro:
			b.macro(d)
		}
	})
	if d.expr == nil && d.kind == defValue {
		d.expr = a.nothing(d.Site)
	}
	d.state = 2
	if d.kind == defValue {
		a.warnHidden(d.Site, d.Name, "definition")
	}
}

// warnHidden warns about a name that hides an element, a primitive or a special form.
func (a *Analyzer) warnHidden(s *Site, name, what string) {
	switch {
	case what == "definition" && !strings.Contains(name, "-") && a.prog.head(name) != nil: // every name with a dash could be a custom element
		a.Warnf(s, "the definition %s hides the element of that name; html:%s still means the element", name, name)
	case a.prog.special[name] != nil && name != "title":
		a.Warnf(s, "the %s %s hides the special form of that name", what, name)
	case a.prog.prims[name] != nil:
		a.Warnf(s, "the %s %s hides the primitive of that name", what, name)
	}
}

func (p *Program) head(name string) *Special {
	for _, f := range p.heads {
		if s := f(name); s != nil {
			return s
		}
	}
	return nil
}

func (a *Analyzer) push() *scope {
	s := a.scope
	a.scope = &scope{up: s}
	return s
}

// bind makes a new local name in the innermost scope.
func (a *Analyzer) bind(name string, s *Site) *Binding {
	b := &Binding{Name: name, site: s, fn: a.fn}
	a.scope.names = append(a.scope.names, b)
	return b
}

// Bind makes a new local name in the innermost scope, for custom forms.
func (a *Analyzer) Bind(name string, s *Site) *Binding { return a.bind(name, s) }

// Scoped runs f with a new scope of local names.
func (a *Analyzer) Scoped(f func()) {
	up := a.push()
	defer func() { a.scope = up }()
	f()
}

// Parameters gives the names that the enclosing definition binds as its parameters, children left out.
func (a *Analyzer) Parameters() []string {
	var out []string
	s := a.scope
	for s != nil && s.up != nil {
		s = s.up
	}
	if s != nil {
		for _, b := range s.names {
			if !b.kids {
				out = append(out, b.Name)
			}
		}
	}
	return out
}

func (a *Analyzer) find(name string) *Binding {
	for s := a.scope; s != nil; s = s.up {
		for i := len(s.names) - 1; i >= 0; i-- {
			if s.names[i].Name == name {
				return s.names[i]
			}
		}
	}
	return nil
}

// capture notes that b is used in the current function, and makes every function between capture it.
func (a *Analyzer) capture(b *Binding) {
	b.used = true
	for f := a.fn; f != b.fn && f != nil; f = f.up {
		have := false
		for _, c := range f.caps {
			if c == b {
				have = true
				break
			}
		}
		if have {
			return
		}
		b.captured = true
		f.caps = append(f.caps, b)
	}
}

func (a *Analyzer) local(b *Binding, s *Site) Expr {
	a.capture(b)
	if b.loop != nil {
		b.loop = nil // used as a value: not a plain loop
	}
	return &localExpr{ExprBase{s}, b}
}

func (a *Analyzer) global(d *Def, s *Site) Expr {
	a.mention(d)
	return &globalExpr{ExprBase{s}, d}
}

func (a *Analyzer) mention(d *Def) {
	if a.def == nil || a.def == d {
		return
	}
	for _, r := range a.def.refs {
		if r == d {
			return
		}
	}
	a.def.refs = append(a.def.refs, d)
}

func (a *Analyzer) mentionPrim(p *Primitive) {
	if a.def == nil {
		return
	}
	a.def.effects |= p.Effects
	for _, r := range a.def.prims {
		if r == p {
			return
		}
	}
	a.def.prims = append(a.def.prims, p)
}

// inner analyses f's parts where the position is no longer the tail of the loops around.
func (a *Analyzer) inner(f func()) {
	loops := a.loops
	a.loops = nil
	f()
	a.loops = loops
}

// sub analyses a form that is not in tail position.
func (a *Analyzer) sub(f *Form) Expr {
	var key *List
	if a.memo != nil && f.v.tag() == KindList {
		key = (*List)(f.v.p)
		if e := a.memo[key]; e != nil {
			return e
		}
	}
	loops := a.loops
	a.loops = nil
	e := a.form(f)
	a.loops = loops
	if key != nil && a.memo != nil {
		a.memo[key] = e
	}
	return e
}

func (a *Analyzer) subs(fs []*Form) []Expr {
	out := make([]Expr, len(fs))
	for i, f := range fs {
		out[i] = a.sub(f)
	}
	return out
}

// Expr analyses item i of f in value or render position.
func (a *Analyzer) Expr(f *Form, i int) Expr { return a.sub(f.Form(i)) }

// Analyze analyses a form.
func (a *Analyzer) Analyze(f *Form) Expr { return a.sub(f) }

// form analyses one form.
func (a *Analyzer) form(f *Form) Expr {
	if a.depth++; a.depth > analyzeDepth {
		panic(func() *Error {
			e := &Error{Kind: LimitError, Message: "forms nest too deeply, or a macro expands without end"}
			e.setPlace(f.site.place)
			return e
		}())
	}
	defer func() { a.depth-- }()
	switch f.v.tag() {
	case KindSymbol:
		return a.symbol(f)
	case KindKeyword:
		return &constExpr{ExprBase{f.site}, String(f.v.Text()), true}
	case KindList:
		return a.list(f)
	case KindDict:
		return a.dict(f)
	}
	return &constExpr{ExprBase{f.site}, f.v, false}
}

func (a *Analyzer) dict(f *Form) Expr {
	d := (*Dict)(f.v.p)
	e := &dictExpr{ExprBase: ExprBase{f.site}}
	for i := range d.keys {
		k, v := f.entry(i)
		e.keys = append(e.keys, k)
		e.vals = append(e.vals, a.sub(v))
	}
	return e
}

func (a *Analyzer) symbol(f *Form) Expr {
	name := f.v.Text()
	if to := a.prog.aliases[name]; to != "" {
		name = to
	}
	if b := a.find(name); b != nil {
		return a.local(b, f.site)
	}
	if d := a.prog.defs[name]; d != nil {
		if d.kind == defMacro {
			a.Errorf(a.atomSite(f), FormError, "%s is a macro; it cannot be used as a value", name)
			return a.nothing(f.site)
		}
		return a.global(d, f.site)
	}
	if p := a.prog.prims[name]; p != nil {
		a.mentionPrim(p)
		return &primExpr{ExprBase{f.site}, p}
	}
	if a.prog.special[name] != nil {
		a.Errorf(a.atomSite(f), FormError, "%s is a special form; it cannot be used as a value", name)
		return a.nothing(f.site)
	}
	if strings.HasPrefix(name, "~") && len(name) > 1 {
		a.unknownComponent(f, name)
		return a.nothing(f.site)
	}
	hint := suggest(name, a.names())
	switch {
	case len(name) > 1 && name[len(name)-1] == ':':
		hint = " (did you mean :" + name[:len(name)-1] + "?)"
	case len(name) > 1 && !strings.Contains(name, "-") && a.prog.head(name) != nil:
		hint = " (an element is no value; it stands at the head of a form: (" + name + " …))"
	}
	a.Errorf(a.atomSite(f), UndefinedError, "undefined symbol: %s%s", name, hint)
	return a.nothing(f.site)
}

func (a *Analyzer) unknownComponent(f *Form, name string) {
	var near []string
	for _, d := range a.prog.order {
		if d.comp != nil {
			near = append(near, d.Name)
		}
	}
	for n := range a.prog.special {
		if strings.HasPrefix(n, "~") {
			near = append(near, n)
		}
	}
	sort.Strings(near)
	a.Errorf(a.atomSite(f), UndefinedError, "unknown component: %s%s", name, suggest(name, near))
}

// atomSite gives the place of an atom. An atom that a macro passed through has lost its place; it is
// looked for among the arguments of the macro use.
func (a *Analyzer) atomSite(f *Form) *Site {
	if f.exp == nil || f.site != f.exp.call && f.site.place != f.exp.call.place {
		return f.site
	}
	root := &Form{v: f.exp.form, site: f.exp.call}
	if s := findAtom(root, f.v, 0); s != nil {
		return s
	}
	return f.site
}

func findAtom(f *Form, v Value, depth int) *Site {
	if depth > 100 {
		return nil
	}
	for i := range f.Len() {
		g := f.Form(i)
		if i > 0 || depth > 0 {
			if g.v.tag() == v.tag() && g.v.tag() == KindSymbol && g.v.Text() == v.Text() {
				return g.site
			}
		}
		if s := findAtom(g, v, depth+1); s != nil {
			return s
		}
	}
	return nil
}

// names gives every name a symbol could have meant, for suggestions.
func (a *Analyzer) names() []string {
	var out []string
	for s := a.scope; s != nil; s = s.up {
		for _, b := range s.names {
			out = append(out, b.Name)
		}
	}
	for _, d := range a.prog.order {
		out = append(out, d.Name)
	}
	n := len(out)
	for k := range a.prog.prims {
		out = append(out, k)
	}
	for k := range a.prog.special {
		out = append(out, k)
	}
	sort.Strings(out[n:])
	return out
}

// list analyses a list form by its head.
func (a *Analyzer) list(f *Form) Expr {
	if f.Len() == 0 || f.bracketed() {
		return &dataList{ExprBase{f.site}, a.subs(f.Forms(0))}
	}
	head := f.Form(0)
	switch head.v.tag() {
	case KindSymbol:
		return a.headed(f, head)
	case KindList:
		if head.bracketed() || head.Len() == 0 || head.headSymbol() == "quote" || head.headSymbol() == "quasiquote" {
			return &dataList{ExprBase{f.site}, a.subs(f.Forms(0))}
		}
		fn := a.sub(head)
		switch fn.(type) {
		case *dataList, *constExpr:
			items := append([]Expr{fn}, a.subs(f.Forms(1))...)
			return &dataList{ExprBase{f.site}, items}
		}
		return a.call(f, fn)
	}
	return &dataList{ExprBase{f.site}, a.subs(f.Forms(0))}
}

func (a *Analyzer) headed(f, head *Form) Expr {
	name := head.v.Text()
	p := a.prog
	if to := p.aliases[name]; to != "" {
		items := append([]Value{Symbol(to)}, (*List)(f.v.p).Items[1:]...)
		f, name = f.With(items...), to
		head = f.Form(0)
	}
	if b := a.find(name); b != nil {
		if b.loop != nil {
			if e := a.again(f, b); e != nil {
				return e
			}
		}
		fn := a.local(b, head.site)
		if s := p.head(name); s != nil {
			return a.elementOrCall(f, fn, s)
		}
		return a.call(f, fn)
	}
	if s := p.special[name]; s != nil {
		return s.Analyze(a, f)
	}
	prim := p.prims[name]
	if prim != nil && higherOrder[name] {
		return a.primCall(f, prim)
	}
	if d := p.defs[name]; d != nil {
		switch d.kind {
		case defMacro:
			return a.expandUse(d, f)
		case defComp:
			return a.compCall(f, d)
		}
		a.mention(d)
		fn := &globalExpr{ExprBase{head.site}, d}
		if s := p.head(name); s != nil {
			a.analyzeDef(d)
			if _, isFn := d.expr.(*fnExpr); !isFn {
				return a.elementOrCall(f, fn, s)
			}
		}
		return a.call(f, fn)
	}
	if prim != nil {
		return a.primCall(f, prim)
	}
	if strings.HasPrefix(name, "~") && len(name) > 1 {
		a.unknownComponent(head, name)
		a.subs(f.Forms(1))
		return a.nothing(f.site)
	}
	if s := p.head(name); s != nil {
		return s.Analyze(a, f)
	}
	a.Errorf(a.atomSite(head), UndefinedError, "undefined symbol: %s%s", name, suggest(name, a.names()))
	a.subs(f.Forms(1))
	return a.nothing(f.site)
}

// higherOrder names the forms that come before macros and definitions in the order of look-up.
var higherOrder = map[string]bool{
	"map": true, "map-indexed": true, "filter": true, "reduce": true, "some": true, "every?": true,
	"for-each": true, "sort": true, "sort-by": true, "group-by": true, "map-dict": true,
}

// elementOrCall is a head that is bound to a value and names an element too: a callable value is called,
// anything else means the element.
//
// Both readings analyse the same argument forms. The memo makes the second one find what the first did, so
// that nesting such heads costs no more than any other nesting.
func (a *Analyzer) elementOrCall(f *Form, fn Expr, s *Special) Expr {
	outer := a.memo == nil
	if outer {
		a.memo = map[*List]Expr{}
		defer func() { a.memo = nil }()
	}
	call := a.call(f, fn)
	n := len(a.prog.diags)
	el := s.Analyze(a, f)
	if len(a.prog.diags) > n { // wrong as an element: the value must be callable then
		a.prog.diags = a.prog.diags[:n]
		return call
	}
	if c, ok := call.(*callExpr); ok {
		c.orElement = true
	}
	return &headExpr{ExprBase{f.site}, fn, call, el}
}

// headExpr decides at run time whether a head that is also an element name is called.
type headExpr struct {
	ExprBase
	fn, call, element Expr
}

func (e *headExpr) Walk(f func(Expr)) { walk(f, e.fn, e.call, e.element) }

// function analyses a function body in a new function scope.
func (a *Analyzer) function(f func(fs *fnScope)) []*Binding {
	fn, loops, sc := a.fn, a.loops, a.scope
	a.fn, a.loops = &fnScope{up: fn}, nil
	a.push()
	f(a.fn)
	caps := a.fn.caps
	a.fn, a.loops, a.scope = fn, loops, sc
	return caps
}
