package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

func (s *server) hover(ix *index, f *file, offset int, _ *positionParams) (any, error) {
	text, start, end := ix.hoverAt(f, offset)
	if text == "" {
		return nil, nil
	}
	r := f.text().span(start, end, s.enc)
	out := hoverResult{markup{"markdown", text}, &r}
	if formats := s.client.TextDocument.Hover.ContentFormat; len(formats) > 0 && !slices.Contains(formats, "markdown") {
		out.Contents = markup{"plaintext", plain(text)}
	}
	return out, nil
}

// hoverAt says what stands at an offset, and where it begins and ends; "" when there is nothing to say.
func (ix *index) hoverAt(f *file, offset int) (about string, start, end int) {
	if u := ix.useAt(f, offset); u != nil {
		start, end = f.repair.original(int(u.Span.Start)), f.repair.original(int(u.Span.End))
		return ix.aboutUse(f, u, offset), start, end
	}
	t := f.tree()
	path := t.path(offset)
	if name := f.givenHere(offset); name != "" {
		g := f.givenAt(name, offset)
		return ix.aboutGiven(f, g, name), g.at.start, g.at.end
	}
	if d := f.declarationAt(offset); d != nil {
		about := d.kind + " " + d.name
		if at := ix.declared(f, offset); at != nil {
			form := at.file.tree().topAt(at.start)
			if form != nil {
				about = firstLines(at.file.tree().of(form), 3)
			}
			return card(about, "", d.kind, fmt.Sprintf("%s:%d", at.file.name, at.file.text().position(at.start, utf8Units).Line+1)), d.at.start, d.at.end
		}
		return card(about, "", "defined in Go, or nowhere"), d.at.start, d.at.end
	}
	if len(path) == 0 {
		return "", 0, 0
	}
	n := path[len(path)-1]
	if n.list() || n.kind == nodeString || n.kind == nodeComment || n.kind == nodeQuote {
		return "", 0, 0
	}
	var in, up *node
	if len(path) > 1 {
		in = path[len(path)-2]
	}
	if len(path) > 2 {
		up = path[len(path)-3]
	}
	return ix.aboutWord(t, n, in, up, len(path)), n.start, n.end
}

func firstLines(s string, most int) string {
	lines := strings.SplitN(s, "\n", most+1)
	if len(lines) > most {
		lines[most] = "  …"
	}
	return strings.Join(lines, "\n")
}

// aboutUse describes what a use means.
func (ix *index) aboutUse(f *file, u *sx.Use, offset int) string {
	switch u.Kind {
	case sx.UseDef:
		if u.Def != nil {
			return ix.aboutDef(u.Def)
		}
	case sx.UsePrimitive:
		if p := ix.primitives[u.Name]; p != nil {
			return aboutPrimitive(p)
		}
	case sx.UseForm:
		if s := ix.specials[u.Name]; s != nil {
			return aboutSpecial(s)
		}
		if d := definitionFormOf(u.Name); d != nil {
			return card(d.usage, d.doc, "definition")
		}
		return aboutElement(u.Name)
	case sx.UseKeyword:
		if u.Def != nil {
			for _, p := range u.Def.Signature().Params {
				if p.Name == u.Name {
					return card(":"+parameter(p), "", "parameter of "+u.Def.Name)
				}
			}
		}
		return card(":"+u.Name, "", "keyword argument")
	case sx.UseGiven:
		g := f.givenAt(u.Name, offset)
		if g.at == nil {
			return card(u.Name, "", "given by the definition")
		}
		return ix.aboutGiven(f, g, u.Name)
	case sx.UseLocal:
		if u.From == nil {
			break
		}
		if g := ix.files[u.From.Name]; g != nil {
			at := g.repair.original(int(u.Bound.Start))
			if d := ix.defAt(g, at); d != nil {
				for _, p := range d.Signature().Params {
					if src, span := p.At.Place(); src == u.From && span == u.Bound {
						mark := ""
						if p.Mark != "" {
							mark = p.Mark + " "
						}
						return card(mark+parameter(p), "", "parameter of "+d.Name)
					}
				}
			}
			return card(ix.bindingText(g, at, u.Name), "", "local name")
		}
	}
	return card(u.Name, "")
}

// aboutGiven describes a name that a definition form gives.
func (ix *index) aboutGiven(f *file, g given, name string) string {
	t := f.tree()
	path := t.path(g.at.start)
	if n := len(path); g.kind == "field" && n > 1 && !strings.HasPrefix(t.head(path[n-2]), "&") {
		return card(firstLines(t.of(path[n-2]), 2), "", "parameter")
	}
	what := map[string]string{"data": "from :data", "path": "part of the path", "field": "parameter"}[g.kind]
	return card(ix.bindingText(f, g.at.start, name), "", what)
}

// defAt returns the definition whose form holds an offset.
func (ix *index) defAt(f *file, offset int) *sx.Def {
	for _, d := range ix.prog.Definitions() {
		if src, span := d.Span(); src != nil && src == f.src {
			if offset >= f.repair.original(int(span.Start)) && offset < f.repair.original(int(span.End)) {
				return d
			}
		}
	}
	return nil
}

// bindingText shows a name with what it is bound to, when that stands next to it.
func (ix *index) bindingText(f *file, at int, name string) string {
	t := f.tree()
	path := t.path(at)
	if len(path) < 2 {
		return name
	}
	in := path[len(path)-2]
	items := in.data()
	i := slices.Index(items, path[len(path)-1])
	if i < 0 || i+1 >= len(items) {
		return name
	}
	value := firstLines(t.of(items[i+1]), 1)
	if r := []rune(value); len(r) > 100 {
		value = string(r[:100]) + "…"
	}
	switch head := t.head(in); {
	case in.kind == '{', in.kind == '[', in.kind == '(' && len(path) > 2 && !strings.HasPrefix(head, "&") && i%2 == 0:
		if up := path[len(path)-3]; in.kind == '{' || strings.HasPrefix(t.head(up), "let") || up.kind == '(' && len(items) == 2 {
			return name + " = " + value
		}
	case head == "define" && i == 1:
		return name + " = " + value
	}
	return name
}

// aboutWord describes a word of which the analysis knows nothing: a keyword, or the head of a definition.
func (ix *index) aboutWord(t *tree, n, in, up *node, depth int) string {
	word := t.of(n)
	if in == nil {
		return ""
	}
	items := in.data()
	if n.kind == nodeSymbol {
		if len(items) > 0 && items[0] == n {
			if d := definitionFormOf(word); d != nil && (depth == 2 || !strings.HasPrefix(word, "def")) {
				return card(d.usage, d.doc, "definition")
			}
			if s := ix.specials[word]; s != nil {
				return aboutSpecial(s)
			}
		}
		if i := slices.Index(items, n); i > 0 && t.of(items[i-1]) == ":as" && slices.Contains(parameterTypes, strings.TrimSuffix(word, "?")) {
			return card(word, "", "type of a parameter")
		}
		if p := ix.primitives[word]; p != nil {
			return aboutPrimitive(p)
		}
		return ""
	}
	if n.kind != nodeKeyword {
		return ""
	}
	if up != nil && t.isParams(up) {
		for _, a := range annotations {
			if a.name == word[1:] {
				return card(word, a.doc, "annotation of a parameter")
			}
		}
	}
	for _, k := range ix.keywordsOf(t.head(in), t, in) {
		if k.name == word[1:] {
			return card(":"+k.name, k.doc, k.of)
		}
	}
	return ""
}

// keyword is one that a form takes.
type keyword struct {
	name, detail, doc, of string
	required              bool
}

// keywordsOf lists the keywords that a form with some head takes.
func (ix *index) keywordsOf(head string, t *tree, list *node) (out []keyword) {
	if d := definitionFormOf(head); d != nil {
		for _, f := range d.fields {
			out = append(out, keyword{name: f.name, doc: f.doc, of: "field of " + head})
		}
		return out
	}
	if d := ix.defs[head]; d != nil {
		for _, p := range keywords(d) {
			out = append(out, keyword{name: p.Name, detail: parameter(p), of: "parameter of " + head, required: p.Required})
		}
		return out
	}
	if s := ix.specials[head]; s != nil {
		for _, word := range strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(s.Usage)) {
			if len(word) > 1 && word[0] == ':' && strings.Trim(word[1:], "abcdefghijklmnopqrstuvwxyz-") == "" &&
				!slices.ContainsFunc(out, func(k keyword) bool { return k.name == word[1:] }) {
				out = append(out, keyword{name: word[1:], detail: s.Usage, of: head})
			}
		}
		return out
	}
	if ix.primitives[head] != nil || head == "" || strings.HasPrefix(head, "~") {
		return nil
	}
	for _, a := range attributesOf(head) {
		out = append(out, keyword{name: a, of: "attribute of " + head})
	}
	return out
}
