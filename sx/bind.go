package sx

import (
	"slices"
	"strings"
)

// Forms that bind names: let in its shapes, functions, definitions.

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
	if bs.Len() > 0 && bs.Form(0).v.tag() == KindList {
		for _, b := range bs.Forms(0) {
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
		a.Errorf(bs.Form(bs.Len()-1).site, FormError, "%s: this name has no value", f.headSymbol())
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
			if fn, ok := v.(*fnExpr); ok && fn.name == "" {
				fn.name = name
			}
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
		if fn, ok := v.(*fnExpr); ok && fn.name == "" {
			fn.name = e.names[i].Name
		}
		e.vals = append(e.vals, v)
	}
	e.body = a.body(f.Forms(2), true, f.site)
	return e
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
	call := &callExpr{ExprBase: ExprBase{f.site}, fn: &localExpr{ExprBase{name.site}, self}, args: inits}
	return &letExpr{ExprBase: ExprBase{f.site}, names: []*Binding{self}, vals: []Expr{fn}, body: call, rec: true}
}

// escapes tells whether name is seen to be used for anything but tail calls.
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
	return &againExpr{ExprBase{f.site}, b.loop, a.subs(f.Forms(1))}
}

func (a *Analyzer) formFn(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	return a.lambda(f, f.Form(1), f.Forms(2), "")
}

func (a *Analyzer) lambda(f, params *Form, body []*Form, name string) Expr {
	fn := &fnExpr{ExprBase: ExprBase{f.site}, name: name}
	fn.caps = a.function(func(*fnScope) {
		a.params(fn, params, false)
		if len(body) > 1 && body[0].v.tag() == KindString {
			fn.doc = body[0].v.Text()
			body = body[1:]
		}
		fn.body = a.body(body, true, f.site)
	})
	return fn
}

// Function analyses form as the body of a function of the named parameters, for custom definitions. The
// value is a lambda once loading is done; effects are final then too, see Fn.Effects.
func (a *Analyzer) Function(name string, params []string, forms ...*Form) *Fn {
	var at *Site
	if len(forms) > 0 {
		at = forms[0].site
	}
	if a.def == nil {
		if f := a.keptFunction(name, params, at); f != nil {
			return a.note(f)
		}
	}
	fn := &fnExpr{name: name}
	d := &Def{Name: name, state: 2, kind: defValue, expr: fn}
	if at != nil {
		fn.At, d.Site = at, at
	}
	old, oldScope := a.def, a.scope
	a.def, a.scope = d, nil
	fn.caps = a.function(func(*fnScope) {
		for _, p := range params {
			fn.params = append(fn.params, &param{Binding: a.bind(p, fn.At)})
		}
		fn.body = a.body(forms, true, fn.At)
	})
	a.def, a.scope = old, oldScope
	return a.note(&Fn{Def: d, prog: a.prog, fn: fn})
}

// Fn is a function that a custom definition made of a form; see Analyzer.Function.
type Fn struct {
	Def  *Def
	prog *Program
	fn   *fnExpr
}

// Value gives the function as a callable value. It may be called once loading is done.
func (f *Fn) Value() Value {
	return LambdaOf(&Lambda{code: newCode(f.prog, f.fn, nil), frozen: true})
}

// Site gives the place of the form.
func (f *Fn) Site() *Site { return f.fn.At }

// Uses tells which of the parameters the body mentions.
func (f *Fn) Uses() []string {
	var out []string
	for _, p := range f.fn.params {
		if p.used {
			out = append(out, p.Name)
		}
	}
	return out
}

// Expr gives the analysed body.
func (f *Fn) Expr() Expr { return f.fn.body }

// Effects gives everything the body reaches, through all definitions.
func (f *Fn) Effects() Effect { return f.prog.EffectsOf(f.Def) }

var typeNames = []string{"any", "number", "string", "boolean", "list", "dict", "element", "integer", "symbol", "function", "file"}

// paramMarks are the symbols that say what the parameters after them are.
var paramMarks = []string{"&key", "&rest", "&rest-attrs", "&optional"}

// params reads a parameter list into fn. In components everything before &rest is a keyword.
func (a *Analyzer) params(fn *fnExpr, f *Form, comp bool) {
	if f.v.tag() != KindList {
		a.Errorf(f.site, FormError, "a parameter list is expected, found %s", describe(f.v))
		return
	}
	mode := ""
	seen := map[string]bool{}
	var keys []*param
	add := func(p *param, at *Site) {
		if seen[p.Name] {
			a.Errorf(at, DuplicateError, "the parameter %s is named twice", p.Name)
		}
		seen[p.Name] = true
		if mode == "&key" {
			p.key = true
			keys = append(keys, p)
		} else {
			fn.params = append(fn.params, p)
		}
	}
	forms := f.Forms(0)
	for i, g := range forms {
		name := g.symbol()
		if strings.HasPrefix(name, "&") {
			if !slices.Contains(paramMarks, name) {
				a.Errorf(g.site, FormError, "unknown %s in a parameter list%s", name, suggest(name, paramMarks))
				continue
			}
			if takesOne := name == "&rest" || name == "&rest-attrs"; takesOne {
				if i+1 == len(forms) || strings.HasPrefix(forms[i+1].symbol(), "&") {
					a.Errorf(g.site, FormError, "%s needs a name after it", name)
					continue
				}
				if seen[name] {
					a.Errorf(g.site, DuplicateError, "%s stands twice in one parameter list", name)
				}
				seen[name] = true
			}
			fn.hasKey = fn.hasKey || name == "&key"
			if mode = name; name == "&optional" {
				mode = ""
			}
			continue
		}
		switch {
		case mode == "&rest" || mode == "&rest-attrs":
			if name == "" {
				a.Errorf(g.site, FormError, "%s takes one name, found %s", mode, describe(g.v))
				continue
			}
			b := a.bind(name, g.site)
			if mode == "&rest" {
				fn.rest = b
			} else {
				fn.attrs = b
			}
			mode = "done"
		case mode == "done":
			a.Errorf(g.site, FormError, "nothing but &key, &rest-attrs may follow &rest, found %s", describe(g.v))
		case comp && mode == "":
			a.Errorf(g.site, FormError, "components take keyword parameters only: (&key %s …), children with &rest", Serialize(g.v))
			mode = "&key"
			fn.hasKey = true
			if p := a.param(g); p != nil {
				add(p, g.site)
			}
		default:
			if p := a.param(g); p != nil {
				if !comp {
					a.warnHidden(g.site, p.Name, "binding")
				}
				add(p, g.site)
			}
		}
	}
	fn.nkey = len(keys)
	fn.params = append(fn.params, keys...)
}

// annotations are what may follow the name of a parameter.
var annotations = []string{"as", "default", "required", "min", "max", "in"}

// param reads one parameter: name, (name :as type :default expr :required :min n :max n :in (…)).
func (a *Analyzer) param(g *Form) *param {
	if name := g.symbol(); name != "" {
		return &param{Binding: a.bind(name, g.site)}
	}
	name := g.headSymbol()
	if name == "" {
		hint := ""
		if k := g.keyword(); slices.Contains(annotations, k) {
			hint = "; annotations stand in a list with the name, as in (name :" + k + " …)"
		}
		a.Errorf(g.site, FormError, "a parameter name is expected, found %s%s", describe(g.v), hint)
		return nil
	}
	p := &param{Binding: &Binding{Name: name, site: g.SiteOf(0), fn: a.fn}}
	parts := g.Forms(1)
	con := constraint{}
	for i := 0; i < len(parts); i++ {
		k := parts[i].keyword()
		if k == "required" {
			p.required = true
			continue
		}
		if k == "" || i+1 >= len(parts) {
			a.Errorf(parts[i].site, FormError, "parameter %s: expected :as type, :default value, :required, :min, :max or :in, found %s", name, describe(parts[i].v))
			continue
		}
		i++
		v := parts[i]
		switch k {
		case "as":
			p.typ = v.symbol()
			if p.typ == "" {
				p.typ = v.keyword()
			}
			base := p.typ
			if n := len(base); n > 0 && base[n-1] == '?' {
				base = base[:n-1]
			}
			known := false
			for _, t := range typeNames {
				known = known || t == base
			}
			if !known {
				a.Errorf(v.site, FormError, "parameter %s: unknown type %s%s", name, Serialize(v.v), suggest(base, typeNames))
				p.typ = ""
			}
		case "default":
			p.def = a.sub(v)
		case "min", "max":
			if !v.v.IsNumber() {
				a.Errorf(v.site, FormError, "parameter %s: :%s takes a number, found %s", name, k, describe(v.v))
				continue
			}
			n := v.v.Float()
			if k == "min" {
				con.min = &n
			} else {
				con.max = &n
			}
			p.check = &con
		case "in":
			if v.v.tag() != KindList {
				a.Errorf(v.site, FormError, "parameter %s: :in takes a list, found %s", name, describe(v.v))
				continue
			}
			if v.Len() == 0 {
				a.Errorf(v.site, FormError, "parameter %s: :in () allows no value at all", name)
			}
			Freeze(v.v)
			con.in = v.v.List().Items
			p.check = &con
		default:
			a.Errorf(parts[i-1].site, KeywordError, "parameter %s: unknown annotation :%s%s", name, k, suggest(k, annotations))
		}
	}
	a.checkParam(p, g)
	a.scope.names = append(a.scope.names, p.Binding)
	return p
}

// checkParam looks at what the annotations of one parameter say together.
func (a *Analyzer) checkParam(p *param, g *Form) {
	if c := p.check; c != nil && c.min != nil && c.max != nil && *c.min > *c.max {
		a.Errorf(g.site, FormError, "parameter %s: :min %s is above :max %s", p.Name, FormatNumber(*c.min), FormatNumber(*c.max))
		return
	}
	if d, ok := p.def.(*constExpr); ok && !d.v.IsNil() {
		if msg := typeProblem(p, d.v); msg != "" {
			a.Errorf(d.At, TypeError, "the default of parameter %s %s", p.Name, msg)
		}
	}
}

// formDefine is a define inside a body; body has made its binding.
func (a *Analyzer) formDefine(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	n := f.Form(1)
	var b *Binding
	name := n.symbol()
	if n.headSymbol() != "" {
		name = n.headSymbol()
	}
	if name == "" {
		a.Errorf(n.site, FormError, "define: a name is expected, found %s", describe(n.v))
		return a.nothing(f.site)
	}
	if a.scope == nil {
		a.Errorf(f.site, FormError, "define may only stand at top level or directly in a body")
		return a.nothing(f.site)
	}
	for _, x := range a.scope.names {
		if x.Name == name && x.early {
			b = x
		}
	}
	if b == nil { // made by a macro: bound from here on
		b = a.bind(name, n.site)
		b.early = true
	}
	return &defExpr{ExprBase{f.site}, b, a.defineValue(f)}
}

// defExpr gives a local definition its value.
type defExpr struct {
	ExprBase
	b *Binding
	v Expr
}

func (e *defExpr) Walk(f func(Expr)) { walk(f, e.v) }

// defineForm analyses a top-level define.
func (a *Analyzer) defineForm(d *Def) {
	if !a.need(d.form, 1, -1) {
		return
	}
	d.expr = a.defineValue(d.form)
}

func (a *Analyzer) defineValue(f *Form) Expr {
	n := f.Form(1)
	if n.v.tag() == KindList { // (define (f a) body…)
		l := n.v.List()
		ps := &List{Items: l.Items[1:]}
		if in := l.info(); in.src != nil {
			ps.places = infoTable(in.src, in.span, in.items[1:])
		}
		return a.lambda(f, n.of(ListOf(ps)), f.Forms(2), n.headSymbol())
	}
	rest := f.Forms(2)
	for len(rest) > 2 && rest[0].keyword() != "" { // annotations such as :effects […]
		rest = rest[2:]
	}
	if len(rest) > 1 && rest[0].v.tag() == KindString { // documentation
		rest = rest[1:]
	}
	switch len(rest) {
	case 0:
		return a.nothing(f.site)
	case 1:
	default:
		a.Errorf(rest[1].site, ArityError, "define takes one value, found %d", len(rest))
	}
	v := a.sub(rest[0])
	if fn, ok := v.(*fnExpr); ok && fn.name == "" {
		fn.name = n.symbol()
	}
	return v
}

// outsideBoundary tells whether b is bound outside of a boundary's body that the current form stands in.
func (a *Analyzer) outsideBoundary(b *Binding) bool {
	for f := a.fn; f != nil && f != b.fn; f = f.up {
		if f.boundary {
			return true
		}
	}
	return false
}
