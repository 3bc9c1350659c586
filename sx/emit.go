package sx

// Dest is a destination of markup: HTML, or SX wire text. The control forms of the language are generated
// here; what a piece of markup looks like is the destination's affair. All methods must be safe for
// concurrent use.
type Dest interface {
	// Name names the destination in diagnostics.
	Name() string
	// Wire tells whether markup is SX wire text.
	Wire() bool
	// Literal gives code for a constant child.
	Literal(g *Gen, v Value, at *Site) Emit
	// Hole gives code for a child whose value n computes; e is its form.
	Hole(g *Gen, e Expr, n Node) Emit
	// Seq joins code that runs one after another, merging what is static. It must take an empty list.
	Seq(g *Gen, parts []Emit) Emit
	// Static gives code that writes markup that is ready, and Bytes the markup of such code.
	Static(markup []byte) Emit
	// EmitValue appends a value as a child.
	EmitValue(m *Machine, v Value)
	// Component gives code for a call that stays a call in the output, or nil to expand it.
	Component(g *Gen, c *CompCall) Emit
}

// emit generates code for render position.
func (g *Gen) emit(e Expr) Emit {
	d := g.Dest()
	switch e := e.(type) {
	case *localExpr:
		if l, ok := g.locs.find(e.b); ok && l.kind == locKids {
			return g.emitKids(l.kids)
		}
	case *ifExpr:
		if c, ok := g.Const(e.cond); ok {
			if c.Truthy() {
				return g.emit(e.then)
			}
			return g.emitOrNothing(e.other)
		}
		return &ifEmit{newCondition(g.Value(e.cond)), g.emit(e.then), g.emitOrNothing(e.other)}
	case *caseExpr:
		n := &caseEmit{caseNode: caseNode{key: g.Value(e.key), labels: g.Values(e.labels)}, other: g.emitOrNothing(e.other)}
		for _, b := range e.bodies {
			n.emits = append(n.emits, g.emit(b))
		}
		return n
	case *matchExpr:
		return g.match(e, true)
	case *letExpr:
		mark := g.fn.next
		inits := g.bindLet(e)
		body := g.emit(e.body)
		g.fn.next = mark
		if len(inits) == 0 {
			return body
		}
		return &letEmit{inits, body}
	case *loopExpr:
		mark := g.fn.next
		n := &loopEmit{loopNode: loopNode{loop: e.loop, site: g.Site(e.At)}}
		n.inits = g.Values(e.inits)
		for _, b := range e.names {
			n.sets = append(n.sets, g.bindSlot(b))
		}
		n.body = g.emit(e.body)
		g.fn.next = mark
		return n
	case *againExpr:
		return &effectEmit{g.againNode(e)}
	case *bodyExpr:
		return g.bodyEmit(e)
	case *tryExpr:
		return g.try(e, true)
	case *scopeExpr:
		return &scopeEmit{e.name, g.Value(e.val), g.Emit(e.body)}
	case *headExpr:
		if v, ok := g.Const(e.fn); ok {
			if v.Callable() {
				return g.emit(e.call)
			}
			return g.emit(e.element)
		}
		return &headEmit{g.Value(e.fn), g.Emit(e.call), g.Emit(e.element)}
	case *defExpr:
		return &effectEmit{g.define(e)}
	case *CompCall:
		return g.component(e)
	case *primCall:
		if n := g.mapEmit(e); n != nil {
			return g.prerender(e, n)
		}
	case *callExpr:
		if _, known := g.Const(e); !known {
			if n := g.callEmit(e); n != nil {
				return g.prerender(e, n)
			}
		}
	case Custom:
		return e.GenEmit(g)
	}
	if v, ok := g.Const(e); ok {
		return d.Literal(g, v, g.Site(e.Site()))
	}
	return d.Hole(g, e, g.Value(e))
}

func (g *Gen) emitOrNothing(e Expr) Emit {
	if e == nil {
		return g.Dest().Seq(g, nil)
	}
	return g.emit(e)
}

func (g *Gen) emitKids(k *kids) Emit {
	old, via := g.locs, g.via
	g.locs, g.via = k.locs, k.via
	parts := make([]Emit, len(k.exprs))
	for i, e := range k.exprs {
		parts[i] = g.Emit(e)
	}
	g.locs, g.via = old, via
	return g.Dest().Seq(g, parts)
}

func (g *Gen) bodyEmit(e *bodyExpr) Emit {
	var parts []Emit
	for i, f := range e.forms {
		last := i == len(e.forms)-1
		switch {
		case last:
			parts = append(parts, g.emit(f))
		case e.keep && IsMarkup(f):
			parts = append(parts, g.Emit(f))
		default:
			if _, ok := g.Const(f); !ok {
				parts = append(parts, &effectEmit{g.Value(f)})
			}
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return g.Dest().Seq(g, parts)
}

type (
	ifEmit struct {
		cond        condition
		then, other Emit
	}
	caseEmit struct {
		caseNode
		emits []Emit
		other Emit
	}
	letEmit struct {
		inits []bindInit
		body  Emit
	}
	loopEmit struct {
		loopNode
		body Emit
	}
	effectEmit struct{ n Node }
	scopeEmit  struct {
		name string
		val  Node
		body Emit
	}
	headEmit struct {
		fn            Node
		call, element Emit
	}
)

func (n *ifEmit) Emit(m *Machine) {
	if n.cond.test(m) {
		n.then.Emit(m)
	} else {
		n.other.Emit(m)
	}
}

func (n *caseEmit) Emit(m *Machine) {
	if i := n.pick(m); i >= 0 {
		n.emits[i].Emit(m)
	} else {
		n.other.Emit(m)
	}
}

func (n *letEmit) Emit(m *Machine) {
	for i := range n.inits {
		v := n.inits[i].v.Eval(m)
		n.inits[i].set.set(m, v)
	}
	n.body.Emit(m)
}

func (n *loopEmit) Emit(m *Machine) {
	n.start(m)
	for {
		n.body.Emit(m)
		if m.again != n.loop {
			return
		}
		m.again = nil
		if m.steps--; m.steps < 0 {
			m.at = n.site
			m.refill()
		}
	}
}

func (n *effectEmit) Emit(m *Machine) { n.n.Eval(m) }

func (n *scopeEmit) Emit(m *Machine) {
	v := n.val.Eval(m)
	up := m.dyn
	m.dyn = &binding{name: n.name, value: v, emitted: &List{}, up: up}
	n.body.Emit(m)
	m.dyn = up
}

func (n *headEmit) Emit(m *Machine) {
	if n.fn.Eval(m).Callable() {
		n.call.Emit(m)
	} else {
		n.element.Emit(m)
	}
}

// LimitOut fails when the markup written so far is over the limit; code that appends much calls it.
func (m *Machine) LimitOut() {
	if m.written+int64(len(m.Out)) > m.limits.Output {
		m.Fail(LimitError, "too much markup: more than %d bytes", m.limits.Output)
	}
}

// Flushed tells the machine that n bytes of Out were taken away, so that the output limit counts them.
func (m *Machine) Flushed(n int) { m.written += int64(n) }

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

// expands tells whether calls of comp are expanded in place here.
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

func (g *Gen) attrsNode(c *CompCall) Node {
	n := &spreadNode{}
	for _, a := range c.attrs {
		n.keys = append(n.keys, a.name)
		n.vals = append(n.vals, g.Value(a.val))
	}
	return n
}

type spreadNode struct {
	keys []string
	vals []Node
}

func (n *spreadNode) Eval(m *Machine) Value {
	d := NewDict(len(n.keys))
	for i, k := range n.keys {
		d.Set(k, n.vals[i].Eval(m))
	}
	d.written = true
	return SpreadOf(d)
}

// compEmit generates a component call that is not inlined.
func (g *Gen) compEmit(c *CompCall) *compNode {
	comp := c.Comp
	n := &compNode{comp: comp, site: g.Site(c.At), tail: g.tail && comp.external == nil}
	fn := comp.fn
	for _, a := range c.args {
		for i, p := range fn.params {
			if p == a.param {
				n.args = append(n.args, g.Value(a.val))
				n.at = append(n.at, i)
				n.names = append(n.names, a.name)
			}
		}
	}
	if fn.rest != nil {
		n.kids = g.childrenNode(c.children, c.caps)
		n.kidsAt = len(fn.params)
	}
	if fn.attrs != nil {
		n.attrs = g.attrsNode(c)
		n.attrsAt = len(fn.params)
		if fn.rest != nil {
			n.attrsAt++
		}
	}
	return n
}

type compNode struct {
	comp            *Component
	site            *Site
	args            []Node
	at              []int
	names           []string
	kids, attrs     Node
	kidsAt, attrsAt int
	tail            bool
}

func (n *compNode) Emit(m *Machine) {
	if n.comp.external != nil {
		n.emitGo(m)
		return
	}
	stack, top := m.stack, m.top
	if base, now := n.bind(m); now {
		m.calls = append(m.calls, callRec{n.comp.Name, n.site})
		m.invokeEmit(n.comp.lambda(), base, preBound)
		m.calls = m.calls[:len(m.calls)-1]
	}
	m.stack, m.top = stack, top
}

// bind evaluates the arguments into the slots of the component and gives where they begin. now is false where the
// call is in tail position and left to who called this code.
func (n *compNode) bind(m *Machine) (base int, now bool) {
	c := n.comp.code
	base = m.reserve(c.bound)
	clear(m.stack[base : base+c.bound])
	for i, a := range n.args {
		v := a.Eval(m)
		m.stack[base+n.at[i]] = v
	}
	if n.kids != nil {
		v := n.kids.Eval(m)
		m.stack[base+n.kidsAt] = v
	}
	if n.attrs != nil {
		v := n.attrs.Eval(m)
		m.stack[base+n.attrsAt] = v
	}
	m.at = n.site
	if n.tail {
		m.tail, m.tailArgs, m.tailBound = n.comp.lambda(), m.stack[base:base+c.bound], true
	}
	return base, !n.tail
}

// SpreadCall gives code for a call of a component that may give a spread and is not expanded where it stands:
// the call's value, a spread or markup. It is nil for other calls, whose markup may go straight to the output.
func (g *Gen) SpreadCall(c *CompCall) Node {
	if c.Comp.external != nil || !c.Comp.spread || g.expands(c.Comp) {
		return nil
	}
	return g.compValue(c)
}

// compValue generates a component call as a value.
func (g *Gen) compValue(c *CompCall) Node {
	n := g.compEmit(c)
	n.tail = n.tail && g.inComp
	return &compValue{n}
}

type compValue struct{ *compNode }

func (n *compValue) Eval(m *Machine) Value {
	stack, top := m.stack, m.top
	base, now := n.bind(m)
	if !now {
		m.stack, m.top = stack, top
		return Nil
	}
	m.calls = append(m.calls, callRec{n.comp.Name, n.site})
	v := m.invoke(n.comp.lambda(), base, preBound)
	m.calls = m.calls[:len(m.calls)-1]
	m.stack, m.top = stack, top
	switch v.tag() {
	case KindSpread, KindElement:
		return v
	}
	return m.MarkupOf(func() { m.prog.dests[m.dest].EmitValue(m, v) })
}

func (n *compNode) emitGo(m *Machine) {
	d := NewDict(len(n.args))
	for i, a := range n.args {
		d.Set(n.names[i], a.Eval(m))
	}
	if n.attrs != nil {
		if s := n.attrs.Eval(m).SpreadDict(); s != nil {
			for i := range s.Len() {
				k, v := s.At(i)
				d.Set(k, v)
			}
		}
	}
	kids := ListOf(&List{frozen: true})
	if n.kids != nil {
		kids = n.kids.Eval(m)
	}
	m.at = n.site
	for _, p := range n.comp.fn.params {
		v, _ := d.Lookup(p.Name)
		if v.IsNil() {
			if k, ok := p.def.(*constExpr); ok {
				v = k.v
				d.Set(p.Name, v)
			}
		}
		if msg := typeProblem(p, v); msg != "" {
			m.failParam(n.comp.Name, p, v, msg)
		}
	}
	m.calls = append(m.calls, callRec{n.comp.Name, n.site})
	n.comp.external(m, d, kids)
	m.calls = m.calls[:len(m.calls)-1]
}

func (c *Component) lambda() *Lambda { return c.code.lam }

// callEmit generates a call in render position: the callee's markup goes straight to the output.
func (g *Gen) callEmit(e *callExpr) Emit {
	if e.kw {
		return &kwCallEmit{g.kwCall(e)}
	}
	if _, ok := e.fn.(*fnExpr); ok {
		return nil
	}
	return &callEmit{callNode{fn: newOperand(g.Value(e.fn)), args: operands(g.Values(e.args)), site: g.Site(e.At), tail: g.tail}}
}

type (
	callEmit   struct{ callNode }
	kwCallEmit struct{ *kwCallNode }
)

func (n *kwCallEmit) Emit(m *Machine) {
	f, args := n.parts(m)
	l := f.Lambda()
	if l == nil {
		v := m.callNamedValue(f, args, n.names)
		m.at = n.site
		m.prog.dests[m.dest].EmitValue(m, v)
		return
	}
	stack, top := m.stack, m.top
	base := m.bindKeywords(l, args, n.names)
	if n.tail {
		m.leave(l, base, len(args))
	} else {
		m.invokeEmit(l, base, preBoundFor(l, len(args)))
	}
	m.stack, m.top = stack, top
}

func (n *callEmit) Emit(m *Machine) {
	f := n.fn.eval(m)
	stack, top := m.stack, m.top
	base := m.reserve(len(n.args))
	for i := range n.args {
		v := n.args[i].eval(m)
		m.stack[base+i] = v
	}
	m.at = n.site
	l := f.Lambda()
	switch {
	case l == nil:
		v := m.apply(f, base, len(n.args))
		m.stack, m.top = stack, top
		m.at = n.site
		m.prog.dests[m.dest].EmitValue(m, v)
		return
	case n.tail:
		m.tail, m.tailArgs = l, m.stack[base:base+len(n.args)]
	default:
		m.invokeEmit(l, base, len(n.args))
	}
	m.stack, m.top = stack, top
}
