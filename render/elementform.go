package render

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// elementExpr is an analysed element form.
type elementExpr struct {
	sx.ExprBase
	el    element
	attrs []attrExpr
	kids  []sx.Expr
}

// attrExpr is an attribute as written.
type attrExpr struct {
	attr
	val     sx.Expr
	at      *sx.Site
	literal bool // the value is written as a literal, or is (asset …)
}

// Walk visits the values of attributes, then the children.
func (e *elementExpr) Walk(f func(sx.Expr)) {
	for i := range e.attrs {
		f(e.attrs[i].val)
	}
	for _, k := range e.kids {
		f(k)
	}
}

// IsMarkup tells that bodies keep elements.
func (e *elementExpr) IsMarkup() bool { return true }

// Effects of an element are those of its parts.
func (e *elementExpr) Effects() sx.Effect { return sx.Pure }

// DependsOnlyOnParts tells whether the element renders the same whenever its parts do: not when it takes the
// page's nonce or may be moved to the head.
func (e *elementExpr) DependsOnlyOnParts() bool {
	return !e.takesNonce() && !e.hoists() && e.el.name != "head" && e.el.name != "body"
}

// elementHead gives the special for heads that name elements.
func elementHead(name string) *sx.Special {
	el, ok := lookupElement(name)
	if !ok {
		return nil
	}
	return &sx.Special{Name: name, Usage: "(" + name + " :attribute value … child …)", Analyze: func(a *sx.Analyzer, f *sx.Form) sx.Expr {
		return analyzeElement(a, f, el)
	}}
}

func analyzeElement(a *sx.Analyzer, f *sx.Form, el element) sx.Expr {
	e := &elementExpr{ExprBase: sx.ExprBase{At: f.Site()}, el: el}
	literals := map[string]sx.Value{} // by lower-case name; Nil for computed ones
	names := map[string]bool{}
	var kidForms []*sx.Form
	for i := 1; i < f.Len(); i++ {
		item := f.Item(i)
		if item.Kind() != sx.KindKeyword {
			kidForms = append(kidForms, f.Form(i))
			continue
		}
		name := item.Text()
		at := f.SiteOf(i)
		if i+1 >= f.Len() {
			a.Errorf(at, sx.KeywordError, "%s: the attribute :%s has no value", el.name, name)
			break
		}
		i++
		low := strings.ToLower(name)
		switch {
		case !validAttrName(name):
			a.Errorf(at, sx.MarkupError, "%s: :%s cannot be the name of an attribute", el.name, name)
			continue
		case names[low]:
			a.Errorf(at, sx.DuplicateError, "%s: the attribute :%s is given twice", el.name, name)
			continue
		}
		names[low] = true
		if meant := foreignAttr(name); meant != "" && !strings.Contains(el.name, "-") {
			a.Warnf(at, "%s: :%s means nothing to a browser (did you mean :%s?)", el.name, name, meant)
		}
		v := f.Item(i)
		x := attrExpr{attr: attrOf(el.name, name), val: a.Expr(f, i), at: at}
		x.literal = isLiteral(v) || choosesLiteral(x.val)
		if isLiteral(v) {
			literals[low] = v
		}
		if x.kind == attrEvent && !v.IsString() {
			a.Errorf(f.SiteOf(i), sx.MarkupError, "%s: :%s runs as script, so its value must be a literal string", el.name, name)
			continue
		}
		if low == "id" && v.IsString() {
			a.LiteralID(v.Text(), f.SiteOf(i))
		}
		e.attrs = append(e.attrs, x)
	}
	spread := len(kidForms) > 0
	for i := range e.attrs {
		x := &e.attrs[i]
		x.attr = attrIn(el.name, x.name, func(other string) (string, bool) {
			if v, ok := literals[other]; ok {
				return atomOrNothing(v), true
			}
			return "", !names[other] && !spread
		})
		checkLiteral(a, x)
	}
	switch {
	case el.content == contentScript || el.content == contentStyle || el.content == contentRaw:
		e.kids = analyzeRaw(a, kidForms, el)
	default:
		for _, k := range kidForms {
			e.kids = append(e.kids, a.Analyze(k))
		}
	}
	if el.void && len(e.kids) > 0 {
		kids := e.kids
		a.Last(func() {
			for _, k := range kids {
				if !sx.MayBeSpread(k) {
					a.Errorf(k.Site(), sx.MarkupError, "%s is a void element: it has no end tag and takes no children", el.name)
					return
				}
			}
		})
	}
	if el.content == contentText {
		for _, k := range e.kids {
			if el, ok := k.(*elementExpr); ok {
				a.Errorf(k.Site(), sx.MarkupError, "%s takes text only, found the element %s", e.el.name, el.el.name)
			}
		}
	}
	checkBoundaryParents(a, e)
	checkNesting(a, e)
	return e
}

// isLiteral tells whether v is written as an atom that means itself.
func isLiteral(v sx.Value) bool {
	switch v.Kind() {
	case sx.KindString, sx.KindNumber, sx.KindBool, sx.KindNil, sx.KindKeyword:
		return true
	}
	return false
}

func atomOrNothing(v sx.Value) string {
	switch v.Kind() {
	case sx.KindString, sx.KindNumber, sx.KindKeyword:
		return atomText(v)
	}
	return ""
}

// choosesLiteral tells whether every value e may have stands in source: branches with literals, or calls of
// (asset …).
func choosesLiteral(e sx.Expr) bool {
	for _, b := range sx.Branches(e) {
		if _, ok := sx.IsLiteral(b); !ok && !isAsset(b) {
			return false
		}
	}
	return true
}

// isAsset tells whether e is a call of (asset …), whose URL the framework makes.
func isAsset(e sx.Expr) bool {
	for _, name := range []string{"asset", "asset-url"} {
		if _, ok := sx.CallOf(e, name); ok {
			return true
		}
	}
	return false
}

// checkLiteral warns about literal values that the safety rules will refuse, as whoever wrote them is here to
// see it.
func checkLiteral(a *sx.Analyzer, x *attrExpr) {
	if names, vals, ok := sx.EntriesOf(x.val); ok && x.kind == attrStyle {
		for i, e := range vals {
			if v, ok := sx.IsLiteral(e); ok && v.IsString() && !(safeProperty(names[i]) && safeStyleValue(v.Text())) {
				a.Warnf(e.Site(), "this declaration of %s is dropped: values in a style dict hold no ; { } \\ url( or comments; a literal style string may", names[i])
			}
		}
		return
	}
	v, ok := sx.IsLiteral(x.val)
	if !ok || !v.IsString() || x.kind != attrURL {
		return
	}
	if safeURL(x.url, v.Text(), true) != v.Text() {
		a.Warnf(x.val.Site(), "this URL is replaced by %s: only http, https, mailto, tel, sms and relative ones may be written here; (trusted-url …) lifts the rule", invalidURL)
	}
}

// analyzeRaw analyses the children of an element whose text is not markup: literals, and in script (json v).
func analyzeRaw(a *sx.Analyzer, forms []*sx.Form, el element) []sx.Expr {
	var kids []sx.Expr
	var all strings.Builder
	for _, k := range forms {
		v := k.Value()
		switch {
		case v.IsString():
			all.WriteString(v.Text())
		case el.content == contentScript && k.Len() > 0 && k.Item(0).IsSymbol("json"):
			if k.Len() != 2 {
				a.Errorf(k.Site(), sx.ArityError, "json takes 1 part, got %d: (json value)", k.Len()-1)
				continue
			}
			all.WriteString("0")
			kids = append(kids, &jsonExpr{sx.ExprBase{At: k.Site()}, a.Expr(k, 1)})
			continue
		case el.content == contentRaw:
			e := a.Analyze(k)
			kids = append(kids, e)
			a.Later(func() {
				if !sx.MayBeSpread(e) {
					a.Errorf(e.Site(), sx.MarkupError, "%s may hold only literal text and spreads: what is computed could end it", el.name)
				}
			})
			continue
		default:
			hint := ""
			if el.content == contentScript {
				hint = " and (json value)"
			}
			a.Errorf(k.Site(), sx.MarkupError, "%s may hold only literal text%s: what is computed could end it or change what it does", el.name, hint)
			continue
		}
		kids = append(kids, a.Analyze(k))
	}
	hazard := scriptHazard(all.String())
	if el.content == contentRaw && strings.Contains(strings.ToLower(all.String()), "</"+el.name) {
		hazard = "</" + el.name
	}
	if hazard != "" {
		a.Errorf(forms[0].Site(), sx.MarkupError, "the text of %s holds %q, which would end it or change how it is read", el.name, hazard)
	}
	return kids
}

// takesNonce tells whether the element gets the page's nonce: script, style and link written in source whose
// URL, where there is one, is a literal or an asset. What a spread could change gets none.
func (e *elementExpr) takesNonce() bool {
	if e.el.ns != nsHTML {
		return false
	}
	switch e.el.name {
	case "script", "style":
	case "link":
		if len(e.kids) > 0 {
			return false
		}
	default:
		return false
	}
	for i := range e.attrs {
		switch strings.ToLower(e.attrs[i].name) {
		case "nonce":
			return false
		case "src", "href":
			if !e.attrs[i].literal {
				return false
			}
		}
	}
	return true
}

// hoists tells whether the element moves to the head of the page wherever it stands: title, and meta except
// where it describes an item of microdata.
func (e *elementExpr) hoists() bool {
	switch {
	case e.el.ns != nsHTML:
		return false
	case e.el.name == "title":
		return true
	case e.el.name != "meta":
		return false
	}
	for i := range e.attrs {
		if strings.EqualFold(e.attrs[i].name, "itemprop") {
			return false
		}
	}
	return true
}

// GenValue gives the element as a value.
func (e *elementExpr) GenValue(g *sx.Gen) sx.Node { return g.MarkupValue(e.GenEmit(g)) }

// GenEmit appends the element to the output.
func (e *elementExpr) GenEmit(g *sx.Gen) sx.Emit {
	if g.Dest().Wire() {
		return e.genWire(g)
	}
	return e.genHTML(g)
}

// foreignAttr gives the attribute of HTML for one that is written so elsewhere, or "".
func foreignAttr(name string) string {
	switch name {
	case "className", "class-name":
		return "class"
	case "htmlFor", "html-for":
		return "for"
	}
	if event, ok := strings.CutPrefix(name, "on-"); ok {
		return "on" + strings.ReplaceAll(event, "-", "")
	}
	return ""
}
