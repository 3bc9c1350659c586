package sx

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Atoms: numbers, symbols, keywords, and what begins with #.

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
	if next == 't' || next == 'f' {
		return r.fail(start, start+2, "unexpected #%c: the booleans are written true and false", next)
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
