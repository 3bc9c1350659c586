package sx

// Functions and definitions.

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
			b := &Binding{Name: p, site: fn.At, fn: a.fn, given: true}
			a.scope.names = append(a.scope.names, b)
			fn.params = append(fn.params, &param{Binding: b})
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

// Value returns the function as a callable value. It may be called once loading is done.
func (f *Fn) Value() Value {
	return LambdaOf(&Lambda{code: newCode(f.prog, f.fn, nil), frozen: true})
}

// Site returns the place of the form.
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

// Expr returns the analysed body.
func (f *Fn) Expr() Expr { return f.fn.body }

// Effects gives everything the body reaches, through all definitions.
func (f *Fn) Effects() Effect { return f.prog.EffectsOf(f.Def) }

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
	v := a.defineValue(f)
	b.is = nameFn(v, name)
	return &defExpr{ExprBase{f.site}, b, v}
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

// outsideBoundary reports whether b is bound outside of a boundary's body that the current form stands in.
func (a *Analyzer) outsideBoundary(b *Binding) bool {
	for f := a.fn; f != nil && f != b.fn; f = f.up {
		if f.boundary {
			return true
		}
	}
	return false
}
