package sx

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// WithFunc registers any Go function as a primitive. usage is its usage line, such as "(user-by-id id)", from which
// arity and documentation come; empty, it is made from the function's types. See FromGo for what the function may
// give. Parameters are an optional context.Context and then one for each parameter of usage, whose optional ones
// ("limit?") get their zero value when a call leaves them out; a variadic function has "..." at the end of its usage.
// The function gives nothing, a value, an error, or a value and an error. It may be called from many goroutines at
// once. A function that cannot work is a panic: a programming mistake.
//
// Arguments are converted by the type of the parameter: numbers to integers only when they fit exactly, lists to
// slices and arrays, dicts to maps and structs (whose fields are named as in FromGo), strings to []byte, time.Time
// and encoding.TextUnmarshaler, nil to nil pointers, maps and slices; a Value takes anything as it is, an any what
// ToGo gives. What came from Go is passed on without a copy where the types agree.
func WithFunc(name, usage string, effects Effect, fn any) Option {
	p, err := adapt(name, usage, effects, fn)
	if err != nil {
		panic("sx: " + err.Error())
	}
	return WithPrimitives(p)
}

// adapt makes a primitive of a Go function; see WithFunc. What cannot work is reported here and not at the first
// call.
func adapt(name, usage string, effects Effect, fn any) (*Primitive, error) {
	f := reflect.ValueOf(fn)
	if f.Kind() != reflect.Func || f.IsNil() {
		return nil, fmt.Errorf("%s: expected a Go function, got %T", name, fn)
	}
	ft := f.Type()
	a := adapted{name: name, fn: f, variadic: ft.IsVariadic()}
	for i := range ft.NumIn() {
		in := ft.In(i)
		if i == 0 && in == contextType {
			a.takesContext = true
			continue
		}
		if err := canTake(in, 0); err != nil {
			return nil, fmt.Errorf("%s: parameter %d: %w", name, i+1, err)
		}
		a.in = append(a.in, in)
	}
	switch n := ft.NumOut(); {
	case n == 2 && ft.Out(1) == errorType, n == 1 && ft.Out(0) == errorType:
		a.fails = true
		a.gives = n == 2
	case n == 1:
		a.gives = true
	case n != 0:
		return nil, fmt.Errorf("%s: a function must give nothing, a value, an error, or a value and an error; %s does not", name, ft)
	}
	if a.gives && ft.Out(0).Kind() != reflect.Interface {
		if err := goTypeOf(ft.Out(0)).err; err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if usage == "" {
		usage = a.usage()
	}
	p := &Primitive{Name: name, Usage: usage, Effects: effects, Func: a.call}
	p.seal()
	if got := primitiveName(usage); got != name {
		return nil, fmt.Errorf("%s: its usage %s names %s", name, usage, got)
	}
	if len(p.params) != len(a.in) || (p.max < 0) != a.variadic {
		return nil, fmt.Errorf("%s: its usage %s does not fit %s", name, usage, ft)
	}
	return p, nil
}

var (
	contextType     = reflect.TypeFor[context.Context]()
	listType        = reflect.TypeFor[*List]()
	dictType        = reflect.TypeFor[*Dict]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

type adapted struct {
	name         string
	fn           reflect.Value
	in           []reflect.Type // without the context; the last one a slice when variadic
	takesContext bool
	variadic     bool
	gives, fails bool
}

// usage names parameters by their types.
func (a *adapted) usage() string {
	var b strings.Builder
	b.WriteString("(" + a.name)
	for i, in := range a.in {
		if a.variadic && i == len(a.in)-1 {
			fmt.Fprintf(&b, " %s%d? ...", kindWord(in.Elem()), i+1)
			continue
		}
		fmt.Fprintf(&b, " %s%d", kindWord(in), i+1)
	}
	return b.String() + ")"
}

func kindWord(rt reflect.Type) string {
	switch rt.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "flag"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.Map, reflect.Struct:
		return "dict"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return "number"
	}
	return "x"
}

func (a *adapted) call(ctx context.Context, args []Value) (Value, error) {
	in := make([]reflect.Value, 0, len(args)+2)
	if a.takesContext {
		in = append(in, reflect.ValueOf(&ctx).Elem())
	}
	fixed := len(a.in)
	if a.variadic {
		fixed--
	}
	for i := range fixed {
		arg := Nil
		if i < len(args) {
			arg = args[i]
		} else if k := a.in[i].Kind(); k != reflect.Interface && k != reflect.Pointer { // left out
			in = append(in, reflect.Zero(a.in[i]))
			continue
		}
		x, err := a.arg(i, arg, a.in[i])
		if err != nil {
			return Nil, err
		}
		in = append(in, x)
	}
	for i := fixed; i < len(args); i++ {
		x, err := a.arg(i, args[i], a.in[fixed].Elem())
		if err != nil {
			return Nil, err
		}
		in = append(in, x)
	}
	out := a.fn.Call(in)
	if a.fails {
		if err, _ := out[len(out)-1].Interface().(error); err != nil {
			return Nil, err
		}
	}
	if !a.gives {
		return Nil, nil
	}
	v, err := FromGo(out[0].Interface())
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return Nil, &Error{Kind: e.Kind, Message: a.name + ": " + e.Message, Cause: err}
		}
		return Nil, err
	}
	return v, nil
}

func (a *adapted) arg(i int, v Value, rt reflect.Type) (reflect.Value, error) {
	x := reflect.New(rt).Elem()
	if m := assign(x, v, 0); m != nil {
		where := ""
		if m.path != "" {
			where = " (at " + m.path + ")"
		}
		return x, &Error{Kind: TypeError, Message: fmt.Sprintf("%s: argument %d%s must be %s, got %s", a.name, i+1, where, m.want, describe(m.got))}
	}
	return x, nil
}

// canTake tells why no argument can be converted to rt.
func canTake(rt reflect.Type, depth int) error {
	if depth > 20 { // a type that refers to itself
		return nil
	}
	switch rt {
	case valueType, listType, dictType, timeType:
		return nil
	}
	if reflect.PointerTo(rt).Implements(unmarshalerType) {
		return nil
	}
	switch rt.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Uintptr:
		return fmt.Errorf("no SX value can become %s", rt)
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return canTake(rt.Elem(), depth+1)
	case reflect.Map:
		if rt.Key().Kind() != reflect.String {
			return fmt.Errorf("no SX value can become %s", rt)
		}
		return canTake(rt.Elem(), depth+1)
	}
	return nil
}

// mismatch says where an argument is not what the parameter needs.
type mismatch struct {
	path string
	want string
	got  Value
}

func (m *mismatch) under(step string) *mismatch {
	if m == nil {
		return nil
	}
	if m.path != "" {
		step += "." + m.path
	}
	return &mismatch{step, m.want, m.got}
}

// assign puts v into dst, converted to its type.
func assign(dst reflect.Value, v Value, depth int) *mismatch {
	if depth > maxDataDepth {
		return &mismatch{"", "data that do not contain themselves", v}
	}
	if done, m := assignUnchanged(dst, v); done {
		return m
	}
	if done, m := assignText(dst, v); done {
		return m
	}
	rt := dst.Type()
	switch rt.Kind() {
	case reflect.Bool:
		if v.tag() != KindBool {
			return &mismatch{"", "a boolean", v}
		}
		dst.SetBool(v.Truthy())
	case reflect.String:
		if !v.IsString() {
			return &mismatch{"", "a string", v}
		}
		dst.SetString(v.Text())
	case reflect.Float32, reflect.Float64:
		if !v.IsNumber() {
			return &mismatch{"", "a number", v}
		}
		dst.SetFloat(v.Float())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return assignInteger(dst, v)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		p := reflect.New(rt.Elem())
		if m := assign(p.Elem(), v, depth+1); m != nil {
			return m
		}
		dst.Set(p)
	case reflect.Interface:
		x := reflect.ValueOf(ToGo(v))
		switch {
		case !x.IsValid():
		case x.Type().AssignableTo(rt):
			dst.Set(x)
		case reflect.TypeOf(v).AssignableTo(rt):
			dst.Set(reflect.ValueOf(v))
		default:
			return &mismatch{"", rt.String(), v}
		}
	case reflect.Slice, reflect.Array:
		return assignList(dst, v, depth)
	case reflect.Map, reflect.Struct:
		return assignDict(dst, v, depth)
	default:
		return &mismatch{"", rt.String(), v}
	}
	return nil
}

// assignUnchanged serves types that take values of SX as they are, and values that came from Go and fit without a copy.
// done is false for all others.
func assignUnchanged(dst reflect.Value, v Value) (done bool, m *mismatch) {
	rt := dst.Type()
	switch rt {
	case valueType:
		dst.Set(reflect.ValueOf(v))
		return true, nil
	case listType:
		if v.IsNil() || v.Kind() == KindList {
			dst.Set(reflect.ValueOf(v.List()))
			return true, nil
		}
		return true, &mismatch{"", "a list", v}
	case dictType:
		if v.IsNil() || v.Kind() == KindDict {
			dst.Set(reflect.ValueOf(v.Dict()))
			return true, nil
		}
		return true, &mismatch{"", "a dict", v}
	}
	if v.tag() != kindRecord && v.tag() != kindGoList && v.tag() != KindOpaque { // it did not come from Go
		return false, nil
	}
	x := reflect.ValueOf(ToGo(v))
	switch {
	case !x.IsValid():
		return false, nil
	case x.Type().AssignableTo(rt):
		dst.Set(x)
		return true, nil
	case x.Kind() == reflect.Pointer && x.Type().Elem().AssignableTo(rt):
		dst.Set(x.Elem())
		return true, nil
	}
	return false, nil
}

// assignText serves times and types that read themselves from text. done is false for all others.
func assignText(dst reflect.Value, v Value) (done bool, m *mismatch) {
	rt := dst.Type()
	if rt == timeType {
		t, ok := time.Time{}, false
		if v.IsString() {
			t, ok = parseTime(trimSpace(v.Text()))
		}
		if !ok {
			return true, &mismatch{"", "a date and time (RFC 3339)", v}
		}
		dst.Set(reflect.ValueOf(t))
		return true, nil
	}
	if rt.Kind() == reflect.Pointer || !reflect.PointerTo(rt).Implements(unmarshalerType) {
		return false, nil
	}
	if !v.IsString() {
		return true, &mismatch{"", "a string", v}
	}
	if err := dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(v.Text())); err != nil {
		return true, &mismatch{"", fmt.Sprintf("text for %s (%v)", rt, err), v}
	}
	return true, nil
}

// assignInteger serves the integer types, signed or not: a number fits exactly or not at all.
func assignInteger(dst reflect.Value, v Value) *mismatch {
	n, ok := exactInteger(v)
	switch {
	case !ok:
		return &mismatch{"", "an integer", v}
	case dst.CanInt():
		if dst.OverflowInt(n) {
			return &mismatch{"", fmt.Sprintf("an integer of %d bits", dst.Type().Bits()), v}
		}
		dst.SetInt(n)
	default:
		if n < 0 || dst.OverflowUint(uint64(n)) {
			return &mismatch{"", fmt.Sprintf("an integer of %d bits that is not negative", dst.Type().Bits()), v}
		}
		dst.SetUint(uint64(n))
	}
	return nil
}

// exactInteger returns a number that is an integer, and whether v is one.
func exactInteger(v Value) (int64, bool) {
	if !v.IsNumber() || v.Float() != math.Trunc(v.Float()) {
		return 0, false
	}
	return int64(v.Float()), true
}

// assignList serves slices and arrays.
func assignList(dst reflect.Value, v Value, depth int) *mismatch {
	rt := dst.Type()
	if rt.Elem().Kind() == reflect.Uint8 && rt.Kind() == reflect.Slice && v.IsString() {
		dst.SetBytes([]byte(v.Text()))
		return nil
	}
	if v.IsNil() && rt.Kind() == reflect.Slice {
		return nil
	}
	s := seqOf(v)
	if v.Kind() != KindList || rt.Kind() == reflect.Array && s.n != rt.Len() {
		want := "a list"
		if rt.Kind() == reflect.Array {
			want = fmt.Sprintf("a list of %d items", rt.Len())
		}
		return &mismatch{"", want, v}
	}
	if rt.Kind() == reflect.Slice {
		dst.Set(reflect.MakeSlice(rt, s.n, s.n))
	}
	for i := range s.n {
		if m := assign(dst.Index(i), s.at(i), depth+1); m != nil {
			return m.under(fmt.Sprint(i))
		}
	}
	return nil
}

// assignDict serves maps and structs.
func assignDict(dst reflect.Value, v Value, depth int) *mismatch {
	rt := dst.Type()
	if v.IsNil() && rt.Kind() == reflect.Map {
		return nil
	}
	if v.Kind() != KindDict {
		return &mismatch{"", "a dict", v}
	}
	if rt.Kind() == reflect.Map {
		dst.Set(reflect.MakeMapWithSize(rt, v.dictLen()))
		for k, x := range v.Entries() {
			e := reflect.New(rt.Elem()).Elem()
			if m := assign(e, x, depth+1); m != nil {
				return m.under(k)
			}
			dst.SetMapIndex(reflect.ValueOf(k).Convert(rt.Key()), e)
		}
		return nil
	}
	for _, f := range goTypeOf(rt).fields {
		x, ok := v.Lookup(f.name)
		if !ok {
			continue
		}
		place, err := dst.FieldByIndexErr(f.index)
		if err != nil {
			return (&mismatch{"", "left out: its embedded struct is missing", x}).under(f.name)
		}
		if m := assign(place, x, depth+1); m != nil {
			return m.under(f.name)
		}
	}
	return nil
}
