package sx

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Explain describes err for people, in lines that end with a newline: its message after its position, the
// source line with a caret below, further places, and the chain of components from the inside out.
//
//	pages/home.sx:9:12: ~card: unknown keyword :titel (did you mean :title?)
//	    9 |     (~card :titel "hi")
//	      |            ^^^^^^
//	   ~card is defined at components/card.sx:3:1
//	   in ~layouts/main at layouts.sx:8:3
//
// Diagnostics and joined errors give a block each; an error without an *Error inside is its own text. nil
// gives "".
func Explain(err error) string {
	var b strings.Builder
	eachError(err, func(e *Error, other error) {
		if e == nil {
			b.WriteString(other.Error() + "\n")
			return
		}
		e.explain(&b)
	})
	return b.String()
}

// eachError calls f with every error that err consists of: with the *Error in it, or else with itself.
func eachError(err error, f func(e *Error, other error)) {
	switch err := err.(type) {
	case nil:
	case *Error:
		f(err, err)
	case interface{ Unwrap() []error }:
		for _, inner := range err.Unwrap() {
			eachError(inner, f)
		}
	default:
		if inner := errors.Unwrap(err); inner != nil {
			var e *Error
			var d Diagnostics
			if errors.As(err, &e) || errors.As(err, &d) {
				eachError(inner, f)
				return
			}
		}
		f(nil, err)
	}
}

const (
	maxFramesShown = 24
	maxLineShown   = 160 // characters of a source line
)

func (e *Error) explain(b *strings.Builder) {
	if e.Pos.Line > 0 {
		fmt.Fprintf(b, "%s: ", e.Pos)
	}
	if e.Warning {
		b.WriteString("warning: ")
	}
	// A message may quote what a program raised: no line of it may look like the next error, no control
	// character may reach a terminal.
	b.WriteString(strings.ReplaceAll(visible(e.Message), "\n", "\n    ") + "\n")
	if e.src != nil && e.Pos.Line > 0 {
		line, carets := e.sourceLine()
		fmt.Fprintf(b, "%5d | %s\n      | %s\n", e.Pos.Line, line, carets)
	}
	for _, n := range e.Notes {
		b.WriteString("   " + visible(n.Message))
		if n.Pos.Line > 0 {
			b.WriteString(" at " + n.Pos.String())
		}
		b.WriteByte('\n')
	}
	for i, f := range e.Frames {
		if i == maxFramesShown {
			fmt.Fprintf(b, "   … and %d more\n", len(e.Frames)-i)
			break
		}
		b.WriteString("   in " + visible(f.Name))
		if f.Pos.Line > 0 {
			b.WriteString(" at " + f.Pos.String())
		}
		b.WriteByte('\n')
	}
}

// String returns file:line:col, or "" when the position is unknown.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// visible replaces control characters other than line ends and tabs.
func visible(s string) string {
	return strings.Map(func(ch rune) rune {
		if ch != '\n' && ch != '\t' && unicode.IsControl(ch) {
			return '\ufffd'
		}
		return ch
	}, s)
}

// sourceLine returns the line of the error and the line of carets below it. Tabs are copied, so that both
// line up however wide a tab is.
func (e *Error) sourceLine() (line, carets string) {
	text := []rune(visible(e.src.Line(e.Pos.Line)))
	from := min(e.Pos.Col-1, len(text))
	n := 1
	if e.End > e.Pos.Offset && e.End <= len(e.src.Text) {
		n = utf8.RuneCountInString(e.src.Text[e.Pos.Offset:e.End])
	}
	to := min(from+max(n, 1), max(len(text), from+1))
	head, tail := "", ""
	if len(text) > maxLineShown {
		start := min(max(0, from-maxLineShown/2), len(text)-maxLineShown)
		if start > 0 {
			head = "…"
		}
		if start+maxLineShown < len(text) {
			tail = "…"
		}
		text = text[start : start+maxLineShown]
		from, to = from-start, min(to-start, max(len(text), from-start+1))
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", utf8.RuneCountInString(head)))
	for _, ch := range text[:from] {
		if ch == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", columns(ch)))
		}
	}
	for i := from; i < to; i++ {
		w := 1
		if i < len(text) && text[i] != '\t' {
			w = columns(text[i])
		}
		b.WriteString(strings.Repeat("^", w))
	}
	return head + string(text) + tail, b.String()
}

// columns returns the cells that a terminal uses for ch: none for marks that stand on the letter before, two
// for the wide scripts of East Asia and for emoji, else one.
func columns(ch rune) int {
	switch {
	case ch < 0x300:
		return 1
	case unicode.In(ch, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case ch >= 0x1100 && ch <= 0x115f, ch >= 0x2e80 && ch <= 0xa4cf && ch != 0x303f, ch >= 0xac00 && ch <= 0xd7a3,
		ch >= 0xf900 && ch <= 0xfaff, ch >= 0xfe30 && ch <= 0xfe6f, ch >= 0xff00 && ch <= 0xff60, ch >= 0xffe0 && ch <= 0xffe6,
		ch >= 0x1f300 && ch <= 0x1f64f, ch >= 0x1f900 && ch <= 0x1f9ff, ch >= 0x20000 && ch <= 0x3fffd:
		return 2
	}
	return 1
}

type jsonPlace struct {
	Message string `json:"message,omitempty"`
	Name    string `json:"name,omitempty"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
}

type jsonError struct {
	Severity string      `json:"severity"`
	Kind     ErrorKind   `json:"kind"`
	Message  string      `json:"message"`
	File     string      `json:"file,omitempty"`
	Line     int         `json:"line,omitempty"`
	Col      int         `json:"col,omitempty"`
	Offset   int         `json:"offset"`
	End      int         `json:"end"`
	Notes    []jsonPlace `json:"notes,omitempty"`
	Frames   []jsonPlace `json:"frames,omitempty"`
}

// ExplainJSON describes err for programs: a JSON array with an object for each error, with severity
// ("error" or "warning"), kind, message, file, line and col (from 1, in characters), offset and end (bytes
// from 0; end is the offset where the form ends), notes and frames. nil gives [].
func ExplainJSON(err error) []byte {
	all := []jsonError{}
	eachError(err, func(e *Error, other error) {
		if e == nil {
			all = append(all, jsonError{Severity: "error", Kind: GoError, Message: other.Error()})
			return
		}
		j := jsonError{Severity: "error", Kind: e.Kind, Message: e.Message, File: e.Pos.File, Line: e.Pos.Line, Col: e.Pos.Col, Offset: e.Pos.Offset, End: max(e.End, e.Pos.Offset)}
		if e.Warning {
			j.Severity = "warning"
		}
		for _, n := range e.Notes {
			j.Notes = append(j.Notes, jsonPlace{Message: n.Message, File: n.Pos.File, Line: n.Pos.Line, Col: n.Pos.Col})
		}
		for _, f := range e.Frames {
			j.Frames = append(j.Frames, jsonPlace{Name: f.Name, File: f.Pos.File, Line: f.Pos.Line, Col: f.Pos.Col})
		}
		all = append(all, j)
	})
	out, marshalErr := json.Marshal(all)
	if marshalErr != nil { // strings and numbers only: cannot happen
		return []byte("[]")
	}
	return out
}
