package lsp

import (
	"strings"
)

// The shape of a text that may be broken: what is being typed is open at one end. Brackets and atoms are all there is to
// know; the analysis of what they mean is the loader's.

// Kinds of nodes. A list has the character that opens it.
const (
	nodeSymbol  = 's'
	nodeKeyword = ':'
	nodeString  = '"'
	nodeOther   = 'n'  // numbers, nil, true, false, and what nothing begins with
	nodeQuote   = '\'' // a quote, quasiquote, unquote or #; before a datum
	nodeComment = ';'
)

// node is a datum, or a comment.
type node struct {
	kind       byte
	start, end int
	items      []*node
	open       bool // a list or string without its end
}

func (n *node) list() bool { return n.kind == '(' || n.kind == '[' || n.kind == '{' }

// tree is a text as data.
type tree struct {
	text   string
	top    []*node
	stray  []int // closing brackets that close nothing
	broken bool  // something is open, or closed by the wrong bracket
}

// parse reads a text. When brackets do not match, a bracket at the left margin ends everything that is open: people start
// definitions there.
func parse(text string) *tree {
	t := scan(text, false)
	if t.broken {
		t = scan(text, true)
		t.broken = true
	}
	return t
}

type shaper struct {
	tree   *tree
	open   []*node // lists and quotes around what comes next
	margin bool
}

func scan(text string, margin bool) *tree {
	s := &shaper{tree: &tree{text: text}, margin: margin}
	for i := 0; i < len(text); {
		i = s.next(i)
	}
	s.closeAll(len(text))
	return s.tree
}

// next reads what begins at i and gives where it ends.
func (s *shaper) next(i int) int {
	text := s.tree.text
	switch c := text[i]; c {
	case ' ', '\t', '\n', '\r', '\f', '\v':
		return i + 1
	case ';':
		end := i + lineLength(text[i:])
		s.add(&node{kind: nodeComment, start: i, end: end})
		return end
	case '(', '[', '{':
		if s.margin && c == '(' && (i == 0 || text[i-1] == '\n') {
			s.closeAll(i)
		}
		s.open = append(s.open, &node{kind: c, start: i})
		return i + 1
	case ')', ']', '}':
		s.close(i, c)
		return i + 1
	case '\'', '`', ',':
		end := i + 1
		if c == ',' && strings.HasPrefix(text[end:], "@") {
			end++
		}
		s.open = append(s.open, &node{kind: nodeQuote, start: i})
		return end
	case '"':
		end, closed := stringEnd(text, i)
		if !closed {
			s.tree.broken = true
			if s.margin {
				end = i + lineLength(text[i:])
			}
		}
		s.add(&node{kind: nodeString, start: i, end: end, open: !closed})
		return end
	case '#':
		switch {
		case strings.HasPrefix(text[i:], "#|"):
			n := strings.IndexByte(text[i+2:], '|')
			if n < 0 {
				s.tree.broken = true
				end := len(text)
				if s.margin {
					end = i + lineLength(text[i:])
				}
				s.add(&node{kind: nodeString, start: i, end: end, open: true})
				return end
			}
			s.add(&node{kind: nodeString, start: i, end: i + 2 + n + 1})
			return i + 2 + n + 1
		case strings.HasPrefix(text[i:], "#;"), strings.HasPrefix(text[i:], "#'"):
			s.open = append(s.open, &node{kind: nodeQuote, start: i})
			return i + 2
		}
	}
	end := i + atomLength(text[i:])
	s.add(&node{kind: atomKind(text[i:end]), start: i, end: end})
	return end
}

// add puts a finished datum where it belongs.
func (s *shaper) add(n *node) {
	for len(s.open) > 0 {
		top := s.open[len(s.open)-1]
		top.items = append(top.items, n)
		if top.kind != nodeQuote || n.kind == nodeComment {
			return
		}
		s.open = s.open[:len(s.open)-1]
		top.end = n.end
		n = top
	}
	s.tree.top = append(s.tree.top, n)
}

// close ends the innermost list, when that is what the bracket closes.
func (s *shaper) close(i int, c byte) {
	for len(s.open) > 0 && s.open[len(s.open)-1].kind == nodeQuote { // a quote of nothing
		s.tree.broken = true
		s.finish(i)
	}
	if len(s.open) == 0 || closing(s.open[len(s.open)-1].kind) != c {
		s.tree.broken = true
		s.tree.stray = append(s.tree.stray, i)
		return
	}
	n := s.open[len(s.open)-1]
	n.end = i + 1
	s.open = s.open[:len(s.open)-1]
	s.add(n)
}

// finish ends the innermost list or quote, which is open.
func (s *shaper) finish(i int) {
	n := s.open[len(s.open)-1]
	n.end, n.open = i, true
	if last := len(n.items) - 1; last >= 0 {
		n.end = max(i, n.items[last].end) // a string that is open ends with its line, blanks included
	}
	s.open = s.open[:len(s.open)-1]
	s.add(n)
}

func (s *shaper) closeAll(i int) {
	end := len(strings.TrimRight(s.tree.text[:i], " \t\r\n"))
	for len(s.open) > 0 {
		s.tree.broken = true
		s.finish(max(end, s.open[len(s.open)-1].start+1))
	}
}

func closing(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

func lineLength(s string) int {
	if n := strings.IndexAny(s, "\r\n"); n >= 0 {
		return n
	}
	return len(s)
}

func stringEnd(s string, i int) (end int, closed bool) {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return len(s), false
}

const delimiters = " \t\n\r\f\v()[]{}\"';`,"

func atomLength(s string) int {
	if n := strings.IndexAny(s[1:], delimiters); n >= 0 {
		return n + 1
	}
	return len(s)
}

func atomKind(s string) byte {
	switch c := s[0]; {
	case c == ':':
		return nodeKeyword
	case c >= '0' && c <= '9', s == "nil", s == "true", s == "false", c == '#':
		return nodeOther
	case (c == '-' || c == '+' || c == '.') && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
		return nodeOther
	}
	return nodeSymbol
}

// of returns the text of a node.
func (t *tree) of(n *node) string { return t.text[n.start:n.end] }

// path returns the nodes that hold an offset, outermost first. An atom holds the offsets at both of its ends; a list only
// those between its brackets, and the end of the text when it is open.
func (t *tree) path(offset int) []*node {
	var out []*node
	items := t.top
	for {
		n := at(items, offset)
		if n == nil {
			return out
		}
		out = append(out, n)
		items = n.items
	}
}

// at returns the item that holds an offset.
func at(items []*node, offset int) *node {
	lo, hi := 0, len(items)
	for lo < hi { // the last that begins at offset or before
		if mid := (lo + hi) / 2; items[mid].start <= offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for i := lo - 1; i >= 0 && i >= lo-2; i-- {
		n := items[i]
		switch {
		case n.open:
			if offset > n.start && (offset <= n.end || i == len(items)-1) {
				return n
			}
		case n.list():
			if offset > n.start && offset < n.end {
				return n
			}
		case n.kind == nodeString:
			if offset > n.start && offset < n.end {
				return n
			}
		case offset <= n.end:
			return n
		}
	}
	return nil
}

// data returns the items without comments.
func (n *node) data() []*node {
	for i, x := range n.items {
		if x.kind == nodeComment {
			out := append([]*node(nil), n.items[:i]...)
			for _, y := range n.items[i:] {
				if y.kind != nodeComment {
					out = append(out, y)
				}
			}
			return out
		}
	}
	return n.items
}

// head returns the name at the head of a list, or "".
func (t *tree) head(n *node) string {
	if n.kind != '(' {
		return ""
	}
	if items := n.data(); len(items) > 0 && items[0].kind == nodeSymbol {
		return t.of(items[0])
	}
	return ""
}

// name returns the name of a symbol, or "".
func (t *tree) name(n *node) string {
	if n.kind != nodeSymbol {
		return ""
	}
	return t.of(n)
}

// topAt returns the form at top level that holds an offset, or nil.
func (t *tree) topAt(offset int) *node {
	for _, n := range t.top {
		if offset >= n.start && offset <= n.end && n.kind != nodeComment {
			return n
		}
	}
	return nil
}
