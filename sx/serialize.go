package sx

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// Serialize writes v so that reading it gives it back, on one line. Functions are written #<lambda name>,
// which cannot be read; markup is written (raw! "…"). It takes any value: where a list contains itself
// stands #<cycle>; where Go data have no value a mark that says why ends the text, and after 64 MiB #<cut>.
// See SerializeLimited for errors instead.
func Serialize(v Value) string {
	s := serializer{max: Limits{}.filled().String}
	s.writeAny(v)
	return string(s.out)
}

// CanonicalSerialize is Serialize with the keys of dicts in the order of their code points, so that equal
// values give equal text.
func CanonicalSerialize(v Value) string {
	s := serializer{max: Limits{}.filled().String, sorted: true}
	s.writeAny(v)
	return string(s.out)
}

// writeAny writes what can be written of v: Go data that have no value end the text with a mark that says why.
func (s *serializer) writeAny(v Value) {
	var err error
	func() {
		defer goDataError(&err)
		s.write(v)
	}()
	if err != nil {
		s.out = append(append(append(s.out, "#<"...), err.Error()...), '>')
	}
}

// goDataError makes an error of what Go data raise that turn out to have no value where nothing else would catch it.
func goDataError(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		panic(r)
	}
}

// SerializeLimited is Serialize that fails, with an *Error of kind TypeError where a list contains itself,
// of kind LimitError where the text would be longer than maxBytes.
func SerializeLimited(v Value, maxBytes int) (text string, err error) {
	defer goDataError(&err)
	s := serializer{max: maxBytes, strict: true}
	if err := s.write(v); err != nil {
		return "", err
	}
	return string(s.out), nil
}

// canonicalLimited is CanonicalSerialize with the errors of SerializeLimited.
func canonicalLimited(v Value, maxBytes int) (text string, err error) {
	defer goDataError(&err)
	s := serializer{max: maxBytes, strict: true, sorted: true}
	if err := s.write(v); err != nil {
		return "", err
	}
	return string(s.out), nil
}

// serializer works without recursion: data may be deeper than any stack, and may contain itself.
type serializer struct {
	out    []byte
	max    int
	sorted bool // keys in order
	strict bool // fail rather than write marks

	stack []serializing
	path  map[unsafe.Pointer]struct{} // what stack holds, once it is deep
}

// serializing is a list or dict that is half written.
type serializing struct {
	id    unsafe.Pointer
	items []Value
	dict  *Dict
	order []int // positions of the sorted keys; nil: in order
	next  int
	tail  string // what closes it
}

const (
	scanPath      = 16      // as deep as this a look along the stack is quicker than a map
	maxSerialized = 1 << 20 // levels; Go structs may point at themselves without being the same Value
)

func (s *serializer) write(v Value) *Error {
	if err := s.value(v); err != nil {
		return err
	}
	for len(s.stack) > 0 {
		top := &s.stack[len(s.stack)-1]
		n := len(top.items)
		if top.dict != nil {
			n = len(top.dict.keys)
		}
		if top.next == n {
			s.out = append(s.out, top.tail...)
			s.pop()
			continue
		}
		i := top.next
		top.next++
		if i > 0 {
			s.out = append(s.out, ' ')
		}
		var item Value
		if top.dict != nil {
			if top.order != nil {
				i = top.order[i]
			}
			s.out = appendKey(s.out, top.dict.keys[i])
			s.out = append(s.out, ' ')
			item = top.dict.vals[i]
		} else {
			item = top.items[i]
		}
		if len(s.out) > s.max {
			return s.tooLong()
		}
		if err := s.value(item); err != nil {
			return err
		}
	}
	if len(s.out) > s.max {
		return s.tooLong()
	}
	return nil
}

func (s *serializer) tooLong() *Error {
	if s.strict {
		return &Error{Kind: LimitError, Message: fmt.Sprintf("value too large: its text exceeds the limit of %d bytes", s.max), passes: true}
	}
	s.stack, s.out = nil, append(s.out[:min(len(s.out), s.max)], "#<cut>"...)
	return nil
}

func (s *serializer) pop() {
	n := len(s.stack) - 1
	if s.path != nil {
		delete(s.path, s.stack[n].id)
	}
	s.stack[n] = serializing{}
	s.stack = s.stack[:n]
}

// push begins a list or dict unless it is being written already.
func (s *serializer) push(f serializing, head string) *Error {
	found := false
	if s.path != nil {
		_, found = s.path[f.id]
	} else {
		for i := range s.stack {
			found = found || s.stack[i].id == f.id
		}
	}
	if found || len(s.stack) >= maxSerialized {
		if s.strict {
			return &Error{Kind: TypeError, Message: "a list or dict that contains itself has no text"}
		}
		s.out = append(s.out, "#<cycle>"...)
		return nil
	}
	s.out = append(s.out, head...)
	s.stack = append(s.stack, f)
	if s.path != nil {
		s.path[f.id] = struct{}{}
	} else if len(s.stack) > scanPath {
		s.path = make(map[unsafe.Pointer]struct{})
		for i := range s.stack {
			s.path[s.stack[i].id] = struct{}{}
		}
	}
	return nil
}

func (s *serializer) pushDict(d *Dict, head, tail string) *Error {
	f := serializing{id: unsafe.Pointer(d), dict: d, tail: tail}
	if s.sorted && d.Len() > 1 {
		f.order = make([]int, d.Len())
		for i := range f.order {
			f.order[i] = i
		}
		sort.Slice(f.order, func(i, j int) bool { return d.keys[f.order[i]] < d.keys[f.order[j]] })
	}
	return s.push(f, head)
}

func (s *serializer) value(v Value) *Error {
	switch v.tag() {
	case KindNil:
		s.out = append(s.out, "nil"...)
	case KindBool:
		if v.Truthy() {
			s.out = append(s.out, "true"...)
		} else {
			s.out = append(s.out, "false"...)
		}
	case KindNumber:
		s.out = AppendNumber(s.out, v.Float())
	case KindString:
		return s.quoted(v.Text())
	case KindSymbol:
		if name := v.Text(); readableSymbol(name) {
			s.out = append(s.out, name...)
		} else {
			s.object("symbol", name)
		}
	case KindKeyword:
		if name := v.Text(); name != "" && symbolChars(name) {
			s.out = append(append(s.out, ':'), name...)
		} else {
			s.object("keyword", name)
		}
	case KindList, kindGoList:
		l := v.List()
		if l.Len() == 0 {
			s.out = append(s.out, "()"...)
			return nil
		}
		return s.push(serializing{id: unsafe.Pointer(l), items: l.Items, tail: ")"}, "(")
	case KindDict, kindRecord:
		return s.pushDict(v.Dict(), "{", "}")
	case KindSpread:
		return s.pushDict(v.SpreadDict(), "(make-spread {", "})")
	case KindElement:
		switch e := v.Element(); {
		case e.delayed != nil:
			s.object("element", "")
		case e.Wire: // wire text in wire text is never quoted again
			s.out = append(s.out, e.Markup...)
		default:
			s.out = append(s.out, "(raw! "...)
			if err := s.quoted(e.Markup); err != nil {
				return err
			}
			s.out = append(s.out, ')')
		}
	case KindComponent:
		s.out = append(s.out, v.Component().Name...)
	case KindLambda:
		s.object("lambda", v.Lambda().Name())
	case KindPrimitive:
		s.object("primitive", v.Primitive().Name)
	case KindOpaque:
		o, _ := v.Opaque()
		s.object(o.Type, o.Text)
	default:
		s.object(v.Kind().String(), "")
	}
	return nil
}

func (s *serializer) object(kind, name string) {
	s.out = append(append(s.out, "#<"...), kind...)
	if name != "" {
		s.out = append(append(s.out, ' '), name...)
	}
	s.out = append(s.out, '>')
}

func (s *serializer) quoted(text string) *Error {
	if len(s.out)+len(text)+2 > s.max { // before the copy is made
		if s.strict {
			return s.tooLong()
		}
		n := max(0, s.max-len(s.out))
		for n > 0 && n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:min(n, len(text))]
	}
	s.out = AppendQuoted(s.out, text)
	return nil
}

// appendKey writes a dict key: as a keyword where it could be a symbol.
func appendKey(dst []byte, key string) []byte {
	if readableSymbol(key) || key == "true" || key == "false" || key == "nil" {
		return append(append(dst, ':'), key...)
	}
	return AppendQuoted(dst, key)
}

// readableSymbol reports whether name reads as the symbol name.
func readableSymbol(name string) bool {
	if name == "" || name == "true" || name == "false" || name == "nil" {
		return false
	}
	switch c := name[0]; {
	case classes[c]&cStart != 0:
		// +1 -1 .5 -.5 would be numbers
		rest := name[1:]
		if (c == '-' || c == '+') && rest != "" && rest[0] == '.' {
			rest = rest[1:]
		}
		if (c == '-' || c == '+' || c == '.') && rest != "" && classes[rest[0]]&cDigit != 0 {
			return false
		}
	case classes[c]&cWide != 0:
		if ch, _ := utf8.DecodeRuneInString(name); !unicode.IsLetter(ch) {
			return false
		}
	default:
		return false
	}
	return symbolChars(name)
}

// symbolChars reports whether every character of name may stand inside a symbol.
func symbolChars(name string) bool {
	for i := 0; i < len(name); {
		switch c := classes[name[i]]; {
		case c&cSymbol != 0:
			i++
		case c&cWide != 0:
			ch, n := utf8.DecodeRuneInString(name[i:])
			if !unicode.IsLetter(ch) {
				return false
			}
			i += n
		default:
			return false
		}
	}
	return true
}

// AppendQuoted appends s as a string literal. What is not needed is not escaped: text beyond ASCII stays.
func AppendQuoted(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		case 0:
			dst = append(dst, '\\', '0')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// ScriptEscape makes wire text safe inside an HTML <script>: the sequences "</" and "<!--", which could end
// the script or hide its end (WHATWG HTML, "Restrictions for contents of script elements"), and U+2028 and
// U+2029 are escaped. Strings keep their value. Symbols have no escapes: one that holds such a sequence,
// which nothing but data can, gets an underscore in between.
func ScriptEscape(wire string) string {
	if !strings.Contains(wire, "</") && !strings.Contains(wire, "<!--") && !strings.Contains(wire, "\u2028") && !strings.Contains(wire, "\u2029") {
		return wire
	}
	var b strings.Builder
	b.Grow(len(wire) + len(wire)/8)
	for i := 0; i < len(wire); {
		end := i + 1
		switch c := wire[i]; {
		case c == '"':
			for end < len(wire) && wire[end] != '"' {
				if wire[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(wire))
			b.WriteString(scriptString.Replace(wire[i:end]))
		case strings.HasPrefix(wire[i:], "#|"):
			n := strings.IndexByte(wire[i+2:], '|')
			if n < 0 {
				n = len(wire) - i - 2
			}
			end = min(i+2+n+1, len(wire))
			b.WriteString(scriptString.Replace(string(AppendQuoted(nil, wire[i+2:i+2+n]))))
		default:
			for end < len(wire) && wire[end] != '"' && !strings.HasPrefix(wire[end:], "#|") && wire[end-1] != ';' {
				end++
			}
			if wire[end-1] == ';' { // a comment
				for end < len(wire) && wire[end] != '\n' && wire[end] != '\r' {
					end++
				}
			}
			b.WriteString(scriptSymbol.Replace(wire[i:end]))
		}
		i = end
	}
	return b.String()
}

var (
	scriptString = strings.NewReplacer("</", `<\u002f`, "<!--", `<\u0021--`, "\u2028", `\u2028`, "\u2029", `\u2029`)
	scriptSymbol = strings.NewReplacer("</", "<_/", "<!--", "<_!--", "\u2028", " ", "\u2029", " ")
)
