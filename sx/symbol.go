package sx

import (
	"sort"
	"strings"
)

// Names as forms, and what is said of those that mean nothing.

func (a *Analyzer) symbol(f *Form) Expr {
	name := f.v.Text()
	if to := a.prog.aliases[name]; to != "" {
		name = to
	}
	if b := a.find(name); b != nil {
		return a.local(b, f.site)
	}
	if d := a.prog.defs[name]; d != nil {
		if d.kind == defMacro {
			a.use(UseDef, name, f.site, d.Site, d)
			a.Errorf(a.atomSite(f), FormError, "%s is a macro; it cannot be used as a value", name)
			return a.nothing(f.site)
		}
		return a.global(d, f.site)
	}
	if p := a.prog.prims[name]; p != nil {
		a.mentionPrim(p)
		a.use(UsePrimitive, name, f.site, nil, nil)
		return &primExpr{ExprBase{f.site}, p}
	}
	if a.prog.special[name] != nil {
		a.Errorf(a.atomSite(f), FormError, "%s is a special form; it cannot be used as a value", name)
		return a.nothing(f.site)
	}
	if strings.HasPrefix(name, "~") && len(name) > 1 {
		a.unknownComponent(f, name)
		return a.nothing(f.site)
	}
	hint, _ := a.unknownName(name)
	switch {
	case len(name) > 1 && name[len(name)-1] == ':':
		hint = " (did you mean :" + name[:len(name)-1] + "?)"
	case len(name) > 1 && !strings.Contains(name, "-") && a.prog.head(name) != nil:
		hint = " (an element is no value; it stands at the head of a form: (" + name + " …))"
	}
	a.Errorf(a.atomSite(f), UndefinedError, "undefined symbol: %s%s", name, hint)
	return a.nothing(f.site)
}

func (a *Analyzer) unknownComponent(f *Form, name string) {
	var near []string
	for _, d := range a.prog.order {
		if d.comp != nil {
			near = append(near, d.Name)
		}
	}
	for n := range a.prog.special {
		if strings.HasPrefix(n, "~") {
			near = append(near, n)
		}
	}
	sort.Strings(near)
	a.Errorf(a.atomSite(f), UndefinedError, "unknown component: %s%s", name, suggest(name, near))
}

// atomSite gives the place of an atom. An atom that a macro passed through has lost its place; it is
// looked for among the arguments of the macro use.
func (a *Analyzer) atomSite(f *Form) *Site {
	if f.exp == nil || f.site != f.exp.call && f.site.place != f.exp.call.place {
		return f.site
	}
	root := &Form{v: f.exp.form, site: f.exp.call}
	if s := findAtom(root, f.v, 0); s != nil {
		return s
	}
	return f.site
}

func findAtom(f *Form, v Value, depth int) *Site {
	if depth > 100 {
		return nil
	}
	for i := range f.Len() {
		g := f.Form(i)
		if i > 0 || depth > 0 {
			if g.v.tag() == v.tag() && g.v.tag() == KindSymbol && g.v.Text() == v.Text() {
				return g.site
			}
		}
		if s := findAtom(g, v, depth+1); s != nil {
			return s
		}
	}
	return nil
}

// mistyped gives what a name with a dash, which makes a custom element, may have meant: a primitive or definition
// that differs in one place.
func (a *Analyzer) mistyped(name string) string {
	if len(name) < 6 || !strings.Contains(name, "-") {
		return ""
	}
	n, best := []rune(name), ""
	near := func(c string) {
		if abs(len(c)-len(name)) <= 1 && strings.Contains(c, "-") && distance(n, []rune(c), 2) < 2 && (best == "" || c < best) {
			best = c
		}
	}
	for c := range a.prog.prims {
		near(c)
	}
	for _, d := range a.prog.order {
		near(d.Name)
	}
	return best
}

// names gives every name a symbol could have meant, for suggestions.
func (a *Analyzer) names() []string {
	var out []string
	for s := a.scope; s != nil; s = s.up {
		for _, b := range s.names {
			out = append(out, b.Name)
		}
	}
	for _, d := range a.prog.order {
		out = append(out, d.Name)
	}
	n := len(out)
	for k := range a.prog.prims {
		out = append(out, k)
	}
	for k := range a.prog.special {
		out = append(out, k)
	}
	sort.Strings(out[n:])
	return out
}
