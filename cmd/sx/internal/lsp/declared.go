package lsp

import (
	"slices"
	"strings"
)

// Names that are no names of the language: pages, handlers and actions, which (url-for …) goes by, and guards, which :auth
// goes by. They are found by the shape of the text.

// declaration is a place at which such a name is declared or used.
type declaration struct {
	kind  string // "page" or "guard"
	name  string
	at    *node // the name alone, without quotes or a colon
	binds bool
}

var declaring = map[string]string{
	"defpage": "page", "defhandler": "page", "defaction": "page", "defguard": "guard",
}

// declarations lists those of a file, in their order.
func (f *file) declarations() []declaration {
	t := f.tree()
	var out []declaration
	add := func(kind string, n *node, binds bool) {
		start, end := n.start, n.end
		switch {
		case n.kind == nodeQuote && len(n.items) == 1 && n.items[0].kind == nodeSymbol:
			start = n.items[0].start
		case n.kind == nodeKeyword:
			start++
		case n.kind == nodeString && !n.open && t.text[n.start] == '"':
			start, end = start+1, end-1
		case n.kind != nodeSymbol:
			return
		}
		if name := t.text[start:end]; name != "" && !strings.ContainsAny(name, "\\ ") {
			out = append(out, declaration{kind, name, &node{kind: nodeSymbol, start: start, end: end}, binds})
		}
	}
	var walk func(n *node)
	walk = func(n *node) {
		if n.kind == '(' {
			items := n.data()
			head := t.head(n)
			if kind := declaring[head]; kind != "" && len(items) > 1 && items[1].kind == nodeSymbol {
				add(kind, items[1], true)
				for i := 2; i+1 < len(items); i++ {
					if t.of(items[i]) != ":auth" {
						continue
					}
					guards := []*node{items[i+1]}
					if guards[0].list() {
						guards = guards[0].data()
					}
					for _, g := range guards {
						if t.of(g) != ":public" {
							add("guard", g, false)
						}
					}
				}
			}
			if head == "url-for" && len(items) > 1 && items[1].kind != nodeSymbol {
				add("page", items[1], false)
			}
		}
		for _, x := range n.items {
			walk(x)
		}
	}
	for _, n := range t.top {
		walk(n)
	}
	slices.SortStableFunc(out, func(a, b declaration) int { return a.at.start - b.at.start })
	return out
}

// declarationAt returns the one at an offset, or nil.
func (f *file) declarationAt(offset int) *declaration {
	for _, d := range f.declarations() {
		if offset >= d.at.start && offset <= d.at.end {
			return &d
		}
	}
	return nil
}

// declarationUses returns every place of the name that is declared or used at an offset.
func (ix *index) declarationUses(f *file, offset int) (out []ref) {
	d := f.declarationAt(offset)
	if d == nil {
		return nil
	}
	for _, g := range ix.sorted() {
		if !strings.Contains(g.text().s, d.name) {
			continue
		}
		for _, e := range g.declarations() {
			if e.kind == d.kind && e.name == d.name {
				out = append(out, ref{g, e.at.start, e.at.end, e.binds, nil})
			}
		}
	}
	return out
}

// declared returns where the name at an offset is declared, or nil.
func (ix *index) declared(f *file, offset int) *ref {
	for _, r := range ix.declarationUses(f, offset) {
		if r.binds {
			return &r
		}
	}
	return nil
}

// sorted returns the files that are on disk or open, by name.
func (ix *index) sorted() []*file {
	var out []*file
	for _, f := range ix.files {
		if f.uri != "" {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *file) int { return strings.Compare(a.name, b.name) })
	return out
}
