package sx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// The reader turns text into data in one pass, without recursion: what is open stands on a stack of its
// own, so that the depth of the text never becomes the depth of the Go stack. Items of open forms gather
// on one stack of values; a closing bracket cuts its items off and copies them into a slab, so that a list
// costs a fraction of an allocation. Symbols, keywords and strings without escapes share the bytes of the
// source. Places stand in one table for the whole text; see spanTable.
//
// A datum takes more room than its text: 24 bytes in the list it stands in, and 48 more when it is a list. Text
// that people write needs about 6 times its size, a table of small numbers 20 times. Text made to hurt ('a'a'a…)
// would need 60 times, so what a text may need is limited; see maxRoom.

// Read reads all data of src. Lists and dicts keep their places in src for later messages. Only
// lim.Nesting is looked at. The error is an *Error of kind SyntaxError; see IsIncomplete. Reading never
// evaluates: it is safe for text from anywhere. Safe for concurrent use.
func Read(src *Source, lim Limits) ([]Value, error) {
	forms, _, err := readAll(src, lim.filled().Nesting, false)
	if err != nil {
		return nil, err
	}
	return forms, nil
}

// IsIncomplete tells whether err says that the text ended inside a form: more text could make it right.
// A prompt then asks for another line.
func IsIncomplete(err error) bool { return errors.Is(err, errIncomplete) }

var errIncomplete = errors.New("incomplete input")

// readAll reads all data of src and the span of each top-level datum; lists and dicts are frozen if frozen is true.
func readAll(src *Source, nesting int, frozen bool) (forms []Value, spans []Span, err *Error) {
	text := src.Text
	if uint64(len(text)) >= math.MaxUint32 {
		return nil, nil, &Error{Kind: SyntaxError, Message: "source too large: 4 GiB or more", Pos: Pos{File: src.Name, Line: 1, Col: 1}}
	}
	r := &reader{src: src, text: text, nesting: nesting, frozen: frozen, places: &spanTable{src: src}, room: maxRoom(text)}
	if !utf8.ValidString(text) {
		return nil, nil, r.badUTF8()
	}
	if strings.HasPrefix(text, "\ufeff") {
		r.pos = len("\ufeff")
	}
	if err := r.run(); err != nil {
		return nil, nil, err
	}
	r.places.spans = slices.Clip(r.places.spans)
	return r.vals, r.spans, nil
}

type reader struct {
	src     *Source
	text    string
	pos     int
	nesting int
	frozen  bool // what is read cannot be changed

	open   []opened // forms not closed yet, and sugar whose datum is still to come
	vals   []Value  // items of all open forms, outermost first
	spans  []Span   // their places
	margin int      // first bracket at the left margin while something was open, plus 1; 0: none

	places   *spanTable
	room     int // bytes that data may still take
	valSlab  []Value
	listSlab []List
	dictSlab []Dict
}

// opened is a form whose end is still to come. kind is the bracket, or for sugar ' ` , @ # (for #') and
// ; (for #;).
type opened struct {
	start int
	base  int
	kind  byte
}

func (r *reader) run() *Error {
	for {
		r.skip()
		if r.pos >= len(r.text) {
			return r.end()
		}
		start := r.pos
		c := r.text[start]
		switch c {
		case '(', '[', '{':
			if len(r.open) > 0 && r.margin == 0 && (start == 0 || r.text[start-1] == '\n') {
				r.margin = start + 1
			}
			r.pos++
			if err := r.push(start, c); err != nil {
				return err
			}
		case ')', ']', '}':
			r.pos++
			if err := r.close(start, c); err != nil {
				return err
			}
		case '\'', '`':
			r.pos++
			if err := r.push(start, c); err != nil {
				return err
			}
		case ',':
			r.pos++
			if r.pos < len(r.text) && r.text[r.pos] == '@' {
				r.pos++
				c = '@'
			}
			if err := r.push(start, c); err != nil {
				return err
			}
		case '#':
			if err := r.hash(start); err != nil {
				return err
			}
		case '"':
			s, err := r.str(start)
			if err != nil {
				return err
			}
			if err := r.add(String(s), start); err != nil {
				return err
			}
		default:
			v, err := r.atom(start, c)
			if err != nil {
				return err
			}
			if err := r.add(v, start); err != nil {
				return err
			}
		}
	}
}

// skip passes blanks and comments.
func (r *reader) skip() {
	text, i := r.text, r.pos
	for i < len(text) {
		c := text[i]
		if classes[c]&cSpace != 0 {
			i++
			continue
		}
		if c != ';' {
			break
		}
		for i++; i < len(text) && text[i] != '\n' && text[i] != '\r'; i++ {
		}
	}
	r.pos = i
}

func (r *reader) push(start int, kind byte) *Error {
	if len(r.open) >= r.nesting {
		return r.fail(start, start+1, "nested too deeply: more than %d levels", r.nesting)
	}
	r.open = append(r.open, opened{start, len(r.vals), kind})
	return nil
}

// add takes a finished datum that began at start and ends here, together with the sugar before it.
func (r *reader) add(v Value, start int) *Error {
	for n := len(r.open); n > 0; n-- {
		top := r.open[n-1]
		switch top.kind {
		case '(', '[':
		case '{':
			if (len(r.vals)-top.base)&1 == 0 {
				if k := v.tag(); k != KindKeyword && k != KindString {
					return r.fail(start, r.pos, "a dict key must be a keyword or a string, found %s%s", describeDatum(v), keyHint(v))
				}
			}
		case ';':
			r.open = r.open[:n-1]
			return nil
		default:
			if err := r.take(top.start, roomList+2*roomItem); err != nil {
				return err
			}
			l := r.list()
			l.Items = r.takeVals(2)
			l.Items[0], l.Items[1] = Symbol(sugarName(top.kind)), v
			l.at = r.place(Span{uint32(top.start), uint32(r.pos)},
				Span{uint32(top.start), uint32(top.start + sugarLen(top.kind))}, Span{uint32(start), uint32(r.pos)})
			r.open = r.open[:n-1]
			v, start = ListOf(l), top.start
			continue
		}
		break
	}
	if len(r.open) == 0 {
		if err := r.take(start, roomItem); err != nil {
			return err
		}
	}
	if len(r.vals) == cap(r.vals) {
		r.grow()
	}
	r.vals = append(r.vals, v)
	r.spans = append(r.spans, Span{uint32(start), uint32(r.pos)})
	return nil
}

func sugarName(kind byte) string {
	switch kind {
	case '`':
		return "quasiquote"
	case ',':
		return "unquote"
	case '@':
		return "splice-unquote"
	}
	return "quote"
}

func sugarLen(kind byte) int {
	if kind == '@' || kind == '#' || kind == ';' {
		return 2
	}
	return 1
}

// sugarText gives the characters that kind is written with.
func sugarText(kind byte) string {
	switch kind {
	case '@':
		return ",@"
	case '#':
		return "#'"
	case ';':
		return "#;"
	}
	return string(rune(kind))
}

func isBracket(kind byte) bool { return kind == '(' || kind == '[' || kind == '{' }

func closing(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	}
	return '}'
}

func (r *reader) close(at int, c byte) *Error {
	n := len(r.open)
	if n == 0 {
		return r.fail(at, at+1, "unexpected %c: no form is open here", c)
	}
	top := r.open[n-1]
	if !isBracket(top.kind) {
		hint := ""
		if top.kind == '\'' && top.start > 0 && isLetter(r.text[top.start-1]) { // 'text'
			hint = `; a string is written with "`
		}
		return r.fail(at, at+1, "unexpected %c: %s needs a datum after it%s", c, sugarText(top.kind), hint)
	}
	if want := closing(top.kind); c != want {
		p := r.src.Pos(top.start)
		e := r.fail(at, at+1, "unexpected %c: expected %c to close the %c opened at %d:%d", c, want, top.kind, p.Line, p.Col)
		e.Notes = append(e.Notes, Note{fmt.Sprintf("the %c was opened", top.kind), p})
		r.noteMargin(e)
		return e
	}
	vals, spans := r.vals[top.base:], r.spans[top.base:]
	var v Value
	if c == '}' {
		if len(vals)&1 == 1 {
			s := spans[len(spans)-1]
			return r.fail(int(s.Start), int(s.End), "the dict key %s has no value", r.text[s.Start:s.End])
		}
		if err := r.take(top.start, roomDict+len(vals)*roomItem); err != nil {
			return err
		}
		d := r.dict(len(vals) / 2)
		for i := 0; i < len(vals); i += 2 {
			key := vals[i].Text()
			if d.find(key) >= 0 {
				s := spans[i]
				e := r.fail(int(s.Start), int(s.End), "duplicate dict key %s", r.text[s.Start:s.End])
				for j := 0; j < i; j += 2 {
					if vals[j].Text() == key {
						e.Notes = append(e.Notes, Note{"it stands already", r.src.Pos(int(spans[j].Start))})
					}
				}
				return e
			}
			d.Set(key, vals[i+1])
		}
		d.places, d.at = r.places, r.place(Span{uint32(top.start), uint32(r.pos)}, spans...)
		v = DictOf(d)
	} else {
		if err := r.take(top.start, roomList+len(vals)*roomItem); err != nil {
			return err
		}
		l := r.list()
		if top.base == 0 && len(vals) > 512 {
			// Hand the stack itself over: a text that is one long list needs no second copy of its items.
			l.Items, r.vals = slices.Clip(vals), nil
			vals = nil
		} else if len(vals) > 0 {
			l.Items = r.takeVals(len(vals))
			copy(l.Items, vals)
		}
		l.at, l.bracket = r.place(Span{uint32(top.start), uint32(r.pos)}, spans...), top.kind == '['
		v = ListOf(l)
	}
	// Cut the items off; stale values must not be kept alive by the stack.
	clear(vals)
	r.vals, r.spans, r.open = r.vals[:top.base], r.spans[:top.base], r.open[:n-1]
	return r.add(v, top.start)
}
