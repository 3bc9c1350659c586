package pagetest

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Element is an element of a page.
type Element struct {
	p    *Page
	node *html.Node
}

// Find returns the first element that a selector finds; the test fails when there is none. Selectors are
// those of CSS, with these parts: tag, #id, .class, [attr], [attr=value], and blanks for descendants.
func (e Element) Find(selector string) Element {
	e.p.b.t.Helper()
	n := e.first(selector)
	if n == nil {
		e.p.b.t.Fatalf("pagetest: %s has no %s:\n%s", e.p.URL, selector, e.HTML())
	}
	return Element{e.p, n}
}

// Has reports whether a selector finds something.
func (e Element) Has(selector string) bool { return e.first(selector) != nil }

// All gives every element that a selector finds, in the order of the page.
func (e Element) All(selector string) []Element {
	var out []Element
	for _, n := range e.matches(selector) {
		out = append(out, Element{e.p, n})
	}
	return out
}

// Text returns the text within the element, blanks collapsed.
func (e Element) Text() string {
	if e.node == nil {
		return ""
	}
	return strings.Join(strings.Fields(text(e.node)), " ")
}

// Attr returns an attribute's value, "" when it is missing.
func (e Element) Attr(name string) string { return attr(e.node, name) }

// HTML returns the element's markup.
func (e Element) HTML() string {
	if e.node == nil {
		return ""
	}
	var b strings.Builder
	html.Render(&b, e.node)
	return b.String()
}

// Click follows the link, or presses the button, within the element whose text or accessible name is label;
// a selector works too.
func (e Element) Click(label string) *Page {
	t := e.p.b.t
	t.Helper()
	n := one(e.node, func(n *html.Node) bool {
		if n.DataAtom != atom.A && n.DataAtom != atom.Button && !(n.DataAtom == atom.Input && attr(n, "type") == "submit") {
			return false
		}
		return strings.Join(strings.Fields(text(n)), " ") == label || attr(n, "aria-label") == label || attr(n, "value") == label && n.DataAtom == atom.Input
	})
	if n == nil && strings.ContainsAny(label, "#.[") || n == nil && !strings.Contains(label, " ") {
		n = e.first(label)
	}
	if n == nil {
		t.Fatalf("pagetest: %s has no link or button %q", e.p.URL, label)
	}
	if n.DataAtom == atom.A {
		return e.p.b.send("GET", attr(n, "href"), nil, "", e.p.URL.String())
	}
	form := n.Parent
	for form != nil && form.DataAtom != atom.Form {
		form = form.Parent
	}
	if id := attr(n, "form"); id != "" {
		form = one(e.p.node, func(n *html.Node) bool { return n.DataAtom == atom.Form && attr(n, "id") == id })
	}
	if form == nil {
		t.Fatalf("pagetest: %s: the button %q is in no form: without scripts it does nothing", e.p.URL, label)
	}
	return newForm(e.p, form).submit(n)
}

func (e Element) first(selector string) *html.Node {
	if found := e.matches(selector); len(found) > 0 {
		return found[0]
	}
	return nil
}

func (e Element) matches(selector string) []*html.Node {
	if e.node == nil {
		return nil
	}
	steps := strings.Fields(selector)
	return all(e.node, func(n *html.Node) bool {
		if len(steps) == 0 || n == e.node || !matches(n, steps[len(steps)-1]) {
			return false
		}
		i := len(steps) - 2
		for up := n.Parent; up != nil && i >= 0; up = up.Parent {
			if matches(up, steps[i]) {
				i--
			}
		}
		return i < 0
	})
}

// matches reports whether n fits one step of a selector.
func matches(n *html.Node, step string) bool {
	if n.Type != html.ElementNode {
		return false
	}
	for step != "" {
		end := len(step)
		if i := strings.IndexAny(step[1:], "#.["); i >= 0 && step[0] != '[' {
			end = i + 1
		} else if step[0] == '[' {
			end = strings.IndexByte(step, ']') + 1
			if end == 0 {
				return false
			}
		}
		part := step[:end]
		step = step[end:]
		switch part[0] {
		case '#':
			if attr(n, "id") != part[1:] {
				return false
			}
		case '.':
			if !hasWord(attr(n, "class"), part[1:]) {
				return false
			}
		case '[':
			name, value, ok := strings.Cut(part[1:len(part)-1], "=")
			if !has(n, name) || ok && attr(n, name) != strings.Trim(value, `"'`) {
				return false
			}
		default:
			if part != "*" && n.Data != part {
				return false
			}
		}
	}
	return true
}

func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

func all(n *html.Node, ok func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			out = append(out, d)
		}
	}
	return out
}

func one(n *html.Node, ok func(*html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			return d
		}
	}
	return nil
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attr(n *html.Node, name string) string {
	if n != nil {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func remove(n *html.Node, name string) {
	for i, a := range n.Attr {
		if a.Key == name {
			n.Attr = append(n.Attr[:i], n.Attr[i+1:]...)
			return
		}
	}
}
