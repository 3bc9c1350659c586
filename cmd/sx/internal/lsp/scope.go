package lsp

import (
	"slices"
	"strings"
)

// What can be named at a place, by the shape of the text: while somebody types, the analysis is of a moment ago.

// local is a name that can be used at a place.
type local struct{ name, about string }

// locals lists the names bound around an offset, innermost first. path is what holds the offset.
func (t *tree) locals(path []*node, offset int) []local {
	var out []local
	add := func(name, about string) {
		if name != "" && name[0] != '&' && !slices.ContainsFunc(out, func(l local) bool { return l.name == name }) {
			out = append(out, local{name, about})
		}
	}
	for i := len(path) - 1; i >= 0; i-- {
		n := path[i]
		if n.kind != '(' {
			continue
		}
		items := n.data()
		head := t.head(n)
		switch head {
		case "let", "let*", "letrec":
			at := 1
			if len(items) > 1 && items[1].kind == nodeSymbol { // a loop
				add(t.of(items[1]), "loop")
				at = 2
			}
			if at < len(items) && (items[at].kind == '(' || items[at].kind == '[') {
				t.letNames(items[at], offset, head == "letrec" || offset > items[at].end && !items[at].open, add)
			}
		case "fn", "lambda":
			if len(items) > 1 {
				t.paramNames(items[1], add)
			}
		case "define":
			if len(items) > 1 && items[1].kind == '(' {
				if sig := items[1].data(); len(sig) > 0 {
					t.paramNames(&node{kind: '(', items: sig[1:]}, add)
					add(t.name(sig[0]), "function")
				}
			}
		case "defcomp", "defmacro":
			if len(items) > 2 {
				t.paramNames(items[2], add)
				if head == "defcomp" && strings.Contains(t.of(items[2]), "&rest ") {
					add("children", "children")
				}
			}
		case "catch":
			if len(items) > 1 {
				add(t.name(items[1]), "error")
			}
		case "match":
			for k := 2; k+1 < len(items); k += 2 {
				if items[k+1].start <= offset && offset <= items[k+1].end {
					t.patternNames(items[k], add)
				}
			}
		}
		if i == 0 {
			for _, g := range t.givenNames(n) {
				if g.in == nil || offset < g.in.start || offset > g.in.end || g.value.end < offset && !g.value.open { // an entry sees those before it
					add(g.name, map[string]string{"data": "from :data", "path": "part of the path", "field": "parameter"}[g.kind])
				}
			}
		}
		if head != "" && i > 0 || strings.HasPrefix(head, "def") {
			for _, x := range items {
				if t.head(x) == "define" && len(x.data()) > 1 {
					d := x.data()[1]
					if h := t.head(d); h != "" {
						add(h, "function")
					} else {
						add(t.name(d), "local name")
					}
				}
			}
		}
	}
	return out
}

// letNames lists the names of a list of bindings: all of them, or those that stand before the offset.
func (t *tree) letNames(list *node, offset int, all bool, add func(name, about string)) {
	items := list.data()
	if len(items) > 0 && items[0].kind == '(' {
		for _, b := range items {
			if pair := b.data(); len(pair) > 0 && (all || b.end <= offset && !b.open) {
				t.patternNames(pair[0], add)
			}
		}
		return
	}
	for i := 0; i+1 < len(items); i += 2 {
		if all || items[i+1].end < offset && !items[i+1].open {
			t.patternNames(items[i], add)
		}
	}
}

func (t *tree) paramNames(list *node, add func(name, about string)) {
	for _, p := range t.params(list) {
		add(t.of(p), "parameter")
	}
}

// patternNames lists the symbols of a pattern.
func (t *tree) patternNames(n *node, add func(name, about string)) {
	if n.kind == nodeSymbol {
		if name := t.of(n); name != "_" {
			add(name, "local name")
		}
	}
	items := n.data()
	if n.kind == '(' && len(items) > 0 {
		items = items[1:]
	}
	for _, x := range items {
		t.patternNames(x, add)
	}
}
