package render

import (
	"slices"

	"github.com/sx-framework/sxgo/sx"
)

// Host is what a page gives to the rendering of its markup, as sx.Machine.Host. All fields may be left zero.
// A Host belongs to one evaluation; the body of a boundary gets one of its own, see Fork.
type Host struct {
	Nonce   string                       // for the script, style and link elements written in source
	Runner  Runner                       // streams boundaries; nil: they are rendered in place
	Hoist   bool                         // title and meta elements outside of head are taken out and collected
	OnError func(b *Boundary, err error) // told about boundaries that failed, rendered in place
	App     any                          // the page layer's own

	// Slot gives what a slot without a body shows now, as HTML; false: its fallback. It may be nil.
	Slot func(id string) ([]byte, bool)

	Title   string   // the last title element that was hoisted, with its tags
	Metas   []string // the meta elements that were hoisted, in order
	HeadEnd int      // offset of </head> in the output, 0 when no head was written
	BodyEnd int      // offset of </body> in the output, 0 when no body was written

	inHead bool
	segs   []segment       // large constants that stand between parts of the output
	apart  bool            // they may be kept out of it
	needs  []*sx.Component // whose calls stand in wire text
	spread bool            // one of them may give a spread for the element around it
}

// Needs returns the components that calls in the wire text written so far name; the browser needs their
// definitions, see Renderer.Definitions.
func (h *Host) Needs() []*sx.Component { return h.needs }

func (h *Host) need(c *sx.Component) {
	if !slices.Contains(h.needs, c) {
		h.needs = append(h.needs, c)
	}
}

// hostIsWire reports whether m writes wire text.
func hostIsWire(m *sx.Machine) bool { return m.Dest().Wire() }

// hostOf returns the host of an evaluation, or nil.
func hostOf(m *sx.Machine) *Host {
	h, _ := m.Host.(*Host)
	return h
}

// Fork returns a host for a part of the page that is evaluated on its own.
func (h *Host) Fork() *Host {
	return &Host{Nonce: h.Nonce, Runner: h.Runner, Hoist: h.Hoist, OnError: h.OnError, App: h.App, Slot: h.Slot}
}

// reset readies the host of a worker for another rendering.
func (h *Host) reset() {
	if len(h.segs) > 0 {
		clear(h.segs)
		h.segs = h.segs[:0]
	}
	h.HeadEnd, h.BodyEnd, h.inHead = 0, 0, false
}

// mostHoisted bounds what a page can collect, so that a loop full of meta elements ends as an error and not
// as memory.
const mostHoisted = 1000

func (h *Host) hoist(s string, title bool) {
	switch {
	case title:
		h.Title = s
	case len(h.Metas) < mostHoisted:
		h.Metas = append(h.Metas, s)
	}
}
