package sx

import "fmt"

// Special is a head with an evaluation rule of its own: a special form, an element, ~suspense. Packages
// add theirs with WithSpecials and WithHeads.
type Special struct {
	Name    string
	Usage   string // "(if test then else?)"
	Doc     string
	Analyze func(a *Analyzer, f *Form) Expr
}

// coreSpecials returns the special forms of the language.
func coreSpecials() []*Special {
	return []*Special{
		{"if", "(if test then else?)", "Gives then when test is truthy, else the other.", (*Analyzer).formIf},
		{"when", "(when test body …)", "Gives the body when test is truthy, else nil.", (*Analyzer).formWhen},
		{"unless", "(unless test body …)", "Gives the body unless test is truthy.", (*Analyzer).formWhen},
		{"cond", "(cond test value … :else value)", "Gives the value of the first truthy test.", (*Analyzer).formCond},
		{"case", "(case x label value … :else value)", "Gives the value whose label equals x.", (*Analyzer).formCase},
		{"match", "(match x pattern result …)", "Gives the result of the first pattern that x fits.", (*Analyzer).formMatch},
		{"and", "(and form …)", "Gives the first falsy value, else the last.", (*Analyzer).formAnd},
		{"or", "(or form …)", "Gives the first truthy value, else the last.", (*Analyzer).formOr},
		{"let", "(let ((name value) …) body …)", "Binds names one after another; with a name first, a loop.", (*Analyzer).formLet},
		{"let*", "(let* ((name value) …) body …)", "The same as let.", (*Analyzer).formLet},
		{"letrec", "(letrec ((name value) …) body …)", "Binds names that may refer to each other.", (*Analyzer).formLetrec},
		{"fn", "(fn (parameter …) body …)", "Makes a function.", (*Analyzer).formFn},
		{"lambda", "(lambda (parameter …) body …)", "The same as fn.", (*Analyzer).formFn},
		{"define", "(define name value)", "Names a value in the current scope.", (*Analyzer).formDefine},
		{"set!", "(set! name value)", "Changes the nearest binding of name.", (*Analyzer).formSet},
		{"begin", "(begin form …)", "Evaluates in order and gives the last value.", (*Analyzer).formDo},
		{"do", "(do form …)", "The same as begin.", (*Analyzer).formDo},
		{"quote", "(quote datum)", "Gives the datum itself.", (*Analyzer).formQuote},
		{"quasiquote", "(quasiquote datum)", "A datum with parts filled in by unquote.", (*Analyzer).formQuasi},
		{"unquote", "(unquote form)", "Fills in a value, inside quasiquote.", (*Analyzer).formStray},
		{"splice-unquote", "(splice-unquote form)", "Fills in the items of a list, inside quasiquote.", (*Analyzer).formStray},
		{"->", "(-> x form …)", "Threads x through the forms as the first argument.", (*Analyzer).formThread},
		{"->>", "(->> x form …)", "Threads x through the forms as the last argument.", (*Analyzer).formThread},
		{"defmacro", "(defmacro name (parameter …) body …)", "Defines a macro, at top level.", (*Analyzer).formTop},
		{"defcomp", "(defcomp ~name (&key …) body …)", "Defines a component, at top level.", (*Analyzer).formTop},
		{"defsuite", "(defsuite name deftest …)", "Groups tests.", (*Analyzer).formTop},
		{"deftest", "(deftest name body …)", "Defines a test.", (*Analyzer).formTop},
		{"try", "(try body … (catch e …) (finally …))", "Evaluates with a handler for errors.", (*Analyzer).formTry},
		{"dynamic-wind", "(dynamic-wind before thunk after)", "Calls thunk between before and after, whatever happens.", (*Analyzer).formWind},
		{"scope", "(scope name value body …)", "Provides a value to everything evaluated inside.", (*Analyzer).formScope},
		{"provide", "(provide name value body …)", "The same as scope.", (*Analyzer).formScope},
		{"context", "(context name default?)", "Gives the value provided for name.", (*Analyzer).formContext},
		{"emit!", "(emit! name value)", "Adds a value to the nearest provider of name.", (*Analyzer).formContext},
		{"emitted", "(emitted name)", "Gives the values emitted so far.", (*Analyzer).formContext},
		{"assert-equal", "(assert-equal expected actual)", "Fails the test unless both are equal.", (*Analyzer).formAssert},
		{"assert-true", "(assert-true value)", "Fails the test unless value is truthy.", (*Analyzer).formAssert},
		{"assert-false", "(assert-false value)", "Fails the test unless value is falsy.", (*Analyzer).formAssert},
		{"assert-nil", "(assert-nil value)", "Fails the test unless value is nil.", (*Analyzer).formAssert},
		{"assert-throws", "(assert-throws form text?)", "Fails the test unless form raises an error.", (*Analyzer).formAssert},
		{"assert-contains", "(assert-contains collection item)", "Fails the test unless the collection contains the item.", (*Analyzer).formAssert},
		{"assert-length", "(assert-length n collection)", "Fails the test unless the collection has n items.", (*Analyzer).formAssert},
		{"assert-html", "(assert-html html markup)", "Fails the test unless the markup renders to html.", (*Analyzer).formAssert},
	}
}

// need complains when a form has too few or too many parts.
func (a *Analyzer) need(f *Form, least, most int) bool {
	n := f.Len() - 1
	if n >= least && (most < 0 || n <= most) {
		return true
	}
	want := fmt.Sprintf("%d parts", least)
	switch {
	case most < 0:
		want = fmt.Sprintf("at least %d part%s", least, plural(least))
	case most != least:
		want = fmt.Sprintf("%d to %d parts", least, most)
	case least == 1:
		want = "1 part"
	}
	usage := ""
	if s := a.prog.special[f.headSymbol()]; s != nil {
		usage = ": " + s.Usage
	}
	a.Errorf(f.site, ArityError, "%s takes %s, got %d%s", f.headSymbol(), want, n, usage)
	return false
}

func (a *Analyzer) formIf(f *Form) Expr {
	if !a.need(f, 2, 3) {
		return a.nothing(f.site)
	}
	e := &ifExpr{ExprBase: ExprBase{f.site}, cond: a.sub(f.Form(1)), then: a.form(f.Form(2))}
	if f.Len() == 4 {
		e.other = a.form(f.Form(3))
	}
	return e
}

func (a *Analyzer) formWhen(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	c := a.sub(f.Form(1))
	body := a.body(f.Forms(2), true, f.site)
	if f.headSymbol() == "unless" {
		return &ifExpr{ExprBase{f.site}, c, a.nothing(f.site), body}
	}
	return &ifExpr{ExprBase{f.site}, c, body, nil}
}

// formCond takes flat test/value pairs, or Scheme clauses; which one is chosen once for the form.
func (a *Analyzer) formCond(f *Form) Expr {
	items := f.Forms(1)
	scheme := len(items) > 0
	for _, c := range items {
		if c.v.tag() != KindList || c.Len() != 2 || c.bracketed() {
			scheme = false
			break
		}
	}
	if scheme {
		first, last := items[0].Form(0), items[len(items)-1].Form(0)
		scheme = first.v.tag() != KindSymbol || isElse(first) || isElse(last)
	}
	type clause struct{ test, value *Form }
	var clauses []clause
	if scheme {
		for _, c := range items {
			clauses = append(clauses, clause{c.Form(0), c.Form(1)})
		}
	} else {
		if len(items)%2 != 0 {
			a.Errorf(items[len(items)-1].site, FormError, "cond: this test has no value; flat cond takes test and value in turn")
			items = items[:len(items)-1]
		}
		for i := 0; i < len(items); i += 2 {
			clauses = append(clauses, clause{items[i], items[i+1]})
		}
	}
	root := &ifExpr{}
	at := root
	for i, c := range clauses {
		if isElse(c.test) {
			at.other = a.form(c.value)
			if i+1 < len(clauses) {
				a.Warnf(clauses[i+1].test.site, "unreachable: the clause before is :else")
				for _, r := range clauses[i+1:] {
					a.sub(r.test)
					a.sub(r.value)
				}
			}
			break
		}
		t := a.sub(c.test)
		if k, ok := t.(*constExpr); ok && k.v.Truthy() && !k.kw && i+1 < len(clauses) {
			a.Warnf(clauses[i+1].test.site, "unreachable: the test before is always true")
		}
		next := &ifExpr{ExprBase: ExprBase{c.test.site}, cond: t, then: a.form(c.value)}
		at.other = next
		at = next
	}
	if root.other == nil {
		return a.nothing(f.site)
	}
	return root.other
}

func isElse(f *Form) bool { return f.symbol() == "else" || f.keyword() == "else" }

func (a *Analyzer) formCase(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	e := &caseExpr{ExprBase: ExprBase{f.site}, key: a.sub(f.Form(1))}
	rest := f.Forms(2)
	for i := 0; i < len(rest); i += 2 {
		if i+1 == len(rest) {
			if isElse(rest[i]) {
				a.Errorf(rest[i].site, FormError, "case: :else has no value")
				break
			}
			a.Errorf(rest[i].site, FormError, "case: this label has no value")
			break
		}
		if isElse(rest[i]) && a.find("else") == nil {
			e.other = a.form(rest[i+1])
			if i+2 < len(rest) {
				a.Warnf(rest[i+2].site, "unreachable: the clause before is :else")
				a.subs(rest[i+2:]) // for what is wrong in them
			}
			break
		}
		e.labels = append(e.labels, a.sub(rest[i]))
		e.bodies = append(e.bodies, a.form(rest[i+1]))
	}
	return e
}

func (a *Analyzer) formAnd(f *Form) Expr {
	e := &andExpr{ExprBase: ExprBase{f.site}}
	e.items = a.lastTail(f.Forms(1))
	return e
}

func (a *Analyzer) formOr(f *Form) Expr {
	e := &orExpr{ExprBase: ExprBase{f.site}}
	e.items = a.lastTail(f.Forms(1))
	return e
}

// lastTail analyses forms of which the last is in tail position.
func (a *Analyzer) lastTail(fs []*Form) []Expr {
	var out []Expr
	for i, g := range fs {
		if i == len(fs)-1 {
			out = append(out, a.form(g))
		} else {
			out = append(out, a.sub(g))
		}
	}
	return out
}

func (a *Analyzer) formDo(f *Form) Expr {
	if f.Len() == 1 {
		return a.nothing(f.site)
	}
	return a.bodyIn2(f.Forms(1), f.site)
}

// bodyIn2 is the body of do and begin, which have no scope of their own for definitions to stay in.
func (a *Analyzer) bodyIn2(forms []*Form, at *Site) Expr { return a.body(forms, false, at) }

func (a *Analyzer) formQuote(f *Form) Expr {
	if !a.need(f, 1, 1) {
		return a.nothing(f.site)
	}
	v := f.Item(1)
	Freeze(v)
	return &constExpr{ExprBase{f.site}, v, false}
}

func (a *Analyzer) formQuasi(f *Form) Expr {
	if !a.need(f, 1, 1) {
		return a.nothing(f.site)
	}
	a.useTemplate(f.Form(1), 0)
	return a.quasi(f.Form(1), 1)
}

func (a *Analyzer) formStray(f *Form) Expr {
	a.Errorf(f.site, FormError, "%s outside of a quasiquote", f.headSymbol())
	return a.nothing(f.site)
}

func (a *Analyzer) formTop(f *Form) Expr {
	a.Errorf(f.site, FormError, "%s may only stand at top level", f.headSymbol())
	return a.nothing(f.site)
}

// formThread rewrites (-> x (f a) g) to (g (f x a)); ->> puts x last. The intermediate values are bound
// to nothing: each is written once.
func (a *Analyzer) formThread(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	first := f.headSymbol() == "->"
	x := f.Form(1)
	for _, g := range f.Forms(2) {
		l := &List{}
		var spans []Span
		place := func(g *Form) Span { return g.site.span }
		if g.v.tag() == KindList && g.Len() > 0 && !g.bracketed() {
			parts := g.Forms(0)
			l.Items = append(l.Items, g.Item(0))
			spans = append(spans, place(parts[0]))
			if first {
				l.Items = append(l.Items, x.v)
				spans = append(spans, place(x))
			}
			for _, p := range parts[1:] {
				l.Items = append(l.Items, p.v)
				spans = append(spans, place(p))
			}
			if !first {
				l.Items = append(l.Items, x.v)
				spans = append(spans, place(x))
			}
		} else {
			l.Items = []Value{g.v, x.v}
			spans = []Span{place(g), place(x)}
		}
		if g.site.src != nil {
			l.places = infoTable(g.site.src, g.site.span, spans)
		}
		x = &Form{v: ListOf(l), site: g.site, exp: f.exp}
	}
	return a.form(x)
}

func (a *Analyzer) formSet(f *Form) Expr {
	if !a.need(f, 2, 2) {
		return a.nothing(f.site)
	}
	n := f.Form(1)
	name := n.symbol()
	v := a.sub(f.Form(2))
	if name == "" {
		a.Errorf(n.site, FormError, "set!: a name was expected, found %s", describe(n.v))
		return a.nothing(f.site)
	}
	if b := a.find(name); b != nil {
		if b.kids {
			a.Errorf(n.site, FormError, "set!: %s are what the caller wrote and cannot be set; bind another name with let", name)
			return a.nothing(f.site)
		}
		if a.outsideBoundary(b) {
			a.Errorf(n.site, FormError, "set!: %s belongs to the page around the boundary; a boundary's body sees a frozen copy", name)
		}
		a.capture(b)
		a.useLocal(b, n.site)
		b.mutated = true
		b.loop = nil
		a.Acts()
		return &setExpr{ExprBase{f.site}, b, nil, v}
	}
	if d := a.prog.defs[name]; d != nil {
		a.mention(d)
		a.use(UseDef, name, n.site, d.Site, d)
		a.Acts()
		if a.load != nil && a.load.kept[d] {
			a.Errorf(f.site, GoError, "set!: %s was taken over from the program before", name) // see WithBase: a clean load follows
			return a.nothing(f.site)
		}
		d.acts = true
		return &setExpr{ExprBase{f.site}, nil, d, v}
	}
	what := ""
	switch {
	case a.prog.prims[name] != nil:
		what = "primitive"
	case a.prog.special[name] != nil:
		what = "special form"
	default:
		a.Errorf(a.atomSite(n), UndefinedError, "set!: undefined symbol: %s%s", name, suggest(name, a.names()))
		return a.nothing(f.site)
	}
	a.Errorf(a.atomSite(n), FormError, "set!: %s is a %s, which cannot be changed; bind the name with let first", name, what)
	return a.nothing(f.site)
}

func (a *Analyzer) formTry(f *Form) Expr {
	e := &tryExpr{ExprBase: ExprBase{f.site}}
	var body []*Form
	for _, g := range f.Forms(1) {
		switch h := g.headSymbol(); {
		case h == "catch" && a.find("catch") == nil:
			if e.handler != nil {
				a.Errorf(g.site, FormError, "try: a second catch")
				continue
			}
			if g.Len() < 2 || g.Form(1).symbol() == "" {
				a.Errorf(g.site, FormError, "catch: a name for the error is expected: (catch e body …)")
				continue
			}
			up := a.push()
			e.errName = a.bind(g.Form(1).symbol(), g.SiteOf(1))
			a.inner(func() { e.handler = a.body(g.Forms(2), true, g.site) })
			a.scope = up
		case h == "finally" && a.find("finally") == nil:
			a.inner(func() { e.finally = a.body(g.Forms(1), false, g.site) })
		default:
			if e.handler != nil || e.finally != nil {
				a.Errorf(g.site, FormError, "try: body forms come before catch and finally")
			}
			body = append(body, g)
		}
	}
	a.inner(func() { e.body = a.body(body, true, f.site) })
	return e
}

func (a *Analyzer) formWind(f *Form) Expr {
	if !a.need(f, 3, 3) {
		return a.nothing(f.site)
	}
	return &windExpr{ExprBase{f.site}, a.sub(f.Form(1)), a.sub(f.Form(2)), a.sub(f.Form(3))}
}

// dynName reads the name of a dynamic binding: a symbol, string or keyword, not evaluated.
func (a *Analyzer) dynName(f *Form) string {
	switch f.v.tag() {
	case KindSymbol, KindString, KindKeyword:
		return f.v.Text()
	}
	if f.headSymbol() == "quote" && f.Len() == 2 {
		return a.dynName(f.Form(1))
	}
	a.Errorf(f.site, FormError, "a name was expected (a symbol or a string), found %s", describe(f.v))
	return "?"
}

func (a *Analyzer) formScope(f *Form) Expr {
	if !a.need(f, 2, -1) {
		return a.nothing(f.site)
	}
	e := &scopeExpr{ExprBase: ExprBase{f.site}, name: a.dynName(f.Form(1)), val: a.sub(f.Form(2))}
	a.inner(func() { e.body = a.body(f.Forms(3), true, f.site) })
	return e
}

func (a *Analyzer) formContext(f *Form) Expr {
	head := f.headSymbol()
	least, most := 1, 1
	switch head {
	case "context":
		most = 2
	case "emit!":
		least, most = 2, 2
	}
	if !a.need(f, least, most) {
		return a.nothing(f.site)
	}
	e := &dynExpr{ExprBase: ExprBase{f.site}, op: head, name: a.dynName(f.Form(1))}
	if f.Len() == 3 {
		e.val = a.sub(f.Form(2))
	}
	return e
}

// dynExpr is context, emit! or emitted.
type dynExpr struct {
	ExprBase
	op, name string
	val      Expr
}

func (e *dynExpr) Walk(f func(Expr)) { walk(f, e.val) }
