package sx

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// FromGo returns x as a Value. It takes nil, booleans, numbers within ±(2^53−1), strings (invalid UTF-8 becomes
// U+FFFD), []byte (as a string), time.Time (as RFC 3339 text), slices and arrays, maps with string keys (in the order
// of their keys), structs, and pointers to all of these; encoding.TextMarshaler, error and fmt.Stringer by their
// text; markup components with a method Render(context.Context, io.Writer) error as elements. Field names are those
// of the tag `sx:"name"`, or the Go name in kebab case (UserID is user-id); `sx:"-"` leaves a field out; fields of
// embedded structs are promoted. A struct with sx tags is a dict even if it has a method that gives text.
//
// Structs, slices and maps are not copied: the Value reads them in place, so they must not change while it is used.
// Programs cannot change them either. Everything else is an error of kind TypeError that names the type and field;
// what is behind interfaces is looked at when the program reaches it.
func FromGo(x any) (v Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = Nil, goFailure(r)
		}
	}()
	v = fromAny(x)
	if k := v.tag(); k == kindRecord || k == kindGoList {
		if err := v.goType().err; err != nil {
			return Nil, err
		}
	}
	return v, nil
}

// goFailure makes an error of what a conversion, or a method it called, panicked with.
func goFailure(r any) error {
	if e, ok := r.(*Error); ok {
		return e
	}
	if e, ok := r.(error); ok {
		return &Error{Kind: GoError, Message: "panic in Go: " + e.Error(), Cause: e}
	}
	return &Error{Kind: GoError, Message: fmt.Sprintf("panic in Go: %v", r), Cause: errors.New(fmt.Sprint(r))}
}

// The types of decoded JSON, which need no look into the cache.
var (
	goMapAny = goTypeOf(reflect.TypeFor[map[string]any]())
	goItem   = goTypeOf(anyType)
)

// fromAny is FromGo that panics with an *Error.
func fromAny(x any) Value {
	switch x := x.(type) {
	case nil:
		return Nil
	case string:
		return String(toValid(x))
	case int:
		return goInteger(int64(x))
	case bool:
		return Bool(x)
	case float64:
		return goFloat(x)
	case Value:
		return x
	case map[string]any:
		return goMapAny.mapValue(*(*unsafe.Pointer)(unsafe.Pointer(&x)))
	case []any:
		return goListOf(unsafe.Pointer(unsafe.SliceData(x)), len(x), goItem)
	case *List:
		return ListOf(x)
	case *Dict:
		return DictOf(x)
	case *Element:
		return ElementOf(x)
	case *Opaque:
		return OpaqueOf(x)
	case *Lambda:
		return LambdaOf(x)
	case *Primitive:
		return PrimitiveOf(x)
	case *Component:
		return ComponentOf(x)
	}
	t := goTypeOf(reflect.TypeOf(x))
	word := (*eface)(unsafe.Pointer(&x)).data
	if !t.direct {
		return t.load(word) // what an interface points at never changes
	}
	switch t.class {
	case goPointer:
		if word == nil {
			return Nil
		}
		return t.elem.load(word)
	case goMap:
		return t.mapValue(word)
	}
	box := new(unsafe.Pointer)
	*box = word
	return t.load(unsafe.Pointer(box))
}

// eface is the layout of an interface without methods.
type eface struct{ typ, data unsafe.Pointer }

// fromMethod converts by a method that gives text or markup.
func fromMethod(class goClass, x any) Value {
	switch class {
	case goText:
		b, err := x.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			panic(&Error{Kind: GoError, Message: fmt.Sprintf("cannot convert %T to an SX value: %v", x, err), Cause: err})
		}
		return String(toValid(string(b)))
	case goFault:
		return String(toValid(x.(error).Error()))
	case goPrints:
		return String(toValid(x.(fmt.Stringer).String()))
	}
	return ElementOf(&Element{native: goElement{x.(Renderable)}})
}

// ToGo returns v as plain Go data: nil, bool, float64, string (also for symbols and keywords), []any, map[string]any.
// What came from Go goes back as it was: a pointer to the struct, the map, the slice. Opaque values give their Value;
// elements, functions and components stay Values. Data nested deeper than 10,000 levels, as data that contain
// themselves are, end in nil there.
func ToGo(v Value) any { return toGo(v, 0) }

func toGo(v Value, depth int) any {
	if depth > maxDataDepth {
		return nil
	}
	switch v.tag() {
	case KindNil:
		return nil
	case KindBool:
		return v.Truthy()
	case KindNumber:
		return v.Float()
	case KindString, KindSymbol, KindKeyword:
		return v.Text()
	case KindList:
		l := v.List()
		out := make([]any, l.Len())
		for i, x := range l.Items {
			out[i] = toGo(x, depth+1)
		}
		return out
	case KindDict:
		out := make(map[string]any, v.dictLen())
		for k, x := range v.Entries() {
			out[k] = toGo(x, depth+1)
		}
		return out
	case kindRecord:
		t := v.goType()
		if t.class == goMap {
			return t.mapOf(v.p).Interface()
		}
		return reflect.NewAt(t.rt, v.p).Interface()
	case kindGoList:
		s := seqOf(v)
		if s.n == 0 {
			return reflect.MakeSlice(reflect.SliceOf(s.elem.rt), 0, 0).Interface()
		}
		return reflect.SliceAt(s.elem.rt, s.base, s.n).Interface()
	case KindOpaque:
		o, _ := v.Opaque()
		return o.Value
	}
	return v
}
