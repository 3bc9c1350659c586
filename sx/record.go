package sx

import (
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unsafe"
)

// A record is a Go struct, or a Go map with string keys, seen as a dict: Value.p points at the struct (or is the map),
// the low bits of Value.n are the id of its goType. A Go list is a slice or array: p points at the first item, n has
// the number of items and the id of their goType. Programs read them in place and cannot change them; Go code must
// not change them while an evaluation uses them.

func (v Value) goType() *goType { return goTypeAt(uint32(v.n & goIDMask)) }

// fieldCache remembers the field that one place in a program reads, such as (get row :name) in a loop. Any number of
// goroutines share it: it is one pointer to an immutable field, which says whose field it is.
type fieldCache struct{ field atomic.Pointer[goField] }

// recordField is Lookup for a place that always reads the same key: for structs it costs a few ns and allocates
// nothing. v must be a record.
func (v Value) recordField(key string, c *fieldCache) (Value, bool) {
	f := c.field.Load()
	if f == nil || f.owner != uint32(v.n&goIDMask) {
		t := v.goType()
		if t.class == goMap {
			return t.mapLookup(v.p, key)
		}
		if f = t.byName[key]; f == nil {
			return Nil, false
		}
		c.field.Store(f)
	}
	if f.via == nil {
		return f.t.load(unsafe.Add(v.p, f.off)), true
	}
	return f.read(v.p), true
}

// read follows embedded pointers; behind a nil one fields are nil.
func (f *goField) read(p unsafe.Pointer) Value {
	for _, off := range f.via {
		if p = *(*unsafe.Pointer)(unsafe.Add(p, off)); p == nil {
			return Nil
		}
	}
	return f.t.load(unsafe.Add(p, f.off))
}

func (v Value) recordLookup(key string) (Value, bool) {
	t := v.goType()
	if t.class == goMap {
		return t.mapLookup(v.p, key)
	}
	f := t.byName[key]
	if f == nil {
		return Nil, false
	}
	return f.read(v.p), true
}

func (v Value) recordLen() int {
	t := v.goType()
	if t.class == goMap {
		return t.mapOf(v.p).Len()
	}
	return len(t.fields)
}

func (v Value) recordEntries(yield func(string, Value) bool) {
	t := v.goType()
	if t.class == goMap {
		t.mapEntries(v.p, yield)
		return
	}
	for _, f := range t.fields {
		if !yield(f.name, f.read(v.p)) {
			return
		}
	}
}

func recordCopy(v Value) *Dict {
	d := NewDict(v.recordLen())
	for k, x := range v.recordEntries {
		d.Set(k, x)
	}
	d.frozen = true
	return d
}

func goListCopy(v Value) *List {
	s := seqOf(v)
	return &List{Items: s.copyTo(make([]Value, 0, s.n), 0, s.n), frozen: true}
}

// mapOf returns the map whose word is given.
func (t *goType) mapOf(word unsafe.Pointer) reflect.Value {
	return reflect.NewAt(t.rt, unsafe.Pointer(&word)).Elem()
}

// mapLookup reads maps of the usual types directly and the others by reflection, which copies the value.
func (t *goType) mapLookup(word unsafe.Pointer, key string) (Value, bool) {
	switch t.plain {
	case mapAny:
		x, ok := (*(*map[string]any)(unsafe.Pointer(&word)))[key]
		if !ok {
			return Nil, false
		}
		return fromAny(x), true
	case mapString:
		x, ok := (*(*map[string]string)(unsafe.Pointer(&word)))[key]
		if !ok {
			return Nil, false
		}
		return String(toValid(x)), true
	}
	x := t.mapOf(word).MapIndex(reflect.ValueOf(key).Convert(t.rt.Key()))
	if !x.IsValid() {
		return Nil, false
	}
	return fromAny(x.Interface()), true
}

// mapEntries goes by sorted keys: Go maps have no order.
func (t *goType) mapEntries(word unsafe.Pointer, yield func(string, Value) bool) {
	m := t.mapOf(word)
	keys := make([]string, 0, m.Len())
	for _, k := range m.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	for _, k := range keys {
		x, _ := t.mapLookup(word, k)
		if !yield(toValid(k), x) {
			return
		}
	}
}

// structFields lists the fields that programs see: exported ones, under the name in their sx tag or their own name in
// kebab case; fields of embedded structs as if they were the outer struct's, as in encoding/json.
func (b *goBuilder) structFields(t *goType) {
	t.byName = map[string]*goField{}
	depth := map[string]int{}
	hidden := map[string]bool{} // paths of embedded structs whose fields are not promoted
	for _, sf := range reflect.VisibleFields(t.rt) {
		tag, tagged := sf.Tag.Lookup("sx")
		name, _, _ := strings.Cut(tag, ",")
		path := pathOf(sf.Index)
		inHidden := len(sf.Index) > 1 && hidden[pathOf(sf.Index[:len(sf.Index)-1])]
		embeds := sf.Anonymous && name == ""
		if inHidden || name == "-" {
			hidden[path] = true
			continue
		}
		if embeds {
			e := sf.Type
			if e.Kind() == reflect.Pointer {
				e = e.Elem()
			}
			if e.Kind() == reflect.Struct && b.build(e).class == goStruct {
				if sf.IsExported() || sf.Type.Kind() == reflect.Struct {
					continue // its fields follow
				}
			}
		}
		hidden[path] = true
		if !sf.IsExported() {
			continue
		}
		if !tagged || name == "" {
			name = kebab(sf.Name)
		}
		if d, ok := depth[name]; ok && d <= len(sf.Index) {
			continue
		}
		f := &goField{name: name, owner: t.id, index: sf.Index, t: b.build(sf.Type)}
		rt := t.rt
		for i, n := range sf.Index {
			inner := rt.Field(n)
			f.off += inner.Offset
			rt = inner.Type
			if i+1 < len(sf.Index) && rt.Kind() == reflect.Pointer {
				f.via = append(f.via, f.off)
				f.off = 0
				rt = rt.Elem()
			}
		}
		if old := t.byName[name]; old != nil {
			t.fields = slices.DeleteFunc(t.fields, func(g *goField) bool { return g == old })
		}
		depth[name] = len(sf.Index)
		t.byName[name] = f
		t.fields = append(t.fields, f)
	}
}

func pathOf(index []int) string {
	var b strings.Builder
	for _, i := range index {
		b.WriteRune(rune(i + 1))
	}
	return b.String()
}

// kebab returns user-id for UserID, html-title for HTMLTitle, page-urls for PageURLs.
func kebab(name string) string {
	rs := []rune(name)
	var b strings.Builder
	for i, r := range rs {
		if r == '_' {
			b.WriteByte('-')
			continue
		}
		if i > 0 && unicode.IsUpper(r) && rs[i-1] != '_' {
			next := i + 1
			plural := next < len(rs) && rs[next] == 's' && (next+1 == len(rs) || unicode.IsUpper(rs[next+1]))
			if !unicode.IsUpper(rs[i-1]) || next < len(rs) && unicode.IsLower(rs[next]) && !plural {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
