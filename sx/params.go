package sx

import (
	"slices"
	"strings"
)

// Parameter lists.

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
	a.use(UseLocal, p.Name, p.site, p.site, nil)
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
