package sx

import (
	"fmt"
	"runtime/debug"
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
	formed   int            // forms that macros made so far
	retry    int            // nested named lets that are being analysed a second time
	memo     map[*List]Expr // see elementOrCall
	ids      map[string]*Site
	custom   *customRec // of the custom form being handled
	kept     *customRec // what the base made of it, or nil
}

const (
	analyzeDepth = 4000    // nested forms, after expansion
	analyzeMade  = 1 << 18 // forms that macros make in one form at top level
)

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
	if d.kind != defComp {
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

// subsOf analyses the items of f from i on.
func (a *Analyzer) subsOf(f *Form, i int) []Expr {
	if i >= f.Len() {
		return []Expr{}
	}
	out := make([]Expr, 0, f.Len()-i)
	for ; i < f.Len(); i++ {
		out = append(out, a.sub(f.Form(i)))
	}
	return out
}

// Expr analyses item i of f in value or render position.
func (a *Analyzer) Expr(f *Form, i int) Expr { return a.sub(f.Form(i)) }

// Analyze analyses a form.
func (a *Analyzer) Analyze(f *Form) Expr { return a.sub(f) }

// deeper notes that f is a form inside the one being analysed. What a macro made may contain itself.
func (a *Analyzer) deeper(f *Form) {
	problem := ""
	if a.depth++; a.depth > analyzeDepth {
		problem = "forms nest too deeply, or a macro expands without end"
	}
	if f.exp != nil {
		if a.formed++; a.formed > analyzeMade {
			problem = fmt.Sprintf("macro %s makes more than %d forms", f.exp.macro.Name, analyzeMade)
		}
	}
	if problem != "" {
		e := &Error{Kind: LimitError, Message: problem}
		e.setPlace(f.site.place)
		panic(e)
	}
}

// form analyses one form.
func (a *Analyzer) form(f *Form) Expr {
	a.deeper(f)
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

// list analyses a list form by its head.
func (a *Analyzer) list(f *Form) Expr {
	if f.Len() == 0 || f.bracketed() {
		return &dataList{ExprBase{f.site}, a.subsOf(f, 0)}
	}
	switch f.Item(0).tag() {
	case KindSymbol:
		return a.headed(f)
	case KindList:
		head := f.Form(0)
		if head.bracketed() || head.Len() == 0 || head.headSymbol() == "quote" || head.headSymbol() == "quasiquote" {
			return &dataList{ExprBase{f.site}, a.subsOf(f, 0)}
		}
		fn := a.sub(head)
		switch fn.(type) {
		case *dataList, *constExpr:
			items := append([]Expr{fn}, a.subsOf(f, 1)...)
			return &dataList{ExprBase{f.site}, items}
		}
		return a.call(f, fn)
	}
	return &dataList{ExprBase{f.site}, a.subsOf(f, 0)}
}

// headed analyses a list form that a symbol heads.
func (a *Analyzer) headed(f *Form) Expr {
	name := f.Item(0).Text()
	p := a.prog
	if to := p.aliases[name]; to != "" {
		items := append([]Value{Symbol(to)}, (*List)(f.v.p).Items[1:]...)
		f, name = f.With(items...), to
	}
	if b := a.find(name); b != nil {
		if b.loop != nil {
			if e := a.again(f, b); e != nil {
				return e
			}
		}
		fn := a.local(b, f.SiteOf(0))
		if s := p.head(name); s != nil {
			return a.elementOrCall(f, fn, s)
		}
		return a.call(f, fn)
	}
	if s := p.special[name]; s != nil {
		a.useHead(UseForm, f, nil)
		return s.Analyze(a, f)
	}
	prim := p.prims[name]
	if prim != nil && higherOrder[name] {
		a.useHead(UsePrimitive, f, nil)
		return a.primCall(f, prim)
	}
	if d := p.defs[name]; d != nil {
		a.useHead(UseDef, f, d)
		switch d.kind {
		case defMacro:
			return a.expandUse(d, f)
		case defComp:
			return a.compCall(f, d)
		}
		a.mention(d)
		fn := &globalExpr{ExprBase{f.SiteOf(0)}, d}
		if s := p.head(name); s != nil {
			a.analyzeDef(d)
			if _, isFn := d.expr.(*fnExpr); !isFn {
				return a.elementOrCall(f, fn, s)
			}
		}
		return a.call(f, fn)
	}
	if prim != nil {
		a.useHead(UsePrimitive, f, nil)
		return a.primCall(f, prim)
	}
	if strings.HasPrefix(name, "~") && len(name) > 1 {
		a.unknownComponent(f.Form(0), name)
		a.subsOf(f, 1)
		return a.nothing(f.site)
	}
	if s := p.head(name); s != nil {
		if near := a.mistyped(name); near != "" {
			a.Warnf(f.SiteOf(0), "%s is taken for a custom element (did you mean %s?)", name, near)
		}
		a.useHead(UseForm, f, nil)
		return s.Analyze(a, f)
	}
	hint, foreign := a.unknownName(name)
	a.Errorf(a.atomSite(f.Form(0)), UndefinedError, "undefined symbol: %s%s", name, hint)
	if !foreign {
		a.subsOf(f, 1)
	}
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
