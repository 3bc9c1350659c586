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

func (g *Gen) inline(c *CompCall) Emit {
	comp, fn := c.Comp, c.Comp.fn
	mark := g.fn.next
	env := &locs{m: map[*Binding]loc{}}
	var steps []bindInit
	var checks []Emit
	given := map[*param]kwArg{}
	site := g.Site(c.At)
	for _, a := range c.args {
		given[a.param] = a
	}
	// Arguments are evaluated in the order they are written, in the caller's scope.
	for _, a := range c.args {
		p := a.param
		if !p.mutated {
			if v, ok := g.Const(a.val); ok && !(v.IsNil() && p.def != nil) && !(g.checked(p) && typeProblem(p, v) != "") && !(v.IsNil() && p.required) {
				env.m[p.Binding] = loc{kind: locConst, v: v}
				continue
			}
			if x, ok := a.val.(*localExpr); ok && p.def == nil && !x.b.mutated && !x.b.early && !g.checked(p) && !p.required {
				if l, ok := g.locs.find(x.b); ok && !l.cell {
					env.m[p.Binding] = l
					continue
				}
			}
		}
		if v, ok := g.Const(a.val); ok && v.IsNil() && p.def != nil {
			delete(given, p) // as if it were not given
			continue
		}
		n := g.Value(a.val)
		i := g.slot()
		env.m[p.Binding] = loc{kind: locSlot, i: i}
		steps = append(steps, bindInit{slotSetter(i), n})
	}
	attrs := g.attrsNode(c)
	if fn.rest != nil {
		l := loc{kind: locKids, kids: &kids{c.children, c.caps, g.locs, g.via}}
		env.m[fn.rest] = l
		if fn.kidsAlias != nil {
			env.m[fn.kidsAlias] = l
		}
	}
	caller, via := g.locs, g.via
	g.locs, g.via = env, &inlined{comp.Name, site}
	g.stack = append(g.stack, comp)
	if fn.attrs != nil {
		steps = append(steps, bindInit{g.bindSlot(fn.attrs), attrs})
	}
	for _, p := range fn.params {
		a, ok := given[p]
		l := env.m[p.Binding]
		switch {
		case !ok && p.def != nil:
			if v, known := g.Const(p.def); known && !p.mutated {
				env.m[p.Binding] = loc{kind: locConst, v: v}
				continue
			}
			n := g.Value(p.def)
			steps = append(steps, bindInit{g.bindSlot(p.Binding), n})
		case !ok:
			if !p.mutated {
				env.m[p.Binding] = loc{kind: locConst}
				continue
			}
			steps = append(steps, bindInit{g.bindSlot(p.Binding), constNode{}})
		case l.kind == locSlot && a.param == p:
			if p.def != nil {
				steps = append(steps, bindInit{slotSetter(l.i), &defaultNode{l.i, g.Value(p.def)}})
			}
			if g.checked(p) {
				checks = append(checks, &checkEmit{p, l.i, comp.Name, site, true})
			} else if p.required {
				checks = append(checks, &checkEmit{p, l.i, comp.Name, site, false})
			}
			if p.boxed() {
				steps = append(steps, bindInit{cellSetter(l.i), slotNode(l.i)})
				env.m[p.Binding] = loc{kind: locSlot, i: l.i, cell: true}
			}
		}
	}
	body := g.Emit(fn.body)
	g.stack = g.stack[:len(g.stack)-1]
	g.locs, g.via = caller, via
	g.fn.next = mark
	if len(checks) > 0 {
		body = g.Dest().Seq(g, append(checks, body))
	}
	if len(steps) == 0 {
		return body
	}
	return &letEmit{steps, body}
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
