package sx

// What tools show of definitions.

// Signature says how a definition is used.
type Signature struct {
	Kind   string // "component", "function", "macro" or "value"
	Params []Parameter
	Doc    string
}

// Parameter is one parameter of a definition.
type Parameter struct {
	Name     string
	Mark     string // "" for positional ones, or "&key", "&rest", "&rest-attrs"
	Type     string // as annotated, or ""
	Default  string // source text of the default, or ""
	Required bool
	At       *Site
}

// Signature describes the definition, as far as it could be analysed.
func (d *Def) Signature() Signature {
	s := Signature{Kind: "value", Doc: d.Doc}
	fn, _ := d.expr.(*fnExpr)
	switch {
	case d.comp != nil:
		s.Kind = "component"
		fn = d.comp.fn
	case d.kind == defMacro:
		s.Kind = "macro"
	case fn != nil:
		s.Kind = "function"
	}
	if s.Doc == "" && fn != nil {
		s.Doc = fn.doc
	}
	if s.Doc == "" && d.kind == defValue && d.form != nil && d.form.Len() > 3 && d.form.Item(2).IsString() {
		s.Doc = d.form.Item(2).Text()
	}
	if fn == nil {
		return s
	}
	for i, p := range fn.params {
		q := Parameter{Name: p.Name, Type: p.typ, Required: p.required, At: p.site}
		if i >= len(fn.params)-fn.nkey {
			q.Mark = "&key"
		}
		if p.def != nil {
			if q.Default = "…"; p.def.Site() != nil && len(p.def.Site().text()) <= 60 {
				q.Default = p.def.Site().text()
			}
		}
		s.Params = append(s.Params, q)
	}
	if fn.rest != nil {
		s.Params = append(s.Params, Parameter{Name: fn.rest.Name, Mark: "&rest", At: fn.rest.site})
	}
	if fn.attrs != nil {
		s.Params = append(s.Params, Parameter{Name: fn.attrs.Name, Mark: "&rest-attrs", At: fn.attrs.site})
	}
	return s
}

// Span returns the whole form of the definition and the source it stands in, nil when Go made it.
func (d *Def) Span() (*Source, Span) {
	if d.form == nil || d.form.site == nil || d.form.site.src == nil {
		return nil, Span{}
	}
	return d.form.site.src, d.form.site.span
}

// Place returns the source of the site and the span in it, nil when it is unknown.
func (s *Site) Place() (*Source, Span) {
	if s == nil {
		return nil, Span{}
	}
	return s.src, s.span
}

// Component returns the component that d defines, or nil.
func (d *Def) Component() *Component { return d.comp }
