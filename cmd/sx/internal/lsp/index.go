package lsp

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/sx-framework/sxgo/sx"
)

// index is what one analysis of a root found. It is immutable but for what is computed when it is first asked for.
type index struct {
	root  *root
	gen   int
	enc   encoding
	prog  *sx.Program
	files map[string]*file
	found sx.Diagnostics
	defs  map[string]*sx.Def
	vers  map[string]documentID

	primitives map[string]*sx.Primitive
	specials   map[string]*sx.Special
}

// file is one source of a root.
type file struct {
	name   string
	uri    string
	src    *sx.Source
	uses   []sx.Use // by place in what the loader read
	repair *repair

	textOnce sync.Once
	textIs   *text
	treeOnce sync.Once
	treeIs   *tree
}

func newIndex(r *root, j *job, prog *sx.Program, uses map[*sx.Source][]sx.Use, repairs map[string]*repair) *index {
	ix := &index{root: r, gen: j.gen, prog: prog, files: map[string]*file{}, defs: map[string]*sx.Def{}, vers: j.vers}
	for _, src := range prog.Sources() {
		f := &file{name: src.Name, src: src, uses: uses[src], repair: repairs[src.Name]}
		if path := r.file(src.Name); path != "" {
			f.uri = uriOf(path)
		}
		if d, ok := j.vers[src.Name]; ok {
			f.uri = d.URI
		}
		ix.files[src.Name] = f
	}
	for name, rep := range repairs { // a load that ended before it made a program
		if ix.files[name] == nil {
			f := &file{name: name, uri: uriOf(r.file(name)), src: sx.NewSource(name, rep.fixed), repair: rep}
			if d, ok := j.vers[name]; ok {
				f.uri = d.URI
			}
			ix.files[name] = f
		}
	}
	ix.primitives, ix.specials = map[string]*sx.Primitive{}, map[string]*sx.Special{}
	for _, p := range prog.Primitives() {
		ix.primitives[p.Name] = p
	}
	for _, s := range prog.Specials() {
		ix.specials[s.Name] = s
	}
	for _, d := range prog.Definitions() {
		ix.defs[d.Name] = d
	}
	return ix
}

// text returns the text as people see it.
func (f *file) text() *text {
	f.textOnce.Do(func() {
		if f.repair != nil {
			f.textIs = newText(f.repair.text)
		} else {
			f.textIs = newText(f.src.Text)
		}
	})
	return f.textIs
}

// tree returns the shape of the text.
func (f *file) tree() *tree {
	f.treeOnce.Do(func() { f.treeIs = parse(f.text().s) })
	return f.treeIs
}

// useAt returns the use that holds an offset of a file, as people see it: one may stand right behind a name. When two
// meet there, it is the one that begins.
func (ix *index) useAt(f *file, offset int) *sx.Use {
	i := sort.Search(len(f.uses), func(i int) bool { return f.repair.original(int(f.uses[i].Span.Start)) > offset }) - 1
	if i < 0 || f.repair.original(int(f.uses[i].Span.End)) < offset {
		return nil
	}
	return f.best(i)
}

// best returns, of the uses at one place, the one that says most: a name may be the head of a call and of an element.
func (f *file) best(i int) *sx.Use {
	u := &f.uses[i]
	for j := i - 1; j >= 0 && f.uses[j].Span == u.Span; j-- {
		if f.uses[j].Kind == sx.UseLocal || f.uses[j].Kind == sx.UseDef {
			u = &f.uses[j]
		}
	}
	return u
}

// given is a name that a definition form gives to its parts.
type given struct {
	form *node  // the definition form
	at   *node  // where the name comes from, or nil
	kind string // "data", "path" or "field"
}

// givenAt finds where a name comes from that the definition form around an offset gives.
func (f *file) givenAt(name string, offset int) (g given) {
	t := f.tree()
	g.form = t.topAt(offset)
	if g.form == nil {
		return
	}
	for _, d := range t.givenNames(g.form) {
		if d.name == name {
			g.at, g.kind = d.at, d.kind
			return
		}
	}
	return
}

// givenHere returns the name that a definition form gives at an offset, "" where it gives none.
func (f *file) givenHere(offset int) string {
	t := f.tree()
	form := t.topAt(offset)
	if form == nil {
		return ""
	}
	for _, d := range t.givenNames(form) {
		if d.at.start <= offset && offset <= d.at.end && f.text().s[d.at.start:d.at.end] == d.name {
			return d.name
		}
	}
	return ""
}

type givenName struct {
	name, kind string
	at         *node
	in, value  *node // of an entry of :data: the dict, and the value
}

// givenNames lists the names that a definition form gives: the parts of its path, the keys of :data, and its parameters.
func (t *tree) givenNames(form *node) (out []givenName) {
	items := form.data()
	if len(items) < 2 || !strings.HasPrefix(t.head(form), "def") {
		return
	}
	for i := 1; i < len(items); i++ {
		n := items[i]
		switch {
		case n.kind == nodeString && i == 1:
			out = append(out, t.pathNames(n)...)
		case n.kind == nodeKeyword && i+1 < len(items):
			i++
			switch v := items[i]; {
			case t.of(n) == ":path" && v.kind == nodeString:
				out = append(out, t.pathNames(v)...)
			case t.of(n) == ":path" && v.kind == nodeOther: // the page for a status
				for _, name := range []string{"status", "message"} {
					out = append(out, givenName{name: name, kind: "path", at: v})
				}
			case t.of(n) == ":data" && v.kind == '{':
				pairs := v.data()
				for k := 0; k+1 < len(pairs); k += 2 {
					if pairs[k].kind == nodeKeyword {
						out = append(out, givenName{t.of(pairs[k])[1:], "data", &node{kind: nodeKeyword, start: pairs[k].start + 1, end: pairs[k].end}, v, pairs[k+1]})
					}
				}
			}
		case n.kind == '(' && (t.isParams(n) || len(n.data()) == 0):
			for _, p := range t.params(n) {
				out = append(out, givenName{name: t.of(p), kind: "field", at: p})
			}
			return
		}
	}
	return
}

// pathNames lists the parameters of a path: <name>, <int:name> and <path:name>.
func (t *tree) pathNames(n *node) (out []givenName) {
	rest, at := t.of(n), n.start
	for {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			return out
		}
		shut := strings.IndexByte(rest[open:], '>')
		if shut < 0 {
			return out
		}
		name := rest[open+1 : open+shut]
		from := at + open + 1
		if _, bare, typed := strings.Cut(name, ":"); typed {
			from += len(name) - len(bare)
			name = bare
		}
		out = append(out, givenName{name: name, kind: "path", at: &node{kind: nodeSymbol, start: from, end: from + len(name)}})
		rest, at = rest[open+shut+1:], at+open+shut+1
	}
}

// isParams reports whether a list looks like a parameter list.
func (t *tree) isParams(n *node) bool {
	return len(n.data()) > 0 && strings.HasPrefix(t.head(n), "&")
}

// params returns the names of a parameter list.
func (t *tree) params(n *node) (out []*node) {
	for _, p := range n.data() {
		if p.kind == '(' && len(p.data()) > 0 {
			p = p.data()[0]
		}
		if p.kind == nodeSymbol && !strings.HasPrefix(t.of(p), "&") {
			out = append(out, p)
		}
	}
	return
}

// ref is a place at which what is asked about is named.
type ref struct {
	file       *file
	start, end int // of the text as people see it
	binds      bool
	use        *sx.Use // nil: where a definition form gives the name
}

// references returns every place of what is named at an offset, by file and place. Nothing is known of what has no place
// in the files, such as primitives: then it is the uses of that name.
func (ix *index) references(f *file, offset int) []ref {
	u := ix.useAt(f, offset)
	var out []ref
	if u == nil {
		name := f.givenHere(offset)
		if name == "" {
			return nil
		}
		u = &sx.Use{Kind: sx.UseGiven, Name: name, Source: f.src}
	}
	add := func(g *file, v *sx.Use) {
		r := ref{g, g.repair.original(int(v.Span.Start)), g.repair.original(int(v.Span.End)), v.Binds(), v}
		if n := len(out); n > 0 && out[n-1].file == g && out[n-1].start == r.start {
			out[n-1].binds = out[n-1].binds || r.binds
			return
		}
		out = append(out, r)
	}
	switch u.Kind {
	case sx.UseGiven:
		g := f.givenAt(u.Name, offset)
		for i := range f.uses {
			v := &f.uses[i]
			if v.Kind == sx.UseGiven && v.Name == u.Name && g.form != nil {
				if at := f.repair.original(int(v.Span.Start)); at >= g.form.start && at < g.form.end {
					add(f, v)
				}
			}
		}
		if g.at != nil {
			out = append(out, ref{f, g.at.start, g.at.end, true, nil})
		}
		slices.SortFunc(out, func(a, b ref) int { return a.start - b.start })
	case sx.UsePrimitive, sx.UseForm:
		ix.eachUse(func(g *file, v *sx.Use) {
			if v.Kind == u.Kind && v.Name == u.Name {
				add(g, v)
			}
		})
	default:
		ix.eachUse(func(g *file, v *sx.Use) {
			if v.From == u.From && v.Bound == u.Bound && v.From != nil {
				add(g, v)
			}
		})
	}
	return out
}

// eachUse calls f for every use, by file and place.
func (ix *index) eachUse(f func(*file, *sx.Use)) {
	for _, src := range ix.prog.Sources() {
		g := ix.files[src.Name]
		for i := range g.uses {
			f(g, &g.uses[i])
		}
	}
}

// definition returns where what is named at an offset is bound, nil when it is in no file.
func (ix *index) definition(f *file, offset int) *ref {
	u := ix.useAt(f, offset)
	name := ""
	if u == nil {
		name = f.givenHere(offset)
	} else if u.Kind == sx.UseGiven {
		name = u.Name
	}
	if u == nil && name == "" {
		return nil
	}
	if name != "" {
		if g := f.givenAt(name, offset); g.at != nil {
			return &ref{f, g.at.start, g.at.end, true, nil}
		}
		return nil
	}
	if u.From == nil {
		return nil
	}
	g := ix.files[u.From.Name]
	if g == nil || g.uri == "" {
		return nil
	}
	return &ref{g, g.repair.original(int(u.Bound.Start)), g.repair.original(int(u.Bound.End)), true, u}
}
