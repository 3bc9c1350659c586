package sx

import (
	"maps"
	"slices"
	"strings"
)

// What components read of their arguments, so that no more of them need be sent to a browser: a record of a user that
// goes into a component which shows the name must not carry the rest of the user along.

// Part says what of a value is read: nothing below it, some fields, items, or everything. Lists and dicts that are
// only partly read keep their length and the fields that are read; other values are always whole. Parts are
// immutable; any number of goroutines may use one. The nil Part is everything.
type Part struct {
	all    bool
	keys   bool // which fields a dict has is read, and so all of it
	fields map[string]*Part
	items  *Part
}

var wholePart = &Part{all: true}

// Whole reports whether everything of the value is read.
func (p *Part) Whole() bool { return p == nil || p.all }

// Paths lists what is read, sorted: "name", "home.town", "tags[].label". There are none where everything is.
func (p *Part) Paths() []string {
	if p.Whole() {
		return nil
	}
	return p.paths(nil, "")
}

func (p *Part) paths(out []string, at string) []string {
	n := len(out)
	if !p.Whole() {
		for _, k := range slices.Sorted(maps.Keys(p.fields)) {
			out = p.fields[k].paths(out, strings.TrimPrefix(at+"."+k, "."))
		}
		if p.items != nil {
			out = p.items.paths(out, at+"[]")
		}
	}
	if len(out) == n && at != "" {
		out = append(out, at)
	}
	return out
}

// Field reports whether the field of a dict is read, and what of its value.
func (p *Part) Field(name string) (*Part, bool) {
	if p.Whole() || p.keys {
		return nil, true
	}
	f, ok := p.fields[name]
	return f, ok
}

// Item says what is read of each item of a list.
func (p *Part) Item() *Part {
	if p.Whole() {
		return nil
	}
	if p.items == nil {
		return &Part{}
	}
	return p.items
}

const (
	partDepth = 8   // what is nested deeper is whole
	partMost  = 500 // fields and items of one argument; where more are read, it is whole
)

// add makes p cover q too, and reports whether that is news. It counts in n what it adds, and stops when that is too
// much: p is then to be made whole.
func (p *Part) add(q *Part, depth int, n *int) (changed bool) {
	switch {
	case *n > partMost:
		return true
	case p.all || !q.all && !q.keys && len(q.fields) == 0 && q.items == nil:
		return false
	case q.all || depth == 0:
		*p = Part{all: true}
		return true
	}
	if q.keys && !p.keys {
		p.keys, changed = true, true
	}
	for k, f := range q.fields {
		mine, ok := p.fields[k]
		if !ok {
			if p.fields == nil {
				p.fields = map[string]*Part{}
			}
			mine, changed = &Part{}, true
			p.fields[k] = mine
			*n++
		}
		changed = mine.add(f, depth-1, n) || changed
	}
	if q.items != nil {
		if p.items == nil {
			p.items, changed = &Part{}, true
			*n++
		}
		changed = p.items.add(q.items, depth-1, n) || changed
	}
	return changed
}

// Reads says what c reads of its keyword argument name; nil is everything. What is not certain counts as read.
func (p *Program) Reads(c *Component, name string) *Part {
	if c.fn == nil || c.external != nil {
		return nil
	}
	p.readsOnce.Do(func() { p.reads = p.findReads() })
	for _, q := range c.fn.params {
		if q.Name == name {
			if part := p.reads[q.Binding]; !part.Whole() {
				return part
			}
		}
	}
	return nil
}

// findReads goes through all definitions until nothing new is found: what a component reads of an argument depends
// on those that it hands it to.
func (p *Program) findReads() map[*Binding]*Part {
	r := &partFinder{of: map[*Binding]*Part{}, size: map[*Binding]int{}}
	var fns []*fnExpr
	for _, d := range p.order {
		fn, _ := d.expr.(*fnExpr)
		if d.comp != nil && d.comp.external == nil {
			fn = d.comp.fn
		}
		if fn == nil || fn.body == nil {
			continue
		}
		fns = append(fns, fn)
		for _, q := range fn.params {
			r.of[q.Binding] = &Part{all: q.check != nil && q.check.in != nil}
		}
	}
	for range 50 {
		r.changed = false
		for _, fn := range fns {
			for _, q := range fn.params {
				r.want(q.def, wholePart)
			}
			r.want(fn.body, wholePart)
		}
		if !r.changed {
			return r.of
		}
		slices.Reverse(fns) // chains are short in one of both directions
	}
	return nil // everything
}

// partFinder goes through expressions from what is wanted of their values to what that takes of variables.
type partFinder struct {
	of      map[*Binding]*Part
	size    map[*Binding]int // of those that are not whole
	changed bool
}

// note adds part d to what is read of a variable.
func (r *partFinder) note(b *Binding, d *Part) {
	p, n := r.part(b), r.size[b]
	r.changed = p.add(d, partDepth, &n) || r.changed
	if n > partMost {
		*p, n = Part{all: true}, 0
	}
	r.size[b] = n
}

func (r *partFinder) part(b *Binding) *Part {
	p := r.of[b]
	if p == nil {
		p = &Part{}
		r.of[b] = p
	}
	return p
}

// want notes that part d of the value of e is read.
func (r *partFinder) want(e Expr, d *Part) {
	switch e := e.(type) {
	case nil, *constExpr, *globalExpr, *primExpr:
	case *localExpr:
		r.note(e.b, d)
	case *ifExpr:
		r.want(e.cond, &Part{})
		r.want(e.then, d)
		if e.other != nil {
			r.want(e.other, d)
		}
	case *andExpr:
		for i, x := range e.items {
			if i < len(e.items)-1 {
				r.want(x, &Part{}) // comes out where it is nil or false
			} else {
				r.want(x, d)
			}
		}
	case *orExpr:
		for _, x := range e.items {
			r.want(x, d)
		}
	case *letExpr:
		r.let(e, d)
	case *dictExpr:
		for i, k := range e.keys {
			if f, ok := d.Field(k); !ok {
				r.want(e.vals[i], &Part{})
			} else if f.Whole() {
				r.want(e.vals[i], wholePart)
			} else {
				r.want(e.vals[i], f)
			}
		}
	case *CompCall:
		for _, a := range e.args {
			r.handed(a.val, a.param)
		}
		for _, a := range e.attrs {
			r.want(a.val, wholePart)
		}
		for _, k := range e.children {
			r.want(k, wholePart)
		}
	case *callExpr:
		r.call(e)
	case *primCall:
		r.prim(e, d)
	default:
		e.Walk(func(x Expr) { r.want(x, wholePart) })
	}
}

func (r *partFinder) let(e *letExpr, d *Part) {
	r.want(e.body, d)
	for i := len(e.vals) - 1; i >= 0; i-- {
		b := e.names[i]
		if e.rec || b.early {
			r.want(e.vals[i], wholePart)
		} else {
			r.want(e.vals[i], r.part(b))
		}
	}
}

// handed notes that the value of e becomes a parameter; of parameters that are not known, everything is read.
func (r *partFinder) handed(e Expr, p *param) {
	d := wholePart
	if p != nil && r.of[p.Binding] != nil {
		d = r.of[p.Binding]
	}
	r.want(e, d)
}

// call handles calls of top-level functions by position; other functions may read everything.
func (r *partFinder) call(e *callExpr) {
	var fn *fnExpr
	if g, ok := e.fn.(*globalExpr); ok && g.def.comp == nil {
		fn, _ = g.def.expr.(*fnExpr)
	} else {
		r.want(e.fn, wholePart)
	}
	plain := fn != nil && !e.kw && !fn.hasKey && fn.rest == nil && fn.attrs == nil
	for i, a := range e.args {
		if plain && i < len(fn.params) {
			r.handed(a, fn.params[i])
		} else {
			r.want(a, wholePart)
		}
	}
}

// prim knows the primitives that look at a part of an argument.
func (r *partFinder) prim(e *primCall, d *Part) {
	arg := func(i int, d *Part) {
		if i < len(e.args) {
			r.want(e.args[i], d)
		}
	}
	rest := func(from int) {
		for _, a := range e.args[min(from, len(e.args)):] {
			r.want(a, wholePart)
		}
	}
	switch e.p.Name {
	case "get":
		if k, ok := fieldName(e.args, 1); ok {
			arg(0, &Part{fields: map[string]*Part{k: d}})
			arg(2, d)
			return
		}
	case "get-in":
		if path, ok := constPath(e.args, 1); ok {
			for i := len(path) - 1; i >= 0; i-- {
				d = &Part{fields: map[string]*Part{path[i]: d}}
			}
			arg(0, d)
			rest(2)
			return
		}
	case "has-key?":
		if k, ok := fieldName(e.args, 1); ok {
			arg(0, &Part{fields: map[string]*Part{k: {}}})
			return
		}
	case "nil?", "not", "list?", "dict?", "string?", "number?", "boolean?", "type-of":
		arg(0, &Part{})
		rest(1)
		return
	case "empty?", "len":
		arg(0, &Part{keys: true})
		return
	case "first", "last", "nth":
		arg(0, &Part{items: d})
		rest(1)
		return
	case "rest", "reverse":
		arg(0, d)
		return
	case "drop", "take":
		arg(0, d)
		rest(1)
		return
	case "map", "for-each", "some", "every?":
		if item, ok := r.function(e, 1, 0); ok {
			arg(1, &Part{items: item})
			return
		}
	case "map-indexed":
		if item, ok := r.function(e, 2, 1); ok {
			arg(1, &Part{items: item})
			return
		}
	case "filter", "sort-by":
		if item, ok := r.function(e, 1, 0); ok {
			arg(1, &Part{items: item})
			arg(1, d)
			return
		}
	case "reduce":
		if item, ok := r.function(e, 2, 1); ok {
			arg(1, wholePart)
			arg(2, &Part{items: item})
			return
		}
	}
	rest(0)
}

// function looks at the literal function that is the first argument of a primitive which calls it with n values,
// and gives what it reads of value i.
func (r *partFinder) function(e *primCall, n, i int) (*Part, bool) {
	if len(e.args) == 0 {
		return nil, false
	}
	fn, ok := e.args[0].(*fnExpr)
	if !ok || fn.hasKey || fn.rest != nil || fn.attrs != nil || len(fn.params) > n {
		return nil, false
	}
	for _, p := range fn.params {
		if p.def != nil || p.check != nil {
			return nil, false
		}
	}
	r.want(fn.body, wholePart)
	if i >= len(fn.params) {
		return &Part{}, true
	}
	return r.part(fn.params[i].Binding), true
}

// fieldName gives argument i where it is a literal name of a field.
func fieldName(args []Expr, i int) (string, bool) {
	if i >= len(args) {
		return "", false
	}
	c, ok := args[i].(*constExpr)
	if !ok || c.v.tag() != KindString && c.v.tag() != KindKeyword {
		return "", false
	}
	return c.v.Text(), true
}

// constPath gives argument i where it is a list of literal names of fields.
func constPath(args []Expr, i int) ([]string, bool) {
	if i >= len(args) {
		return nil, false
	}
	items, ok := ItemsOf(args[i])
	path := make([]string, len(items))
	for k := range items {
		if path[k], ok = fieldName(items, k); !ok {
			return nil, false
		}
	}
	return path, ok
}
