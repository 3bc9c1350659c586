package sx

import "strings"

// pattern is one compiled-to-be pattern of match, of a let binding, or of a message.
type pattern interface {
	walk(f func(Expr))
	// gen generates the test; it binds names as it goes.
	gen(g *Gen) matcher
}

// matcher tests a value and binds the names of its pattern.
type matcher interface {
	match(m *Machine, v Value) bool
}

type (
	patAny   struct{}
	patBind  struct{ b *Binding }
	patConst struct{ v Value }
	patList  struct {
		items []pattern
		rest  *Binding
		anyN  bool // a rest that is not bound
	}
	patDict struct {
		keys []string
		pats []pattern
	}
	// patForm is (NAME p … &key k …): a list headed by the symbol NAME.
	patForm struct {
		name string
		pos  []pattern
		keys []*param
		rest *Binding
	}
)

func (patAny) walk(func(Expr))   {}
func (patBind) walk(func(Expr))  {}
func (patConst) walk(func(Expr)) {}
func (p *patList) walk(f func(Expr)) {
	for _, q := range p.items {
		q.walk(f)
	}
}
func (p *patDict) walk(f func(Expr)) {
	for _, q := range p.pats {
		q.walk(f)
	}
}
func (p *patForm) walk(f func(Expr)) {
	for _, q := range p.pos {
		q.walk(f)
	}
	for _, k := range p.keys {
		walk(f, k.def)
	}
}

func (a *Analyzer) formMatch(f *Form) Expr {
	if !a.need(f, 1, -1) {
		return a.nothing(f.site)
	}
	e := &matchExpr{ExprBase: ExprBase{f.site}, subject: a.sub(f.Form(1))}
	rest := f.Forms(2)
	for len(rest) > 0 {
		if rest[0].keyword() == "else" { // :else as everywhere else
			rest[0] = &Form{v: Symbol("_"), site: rest[0].site, exp: rest[0].exp}
		}
		up := a.push()
		c := matchClause{pat: a.pattern(rest[0])}
		at := rest[0].site
		rest = rest[1:]
		if len(rest) >= 2 && rest[0].keyword() == "when" {
			c.guard = a.sub(rest[1])
			rest = rest[2:]
		}
		if len(rest) == 0 {
			a.Errorf(at, FormError, "match: this pattern has no result")
			a.scope = up
			break
		}
		c.body = a.form(rest[0])
		rest = rest[1:]
		a.scope = up
		e.clauses = append(e.clauses, c)
	}
	return e
}

// pattern analyses a pattern and binds its names in the innermost scope.
func (a *Analyzer) pattern(f *Form) pattern {
	switch f.v.tag() {
	case KindSymbol:
		name := f.v.Text()
		if name == "_" {
			return patAny{}
		}
		if strings.HasPrefix(name, "&") {
			a.Errorf(f.site, FormError, "match: %s stands in the list of a pattern, before a name", name)
			return patAny{}
		}
		return patBind{a.bindOnce(name, f.site)}
	case KindKeyword:
		return patConst{String(f.v.Text())}
	case KindDict:
		p := &patDict{}
		for i := range (*Dict)(f.v.p).keys {
			k, v := f.entry(i)
			p.keys = append(p.keys, k)
			p.pats = append(p.pats, a.pattern(v))
		}
		return p
	case KindList:
		if f.bracketed() {
			return a.listPattern(f.Forms(0), f)
		}
		head := f.headSymbol()
		switch {
		case head == "quote" && f.Len() == 2:
			v := f.Item(1)
			Freeze(v)
			return patConst{v}
		case head == "list":
			return a.listPattern(f.Forms(1), f)
		case head != "":
			return a.formPattern(f, head)
		case f.Len() == 0:
			return &patList{}
		}
		a.Errorf(f.site, FormError, "match: a pattern that is a list starts with list, quote, or the name of a message")
		return patAny{}
	}
	return patConst{f.v}
}

func (a *Analyzer) bindOnce(name string, at *Site) *Binding {
	for _, b := range a.scope.names {
		if b.Name == name {
			a.Errorf(at, DuplicateError, "the pattern binds %s twice", name)
		}
	}
	return a.bind(name, at)
}

func (a *Analyzer) listPattern(items []*Form, f *Form) pattern {
	p := &patList{}
	for i := 0; i < len(items); i++ {
		if items[i].symbol() == "&rest" {
			if i+2 != len(items) || items[i+1].symbol() == "" {
				a.Errorf(items[i].site, FormError, "match: &rest takes one name, at the end")
				return patAny{}
			}
			if n := items[i+1].symbol(); n == "_" {
				p.anyN = true
			} else {
				p.rest = a.bindOnce(n, items[i+1].site)
			}
			break
		}
		p.items = append(p.items, a.pattern(items[i]))
	}
	return p
}

func (a *Analyzer) formPattern(f *Form, head string) pattern {
	p := &patForm{name: head}
	items := f.Forms(1)
	for i := 0; i < len(items); i++ {
		switch items[i].symbol() {
		case "&rest":
			if i+1 < len(items) && items[i+1].symbol() != "" {
				i++
				p.rest = a.bindOnce(items[i].symbol(), items[i].site)
				continue
			}
			a.Errorf(items[i].site, FormError, "match: &rest takes one name")
		case "&key":
			for i++; i < len(items); i++ {
				if items[i].symbol() == "&rest" {
					i--
					break
				}
				if q := a.param(items[i]); q != nil {
					for _, k := range p.keys {
						if k.Name == q.Name {
							a.Errorf(items[i].site, DuplicateError, "the pattern has the key %s twice", q.Name)
						}
					}
					q.key = true
					p.keys = append(p.keys, q)
				}
			}
		default:
			p.pos = append(p.pos, a.pattern(items[i]))
		}
	}
	return p
}

// Generated matchers.

type (
	anyM   struct{}
	bindM  struct{ set setter }
	constM struct{ v Value }
	listM  struct {
		items []matcher
		rest  setter
		open  bool
	}
	dictM struct {
		keys []string
		ms   []matcher
	}
	formM struct {
		name string
		pos  []matcher
		keys []formKey
		rest setter
	}
	formKey struct {
		p   *param
		set setter
		def Node
	}
)

func (patAny) gen(*Gen) matcher     { return anyM{} }
func (p patConst) gen(*Gen) matcher { return constM(p) }
func (p patBind) gen(g *Gen) matcher {
	return bindM{g.bindSlot(p.b)}
}
func (p *patList) gen(g *Gen) matcher {
	l := &listM{open: p.rest != nil || p.anyN}
	for _, q := range p.items {
		l.items = append(l.items, q.gen(g))
	}
	if p.rest != nil {
		l.rest = g.bindSlot(p.rest)
	}
	return l
}
func (p *patDict) gen(g *Gen) matcher {
	d := &dictM{keys: p.keys}
	for _, q := range p.pats {
		d.ms = append(d.ms, q.gen(g))
	}
	return d
}
func (p *patForm) gen(g *Gen) matcher {
	f := &formM{name: p.name}
	for _, q := range p.pos {
		f.pos = append(f.pos, q.gen(g))
	}
	for _, k := range p.keys {
		fk := formKey{p: k, set: g.bindSlot(k.Binding)}
		if k.def != nil {
			fk.def = g.Value(k.def)
		}
		f.keys = append(f.keys, fk)
	}
	if p.rest != nil {
		f.rest = g.bindSlot(p.rest)
	}
	return f
}

func (anyM) match(*Machine, Value) bool { return true }
func (b bindM) match(m *Machine, v Value) bool {
	b.set.set(m, v)
	return true
}
func (c constM) match(m *Machine, v Value) bool { return m.equal(c.v, v) }

func (l *listM) match(m *Machine, v Value) bool {
	if v.Kind() != KindList {
		return false
	}
	items := v.List().Items
	if len(items) < len(l.items) || !l.open && len(items) > len(l.items) {
		return false
	}
	for i, q := range l.items {
		if !q.match(m, items[i]) {
			return false
		}
	}
	if l.rest != nil {
		rest := append([]Value(nil), items[len(l.items):]...)
		m.Items(len(rest))
		l.rest.set(m, ListOf(&List{Items: rest}))
	}
	return true
}

func (d *dictM) match(m *Machine, v Value) bool {
	if v.Kind() != KindDict {
		return false
	}
	for i, k := range d.keys {
		x, ok := v.Lookup(k)
		if !ok || !d.ms[i].match(m, x) {
			return false
		}
	}
	return true
}

func (f *formM) match(m *Machine, v Value) bool {
	if v.Kind() != KindList {
		return false
	}
	items := v.List().Items
	if len(items) == 0 || !items[0].IsSymbol(f.name) || len(items)-1 < len(f.pos) {
		return false
	}
	items = items[1:]
	for i, q := range f.pos {
		if !q.match(m, items[i]) {
			return false
		}
	}
	items = items[len(f.pos):]
	var rest []Value
	given := make([]Value, len(f.keys))
	has := make([]bool, len(f.keys))
next:
	for i := 0; i < len(items); i++ {
		if len(f.keys) > 0 && items[i].tag() == KindKeyword {
			name := items[i].Text()
			for j, k := range f.keys {
				if k.p.Name == name {
					if i+1 >= len(items) {
						return false
					}
					given[j], has[j] = items[i+1], true
					i++
					continue next
				}
			}
			return false // an unknown keyword is no match
		}
		rest = append(rest, items[i])
	}
	if len(rest) > 0 && f.rest == nil {
		return false
	}
	for j, k := range f.keys {
		x := given[j]
		if !has[j] || x.IsNil() {
			if k.p.required {
				return false
			}
			if k.def != nil {
				x = k.def.Eval(m)
			}
			k.set.set(m, x)
			continue
		}
		if typeProblem(k.p, x) != "" {
			return false
		}
		k.set.set(m, x)
	}
	if f.rest != nil {
		f.rest.set(m, ListOf(&List{Items: rest}))
	}
	return true
}

// matchNode evaluates a match in value position.
type matchNode struct {
	site    *Site
	subject Node
	clauses []matchCode
}

type matchCode struct {
	pat   matcher
	guard Node
	body  Node
	emit  Emit
}

func (n *matchNode) pick(m *Machine) *matchCode {
	v := n.subject.Eval(m)
	for i := range n.clauses {
		c := &n.clauses[i]
		if c.pat.match(m, v) && (c.guard == nil || c.guard.Eval(m).Truthy()) {
			return c
		}
	}
	m.at = n.site
	m.Fail(MatchError, "match: no pattern fits %s", clip(inspectShort(v)))
	return nil
}

func (n *matchNode) Eval(m *Machine) Value { return n.pick(m).body.Eval(m) }
func (n *matchNode) Emit(m *Machine)       { n.pick(m).emit.Emit(m) }

func inspectShort(v Value) string {
	switch v.tag() {
	case KindList, KindDict:
		if s, err := SerializeLimited(v, 4096); err == nil {
			return s
		}
		return "a " + v.TypeName()
	}
	return describe(v)
}
