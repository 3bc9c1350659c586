package sx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
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

// maxRoom is how many bytes the data of a text may take: 32 for each byte, and some for nothing, so that a short
// text may be as dense as it likes.
func maxRoom(text string) int { return 1<<20 + 32*len(text) }

// Read reads all data of src. Lists and dicts keep their places in src for later messages. Only
// lim.Nesting is looked at. The error is an *Error of kind SyntaxError; see IsIncomplete. Reading never
// evaluates: it is safe for text from anywhere. Safe for concurrent use.
func Read(src *Source, lim Limits) ([]Value, error) {
	forms, _, err := readAll(src, lim.filled().Nesting)
	if err != nil {
		return nil, err
	}
	return forms, nil
}

// IsIncomplete tells whether err says that the text ended inside a form: more text could make it right.
// A prompt then asks for another line.
func IsIncomplete(err error) bool { return errors.Is(err, errIncomplete) }

var errIncomplete = errors.New("incomplete input")

// readAll reads all data of src and the span of each top-level datum.
func readAll(src *Source, nesting int) (forms []Value, spans []Span, err *Error) {
	text := src.Text
	if uint64(len(text)) >= math.MaxUint32 {
		return nil, nil, &Error{Kind: SyntaxError, Message: "source too large: 4 GiB or more", Pos: Pos{File: src.Name, Line: 1, Col: 1}}
	}
	r := &reader{src: src, text: text, nesting: nesting, places: &spanTable{src: src}, room: maxRoom(text)}
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

// Classes of bytes.
const (
	cSpace  = 1 << iota // between data
	cSymbol             // goes on a symbol
	cStart              // starts a symbol
	cDigit
	cWide // part of a character beyond ASCII
)

var classes = func() (t [256]byte) {
	for _, c := range " \t\n\r\f\v" {
		t[c] = cSpace
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = cDigit | cSymbol
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = cStart|cSymbol, cStart|cSymbol
	}
	for _, c := range "~*+-><=/!?&_.%" {
		t[c] = cStart | cSymbol
	}
	t[':'], t['#'] = cSymbol, cSymbol
	for c := 0x80; c < 0x100; c++ {
		t[c] = cWide
	}
	return
}()

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
					return r.fail(start, r.pos, "a dict key must be a keyword or a string, found %s", describeDatum(v))
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

// grow makes room for as many items as the text will have if it goes on as it began; append alone would
// allocate a multiple of that in steps.
func (r *reader) grow() {
	n := len(r.vals)
	want := max(2*n, 32)
	if n >= 1024 {
		want = min(max(n+n/4, int(float64(n)*float64(len(r.text))/float64(r.pos+1)*1.05)), n+len(r.text)-r.pos+1)
	}
	vals, spans := make([]Value, n, want), make([]Span, n, want)
	copy(vals, r.vals)
	copy(spans, r.spans)
	r.vals, r.spans = vals, spans
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
		return r.fail(at, at+1, "unexpected %c: %s needs a datum after it", c, sugarText(top.kind))
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

// What data take, in bytes: an item its value and its place; a list its header and its own place.
const (
	roomItem = int(unsafe.Sizeof(Value{}) + unsafe.Sizeof(Span{}))
	roomList = int(unsafe.Sizeof(List{}) + unsafe.Sizeof(Span{}))
	roomDict = int(unsafe.Sizeof(Dict{}) + unsafe.Sizeof(Span{}))
)

// take counts n bytes against the room that the text has, for a form that began at start.
func (r *reader) take(start, n int) *Error {
	if r.room -= n; r.room >= 0 {
		return nil
	}
	return r.fail(start, start+1, "too many forms for the size of the text: its data would take more than %d MB; write less of them, or longer ones", maxRoom(r.text)>>20)
}

// list gives an empty list from the slab.
func (r *reader) list() *List {
	if len(r.listSlab) == 0 {
		// A list takes two bytes of text at least, so a slab never holds much more than the text can need.
		r.listSlab = make([]List, min(64, (len(r.text)-r.pos)/2+1))
	}
	l := &r.listSlab[0]
	r.listSlab = r.listSlab[1:]
	l.places = r.places
	return l
}

// dict gives an empty dict with room for n keys from the slabs.
func (r *reader) dict(n int) *Dict {
	if len(r.dictSlab) == 0 {
		r.dictSlab = make([]Dict, min(8, (len(r.text)-r.pos)/2+1))
	}
	d := &r.dictSlab[0]
	r.dictSlab = r.dictSlab[1:]
	if n > 0 {
		d.keys, d.vals = make([]string, 0, n), r.takeVals(n)[:0]
	}
	return d
}

func (r *reader) takeVals(n int) []Value {
	if len(r.valSlab) < n {
		if n > 512 {
			return make([]Value, n) // the rest of the slab goes on
		}
		r.valSlab = make([]Value, min(512, len(r.text)-r.pos+n))
	}
	v := r.valSlab[:n:n] // append! must not run into the neighbour
	r.valSlab = r.valSlab[n:]
	return v
}

// place notes where a form and its items stand, and gives the index.
func (r *reader) place(own Span, items ...Span) uint32 {
	t := r.places
	at := len(t.spans)
	if need := at + 1 + len(items); need > cap(t.spans) {
		// As in grow: as many as the text will need if it goes on as it began.
		spans := make([]Span, at, max(need+need/4, min(int(float64(need)*float64(len(r.text))/float64(r.pos+1)*1.05), 8*need), 32))
		copy(spans, t.spans)
		t.spans = spans
	}
	t.spans = append(append(t.spans, own), items...)
	return uint32(at)
}

// hash reads what begins with #.
func (r *reader) hash(start int) *Error {
	next := byte(0)
	if start+1 < len(r.text) {
		next = r.text[start+1]
	}
	switch next {
	case '\'':
		r.pos += 2
		return r.push(start, '#')
	case ';':
		r.pos += 2
		return r.push(start, ';')
	case '|':
		n := strings.IndexByte(r.text[start+2:], '|')
		if n < 0 {
			return r.unterminated(start, start+2, "raw string", "|")
		}
		r.pos = start + 2 + n + 1
		return r.add(String(r.text[start+2:start+2+n]), start)
	case '<':
		return r.fail(start, start+2, "unexpected #<: a printed function or object cannot be read back")
	}
	if start+1 == len(r.text) {
		e := r.fail(start, start+1, "unexpected #: expected #', #; or #| and the text ends")
		e.Cause = errIncomplete
		return e
	}
	return r.fail(start, start+1, "unexpected #: expected #' (quote), #; (discard the next datum) or #| (raw string)")
}

// atom reads a number, symbol, keyword or literal.
func (r *reader) atom(start int, c byte) (Value, *Error) {
	text := r.text
	class := classes[c]
	if class&cDigit != 0 {
		return r.number(start)
	}
	if class&cStart != 0 {
		if c == '-' || c == '+' || c == '.' {
			if v, err, ok := r.signed(start); ok {
				return v, err
			}
		}
		r.symbolEnd(start + 1)
		name := text[start:r.pos]
		switch name {
		case "nil":
			return Nil, nil
		case "true":
			return True, nil
		case "false":
			return False, nil
		}
		return Symbol(name), nil
	}
	if class&cWide != 0 {
		ch, n := utf8.DecodeRuneInString(text[start:])
		if unicode.IsLetter(ch) {
			r.symbolEnd(start + n)
			return Symbol(text[start:r.pos]), nil
		}
	}
	if c == ':' {
		r.symbolEnd(start + 1)
		if r.pos == start+1 {
			return Nil, r.fail(start, start+1, "a keyword needs a name after the colon, as in :class")
		}
		return Keyword(text[start+1 : r.pos]), nil
	}
	return Nil, r.unexpected(start)
}

// symbolEnd moves to the end of a symbol of which the text before i is already read.
func (r *reader) symbolEnd(i int) {
	text := r.text
	for i < len(text) {
		c := classes[text[i]]
		if c&cSymbol != 0 {
			i++
			continue
		}
		if c&cWide == 0 {
			break
		}
		ch, n := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(ch) {
			break
		}
		i += n
	}
	r.pos = i
}

// signed looks at what begins with + - or a dot and could be a number.
func (r *reader) signed(start int) (Value, *Error, bool) {
	text := r.text
	digit := func(i int) bool { return i < len(text) && classes[text[i]]&cDigit != 0 }
	switch {
	case text[start] == '-' && digit(start+1):
		v, err := r.number(start)
		return v, err, true
	case digit(start + 1), text[start] != '.' && start+1 < len(text) && text[start+1] == '.' && digit(start+2):
	default:
		return Nil, nil, false
	}
	r.symbolEnd(start + 1)
	word := text[start:r.pos]
	sign, better := "", strings.TrimPrefix(word, "+")
	if better[0] == '-' {
		sign, better = "-", better[1:]
	}
	if better[0] == '.' {
		better = "0" + better
	}
	return Nil, r.fail(start, r.pos, "bad number %s: write %s%s", word, sign, better), true
}

// number reads a number that begins with a digit, or a minus sign and a digit.
func (r *reader) number(start int) (Value, *Error) {
	text, i := r.text, start
	neg := text[i] == '-'
	if neg {
		i++
	}
	n, digits := uint64(0), i
	for i < len(text) && text[i]-'0' <= 9 {
		n = n*10 + uint64(text[i]-'0')
		i++
	}
	digits = i - digits
	whole := true
	if i < len(text) && text[i] == '.' {
		if i+1 >= len(text) || text[i+1]-'0' > 9 {
			r.symbolEnd(i + 1)
			return Nil, r.fail(start, r.pos, "bad number %s: a digit must follow the point", text[start:r.pos])
		}
		whole = false
		for i++; i < len(text) && text[i]-'0' <= 9; i++ {
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		j := i + 1
		if j < len(text) && (text[j] == '+' || text[j] == '-') {
			j++
		}
		if j >= len(text) || text[j]-'0' > 9 {
			r.symbolEnd(i + 1)
			return Nil, r.fail(start, r.pos, "bad number %s: the exponent has no digits", text[start:r.pos])
		}
		whole = false
		for ; j < len(text) && text[j]-'0' <= 9; j++ {
		}
		i = j
	}
	r.pos = i
	if i < len(text) && !delimiter(text[i]) {
		r.symbolEnd(i)
		if r.pos == i {
			_, n := utf8.DecodeRuneInString(text[i:])
			r.pos += n
		}
		return Nil, r.fail(start, r.pos, "bad number %s: a blank or bracket must follow a number, and a symbol does not start with a digit", text[start:r.pos])
	}
	var f float64
	if whole && digits <= 15 {
		f = float64(n)
		if neg {
			f = -f
		}
	} else {
		var err error
		f, err = strconv.ParseFloat(text[start:i], 64)
		if err != nil || math.Abs(f) > MaxSafe {
			return Nil, r.fail(start, i, "number %s is out of range: numbers are exact within ±9007199254740991; write a larger id as a string", shorten(text[start:i]))
		}
	}
	return Number(f), nil
}

// delimiter tells whether c may follow a number.
func delimiter(c byte) bool {
	return classes[c]&cSpace != 0 || strings.IndexByte("()[]{}\";'`,", c) >= 0
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:30] + "…"
	}
	return s
}

// str reads a string; start is the opening quote.
func (r *reader) str(start int) (string, *Error) {
	text := r.text
	i := start + 1
	n := strings.IndexByte(text[i:], '"')
	if n < 0 {
		return "", r.unterminated(start, i, "string", `"`)
	}
	esc := strings.IndexByte(text[i:i+n], '\\')
	if esc < 0 {
		r.pos = i + n + 1
		return text[i : i+n], nil
	}
	buf := make([]byte, 0, n)
	for {
		buf = append(buf, text[i:i+esc]...)
		i += esc
		if i >= len(text) {
			return "", r.unterminated(start, i, "string", `"`)
		}
		if text[i] == '"' {
			r.pos = i + 1
			return string(buf), nil
		}
		var err *Error
		buf, i, err = r.escape(buf, start, i)
		if err != nil {
			return "", err
		}
		if esc = strings.IndexAny(text[i:min(i+64, len(text))], `"\`); esc < 0 {
			if esc = strings.IndexAny(text[i:], `"\`); esc < 0 {
				esc = len(text) - i
			}
		}
	}
}

// escape reads the escape sequence at i in the string that began at start.
func (r *reader) escape(buf []byte, start, i int) ([]byte, int, *Error) {
	text := r.text
	if i+1 >= len(text) {
		return nil, 0, r.unterminated(start, i+1, "string", `"`)
	}
	switch c := text[i+1]; c {
	case 'n':
		return append(buf, '\n'), i + 2, nil
	case 't':
		return append(buf, '\t'), i + 2, nil
	case 'r':
		return append(buf, '\r'), i + 2, nil
	case '0':
		return append(buf, 0), i + 2, nil
	case '"', '\\':
		return append(buf, c), i + 2, nil
	case 'u':
		ch, next, err := r.unicodeEscape(start, i)
		if err != nil {
			return nil, 0, err
		}
		return utf8.AppendRune(buf, ch), next, nil
	}
	ch, n := utf8.DecodeRuneInString(text[i+1:])
	return nil, 0, r.fail(i, i+1+n, `unknown escape \%s: expected \n \t \r \0 \" \\ \uXXXX or \u{X…}`, printable(ch))
}

// unicodeEscape reads \uXXXX, a surrogate pair of them, or \u{X…} at i.
func (r *reader) unicodeEscape(start, i int) (rune, int, *Error) {
	text := r.text
	if i+2 < len(text) && text[i+2] == '{' {
		j, ch := i+3, rune(0)
		for ; j < len(text) && hex(text[j]) >= 0; j++ {
			if ch <= unicode.MaxRune {
				ch = ch<<4 | rune(hex(text[j]))
			}
		}
		switch {
		case j >= len(text):
			return 0, 0, r.unterminated(start, j, "string", `"`)
		case text[j] != '}' || j == i+3:
			return 0, 0, r.fail(i, j, `bad escape \u{: expected hexadecimal digits and }`)
		case ch > unicode.MaxRune:
			return 0, 0, r.fail(i, j+1, "bad escape %s: the last character is U+10FFFF", shorten(text[i:j+1]))
		case ch >= 0xd800 && ch < 0xe000:
			return 0, 0, r.fail(i, j+1, "bad escape %s: a lone surrogate is no character", shorten(text[i:j+1]))
		}
		return ch, j + 1, nil
	}
	ch, ok := hex4(text, i+2)
	if !ok {
		if rest := text[min(i+2, len(text)):]; len(rest) < 4 && strings.IndexByte(rest, '"') < 0 {
			return 0, 0, r.unterminated(start, len(text), "string", `"`)
		}
		return 0, 0, r.fail(i, i+2, `bad escape \u: expected four hexadecimal digits, or braces as in \u{1F600}`)
	}
	if ch < 0xd800 || ch >= 0xe000 {
		return ch, i + 6, nil
	}
	if ch < 0xdc00 && strings.HasPrefix(text[i+6:], `\u`) {
		if low, ok := hex4(text, i+8); ok && low >= 0xdc00 && low < 0xe000 {
			return 0x10000 + (ch-0xd800)<<10 + (low - 0xdc00), i + 12, nil
		}
	}
	return 0, 0, r.fail(i, i+6, `bad escape %s: a lone surrogate is no character; write a pair or \u{X…}`, text[i:i+6])
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

func hex4(text string, i int) (rune, bool) {
	if i+4 > len(text) {
		return 0, false
	}
	ch := rune(0)
	for _, c := range []byte(text[i : i+4]) {
		h := hex(c)
		if h < 0 {
			return 0, false
		}
		ch = ch<<4 | rune(h)
	}
	return ch, true
}
