package lsp

import (
	"strings"
	"unicode/utf16"
)

// signatureHelp shows how the form around a place is written, and which of its parts the place is in.
func (s *server) signatureHelp(r *request) {
	p := &positionParams{}
	if err := r.decode(p); err != nil {
		r.answer(nil, err)
		return
	}
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		r.answer(nil, nil)
		return
	}
	t, offset := d.tree(), d.text.offset(p.Position, s.enc)
	s.withLatest(d.root, func(ix *index) {
		r.guard(func() {
			if h := ix.signature(t, offset); h != nil {
				r.answer(h, nil)
			} else {
				r.answer(nil, nil)
			}
		})
	})
}

func (ix *index) signature(t *tree, offset int) *signatureResult {
	path := t.path(offset)
	for i := len(path) - 1; i >= 0; i-- {
		n := path[i]
		if n.kind != '(' {
			continue
		}
		items := n.data()
		head := t.head(n)
		if head == "" || offset <= items[0].end {
			return nil
		}
		// What stands before the offset, and the keyword it belongs to.
		at, key := 0, ""
		for k := 1; k < len(items) && items[k].start <= offset; k++ {
			if items[k].kind == nodeKeyword && items[k].end < offset {
				key = t.of(items[k])[1:]
				if k+1 < len(items) && items[k+1].end < offset {
					key = ""
					k++
				}
				continue
			}
			if items[k].end < offset {
				at++
			}
		}
		var label, doc string
		var parts []string
		active := -1
		switch {
		case ix.defs[head] != nil:
			d := ix.defs[head]
			sig := d.Signature()
			if sig.Kind == "value" {
				return nil
			}
			label, doc = usage(d), sig.Doc
			position := 0
			for k, p := range sig.Params {
				parts = append(parts, parameter(p))
				if p.Mark == "" {
					if position == at && key == "" {
						active = k
					}
					position++
				} else if p.Mark == "&key" && p.Name == key || p.Mark == "&rest" && key == "" && active < 0 {
					active = k
				}
			}
		case ix.primitives[head] != nil:
			p := ix.primitives[head]
			label, doc = p.Usage, p.Doc
			for _, w := range strings.Fields(strings.Trim(p.Usage, "()"))[1:] {
				parts = append(parts, w)
			}
			active = min(at, len(parts)-1)
		case ix.specials[head] != nil:
			label, doc = ix.specials[head].Usage, ix.specials[head].Doc
		default:
			if d := definitionFormOf(head); d != nil && i == 0 {
				label, doc = d.usage, d.doc
				break
			}
			return nil
		}
		out := &signatureResult{ActiveParameter: max(active, 0)}
		info := signatureInfo{Label: label, Parameters: []parameterInfo{}}
		if doc != "" {
			info.Documentation = &markup{"markdown", doc}
		}
		from := 0
		for _, part := range parts {
			k := strings.Index(label[from:], part)
			if k < 0 {
				break
			}
			start := from + k
			from = start + len(part)
			info.Parameters = append(info.Parameters, parameterInfo{[2]int{units16(label[:start]), units16(label[:from])}})
		}
		if active < 0 {
			out.ActiveParameter = len(parts) // none
		}
		out.Signatures = []signatureInfo{info}
		return out
	}
	return nil
}

// units16 counts UTF-16 units, which offsets into a label are in.
func units16(s string) int { return len(utf16.Encode([]rune(s))) }
