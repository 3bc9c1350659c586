package sx

// Bodies of several forms.

// body analyses several forms with a scope of their own. With keep, markup before the last form is kept.
func (a *Analyzer) body(forms []*Form, keep bool, at *Site) Expr {
	if len(forms) == 0 {
		return a.nothing(at)
	}
	up := a.push()
	defer func() { a.scope = up }()
	return a.bodyIn(forms, keep, at)
}

func (a *Analyzer) bodyIn(forms []*Form, keep bool, at *Site) Expr {
	var names []*Binding
	seen := map[string]*Site{}
	for _, f := range forms {
		if f.headSymbol() != "define" || f.Len() < 2 || a.find("define") != nil {
			continue
		}
		n := f.Form(1)
		if n.headSymbol() != "" {
			n = n.Form(0)
		}
		if name := n.symbol(); name != "" {
			if old := seen[name]; old != nil {
				a.errorAt(n.site, DuplicateError, name+" is defined twice in one body: first at "+posText(old), Note{name + " is first defined", old.Pos()})
				continue
			}
			seen[name] = n.site
			b := a.bind(name, n.site)
			b.early = true
			names = append(names, b)
		}
	}
	e := &bodyExpr{ExprBase: ExprBase{at}, keep: keep}
	for i, f := range forms {
		if i < len(forms)-1 {
			x := a.sub(f)
			if keep {
				a.checkDropped(x)
			}
			e.forms = append(e.forms, x)
			continue
		}
		e.forms = append(e.forms, a.form(f))
	}
	var out Expr = e
	if len(e.forms) == 1 {
		out = e.forms[0]
	}
	if len(names) > 0 {
		out = &letExpr{ExprBase: ExprBase{at}, names: names, vals: make([]Expr, len(names)), body: out, rec: true}
	}
	return out
}

// checkDropped complains about a form before the last of a body that does nothing.
func (a *Analyzer) checkDropped(e Expr) {
	if IsMarkup(e) || !a.idle(e) {
		return
	}
	what := "this form"
	switch x := e.(type) {
	case *constExpr:
		what = describe(x.v)
	case *localExpr:
		what = x.b.Name
	case *globalExpr:
		what = x.def.Name
	case *primExpr:
		what = x.p.Name
	case *fnExpr:
		what = "a function"
	case *dataList:
		what = "a list"
	case *dictExpr:
		what = "a dict"
	case *primCall:
		what = "the value of " + x.p.Name
	}
	a.Errorf(e.Site(), FormError, "%s has no effect here and its value would be dropped: only the last form of a body gives the value, and markup is kept", what)
}

// idle reports whether evaluating e does nothing but give a value, as far as that shows: a call of a function, a match
// that may fail, and a try are taken to do something.
func (a *Analyzer) idle(e Expr) bool {
	switch x := e.(type) {
	case *constExpr:
		return !a.bad(x)
	case *localExpr, *globalExpr, *primExpr, *fnExpr:
		return true
	case *primCall:
		if x.p.Effects != 0 || effectful[x.p.Name] && !calling[x.p.Name] {
			return false
		}
		for i, arg := range x.args {
			fn, ok := arg.(*fnExpr)
			switch {
			case ok && !a.idle(fn.body), !ok && !a.idle(arg):
				return false
			case !ok && i == 0 && calling[x.p.Name]:
				if p, ok := arg.(*primExpr); !ok || p.p.Effects != 0 || effectful[p.p.Name] {
					return false
				}
			}
		}
		return true
	case *dataList, *dictExpr, *ifExpr, *andExpr, *orExpr, *caseExpr:
	case *letExpr:
		if x.rec {
			return false // with definitions, or functions that call each other
		}
	case *bodyExpr:
	case Custom:
		if !x.IsMarkup() || x.Effects() != 0 {
			return false
		}
	default:
		return false
	}
	all := true
	e.Walk(func(sub Expr) { all = all && a.idle(sub) })
	return all
}

// bad reports whether a nil constant stands for a form that already failed.
func (a *Analyzer) bad(c *constExpr) bool { return c.v.IsNil() && c.At != nil && c.At.text() != "nil" }

// calling names the primitives of which no more is known than of the function they are given.
var calling = map[string]bool{
	"map": true, "map-indexed": true, "filter": true, "reduce": true, "some": true, "every?": true, "sort-by": true,
	"group-by": true, "map-dict": true, "partition": true,
}

// effectful names the pure primitives that are called for what they do.
var effectful = map[string]bool{
	"error": true, "assert": true, "append!": true, "dict-set!": true, "for-each": true, "map": true,
	"map-indexed": true, "filter": true, "reduce": true, "some": true, "every?": true, "sort": true, "sort-by": true,
	"group-by": true, "map-dict": true, "apply": true, "update": true, "try-call": true, "raw!": true,
	"partition": true, "emit!": true, "make-spread": true,
}

// mainBody analyses the forms of the main body.
func (a *Analyzer) mainBody(forms []*Form, mode string) *fnExpr {
	fn := &fnExpr{name: "main"}
	var at *Site
	if len(forms) > 0 {
		at = forms[0].site
	}
	fn.At = at
	a.top(&Form{site: at}, func(b *Analyzer) {
		fn.caps = b.function(func(*fnScope) { fn.body = b.body(forms, mode == "markup", at) })
	})
	if fn.body == nil {
		fn.body = a.nothing(at)
	}
	return fn
}
