package sx

import "slices"

// callCheck looks at a call of a primitive.
type callCheck func(a *Analyzer, at *Site, args []Expr)

// WithCheck has every call of the primitive name looked at once everything has been analysed: check may compare literal
// arguments (see IsLiteral) with what the whole program defines, and note what is wrong (Analyzer.Errorf). Calls through
// apply and the like are not seen. It runs for what was taken over from a base, too.
func WithCheck(name string, check func(a *Analyzer, at *Site, args []Expr)) Option {
	return func(l *loader) {
		if l.calls == nil {
			l.calls = map[string]callCheck{}
		}
		l.calls[name] = check
	}
}

// WithComponentCheck has every call of a component looked at once everything has been analysed.
func WithComponentCheck(check func(a *Analyzer, c *CompCall)) Option {
	return func(l *loader) { l.compCheck = check }
}

// checkCalls runs the checks of WithCheck.
func (a *Analyzer) checkCalls() {
	l := a.load
	if len(l.calls) == 0 {
		return
	}
	seen := map[place]bool{} // a form may have been analysed twice
	look := func(d *Def, e Expr) {
		a.def, a.exp = d, nil
		var visit func(Expr)
		visit = func(e Expr) {
			if c, ok := e.(*primCall); ok && l.calls[c.p.Name] != nil && !seen[c.At.place] {
				seen[c.At.place] = true
				l.calls[c.p.Name](a, c.At, c.args)
			}
			e.Walk(visit)
		}
		visit(e)
		a.def = nil
	}
	defs := slices.Clone(a.prog.order)
	for _, f := range l.fns {
		defs = append(defs, f.Def)
	}
	for _, d := range defs {
		if !l.callsChecked(d) {
			continue
		}
		switch {
		case d.comp != nil && d.comp.fn != nil:
			look(d, d.comp.fn)
		case d.expr != nil:
			look(d, d.expr)
		}
	}
	if a.prog.main != nil {
		look(nil, a.prog.main)
	}
	for _, t := range a.prog.tests {
		look(nil, t.fn)
	}
}

// callsChecked reports whether a definition mentions a primitive whose calls are checked.
func (l *loader) callsChecked(d *Def) bool {
	for _, p := range d.prims {
		if l.calls[p.Name] != nil {
			return true
		}
	}
	return false
}
