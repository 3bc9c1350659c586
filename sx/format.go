package sx

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"
)

// FormatWidth is the width in characters that Format keeps to where it can.
const FormatWidth = 100

// Format returns src in the one canonical layout. Comments, blank lines (at most one at a time), and the
// spelling of every atom are kept; the result reads back equal, and formatting it again changes nothing. A
// source that cannot be read gives the reader's error.
//
// The layout: a form stays on one line when it was written on one and fits into FormatWidth. Otherwise
// what belongs to the head stays with it (a name, parameters, bindings, a condition, leading attributes) and
// the rest stands below, one item a line, two columns in; then and else of if, and arguments of and, or and
// of operators, stand below the first argument; keywords stay with their values, tests with their results;
// data lists keep their lines.
func Format(src *Source) (string, error) {
	before, _, err := readAll(src, Limits{}.filled().Nesting, false)
	if err != nil {
		return "", err
	}
	// A form that was broken where no break is wanted may fit on a line only after the first pass, which lets
	// the form around it be laid out anew. Passes only remove such breaks, so this ends soon.
	out, last := formatOnce(strings.TrimPrefix(src.Text, "\ufeff")), ""
	for pass := 0; out != last && pass < 1000; pass++ {
		out, last = formatOnce(out), out
	}
	// A formatter that changes a program is worse than none, and reading is cheap.
	after, _, err := readAll(NewSource(src.Name, out), Limits{}.filled().Nesting, false)
	if err != nil || !Equal(ListOf(NewList(before...)), ListOf(NewList(after...))) {
		return "", errors.New(src.Name + ": formatting would change the program; it was left as it is")
	}
	return out, nil
}

func formatOnce(text string) string {
	p := formatParser{text: text}
	f := formatter{}
	f.topLevel(p.items())
	return f.out.String()
}

// fnode is a piece of source: a datum or a comment, as it was written.
type fnode struct {
	kind  byte     // 'a' atom, '(' '[' '{' form, '\'' sugar, '#' discarded datum, ';' comment
	text  string   // of an atom, a comment, or the characters of sugar
	kids  []*fnode // items; for sugar, discarded data and then the datum
	line  bool     // stands on another line than what is before it
	blank bool     // with a blank line between
	flat  int      // columns on one line; -1: cannot be, or was not written, on one line
}

func (n *fnode) datum() bool { return n.kind != ';' && n.kind != '#' }

func (n *fnode) form() bool { return n.kind == '(' || n.kind == '[' || n.kind == '{' }

func (n *fnode) atom(text string) bool { return n.kind == 'a' && n.text == text }

func (n *fnode) keyword() bool { return n.kind == 'a' && n.text[0] == ':' }

func (n *fnode) symbol() bool {
	return n.kind == 'a' && (classes[n.text[0]]&(cStart|cWide) != 0) && !(n.text[0] == '-' && len(n.text) > 1 && classes[n.text[1]]&cDigit != 0)
}

// formatParser splits text that is known to be readable. Its depth is bounded by the nesting limit.
type formatParser struct {
	text string
	pos  int
}

// items reads up to the closing bracket or the end of the text, and passes it.
func (p *formatParser) items() []*fnode {
	var all []*fnode
	for {
		line, blank := p.space()
		if p.pos >= len(p.text) {
			return all
		}
		if c := p.text[p.pos]; c == ')' || c == ']' || c == '}' {
			p.pos++
			return all
		}
		first := len(all)
		all = p.item(all)
		all[first].line, all[first].blank = line, blank
	}
}

// space passes blanks and tells whether they hold a line end, and a blank line.
func (p *formatParser) space() (line, blank bool) {
	for p.pos < len(p.text) && classes[p.text[p.pos]]&cSpace != 0 {
		c := p.text[p.pos]
		p.pos++
		if c == '\r' && p.pos < len(p.text) && p.text[p.pos] == '\n' {
			continue
		}
		if c == '\n' || c == '\r' {
			line, blank = true, line
		}
	}
	return
}

// item appends a datum or comment; comments between sugar and its datum come before it.
func (p *formatParser) item(all []*fnode) []*fnode {
	text, start := p.text, p.pos
	switch c := text[start]; c {
	case ';':
		for p.pos < len(text) && text[p.pos] != '\n' && text[p.pos] != '\r' {
			p.pos++
		}
		return append(all, &fnode{kind: ';', text: strings.TrimRight(text[start:p.pos], " \t\f\v"), flat: -1})
	case '(', '[', '{':
		p.pos++
		n := &fnode{kind: c, kids: p.items()}
		n.measure()
		return append(all, n)
	case '\'', '`', ',':
		p.pos++
		if c == ',' && text[p.pos] == '@' {
			p.pos++
		}
		return p.sugar(all, '\'', text[start:p.pos])
	case '"':
		for p.pos++; text[p.pos] != '"'; p.pos++ {
			if text[p.pos] == '\\' {
				p.pos++
			}
		}
		p.pos++
	case '#':
		switch text[start+1] {
		case '\'':
			p.pos += 2
			return p.sugar(all, '\'', "#'")
		case ';':
			p.pos += 2
			return p.sugar(all, '#', "#;")
		}
		p.pos = start + 2 + strings.IndexByte(text[start+2:], '|') + 1
	default:
		for p.pos < len(text) && classes[text[p.pos]]&(cSymbol|cWide) != 0 {
			p.pos++
		}
	}
	n := &fnode{kind: 'a', text: text[start:p.pos], flat: -1}
	if strings.IndexByte(n.text, '\n') < 0 && strings.IndexByte(n.text, '\r') < 0 {
		n.flat = utf8.RuneCountInString(n.text)
	}
	return append(all, n)
}

func (p *formatParser) sugar(all []*fnode, kind byte, prefix string) []*fnode {
	n := &fnode{kind: kind, text: prefix, flat: len(prefix)}
	first := len(all)
	for {
		line, _ := p.space()
		from := len(all)
		all = p.item(all)
		if from > first {
			// What was discarded may have ended a comment's line; now one comment follows the other.
			all[from].line = line || all[from].kind == ';' && all[from-1].kind == ';'
		}
		if last := all[len(all)-1]; last.kind != ';' {
			all = all[:len(all)-1]
			n.kids = append(n.kids, last)
			last.line, last.blank = false, false
			if n.flat >= 0 && last.flat >= 0 {
				n.flat += last.flat
			} else {
				n.flat = -1
			}
			if last.datum() {
				break
			}
		}
	}
	if n.flat >= 0 {
		n.flat += len(n.kids) - 1
	}
	if len(all) > first { // a comment came first
		n.line = true
	}
	return append(all, n)
}

func (n *fnode) measure() {
	n.flat = 2
	for i, k := range n.kids {
		if k.flat < 0 || k.line && i > 0 {
			n.flat = -1
			return
		}
		n.flat += k.flat
		if i > 0 {
			n.flat++
		}
	}
}

// head returns the head symbol of a call form, or "".
func (n *fnode) head() string {
	if n.kind == '(' && len(n.kids) > 0 && n.kids[0].symbol() {
		return n.kids[0].text
	}
	return ""
}

// layout says what a form is to the form around it.
type layout byte

const (
	inCode     layout = iota
	inData            // quoted: lists keep their lines
	inParams          // a parameter list
	inBindings        // the bindings of let
	inClause          // a name and a value, a test and a result
)

// style is the layout of a form that does not stand on one line.
type style struct {
	with  int  // items after the head that stay with it
	pairs bool // the rest comes in pairs
	align bool // the rest stands below the first argument
	call  bool // an ordinary call: what was written beside the head stays there
	opts  bool // so do keywords and a parameter list after the name
}

func (n *fnode) style() style {
	head := n.head()
	switch head {
	case "when", "unless", "fn", "lambda", "letrec", "let*", "catch", "set!":
		return style{with: 1}
	case "do", "begin", "try", "finally":
		return style{}
	case "let":
		if len(n.kids) > 1 && n.kids[1].symbol() {
			return style{with: 2}
		}
		return style{with: 1}
	case "defmacro", "defcomp", "scope", "provide":
		return style{with: 2}
	case "define", "defpage", "defsuite", "deftest":
		return style{with: 1}
	case "cond":
		return style{pairs: !n.clauses()}
	case "case", "match":
		return style{with: 1, pairs: true}
	case "if", "and", "or":
		return style{with: 1, align: true}
	}
	if strings.HasPrefix(head, "def") {
		return style{with: 1, opts: true}
	}
	if head != "<>" && strings.Trim(head, "+-*/<=>!") == "" {
		return style{with: 1, align: true} // operators, -> and ->>
	}
	return style{call: true}
}

// clauses reports whether a cond is written with clauses in brackets, as the evaluator decides it.
func (n *fnode) clauses() bool {
	var data []*fnode
	for _, k := range n.kids[1:] {
		if k.datum() {
			data = append(data, k)
		}
	}
	for _, k := range data {
		if k.kind != '(' && k.kind != '[' {
			return false
		}
		if items := k.kids; len(items) != 2 || !items[0].datum() || !items[1].datum() {
			return false
		}
	}
	if len(data) == 0 {
		return false
	}
	first, last := data[0].kids[0], data[len(data)-1].kids[0]
	literal := first.kind != 'a' || !first.symbol() || first.atom("true") || first.atom("false") || first.atom("nil")
	return literal || last.atom("else") || last.atom(":else")
}

// formatter writes. col is the column of the next character; after a comment nothing may follow on its line.
type formatter struct {
	out     bytes.Buffer
	col     int
	lines   int // line ends written
	comment bool
}

func (f *formatter) write(s string) {
	f.out.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		f.lines++
		f.col, s = 0, s[i+1:]
	}
	f.col += utf8.RuneCountInString(s)
}

func (f *formatter) newline(indent int) {
	f.out.WriteByte('\n')
	for range indent {
		f.out.WriteByte(' ')
	}
	f.lines++
	f.col, f.comment = indent, false
}

func (f *formatter) topLevel(nodes []*fnode) {
	for i, n := range nodes {
		switch {
		case i == 0:
		case n.kind == ';' && !n.line:
			f.write("  ")
		default:
			if n.blank {
				f.out.WriteByte('\n')
			}
			f.newline(0)
		}
		f.node(n, 0, inCode)
	}
	if len(nodes) > 0 {
		f.out.WriteByte('\n')
	}
}

// node writes n at the current column; tail is the number of closing brackets that will follow it.
func (f *formatter) node(n *fnode, tail int, in layout) {
	switch {
	case n.kind == ';':
		f.write(n.text)
		f.comment = true
	case n.kind == 'a':
		f.write(n.text)
	case n.flat >= 0 && f.col+n.flat+tail <= FormatWidth:
		f.flat(n)
	case n.form():
		f.broken(n, tail, in)
	default:
		f.write(n.text)
		if n.text == "'" || n.text == "#'" {
			in = inData
		}
		for i, k := range n.kids {
			if i > 0 {
				f.write(" ")
			}
			f.node(k, tail, in)
		}
	}
}

func (f *formatter) flat(n *fnode) {
	if n.form() {
		f.write(string(rune(n.kind)))
	} else {
		f.write(n.text)
	}
	for i, k := range n.kids {
		if i > 0 {
			f.write(" ")
		}
		f.flat(k)
	}
	if n.form() {
		f.write(string(rune(closing(n.kind))))
	}
}

// broken writes a form over several lines.
func (f *formatter) broken(n *fnode, tail int, in layout) {
	open := f.col
	f.write(string(rune(n.kind)))
	w := itemWriter{formatter: f, items: n.kids, tail: tail + 1, indent: open + 1}
	switch {
	case n.kind == '{':
		w.pairs(in)
	case n.kind == '[' || in == inData:
		w.in = in
		if in != inData {
			w.in = inCode
		}
		w.fill()
	case in == inParams, n.head() == "&key", n.head() == "&rest":
		w.in = inParams
		w.fill()
	case in == inBindings:
		if len(n.kids) > 0 && n.kids[0].kind == '(' {
			w.in = inClause
			w.rows()
		} else {
			w.pairs(inCode)
		}
	case in == inClause:
		w.pairs(inCode)
	case n.head() == "":
		w.in = in
		w.rows()
	default:
		w.call(n, open)
	}
	if f.comment {
		f.newline(w.indent)
	}
	f.write(string(rune(closing(n.kind))))
}
