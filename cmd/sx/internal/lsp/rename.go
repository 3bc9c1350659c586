package lsp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// A rename is tried before it is offered: the program is loaded as it would be, and must mean the same, name by name. So a
// name that is taken, one that would capture another, and a use that no analysis sees, as in what a macro makes, are all
// refused with the place that is in the way.

func (s *server) prepareRename(ix *index, f *file, offset int, _ *positionParams) (any, error) {
	target, _, err := ix.renamable(f, offset)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return nil, nil
	}
	name := f.text().s[target.start:target.end]
	return prepareResult{f.text().span(target.start, target.end, s.enc), name}, nil
}

// renamable returns the place at an offset that a rename would change, and all the places it would. Both are nil where
// nothing has a name.
func (ix *index) renamable(f *file, offset int) (*ref, []ref, error) {
	for _, g := range ix.sorted() {
		if g.repair != nil {
			return nil, nil, failed("%s cannot be read: a rename would miss what is in it", g.name)
		}
	}
	refs, err := ix.renames(f, offset)
	if err != nil || refs == nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(refs, func(r ref) bool { return r.file == f && r.start <= offset && offset <= r.end })
	if i < 0 {
		return nil, nil, failed("this name is not written where it is bound: it cannot be renamed")
	}
	target := refs[i]
	name := f.text().s[target.start:target.end]
	for _, r := range refs {
		if r.file.uri == "" {
			return nil, nil, failed("%s is not defined in a file of this folder", name)
		}
	}
	// children is the name of every component's children, whatever their parameter is called.
	refs = slices.DeleteFunc(refs, func(r ref) bool { return r.file.text().s[r.start:r.end] != name })
	if !slices.ContainsFunc(refs, func(r ref) bool { return r.binds }) {
		return nil, nil, failed("%s is not defined in a file of this folder", name)
	}
	return &target, refs, nil
}

// renames returns the places of what is named at an offset.
func (ix *index) renames(f *file, offset int) ([]ref, error) {
	u := ix.useAt(f, offset)
	if u == nil {
		name := f.givenHere(offset)
		if name == "" {
			return ix.declarationUses(f, offset), nil
		}
		u = &sx.Use{Kind: sx.UseGiven, Name: name, Source: f.src}
	}
	switch u.Kind {
	case sx.UsePrimitive:
		return nil, failed("%s is a primitive: its name is the language's", u.Name)
	case sx.UseForm:
		return nil, failed("%s is no name of this program", u.Name)
	case sx.UseGiven:
		switch g := f.givenAt(u.Name, offset); {
		case g.kind == "path":
			return nil, failed("%s is a part of the address, which others write too", u.Name)
		case g.kind == "field":
			return nil, failed("%s is the name of a field, which forms send", u.Name)
		case g.at == nil:
			return nil, failed("%s is given by the definition around it", u.Name)
		}
	case sx.UseKeyword:
		if u.Def == nil {
			return nil, failed("the function that takes :%s has no name: who else calls it is not known", u.Name)
		}
	case sx.UseLocal:
		if u.From != nil && ix.callersUnknown(u) {
			return nil, failed("the function that takes :%s has no name: who else calls it is not known", u.Name)
		}
	}
	return ix.references(f, offset), nil
}

// callersUnknown reports whether a local name is a keyword parameter of a function other than a definition's.
func (ix *index) callersUnknown(u *sx.Use) bool {
	g := ix.files[u.From.Name]
	if g == nil {
		return true
	}
	at := g.repair.original(int(u.Bound.Start))
	if d := ix.defAt(g, at); d != nil {
		for _, p := range d.Signature().Params {
			if src, span := p.At.Place(); src == u.From && span == u.Bound {
				return false
			}
		}
	}
	t := g.tree()
	path := t.path(at)
	for i := len(path) - 2; i >= 0 && i >= len(path)-3; i-- {
		if path[i].kind == '(' {
			key := false
			for _, n := range path[i].data() {
				if n.start > at {
					break
				}
				if name := t.name(n); strings.HasPrefix(name, "&") {
					key = name == "&key"
				}
			}
			if key && t.head(path[i]) != "" && strings.Contains(t.of(path[i]), "&key") {
				return true
			}
		}
	}
	return false
}

func (s *server) rename(ix *index, f *file, offset int, p *renameParams) (any, error) {
	target, refs, err := ix.renamable(f, offset)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return nil, failed("there is no name here")
	}
	old := f.text().s[target.start:target.end]
	name := strings.TrimPrefix(p.NewName, ":")
	if err := validName(old, name); err != nil {
		return nil, err
	}
	if name == old {
		return workspaceEdit{}, nil
	}
	if err := s.tryRename(ix, refs, old, name); err != nil {
		return nil, err
	}
	return ix.edit(refs, name, s.client.Workspace.WorkspaceEdit.DocumentChanges), nil
}

// validName reports why a name cannot stand in place of another.
func validName(old, name string) error {
	forms, err := sx.Read(sx.NewSource("", name), sx.Limits{})
	if err != nil || len(forms) != 1 || forms[0].Kind() != sx.KindSymbol || forms[0].Text() != name || strings.HasPrefix(name, "&") {
		return failed("%q is no name", name)
	}
	if strings.HasPrefix(old, "~") != strings.HasPrefix(name, "~") || name == "~" {
		return failed("names of components begin with ~, and no others do")
	}
	return nil
}

// tryRename loads the program as it would be, and compares what its names mean.
func (s *server) tryRename(ix *index, refs []ref, old, name string) error {
	docs := map[string]*text{}
	for n := range ix.vers {
		if f := ix.files[n]; f != nil {
			docs[n] = f.text()
		}
	}
	changed := map[*file][]int{} // where edits begin
	for _, r := range refs {
		changed[r.file] = append(changed[r.file], r.start)
	}
	for f, starts := range changed {
		docs[f.name] = newText(replaced(f.text().s, starts, len(old), name))
	}
	prog, uses, _, _ := s.try(ix.root, docs)
	before, after := ix.prog.Diagnostics().Errors(), prog.Diagnostics().Errors()
	if len(after) > len(before) {
		for _, e := range after {
			if !slices.ContainsFunc(before, func(o *sx.Error) bool { return o.Message == e.Message && o.Pos.File == e.Pos.File }) {
				return failed("renaming %s to %s: %v", old, name, e)
			}
		}
		return failed("renaming %s to %s makes the program wrong", old, name)
	}
	shift := func(src *sx.Source, at uint32) uint32 {
		if src == nil {
			return 0
		}
		moved := at
		for _, start := range changed[ix.files[src.Name]] {
			if uint32(start) < at {
				moved += uint32(len(name) - len(old))
			}
		}
		return moved
	}
	sourceName := func(src *sx.Source) string {
		if src == nil {
			return ""
		}
		return src.Name
	}
	type meaning struct {
		file  string
		start uint32
		kind  sx.UseKind
		from  string
		bound uint32
	}
	told := map[meaning]bool{}
	for _, src := range prog.Sources() {
		for _, u := range uses[src] {
			told[meaning{src.Name, u.Span.Start, u.Kind, sourceName(u.From), u.Bound.Start}] = true
		}
	}
	var other *sx.Use
	ix.eachUse(func(_ *file, u *sx.Use) {
		want := meaning{u.Source.Name, shift(u.Source, u.Span.Start), u.Kind, sourceName(u.From), shift(u.From, u.Bound.Start)}
		if !told[want] && other == nil {
			other = u
		}
		delete(told, want)
	})
	if other != nil {
		return failed("renaming %s to %s would change what %s means at %s", old, name, other.Name, other.Source.Pos(int(other.Span.Start)))
	}
	if len(told) > 0 {
		return failed("renaming %s to %s would change what other names mean", old, name)
	}
	return nil
}

// replaced returns a text with the names that begin at some places replaced.
func replaced(s string, starts []int, length int, name string) string {
	slices.Sort(starts)
	var b strings.Builder
	at := 0
	for _, start := range starts {
		b.WriteString(s[at:start])
		b.WriteString(name)
		at = start + length
	}
	b.WriteString(s[at:])
	return b.String()
}

// edit makes the edit that puts a name in some places.
func (ix *index) edit(refs []ref, name string, versions bool) workspaceEdit {
	byFile := map[*file][]TextEdit{}
	for _, r := range refs {
		byFile[r.file] = append(byFile[r.file], TextEdit{r.file.text().span(r.start, r.end, ix.enc), name})
	}
	var out workspaceEdit
	if !versions {
		out.Changes = map[string][]TextEdit{}
	}
	for f, edits := range byFile {
		slices.SortFunc(edits, func(a, b TextEdit) int {
			return cmp.Or(cmp.Compare(a.Range.Start.Line, b.Range.Start.Line), cmp.Compare(a.Range.Start.Character, b.Range.Start.Character))
		})
		if versions {
			out.DocumentChanges = append(out.DocumentChanges, documentEdit{versionedID{f.uri, ix.vers[f.name].Version}, edits})
		} else {
			out.Changes[f.uri] = edits
		}
	}
	slices.SortFunc(out.DocumentChanges, func(a, b documentEdit) int { return strings.Compare(a.TextDocument.URI, b.TextDocument.URI) })
	return out
}
