package sx

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Code is a function's body, generated for a destination when it is first run there.
//
// Calling convention: the arguments of a call lie at the top of the slot stack, m.stack[base:base+n], and
// become the first slots of the callee. Slots are, in order, the positional parameters, the keyword
// parameters, &rest and &rest-attrs, then whatever the body needs.
type Code struct {
	prog *Program
	fn   *fnExpr
	name string
	env  map[*Binding]loc // where the body finds what it captures
	via  *inlined
	lam  *Lambda // without captured values

	simple   bool // positional parameters only
	npos     int
	nparams  int
	bound    int // parameters of all sorts
	variants [2 * maxDests]atomic.Pointer[variant]
}

const maxDests = 4

// variant is code for one destination, to compute a value or to emit markup.
type variant struct {
	prologue []step
	body     Node
	emit     Emit
	nslots   int
	direct   bool // nothing to do before the body
}

// step is something done before a body runs: a default, a check, boxing.
type step interface{ run(m *Machine) }

func newCode(p *Program, fn *fnExpr, env map[*Binding]loc) *Code {
	c := &Code{prog: p, fn: fn, name: fn.name, env: env}
	c.lam = &Lambda{code: c, frozen: true}
	c.npos = len(fn.params) - fn.nkey
	c.nparams = len(fn.params)
	c.bound = c.nparams
	if fn.rest != nil {
		c.bound++
	}
	if fn.attrs != nil {
		c.bound++
	}
	c.simple = fn.nkey == 0 && !fn.hasKey && fn.rest == nil && fn.attrs == nil
	return c
}

func (c *Code) value(m *Machine) *variant {
	if v := c.variants[2*m.dest].Load(); v != nil {
		return v
	}
	return c.generate(m, false)
}

func (c *Code) emitter(m *Machine) *variant {
	if v := c.variants[2*m.dest+1].Load(); v != nil {
		return v
	}
	return c.generate(m, true)
}

// generate makes a variant for m's destination. Two goroutines may do so at once: generation changes nothing, and the
// first result is kept. What one goroutine is generating it cannot run yet; see generating.
func (c *Code) generate(m *Machine, emit bool) *variant {
	m.busy.check(c)
	dest := m.dest
	g := newGen(c.prog, dest)
	g.busy = &generating{c, m.busy}
	g.via, g.inComp = c.via, strings.HasPrefix(c.name, "~")
	for b, l := range c.env {
		g.locs.m[b] = l
	}
	v := &variant{}
	i := 0
	for _, p := range c.fn.params {
		g.param(v, c.name, p, i)
		i++
	}
	for _, b := range []*Binding{c.fn.rest, c.fn.attrs} {
		if b != nil {
			g.fn.next = max(g.fn.next, i+1)
			g.fn.max = max(g.fn.max, g.fn.next)
			g.locs.m[b] = loc{kind: locSlot, i: i}
			if b.boxed() {
				v.prologue = append(v.prologue, boxStep(i))
				g.locs.m[b] = loc{kind: locSlot, i: i, cell: true}
			}
			if c.fn.rest == b && b.kids {
				g.aliasChildren(c.fn, loc{kind: locSlot, i: i})
			}
			i++
		}
	}
	at := 2 * dest
	if emit {
		at++
		v.emit = g.emitTail(c.fn.body)
	} else {
		v.body = g.valueTail(c.fn.body)
	}
	v.nslots = g.fn.max
	v.direct = len(v.prologue) == 0 && v.nslots >= c.bound
	if c.variants[at].CompareAndSwap(nil, v) {
		return v
	}
	return c.variants[at].Load()
}

// param gives parameter p slot i, with its default, its check in development, and its cell.
func (g *Gen) param(v *variant, of string, p *param, i int) {
	g.fn.next = max(g.fn.next, i+1)
	g.fn.max = max(g.fn.max, g.fn.next)
	if p.def != nil {
		v.prologue = append(v.prologue, &defaultStep{i, g.Value(p.def)})
	}
	if g.checked(p) {
		v.prologue = append(v.prologue, &checkStep{of, p, i})
	} else if p.required {
		v.prologue = append(v.prologue, &requiredStep{of, p, i})
	}
	l := loc{kind: locSlot, i: i}
	if p.boxed() {
		v.prologue = append(v.prologue, boxStep(i))
		l.cell = true
	}
	g.locs.m[p.Binding] = l
}

type (
	defaultStep struct {
		slot int
		def  Node
	}
	checkStep struct {
		of   string
		p    *param
		slot int
	}
	requiredStep struct {
		of   string
		p    *param
		slot int
	}
	boxStep int
)

func (s *defaultStep) run(m *Machine) {
	if m.s[s.slot].IsNil() {
		v := s.def.Eval(m)
		m.s[s.slot] = v
	}
}

func (s *checkStep) run(m *Machine) {
	if msg := typeProblem(s.p, m.s[s.slot]); msg != "" {
		m.failParam(s.of, s.p, m.s[s.slot], msg)
	}
}

// A parameter that is :required is checked in production too: nil would go on to places that never expected it.
func (s *requiredStep) run(m *Machine) {
	if m.s[s.slot].IsNil() {
		m.failRequired(s.of, s.p)
	}
}

func (s boxStep) run(m *Machine) { m.s[s] = cellOf(&cell{v: m.s[s]}) }

// reserve makes room for n slots at the top of the stack and gives where they begin. The caller restores
// m.stack and m.top afterwards.
func (m *Machine) reserve(n int) int {
	base := m.top
	if base+n > len(m.stack) {
		m.grow(n)
		base = 0
	}
	m.top = base + n
	return base
}

// grow switches to another chunk with room for n slots.
func (m *Machine) grow(n int) {
	m.high = len(m.stack)
	need := max(2*len(m.stack), n)
	if need > 1<<16 {
		need = max(1<<16, n)
	}
	// The spare chunk is the last one made; it is in use only while it is the current one.
	if len(m.spare) < need || len(m.stack) > 0 && &m.spare[0] == &m.stack[0] {
		m.spare = make([]Value, need)
	}
	m.stack, m.top = m.spare, 0
}

// apply calls f with the n arguments at base.
func (m *Machine) apply(f Value, base, n int) Value {
	switch f.tag() {
	case KindLambda:
		return m.invoke((*Lambda)(f.p), base, n)
	case KindPrimitive:
		return (*Primitive)(f.p).call(m, m.stack[base:base+n])
	case KindComponent:
		return m.callNamedValue(f, m.stack[base:base+n], nil)
	}
	m.notCallable(f)
	return Nil
}

func (m *Machine) notCallable(f Value) { m.Fail(CallError, "not callable: %s", describe(f)) }

// invoke calls a lambda with the n arguments at base, and then whatever it tail calls.
func (m *Machine) invoke(l *Lambda, base, n int) Value {
	s, caps, top, at := m.s, m.caps, m.top, m.at
	if m.depth++; m.depth > m.limits.Depth {
		m.depthFail()
	}
	for {
		v := l.code.value(m)
		base = m.enter(l, v, base, n)
		for _, p := range v.prologue {
			p.run(m)
		}
		r := v.body.Eval(m)
		if m.tail == nil {
			m.depth--
			m.s, m.caps, m.top, m.at = s, caps, top, at
			return r
		}
		l, base, n = m.takeTail(base)
		if m.steps--; m.steps < 0 {
			m.refill()
		}
	}
}

// invokeEmit is invoke for markup.
func (m *Machine) invokeEmit(l *Lambda, base, n int) {
	s, caps, top, at := m.s, m.caps, m.top, m.at
	if m.depth++; m.depth > m.limits.Depth {
		m.depthFail()
	}
	for {
		v := l.code.emitter(m)
		base = m.enter(l, v, base, n)
		for _, p := range v.prologue {
			p.run(m)
		}
		v.emit.Emit(m)
		if m.tail == nil {
			m.depth--
			m.s, m.caps, m.top, m.at = s, caps, top, at
			return
		}
		l, base, n = m.takeTail(base)
		if m.steps--; m.steps < 0 {
			m.refill()
		}
	}
}

func (m *Machine) depthFail() {
	m.depth = 0 // what handles the error needs some
	m.Fail(LimitError, "recursion too deep: more than %d nested calls (a call in tail position needs none)", m.limits.Depth)
}

// enter makes the n arguments at base the first slots of l's activation.
func (m *Machine) enter(l *Lambda, v *variant, base, n int) int {
	c := l.code
	if most := max(v.nslots, c.bound); base+most > len(m.stack) {
		have := n
		if n == preBound {
			have = c.bound
		}
		args := m.stack[base : base+have]
		m.grow(max(most, have) + 8)
		base = 0
		copy(m.stack, args)
	}
	if n != c.nparams || !c.simple {
		if c.simple {
			if n > c.nparams {
				m.arityFail(l, n)
			}
			clear(m.stack[base+n : base+c.nparams])
		} else {
			m.arrange(l, base, n)
		}
	}
	m.s = m.stack[base : base+v.nslots]
	m.caps = l.caps
	m.top = base + v.nslots
	if m.top > m.high {
		m.high = m.top
	}
	if m.steps--; m.steps < 0 {
		m.refill()
	}
	return base
}

func (m *Machine) arityFail(l *Lambda, n int) {
	name := l.code.name
	if name == "" {
		name = "the function"
	}
	m.Fail(ArityError, "%s takes %s, got %d", name, l.code.fn.arityText(), n)
}

// arrange moves positional arguments to where a function with keyword or rest parameters wants them.
func (m *Machine) arrange(l *Lambda, base, n int) {
	c := l.code
	if n == preBound {
		return
	}
	var rest []Value
	if n > c.npos {
		if c.fn.rest == nil {
			m.arityFail(l, n)
		}
		m.Items(n - c.npos)
		rest = append(rest, m.stack[base+c.npos:base+n]...)
	}
	clear(m.stack[base+min(n, c.npos) : base+c.bound])
	if c.fn.rest != nil {
		m.stack[base+c.nparams] = ListOf(&List{Items: rest})
	}
}

// preBound as a number of arguments says that the slots are filled already.
const preBound = -1

// takeTail gives the pending tail call, its arguments moved to base.
func (m *Machine) takeTail(base int) (*Lambda, int, int) {
	l, args := m.tail, m.tailArgs
	m.tail = nil
	n := len(args)
	if base+n > len(m.stack) {
		m.grow(n + 8)
		base = 0
	}
	copy(m.stack[base:], args)
	if m.tailBound {
		m.tailBound = false
		n = preBound
	}
	return l, base, n
}

// Call calls fn with args.
func (m *Machine) Call(fn Value, args ...Value) Value {
	stack, top := m.stack, m.top
	base := m.reserve(len(args))
	copy(m.stack[base:], args)
	r := m.apply(fn, base, len(args))
	m.stack, m.top = stack, top
	return r
}

// EmitCall calls fn with args and appends the markup it gives to m.Out.
func (m *Machine) EmitCall(fn Value, args ...Value) {
	l := fn.Lambda()
	if l == nil {
		m.prog.dests[m.dest].EmitValue(m, m.Call(fn, args...))
		return
	}
	stack, top := m.stack, m.top
	base := m.reserve(len(args))
	copy(m.stack[base:], args)
	m.invokeEmit(l, base, len(args))
	m.stack, m.top = stack, top
}

// EmitComponent expands a component with keyword arguments and children and appends its markup to m.Out.
// An unknown keyword is an error.
func (m *Machine) EmitComponent(c *Component, args *Dict, children ...Value) {
	names := make([]string, 0, 2*args.Len()+len(children))
	vals := make([]Value, 0, cap(names))
	for i := range args.Len() {
		k, v := args.At(i)
		names, vals = append(names, k, ""), append(vals, String(k), v)
	}
	for _, v := range children {
		names, vals = append(names, ""), append(vals, v)
	}
	m.emitComponentArgs(c, vals, names)
}

func (m *Machine) emitComponentArgs(c *Component, args []Value, names []string) {
	if c.external != nil {
		d, kids := m.externalArgs(c, args, names)
		m.calls = append(m.calls, callRec{c.Name, m.at})
		c.external(m, d, kids)
		m.calls = m.calls[:len(m.calls)-1]
		return
	}
	stack, top := m.stack, m.top
	l := c.code.lam
	base := m.bindNamed(l, args, names, c.Name)
	m.calls = append(m.calls, callRec{c.Name, m.at})
	m.invokeEmit(l, base, preBound)
	m.calls = m.calls[:len(m.calls)-1]
	m.stack, m.top = stack, top
}

func (m *Machine) externalArgs(c *Component, args []Value, names []string) (*Dict, Value) {
	d := NewDict(len(args) / 2)
	var kids []Value
	for i := 0; i < len(args); i++ {
		if names != nil && names[i] != "" {
			if i+1 >= len(args) {
				m.Fail(KeywordError, "%s: the keyword :%s has no value", c.Name, names[i])
			}
			if c.fn.keyParam(names[i]) == nil && c.fn.attrs == nil {
				m.Fail(KeywordError, "%s: unknown keyword :%s%s", c.Name, names[i], suggestKey(names[i], c.fn))
			}
			d.Set(names[i], args[i+1])
			i++
			continue
		}
		kids = append(kids, args[i])
	}
	for _, p := range c.fn.params {
		v, _ := d.Lookup(p.Name)
		if v.IsNil() && p.def != nil {
			if k, ok := p.def.(*constExpr); ok {
				v = k.v
				d.Set(p.Name, v)
			}
		}
		if msg := typeProblem(p, v); msg != "" {
			m.failParam(c.Name, p, v, msg)
		}
	}
	if kids != nil && c.fn.rest == nil {
		m.Fail(KeywordError, "%s takes no children", c.Name)
	}
	return d, ListOf(&List{Items: kids, frozen: true})
}

// callNamed calls a lambda with arguments of which keyword values name parameters.
func (m *Machine) callNamed(l *Lambda, args []Value, keywords bool) Value {
	names := make([]string, len(args))
	if keywords && l.code.fn.hasKey {
		for i, a := range args {
			if a.tag() == KindKeyword {
				names[i] = a.Text()
			}
		}
	}
	return m.callNamedValue(LambdaOf(l), args, names)
}

// callNamedValue calls f; names tells which arguments were written as literal keywords.
func (m *Machine) callNamedValue(f Value, args []Value, names []string) Value {
	stack, top := m.stack, m.top
	defer func() { m.stack, m.top = stack, top }()
	switch f.tag() {
	case KindLambda:
		l := (*Lambda)(f.p)
		return m.invoke(l, m.bindKeywords(l, args, names), preBoundFor(l, len(args)))
	case KindComponent:
		c := (*Component)(f.p)
		return m.MarkupOf(func() { m.emitComponentArgs(c, args, names) })
	}
	base := m.reserve(len(args))
	copy(m.stack[base:], args)
	return m.apply(f, base, len(args))
}

func preBoundFor(l *Lambda, n int) int {
	if l.code.simple {
		return n
	}
	return preBound
}

// bindKeywords is bindNamed for a function, to which keywords are names only if it has &key.
func (m *Machine) bindKeywords(l *Lambda, args []Value, names []string) int {
	if !l.code.fn.hasKey {
		names = nil
	}
	return m.bindNamed(l, args, names, l.code.name)
}

// leave makes the call of l, whose n arguments were bound at base, the pending tail call.
func (m *Machine) leave(l *Lambda, base, n int) {
	m.tail, m.tailBound = l, !l.code.simple
	if m.tailBound {
		n = l.code.bound
	}
	m.tailArgs = m.stack[base : base+n]
}

// bindNamed puts arguments where the parameters of l are and gives where they begin.
func (m *Machine) bindNamed(l *Lambda, args []Value, names []string, who string) int {
	c := l.code
	if c.simple {
		base := m.reserve(len(args))
		copy(m.stack[base:], args)
		return base
	}
	base := m.reserve(c.bound)
	slots := m.stack[base : base+c.bound]
	clear(slots)
	var rest []Value
	var attrs *Dict
	pos := 0
	for i := 0; i < len(args); i++ {
		if names == nil || names[i] == "" {
			if pos < c.npos {
				slots[pos] = args[i]
				pos++
			} else {
				rest = append(rest, args[i])
			}
			continue
		}
		if i+1 >= len(args) {
			m.Fail(KeywordError, "%s: the keyword :%s has no value", who, names[i])
		}
		found := false
		for j := c.npos; j < c.nparams; j++ {
			if c.fn.params[j].Name == names[i] {
				slots[j] = args[i+1]
				found = true
			}
		}
		if !found {
			if c.fn.attrs == nil {
				m.Fail(KeywordError, "%s: unknown keyword :%s%s", who, names[i], suggestKey(names[i], c.fn))
			}
			if attrs == nil {
				attrs = NewDict(4)
			}
			attrs.Set(names[i], args[i+1])
		}
		i++
	}
	if rest != nil && c.fn.rest == nil {
		m.Fail(ArityError, "%s takes %s, got %d", who, c.fn.arityText(), pos+len(rest))
	}
	at := c.nparams
	if c.fn.rest != nil {
		slots[at] = ListOf(&List{Items: rest})
		at++
	}
	if c.fn.attrs != nil {
		if attrs == nil {
			attrs = NewDict(0)
		}
		slots[at] = SpreadOf(attrs)
	}
	return base
}

// MarkupOf runs f, which appends markup to m.Out, and gives that markup as an element value.
func (m *Machine) MarkupOf(f func()) Value {
	start := len(m.Out)
	f()
	s := string(m.Out[start:])
	m.Out = m.Out[:start]
	m.Bytes(len(s))
	return ElementOf(&Element{Markup: s, Wire: m.prog.dests[m.dest].Wire()})
}

// EmitDelayed evaluates delayed markup where it is placed. It reports false for an element that is
// rendered already.
func (m *Machine) EmitDelayed(e *Element) bool {
	if e.native != nil {
		d := m.prog.dests[m.dest]
		if !d.Wire() {
			e.native.Emit(m)
			m.LimitOut()
			return true
		}
		start := len(m.Out)
		e.native.Emit(m)
		html := string(m.Out[start:])
		m.Out = m.Out[:start]
		d.EmitValue(m, ElementOf(&Element{Markup: html}))
		return true
	}
	if e.delayed == nil {
		return false
	}
	stack, top := m.stack, m.top
	base := m.reserve(0)
	m.invokeEmit(&Lambda{code: e.delayed, caps: e.caps}, base, 0)
	m.stack, m.top = stack, top
	return true
}

// Delayed makes an element of a function without parameters, evaluated where it is placed.
func Delayed(l *Lambda) Value { return ElementOf(&Element{delayed: l.code, caps: l.caps}) }

// IsDelayed tells whether e is evaluated where it is placed.
func (e *Element) IsDelayed() bool { return e.delayed != nil || e.native != nil }

// String is for debugging.
func (c *Code) String() string { return fmt.Sprintf("code %s", c.name) }

// call checks the number of arguments and calls p.
func (p *Primitive) call(m *Machine, args []Value) Value {
	n := len(args)
	if n < p.min || p.max >= 0 && n > p.max {
		m.Fail(ArityError, "%s", arityMessage(p, n))
	}
	switch {
	case n == 0 && p.F0 != nil:
		return p.F0(m)
	case n == 1 && p.F1 != nil:
		return p.F1(m, args[0])
	case n == 2 && p.F2 != nil:
		return p.F2(m, args[0], args[1])
	case n == 3 && p.F3 != nil:
		return p.F3(m, args[0], args[1], args[2])
	case p.FN != nil:
		return p.FN(m, args)
	}
	return p.callGo(m, args)
}

// callGo calls a primitive of an application. A panic in it becomes an error at the call.
func (p *Primitive) callGo(m *Machine, args []Value) Value {
	at := m.at
	v, err := func() (v Value, err error) {
		defer func() {
			if r := recover(); r != nil {
				if e, ok := r.(*Error); ok {
					err = e
					return
				}
				err = m.recovered(r)
			}
		}()
		return p.Func(m.ctx, args)
	}()
	m.at = at
	if err != nil {
		m.Throw(err)
	}
	return v
}
