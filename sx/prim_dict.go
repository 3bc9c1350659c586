package sx

func dictPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(dict key? value? ...)", Doc: "A new dict of the keys and values given by turns.", FN: dictN},
		{Usage: "(get d key default?)", Doc: "The value at the key of a dict or the place in a list; the default or nil where there is none.",
			F2: func(m *Machine, d, key Value) Value { return get(m, d, key, Nil) }, F3: get},
		{Usage: "(get-in d path default?)", Doc: "get of get … along a list of keys.",
			F2: func(m *Machine, d, path Value) Value { return getIn(m, d, path, Nil) }, F3: getIn},
		{Usage: "(assoc d key value ...)", Doc: "A copy of the dict with the keys set.", F3: func(m *Machine, a, b, c Value) Value {
			return assocN(m, []Value{a, b, c})
		}, FN: assocN},
		{Usage: "(assoc-in d path value)", Doc: "A copy with the value at the end of a list of keys set; dicts are made where they are missing.", F3: func(m *Machine, d, path, v Value) Value {
			s := m.seq("assoc-in", 1, path)
			if s.n == 0 {
				m.ArgFail("assoc-in", 1, "a list of at least one key", path)
			}
			return assocIn(m, d, s, 0, v)
		}},
		{Usage: "(dissoc d key? ...)", Doc: "A copy of the dict without the keys.", FN: dissocN},
		{Usage: "(merge d? ...)", Doc: "A dict of all keys; later dicts win.", FN: mergeN},
		{Usage: "(keys d)", Doc: "The keys in their order.", F1: func(m *Machine, a Value) Value {
			return collect(m, "keys", a, func(k string, v Value) Value { return String(k) })
		}},
		{Usage: "(vals d)", Doc: "The values in the order of their keys.", F1: func(m *Machine, a Value) Value {
			return collect(m, "vals", a, func(k string, v Value) Value { return v })
		}},
		{Usage: "(entries d)", Doc: "A list of (key value) lists.", F1: entries1},
		{Usage: "(select-keys d keys)", Doc: "A dict of those keys that d has, in the order of the list.", F2: selectKeys2},
		{Usage: "(update d key f x? ...)", Doc: "A copy of the dict with the value at the key replaced by (f value x …).", FN: updateN},
		{Usage: "(map-dict f d)", Doc: "A dict with the same keys and what (f key value) gives.", F2: mapDict2},
		{Usage: "(dict-set! d key value)", Doc: "Sets a key of the dict itself; gives nil.", F3: dictSet3},
	}
}

// pairsOf checks that args are alternating keys and values. The first one is argument first of the primitive name.
func (m *Machine) pairsOf(name string, first int, args []Value) {
	if len(args)%2 != 0 {
		m.Fail(ArityError, "%s: the key %s has no value", name, describe(args[len(args)-1]))
	}
	for i := 0; i < len(args); i += 2 {
		m.key(name, first+i, args[i])
	}
}

func dictN(m *Machine, args []Value) Value {
	m.pairsOf("dict", 0, args)
	m.entries(len(args) / 2)
	d := NewDict(len(args) / 2)
	for i := 0; i < len(args); i += 2 {
		d.Set(args[i].Text(), args[i+1])
	}
	return DictOf(d)
}

// cloneDict gives a dict of its own with what is in v (a dict, a record or nil) and room for more keys.
// entries charges the making of a dict of n entries: each takes as long as a few items of a list.
func (m *Machine) entries(n int) {
	m.Items(n)
	m.Step(2 * n)
}

func cloneDict(v Value, extra int) *Dict {
	if v.tag() == KindDict {
		return (*Dict)(v.p).Clone(extra)
	}
	d := NewDict(v.dictLen() + extra)
	for k, x := range v.Entries() {
		d.Set(k, x)
	}
	return d
}

func get(m *Machine, d, key, otherwise Value) Value {
	switch d.tag() {
	case KindDict, kindRecord:
		if v, ok := d.Lookup(m.key("get", 1, key)); ok {
			return v
		}
		return otherwise
	case KindNil:
		return otherwise
	case KindList, kindGoList:
		i := m.Integer("get", 1, key)
		s := seqOf(d)
		if i < 0 || i >= s.n {
			return otherwise
		}
		return s.at(i)
	}
	m.ArgFail("get", 0, "a dict or a list", d)
	return Nil
}

func getIn(m *Machine, d, path, otherwise Value) Value {
	s := m.seq("get-in", 1, path)
	m.Step(s.n)
	for i := range s.n {
		key, ok := s.at(i), false
		switch d.Kind() {
		case KindDict:
			d, ok = d.Lookup(m.key("get-in", 1, key))
		case KindList:
			if n := m.Integer("get-in", 1, key); n >= 0 && n < d.Len() {
				d, ok = d.Index(n), true
			}
		case KindNil:
		default:
			m.ArgFail("get-in", 0, "a dict or a list at each step", d)
		}
		if !ok {
			return otherwise
		}
	}
	return d
}

func assocN(m *Machine, args []Value) Value {
	m.needDict("assoc", 0, args[0])
	m.pairsOf("assoc", 1, args[1:])
	m.entries(args[0].dictLen() + len(args)/2)
	d := cloneDict(args[0], len(args)/2)
	for i := 1; i < len(args); i += 2 {
		d.Set(args[i].Text(), args[i+1])
	}
	return DictOf(d)
}

func assocIn(m *Machine, v Value, path seq, i int, x Value) Value {
	m.nested(i)
	m.needDict("assoc-in", 0, v)
	key := m.key("assoc-in", 1, path.at(i))
	if i+1 < path.n {
		inner, _ := v.Lookup(key)
		x = assocIn(m, inner, path, i+1, x)
	}
	m.entries(v.dictLen() + 1)
	d := cloneDict(v, 1)
	d.Set(key, x)
	return DictOf(d)
}

func dissocN(m *Machine, args []Value) Value {
	m.needDict("dissoc", 0, args[0])
	gone := make(map[string]bool, len(args)-1)
	for i, k := range args[1:] {
		gone[m.key("dissoc", i+1, k)] = true
	}
	m.entries(args[0].dictLen())
	d := NewDict(args[0].dictLen())
	for k, v := range args[0].Entries() {
		if !gone[k] {
			d.Set(k, v)
		}
	}
	return DictOf(d)
}

func mergeN(m *Machine, args []Value) Value {
	n := 0
	for i, a := range args {
		m.needDict("merge", i, a)
		n += a.dictLen()
	}
	m.entries(n)
	d := NewDict(n)
	for _, a := range args {
		for k, v := range a.Entries() {
			d.Set(k, v)
		}
	}
	return DictOf(d)
}

func collect(m *Machine, name string, a Value, f func(k string, v Value) Value) Value {
	m.needDict(name, 0, a)
	n := a.dictLen()
	m.Items(n)
	items := make([]Value, 0, n)
	for k, v := range a.Entries() {
		items = append(items, f(k, v))
	}
	return ListOf(&List{Items: items})
}

func entries1(m *Machine, a Value) Value {
	m.Step(a.dictLen())
	return collect(m, "entries", a, func(k string, v Value) Value { return ListOf(NewList(String(k), v)) })
}

func selectKeys2(m *Machine, a, b Value) Value {
	m.needDict("select-keys", 0, a)
	s := m.seq("select-keys", 1, b)
	m.entries(s.n)
	d := NewDict(min(s.n, a.dictLen()))
	for i := range s.n {
		k := s.at(i)
		if t := k.tag(); t != KindString && t != KindKeyword {
			m.Fail(TypeError, "select-keys: key %d must be a string, got %s", i, describe(k))
		}
		if v, ok := a.Lookup(k.Text()); ok {
			d.Set(k.Text(), v)
		}
	}
	return DictOf(d)
}

func updateN(m *Machine, args []Value) Value {
	m.needDict("update", 0, args[0])
	key := m.key("update", 1, args[1])
	f := m.Fn("update", 2, args[2])
	old, _ := args[0].Lookup(key)
	d := args[0] // args may be reused by the call
	var v Value
	switch len(args) {
	case 3:
		v = m.Call1(f, old)
	case 4:
		v = m.Call2(f, old, args[3])
	default:
		v = m.Call(f, append([]Value{old}, args[3:]...)...)
	}
	m.entries(d.dictLen() + 1)
	c := cloneDict(d, 1)
	c.Set(key, v)
	return DictOf(c)
}

func mapDict2(m *Machine, f, a Value) Value {
	m.Fn("map-dict", 0, f)
	m.needDict("map-dict", 1, a)
	m.entries(a.dictLen())
	d := NewDict(a.dictLen())
	for k, v := range a.Entries() {
		m.Step(1)
		d.Set(k, m.Call2(f, String(k), v))
	}
	return DictOf(d)
}

func dictSet3(m *Machine, a, b, c Value) Value {
	switch a.tag() {
	case KindDict:
		d := (*Dict)(a.p)
		if d.frozen {
			m.Fail(FrozenError, "dict-set!: cannot change a frozen dict")
		}
		grow(m, d.Len(), 1)
		d.Set(m.key("dict-set!", 1, b), c)
		return Nil
	case kindRecord:
		m.Fail(FrozenError, "dict-set!: cannot change a frozen dict")
	}
	m.ArgFail("dict-set!", 0, "a dict", a)
	return Nil
}
