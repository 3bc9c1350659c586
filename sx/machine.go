package sx

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Machine evaluates. It holds the state of one evaluation and belongs to one goroutine; a Program makes
// any number of them. Primitives of type F0 to FN get it and must not keep it.
type Machine struct {
	Out  []byte // markup written so far in the current output; append to it
	Host any    // state of the caller that custom forms reach, such as the boundaries of a stream

	ctx    context.Context
	prog   *Program
	dest   int // index of the destination that code is generated for
	limits Limits

	s     []Value // slots of the current activation
	caps  []Value // captured values of the current closure
	stack []Value // the chunk that s is part of
	top   int     // first free slot of stack
	spare []Value // a larger chunk, kept for reuse
	high  int     // highest top, for clearing

	tail      *Lambda // a pending tail call, with its arguments
	tailArgs  []Value
	tailBound bool        // they are in the order of the parameters already
	again     *loopTarget // a plain loop that goes round again

	dyn   *binding  // dynamic scope
	at    *Site     // the call being made, for positions
	calls []callRec // components being expanded

	busy *generating // code that waits for this evaluation; see prerender

	gensyms int   // symbols made by gensym
	steps   int64 // left until the next check
	budget  int64 // left after that
	grace   int64 // steps given to clean-up after that
	depth   int
	written int64 // bytes that left Out
}

type callRec struct {
	name string
	site *Site
}

// binding is one provided value of the dynamic scope. Emitted values are kept behind a pointer so that
// inner evaluations add to the provider's list.
type binding struct {
	name    string
	value   Value
	emitted *List
	up      *binding
}

const stepBatch = 4096 // steps between looks at the context

// Context gives the context of the evaluation.
func (m *Machine) Context() context.Context { return m.ctx }

// Program gives the program being evaluated.
func (m *Machine) Program() *Program { return m.prog }

// Limits gives the limits in force.
func (m *Machine) Limits() Limits { return m.limits }

// Step charges n steps, such as items made, and stops the evaluation when there are none left or the
// context is done.
func (m *Machine) Step(n int) {
	m.steps -= int64(n)
	if m.steps < 0 {
		m.refill()
	}
}

func (m *Machine) refill() {
	if m.ctx.Err() != nil {
		panic(m.newError(CancelledError, "cancelled: %v", context.Cause(m.ctx)))
	}
	m.budget += m.steps // pay the overdraft
	if m.budget <= 0 {
		panic(m.newError(LimitError, "step limit exceeded: more than %d steps", m.limits.Steps))
	}
	m.steps = min(stepBatch, m.budget)
	m.budget -= m.steps
	if int64(len(m.Out)) > m.limits.Output {
		m.LimitOut()
	}
}

// Bytes charges the making of a string of n bytes and fails when it is over the limit. Call it before
// allocating.
func (m *Machine) Bytes(n int) {
	if n < 0 || n > m.limits.String {
		m.Fail(LimitError, "string too long: %d bytes exceed the limit of %d", n, m.limits.String)
	}
	m.Step(n >> 4)
}

// Items charges the making of a collection of n items and fails when it is over the limit. Call it before
// allocating.
func (m *Machine) Items(n int) {
	if n < 0 || n > m.limits.Collection {
		m.Fail(LimitError, "collection too large: %d items exceed the limit of %d", n, m.limits.Collection)
	}
	m.Step(4 + n)
}

// newError makes an error at the current call.
func (m *Machine) newError(k ErrorKind, format string, args ...any) *Error {
	e := &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
	if k == LimitError || k == CancelledError {
		e.passes = true
	}
	if m.at != nil {
		e.setPlace(m.at.place)
		if m.at.macro != "" {
			e.Frames = append(e.Frames, CallFrame{"the expansion of macro " + m.at.macro, e.Pos})
		}
		for via := m.at.via; via != nil; via = via.at.via {
			e.Frames = append(e.Frames, CallFrame{via.name, via.at.place.pos()})
		}
	}
	for i := len(m.calls) - 1; i >= 0; i-- {
		c := m.calls[i]
		f := CallFrame{Name: c.name}
		if c.site != nil {
			f.Pos = c.site.place.pos()
		}
		e.Frames = append(e.Frames, f)
		if c.site != nil {
			for via := c.site.via; via != nil; via = via.at.via {
				e.Frames = append(e.Frames, CallFrame{via.name, via.at.place.pos()})
			}
		}
		if len(e.Frames) > 64 {
			break
		}
	}
	return e
}

func (e *Error) setPlace(p place) {
	if p.src == nil {
		return
	}
	e.src, e.Pos, e.End, e.Form = p.src, p.pos(), int(p.span.End), p.text()
}

// Fail raises an error at the position of the current call. It does not return.
func (m *Machine) Fail(k ErrorKind, format string, args ...any) {
	panic(m.newError(k, format, args...))
}

// Throw raises a Go error at the position of the current call; an *Error keeps its own kind and position,
// what Uncatchable made passes through try. It does not return.
func (m *Machine) Throw(err error) { panic(m.wrap(err)) }

func (m *Machine) wrap(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		if e.Pos.Line == 0 && m.at != nil {
			c := *e
			c.setPlace(m.at.place)
			return &c
		}
		return e
	}
	kind := GoError
	if m.ctx.Err() != nil && errors.Is(err, m.ctx.Err()) {
		kind = CancelledError
	}
	e = m.newError(kind, "%s", err.Error())
	e.Cause = err
	var p *passThrough
	if errors.As(err, &p) {
		e.passes = true
	}
	return e
}

// recovered turns what recover gave into an error.
func (m *Machine) recovered(r any) *Error {
	switch r := r.(type) {
	case *Error:
		return m.wrap(r) // what Go data raise has no place yet
	case error:
		e := m.newError(GoError, "panic in Go: %v", r)
		e.Cause = fmt.Errorf("%w\n%s", r, debug.Stack())
		return e
	}
	e := m.newError(GoError, "panic in Go: %v", r)
	e.Cause = fmt.Errorf("%v\n%s", r, debug.Stack())
	return e
}

// saved is what a recover point restores.
type saved struct {
	s, caps, stack []Value
	top, depth     int
	calls, out     int
	dyn            *binding
	at             *Site
}

func (m *Machine) save() saved {
	return saved{m.s, m.caps, m.stack, m.top, m.depth, len(m.calls), len(m.Out), m.dyn, m.at}
}

func (m *Machine) restore(v *saved) {
	m.s, m.caps, m.stack, m.top, m.depth, m.dyn, m.at = v.s, v.caps, v.stack, v.top, v.depth, v.dyn, v.at
	m.calls = m.calls[:v.calls]
	m.tail, m.again, m.tailBound = nil, nil, false
}

// protect runs f and turns what it raises into an error, with the machine as it was before.
func (m *Machine) protect(f func()) (err *Error) {
	v := m.save()
	defer func() {
		if r := recover(); r != nil {
			err = m.recovered(r)
			m.restore(&v)
		}
	}()
	f()
	return nil
}

// ArgFail raises a type error for argument i (from 0) of the primitive name: what was expected and found.
func (m *Machine) ArgFail(name string, i int, want string, got Value) {
	m.Fail(TypeError, "%s: argument %d must be %s, got %s", name, i+1, want, describe(got))
}

// describe names a value for messages: its type, and the value itself where it is short.
func describe(v Value) string {
	switch v.tag() {
	case KindNil:
		return "nil"
	case KindBool, KindNumber, KindSymbol, KindKeyword:
		return v.TypeName() + " " + clip(Serialize(v))
	case KindString:
		return "string " + clip(Serialize(v))
	}
	return v.TypeName()
}

func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}

// CheckedNumber gives f as a value, or fails when it is not a number or beyond ±(2^53−1).
func (m *Machine) CheckedNumber(name string, f float64) Value {
	if f <= MaxSafe && f >= -MaxSafe {
		return Number(f)
	}
	m.rangeFail(name, f)
	return Nil
}

func (m *Machine) rangeFail(name string, f float64) {
	if f != f {
		m.Fail(RangeError, "%s: the result is not a number", name)
	}
	m.Fail(RangeError, "%s: the result %s is beyond the range of exact integers, ±(2^53−1)", name, FormatNumber(f))
}

// Num gives argument i of the primitive name as a number, or fails.
func (m *Machine) Num(name string, i int, v Value) float64 {
	if !v.IsNumber() {
		m.ArgFail(name, i, "a number", v)
	}
	return v.Float()
}

// Integer gives argument i of the primitive name as an integer, or fails.
func (m *Machine) Integer(name string, i int, v Value) int {
	f := m.Num(name, i, v)
	n := int(f)
	if float64(n) != f {
		m.ArgFail(name, i, "an integer", v)
	}
	return n
}

// Str gives argument i of the primitive name as a string, or fails.
func (m *Machine) Str(name string, i int, v Value) string {
	if v.tag() != KindString {
		m.ArgFail(name, i, "a string", v)
	}
	return m.scan(v.Text())
}

// scan charges one look along a long string, and gives it back.
func (m *Machine) scan(s string) string {
	if len(s) >= 1<<10 {
		m.Step(len(s) >> 7)
	}
	return s
}

// Seq gives argument i of the primitive name as the items of a list (nil: none), or fails. The slice must
// not be changed.
func (m *Machine) Seq(name string, i int, v Value) []Value {
	switch v.tag() {
	case KindNil:
		return nil
	case KindList:
		return (*List)(v.p).Items
	case kindGoList:
		return goListCopy(v).Items
	}
	m.ArgFail(name, i, "a list", v)
	return nil
}

// Dict gives argument i of the primitive name as a dict (nil: an empty one), or fails.
func (m *Machine) Dict(name string, i int, v Value) *Dict {
	if v.IsNil() {
		return &Dict{}
	}
	d := v.Dict()
	if d == nil {
		m.ArgFail(name, i, "a dict", v)
	}
	return d
}

// Fn checks that argument i of the primitive name can be called.
func (m *Machine) Fn(name string, i int, v Value) Value {
	if !v.Callable() {
		m.ArgFail(name, i, "a function", v)
	}
	return v
}
