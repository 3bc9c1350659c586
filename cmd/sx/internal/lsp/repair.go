package lsp

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// A file that cannot be read would take every name in it away from every other file. So the loader gets a repaired text:
// what is open is closed where the form ends, what closes nothing is blanked, and a form that still cannot be read is blanked
// altogether. Everything else keeps its text, and its place but for the brackets that were put in before it.

// repair is a text made readable.
type repair struct {
	text   string // as it is
	fixed  string // what the loader reads
	puts   []put  // what was put in, by place
	forms  []part // the forms that are broken; what the loader says of them means little
	errors []*sx.Error
}

type part struct{ start, end int }

// put is some text that was put in before an offset of the original.
type put struct {
	at   int
	text string
}

// repaired returns the repair of a text, nil when it can be read as it is.
func repaired(name, s string) *repair {
	_, err := sx.Read(sx.NewSource(name, s), sx.Limits{})
	if err == nil {
		return nil
	}
	r := &repair{text: s}
	r.note(err, 0, s, name)
	t := parse(s)
	blank := make([]part, 0, len(t.stray))
	for _, i := range t.stray {
		blank = append(blank, part{i, i + 1})
	}
	for _, n := range t.top {
		stray := t.within(n)
		if n.kind == nodeComment || !stray && readable(s[n.start:n.end]) {
			continue
		}
		form := part{n.start, n.end}
		r.forms = append(r.forms, form)
		if !slices.ContainsFunc(r.errors, func(e *sx.Error) bool { return form.holds(e.Pos.Offset) }) {
			_, err := sx.Read(sx.NewSource(name, s[n.start:n.end]), sx.Limits{})
			r.note(err, n.start, s, name)
		}
		puts := t.closers(n, nil)
		mine := len(blank)
		blank = t.unreadable(n, blank)
		if readable(insert(s, n.start, n.end, blank, puts)) {
			r.puts = append(r.puts, puts...)
		} else {
			blank = append(blank[:mine], form)
		}
	}
	sort.SliceStable(r.puts, func(i, j int) bool { return r.puts[i].at < r.puts[j].at })
	r.fixed = insert(s, 0, len(s), blank, r.puts)
	if !readable(r.fixed) { // such as a text that is not UTF-8
		r.puts, r.fixed, r.forms = nil, blanked(s), []part{{0, len(s)}}
	}
	return r
}

// note keeps an error of reading a part of the text that begins at an offset.
func (r *repair) note(err error, from int, s, name string) {
	var e *sx.Error
	if !errors.As(err, &e) {
		return
	}
	if from > 0 {
		moved := *e
		moved.Pos = sx.NewSource(name, s).Pos(e.Pos.Offset + from)
		if e.End > 0 {
			moved.End = e.End + from
		}
		moved.Notes = nil // their lines are of the part
		e = &moved
	}
	r.errors = append(r.errors, e)
}

func (p part) holds(offset int) bool { return p.start <= offset && offset <= p.end }

func (t *tree) within(n *node) bool {
	return slices.ContainsFunc(t.stray, func(i int) bool { return i >= n.start && i < n.end })
}

func readable(s string) bool {
	_, err := sx.Read(sx.NewSource("", s), sx.Limits{})
	return err == nil
}

// unreadable adds the atoms that are none, such as a colon that waits for its name.
func (t *tree) unreadable(n *node, out []part) []part {
	switch n.kind {
	case nodeSymbol, nodeKeyword, nodeOther:
		if !readable(t.of(n)) {
			out = append(out, part{n.start, n.end})
		}
	}
	for _, x := range n.items {
		out = t.unreadable(x, out)
	}
	return out
}

// closers returns what a node lacks, innermost first.
func (t *tree) closers(n *node, out []put) []put {
	for _, x := range n.items {
		out = t.closers(x, out)
	}
	if !n.open {
		if n.kind == '{' && t.readableItems(n)%2 == 1 {
			out = append(out, put{n.end - 1, " nil"})
		}
		return out
	}
	text := ""
	switch {
	case n.kind == nodeString && t.text[n.start] == '#':
		text = "|"
	case n.kind == nodeString:
		text = `"`
	case n.kind == nodeQuote:
		text = "nil"
	case n.kind == '{' && t.readableItems(n)%2 == 1:
		text = " nil}"
	default:
		text = string(closing(n.kind))
	}
	if last := len(n.items) - 1; last >= 0 && n.items[last].kind == nodeComment && n.items[last].end == n.end {
		text = "\n" + text
	}
	return append(out, put{n.end, text})
}

// readableItems counts the data of a dict.
func (t *tree) readableItems(n *node) int {
	count := 0
	for _, x := range n.data() {
		if len(t.unreadable(&node{kind: x.kind, start: x.start, end: x.end}, nil)) == 0 {
			count++
		}
	}
	return count
}

// insert returns the text from start to end with some parts blanked and others put in.
func insert(s string, start, end int, blank []part, puts []put) string {
	var b strings.Builder
	text := []byte(s[start:end])
	for _, p := range blank {
		if p.start >= start && p.end <= end {
			copy(text[p.start-start:], blanked(s[p.start:p.end]))
		}
	}
	at := start
	for _, p := range puts {
		b.Write(text[at-start : p.at-start])
		b.WriteString(p.text)
		at = p.at
	}
	b.Write(text[at-start:])
	return b.String()
}

// blanked returns as many blanks, with the line ends of the text.
func blanked(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\n' && c != '\r' {
			b[i] = ' '
		}
	}
	return string(b)
}

// original returns the offset in the text as it is of one in what the loader read.
func (r *repair) original(offset int) int {
	if r == nil {
		return offset
	}
	before := 0
	for _, p := range r.puts {
		if at := p.at + before; offset <= at {
			break
		}
		before += min(len(p.text), offset-p.at-before)
	}
	return min(offset-before, len(r.text))
}

// broken reports whether an offset of the text is in a form that had to be repaired.
func (r *repair) broken(offset int) bool {
	return r != nil && slices.ContainsFunc(r.forms, func(p part) bool { return p.holds(offset) })
}
