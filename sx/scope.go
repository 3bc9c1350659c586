package sx

// Local names: where they are bound, and which functions capture them.

type scope struct {
	up    *scope
	names []*Binding
}

// fnScope is a function being analysed: what its body refers to outside itself is captured.
type fnScope struct {
	up       *fnScope
	caps     []*Binding
	boundary bool // the body of a boundary: evaluated apart, on frozen values
}

func (a *Analyzer) push() *scope {
	s := a.scope
	a.scope = &scope{up: s}
	return s
}

// bind makes a new local name in the innermost scope.
func (a *Analyzer) bind(name string, s *Site) *Binding {
	b := &Binding{Name: name, site: s, fn: a.fn}
	a.scope.names = append(a.scope.names, b)
	a.use(UseLocal, name, s, s, nil)
	return b
}

// Bind makes a new local name in the innermost scope, for custom forms.
func (a *Analyzer) Bind(name string, s *Site) *Binding { return a.bind(name, s) }

// Scoped runs f with a new scope of local names.
func (a *Analyzer) Scoped(f func()) {
	up := a.push()
	defer func() { a.scope = up }()
	f()
}

// Parameters returns the names that the enclosing definition binds as its parameters, children left out.
func (a *Analyzer) Parameters() []string {
	var out []string
	s := a.scope
	for s != nil && s.up != nil {
		s = s.up
	}
	if s != nil {
		for _, b := range s.names {
			if !b.kids {
				out = append(out, b.Name)
			}
		}
	}
	return out
}

func (a *Analyzer) find(name string) *Binding {
	for s := a.scope; s != nil; s = s.up {
		for i := len(s.names) - 1; i >= 0; i-- {
			if s.names[i].Name == name {
				return s.names[i]
			}
		}
	}
	return nil
}

// capture notes that b is used in the current function, and makes every function between capture it.
func (a *Analyzer) capture(b *Binding) {
	b.used = true
	for f := a.fn; f != b.fn && f != nil; f = f.up {
		have := false
		for _, c := range f.caps {
			if c == b {
				have = true
				break
			}
		}
		if have {
			return
		}
		b.captured = true
		f.caps = append(f.caps, b)
	}
}

func (a *Analyzer) local(b *Binding, s *Site) Expr {
	a.capture(b)
	a.useLocal(b, s)
	if b.loop != nil {
		b.loop = nil // used as a value: not a plain loop
	}
	return &localExpr{ExprBase{s}, b}
}

func (a *Analyzer) global(d *Def, s *Site) Expr {
	a.mention(d)
	a.use(UseDef, d.Name, s, d.Site, d)
	return &globalExpr{ExprBase{s}, d}
}

// function analyses a function body in a new function scope.
func (a *Analyzer) function(f func(fs *fnScope)) []*Binding {
	fn, loops, sc := a.fn, a.loops, a.scope
	a.fn, a.loops = &fnScope{up: fn}, nil
	a.push()
	f(a.fn)
	caps := a.fn.caps
	a.fn, a.loops, a.scope = fn, loops, sc
	return caps
}
