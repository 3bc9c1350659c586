package render

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/sx-framework/sxgo/sx"
)

// Options returns what a program needs to make markup: elements, the forms of markup, and the two destinations.
// Give them to sx.Load. Options of applications come after them.
func Options() []sx.Option {
	return []sx.Option{
		sx.WithHeads(elementHead),
		sx.WithComponentCheck(checkCall),
		sx.WithSpecials(specials()...),
		sx.WithPrimitives(primitives()...),
		sx.WithDests(htmlDest{}, wireDest{}),
	}
}

// Renderer renders the components of a program that was loaded with Options. Any number of goroutines may use
// it at once.
type Renderer struct {
	prog  *sx.Program
	pool  workers
	comps sync.Map // name to *Component
	other sizeHint // of what is no component
}

// New makes a renderer for a program.
func New(prog *sx.Program) *Renderer { return &Renderer{prog: prog} }

// Program returns the program that is rendered.
func (r *Renderer) Program() *sx.Program { return r.prog }

// Component is a component of a program, ready to be rendered. Any number of goroutines may use it at once.
type Component struct {
	r    *Renderer
	comp *sx.Component
	hint sizeHint
}

// Component returns the component of a name such as "~card".
func (r *Renderer) Component(name string) (*Component, error) {
	if c, ok := r.comps.Load(name); ok {
		return c.(*Component), nil
	}
	comp, ok := r.prog.Component(name)
	if !ok {
		return nil, fmt.Errorf("unknown component: %s", name)
	}
	c, _ := r.comps.LoadOrStore(name, &Component{r: r, comp: comp})
	return c.(*Component), nil
}

// HTML renders the component name to w; see Component.HTML.
func (r *Renderer) HTML(ctx context.Context, w io.Writer, name string, args ...sx.Arg) error {
	c, err := r.Component(name)
	if err != nil {
		return err
	}
	return c.HTML(ctx, w, args...)
}

// Wire returns the component name as SX wire text; see Component.Wire.
func (r *Renderer) Wire(ctx context.Context, name string, args ...sx.Arg) (string, error) {
	c, err := r.Component(name)
	if err != nil {
		return "", err
	}
	return c.Wire(ctx, args...)
}

// HTML renders the component to w. Nothing is written before the evaluation has succeeded; then w is written
// to once, or a few times where the component holds large constants, and the first error of w ends it. The
// evaluation stops when ctx is done.
func (c *Component) HTML(ctx context.Context, w io.Writer, args ...sx.Arg) error {
	k := c.r.pool.get(c.r.prog, c.hint.get())
	m := k.m
	m.Begin(ctx)
	err := m.EmitRoot(c.comp, args, runRoot)
	if err == nil {
		c.hint.note(len(m.Out))
		if len(k.host.segs) == 0 {
			_, err = w.Write(m.Out)
		} else {
			_, err = writeSegments(w, m.Out, k.host.segs)
		}
	}
	c.r.pool.put(k)
	return err
}

// Wire returns the component as SX wire text: one form.
func (c *Component) Wire(ctx context.Context, args ...sx.Arg) (string, error) {
	return c.r.WireOf(ctx, nil, func(m *sx.Machine) { m.EmitArgs(c.comp, args, nil) })
}

// Value renders a value to w: a function is called without arguments, a component expanded, everything else
// is written as a child would be.
func (r *Renderer) Value(ctx context.Context, w io.Writer, v sx.Value) error {
	out, err := r.HTMLOf(ctx, nil, func(m *sx.Machine) { emitValue(m, v) })
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// WireValue returns a value as SX wire text, in the sense of Value.
func (r *Renderer) WireValue(ctx context.Context, v sx.Value) (string, error) {
	return r.WireOf(ctx, nil, func(m *sx.Machine) { emitValue(m, v) })
}

func emitValue(m *sx.Machine, v sx.Value) {
	switch {
	case v.Component() != nil:
		m.EmitArgs(v.Component(), nil, nil)
	case v.Callable():
		m.EmitCall(v)
	default:
		m.Dest().EmitValue(m, v)
	}
}

// HTMLOf returns the HTML that f appends to the output of a machine. host may be nil. It is what the page layer
// builds on; the bytes belong to the caller.
func (r *Renderer) HTMLOf(ctx context.Context, host *Host, f func(m *sx.Machine)) ([]byte, error) {
	m := r.prog.Machine(ctx, DestHTML)
	defer m.Release()
	if host != nil {
		m.Host = host
	}
	m.Out = make([]byte, 0, max(r.other.get(), 512))
	if err := m.Protect(func() { f(m) }); err != nil {
		return nil, err
	}
	r.other.note(len(m.Out))
	return m.Out, nil
}

// WireOf returns the SX wire text that f appends to the output of a machine, as one form. host may be nil; its
// Needs names the components whose definitions the text needs.
func (r *Renderer) WireOf(ctx context.Context, host *Host, f func(m *sx.Machine)) (string, error) {
	m := r.prog.Machine(ctx, DestWire)
	defer m.Release()
	if host != nil {
		m.Host = host
	}
	if err := m.Protect(func() { f(m) }); err != nil {
		return "", err
	}
	return string(oneForm(m.Out, 0)), nil
}

// Definitions returns the source of components and of everything they reach, in the order of the program: what
// the browser has to know before it gets wire text with calls of them.
func (r *Renderer) Definitions(comps ...*sx.Component) string { return r.prog.SourceOf(comps...) }

// runRoot runs the outermost code of a component. Large constants in it are noted and not copied, unless
// something after them could move bytes.
func runRoot(m *sx.Machine, body sx.Emit) {
	o, ok := body.(*ops)
	if !ok || !o.apart {
		body.Emit(m)
		return
	}
	h := hostOf(m)
	for _, e := range o.list {
		if t, ok := e.(*text); ok && len(t.s) >= segmentSize {
			h.segs = append(h.segs, segment{len(m.Out), t.s})
			m.Flushed(len(t.s))
			continue
		}
		e.Emit(m)
	}
}
