package lsp

import (
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// formatting gives the edit that makes of a buffer what sx fmt makes of it: the lines that differ. A text that cannot be
// read is left alone.
func (s *server) formatting(p *documentParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	old := d.text.s
	out, err := sx.Format(sx.NewSource(d.name, old))
	if err != nil {
		return nil, nil
	}
	if out == old {
		return []TextEdit{}, nil
	}
	before, after := strings.SplitAfter(old, "\n"), strings.SplitAfter(out, "\n")
	start := 0
	for start < len(before)-1 && start < len(after)-1 && before[start] == after[start] {
		start++
	}
	end := 0
	for end < len(before)-start-1 && end < len(after)-start-1 && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	from := len(strings.Join(before[:start], ""))
	to := len(old) - len(strings.Join(before[len(before)-end:], ""))
	return []TextEdit{{d.text.span(from, to, s.enc), strings.Join(after[start:len(after)-end], "")}}, nil
}
