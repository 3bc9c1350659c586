package sx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func stringPrimitives() []*Primitive {
	one := func(usage, doc string, f func(m *Machine, s string) Value) *Primitive {
		name := primitiveName(usage)
		return &Primitive{Usage: usage, Doc: doc, F1: func(m *Machine, a Value) Value { return f(m, m.Str(name, 0, a)) }}
	}
	test := func(usage, doc string, f func(s, part string) bool) *Primitive {
		name := primitiveName(usage)
		return &Primitive{Usage: usage, Doc: doc, F2: func(m *Machine, a, b Value) Value {
			return Bool(f(m.Str(name, 0, a), m.Str(name, 1, b)))
		}}
	}
	upper := func(m *Machine, s string) Value { return String(mapRunes(m, s, unicode.ToUpper)) }
	lower := func(m *Machine, s string) Value { return String(mapRunes(m, s, unicode.ToLower)) }
	return []*Primitive{
		{Usage: "(str x? ...)", Doc: "The texts of all values, joined; nil gives nothing.", F1: func(m *Machine, a Value) Value {
			if a.IsString() {
				return a
			}
			return String(string(m.AppendText(nil, a)))
		}, FN: strN, F2: str2, F3: str3},
		one("(upper s)", "Upper case, code point by code point.", upper),
		one("(lower s)", "Lower case, code point by code point.", lower),
		one("(upcase s)", "The same as upper.", upper),
		one("(downcase s)", "The same as lower.", lower),
		one("(trim s)", "s without White_Space at both ends.", func(m *Machine, s string) Value { return String(trimSpace(s)) }),
		one("(trim-start s)", "s without White_Space at its start.", func(m *Machine, s string) Value { return String(strings.TrimLeftFunc(s, unicode.IsSpace)) }),
		one("(trim-end s)", "s without White_Space at its end.", func(m *Machine, s string) Value { return String(strings.TrimRightFunc(s, unicode.IsSpace)) }),
		{Usage: "(split s separator)", Doc: "The parts of s between the separators; an empty separator gives the characters.", F2: split2},
		{Usage: "(join separator coll)", Doc: "The texts of the items with the separator between them.", F2: join2},
		{Usage: "(replace s old new)", Doc: "s with every old replaced by new; an empty old changes nothing.", F3: replace3},
		test("(starts-with? s part)", "Whether s begins with part.", strings.HasPrefix),
		test("(ends-with? s part)", "Whether s ends with part.", strings.HasSuffix),
		test("(string-contains? s part)", "Whether part is in s.", strings.Contains),
		{Usage: "(substring s start end?)", Doc: "The characters from start up to, not including, end; both are clamped.", F2: func(m *Machine, a, b Value) Value {
			return substring(m, a, b, Nil)
		}, F3: substring},
		one("(string-length s)", "The number of code points.", func(m *Machine, s string) Value { return Int(runeCount(s)) }),
		{Usage: "(pad-start s n)", Doc: "s with blanks before it, up to n characters.", F2: func(m *Machine, a, b Value) Value {
			s, blanks := padding(m, "pad-start", a, b)
			return String(blanks + s)
		}},
		{Usage: "(pad-end s n)", Doc: "s with blanks after it, up to n characters.", F2: func(m *Machine, a, b Value) Value {
			s, blanks := padding(m, "pad-end", a, b)
			return String(s + blanks)
		}},
		{Usage: "(repeat-string s n)", Doc: "s n times.", F2: repeat2},
		{Usage: "(char-from-code n)", Doc: "The character with that code point.", F1: charFromCode1},
		one("(char-code s)", "The code point of the first character; nil for the empty string.", func(m *Machine, s string) Value {
			if s == "" {
				return Nil
			}
			r, _ := utf8.DecodeRuneInString(s)
			return Int(int(r))
		}),
		one("(escape s)", "s with & < > \" ' as HTML references.", func(m *Machine, s string) Value {
			m.Bytes(len(s) + 4*strings.Count(s, "&") + 3*(strings.Count(s, "<")+strings.Count(s, ">")) + 5*strings.Count(s, `"`) + 4*strings.Count(s, "'"))
			return String(htmlEscaper.Replace(s))
		}),
		one("(strip-tags s)", "s without HTML tags and comments.", func(m *Machine, s string) Value { return String(stripTags(s)) }),
		{Usage: "(pluralize n singular? plural?)", Doc: "singular (\"\") where n is 1, otherwise plural (\"s\").",
			F1: func(m *Machine, n Value) Value { return pluralize(m, n, String(""), String("s")) },
			F2: func(m *Machine, n, one Value) Value { return pluralize(m, n, one, String("s")) },
			F3: pluralize},
		one("(url-encode s)", "s with everything but letters, digits and - . _ ~ percent-encoded.", urlEncode),
		one("(url-decode s)", "s with its percent-encoding undone.", urlDecode),
	}
}

func trimSpace(s string) string { return strings.TrimFunc(s, unicode.IsSpace) } // IsSpace is White_Space

// runeCount is utf8.RuneCountInString, quicker for ASCII.
func runeCount(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return i + utf8.RuneCountInString(s[i:])
		}
	}
	return len(s)
}

// runeOffset returns the byte offset of character n of s, or len(s) where there is none.
func runeOffset(s string, n int) int {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf { // the slow path, from here on
			at := i
			for ; i < n && at < len(s); i++ {
				_, size := utf8.DecodeRuneInString(s[at:])
				at += size
			}
			return at
		}
		if i == n {
			return i
		}
	}
	return len(s)
}

// indexOfText returns the place of part in s in characters, or -1.
func indexOfText(s, part string) int {
	i := strings.Index(s, part)
	if i < 0 {
		return -1
	}
	return runeCount(s[:i])
}

// mapRunes maps code point by code point: both hosts agree then, which they would not on ß or a final sigma.
func mapRunes(m *Machine, s string, f func(rune) rune) string {
	m.Bytes(len(s))
	return strings.Map(f, s)
}

// AppendText appends what str gives for v: strings as they are, nil as nothing, lists and dicts as they are written.
func (m *Machine) AppendText(dst []byte, v Value) []byte {
	switch v.tag() {
	case KindNil:
		return dst
	case KindString, KindSymbol, KindKeyword:
		return append(dst, v.Text()...)
	case KindNumber:
		return AppendNumber(dst, v.Float())
	case KindBool:
		if v.Truthy() {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case KindOpaque:
		o, _ := v.Opaque()
		return append(dst, o.Text...)
	case KindElement:
		e := v.Element()
		if e.IsDelayed() {
			e = m.MarkupOf(func() { m.EmitDelayed(e) }).Element()
		}
		return append(dst, e.Markup...)
	}
	return append(dst, m.serialized(SerializeLimited(v, m.limits.String))...)
}

// serialized raises the error of a serialization, or charges its text.
func (m *Machine) serialized(s string, err error) string {
	if err != nil {
		m.Throw(err)
	}
	m.Bytes(len(s))
	return s
}

// fits fails where a string that grows has reached more than the limit. Its bytes are charged elsewhere, once.
func (m *Machine) fits(n int) {
	if n > m.limits.String {
		m.Bytes(n)
	}
}

func str2(m *Machine, a, b Value) Value {
	if a.IsString() && b.IsString() {
		m.Bytes(len(a.Text()) + len(b.Text()))
		return String(a.Text() + b.Text())
	}
	return strN(m, []Value{a, b})
}

func str3(m *Machine, a, b, c Value) Value {
	if a.IsString() && b.IsString() && c.IsString() {
		m.Bytes(len(a.Text()) + len(b.Text()) + len(c.Text()))
		return String(a.Text() + b.Text() + c.Text())
	}
	return strN(m, []Value{a, b, c})
}

func strN(m *Machine, args []Value) Value {
	n := 0
	for _, a := range args {
		if a.IsString() {
			n += len(a.Text())
		} else {
			n += 8
		}
	}
	m.Bytes(n)
	var room [128]byte
	b := room[:0]
	if n > len(room) {
		b = make([]byte, 0, n)
	}
	for _, a := range args {
		before := len(b)
		b = m.AppendText(b, a)
		m.fits(len(b))
		m.Step((len(b) - before) >> 6) // a list is written item by item
	}
	return String(string(b))
}

func split2(m *Machine, a, b Value) Value {
	s, sep := m.Str("split", 0, a), m.Str("split", 1, b)
	var parts []string
	if sep == "" {
		m.Items(runeCount(s))
		parts = strings.Split(s, "")
	} else {
		m.Items(strings.Count(s, sep) + 1)
		parts = strings.Split(s, sep)
	}
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = String(p)
	}
	return ListOf(&List{Items: items})
}

func join2(m *Machine, a, b Value) Value {
	sep, s := m.Str("join", 0, a), m.seq("join", 1, b)
	n := len(sep) * max(0, s.n-1)
	for i := range s.n {
		if v := s.at(i); v.IsString() {
			n += len(v.Text())
		} else {
			n += 4
		}
		if n > m.limits.String {
			break
		}
	}
	m.Bytes(n)
	out := make([]byte, 0, n)
	for i := range s.n {
		if i > 0 {
			out = append(out, sep...)
		}
		out = m.AppendText(out, s.at(i))
		m.fits(len(out))
	}
	return String(string(out))
}

func replace3(m *Machine, a, b, c Value) Value {
	s, old, with := m.Str("replace", 0, a), m.Str("replace", 1, b), m.Str("replace", 2, c)
	if old == "" {
		return a
	}
	n := strings.Count(s, old)
	if n == 0 {
		return a
	}
	m.Bytes(sized(m, len(s)-n*len(old), n, len(with)))
	return String(strings.ReplaceAll(s, old, with))
}

// sized returns base + n*each, or more than any limit where that would overflow.
func sized(m *Machine, base, n, each int) int {
	if each > 0 && n > (m.limits.String-base)/each {
		return m.limits.String + 1
	}
	return base + n*each
}

func substring(m *Machine, a, b, c Value) Value {
	s := m.Str("substring", 0, a)
	from, to := max(0, m.Integer("substring", 1, b)), len(s)
	if !c.IsNil() {
		to = max(0, m.Integer("substring", 2, c))
	}
	return String(runeSlice(s, from, to))
}

// runeSlice returns the characters from..to; what is out of range is clamped.
func runeSlice(s string, from, to int) string {
	if from >= to {
		return ""
	}
	s = s[runeOffset(s, from):]
	return s[:runeOffset(s, to-from)]
}

func padding(m *Machine, name string, a, b Value) (s, blanks string) {
	s = m.Str(name, 0, a)
	n := m.Integer(name, 1, b) - runeCount(s)
	if n <= 0 {
		return s, ""
	}
	m.Bytes(sized(m, len(s), n, 1))
	return s, strings.Repeat(" ", n)
}

func repeat2(m *Machine, a, b Value) Value {
	s, n := m.Str("repeat-string", 0, a), m.Integer("repeat-string", 1, b)
	if n < 0 {
		m.Fail(RangeError, "repeat-string: argument 2 must not be negative, got %d", n)
	}
	m.Bytes(sized(m, 0, n, len(s)))
	if s == "" {
		return a
	}
	return String(strings.Repeat(s, n))
}

func charFromCode1(m *Machine, a Value) Value {
	n := m.Integer("char-from-code", 0, a)
	if n < 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		m.Fail(RangeError, "char-from-code: %d is no Unicode character", n)
	}
	return String(string(rune(n)))
}

func pluralize(m *Machine, n, one, many Value) Value {
	m.Str("pluralize", 1, one)
	m.Str("pluralize", 2, many)
	if m.Num("pluralize", 0, n) == 1 {
		return one
	}
	return many
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// stripTags takes away what an HTML parser would take for a tag or a comment: "<" before a letter, "/", "!" or "?",
// up to the next ">"; comments up to "-->". A tag that never ends stays as text.
func stripTags(s string) string {
	var b strings.Builder
	comments, tags := true, true // false: none ends in the rest; to look again and again would take time without end
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String()
		}
		c, rest := s[i+1], s[i:]
		end := -1
		switch {
		case strings.HasPrefix(rest, "<!--"):
			if comments {
				if end = strings.Index(rest[4:], "-->"); end >= 0 {
					end += 7
				} else {
					comments = false
				}
			}
		case c == '/' || c == '!' || c == '?' || c|0x20 >= 'a' && c|0x20 <= 'z':
			if tags {
				end = strings.IndexByte(rest, '>') + 1
				tags = end > 0
			}
		}
		if end <= 0 {
			end = 1
			b.WriteString(s[:i+1])
		} else {
			b.WriteString(s[:i])
		}
		s = rest[end:]
	}
}

// urlEncode leaves the unreserved characters of RFC 3986 section 2.3.
func urlEncode(m *Machine, s string) Value {
	n := 0
	for i := 0; i < len(s); i++ {
		if !unreserved(s[i]) {
			n++
		}
	}
	if n == 0 {
		return String(s)
	}
	m.Bytes(len(s) + 2*n)
	out := make([]byte, 0, len(s)+2*n)
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		if c := s[i]; unreserved(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return String(string(out))
}

func unreserved(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '.' || c == '_' || c == '~'
}

func urlDecode(m *Machine, s string) Value {
	if !strings.Contains(s, "%") {
		return String(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) || hex(s[i+1]) < 0 || hex(s[i+2]) < 0 {
			m.Fail(RangeError, "url-decode: a %% must be followed by two hexadecimal digits, in %s", describe(String(s)))
		}
		out = append(out, byte(hex(s[i+1])<<4|hex(s[i+2])))
		i += 2
	}
	if !utf8.Valid(out) {
		m.Fail(RangeError, "url-decode: %s does not decode to UTF-8", describe(String(s)))
	}
	return String(string(out))
}
