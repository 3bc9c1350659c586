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
	spread   atomic.Int32 // whether a call may give one: 1 no, 2 yes, 0 not looked at
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

// String is for debugging.
func (c *Code) String() string { return fmt.Sprintf("code %s", c.name) }
