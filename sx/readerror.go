package sx

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fail makes a syntax error for the bytes from start to end.
func (r *reader) fail(start, end int, format string, args ...any) *Error {
	return &Error{Kind: SyntaxError, Message: fmt.Sprintf(format, args...), Pos: r.src.Pos(start), End: end, src: r.src}
}

// end checks that nothing is open at the end of the text. The error stands where the innermost open form
// began, because the end of the file tells nobody anything.
func (r *reader) end() *Error {
	n := len(r.open)
	if n == 0 {
		return nil
	}
	top := r.open[n-1]
	noticed := r.src.Pos(len(r.text))
	var e *Error
	if isBracket(top.kind) {
		e = r.fail(top.start, top.start+1, "unclosed %c: expected %c before the end of the text at %d:%d", top.kind, closing(top.kind), noticed.Line, noticed.Col)
	} else {
		e = r.fail(top.start, top.start+sugarLen(top.kind), "%s needs a datum after it, found the end of the text at %d:%d", sugarText(top.kind), noticed.Line, noticed.Col)
	}
	e.Cause = errIncomplete
	e.Notes = append(e.Notes, Note{"the text ends", noticed})
	for i, shown := n-2, 0; i >= 0 && shown < 3; i-- {
		if o := r.open[i]; isBracket(o.kind) {
			e.Notes = append(e.Notes, Note{fmt.Sprintf("a %c is open too,", o.kind), r.src.Pos(o.start)})
			shown++
		}
	}
	r.noteMargin(e)
	return e
}

// noteMargin points at the first bracket at the left margin inside an open form: people start definitions
// there, so the missing bracket most likely belongs before it.
func (r *reader) noteMargin(e *Error) {
	if r.margin > 0 {
		e.Notes = append(e.Notes, Note{"the missing bracket may belong before the definition", r.src.Pos(r.margin - 1)})
	}
}

func (r *reader) unterminated(start, from int, what, quote string) *Error {
	noticed := r.src.Pos(len(r.text))
	e := r.fail(start, from, "unterminated %s: expected %s before the end of the text at %d:%d", what, quote, noticed.Line, noticed.Col)
	e.Cause = errIncomplete
	e.Notes = append(e.Notes, Note{"the text ends", noticed})
	return e
}

func (r *reader) badUTF8() *Error {
	i := 0
	for i < len(r.text) {
		ch, n := utf8.DecodeRuneInString(r.text[i:])
		if ch == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return r.fail(i, i+1, "invalid UTF-8: byte 0x%02x; save the file as UTF-8", r.text[i])
}

// keyHint helps with {name: value}.
func keyHint(v Value) string {
	if v.tag() == KindSymbol {
		if name, ok := strings.CutSuffix(v.Text(), ":"); ok && name != "" {
			return " (did you mean :" + name + "?)"
		}
	}
	return ""
}

func (r *reader) unexpected(at int) *Error {
	ch, n := utf8.DecodeRuneInString(r.text[at:])
	hint := ""
	switch {
	case ch == '\u201c' || ch == '\u201d' || ch == '\u201e':
		hint = `; a string is written with "`
	case ch == '\u2018' || ch == '\u2019':
		hint = "; quote with '"
	case unicode.IsSpace(ch):
		hint = "; use an ordinary blank"
	case ch == '\ufeff':
		hint = "; a byte order mark may stand at the start only"
	case ch == '@':
		hint = "; splice with ,@"
	case ch == '|':
		hint = "; a raw string is written #|…|"
	}
	return r.fail(at, at+n, "unexpected character %s%s", printable(ch), hint)
}

// printable gives ch for messages: itself where it can be seen, else its number.
func printable(ch rune) string {
	if unicode.IsPrint(ch) && ch != ' ' {
		return string(ch)
	}
	return fmt.Sprintf("U+%04X", ch)
}

// describeDatum names a datum for messages.
func describeDatum(v Value) string {
	switch v.tag() {
	case KindNil:
		return "nil"
	case KindBool:
		return strconv.FormatBool(v.Truthy())
	case KindNumber:
		return "the number " + FormatNumber(v.Float())
	case KindSymbol:
		return "the symbol " + shorten(v.Text())
	case KindKeyword:
		return "the keyword :" + shorten(v.Text())
	case KindString:
		return "a string"
	}
	return "a " + v.Kind().String()
}
