package page

import (
	"slices"

	"github.com/sx-framework/sxgo/sx"
)

// The id of a boundary stands on a page once: what comes late finds its place by it. Literal ids that a page's own
// forms hold twice are reported when it is loaded, unless the two exclude each other; those that are computed, or
// come from components, when the page is rendered (stream.Start).

// slotIDs are the places of literal ids.
type slotIDs map[string]*sx.Site

// checkIDs reports literal ids of boundaries that stand twice in e.
func checkIDs(a *sx.Analyzer, where string, e sx.Expr) {
	found := slotIDs{}
	found.visit(e, func(id string, at, first *sx.Site) {
		a.Errorf(at, sx.DuplicateError, "%s: a boundary with the id %q is on the page already: at %s", where, id, placeOf(first))
	})
}

// visit notes the ids in e. Of the branches of a control form one is taken, so each is held against what stands
// outside of them alone.
func (s slotIDs) visit(e sx.Expr, repeated func(id string, at, first *sx.Site)) {
	branches := sx.Branches(e)
	if len(branches) < 2 {
		if b, ok := e.(interface {
			LiteralSlot() (string, *sx.Site, bool)
		}); ok {
			if id, at, ok := b.LiteralSlot(); ok {
				if first := s[id]; first != nil && first != at {
					repeated(id, at, first)
				} else {
					s[id] = at
				}
			}
		}
		e.Walk(func(x sx.Expr) { s.visit(x, repeated) })
		return
	}
	var outside func(x sx.Expr)
	outside = func(x sx.Expr) {
		switch {
		case slices.Contains(branches, x):
		case slices.ContainsFunc(sx.Branches(x), func(b sx.Expr) bool { return slices.Contains(branches, b) }):
			x.Walk(outside) // a control form between e and its branches
		default:
			s.visit(x, repeated)
		}
	}
	e.Walk(outside)
	all := slotIDs{}
	for _, b := range branches {
		own := slotIDs{}
		for id, at := range s {
			own[id] = at
		}
		own.visit(b, repeated)
		for id, at := range own {
			all[id] = at
		}
	}
	for id, at := range all {
		s[id] = at
	}
}
