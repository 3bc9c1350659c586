package sx

import "unsafe"

// Equal reports whether a and b are equal as = sees it: numbers and text by value, lists item by item, dicts
// and spreads key by key in any order, rendered markup by its text, everything else only to itself. A Go
// slice equals a list, a Go struct a dict. It takes cyclic data, which is equal when no finite look can
// tell it apart, and data of any depth. Go data that have no value are equal to nothing but themselves.
func Equal(a, b Value) (eq bool) {
	var err error
	defer goDataError(&err)
	return equalValues(a, b)
}

// equalValues is Equal where what Go data raise is an error of the program.
func equalValues(a, b Value) bool {
	if eq, done := equalAtoms(a, b); done {
		return eq
	}
	c := comparer{}
	return c.run(a, b)
}

// equalAtoms decides what needs no look inside; done is false for two different lists or dicts.
func equalAtoms(a, b Value) (eq, done bool) {
	ka, kb := a.Kind(), b.Kind()
	if ka != kb {
		return false, true
	}
	switch ka {
	case KindNumber:
		return a.Float() == b.Float(), true
	case KindString, KindSymbol, KindKeyword:
		return a.Text() == b.Text(), true
	case KindList, KindDict, KindSpread:
		return true, a == b
	case KindElement:
		x, y := a.Element(), b.Element()
		return x == y || x.delayed == nil && y.delayed == nil && x.Wire == y.Wire && x.Markup == y.Markup, true
	}
	return a == b, true
}

type valuePair struct{ a, b Value }

// comparer compares without recursion. Pairs seen before are taken as equal: if they are not, the first
// look finds out; that ends cycles, and makes shared parts cost once.
type comparer struct {
	work []valuePair
	seen map[[2]unsafe.Pointer]struct{}
	done int
}

const rememberAfter = 512 // pairs; small data are compared without a map

func (c *comparer) run(a, b Value) bool {
	c.work = append(c.work, valuePair{a, b})
	for len(c.work) > 0 {
		p := c.work[len(c.work)-1]
		c.work = c.work[:len(c.work)-1]
		if c.done++; c.done > rememberAfter {
			if c.seen == nil {
				c.seen = make(map[[2]unsafe.Pointer]struct{})
			}
			key := [2]unsafe.Pointer{p.a.p, p.b.p}
			if _, ok := c.seen[key]; ok {
				continue
			}
			c.seen[key] = struct{}{}
		}
		if !c.inside(p.a, p.b) {
			return false
		}
	}
	return true
}

// inside compares the items of two lists or dicts, and leaves pairs of lists and dicts for later.
func (c *comparer) inside(a, b Value) bool {
	if a.Kind() == KindList {
		x, y := a.List(), b.List()
		if x.Len() != y.Len() {
			return false
		}
		for i, v := range x.Items {
			if !c.pair(v, y.Items[i]) {
				return false
			}
		}
		return true
	}
	x, y := a.Dict(), b.Dict()
	if a.tag() == KindSpread {
		x, y = a.SpreadDict(), b.SpreadDict()
	}
	if x.Len() != y.Len() {
		return false
	}
	for i, key := range x.keys {
		// Equal dicts mostly have equal order.
		j := i
		if y.keys[i] != key {
			j = y.find(key)
		}
		if j < 0 || !c.pair(x.vals[i], y.vals[j]) {
			return false
		}
	}
	return true
}

func (c *comparer) pair(a, b Value) bool {
	eq, done := equalAtoms(a, b)
	if !done {
		c.work = append(c.work, valuePair{a, b})
	}
	return eq
}
