package sx

import (
	"io/fs"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Source is the text of one file. It is immutable and may be shared.
type Source struct {
	Name string // path relative to the program's root, with slashes
	Text string

	once  sync.Once
	lines []int // byte offsets at which lines begin

	written, read time.Time // when its file was written, and when it was read; zero: not known
}

// NewSource makes a Source.
func NewSource(name, text string) *Source { return &Source{Name: name, Text: text} }

// current reports whether a file is still the one that was read. Clocks of file systems are coarse: a file that was read
// right after it was written may have been written once more at the same time.
func (s *Source) current(info fs.FileInfo) bool {
	const tick = 100 * time.Millisecond
	return !s.written.IsZero() && s.written.Equal(info.ModTime()) && int64(len(s.Text)) == info.Size() && s.read.Sub(s.written) > tick
}

// Span is a range of bytes of a Source. The zero Span is no place at all.
type Span struct{ Start, End uint32 }

// Pos is a place for people: Line and Col start at 1, Col counts characters, Offset counts bytes from 0.
// The zero Pos is unknown.
type Pos struct {
	File   string
	Line   int
	Col    int
	Offset int
}

func (s *Source) index() {
	s.lines = append(s.lines, 0)
	for i := 0; i < len(s.Text); i++ {
		switch s.Text[i] {
		case '\n':
			s.lines = append(s.lines, i+1)
		case '\r': // a lone CR ends a line too; CRLF counts once
			if i+1 == len(s.Text) || s.Text[i+1] != '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	}
}

// Pos computes the position of a byte offset. A BOM at the start counts no column.
func (s *Source) Pos(offset int) Pos {
	s.once.Do(s.index)
	offset = min(offset, len(s.Text))
	n := sort.SearchInts(s.lines, offset+1) - 1
	from := s.lines[n]
	if n == 0 {
		from += len(s.Text) - len(strings.TrimPrefix(s.Text, "\ufeff"))
	}
	return Pos{s.Name, n + 1, utf8.RuneCountInString(s.Text[min(from, offset):offset]) + 1, offset}
}

// Line returns the text of a line (from 1) without its line end.
func (s *Source) Line(n int) string {
	s.once.Do(s.index)
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.Text)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	return strings.TrimPrefix(strings.TrimRight(s.Text[s.lines[n-1]:end], "\r\n"), "\ufeff")
}

// spanTable holds the places of the data of one text. A list or dict keeps an index into it: there stands its
// own span, and after that one span for each of its items (for dicts: key, value, key, value …). One table for
// all of them takes 8 bytes a datum, and nothing that the garbage collector has to look at.
type spanTable struct {
	src   *Source
	spans []Span
}

// formInfo is where a list or dict was read, and where each of its items stands. The zero formInfo is unknown.
type formInfo struct {
	src   *Source
	span  Span
	items []Span
}

func (t *spanTable) info(at uint32, items int) formInfo {
	if t == nil {
		return formInfo{}
	}
	from := int(at) + 1
	return formInfo{t.src, t.spans[at], t.spans[from:min(from+items, len(t.spans))]}
}

// infoTable makes a table of one form, for forms that are put together from others.
func infoTable(src *Source, span Span, items []Span) *spanTable {
	return &spanTable{src, append([]Span{span}, items...)}
}

// place is a span in a source; the zero place is unknown.
type place struct {
	src  *Source
	span Span
}

func (p place) pos() Pos {
	if p.src == nil {
		return Pos{}
	}
	return p.src.Pos(int(p.span.Start))
}

// text returns the source text of the place.
func (p place) text() string {
	if p.src == nil {
		return ""
	}
	return p.src.Text[p.span.Start:p.span.End]
}
