package lsp

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A protocol counts characters in UTF-16 units unless both sides agree on bytes (LSP 3.17, "Text Documents"). Inside, every
// place is an offset in bytes.

// encoding is the unit of Position.Character.
type encoding string

const (
	utf8Units  encoding = "utf-8"
	utf16Units encoding = "utf-16"
)

// text is a text with its lines. It is immutable.
type text struct {
	s     string
	lines []int // offsets at which lines begin
}

func newText(s string) *text {
	t := &text{s: s, lines: []int{len(s) - len(strings.TrimPrefix(s, "\ufeff"))}} // editors do not count a byte order mark
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || s[i] == '\r' && (i+1 == len(s) || s[i+1] != '\n') {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// line returns where line n begins and ends, without its line end.
func (t *text) line(n int) (start, end int) {
	start, end = t.lines[n], len(t.s)
	if n+1 < len(t.lines) {
		end = t.lines[n+1]
	}
	return start, start + len(strings.TrimRight(t.s[start:end], "\r\n"))
}

// offset returns the offset of a position. One outside of the text means the nearest place in it, one inside a
// character its beginning.
func (t *text) offset(p Position, enc encoding) int {
	if p.Line < 0 {
		return t.lines[0]
	}
	if p.Line >= len(t.lines) {
		return len(t.s)
	}
	at, end := t.line(p.Line)
	for n := 0; at < end && n < p.Character; {
		ch, size := utf8.DecodeRuneInString(t.s[at:end])
		if n += units(ch, size, enc); n > p.Character {
			break
		}
		at += size
	}
	return at
}

// position returns the position of an offset.
func (t *text) position(offset int, enc encoding) Position {
	offset = max(0, min(offset, len(t.s)))
	n := max(0, sort.SearchInts(t.lines, offset+1)-1)
	p := Position{Line: n}
	for at := t.lines[n]; at < offset; {
		ch, size := utf8.DecodeRuneInString(t.s[at:])
		p.Character += units(ch, size, enc)
		at += size
	}
	return p
}

// span returns the range of the bytes from start to end.
func (t *text) span(start, end int, enc encoding) Range {
	return Range{t.position(start, enc), t.position(end, enc)}
}

func units(ch rune, size int, enc encoding) int {
	switch {
	case enc == utf8Units:
		return size
	case ch > 0xffff:
		return 2
	}
	return 1
}

// apply returns the text after edits, one after another as didChange has them.
func (t *text) apply(p *changeParams, enc encoding) *text {
	for _, c := range p.ContentChanges {
		if c.Range == nil {
			t = newText(c.Text)
			continue
		}
		start := t.offset(c.Range.Start, enc)
		end := max(start, t.offset(c.Range.End, enc))
		t = newText(t.s[:start] + c.Text + t.s[end:])
	}
	return t
}
