package sx

import "maps"

// List is an ordered, growable list. The zero List is empty and ready. A list belongs to one goroutine
// until it is frozen; a frozen list may be shared and never changes.
type List struct {
	Items  []Value    // read only outside this package
	places *spanTable // where it was read, for lists that are source forms; nil otherwise
	at     uint32     // its index in places
	frozen bool

	bracket bool // written as […]
}

// NewList makes a list that owns items.
func NewList(items ...Value) *List { return &List{Items: items} }

// Len returns the number of items; a nil list has none.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.Items)
}

// info tells where l was read. Its length is still what it was then: whatever makes it longer forgets its place.
func (l *List) info() formInfo { return l.places.info(l.at, len(l.Items)) }

// Frozen reports whether l can no longer change.
func (l *List) Frozen() bool { return l.frozen }

// Dict is a map from string keys to values that keeps the order of insertion. The zero Dict is empty and
// ready. A dict belongs to one goroutine until it is frozen.
type Dict struct {
	keys    []string
	vals    []Value
	index   map[string]int32 // nil while small
	places  *spanTable       // where it was read, for dict forms; nil otherwise
	at      uint32           // its index in places
	frozen  bool
	written bool // all keys stand in source; see Written
}

const dictIndexAt = 12 // from this many keys on a dict has an index; below, a scan is as quick

// NewDict makes a dict with room for n keys.
func NewDict(n int) *Dict {
	return &Dict{keys: make([]string, 0, n), vals: make([]Value, 0, n)}
}

// Len returns the number of keys; a nil dict has none.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.keys)
}

func (d *Dict) info() formInfo { return d.places.info(d.at, 2*len(d.keys)) }

// Frozen reports whether d can no longer change.
func (d *Dict) Frozen() bool { return d.frozen }

func (d *Dict) find(key string) int {
	if d == nil {
		return -1
	}
	if d.index != nil {
		if i, ok := d.index[key]; ok {
			return int(i)
		}
		return -1
	}
	for i, k := range d.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Lookup returns the value at key and whether there is one.
func (d *Dict) Lookup(key string) (Value, bool) {
	if i := d.find(key); i >= 0 {
		return d.vals[i], true
	}
	return Nil, false
}

// At returns the i-th entry in insertion order.
func (d *Dict) At(i int) (string, Value) { return d.keys[i], d.vals[i] }

// Set puts v at key, in place of what was there. Only for dicts that are not frozen; dict-set! checks.
func (d *Dict) Set(key string, v Value) {
	if i := d.find(key); i >= 0 {
		d.vals[i] = v
		return
	}
	if d.index != nil {
		d.index[key] = int32(len(d.keys))
	}
	d.written = false
	d.places = nil
	d.keys = append(d.keys, key)
	d.vals = append(d.vals, v)
	if d.index == nil && len(d.keys) >= dictIndexAt {
		d.index = make(map[string]int32, 2*len(d.keys))
		for i, k := range d.keys {
			d.index[k] = int32(i)
		}
	}
}

// Written reports whether all keys of d stand as literals in source: a dict form, the keywords of a call. A key
// that came from data makes it false, so that names from data can be held to stricter rules.
func (d *Dict) Written() bool { return d != nil && d.written }

// Clone returns a copy that is not frozen, with room for extra more keys.
func (d *Dict) Clone(extra int) *Dict {
	c := NewDict(d.Len() + extra)
	if d.Len() > 0 {
		c.keys, c.vals, c.index = append(c.keys, d.keys...), append(c.vals, d.vals...), maps.Clone(d.index)
	}
	return c
}

// Freeze makes v and everything that can be reached from it immutable. Values of other goroutines must be
// frozen before they are shared. It takes cyclic and deeply nested data: the work list is on the heap.
func Freeze(v Value) {
	work := []Value{v}
	for len(work) > 0 {
		v := work[len(work)-1]
		work = work[:len(work)-1]
		switch v.tag() {
		case KindList:
			if l := (*List)(v.p); !l.frozen {
				l.frozen = true
				work = append(work, l.Items...)
			}
		case KindDict, KindSpread:
			if d := (*Dict)(v.p); !d.frozen {
				d.frozen = true
				work = append(work, d.vals...)
			}
		case KindLambda:
			if l := (*Lambda)(v.p); !l.frozen {
				l.frozen = true
				work = append(work, l.caps...)
			}
		case KindElement:
			if e := (*Element)(v.p); e.delayed != nil && !e.frozen {
				e.frozen = true
				work = append(work, e.caps...)
			}
		case kindCell:
			if c := v.cell(); !c.frozen {
				c.frozen = true
				work = append(work, c.v)
			}
		}
	}
}
