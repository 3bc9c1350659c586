package page

import (
	"maps"
	"slices"

	"github.com/sx-framework/sxgo/sx"
)

// The id of a boundary stands on a page once: what comes late finds its place by it. Literal ids that a page holds twice
// are reported when it is loaded, unless the two exclude each other: those of its own forms, and those that a component
// which stands there always has. Others, which are computed or depend on what a component is given, are found when the
// page is rendered (stream.Start).

// slotIDs are the places of literal ids on a page: of the boundary, or of the call of the component that holds it.
type slotIDs map[string]*sx.Site

// idCheck looks for ids that stand twice.
type idCheck struct {
	held     map[*sx.Component][]heldID // nil while it is being found: the component calls itself
	repeated func(holder, id string, at, first *sx.Site)
}

// heldID is a literal id that a component always has.
type heldID struct {
	id string
	at *sx.Site
}

// checkIDs reports literal ids of boundaries that stand twice in e.
func checkIDs(a *sx.Analyzer, where string, e sx.Expr) {
	c := &idCheck{held: map[*sx.Component][]heldID{}}
	c.repeated = func(holder, id string, at, first *sx.Site) {
		if holder != "" {
			a.Errorf(at, sx.DuplicateError, "%s: %s has a boundary with the id %q, and one is on the page already: at %s", where, holder, id, placeOf(first))
			return
		}
		a.Errorf(at, sx.DuplicateError, "%s: a boundary with the id %q is on the page already: at %s", where, id, placeOf(first))
	}
	c.visit(slotIDs{}, e)
}

// slotOf gives the literal id of a boundary.
func slotOf(e sx.Expr) (id string, at *sx.Site, ok bool) {
	if b, is := e.(interface {
		LiteralSlot() (string, *sx.Site, bool)
	}); is {
		return b.LiteralSlot()
	}
	return "", nil, false
}

// ids gives the literal ids that a component always has, with those of the components in it.
func (c *idCheck) ids(comp *sx.Component) []heldID {
	if list, ok := c.held[comp]; ok || comp.Body() == nil {
		return list
	}
	c.held[comp] = nil
	var list []heldID
	sx.Certain(comp.Body(), func(e sx.Expr) {
		if id, at, ok := slotOf(e); ok {
			list = append(list, heldID{id, at})
		}
		if call, ok := e.(*sx.CompCall); ok {
			for _, in := range c.ids(call.Comp) {
				list = append(list, heldID{in.id, call.Site()})
			}
		}
	})
	c.held[comp] = list
	return list
}

// note notes what e itself puts on the page.
func (c *idCheck) note(s slotIDs, e sx.Expr) {
	if id, at, ok := slotOf(e); ok {
		if first := s[id]; first != nil && first != at {
			c.repeated("", id, at, first)
		} else {
			s[id] = at
		}
	}
	call, ok := e.(*sx.CompCall)
	if !ok {
		return
	}
	inside := slotIDs{}
	for _, in := range c.ids(call.Comp) {
		switch first := s[in.id]; {
		case inside[in.id] != nil && inside[in.id] != in.at:
			c.repeated(call.Comp.Name, in.id, call.Site(), inside[in.id])
		case first != nil && first != call.Site():
			c.repeated(call.Comp.Name, in.id, call.Site(), first)
		default:
			s[in.id] = call.Site()
		}
		inside[in.id] = in.at
	}
}

// visit notes the ids in e. Of the branches of a control form one is taken, so each is held against what stands
// outside of them alone.
func (c *idCheck) visit(s slotIDs, e sx.Expr) {
	branches := sx.Branches(e)
	if len(branches) < 2 {
		c.note(s, e)
		e.Walk(func(x sx.Expr) { c.visit(s, x) })
		return
	}
	var outside func(x sx.Expr)
	outside = func(x sx.Expr) {
		switch {
		case slices.Contains(branches, x):
		case slices.ContainsFunc(sx.Branches(x), func(b sx.Expr) bool { return slices.Contains(branches, b) }):
			x.Walk(outside) // a control form between e and its branches
		default:
			c.visit(s, x)
		}
	}
	e.Walk(outside)
	all := slotIDs{}
	for _, b := range branches {
		own := maps.Clone(s)
		c.visit(own, b)
		maps.Copy(all, own)
	}
	maps.Copy(s, all)
}
