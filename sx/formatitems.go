package sx

// itemWriter writes the items of one form that does not stand on one line.
type itemWriter struct {
	*formatter
	items  []*fnode
	next   int
	indent int // column of items on lines of their own
	tail   int // closing brackets after the last item
	in     layout
}

// farRight is how far right of its neighbours below a form of several lines may begin.
const farRight = 30

// tailAfter returns the number of brackets that will follow right after the item before i.
func (w *itemWriter) tailAfter(i int) int {
	if i >= len(w.items) {
		return w.tail
	}
	return 0
}

// ownLine goes to a new line for item n, with the blank line that was before it.
func (w *itemWriter) ownLine(n *fnode) {
	if n.blank {
		w.out.WriteByte('\n')
	}
	w.newline(w.indent)
}

// comments writes the comments that come next. first says that nothing is written after the bracket yet.
func (w *itemWriter) comments(first bool) (wrote bool) {
	for w.next < len(w.items) && w.items[w.next].kind == ';' {
		n := w.items[w.next]
		switch {
		case n.line && !(first && !wrote):
			w.ownLine(n)
		case n.line:
			w.newline(w.indent)
		default:
			if first && !wrote {
				w.write(" ")
			} else {
				w.write("  ")
			}
		}
		w.node(n, 0, w.in)
		w.next++
		wrote = true
	}
	return wrote
}

// rows writes the rest with one item a line. The first one follows the bracket at once.
func (w *itemWriter) rows() {
	first := w.next == 0
	for {
		w.comments(first)
		if w.next >= len(w.items) {
			return
		}
		n := w.items[w.next]
		if !first || w.comment {
			w.ownLine(n)
		}
		first = false
		w.next++
		w.node(n, w.tailAfter(w.next), w.in)
	}
}

// fill writes items as they stood in lines, and breaks lines that are too long.
func (w *itemWriter) fill() {
	first, tall := true, false
	for {
		w.comments(first)
		if w.next >= len(w.items) {
			return
		}
		n := w.items[w.next]
		w.next++
		tail := w.tailAfter(w.next)
		switch {
		case first && !w.comment:
		case w.comment || n.line || tall || n.flat < 0 && n.kind != 'a' || w.col+1+n.flat+tail > FormatWidth:
			w.ownLine(n)
		default:
			w.write(" ")
		}
		first = false
		lines := w.lines
		w.node(n, tail, w.in)
		tall = w.lines > lines
	}
}

// pair takes the items of one pair: a key, what stands between, and its value; for match also :when and a
// guard. It is a single item where no value follows.
func (w *itemWriter) pair() []*fnode {
	i := w.next + 1
	if !w.items[w.next].datum() {
		return w.items[w.next:i]
	}
	value := func() bool {
		for ; i < len(w.items); i++ {
			if w.items[i].datum() {
				i++
				return true
			}
		}
		return false
	}
	start := i
	if !value() {
		return w.items[w.next:start]
	}
	if w.items[i-1].atom(":when") && i < len(w.items) {
		end := i
		if !value() || !value() { // the guard, and the result
			return w.items[w.next:end]
		}
	}
	return w.items[w.next:i]
}

// pairs writes the rest in pairs, one a line; the first follows the bracket at once.
func (w *itemWriter) pairs(in layout) {
	w.in = in
	first := w.next == 0
	for {
		w.comments(first)
		if w.next >= len(w.items) {
			return
		}
		if !first || w.comment {
			w.ownLine(w.items[w.next])
		}
		first = false
		w.unit(w.pair())
	}
}

// unit writes a pair that begins at the current column, over two lines where it is too long for one.
func (w *itemWriter) unit(unit []*fnode) {
	at := w.col
	sub := itemWriter{formatter: w.formatter, items: unit, indent: at + 2, in: w.in}
	last := w.next + len(unit)
	for sub.next < len(unit) {
		if sub.next > 0 && sub.comments(false) {
			continue
		}
		n := unit[sub.next]
		sub.next++
		tail := 0
		if sub.next == len(unit) {
			tail = w.tailAfter(last)
		}
		if sub.next > 1 {
			if w.comment || !w.beside(n, tail) {
				sub.ownLine(&fnode{})
			} else {
				w.write(" ")
			}
		}
		w.node(n, tail, w.in)
	}
	w.next = last
}

// beside reports whether n can follow on the line: it fits, or it takes several lines anyway and was written
// here, not too far to the right. An atom that fits nowhere may stay.
func (w *itemWriter) beside(n *fnode, tail int) bool {
	if n.flat < 0 {
		return !n.line && (n.kind == 'a' || w.col-w.indent <= farRight)
	}
	return w.col+1+n.flat+tail <= FormatWidth || n.kind == 'a' && !n.line && w.indent+n.flat+tail > FormatWidth
}

// call writes a call or special form; open is the column of its bracket.
func (w *itemWriter) call(n *fnode, open int) {
	s := n.style()
	w.indent = open + 2
	head := w.items[0]
	w.next = 1
	w.node(head, w.tailAfter(1), inCode)
	if s.call {
		w.arguments(n.flat >= 0)
	} else {
		w.withHead(n, s)
	}
	if s.opts {
		w.options()
	}
	if s.pairs {
		w.pairs(inCode)
		return
	}
	paired := false // a keyword with its value was just written, on one line
	for {
		paired = !w.comments(false) && paired
		if w.next >= len(w.items) {
			return
		}
		k := w.items[w.next]
		if k.keyword() {
			unit := w.pair()
			if paired && !k.line && w.unitFits(unit) {
				w.write(" ")
			} else {
				w.ownLine(k)
			}
			lines := w.lines
			w.unit(unit)
			paired = w.lines == lines
			continue
		}
		paired = false
		w.ownLine(k)
		w.next++
		in := inCode
		if head.text == "cond" {
			in = inClause
		}
		w.node(k, w.tailAfter(w.next), in)
	}
}

// unitFits reports whether a key and its value fit on the rest of the line, as they were written.
func (w *itemWriter) unitFits(unit []*fnode) bool {
	width := 0
	for i, n := range unit {
		if n.flat < 0 || !n.datum() || i > 0 && n.line {
			return false
		}
		width += 1 + n.flat
	}
	return w.col+width+w.tailAfter(w.next+len(unit)) <= FormatWidth
}

// options writes the keywords and the parameter list that stand beside the name of a definition.
func (w *itemWriter) options() {
	for w.next < len(w.items) && !w.comment {
		n := w.items[w.next]
		switch {
		case n.line:
			return
		case n.keyword():
			unit := w.pair()
			if !w.unitFits(unit) {
				return
			}
			w.write(" ")
			w.unit(unit)
		case n.kind == '(':
			w.next++
			w.write(" ")
			w.node(n, w.tailAfter(w.next), inParams)
			return
		default:
			return
		}
	}
}

// withHead writes what belongs to the head of a special form.
func (w *itemWriter) withHead(n *fnode, s style) {
	for i := 0; i < s.with && w.next < len(w.items) && !w.comment; i++ {
		k := w.items[w.next]
		if !k.datum() {
			return
		}
		in := inCode
		switch w.items[0].text {
		case "let", "let*", "letrec":
			if k.form() {
				in = inBindings
			}
		case "fn", "lambda", "defcomp", "defmacro":
			if k.kind == '(' {
				in = inParams
			} else if i > 0 {
				return
			}
		}
		w.next++
		w.write(" ")
		if s.align && i == 0 {
			w.indent = w.col
		}
		w.node(k, w.tailAfter(w.next), in)
	}
}

// arguments writes the arguments of a call that stay beside its head: those that were written there and
// fit, up to the first that takes several lines. Of a call that was written on one line and is too long
// (long), atoms and keywords with their values stay.
func (w *itemWriter) arguments(long bool) {
	pairs := false
	for w.next < len(w.items) && !w.comment {
		n := w.items[w.next]
		if n.line || !n.datum() {
			return
		}
		if n.keyword() {
			unit := w.pair()
			value := unit[len(unit)-1]
			width, plain := -1, true
			for _, k := range unit {
				plain = plain && k.datum()
				width += 1 + k.flat
			}
			tail := w.tailAfter(w.next + len(unit))
			if len(unit) > 2 || !plain {
				return
			}
			if value.flat < 0 {
				if value.line || w.next > 1 {
					return
				}
				w.write(" ")
				w.unit(unit)
				return
			}
			if value.line && len(unit) > 1 || w.col+1+width+tail > FormatWidth {
				return
			}
			w.write(" ")
			w.unit(unit)
			pairs = true
			continue
		}
		if pairs && n.kind != 'a' { // children stand below attributes
			return
		}
		if long && n.kind != 'a' || !w.beside(n, w.tailAfter(w.next+1)) {
			return
		}
		w.next++
		w.write(" ")
		lines := w.lines
		w.node(n, w.tailAfter(w.next), inCode)
		if w.lines > lines {
			return
		}
	}
}
