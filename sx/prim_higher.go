package sx

import "slices"

// Higher-order primitives take the function first. Each turn is charged as a step, so that a long list over a
// primitive stops at the limit too. Only what a function returned is kept; the list walked is a snapshot.

func higherPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(map f coll)", Doc: "What f gives for each item.", F2: map2},
		{Usage: "(map-indexed f coll)", Doc: "What f gives for each index and item.", F2: func(m *Machine, f, coll Value) Value {
			m.Fn("map-indexed", 0, f)
			s := m.seq("map-indexed", 1, coll)
			m.Items(s.n)
			items := make([]Value, s.n)
			for i := range items {
				m.Step(1)
				items[i] = m.Call2(f, Int(i), s.at(i))
			}
			return ListOf(&List{Items: items})
		}},
		{Usage: "(filter f coll)", Doc: "The items for which f is true.", F2: filter2},
		{Usage: "(reduce f init coll)", Doc: "f of what it gave so far (init at first) and each item.", F3: reduce3},
		{Usage: "(some f coll)", Doc: "What f gives for the first item where that is true, or nil.", F2: func(m *Machine, f, coll Value) Value {
			m.Fn("some", 0, f)
			s := m.seq("some", 1, coll)
			for i := range s.n {
				m.Step(1)
				if v := m.Call1(f, s.at(i)); v.Truthy() {
					return v
				}
			}
			return Nil
		}},
		{Usage: "(every? f coll)", Doc: "Whether f is true for all items.", F2: func(m *Machine, f, coll Value) Value {
			m.Fn("every?", 0, f)
			s := m.seq("every?", 1, coll)
			for i := range s.n {
				m.Step(1)
				if !m.Call1(f, s.at(i)).Truthy() {
					return False
				}
			}
			return True
		}},
		{Usage: "(for-each f coll)", Doc: "Calls f for each item; gives nil.", F2: func(m *Machine, f, coll Value) Value {
			m.Fn("for-each", 0, f)
			s := m.seq("for-each", 1, coll)
			for i := range s.n {
				m.Step(1)
				m.Call1(f, s.at(i))
			}
			return Nil
		}},
		{Usage: "(sort less? coll)", Doc: "The items in order, equal ones as they stood: numbers, or strings by code point, or by (less a b).", F1: sort1, F2: sort2},
		{Usage: "(sort-by f coll)", Doc: "The items in the order of what f gives for them, equal ones as they stood.", F2: sortBy2},
		{Usage: "(group-by f coll)", Doc: "A dict from the text of what f gives to the list of such items.", F2: groupBy2},
		{Usage: "(partition f coll)", Doc: "Two lists: the items for which f is true, and the others.", F2: partition2},
	}
}

func map2(m *Machine, f, coll Value) Value {
	m.Fn("map", 0, f)
	s := m.seq("map", 1, coll)
	m.Items(s.n)
	items := make([]Value, s.n)
	for i := range items {
		m.Step(1)
		items[i] = m.Call1(f, s.at(i))
	}
	return ListOf(&List{Items: items})
}

func filter2(m *Machine, f, coll Value) Value {
	m.Fn("filter", 0, f)
	s := m.seq("filter", 1, coll)
	var items []Value
	for i := range s.n {
		m.Step(1)
		v := s.at(i)
		if m.Call1(f, v).Truthy() {
			if items == nil {
				items = make([]Value, 0, min(s.n-i, 64))
			}
			items = append(items, v)
		}
	}
	return ListOf(&List{Items: items})
}

func reduce3(m *Machine, f, init, coll Value) Value {
	m.Fn("reduce", 0, f)
	s := m.seq("reduce", 2, coll)
	for i := range s.n {
		m.Step(1)
		init = m.Call2(f, init, s.at(i))
	}
	return init
}

// sortKeys checks that the keys are all numbers or all strings.
func sortKeys(m *Machine, name, what string, keys []Value) {
	for i, k := range keys {
		if t := k.tag(); t != KindNumber && t != KindString || t != keys[0].tag() {
			if i > 0 && (t == KindNumber || t == KindString) {
				m.Fail(TypeError, "%s: %s must be all numbers or all strings, got %s and %s", name, what, describe(keys[0]), describe(k))
			}
			m.Fail(TypeError, "%s: %s must be numbers or strings, got %s", name, what, describe(k))
		}
	}
}

func sort1(m *Machine, coll Value) Value {
	s := m.seq("sort", 0, coll)
	m.Items(s.n)
	items := s.copyTo(make([]Value, 0, s.n), 0, s.n)
	sortKeys(m, "sort", "items", items)
	slices.SortStableFunc(items, func(a, b Value) int { m.Step(1); return m.compare("sort", 0, a, b) })
	return ListOf(&List{Items: items})
}

func sort2(m *Machine, less, coll Value) Value {
	m.Fn("sort", 0, less)
	s := m.seq("sort", 1, coll)
	m.Items(s.n)
	items := s.copyTo(make([]Value, 0, s.n), 0, s.n)
	slices.SortStableFunc(items, func(a, b Value) int {
		m.Step(1)
		v := m.Call2(less, a, b)
		if v.IsNumber() { // every number is true: a function that compares as in other languages would sort wrong
			m.Fail(TypeError, "sort: the function must give a boolean, such as (< a b), got %s", describe(v))
		}
		if v.Truthy() {
			return -1
		}
		return 0 // a stable sort by insertion and rotation asks for nothing but "less"
	})
	return ListOf(&List{Items: items})
}

func sortBy2(m *Machine, f, coll Value) Value {
	m.Fn("sort-by", 0, f)
	s := m.seq("sort-by", 1, coll)
	m.Items(2 * s.n)
	type keyed struct {
		key  Value
		item Value
	}
	rows, keys := make([]keyed, s.n), make([]Value, s.n)
	for i := range rows {
		m.Step(1)
		item := s.at(i)
		keys[i] = m.Call1(f, item)
		rows[i] = keyed{keys[i], item}
	}
	sortKeys(m, "sort-by", "keys", keys)
	slices.SortStableFunc(rows, func(a, b keyed) int { m.Step(1); return m.compare("sort-by", 0, a.key, b.key) })
	for i := range rows {
		keys[i] = rows[i].item
	}
	return ListOf(&List{Items: keys})
}

func groupBy2(m *Machine, f, coll Value) Value {
	m.Fn("group-by", 0, f)
	s := m.seq("group-by", 1, coll)
	d := &Dict{}
	for i := range s.n {
		m.Step(1)
		v := s.at(i)
		k := m.Call1(f, v)
		key := k
		if !k.IsString() {
			key = String(string(m.AppendText(nil, k)))
		}
		group, ok := d.Lookup(key.Text())
		if !ok {
			group = ListOf(&List{})
			d.Set(key.Text(), group)
		}
		l := group.List()
		l.Items = append(l.Items, v)
	}
	return DictOf(d)
}

func partition2(m *Machine, f, coll Value) Value {
	m.Fn("partition", 0, f)
	s := m.seq("partition", 1, coll)
	var yes, no []Value
	for i := range s.n {
		m.Step(1)
		if v := s.at(i); m.Call1(f, v).Truthy() {
			yes = append(yes, v)
		} else {
			no = append(no, v)
		}
	}
	return ListOf(NewList(ListOf(&List{Items: yes}), ListOf(&List{Items: no})))
}
