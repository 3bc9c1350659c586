package sx

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Strings and their escapes.

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

// unicodeEscape reads \uXXXX or \u{X…} at i, or two of them that are a surrogate pair.
func (r *reader) unicodeEscape(start, i int) (rune, int, *Error) {
	ch, next, err := r.codeUnit(start, i)
	if err != nil || ch < 0xd800 || ch >= 0xe000 {
		return ch, next, err
	}
	if ch < 0xdc00 && strings.HasPrefix(r.text[next:], `\u`) {
		if low, end, err := r.codeUnit(start, next); err == nil && low >= 0xdc00 && low < 0xe000 {
			return 0x10000 + (ch-0xd800)<<10 + (low - 0xdc00), end, nil
		}
	}
	return 0, 0, r.fail(i, next, `bad escape %s: a lone surrogate is no character; write a pair or \u{X…}`, shorten(r.text[i:next]))
}

// codeUnit reads one escape, which may be half of a pair.
func (r *reader) codeUnit(start, i int) (rune, int, *Error) {
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
	return ch, i + 6, nil
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
