package page

import (
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// SentDefinition is a definition whose source browsers may get, as frames call it there.
type SentDefinition struct {
	Name  string
	Place string // file:line:col of the name
	// Reads lists what a component reads of arguments that are lists or dicts, as "user: name, home.town"; of the
	// others everything goes along. It is sorted by parameters as they are declared.
	Reads []string
}

// Sent lists the definitions that browsers may get, each after those that it reaches.
func (a *App) Sent() []SentDefinition {
	s := a.current()
	var comps []*sx.Component
	add := func(list []*sx.Component) {
		for _, c := range list {
			if !slices.Contains(comps, c) {
				comps = append(comps, c)
			}
		}
	}
	for _, l := range s.live {
		for _, d := range l.slots {
			add(d.comps)
		}
	}
	for _, x := range s.markups {
		add(x.comps)
	}
	for _, p := range s.pages {
		if p.content != nil && (s.anyWire || p.wire == "sx") {
			s.prog.VisitCalls(p.content.fn.Expr(), func(c *sx.CompCall) {
				if c.Comp.Target(s.prog) == "client" {
					add([]*sx.Component{c.Comp})
				}
			})
		}
	}
	var out []SentDefinition
	for _, d := range s.prog.Reached(comps...) {
		sent := SentDefinition{Name: d.Name, Place: placeOf(d.Site)}
		if c := d.Component(); c != nil {
			for _, p := range c.Params() {
				if paths := s.prog.Reads(c, p).Paths(); len(paths) > 0 {
					sent.Reads = append(sent.Reads, p+": "+strings.Join(paths, ", "))
				}
			}
		}
		out = append(out, sent)
	}
	return out
}
