package sx

import (
	"fmt"
	"unicode/utf8"
)

// component analyses a defcomp.
func (a *Analyzer) component(d *Def) {
	f, c := d.form, d.comp
	fn := &fnExpr{ExprBase: ExprBase{f.site}, name: d.Name, hasKey: true}
	c.fn = fn
	if f.Len() < 3 {
		a.Errorf(f.site, FormError, "defcomp: expected (defcomp %s (&key …) body…)", d.Name)
		fn.body = a.nothing(f.site)
		c.code = newCode(a.prog, fn, nil)
		return
	}
	a.function(func(*fnScope) {
		a.params(fn, f.Form(2), true)
		if fn.rest != nil {
			fn.rest.kids = true
			if fn.rest.Name != "children" {
				// children is the list whatever the name after &rest
				a.scope.names = append(a.scope.names, &Binding{Name: "children", site: fn.rest.site, fn: a.fn, kids: true})
				fn.kidsAlias = a.scope.names[len(a.scope.names)-1]
			}
		}
		body := f.Forms(3)
		for len(body) > 1 && body[0].v.tag() == KindKeyword {
			k, v := body[0].keyword(), body[1]
			switch k {
			case "affinity":
				if s := v.keyword(); s == "auto" || s == "client" || s == "server" {
					c.Affinity = s
				} else {
					a.Errorf(v.site, FormError, "%s: :affinity is :auto, :client or :server, found %s", d.Name, Serialize(v.v))
				}
			case "effects", "doc":
			default:
				a.Errorf(body[0].site, KeywordError, "%s: unknown annotation :%s%s", d.Name, k, suggest(k, []string{"affinity", "effects"}))
			}
			body = body[2:]
		}
		if len(body) > 1 && body[0].v.tag() == KindString {
			d.Doc, c.Doc = body[0].v.Text(), body[0].v.Text()
			body = body[1:]
		}
		a.ids = map[string]*Site{}
		fn.body = a.body(body, true, f.site)
		a.ids = nil
	})
	for _, p := range fn.params {
		if !p.used && p.Name != "_" && c.external == nil { // Go reads its parameters where nobody sees it
			a.Warnf(p.site, "%s does not use its parameter %s", d.Name, p.Name)
		}
	}
	c.code = newCode(a.prog, fn, nil)
	d.expr = fn
}

// LiteralID notes a literal :id so that a second one in the same component is reported.
func (a *Analyzer) LiteralID(id string, at *Site) {
	if a.ids == nil {
		return
	}
	if old := a.ids[id]; old != nil {
		a.Warnf(at, "the id %q stands twice in one component: first at %s", id, posText(old))
		return
	}
	a.ids[id] = at
}

// compCall analyses a call of a component that is defined.
func (a *Analyzer) compCall(f *Form, d *Def) Expr {
	a.mention(d)
	c := d.comp
	e := &CompCall{ExprBase: ExprBase{f.site}, Comp: c}
	type raw struct {
		name string
		site *Site
		val  Expr
		form *Form
	}
	var kws []raw
	var kids []*Form
	items := f.Forms(1)
	for i := 0; i < len(items); i++ {
		if k := items[i].keyword(); k != "" {
			if i+1 >= len(items) {
				a.errorAt(items[i].site, KeywordError, d.Name+": the keyword :"+k+" has no value")
				break
			}
			kws = append(kws, raw{k, items[i].site, a.sub(items[i+1]), items[i+1]})
			i++
			continue
		}
		kids = append(kids, items[i])
	}
	if len(kids) > 0 {
		e.caps = a.function(func(fs *fnScope) {
			e.inFn = fs
			for _, k := range kids {
				e.children = append(e.children, a.sub(k))
			}
		})
	}
	// The component may be defined further down: its parameters are known when all is analysed.
	a.later(func() {
		fn := c.fn
		if fn == nil {
			return
		}
		note := Note{d.Name + " is defined", d.Site.Pos()}
		seen := map[string]bool{}
		for _, k := range kws {
			if seen[k.name] {
				a.errorAt(k.site, DuplicateError, d.Name+": the keyword :"+k.name+" is given twice", note)
				continue
			}
			seen[k.name] = true
			p := fn.keyParam(k.name)
			if p == nil {
				if fn.attrs == nil {
					a.errorAt(k.site, KeywordError, d.Name+": unknown keyword :"+k.name+suggestKey(k.name, fn), note)
					continue
				}
				e.attrs = append(e.attrs, kwArg{nil, k.name, k.val, k.site})
				continue
			}
			if lit, ok := k.val.(*constExpr); ok && !(lit.v.IsNil() && !p.required) {
				if msg := typeProblem(p, lit.v); msg != "" {
					a.errorAt(k.val.Site(), TypeError, d.Name+": :"+p.Name+" "+msg, note)
				}
			} else if el, ok := k.val.(Custom); ok && el.IsMarkup() {
				if p.typ != "" && p.typ != "any" && p.typ != "element" && p.typ != "element?" {
					a.errorAt(k.val.Site(), TypeError, d.Name+": :"+p.Name+" must be "+article(p.typ)+", got element", note)
				}
			}
			e.args = append(e.args, kwArg{p, k.name, k.val, k.site})
		}
		for _, p := range fn.params {
			if p.required && !seen[p.Name] {
				a.errorAt(f.site, KeywordError, d.Name+": "+p.missing(), note)
			}
		}
		if len(e.children) > 0 && fn.rest == nil {
			a.errorAt(e.children[0].Site(), KeywordError, d.Name+" takes no children: its parameter list has no &rest", note)
		}
		a.checkPlacement(e, d)
	})
	return e
}

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
			if Equal(x, v) || x.tag() == KindKeyword && v.tag() == KindString && x.Text() == v.Text() {
				return ""
			}
		}
		return "must be one of " + Serialize(ListOf(&List{Items: c.in})) + ", got " + describe(v)
	}
	return ""
}

// finish runs the checks that need every definition, and computes effects, recursion and sizes.
func (a *Analyzer) finish() {
	for i := 0; i < len(a.load.checks); i++ {
		a.load.checks[i]()
	}
	a.load.checks = nil
	p := a.prog
	p.components(func(d *Def) {
		if !a.load.kept[d] {
			d.comp.size = countExprs(d.comp.fn.body, 2000)
		}
	})
	p.findCycles()
	for changed := true; changed; {
		changed = false
		p.components(func(d *Def) {
			if !a.load.kept[d] && !d.comp.spread && mayBeSpread(d.comp.fn.body, 0) {
				d.comp.spread = true
				changed = true
			}
		})
	}
	p.components(func(d *Def) {
		if d.comp.Affinity == "client" && !a.load.kept[d] {
			if prims := p.ioOf(d); len(prims) > 0 {
				a.def = nil
				a.Errorf(d.Site, EffectError, "%s is :affinity :client but reaches %s, which only exists on the server", d.Name, prims[0])
			}
		}
	})
}

func (p *Program) components(f func(d *Def)) {
	for _, d := range p.order {
		if d.comp != nil && d.comp.fn != nil && d.comp.fn.body != nil {
			f(d)
		}
	}
}

func countExprs(e Expr, most int) int {
	n := 0
	var visit func(Expr)
	visit = func(e Expr) {
		if n++; n < most {
			e.Walk(visit)
		}
	}
	visit(e)
	return n
}

// findCycles marks the components that reach themselves (Tarjan's strongly connected components).
func (p *Program) findCycles() {
	index := map[*Def]int{}
	low := map[*Def]int{}
	on := map[*Def]bool{}
	var stack []*Def
	n := 0
	type frame struct {
		d *Def
		i int
	}
	for _, root := range p.order {
		if index[root] != 0 {
			continue
		}
		work := []frame{{root, 0}}
		for len(work) > 0 {
			f := &work[len(work)-1]
			d := f.d
			if f.i == 0 && index[d] == 0 {
				n++
				index[d], low[d] = n, n
				stack = append(stack, d)
				on[d] = true
			}
			if f.i < len(d.refs) {
				r := d.refs[f.i]
				f.i++
				if index[r] == 0 {
					work = append(work, frame{r, 0})
				} else if on[r] {
					low[d] = min(low[d], index[r])
				}
				continue
			}
			work = work[:len(work)-1]
			if len(work) > 0 {
				up := work[len(work)-1].d
				low[up] = min(low[up], low[d])
			}
			if low[d] == index[d] {
				size := 0
				for {
					x := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					on[x] = false
					size++
					if x.comp != nil && !x.comp.recurses && (x != d || size > 1) {
						x.comp.recurses = true
					}
					if x == d {
						break
					}
				}
			}
		}
	}
	for _, d := range p.order {
		if d.comp != nil && !d.comp.recurses && d.expr != nil && mentionsSelf(d.expr, d) {
			d.comp.recurses = true
		}
	}
}

func mentionsSelf(e Expr, d *Def) bool {
	found := false
	var visit func(Expr)
	visit = func(e Expr) {
		switch x := e.(type) {
		case *CompCall:
			found = found || x.Comp == d.comp
		case *globalExpr:
			found = found || x.def == d
		}
		if !found {
			e.Walk(visit)
		}
	}
	visit(e)
	return found
}

// mayBeSpread tells whether the value of e may be a spread.
func mayBeSpread(e Expr, depth int) bool {
	if depth > 50 {
		return true
	}
	switch e := e.(type) {
	case *primCall:
		return e.p.Name == "make-spread" || e.p.Name == "first" || e.p.Name == "apply"
	case *CompCall:
		return e.Comp.spread
	case *ifExpr:
		return mayBeSpread(e.then, depth+1) || e.other != nil && mayBeSpread(e.other, depth+1)
	case *letExpr:
		return mayBeSpread(e.body, depth+1)
	case *bodyExpr:
		return mayBeSpread(e.forms[len(e.forms)-1], depth+1)
	case *scopeExpr:
		return mayBeSpread(e.body, depth+1)
	case *matchExpr:
		for _, c := range e.clauses {
			if mayBeSpread(c.body, depth+1) {
				return true
			}
		}
	case *caseExpr:
		for _, b := range e.bodies {
			if mayBeSpread(b, depth+1) {
				return true
			}
		}
		return e.other != nil && mayBeSpread(e.other, depth+1)
	case *localExpr:
		return !e.b.kids
	case *globalExpr:
		return e.def.comp == nil
	case *callExpr, *headExpr:
		return true
	case *andExpr:
		return len(e.items) > 0 && mayBeSpread(e.items[len(e.items)-1], depth+1)
	case *orExpr:
		for _, x := range e.items {
			if mayBeSpread(x, depth+1) {
				return true
			}
		}
	}
	return false
}

// MayBeSpread tells whether the value of a child form may be a spread, which merges into its element.
func MayBeSpread(e Expr) bool { return mayBeSpread(e, 0) }

// EffectsOf gives everything a definition reaches.
func (p *Program) EffectsOf(d *Def) Effect {
	var all Effect
	p.reach(d, func(x *Def) { all |= x.effects })
	return all
}

// reach calls f for d and every definition it reaches, once each.
func (p *Program) reach(d *Def, f func(*Def)) {
	seen := map[*Def]bool{d: true}
	work := []*Def{d}
	for len(work) > 0 {
		x := work[len(work)-1]
		work = work[:len(work)-1]
		f(x)
		for _, r := range x.refs {
			if !seen[r] {
				seen[r] = true
				work = append(work, r)
			}
		}
	}
}

// ioOf names the IO primitives that d reaches, in the order they are met.
func (p *Program) ioOf(d *Def) []string {
	var out []string
	p.reach(d, func(x *Def) {
		for _, q := range x.prims {
			if q.Effects&IO != 0 {
				out = append(out, q.Name)
			}
		}
	})
	return out
}

// Pure tells whether the component reaches no IO.
func (c *Component) Pure(p *Program) bool {
	return c.external == nil && p.EffectsOf(c.Def)&IO == 0
}

// Target tells where the component may be rendered: "server" or "client" (which includes pure ones whose
// affinity is :auto: they may be sent to the browser unexpanded).
func (c *Component) Target(p *Program) string {
	switch {
	case c.Affinity == "server" || c.external != nil:
		return "server"
	case c.Affinity == "client" || c.Pure(p):
		return "client"
	}
	return "server"
}

// Params gives the names of the keyword parameters.
func (c *Component) Params() []string {
	var out []string
	for _, q := range c.fn.params {
		out = append(out, q.Name)
	}
	return out
}

// Deps gives the names of the components that c reaches, in the order they are met, without c itself
// unless it is recursive.
func (c *Component) Deps(p *Program) []string {
	var out []string
	p.reach(c.Def, func(x *Def) {
		if x.comp != nil && x != c.Def {
			out = append(out, x.Name)
		}
	})
	if c.recurses && mentionsSelf(c.fn, c.Def) {
		out = append(out, c.Name)
	}
	return out
}

// defineGoComponents makes definitions for the components written in Go.
func (l *loader) defineGoComponents() {
	for _, gc := range l.goComps {
		src := NewSource("go:"+gc.name, "(defcomp "+gc.name+" "+gc.usage+" nil)")
		if l.base != nil { // the source of the base, so that the definition can be kept
			if d := l.base.defs[gc.name]; d != nil && d.comp != nil && d.comp.external != nil && d.form.site.src.Text == src.Text {
				src = d.form.site.src
			}
		}
		r := l.forms(src)
		if len(r.vals) != 1 {
			panic("sx: component " + gc.name + ": bad parameter list " + gc.usage)
		}
		l.define("defcomp", &Form{v: r.vals[0], site: &Site{place: place{src, r.spans[0]}}})
		if d := l.prog.defs[gc.name]; d != nil && d.comp != nil {
			d.comp.external = gc.fn
			d.effects = IO
		}
	}
}

// VisitCalls calls f for every component call that e reaches, through all definitions, once for each place.
func (p *Program) VisitCalls(e Expr, f func(c *CompCall)) {
	seen := map[*Def]bool{}
	var visit func(Expr)
	enter := func(d *Def) {
		if d == nil || seen[d] {
			return
		}
		seen[d] = true
		if d.comp != nil && d.comp.fn != nil && d.comp.fn.body != nil {
			visit(d.comp.fn)
		} else if d.expr != nil {
			visit(d.expr)
		}
	}
	visit = func(e Expr) {
		switch x := e.(type) {
		case *globalExpr:
			enter(x.def)
		case *CompCall:
			f(x)
			enter(x.Comp.Def)
		}
		e.Walk(visit)
	}
	visit(e)
}
