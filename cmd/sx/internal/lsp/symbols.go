package lsp

import (
	"strings"
)

const symbolsMost = 500 // of one answer

// symbolKinds says how editors show a definition.
var symbolKinds = map[string]int{
	"defcomp": symbolClass, "define": symbolFunction, "defmacro": symbolOperator, "defpage": symbolFile,
	"defhandler": symbolEvent, "defaction": symbolEvent, "defguard": symbolFunction, "defconfig": symbolObject,
	"deflive": symbolEvent, "defsuite": symbolObject, "deftest": symbolMethod,
}

// documentSymbols lists the definitions of a buffer. Its text is all there is to know.
func (s *server) documentSymbols(p *documentParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	t := d.tree()
	all := t.symbols(t.top, d.text, s.enc)
	if s.client.TextDocument.DocumentSymbol.Hierarchical {
		return all, nil
	}
	flat := []symbolInformation{}
	var add func(list []documentSymbol, in string)
	add = func(list []documentSymbol, in string) {
		for _, x := range list {
			flat = append(flat, symbolInformation{x.Name, x.Kind, Location{d.uri, x.Range}, in})
			add(x.Children, x.Name)
		}
	}
	add(all, "")
	return flat, nil
}

// symbols lists the definitions among some forms.
func (t *tree) symbols(forms []*node, txt *text, enc encoding) []documentSymbol {
	out := []documentSymbol{}
	for _, n := range forms {
		head := t.head(n)
		if head == "begin" || head == "do" {
			out = append(out, t.symbols(n.items, txt, enc)...)
			continue
		}
		items := n.data()
		kind := symbolKinds[head]
		if kind == 0 {
			if !strings.HasPrefix(head, "def") || len(items) < 2 || items[1].kind != nodeSymbol {
				continue
			}
			kind = symbolVariable // by a macro
		}
		at := items[0]
		if len(items) > 1 && head != "defconfig" {
			at = items[1]
			if name := at.data(); head == "define" && at.kind == '(' && len(name) > 0 {
				at = name[0]
			} else if head == "define" && !(len(items) > 2 && (t.head(items[len(items)-1]) == "fn" || t.head(items[len(items)-1]) == "lambda")) {
				kind = symbolVariable
			}
		}
		name := t.of(at)
		if at.kind == nodeString {
			name = strings.Trim(name, `"`)
		}
		if name == "" || at.list() {
			continue
		}
		x := documentSymbol{Name: name, Detail: head, Kind: kind, Range: txt.span(n.start, n.end, enc), SelectionRange: txt.span(at.start, at.end, enc)}
		if head == "defsuite" {
			x.Children = t.symbols(items[1:], txt, enc)
		}
		out = append(out, x)
	}
	return out
}

// workspaceSymbols looks for definitions, pages and the like in everything that is loaded.
func (s *server) workspaceSymbols(r *request) {
	p := &symbolParams{}
	if err := r.decode(p); err != nil {
		r.answer(nil, err)
		return
	}
	out := []symbolInformation{}
	var loading []*root
	for _, root := range s.roots {
		if ix := root.latest.Load(); ix != nil {
			out = append(out, ix.symbolsLike(p.Query, symbolsMost-len(out))...)
		} else {
			loading = append(loading, root)
		}
	}
	if len(loading) == 0 {
		r.answer(out, nil)
		return
	}
	left := len(loading)
	for _, root := range loading {
		s.after(root, func(ix *index) { // one after another, on the analysing goroutine
			r.guard(func() {
				out = append(out, ix.symbolsLike(p.Query, symbolsMost-len(out))...)
				if left--; left == 0 {
					r.answer(out, nil)
				}
			})
		})
	}
}

func (ix *index) symbolsLike(query string, most int) (out []symbolInformation) {
	for _, f := range ix.sorted() {
		if !mayHold(f.text().s, query) {
			continue
		}
		for _, x := range f.tree().symbols(f.tree().top, f.text(), ix.enc) {
			if matches(x.Name, query) > 0 && !(strings.HasPrefix(query, "~") && !strings.HasPrefix(x.Name, "~")) {
				if len(out) == most {
					return out
				}
				out = append(out, symbolInformation{x.Name, x.Kind, Location{f.uri, x.SelectionRange}, f.name})
			}
		}
	}
	return out
}

// mayHold reports whether a text has the letters of a query at all.
func mayHold(s, query string) bool {
	for _, ch := range strings.TrimLeft(strings.ToLower(query), "~:(") {
		if !strings.ContainsRune(s, ch) && !strings.ContainsAny(s, strings.ToUpper(string(ch))) {
			return false
		}
	}
	return true
}
