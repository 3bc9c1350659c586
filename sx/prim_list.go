package sx

import (
	"math"
	"slices"
)

func listPrimitives() []*Primitive {
	return []*Primitive{
		{Usage: "(list x? ...)", Doc: "A new list of the arguments.", FN: func(m *Machine, args []Value) Value {
			m.Items(len(args))
			return ListOf(&List{Items: slices.Clone(args)})
		}},
		{Usage: "(len coll)", Doc: "The number of items, keys or characters; 0 for nil.", F1: func(m *Machine, a Value) Value { return Int(m.length("len", a)) }},
		{Usage: "(first coll)", Doc: "The first item, or nil.", F1: func(m *Machine, a Value) Value { return itemAt(m.seq("first", 0, a), 0) }},
		{Usage: "(last coll)", Doc: "The last item, or nil.", F1: func(m *Machine, a Value) Value {
			s := m.seq("last", 0, a)
			return itemAt(s, s.n-1)
		}},
		{Usage: "(rest coll)", Doc: "All items but the first.", F1: func(m *Machine, a Value) Value {
			s := m.seq("rest", 0, a)
			return s.part(min(1, s.n), s.n)
		}},
		{Usage: "(nth coll i)", Doc: "Item i, counted from 0, or nil; of a string a string of one character.", F2: nth2},
		{Usage: "(cons x coll)", Doc: "A list of x and the items.", F2: func(m *Machine, a, b Value) Value {
			s := m.seq("cons", 1, b)
			m.Items(s.n + 1)
			return ListOf(&List{Items: s.copyTo(append(make([]Value, 0, s.n+1), a), 0, s.n)})
		}},
		{Usage: "(append coll x? ...)", Doc: "A list of the items and of each x; an x that is a list gives its items.", FN: appendN},
		{Usage: "(concat coll? ...)", Doc: "A list of the items of all lists.", FN: concatN},
		{Usage: "(reverse coll)", Doc: "The items from last to first.", F1: func(m *Machine, a Value) Value {
			s := m.seq("reverse", 0, a)
			m.Items(s.n)
			items := s.copyTo(make([]Value, 0, s.n), 0, s.n)
			slices.Reverse(items)
			return ListOf(&List{Items: items})
		}},
		{Usage: "(flatten coll)", Doc: "The items, with the items of every list among them in its place, however deep.", F1: func(m *Machine, a Value) Value {
			m.seq("flatten", 0, a)
			return ListOf(&List{Items: flatten(m, nil, a, 0)})
		}},
		{Usage: "(range start? end step?)", Doc: "The numbers from start (0) up to, not including, end.",
			F1: func(m *Machine, end Value) Value {
				return rangeOf(m, 0, m.Num("range", 0, end), 1)
			},
			F2: func(m *Machine, a, b Value) Value {
				return rangeOf(m, m.Num("range", 0, a), m.Num("range", 1, b), 1)
			},
			F3: func(m *Machine, a, b, c Value) Value {
				return rangeOf(m, m.Num("range", 0, a), m.Num("range", 1, b), m.Num("range", 2, c))
			}},
		{Usage: "(take coll n)", Doc: "The first n items.", F2: func(m *Machine, a, b Value) Value {
			s := m.seq("take", 0, a)
			return s.part(0, min(max(0, m.Integer("take", 1, b)), s.n))
		}},
		{Usage: "(drop coll n)", Doc: "All but the first n items.", F2: func(m *Machine, a, b Value) Value {
			s := m.seq("drop", 0, a)
			return s.part(min(max(0, m.Integer("drop", 1, b)), s.n), s.n)
		}},
		{Usage: "(slice coll start end?)", Doc: "The items or characters from start up to, not including, end; negative ones count from the end.",
			F2: func(m *Machine, a, b Value) Value { return slice(m, a, b, Nil) }, F3: slice},
		{Usage: "(zip coll ...)", Doc: "Lists of the first items, of the second ones …, as many as the shortest has.", FN: zipN},
		{Usage: "(chunk-every coll n)", Doc: "Lists of n items each; the last may be shorter.", F2: chunkEvery2},
		{Usage: "(zip-pairs coll)", Doc: "Lists of each item and the next.", F1: zipPairs1},
		{Usage: "(into target coll)", Doc: "The target with the items added: to a list at its end, to a dict as (key value) lists or as a dict.", F2: into2},
		{Usage: "(distinct coll)", Doc: "The items without those equal to an earlier one.", F1: distinct1},
		{Usage: "(index-of coll x)", Doc: "The place of the first item or substring x, counted from 0, or nil.", F2: indexOf2},
		{Usage: "(interpose separator coll)", Doc: "The items with the separator between them.", F2: interpose2},
		{Usage: "(sum coll)", Doc: "The sum of the numbers; 0 for none.", F1: func(m *Machine, a Value) Value {
			s, sum := m.seq("sum", 0, a), Number(0)
			m.Step(s.n)
			for i := range s.n {
				v := s.at(i)
				if !v.IsNumber() {
					m.Fail(TypeError, "sum: item %d must be a number, got %s", i, describe(v))
				}
				sum = m.CheckedNumber("sum", sum.Float()+v.Float())
			}
			return sum
		}},
		{Usage: "(append! coll x ...)", Doc: "Adds each x to the end of the list itself; gives nil.", F2: func(m *Machine, a, b Value) Value {
			l := mutableList(m, a)
			grow(m, len(l.Items), 1)
			l.Items = append(l.Items, b)
			return Nil
		}, FN: func(m *Machine, args []Value) Value {
			l := mutableList(m, args[0])
			grow(m, len(l.Items), len(args)-1)
			l.Items = append(l.Items, args[1:]...)
			return Nil
		}},
	}
}

// grow charges extra items for a collection of n that grows in place.
func grow(m *Machine, n, extra int) {
	m.Step(extra)
	if n+extra > m.limits.Collection {
		m.Items(n + extra)
	}
}

func itemAt(s seq, i int) Value {
	if i < 0 || i >= s.n {
		return Nil
	}
	return s.at(i)
}

func mutableList(m *Machine, v Value) *List {
	switch v.tag() {
	case KindList:
		l := (*List)(v.p)
		if l.frozen {
			m.Fail(FrozenError, "append!: cannot change a frozen list")
		}
		l.places = nil
		return l
	case kindGoList:
		m.Fail(FrozenError, "append!: cannot change a frozen list")
	}
	m.ArgFail("append!", 0, "a list", v)
	return nil
}

func nth2(m *Machine, a, b Value) Value {
	i := m.Integer("nth", 1, b)
	if a.IsString() {
		s := m.scan(a.Text())
		if i < 0 {
			return Nil
		}
		if s = runeSlice(s, i, i+1); s == "" {
			return Nil
		}
		return String(s)
	}
	return itemAt(m.seq("nth", 0, a), i)
}

func appendN(m *Machine, args []Value) Value {
	m.seq("append", 0, args[0])
	n := 0
	for _, a := range args {
		switch a.Kind() {
		case KindList:
			n += a.Len()
		case KindNil:
		default:
			n++
		}
	}
	m.Items(n)
	items := make([]Value, 0, n)
	for _, a := range args {
		switch a.Kind() {
		case KindList:
			s := seqOf(a)
			items = s.copyTo(items, 0, s.n)
		case KindNil:
		default:
			items = append(items, a)
		}
	}
	return ListOf(&List{Items: items})
}

func concatN(m *Machine, args []Value) Value {
	n := 0
	for i, a := range args {
		s := m.seq("concat", i, a)
		n += s.n
	}
	m.Items(n)
	items := make([]Value, 0, n)
	for _, a := range args {
		s := seqOf(a)
		items = s.copyTo(items, 0, s.n)
	}
	return ListOf(&List{Items: items})
}

func flatten(m *Machine, dst []Value, v Value, depth int) []Value {
	m.nested(depth)
	s := seqOf(v)
	m.Step(s.n)
	for i := range s.n {
		if x := s.at(i); x.Kind() == KindList {
			dst = flatten(m, dst, x, depth+1)
		} else {
			dst = append(dst, x)
		}
	}
	grow(m, len(dst), 0)
	return dst
}

// rangeOf computes each number from its place, so that steps such as 0.1 do not add up their errors.
func rangeOf(m *Machine, from, to, step float64) Value {
	n := rangeCount(m, from, to, step)
	if n == 0 {
		return ListOf(&List{})
	}
	m.Items(n)
	items := make([]Value, n)
	for i := range items {
		items[i] = Number(from + float64(i)*step)
	}
	return ListOf(&List{Items: items})
}

// rangeCount returns how many numbers a range has.
func rangeCount(m *Machine, from, to, step float64) int {
	if step == 0 {
		m.Fail(RangeError, "range: the step must not be 0")
	}
	count := math.Ceil((to - from) / step)
	if !(count > 0) {
		return 0
	}
	if count > float64(m.limits.Collection) {
		m.Fail(LimitError, "range: collection too large: %s items exceed the limit of %d", FormatNumber(min(count, MaxSafe)), m.limits.Collection)
	}
	return int(count)
}

// slice counts negative places from the end and clamps.
func slice(m *Machine, a, b, c Value) Value {
	text := a.IsString()
	var s seq
	n := 0
	if text {
		n = runeCount(m.scan(a.Text()))
	} else {
		s = m.seq("slice", 0, a)
		n = s.n
	}
	place := func(i int, v Value) int {
		k := m.Integer("slice", i, v)
		if k < 0 {
			k = max(0, k+n)
		}
		return min(k, n)
	}
	from, to := place(1, b), n
	if !c.IsNil() {
		to = place(2, c)
	}
	to = max(from, to)
	if text {
		return String(runeSlice(a.Text(), from, to))
	}
	return s.part(from, to)
}

func zipN(m *Machine, args []Value) Value {
	shortest := math.MaxInt
	seqs := make([]seq, len(args))
	for i, a := range args {
		seqs[i] = m.seq("zip", i, a)
		shortest = min(shortest, seqs[i].n)
	}
	m.Items(shortest)
	m.Step(shortest * len(args))
	rows := make([]Value, shortest)
	for i := range rows {
		row := make([]Value, len(args))
		for j := range seqs {
			row[j] = seqs[j].at(i)
		}
		rows[i] = ListOf(&List{Items: row})
	}
	return ListOf(&List{Items: rows})
}

func chunkEvery2(m *Machine, a, b Value) Value {
	s, n := m.seq("chunk-every", 0, a), m.Integer("chunk-every", 1, b)
	if n < 1 {
		m.Fail(RangeError, "chunk-every: argument 2 must be at least 1, got %d", n)
	}
	n = min(n, max(1, s.n))
	count := (s.n + n - 1) / n
	m.Items(count)
	chunks := make([]Value, count)
	for i := range chunks {
		chunks[i] = s.part(i*n, min(s.n, i*n+n))
	}
	return ListOf(&List{Items: chunks})
}

func zipPairs1(m *Machine, a Value) Value {
	s := m.seq("zip-pairs", 0, a)
	n := max(0, s.n-1)
	m.Items(n)
	pairs := make([]Value, n)
	for i := range pairs {
		pairs[i] = s.part(i, i+2)
	}
	return ListOf(&List{Items: pairs})
}

func into2(m *Machine, a, b Value) Value {
	if k := a.Kind(); k == KindList || k == KindNil {
		target := seqOf(a)
		if b.Kind() == KindDict {
			b = entries1(m, b)
		}
		s := m.seq("into", 1, b)
		m.Items(target.n + s.n)
		items := target.copyTo(make([]Value, 0, target.n+s.n), 0, target.n)
		return ListOf(&List{Items: s.copyTo(items, 0, s.n)})
	}
	m.needDict("into", 0, a)
	if b.Kind() == KindDict {
		return mergeN(m, []Value{a, b})
	}
	s := m.seq("into", 1, b)
	m.entries(a.dictLen() + s.n)
	d := cloneDict(a, s.n)
	for i := range s.n {
		pair := s.at(i)
		if pair.Kind() != KindList || pair.Len() != 2 {
			m.Fail(TypeError, "into: item %d must be a list of a key and a value, got %s", i, describe(pair))
		}
		if k := pair.Index(0).tag(); k != KindString && k != KindKeyword {
			m.Fail(TypeError, "into: the key of item %d must be a string, got %s", i, describe(pair.Index(0)))
		}
		d.Set(pair.Index(0).Text(), pair.Index(1))
	}
	return DictOf(d)
}

// distinct1 finds text and numbers by hash and compares only the rest with each other.
func distinct1(m *Machine, a Value) Value {
	s := m.seq("distinct", 0, a)
	m.Items(s.n)
	items := make([]Value, 0, s.n)
	texts, numbers := map[string]bool{}, map[float64]bool{}
	var others seq
	for i := range s.n {
		m.Step(1)
		v := s.at(i)
		switch v.tag() {
		case KindString:
			if texts[v.Text()] {
				continue
			}
			texts[v.Text()] = true
		case KindNumber:
			if numbers[v.Float()] {
				continue
			}
			numbers[v.Float()] = true
		default:
			if m.indexIn(others, v) >= 0 {
				continue
			}
			others.items = append(others.items, v)
			others.n++
		}
		items = append(items, v)
	}
	return ListOf(&List{Items: items})
}

func indexOf2(m *Machine, a, b Value) Value {
	if a.IsString() {
		s := m.scan(a.Text())
		return placeOrNil(indexOfText(s, m.Str("index-of", 1, b)))
	}
	if k := a.Kind(); k != KindList && k != KindNil {
		m.ArgFail("index-of", 0, "a string or a list", a)
	}
	return placeOrNil(m.indexIn(seqOf(a), b))
}

func placeOrNil(i int) Value {
	if i < 0 {
		return Nil
	}
	return Int(i)
}

func interpose2(m *Machine, a, b Value) Value {
	s := m.seq("interpose", 1, b)
	n := max(0, 2*s.n-1)
	m.Items(n)
	items := make([]Value, 0, n)
	for i := range s.n {
		if i > 0 {
			items = append(items, a)
		}
		items = append(items, s.at(i))
	}
	return ListOf(&List{Items: items})
}
