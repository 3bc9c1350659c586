package sx

// The shapes of let.

func (a *Analyzer) formLet(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	if f.Form(1).symbol() != "" {
		return a.namedLet(f)
	}
	pairs, ok := a.pairs(f, 1)
	if !ok {
		return a.nothing(f.site)
	}
	up := a.push()
	defer func() { a.scope = up }()
	return a.letChain(pairs, f.Forms(2), f.site)
}

type bindPair struct{ name, val *Form }

// pairs reads the bindings of a let: Scheme style when the first item is a list, flat otherwise.
func (a *Analyzer) pairs(f *Form, i int) ([]bindPair, bool) {
	bs := f.Form(i)
	if bs.v.tag() != KindList {
		a.Errorf(bs.site, FormError, "%s: a list of bindings is expected, found %s", f.headSymbol(), describe(bs.v))
		return nil, false
	}
	var out []bindPair
	if bs.Len() > 0 && bs.Item(0).tag() == KindList {
		for i := range bs.Len() {
			b := bs.Form(i)
			if b.v.tag() != KindList || b.Len() < 1 || b.Len() > 2 {
				a.Errorf(b.site, FormError, "%s: a binding is (name value), found %s", f.headSymbol(), describe(b.v))
				return nil, false
			}
			p := bindPair{name: b.Form(0)}
			if b.Len() == 2 {
				p.val = b.Form(1)
			}
			out = append(out, p)
		}
		return out, true
	}
	if bs.Len()%2 != 0 {
		a.Errorf(bs.SiteOf(bs.Len()-1), FormError, "%s: this name has no value", f.headSymbol())
		return nil, false
	}
	for j := 0; j < bs.Len(); j += 2 {
		n := bs.Form(j)
		if t := n.v.tag(); t != KindSymbol && t != KindDict {
			a.Errorf(n.site, FormError, "%s: a name is expected, found %s", f.headSymbol(), describe(n.v))
			return nil, false
		}
		out = append(out, bindPair{n, bs.Form(j + 1)})
	}
	return out, true
}

// letChain analyses sequential bindings and the body; a pattern becomes a match around the rest.
func (a *Analyzer) letChain(pairs []bindPair, body []*Form, at *Site) Expr {
	e := &letExpr{ExprBase: ExprBase{at}}
	for i, p := range pairs {
		var v Expr
		if p.val == nil {
			v = a.nothing(p.name.site)
		} else {
			v = a.sub(p.val)
		}
		if name := p.name.symbol(); name != "" {
			a.warnHidden(p.name.site, name, "binding")
			b := a.bind(name, p.name.site)
			e.names, e.vals = append(e.names, b), append(e.vals, v)
			b.is = nameFn(v, name)
			continue
		}
		m := &matchExpr{ExprBase: ExprBase{p.name.site}, subject: v}
		pat := a.pattern(p.name)
		rest := a.letChain(pairs[i+1:], body, at)
		m.clauses = []matchClause{{pat: pat, body: rest}}
		e.body = m
		if len(e.names) == 0 {
			return m
		}
		return e
	}
	e.body = a.body(body, true, at)
	if len(e.names) == 0 {
		return e.body
	}
	return e
}

func (a *Analyzer) formLetrec(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	pairs, ok := a.pairs(f, 1)
	if !ok {
		return a.nothing(f.site)
	}
	up := a.push()
	defer func() { a.scope = up }()
	e := &letExpr{ExprBase: ExprBase{f.site}, rec: true}
	a.distinct(pairs, "letrec")
	for _, p := range pairs {
		name := p.name.symbol()
		if name == "" {
			a.Errorf(p.name.site, FormError, "letrec: a name is expected, found %s", describe(p.name.v))
			return a.nothing(f.site)
		}
		b := a.bind(name, p.name.site)
		b.early = true
		e.names = append(e.names, b)
	}
	for i, p := range pairs {
		v := Expr(a.nothing(f.site))
		if p.val != nil {
			v = a.sub(p.val)
		}
		e.names[i].is = nameFn(v, e.names[i].Name)
		e.vals = append(e.vals, v)
	}
	e.body = a.body(f.Forms(2), true, f.site)
	return e
}

// nameFn gives a function that is written as a value the name it is bound to, and returns it; other values give nil.
func nameFn(v Expr, name string) *fnExpr {
	fn, ok := v.(*fnExpr)
	if ok && fn.name == "" {
		fn.name = name
	}
	return fn
}

// distinct complains about a name that stands twice where all names are bound together.
func (a *Analyzer) distinct(pairs []bindPair, what string) {
	seen := map[string]bool{}
	for _, p := range pairs {
		if n := p.name.symbol(); n != "" && seen[n] {
			a.Errorf(p.name.site, DuplicateError, "%s: the name %s is bound twice", what, n)
		} else {
			seen[n] = true
		}
	}
}

// namedLet analyses a loop. It is tried as a plain loop first: when its name turns out to be used for
// anything but tail calls, it is analysed again as a local function.
func (a *Analyzer) namedLet(f *Form) Expr {
	if !a.need(f, 2, -1) {
		return a.nothing(f.site)
	}
	name := f.Form(1)
	pairs, ok := a.pairs(f, 2)
	if !ok {
		return a.nothing(f.site)
	}
	var inits []Expr
	a.distinct(pairs, "let "+name.symbol())
	for _, p := range pairs {
		if p.name.symbol() == "" {
			a.Errorf(p.name.site, FormError, "let %s: a name is expected, found %s", name.symbol(), describe(p.name.v))
			return a.nothing(f.site)
		}
		if p.val == nil {
			inits = append(inits, a.nothing(p.name.site))
		} else {
			inits = append(inits, a.sub(p.val))
		}
	}
	up, diags := a.push(), len(a.prog.diags)
	defer func() { a.scope = up }()
	// Nested loops that all fail to be plain would double the work at each level; so a look at the text
	// finds most that cannot be plain, and inside of one that failed the first try is left out.
	plain := a.retry < 1
	for _, g := range f.Forms(3) {
		plain = plain && !escapes(g.v, name.symbol(), true, 0)
	}
	if plain {
		target := &loopTarget{}
		self := a.bind(name.symbol(), name.site)
		self.loop = target
		a.push()
		for _, p := range pairs {
			target.params = append(target.params, a.bind(p.name.symbol(), p.name.site))
		}
		loops := a.loops
		a.loops = append(loops[:len(loops):len(loops)], target)
		body := a.body(f.Forms(3), true, f.site)
		a.loops = loops
		if self.loop != nil {
			return &loopExpr{ExprBase: ExprBase{f.site}, loop: target, names: target.params, inits: inits, body: body}
		}
		a.prog.diags = a.prog.diags[:diags]
		a.scope = &scope{up: up}
	}
	a.retry++
	defer func() { a.retry-- }()
	self := a.bind(name.symbol(), name.site)
	self.early = true
	fn := &fnExpr{ExprBase: ExprBase{f.site}, name: name.symbol()}
	fn.caps = a.function(func(*fnScope) {
		for _, p := range pairs {
			fn.params = append(fn.params, &param{Binding: a.bind(p.name.symbol(), p.name.site)})
		}
		fn.body = a.body(f.Forms(3), true, f.site)
	})
	self.is = fn
	call := &callExpr{ExprBase: ExprBase{f.site}, fn: &localExpr{ExprBase{name.site}, self}, args: inits}
	return &letExpr{ExprBase: ExprBase{f.site}, names: []*Binding{self}, vals: []Expr{fn}, body: call, rec: true}
}

// escapes reports whether name is seen to be used for anything but tail calls.
func escapes(v Value, name string, tail bool, depth int) bool {
	if v.IsSymbol(name) || depth > 1000 {
		return true
	}
	if v.tag() != KindList {
		return false
	}
	items := (*List)(v.p).Items
	if len(items) == 0 {
		return false
	}
	if h := items[0]; h.tag() == KindSymbol {
		switch h.Text() {
		case "quote":
			return false
		case name:
			if !tail {
				return true
			}
			tail = false
		case "if", "when", "unless", "cond", "case", "let", "let*", "letrec", "begin", "do", "and", "or", "match":
		default:
			tail = false
		}
		items = items[1:]
	}
	for _, x := range items {
		if escapes(x, name, tail, depth+1) {
			return true
		}
	}
	return false
}

// again analyses a call of a plain loop's name, or gives nil when it is no tail call of the loop.
func (a *Analyzer) again(f *Form, b *Binding) Expr {
	tail := false
	for _, l := range a.loops {
		tail = tail || l == b.loop
	}
	if !tail || b.fn != a.fn {
		return nil
	}
	for _, g := range f.Forms(1) {
		if g.v.tag() == KindKeyword {
			return nil
		}
	}
	n, want := f.Len()-1, len(b.loop.params)
	if n > want {
		a.Errorf(f.site, ArityError, "%s takes at most %d argument%s, got %d", b.Name, want, plural(want), n)
		return a.nothing(f.site)
	}
	b.used = true
	a.useLocal(b, f.SiteOf(0))
	return &againExpr{ExprBase{f.site}, b.loop, a.subsOf(f, 1)}
}
