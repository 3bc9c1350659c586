package sx

import "context"

// EvalPrimitives evaluates nested calls of primitives, quote, keywords and literals: enough to test primitives
// without the compiler.
func EvalPrimitives(ctx context.Context, form Value, lim Limits) (v Value, err error) {
	m := &Machine{ctx: ctx, limits: lim.filled()}
	m.budget = m.limits.Steps
	prims := map[string]*Primitive{}
	for _, p := range builtins() {
		prims[p.Name] = p
	}
	var eval func(v Value) Value
	eval = func(v Value) Value {
		switch v.Kind() {
		case KindKeyword:
			return String(v.Text())
		case KindSymbol:
			if p := prims[v.Text()]; p != nil {
				return PrimitiveOf(p)
			}
			m.Fail(UndefinedError, "undefined symbol: %s", v.Text())
		case KindDict:
			d := NewDict(0)
			for k, x := range v.Entries() {
				d.Set(k, eval(x))
			}
			return DictOf(d)
		case KindList:
			l := v.List()
			if l.Len() == 0 {
				return ListOf(&List{})
			}
			if l.Items[0].IsSymbol("quote") {
				Freeze(l.Items[1])
				return l.Items[1]
			}
			args := make([]Value, 0, l.Len())
			for _, x := range l.Items {
				args = append(args, eval(x))
			}
			return m.Call(args[0], args[1:]...)
		}
		return v
	}
	if e := m.protect(func() { v = eval(form) }); e != nil {
		return Nil, e
	}
	return v, nil
}

// BuiltinNames returns the names of all primitives.
func BuiltinNames() []string {
	var names []string
	for _, p := range builtins() {
		names = append(names, p.Name)
	}
	return names
}

// FieldReader reads one field as a place in a program does.
func FieldReader(key string) func(v Value) (Value, bool) {
	c := new(fieldCache)
	return func(v Value) (Value, bool) { return v.recordField(key, c) }
}

// Adapt adapts a Go function and calls it.
func Adapt(name, usage string, fn any) (*Primitive, error) { return adapt(name, usage, Pure, fn) }

// CallPrimitive calls p as a program does.
func CallPrimitive(ctx context.Context, p *Primitive, args ...Value) (v Value, err error) {
	m := &Machine{ctx: ctx, limits: Limits{}.filled()}
	m.budget = m.limits.Steps
	if e := m.protect(func() { v = m.Call(PrimitiveOf(p), args...) }); e != nil {
		return Nil, e
	}
	return v, nil
}

// Builtin returns a primitive of the language.
func Builtin(name string) *Primitive {
	for _, p := range builtins() {
		if p.Name == name {
			return p
		}
	}
	return nil
}
