package sx

// Inlining: a component that does not reach itself is expanded where it is called. Its parameters become
// constants, other names for the caller's slots, or slots of the caller, so that constant folding crosses
// the border.
const (
	inlineSize  = 600   // expressions of one component
	inlineDepth = 16    // components inside each other
	inlineGrown = 20000 // expressions added to one function
)

// component generates a component call in render position.
func (g *Gen) component(c *CompCall) Emit {
	if e := g.Dest().Component(g, c); e != nil {
		return e
	}
	return g.Expand(c)
}

// Expand generates the expansion of a component call.
func (g *Gen) Expand(c *CompCall) Emit {
	if g.expands(c.Comp) {
		*g.grown += c.Comp.size
		return g.inline(c)
	}
	return g.prerender(c, g.compEmit(c))
}

// expands reports whether calls of comp are expanded in place here.
func (g *Gen) expands(comp *Component) bool {
	return comp.external == nil && !comp.recurses && (comp.size <= inlineSize || comp.spread) && len(g.stack) < inlineDepth && *g.grown+comp.size <= inlineGrown
}

// inline generates the body of a component in the place of its call.
func (g *Gen) inline(c *CompCall) Emit {
	comp, fn := c.Comp, c.Comp.fn
	mark := g.fn.next
	x := &inlining{g: g, comp: comp, site: g.Site(c.At), env: &locs{m: map[*Binding]loc{}}, given: map[*param]kwArg{}}
	for _, a := range c.args {
		x.given[a.param] = a
	}
	// Arguments are evaluated in the order they are written, in the caller's scope.
	for _, a := range c.args {
		x.argument(a)
	}
	attrs := g.attrsNode(c)
	if fn.rest != nil {
		l := loc{kind: locKids, kids: &kids{c.children, c.caps, g.locs, g.via}}
		x.env.m[fn.rest] = l
		if fn.kidsAlias != nil {
			x.env.m[fn.kidsAlias] = l
		}
	}
	caller, via := g.locs, g.via
	g.locs, g.via = x.env, &inlined{comp.Name, x.site}
	g.stack = append(g.stack, comp)
	if fn.attrs != nil {
		x.set(g.bindSlot(fn.attrs), attrs)
	}
	for _, p := range fn.params {
		x.parameter(p)
	}
	body := g.Emit(fn.body)
	g.stack = g.stack[:len(g.stack)-1]
	g.locs, g.via = caller, via
	g.fn.next = mark
	if len(x.checks) > 0 {
		body = g.Dest().Seq(g, append(x.checks, body))
	}
	if len(x.steps) == 0 {
		return body
	}
	return &letEmit{x.steps, body}
}

// inlining is one call being expanded in place: what becomes of its arguments, and what is to be done before the body.
type inlining struct {
	g      *Gen
	comp   *Component
	site   *Site
	env    *locs            // what the body sees
	given  map[*param]kwArg // arguments, without those that count as not given
	steps  []bindInit       // in order
	checks []Emit
}

// set adds a step.
func (x *inlining) set(to setter, value Node) { x.steps = append(x.steps, bindInit{to, value}) }

// argument decides, in the caller's scope, what a parameter becomes: a constant, another name for a slot of the caller,
// or a slot of its own.
func (x *inlining) argument(a kwArg) {
	g, p := x.g, a.param
	if !p.mutated {
		if v, ok := g.Const(a.val); ok && !(v.IsNil() && p.def != nil) && !(g.checked(p) && typeProblem(p, v) != "") && !(v.IsNil() && p.required) {
			x.env.m[p.Binding] = loc{kind: locConst, v: v}
			return
		}
		if name, ok := a.val.(*localExpr); ok && p.def == nil && !name.b.mutated && !name.b.early && !g.checked(p) && !p.required {
			if l, ok := g.locs.find(name.b); ok && !l.cell {
				x.env.m[p.Binding] = l
				return
			}
		}
	}
	if v, ok := g.Const(a.val); ok && v.IsNil() && p.def != nil {
		delete(x.given, p) // as if it were not given
		return
	}
	n := g.Value(a.val)
	i := g.slot()
	x.env.m[p.Binding] = loc{kind: locSlot, i: i}
	x.set(slotSetter(i), n)
}

// parameter completes, in the component's scope, what argument began: defaults, checks, cells.
func (x *inlining) parameter(p *param) {
	g := x.g
	a, ok := x.given[p]
	l := x.env.m[p.Binding]
	switch {
	case !ok && p.def != nil:
		if v, known := g.Const(p.def); known && !p.mutated {
			x.env.m[p.Binding] = loc{kind: locConst, v: v}
			return
		}
		n := g.Value(p.def)
		x.set(g.bindSlot(p.Binding), n)
	case !ok:
		if !p.mutated {
			x.env.m[p.Binding] = loc{kind: locConst}
			return
		}
		x.set(g.bindSlot(p.Binding), constNode{})
	case l.kind == locSlot && a.param == p:
		if p.def != nil {
			x.set(slotSetter(l.i), &defaultNode{l.i, g.Value(p.def)})
		}
		if g.checked(p) {
			x.checks = append(x.checks, &checkEmit{p, l.i, x.comp.Name, x.site, true})
		} else if p.required {
			x.checks = append(x.checks, &checkEmit{p, l.i, x.comp.Name, x.site, false})
		}
		if p.boxed() {
			x.set(cellSetter(l.i), slotNode(l.i))
			x.env.m[p.Binding] = loc{kind: locSlot, i: l.i, cell: true}
		}
	}
}

func (g *Gen) checked(p *param) bool {
	return g.prog.dev && (p.typ != "" && p.typ != "any" || p.check != nil)
}

type defaultNode struct {
	slot int
	def  Node
}

func (n *defaultNode) Eval(m *Machine) Value {
	if v := m.s[n.slot]; !v.IsNil() {
		return v
	}
	return n.def.Eval(m)
}

type checkEmit struct {
	p    *param
	slot int
	comp string
	site *Site
	all  bool // type and bounds too, not only that it is there
}

func (n *checkEmit) Emit(m *Machine) {
	v := m.s[n.slot]
	if v.tag() == kindCell {
		v = v.cell().v
	}
	if !n.all && !v.IsNil() {
		return
	}
	if msg := typeProblem(n.p, v); msg != "" {
		m.at = n.site
		m.failParam(n.comp, n.p, v, msg)
	}
}
