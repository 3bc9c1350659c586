package sx

import (
	"context"
	"strings"
	"unsafe"
)

// Arg is a keyword argument of a component, given from Go. The name "children" gives the children: one
// value, or a list of them.
type Arg struct {
	Name  string // without its colon
	Value Value
}

// noChildren is the list of children of a call without any; it is frozen.
var noChildren = ListOf(&List{frozen: true})

// EmitArgs expands a component with arguments given from Go and appends its markup to m.Out. A missing
// required keyword and an unknown one are errors. It allocates nothing for them. run, when not nil, runs the
// component's code in place of Emit, so that a destination can treat its outermost parts otherwise.
func (m *Machine) EmitArgs(c *Component, args []Arg, run func(m *Machine, body Emit)) {
	if c.external != nil {
		d := NewDict(len(args))
		var kids []Value
		for _, a := range args {
			if a.Name == "children" {
				kids = append(kids, a.Value)
			} else {
				d.Set(a.Name, a.Value)
			}
		}
		m.EmitComponent(c, d, kids...)
		return
	}
	code, fn := c.code, c.fn
	stack, top := m.stack, m.top
	base := m.reserve(code.bound)
	slots := m.stack[base : base+code.bound]
	clear(slots)
	rest, attrs := -1, -1
	at := len(fn.params)
	if fn.rest != nil {
		rest = at
		slots[at] = noChildren
		at++
	}
	if fn.attrs != nil {
		attrs = at
	}
	for i := range args {
		if a := &args[i]; i < len(fn.params) && fn.params[i].is(a.Name) {
			slots[i] = a.Value
		} else {
			m.putArg(c, slots, rest, attrs, a)
		}
	}
	if attrs >= 0 && slots[attrs].IsNil() {
		slots[attrs] = SpreadOf(&Dict{})
	}
	m.calls = append(m.calls, callRec{c.Name, nil})
	v := code.emitter(m)
	base = m.enter(code.lam, v, base, preBound)
	for _, p := range v.prologue {
		p.run(m)
	}
	if run == nil {
		v.emit.Emit(m)
	} else {
		run(m, v.emit)
	}
	if m.tail != nil {
		l, b, n := m.takeTail(base)
		m.invokeEmit(l, b, n)
	}
	m.calls = m.calls[:len(m.calls)-1]
	m.s, m.stack, m.top = nil, stack, top
}

// is reports whether name is the parameter's. Callers give the same constants again and again: the last one is
// known by its address, which spares a small component a good part of its time.
func (p *param) is(name string) bool {
	at := unsafe.StringData(name)
	if at == p.known.Load() && len(name) == len(p.Name) {
		return true
	}
	return p.same(name, at)
}

func (p *param) same(name string, at *byte) bool {
	if name != p.Name {
		return false
	}
	p.known.Store(at)
	return true
}

func (m *Machine) putArg(c *Component, slots []Value, rest, attrs int, a *Arg) {
	for i, p := range c.fn.params {
		if p.Name == a.Name {
			slots[i] = a.Value
			return
		}
	}
	switch {
	case a.Name == "children" && rest >= 0:
		if slots[rest] = a.Value; a.Value.Kind() != KindList {
			slots[rest] = ListOf(&List{Items: []Value{a.Value}, frozen: true})
		}
	case attrs >= 0:
		d := slots[attrs].SpreadDict()
		if d == nil {
			d = &Dict{}
			slots[attrs] = SpreadOf(d)
		}
		d.Set(a.Name, a.Value)
	default:
		m.Fail(KeywordError, "%s: unknown keyword :%s%s", c.Name, a.Name, suggestKey(a.Name, c.fn))
	}
}

// EmitRoot is EmitArgs as the whole of an evaluation: what is raised comes back as an error.
func (m *Machine) EmitRoot(c *Component, args []Arg, run func(m *Machine, body Emit)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = m.recovered(r)
		}
	}()
	if v := m.enterRoot(c, args); v != nil {
		if run == nil {
			v.emit.Emit(m)
		} else {
			run(m, v.emit)
		}
		if m.tail == nil {
			return nil
		}
		l, b, n := m.takeTail(0)
		m.invokeEmit(l, b, n)
		return nil
	}
	m.EmitArgs(c, args, run)
	return nil
}

// enterRoot makes args the first slots of c's activation on a machine that has just begun, and gives c's code; nil
// where something has to be done besides. For a small component what EmitArgs does besides is most of its time. What
// it leaves is for Rest to clear.
func (m *Machine) enterRoot(c *Component, args []Arg) *variant {
	if c.external != nil || m.top != 0 || len(m.calls) != 0 {
		return nil
	}
	v := c.code.variants[2*m.dest+1].Load()
	params := c.fn.params
	if v == nil || !v.direct || v.nslots > len(m.stack) || len(args) != len(params) || c.fn.attrs != nil {
		return nil
	}
	s := m.stack[:v.nslots]
	if c.fn.rest != nil {
		s[len(params)] = noChildren
	}
	for i := range args {
		a, p := &args[i], params[i]
		if unsafe.StringData(a.Name) != p.known.Load() || len(a.Name) != len(p.Name) {
			return nil
		}
		s[i] = a.Value
	}
	m.s, m.top, m.high = s, v.nslots, max(m.high, v.nslots)
	m.calls = append(m.calls, callRec{c.Name, nil})
	if m.steps--; m.steps < 0 {
		m.refill()
	}
	return v
}

// Begin starts another evaluation on a machine that was made with Program.Machine and kept; see Rest.
func (m *Machine) Begin(ctx context.Context) { m.ctx = ctx }

// Rest ends an evaluation and keeps the machine for another one by the same owner, to be started with Begin:
// what Release and Program.Machine do together, for owners that pool their machines along with something
// else. Out and Host stay.
func (m *Machine) Rest() {
	if used := m.stack[:min(m.high, len(m.stack))]; len(used) <= 8 {
		for i := range used { // spares the call
			used[i] = Value{}
		}
	} else {
		clear(used)
	}
	if len(m.stack) > 1<<12 {
		m.stack = make([]Value, 256)
	}
	m.high, m.top, m.depth, m.written, m.gensyms = 0, 0, 0, 0, 0
	m.steps, m.budget = 0, m.limits.Steps
	m.ctx, m.at, m.s, m.caps = nil, nil, nil, nil
	m.calls = m.calls[:0]
	if m.grace != 0 {
		m.grace = 0
	}
	if m.tail != nil || m.again != nil || m.dyn != nil || m.tailArgs != nil || m.spare != nil || m.tailBound {
		m.tail, m.again, m.dyn, m.tailArgs, m.spare, m.tailBound = nil, nil, nil, nil, nil, false
	}
}

// SourceOf returns the source text of components and of every definition they reach, macros included, each once, one
// to a line, in the order of Reached.
func (p *Program) SourceOf(comps ...*Component) string {
	var b strings.Builder
	written := map[string]bool{} // a macro may make several definitions
	for _, d := range p.Reached(comps...) {
		if text := d.form.site.text(); !written[text] {
			written[text] = true
			b.WriteString(text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Reached returns the definitions of components and all that they reach, each once. They stand in the order of the
// program, except that what a definition reaches stands before it: a host that evaluates them one after the other
// finds what their values, and macros, need.
func (p *Program) Reached(comps ...*Component) []*Def {
	need := map[*Def]bool{}
	for _, c := range comps {
		p.reach(c.Def, func(d *Def) { need[d] = true })
	}
	var out []*Def
	var take func(*Def)
	take = func(d *Def) {
		if !need[d] {
			return
		}
		delete(need, d)
		for _, r := range d.refs {
			take(r)
		}
		if d.form != nil && d.form.site != nil {
			out = append(out, d)
		}
	}
	for _, d := range p.order {
		take(d)
	}
	return out
}
