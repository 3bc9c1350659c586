package sx

import (
	"fmt"
	"iter"
	"unsafe"
)

// seq is the items of a list or of a Go slice seen as a list, read without copying. It is a snapshot: append! to the
// list while it is walked adds no turns. Items of a list never change in place, so that lists may share them.
type seq struct {
	items []Value
	base  unsafe.Pointer // of a Go slice, when items is nil
	elem  *goType
	n     int
}

func seqOf(v Value) seq {
	switch v.tag() {
	case KindList:
		l := (*List)(v.p)
		return seq{items: l.Items, n: len(l.Items)}
	case kindGoList:
		return seq{base: v.p, elem: v.goType(), n: v.goLen()}
	}
	return seq{}
}

func (v Value) goLen() int { return int(v.n & lenMask >> goIDBits) }

func (s *seq) at(i int) Value {
	if s.elem == nil {
		return s.items[i]
	}
	return s.elem.load(unsafe.Add(s.base, uintptr(i)*s.elem.size))
}

// copyTo appends the items from..to to dst.
func (s *seq) copyTo(dst []Value, from, to int) []Value {
	if s.elem == nil {
		return append(dst, s.items[from:to]...)
	}
	for i := from; i < to; i++ {
		dst = append(dst, s.at(i))
	}
	return dst
}

// part makes a list of the items from..to. It shares them; the capacity is cut so that append! to it moves it to its
// own memory.
func (s *seq) part(from, to int) Value {
	if s.elem == nil {
		return ListOf(&List{Items: s.items[from:to:to]})
	}
	if from == to {
		return goListOf(nil, 0, s.elem) // no pointer past the end: it would keep alive whatever is there
	}
	return goListOf(unsafe.Add(s.base, uintptr(from)*s.elem.size), to-from, s.elem)
}

// seq returns argument i of the primitive name as a sequence (nil: none), or fails.
func (m *Machine) seq(name string, i int, v Value) seq {
	switch v.tag() {
	case KindNil, KindList, kindGoList:
		return seqOf(v)
	}
	m.ArgFail(name, i, "a list", v)
	return seq{}
}

// length returns what len gives.
func (m *Machine) length(name string, v Value) int {
	switch v.tag() {
	case KindNil:
		return 0
	case KindString:
		return runeCount(m.scan(v.Text()))
	case KindList, kindGoList:
		return v.Len()
	case KindDict, kindRecord:
		return v.dictLen()
	}
	m.ArgFail(name, 0, "a string, a list or a dict", v)
	return 0
}

// Len returns the number of items of a list, also of a Go slice seen as one; 0 for everything else.
func (v Value) Len() int {
	switch v.tag() {
	case KindList:
		return len((*List)(v.p).Items)
	case kindGoList:
		return v.goLen()
	}
	return 0
}

// Index returns item i of a list, also of a Go slice seen as one. It panics where there is none.
func (v Value) Index(i int) Value {
	if v.tag() == KindList {
		return (*List)(v.p).Items[i]
	}
	s := seqOf(v)
	if uint(i) >= uint(s.n) {
		panic(fmt.Sprintf("sx: index %d of a list of %d items", i, s.n))
	}
	return s.at(i)
}

// Lookup returns the value at key of a dict, also of a Go struct or map seen as one, and whether there is one.
func (v Value) Lookup(key string) (Value, bool) {
	switch v.tag() {
	case KindDict:
		return (*Dict)(v.p).Lookup(key)
	case kindRecord:
		return v.recordLookup(key)
	}
	return Nil, false
}

// Entries ranges over the keys and values of a dict in their order, also of a Go struct (in the order of its fields)
// or map (sorted) seen as a dict.
func (v Value) Entries() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		switch v.tag() {
		case KindDict:
			d := (*Dict)(v.p)
			for i := range len(d.keys) { // a snapshot of the keys: dict-set! meanwhile adds no turns
				if !yield(d.keys[i], d.vals[i]) {
					return
				}
			}
		case kindRecord:
			v.recordEntries(yield)
		}
	}
}

func (v Value) dictLen() int {
	switch v.tag() {
	case KindDict:
		return (*Dict)(v.p).Len()
	case kindRecord:
		return v.recordLen()
	}
	return 0
}

// needDict checks that argument i of the primitive name is a dict or nil.
func (m *Machine) needDict(name string, i int, v Value) {
	if k := v.Kind(); k != KindDict && k != KindNil {
		m.ArgFail(name, i, "a dict", v)
	}
}

// key returns argument i of the primitive name as a dict key: a string, or a keyword of quoted data.
func (m *Machine) key(name string, i int, v Value) string {
	switch v.tag() {
	case KindString, KindKeyword:
		return v.Text()
	}
	m.ArgFail(name, i, "a string", v)
	return ""
}
