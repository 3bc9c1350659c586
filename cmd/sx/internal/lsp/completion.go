package lsp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

const itemsMost = 300 // of one answer; more typing brings the rest

// completion is answered from the text as it is and the last analysis, so that it never waits for one, but for the first.
func (s *server) completion(r *request) {
	p := &positionParams{}
	if err := r.decode(p); err != nil {
		r.answer(nil, err)
		return
	}
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		r.answer(nil, nil)
		return
	}
	t, txt, offset := d.tree(), d.text, d.text.offset(p.Position, s.enc)
	s.withLatest(d.root, func(ix *index) {
		r.guard(func() { r.answer(ix.complete(t, txt, offset, s.enc), nil) })
	})
}

// withLatest calls f with the last analysis of a root, or with the first when there is none yet.
func (s *server) withLatest(r *root, f func(*index)) {
	switch {
	case r == nil:
		f(newIndex(&root{}, &job{}, &sx.Program{}, nil, nil))
	case r.latest.Load() != nil:
		f(r.latest.Load())
	default:
		s.after(r, f)
	}
}

// completer collects the items of one answer.
type completer struct {
	ix    *index
	tree  *tree
	edit  Range
	word  string
	items []completionItem
	most  bool // some were left out
	seen  map[string]bool
}

// complete lists what can stand at an offset.
func (ix *index) complete(t *tree, txt *text, offset int, enc encoding) completionList {
	c := &completer{ix: ix, tree: t, seen: map[string]bool{}}
	path := t.path(offset)
	start, end := offset, offset
	var in *node // the list around
	for i := len(path) - 1; i >= 0; i-- {
		n := path[i]
		switch {
		case n.kind == nodeComment && offset > n.start:
			return completionList{Items: []completionItem{}}
		case n.kind == nodeString:
			if i > 0 && t.head(path[i-1]) == "url-for" && !n.open {
				c.edit, c.word = txt.span(n.start+1, n.end-1, enc), t.text[n.start+1:offset]
				c.pages()
			}
			return c.list()
		case n.list():
			in = n
		case n.kind != nodeQuote && i == len(path)-1:
			start, end = n.start, n.end
			continue
		default:
			continue
		}
		break
	}
	c.word, c.edit = t.text[start:offset], txt.span(start, end, enc)
	if in == nil { // at the top of a file
		c.definitions("(")
		return c.list()
	}
	items := in.data()
	before := slices.IndexFunc(items, func(n *node) bool { return n.end >= offset })
	if before < 0 {
		before = len(items)
	}
	head := t.head(in)
	switch {
	case c.naming(path, in, before):
		// a new name
	case in.kind == '(' && before == 0:
		c.heads(path, in, offset)
	case strings.HasPrefix(c.word, ":") && before > 0 && t.of(items[before-1]) == ":auth":
		c.guards(":")
	case strings.HasPrefix(c.word, ":"):
		c.keywords(path, in, items, before)
	default:
		if before > 0 {
			switch prev := t.of(items[before-1]); {
			case prev == ":auth":
				c.guards(":")
				return c.list()
			case prev == ":as":
				for _, name := range parameterTypes {
					c.add(name, itemKeyword, "type", "", "0")
				}
				return c.list()
			case prev == ":layout":
				c.components()
				return c.list()
			}
		}
		if c.word == "" && head != "" {
			c.keywords(path, in, items, before)
		}
		c.values(path, offset)
	}
	return c.list()
}

func (c *completer) list() completionList {
	slices.SortStableFunc(c.items, func(a, b completionItem) int {
		return cmp.Or(strings.Compare(a.SortText, b.SortText), strings.Compare(a.Label, b.Label))
	})
	if len(c.items) > itemsMost {
		c.items, c.most = c.items[:itemsMost], true
	}
	if c.items == nil {
		c.items = []completionItem{}
	}
	return completionList{IsIncomplete: c.most, Items: c.items}
}

// add adds an item when it fits what is typed. rank orders the groups.
func (c *completer) add(name string, kind int, detail, doc, rank string) {
	c.addAs(name, name, kind, detail, doc, rank)
}

func (c *completer) addAs(name, insert string, kind int, detail, doc, rank string) {
	fits := matches(name, c.word)
	if fits == 0 || c.seen[name] {
		return
	}
	c.seen[name] = true
	edit := c.edit
	item := completionItem{Label: name, Kind: kind, Detail: detail, FilterText: insert, TextEdit: &TextEdit{edit, insert}}
	item.SortText = string(rune('0'+4-fits)) + rank + name
	if doc != "" {
		item.Documentation = &markup{"markdown", doc}
	}
	c.items = append(c.items, item)
}

// matches tells how well a name fits what is typed: 3 as its beginning, 2 somewhere, 1 letter by letter, 0 not.
func matches(name, word string) int {
	n, w := strings.ToLower(strings.TrimLeft(name, "~:")), strings.ToLower(strings.TrimLeft(word, "~:("))
	if strings.HasPrefix(word, "~") != strings.HasPrefix(name, "~") && strings.HasPrefix(word, "~") {
		return 0
	}
	switch {
	case strings.HasPrefix(n, w):
		return 3
	case strings.Contains(n, w):
		return 2
	}
	for i := 0; i < len(n) && w != ""; i++ {
		if n[i] == w[0] {
			w = w[1:]
		}
	}
	if w == "" {
		return 1
	}
	return 0
}

// definitions offers the forms that stand at the top of a file; open is put before each.
func (c *completer) definitions(open string) {
	for _, d := range definitionForms {
		c.addAs(d.name, open+d.name, itemKeyword, d.usage, d.doc, "0")
	}
	for _, d := range c.ix.prog.Definitions() {
		if s := d.Signature(); s.Kind == "macro" {
			c.addAs(d.Name, open+d.Name, itemFunction, usage(d), s.Doc, "1")
		}
	}
}

// heads offers what can stand at the head of a form.
func (c *completer) heads(path []*node, in *node, offset int) {
	if len(path) > 0 && path[0] == in {
		c.definitions("")
		return
	}
	if len(path) > 1 && path[1] == in && c.tree.head(path[0]) == "defsuite" {
		c.add("deftest", itemKeyword, "(deftest name body …)", "Defines a test.", "0")
		c.add("defsuite", itemKeyword, "(defsuite name deftest …)", "Groups tests.", "0")
		return
	}
	c.names(path, offset, true)
	for _, s := range c.ix.prog.Specials() {
		if definitionFormOf(s.Name) == nil || s.Name == "define" {
			c.add(s.Name, itemKeyword, s.Usage, s.Doc, "3")
		}
	}
	for _, name := range elements {
		c.add(name, itemProperty, "("+name+" :attribute value … child …)", "", "3")
	}
}

// values offers what has a value.
func (c *completer) values(path []*node, offset int) { c.names(path, offset, false) }

// names offers locals, definitions and primitives.
func (c *completer) names(path []*node, offset int, head bool) {
	for _, l := range c.tree.locals(path, offset) {
		c.add(l.name, itemVariable, l.about, "", "1")
	}
	for _, d := range c.ix.prog.Definitions() {
		if matches(d.Name, c.word) == 0 || c.internal(d) {
			continue
		}
		switch s := d.Signature(); s.Kind {
		case "component":
			if head || strings.HasPrefix(c.word, "~") {
				c.add(d.Name, itemClass, usage(d), s.Doc, "2")
			}
		case "macro":
			if head {
				c.add(d.Name, itemFunction, usage(d), s.Doc, "2")
			}
		case "function":
			c.add(d.Name, itemFunction, usage(d), s.Doc, "2")
		default:
			c.add(d.Name, itemVariable, s.Doc, "", "2")
		}
	}
	for _, p := range c.ix.prog.Primitives() {
		if !strings.HasSuffix(p.Name, "*") || p.Name == "*" {
			c.add(p.Name, itemFunction, p.Usage, p.Doc, "4")
		}
	}
}

// internal reports whether a definition is the framework's own.
func (c *completer) internal(d *sx.Def) bool {
	src, _ := d.Site.Place()
	return src == nil || c.ix.root.file(src.Name) == ""
}

// naming reports whether what is typed is a name that is being made up, or a mark in a parameter list, which is offered.
func (c *completer) naming(path []*node, in *node, before int) bool {
	head := c.tree.head(in)
	switch {
	case strings.HasPrefix(head, "def") && before == 1, (head == "let" || head == "catch") && before == 1 && c.word != "":
		return true
	case c.isParamList(path, in) || strings.HasPrefix(head, "&"):
		for _, mark := range []string{"&key", "&rest", "&rest-attrs"} {
			if !strings.Contains(c.tree.of(in), mark+" ") {
				c.add(mark, itemKeyword, "", "", "0")
			}
		}
		return true
	}
	// (let ((name value) …)) and (let (name value …))
	i := slices.Index(path, in)
	isLet := func(k int) bool {
		h := ""
		if k >= 0 && path[k].kind == '(' {
			h = c.tree.head(path[k])
		}
		return h == "let" || h == "let*" || h == "letrec"
	}
	if i >= 2 && isLet(i-2) && before == 0 {
		if list := path[i-1]; list == c.bindings(path[i-2]) {
			return true
		}
	}
	return i >= 1 && isLet(i-1) && in == c.bindings(path[i-1]) && before%2 == 0 && (len(in.data()) == 0 || !in.data()[0].list())
}

// bindings returns the list of a let's bindings, or nil.
func (c *completer) bindings(let *node) *node {
	items := let.data()
	for _, n := range items[1:min(len(items), 3)] {
		if n.kind == '(' {
			return n
		}
	}
	return nil
}

// isParamList reports whether a list declares the parameters of a function or component.
func (c *completer) isParamList(path []*node, in *node) bool {
	i := slices.Index(path, in)
	if i < 1 || path[i-1].kind != '(' {
		return false
	}
	at := slices.Index(path[i-1].data(), in)
	switch c.tree.head(path[i-1]) {
	case "fn", "lambda":
		return at == 1
	case "defcomp", "defmacro":
		return at == 2
	case "define":
		return at == 1 && len(in.data()) > 1
	}
	return false
}

func (c *completer) components() {
	for _, d := range c.ix.prog.Definitions() {
		if d.Component() != nil && !c.internal(d) {
			c.add(d.Name, itemClass, usage(d), d.Doc, "2")
		}
	}
}

// keywords offers those that the form takes and does not have yet.
func (c *completer) keywords(path []*node, in *node, items []*node, before int) {
	given := map[string]bool{}
	for i, n := range items {
		if n.kind == nodeKeyword && i != before {
			given[c.tree.of(n)] = true
		}
	}
	if before > 0 && items[before-1].kind == nodeKeyword && takesValue(items, before-1) {
		return // here stands the value of one
	}
	if c.inParams(path, in) {
		for _, a := range annotations {
			if !given[":"+a.name] {
				c.add(":"+a.name, itemKeyword, "", a.doc, "0")
			}
		}
		return
	}
	for i, k := range c.ix.keywordsOf(c.tree.head(in), c.tree, in) {
		if given[":"+k.name] {
			continue
		}
		rank := fmt.Sprintf("01%03d", i) // in the order of the parameters, or of the table
		if k.required {
			rank = fmt.Sprintf("00%03d", i)
		}
		c.add(":"+k.name, itemField, cmp.Or(k.detail, k.of), k.doc, rank)
	}
}

// takesValue reports whether the keyword at i is followed by its value, and is not a value itself.
func takesValue(items []*node, i int) bool {
	n := 0
	for ; i >= 1 && items[i].kind == nodeKeyword; i-- {
		n++
	}
	return n%2 == 1
}

// inParams reports whether a list is the declaration of one parameter.
func (c *completer) inParams(path []*node, in *node) bool {
	i := slices.Index(path, in)
	if i < 1 || path[i-1].kind != '(' {
		return false
	}
	return c.tree.isParams(path[i-1]) || c.isParamList(path, path[i-1])
}

// pages offers the names that url-for takes.
func (c *completer) pages() {
	for _, f := range c.ix.sorted() {
		for _, d := range f.declarations() {
			if d.kind == "page" && d.binds {
				c.add(d.name, itemValue, "page, handler or action", "", "0")
			}
		}
	}
}

// guards offers the names that :auth takes.
func (c *completer) guards(mark string) {
	for _, f := range c.ix.sorted() {
		for _, d := range f.declarations() {
			if d.kind == "guard" && d.binds {
				c.add(mark+d.name, itemValue, "guard", "", "0")
			}
		}
	}
	c.add(mark+"public", itemValue, "no guard", "", "1")
}
