package lsp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// publish sends what is wrong in a root: every file that has something, and every file that had and has no more. ix is
// nil for a root that is gone.
func (s *server) publish(r *root, ix *index, j *job) {
	found := map[string][]diagnostic{}
	uris := map[string]string{}
	if ix != nil {
		found = ix.diagnostics(r.goStrings())
		for name := range found {
			uris[name] = ix.files[name].uri
		}
		for name, d := range j.vers { // an open buffer hears of it also when nothing is wrong
			uris[name] = d.URI
		}
	}
	names := make([]string, 0, len(uris))
	for name := range uris {
		names = append(names, name)
	}
	for name, uri := range r.loader.shown {
		if uris[name] == "" || uris[name] != uri {
			s.send(publishParams{URI: uri, Diagnostics: []diagnostic{}})
		}
	}
	slices.Sort(names)
	r.loader.shown = map[string]string{}
	for _, name := range names {
		p := publishParams{URI: uris[name], Version: j.vers[name].Version, Diagnostics: found[name]}
		if p.Diagnostics == nil {
			p.Diagnostics = []diagnostic{}
		}
		if len(p.Diagnostics) > 0 {
			r.loader.shown[name] = p.URI
		}
		s.send(p)
	}
}

func (s *server) send(p publishParams) {
	if err := s.conn.notify("textDocument/publishDiagnostics", p); err != nil {
		s.logf("diagnostics: %v", err)
	}
}

// diagnostics gives what is wrong, by file. Names that the Go files of the folder hold as strings may be registered
// there, so nothing is said of them.
func (ix *index) diagnostics(goStrings map[string]bool) map[string][]diagnostic {
	out := map[string][]diagnostic{}
	add := func(f *file, e *sx.Error, original bool) {
		out[f.name] = append(out[f.name], ix.diagnostic(f, e, original))
	}
	for _, f := range ix.files {
		if f.repair == nil || f.uri == "" {
			continue
		}
		for _, e := range f.repair.errors {
			add(f, e, true)
		}
	}
	for _, e := range ix.found {
		f := ix.files[e.Pos.File]
		if f == nil || f.uri == "" || e.Pos.Line == 0 {
			if f = ix.anyFile(e); f == nil {
				continue
			}
			shown := *e
			shown.Pos, shown.End = sx.Pos{}, 0
			if e.Pos.Line > 0 {
				shown.Message = e.Error()
			}
			add(f, &shown, false)
			continue
		}
		if f.repair.broken(f.repair.original(e.Pos.Offset)) {
			continue // it is about what the repair made of the form
		}
		if e.Kind == sx.UndefinedError && goStrings != nil && goStrings[undefinedName(e, f)] {
			continue
		}
		add(f, e, false)
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b diagnostic) int {
			return cmp.Or(cmp.Compare(a.Range.Start.Line, b.Range.Start.Line), cmp.Compare(a.Range.Start.Character, b.Range.Start.Character))
		})
	}
	return out
}

// anyFile chooses where a mistake is shown that stands in no file of the language: in its own file if there is one, such as a
// script of assets/, else in app.sx, else in an open buffer, else in the first file.
func (ix *index) anyFile(e *sx.Error) *file {
	for _, name := range []string{e.Pos.File, "app.sx"} {
		if f := ix.files[name]; f != nil && f.uri != "" {
			return f
		}
	}
	var first *file
	for _, f := range ix.files {
		_, open := ix.vers[f.name]
		if f.uri != "" && (first == nil || open || f.name < first.name) {
			if first = f; open {
				return f
			}
		}
	}
	return first
}

// undefinedName returns the name that a diagnostic says is not defined.
func undefinedName(e *sx.Error, f *file) string {
	text := f.src.Text[e.Pos.Offset:]
	if strings.HasPrefix(e.Message, "unknown guard :") {
		name, _, _ := strings.Cut(strings.TrimPrefix(e.Message, "unknown guard :"), " ")
		return name
	}
	if text == "" {
		return ""
	}
	return text[:atomLength(text)]
}

// diagnostic turns an error into one of the protocol. original says that its place is in the text as people see it.
func (ix *index) diagnostic(f *file, e *sx.Error, original bool) diagnostic {
	t := f.text()
	start, end := e.Pos.Offset, e.End
	if !original {
		start, end = f.repair.original(start), f.repair.original(end)
	}
	if end <= start && start < len(t.s) {
		end = start + atomLength(t.s[start:])
	}
	// A form of many lines is marked in its first.
	if n := start + lineLength(t.s[min(start, len(t.s)):]); end > n && n > start {
		end = n
	}
	d := diagnostic{Range: t.span(start, end, ix.enc), Severity: severityError, Code: string(e.Kind), Source: "sx", Message: e.Message}
	if e.Warning {
		d.Severity, d.Code = severityWarning, ""
		if strings.HasPrefix(e.Message, "unreachable") || strings.Contains(e.Message, "does not use its parameter") {
			d.Tags = []int{tagUnnecessary}
		}
	}
	related := func(p sx.Pos, message string) {
		g := ix.files[p.File]
		if p.Line == 0 || g == nil || g.uri == "" {
			d.Message += "\n" + message
			return
		}
		from := p.Offset
		if !original || g != f {
			from = g.repair.original(from)
		}
		to := from
		if text := g.text().s; from < len(text) && strings.IndexByte("([{", text[from]) < 0 {
			to = from + atomLength(text[from:])
		}
		d.Related = append(d.Related, relatedInfo{Location{g.uri, g.text().span(from, to, ix.enc)}, message})
	}
	for _, n := range e.Notes {
		related(n.Pos, n.Message)
	}
	for i, c := range e.Frames {
		if i == 10 {
			break
		}
		related(c.Pos, "in "+c.Name)
	}
	return d
}
