package sx

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
	known := len(a.prog.diags)
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
		for len(body) > 1 {
			if body[0].v.tag() == KindString && c.Doc == "" {
				d.Doc, c.Doc = body[0].v.Text(), body[0].v.Text()
				body = body[1:]
				continue
			}
			if body[0].v.tag() != KindKeyword {
				break
			}
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
		a.ids = map[string]*Site{}
		fn.body = a.body(body, true, f.site)
		a.ids = nil
	})
	wrong := len(a.prog.diags[known:].Errors()) > 0 // what is misspelled may be the use
	for _, p := range fn.params {
		if !p.used && !wrong && p.Name != "_" && c.external == nil { // Go reads its parameters where nobody sees it
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
			if p != nil {
				a.use(UseKeyword, k.name, k.site, p.site, d)
			}
			if p == nil {
				if fn.attrs == nil {
					a.errorAt(k.site, KeywordError, d.Name+": unknown keyword :"+k.name+suggestKey(k.name, fn), note)
					continue
				}
				e.attrs = append(e.attrs, kwArg{nil, k.name, k.val, k.site})
				continue
			}
			if lit, ok := k.val.(*constExpr); ok && !(lit.v.IsNil() && !p.required) {
				if msg := typeProblem(p, lit.v); msg != "" && lit.v.IsNil() {
					a.errorAt(k.val.Site(), KeywordError, d.Name+": "+p.missing(), note)
				} else if msg != "" {
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
		if check := a.load.compCheck; check != nil {
			a.Last(func() { check(a, e) })
		}
	})
	return e
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
		for _, d := range p.order {
			if fn, ok := d.expr.(*fnExpr); ok && !a.load.kept[d] && !fn.spread && fn.body != nil && mayBeSpread(fn.body, 0) {
				fn.spread = true
				changed = true
			}
		}
	}
	for _, f := range a.load.last {
		f()
	}
	a.load.last = nil
	a.checkCalls()
	p.components(func(d *Def) {
		if d.comp.Affinity == "client" && !a.load.kept[d] {
			if prims := p.ioOf(d); len(prims) > 0 {
				a.def = nil
				a.Errorf(d.Site, EffectError, "%s is :affinity :client but reaches %s, which only exists on the server", d.Name, prims[0])
			}
		}
	})
}

// Pure reports whether the component reaches no IO.
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

// Params returns the names of the keyword parameters.
func (c *Component) Params() []string {
	var out []string
	for _, q := range c.fn.params {
		out = append(out, q.Name)
	}
	return out
}

// Deps returns the names of the components that c reaches, in the order they are met, without c itself
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
