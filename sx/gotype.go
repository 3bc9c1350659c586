package sx

import (
	"context"
	"encoding"
	"fmt"
	"io"
	"math"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unsafe"
)

// A goType is how values of one Go type are seen by programs: it loads a Value from the memory where such a value
// stands. Numbers, strings and booleans are read in place; structs, maps, slices and arrays become Values that point
// at the Go memory, with the number of their goType in the low bits (see record.go). So handing a large tree of Go
// data to a program copies nothing.
type goType struct {
	id     uint32
	class  goClass
	direct bool // an interface holds the value itself in its data word, not a pointer to it
	size   uintptr
	rt     reflect.Type
	elem   *goType             // of pointers, slices, arrays and maps
	len    int                 // of arrays
	fields []*goField          // of structs, in the order of declaration
	byName map[string]*goField // the same
	plain  plainMap            // of maps whose entries are read without reflection
	err    error               // why values of this type, or something in them, cannot be converted
}

// goField is a field of a struct, also one promoted from an embedded struct.
type goField struct {
	name  string
	owner uint32 // id of the struct's goType
	off   uintptr
	via   []uintptr // offsets up to each embedded pointer on the way; nil mostly
	index []int     // for reflection
	t     *goType
}

// plainMap marks the two usual map types.
type plainMap uint8

const (
	mapOther  plainMap = iota
	mapAny             // map[string]any
	mapString          // map[string]string
)

type goClass uint8

const (
	goBad goClass = iota
	goBool
	goString
	goInt
	goInt8
	goInt16
	goInt32
	goInt64
	goUint
	goUint8
	goUint16
	goUint32
	goUint64
	goUintptr
	goFloat32
	goFloat64
	goStruct
	goPointer
	goSlice
	goArray
	goBytes
	goMap
	goAny // an interface without methods
	goInterface
	goTime
	goText   // encoding.TextMarshaler
	goFault  // error
	goPrints // fmt.Stringer
	goMarkup // has the method of a Go template component
	goValue  // a Value already
)

const (
	goIDBits  = 24
	goIDMask  = 1<<goIDBits - 1
	goMaxLen  = 1<<(kindShift-goIDBits) - 1
	maxGoPtrs = 8 // pointers to pointers
)

// goTypes numbers the Go types that were met. It is a cache of what reflection says, the same in every program and
// never invalid, so it is shared by all of them; ids index table.
var goTypes struct {
	mu     sync.Mutex // while types are built
	byType sync.Map   // reflect.Type to *goType
	table  atomic.Pointer[[]*goType]
}

func goTypeAt(id uint32) *goType { return (*goTypes.table.Load())[id] }

// goTypeOf returns the goType of rt, building it at first use. Types refer to each other in circles, so a whole group
// is built before any of it is published.
func goTypeOf(rt reflect.Type) *goType {
	if t, ok := goTypes.byType.Load(rt); ok {
		return t.(*goType)
	}
	goTypes.mu.Lock()
	defer goTypes.mu.Unlock()
	b := goBuilder{made: map[reflect.Type]*goType{}}
	if table := goTypes.table.Load(); table != nil {
		b.table = append(b.table, *table...)
	}
	t := b.build(rt)
	for _, made := range b.made {
		made.err = made.fault(nil, map[*goType]bool{})
	}
	goTypes.table.Store(&b.table)
	for rt, made := range b.made {
		goTypes.byType.Store(rt, made)
	}
	return t
}

type goBuilder struct {
	made  map[reflect.Type]*goType
	table []*goType
}

// Renderable is markup made in Go, such as a templ component: it becomes an element.
type Renderable = interface {
	Render(ctx context.Context, w io.Writer) error
}

var (
	timeType       = reflect.TypeFor[time.Time]()
	valueType      = reflect.TypeFor[Value]()
	markupType     = reflect.TypeFor[Renderable]()
	textType       = reflect.TypeFor[encoding.TextMarshaler]()
	errorType      = reflect.TypeFor[error]()
	stringerType   = reflect.TypeFor[fmt.Stringer]()
	stringType     = reflect.TypeFor[string]()
	anyType        = reflect.TypeFor[any]()
	goNumberKinds  = map[reflect.Kind]goClass{reflect.Bool: goBool, reflect.String: goString, reflect.Int: goInt, reflect.Int8: goInt8, reflect.Int16: goInt16, reflect.Int32: goInt32, reflect.Int64: goInt64, reflect.Uint: goUint, reflect.Uint8: goUint8, reflect.Uint16: goUint16, reflect.Uint32: goUint32, reflect.Uint64: goUint64, reflect.Uintptr: goUintptr, reflect.Float32: goFloat32, reflect.Float64: goFloat64}
	goMethodOrders = []struct {
		rt    reflect.Type
		class goClass
	}{{markupType, goMarkup}, {textType, goText}, {errorType, goFault}, {stringerType, goPrints}}
)

func (b *goBuilder) build(rt reflect.Type) *goType {
	if t := b.made[rt]; t != nil {
		return t
	}
	if t, ok := goTypes.byType.Load(rt); ok {
		return t.(*goType)
	}
	t := &goType{id: uint32(len(b.table)), rt: rt, size: rt.Size(), direct: pointerShaped(rt)}
	b.made[rt] = t
	b.table = append(b.table, t)
	t.class = b.classify(t)
	return t
}

func (b *goBuilder) classify(t *goType) goClass {
	rt := t.rt
	if len(b.table) > goIDMask {
		return goBad // sixteen million types: only a program that makes types without end gets here
	}
	switch rt {
	case timeType:
		return goTime
	case valueType:
		return goValue
	}
	// Methods say how a type wants to be seen, as in encoding/json; sx tags on fields say it louder.
	if k := rt.Kind(); k != reflect.Interface && k != reflect.Pointer && !(k == reflect.Struct && hasTags(rt)) {
		for _, m := range goMethodOrders {
			if reflect.PointerTo(rt).Implements(m.rt) {
				return m.class
			}
		}
	}
	if c, ok := goNumberKinds[rt.Kind()]; ok {
		return c
	}
	switch rt.Kind() {
	case reflect.Pointer:
		n := 0
		for e := rt; e.Kind() == reflect.Pointer; e = e.Elem() {
			if n++; n > maxGoPtrs {
				return goBad
			}
		}
		t.elem = b.build(rt.Elem())
		return goPointer
	case reflect.Slice:
		t.elem = b.build(rt.Elem())
		if t.elem.class == goUint8 {
			return goBytes
		}
		return goSlice
	case reflect.Array:
		t.elem, t.len = b.build(rt.Elem()), rt.Len()
		return goArray
	case reflect.Map:
		if rt.Key().Kind() != reflect.String {
			return goBad
		}
		t.elem = b.build(rt.Elem())
		if rt.Key() == stringType { // named map types too: the memory is the same
			switch rt.Elem() {
			case anyType:
				t.plain = mapAny
			case stringType:
				t.plain = mapString
			}
		}
		return goMap
	case reflect.Struct:
		b.structFields(t)
		return goStruct
	case reflect.Interface:
		if rt.NumMethod() == 0 {
			return goAny
		}
		return goInterface
	}
	return goBad
}

// pointerShaped reports whether an interface holds values of rt in its data word. The compiler's rule for structs and
// arrays differs between releases of Go, so it is tried: a zero value that is held directly is a nil word, one that is
// pointed at never is.
func pointerShaped(rt reflect.Type) bool {
	if rt.Kind() == reflect.Interface || rt.Size() != unsafe.Sizeof(uintptr(0)) {
		return false
	}
	zero := reflect.Zero(rt).Interface()
	return (*eface)(unsafe.Pointer(&zero)).data == nil
}

func hasTags(rt reflect.Type) bool {
	for i := range rt.NumField() {
		if _, ok := rt.Field(i).Tag.Lookup("sx"); ok {
			return true
		}
	}
	return false
}

// fault finds what in values of t cannot be converted. Interfaces are looked into only when they are met.
func (t *goType) fault(path []string, seen map[*goType]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	switch t.class {
	case goBad:
		where := ""
		hint := ""
		if len(path) > 0 {
			where = " (field " + joinDots(path) + ")"
			hint = "; the tag `sx:\"-\"` leaves a field out"
		}
		return &Error{Kind: TypeError, Message: fmt.Sprintf("cannot convert %s%s to an SX value%s", t.rt, where, hint)}
	case goPointer, goSlice, goArray, goMap:
		return t.elem.fault(path, seen)
	case goStruct:
		for _, f := range t.fields {
			if err := f.t.fault(append(path[:len(path):len(path)], f.name), seen); err != nil {
				return err
			}
		}
	}
	return nil
}

func joinDots(path []string) string {
	s := path[0]
	for _, p := range path[1:] {
		s += "." + p
	}
	return s
}

// load returns the value at p. What cannot be converted raises an *Error without a place; the evaluation gives it one.
func (t *goType) load(p unsafe.Pointer) Value {
	switch t.class {
	case goString:
		s := *(*string)(p)
		if !utf8.ValidString(s) {
			s = toValid(s)
		}
		return String(s)
	case goInt:
		return goInteger(int64(*(*int)(p)))
	case goFloat64:
		return goFloat(*(*float64)(p))
	case goBool:
		return Bool(*(*bool)(p))
	case goStruct:
		return Value{p, uint64(kindRecord)<<kindShift | uint64(t.id)}
	case goPointer:
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			return Nil
		}
		return t.elem.load(q)
	case goSlice:
		h := (*[]byte)(p) // the header is the same for every element type
		return goListOf(unsafe.Pointer(unsafe.SliceData(*h)), len(*h), t.elem)
	case goArray:
		return goListOf(p, t.len, t.elem)
	case goMap:
		return t.mapValue(*(*unsafe.Pointer)(p))
	case goAny:
		return fromAny(*(*any)(p))
	case goInterface:
		x := reflect.NewAt(t.rt, p).Elem()
		if x.IsNil() {
			return Nil
		}
		return fromAny(x.Elem().Interface())
	case goInt64:
		return goInteger(*(*int64)(p))
	case goInt32:
		return Number(float64(*(*int32)(p)))
	case goInt16:
		return Number(float64(*(*int16)(p)))
	case goInt8:
		return Number(float64(*(*int8)(p)))
	case goUint:
		return goUnsigned(uint64(*(*uint)(p)))
	case goUint64:
		return goUnsigned(*(*uint64)(p))
	case goUintptr:
		return goUnsigned(uint64(*(*uintptr)(p)))
	case goUint32:
		return Number(float64(*(*uint32)(p)))
	case goUint16:
		return Number(float64(*(*uint16)(p)))
	case goUint8:
		return Number(float64(*(*uint8)(p)))
	case goFloat32:
		return goFloat(float64(*(*float32)(p)))
	case goBytes:
		return String(toValid(string(*(*[]byte)(p))))
	case goTime:
		return String((*time.Time)(p).Format(time.RFC3339Nano))
	case goValue:
		return *(*Value)(p)
	case goText, goFault, goPrints, goMarkup:
		return fromMethod(t.class, reflect.NewAt(t.rt, p).Interface())
	}
	panic(t.fault(nil, map[*goType]bool{}))
}

func (t *goType) mapValue(word unsafe.Pointer) Value {
	return Value{word, uint64(kindRecord)<<kindShift | uint64(t.id)}
}

func goInteger(n int64) Value {
	if uint64(n+MaxSafe) > 2*MaxSafe {
		goIntegerFail(n)
	}
	return Value{unsafe.Pointer(&numberTag), math.Float64bits(float64(n))} // as Number: within what is inlined
}

// goIntegerFail stands apart so that goInteger is inlined.
//
//go:noinline
func goIntegerFail(n int64) {
	panic(&Error{Kind: RangeError, Message: fmt.Sprintf("the Go integer %d is beyond the range of exact integers, ±(2^53−1); pass it as a string", n)})
}

func goUnsigned(n uint64) Value {
	if n > MaxSafe {
		panic(&Error{Kind: RangeError, Message: fmt.Sprintf("the Go integer %d is beyond the range of exact integers, ±(2^53−1); pass it as a string", n)})
	}
	return Number(float64(n))
}

func goFloat(f float64) Value {
	if !(f <= MaxSafe && f >= -MaxSafe) {
		panic(&Error{Kind: RangeError, Message: fmt.Sprintf("the Go number %v is not a number within ±(2^53−1)", f)})
	}
	return Number(f)
}

func goListOf(p unsafe.Pointer, n int, elem *goType) Value {
	if n > goMaxLen {
		panic(&Error{Kind: LimitError, Message: fmt.Sprintf("a Go slice of %d items is too long", n), passes: true})
	}
	if n == 0 {
		p = nil
	}
	return Value{p, uint64(kindGoList)<<kindShift | uint64(n)<<goIDBits | uint64(elem.id)}
}

// toValid replaces each byte that is not part of valid UTF-8 by U+FFFD.
func toValid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
