package sx

import (
	"math"
	"unsafe"
)

// Kind is the dynamic type of a Value.
type Kind uint8

// The kinds of values. KindNumber has no tag of its own in a Value; see Value.
const (
	KindNil Kind = iota
	KindBool
	KindNumber
	KindString
	KindSymbol
	KindKeyword
	KindList
	KindDict
	KindLambda
	KindMacro
	KindComponent
	KindPrimitive
	KindElement
	KindSpread
	KindOpaque
	kindRecord // a Go struct seen as a dict; see record.go
	kindGoList // a Go slice seen as a list; see record.go
	kindCell   // a captured variable that set! changes; never seen by programs
)

var kindNames = [...]string{"nil", "boolean", "number", "string", "symbol", "keyword", "list", "dict",
	"lambda", "macro", "component", "primitive", "element", "spread", "opaque", "dict", "list", "cell"}

// String returns the name that type-of gives.
func (k Kind) String() string { return kindNames[k] }

// Value is one SX value. It is two words: numbers are held unboxed, strings, symbols and keywords point
// at their bytes, everything else at its object. The zero Value is nil.
//
// The layout: a number has p == &numberTag and its IEEE-754 bits in n. Every other value has its kind in
// the top byte of n; text has its length in the rest, and p points at the first byte. The pointer word
// always holds a real pointer or nil, so the garbage collector sees nothing unusual.
//
// Values are immutable except lists and dicts, whose mutators fail once they are frozen. A Value that is
// shared between goroutines must be frozen first.
type Value struct {
	p unsafe.Pointer
	n uint64
}

var numberTag byte

const (
	kindShift = 56
	lenMask   = 1<<kindShift - 1
)

// Nil is the nil value.
var Nil = Value{}

// The two booleans.
var (
	True  = Value{n: uint64(KindBool)<<kindShift | 1}
	False = Value{n: uint64(KindBool) << kindShift}
)

// MaxSafe is the largest magnitude a number may have: 2^53−1. Any result beyond it is an error.
const MaxSafe = 1<<53 - 1

// Number makes a number without checking its range; use CheckedNumber for results of arithmetic.
func Number(f float64) Value { return Value{unsafe.Pointer(&numberTag), math.Float64bits(f)} }

// Int makes a number from an int known to be within ±MaxSafe.
func Int(i int) Value { return Number(float64(i)) }

// Bool makes a boolean.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

func text(k Kind, s string) Value {
	return Value{unsafe.Pointer(unsafe.StringData(s)), uint64(k)<<kindShift | uint64(len(s))}
}

// String makes a string. s must be valid UTF-8.
func String(s string) Value { return text(KindString, s) }

// Symbol makes a symbol.
func Symbol(name string) Value { return text(KindSymbol, name) }

// Keyword makes a keyword; name has no leading colon.
func Keyword(name string) Value { return text(KindKeyword, name) }

func object(k Kind, p unsafe.Pointer) Value { return Value{p, uint64(k) << kindShift} }

// Kind returns the kind of v: KindDict for Go structs seen as dicts, KindList for Go slices seen as lists.
func (v Value) Kind() Kind {
	k := v.tag()
	switch k {
	case kindRecord:
		return KindDict
	case kindGoList:
		return KindList
	}
	return k
}

func (v Value) tag() Kind {
	if v.p == unsafe.Pointer(&numberTag) {
		return KindNumber
	}
	return Kind(v.n >> kindShift)
}

// TypeName returns what type-of gives: the name of the kind, or of an opaque value's own type.
func (v Value) TypeName() string {
	if o, ok := v.Opaque(); ok {
		return o.Type
	}
	return v.Kind().String()
}

// IsNil reports whether v is nil.
func (v Value) IsNil() bool { return v.p == nil && v.n == 0 }

// Truthy reports whether v counts as true: everything except nil and false.
func (v Value) Truthy() bool {
	return v.p != nil || v.n&^(uint64(KindBool)<<kindShift) != 0 || v.n>>kindShift > 1
}

// IsNumber reports whether v is a number.
func (v Value) IsNumber() bool { return v.p == unsafe.Pointer(&numberTag) }

// Float returns the number in v; only for numbers.
func (v Value) Float() float64 { return math.Float64frombits(v.n) }

// IsString reports whether v is a string.
func (v Value) IsString() bool { return v.tag() == KindString }

// Text returns the bytes of a string, symbol or keyword (a keyword without its colon); only for those.
func (v Value) Text() string { return unsafe.String((*byte)(v.p), int(v.n&lenMask)) }

// AsString returns the string in v and whether v is one.
func (v Value) AsString() (string, bool) {
	if v.tag() != KindString {
		return "", false
	}
	return v.Text(), true
}

// IsSymbol reports whether v is the symbol name.
func (v Value) IsSymbol(name string) bool { return v.tag() == KindSymbol && v.Text() == name }

// List returns the list in v, or nil when v is no list. A Go slice seen as a list is copied; prefer Seq.
func (v Value) List() *List {
	switch v.tag() {
	case KindList:
		return (*List)(v.p)
	case kindGoList:
		return goListCopy(v)
	}
	return nil
}

// Dict returns the dict in v, or nil when v is no dict. A Go struct seen as a dict is copied; prefer Lookup.
func (v Value) Dict() *Dict {
	switch v.tag() {
	case KindDict:
		return (*Dict)(v.p)
	case kindRecord:
		return recordCopy(v)
	}
	return nil
}

// ListOf makes a list value of l.
func ListOf(l *List) Value { return object(KindList, unsafe.Pointer(l)) }

// DictOf makes a dict value of d.
func DictOf(d *Dict) Value { return object(KindDict, unsafe.Pointer(d)) }

// Element returns the markup in v, or nil when v is no element.
func (v Value) Element() *Element {
	if v.tag() != KindElement {
		return nil
	}
	return (*Element)(v.p)
}

// ElementOf makes an element value of e.
func ElementOf(e *Element) Value { return object(KindElement, unsafe.Pointer(e)) }

// Lambda returns the closure in v, or nil when v is none.
func (v Value) Lambda() *Lambda {
	if v.tag() != KindLambda {
		return nil
	}
	return (*Lambda)(v.p)
}

// LambdaOf makes a value of l.
func LambdaOf(l *Lambda) Value { return object(KindLambda, unsafe.Pointer(l)) }

// Primitive returns the primitive in v, or nil when v is none.
func (v Value) Primitive() *Primitive {
	if v.tag() != KindPrimitive {
		return nil
	}
	return (*Primitive)(v.p)
}

// PrimitiveOf makes a value of p.
func PrimitiveOf(p *Primitive) Value { return object(KindPrimitive, unsafe.Pointer(p)) }

// Component returns the component in v, or nil when v is none.
func (v Value) Component() *Component {
	if v.tag() != KindComponent {
		return nil
	}
	return (*Component)(v.p)
}

// ComponentOf makes a value of c.
func ComponentOf(c *Component) Value { return object(KindComponent, unsafe.Pointer(c)) }

// SpreadDict returns the attributes of a spread, or nil when v is none.
func (v Value) SpreadDict() *Dict {
	if v.tag() != KindSpread {
		return nil
	}
	return (*Dict)(v.p)
}

// SpreadOf makes a spread of attributes.
func SpreadOf(d *Dict) Value { return object(KindSpread, unsafe.Pointer(d)) }

// Opaque is a value that only primitives understand, such as a connection or a trusted URL.
type Opaque struct {
	Type  string // what type-of gives
	Text  string // what str and rendering give
	Value any
}

// OpaqueOf makes a value of o.
func OpaqueOf(o *Opaque) Value { return object(KindOpaque, unsafe.Pointer(o)) }

// Opaque returns the opaque value in v.
func (v Value) Opaque() (*Opaque, bool) {
	if v.tag() != KindOpaque {
		return nil, false
	}
	return (*Opaque)(v.p), true
}

// cell holds a variable that a closure captures and set! changes.
type cell struct {
	v      Value
	frozen bool
}

func (v Value) cell() *cell { return (*cell)(v.p) }

func cellOf(c *cell) Value { return object(kindCell, unsafe.Pointer(c)) }

// Element is markup: safe, already escaped. Either Markup holds it rendered, or it is delayed markup (a
// component's child, compiled in its caller's scope) that is evaluated wherever it is placed.
type Element struct {
	Markup string // rendered for the destination Wire tells
	Wire   bool   // Markup is SX wire text, not HTML

	native  Emit    // markup that Go renders as HTML; nil otherwise
	delayed *Code   // nil when rendered
	caps    []Value // what delayed captured
	frozen  bool
}

// Callable reports whether a call form may have v as its head value.
func (v Value) Callable() bool {
	switch v.tag() {
	case KindLambda, KindPrimitive, KindComponent:
		return true
	}
	return false
}

// Same reports whether a and b are the same object, or equal atoms (eq?).
func Same(a, b Value) bool {
	ka := a.tag()
	if ka != b.tag() {
		return false
	}
	switch ka {
	case KindNumber:
		return a.Float() == b.Float()
	case KindString, KindSymbol, KindKeyword:
		return a.Text() == b.Text()
	}
	return a == b
}
