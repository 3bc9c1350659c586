package render

import (
	"fmt"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// The parser of HTML moves what stands where it may not: it ends a p before a div, leaves out a td that is in no tr,
// and puts what else is in a table before it (WHATWG HTML, "Parsing HTML documents": implied end tags, foster
// parenting). The client builds elements as they are written. What source says of nesting is therefore checked when it
// is loaded, through control forms, components and their children: without a warning a page and an update are one tree.
// A tr directly in a table is fine, since the client implies its tbody as the parser does.

// nesting looks for what may not stand in one element.
type nesting struct {
	a     *sx.Analyzer
	outer *elementExpr
	depth int
	steps int
}

// How far it looks: through components one in another, and at forms in all, as components may call each other in more
// ways than could be gone through.
const (
	nestingDepth = 30
	nestingSteps = 2000
)

// nestingFrame is a call of a component that is being looked through: its children belong to the caller.
type nestingFrame struct {
	call *sx.CompCall
	up   *nestingFrame
	at   *sx.Site // the call in the definition that is checked
}

// within reports whether c is being looked through already.
func (f *nestingFrame) within(c *sx.Component) bool {
	for ; f != nil; f = f.up {
		if f.call.Comp == c {
			return true
		}
	}
	return false
}

// checkNesting looks at an element's own content.
func checkNesting(a *sx.Analyzer, e *elementExpr) {
	if e.el.name == "template" || e.el.ns != nsHTML && e.el.name != "svg" && e.el.name != "math" {
		return
	}
	a.Last(func() {
		n := &nesting{a: a, outer: e}
		n.inside(e.kids, true, nil)
	})
}

// checkCall looks at what stands around the children of a component, within it.
func checkCall(a *sx.Analyzer, c *sx.CompCall) {
	if len(c.Children()) == 0 {
		return
	}
	n := &nesting{a: a}
	n.placements(c.Comp.Body(), nil, func(path []*elementExpr) {
		for i := len(path) - 1; i >= 0 && path[i].el.name != "template"; i-- {
			inner := &nesting{a: a, outer: path[i]}
			inner.inside(c.Children(), i == len(path)-1, nil)
			if i > 0 && !inner.passes(path[i-1], path[i]) {
				return
			}
		}
	})
}

// placements calls f with the elements, outermost first, around each place of a component's children.
func (n *nesting) placements(body sx.Expr, path []*elementExpr, f func([]*elementExpr)) {
	if body == nil {
		return
	}
	sx.Placed(body, func(x sx.Expr) {
		switch x := x.(type) {
		case *elementExpr:
			for _, k := range x.kids {
				n.placements(k, append(path[:len(path):len(path)], x), f)
			}
		case *fragmentExpr:
			for _, k := range x.kids {
				n.placements(k, path, f)
			}
		default:
			if sx.IsChildren(x) {
				f(path)
			}
		}
	})
}

// inside looks at content. direct: it stands in the outer element itself.
func (n *nesting) inside(kids []sx.Expr, direct bool, f *nestingFrame) {
	for _, k := range kids {
		sx.Placed(k, func(x sx.Expr) { n.placed(x, direct, f) })
	}
}

func (n *nesting) placed(x sx.Expr, direct bool, f *nestingFrame) {
	if n.steps++; n.steps > nestingSteps {
		return
	}
	at := x.Site()
	if f != nil {
		at = f.at
	}
	switch x := x.(type) {
	case *elementExpr:
		if n.refuses(x.el.name, x.el.ns, direct, at, x.hoists()) && n.passes(n.outer, x) {
			n.inside(x.kids, false, f)
		}
	case *fragmentExpr:
		n.inside(x.kids, direct, f)
	case *suspenseExpr:
		el := element{name: wrapper(x.as)}
		if !direct && !n.refuses(el.name, el.ns, false, at, false) {
			return // directly in it is an error already
		}
		if w := (&elementExpr{el: el}); n.passes(n.outer, w) {
			if x.fallback != nil {
				n.inside([]sx.Expr{x.fallback}, false, f)
			}
			if x.body != nil {
				n.inside([]sx.Expr{x.body.Body()}, false, f)
			}
		}
	case *sx.CompCall:
		if body := x.Comp.Body(); body != nil && n.depth < nestingDepth && !f.within(x.Comp) {
			n.depth++
			n.inside([]sx.Expr{body}, direct, &nestingFrame{call: x, up: f, at: at})
			n.depth--
		}
	default:
		if f != nil && sx.IsChildren(x) {
			n.inside(f.call.Children(), direct, f.up)
		} else if v, ok := sx.IsLiteral(x); ok && direct && tableContent[n.outer.el.name] != "" && strings.TrimSpace(atomOrNothing(v)) != "" {
			n.a.Warnf(at, "text may not stand directly in %s: the parser of HTML puts it before the table", n.outer.el.name)
		}
	}
}

// refuses reports an element that may not stand in the outer one; it tells whether it may.
func (n *nesting) refuses(name string, ns namespace, direct bool, at *sx.Site, hoists bool) (fine bool) {
	outer := n.outer.el
	does := ""
	switch {
	case hoists: // into the head
	case outer.ns != nsHTML:
		if ns == nsHTML && breaksOut.has(name) {
			does = "it ends the " + outer.name + " that it stands in"
		}
	case ns != nsHTML:
		if want := tableContent[outer.name]; direct && want != "" {
			does = outer.name + " takes " + list(want) + " only"
		}
	case direct && tableContent[outer.name] != "":
		if want := tableContent[outer.name]; !newSet(want, "script style template").has(name) || outer.name == "colgroup" && (name == "script" || name == "style") {
			does = outer.name + " takes " + list(want) + " only"
		}
	case direct && tableOnly[name] != "":
		does = name + " may only stand in " + list(tableOnly[name])
	default:
		r, ok := refuses[outer.name]
		if ok && (direct || !r.direct) && r.names.has(name) {
			does = "it ends the " + outer.name + " that it stands in"
			if outer.name == "form" {
				does = "a form in a form is left out"
			}
		}
	}
	if does == "" {
		return true
	}
	where := ""
	if pos := n.outer.At.Pos(); pos.File != at.Pos().File || pos.Line != at.Pos().Line {
		where = fmt.Sprintf(" (%s:%d:%d)", pos.File, pos.Line, pos.Col)
	}
	n.a.Warnf(at, "%s in %s%s: the parser of HTML builds another tree from this, since %s", name, outer.name, where, does)
	return false
}

// passes tells whether what is inside d, which stands in outer, still counts as standing in it.
func (n *nesting) passes(outer, d *elementExpr) bool {
	o, x := outer.el, d.el
	switch {
	case x.name == "template":
		return false
	case o.ns != nsHTML:
		return !integration.has(x.name)
	case tableContent[o.name] != "":
		return false
	}
	r := refuses[o.name]
	return !r.direct && !r.until.has(x.name)
}

func list(names string) string { return strings.ReplaceAll(names, " ", ", ") }

// tableContent is what stands directly in parts of a table; everything else is moved.
var tableContent = map[string]string{
	"table": "caption colgroup thead tbody tfoot tr", "thead": "tr", "tbody": "tr", "tfoot": "tr", "tr": "td th", "colgroup": "col",
}

// tableOnly are elements that are left out elsewhere, with where they may stand.
var tableOnly = map[string]string{
	"tr": "table thead tbody tfoot", "td": "tr", "th": "tr", "thead": "table", "tbody": "table", "tfoot": "table",
	"caption": "table", "colgroup": "table", "col": "colgroup",
}

// refusal is what ends an element when it comes within it: anywhere, or directly in it, up to elements that set it apart.
type refusal struct {
	names  set
	direct bool
	until  set
}

const scopes = "applet caption html table td th marquee object template svg math "

const headings = "h1 h2 h3 h4 h5 h6"

// specialElements end the search for an open li, dt or dd ("Special" in "The stack of open elements", without address, div and p).
const specialElements = `applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd details
	dir dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img input keygen
	li link listing main marquee menu meta nav noembed noframes noscript object ol param plaintext pre script search section select source
	style summary table tbody td template textarea tfoot th thead title tr track ul wbr xmp svg math`

var refuses = map[string]refusal{
	"p": {names: newSet(`address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure footer form header hgroup hr
		li listing main menu nav ol p plaintext pre search section summary table ul xmp`, headings), until: newSet(scopes, "button")},
	"a":      {names: newSet("a"), until: newSet("applet object marquee template td th caption svg math")},
	"nobr":   {names: newSet("nobr"), until: newSet(scopes)},
	"button": {names: newSet("button"), until: newSet(scopes)},
	"form":   {names: newSet("form"), until: newSet("template")},
	"li":     {names: newSet("li"), until: newSet(specialElements)},
	"dd":     {names: newSet("dd dt"), until: newSet(specialElements)},
	"dt":     {names: newSet("dd dt"), until: newSet(specialElements)},
	"select": {names: newSet("select input textarea"), until: newSet(scopes)},
	"option": {names: newSet("option optgroup hr"), direct: true}, "optgroup": {names: newSet("optgroup hr"), direct: true},
	"h1": {names: newSet(headings), direct: true}, "h2": {names: newSet(headings), direct: true}, "h3": {names: newSet(headings), direct: true},
	"h4": {names: newSet(headings), direct: true}, "h5": {names: newSet(headings), direct: true}, "h6": {names: newSet(headings), direct: true},
	"rt": {names: newSet("rb rt rp rtc"), direct: true}, "rp": {names: newSet("rb rt rp rtc"), direct: true}, "rb": {names: newSet("rb rt rp rtc"), direct: true},
	"rtc": {names: newSet("rb rtc"), direct: true},
}

// breaksOut are the elements that end svg and math ("The rules for parsing tokens in foreign content").
var breaksOut = newSet(`b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta
	nobr ol p pre ruby s small span strong strike sub sup table tt u ul var`)

// integration are the elements of svg and math in which HTML goes on.
var integration = newSet("foreignObject desc title mi mo mn ms mtext annotation-xml")
