package page

import (
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/sx"
)

// Which parts of the client a page's script carries is decided when the site is loaded, from what the page can
// reach. The decision may be wrong without harm: a script fetches what turns out to be missing.

// ownScript finds markup that may run scripts of the site's own, which may call Sx.render and the like.
var ownScript = regexp.MustCompile(`[(<]script\b`)

// wireBoundary finds boundaries that are sent as wire text.
var wireBoundary = regexp.MustCompile(`:wire\s+(:sx|"sx")`)

// requests finds markup that makes the browser send requests through the client.
var requests = regexp.MustCompile(`[(<]form\b|\bsx-(boost|get|post|put|patch|delete|send|trigger|preload)\b`)

// chooseScripts gives every page the tag of its script.
func (s *site) chooseScripts(sources []*sx.Source) {
	all, anyWire, asks := s.config.wholeClient || s.app.cfg.wholeClient || s.hasScripts(), false, false
	for _, f := range sources {
		// A regular expression takes a hundred times as long to find nothing, at each reload.
		has := func(s string) bool { return strings.Contains(f.Text, s) }
		all = all || has("script") && ownScript.MatchString(f.Text)
		asks = asks || (has("form") || has("sx-")) && requests.MatchString(f.Text)
		anyWire = anyWire || has(":wire") && wireBoundary.MatchString(f.Text)
	}
	tags := map[client.Parts][]string{}
	s.anyWire = anyWire
	for _, p := range s.pages {
		parts := client.Parts{Language: client.WholeLanguage, Sockets: true, Requests: true}
		if !all {
			parts = s.partsOf(p, anyWire)
			parts.Requests = asks
		}
		if tags[parts] == nil {
			tags[parts] = scriptTag(client.ScriptWith(parts))
		}
		p.script = tags[parts]
	}
}

// scriptTag is the tag of a script, cut at the place of the nonce attribute.
func scriptTag(url string) []string { return []string{"<script", ` src="` + url + `" async></script>`} }

// hasScripts reports whether scripts of the site's own may run on its pages.
func (s *site) hasScripts() bool {
	for _, f := range s.assets.byName {
		if strings.Contains(f.kind, "javascript") {
			return true
		}
	}
	for _, d := range s.config.csp {
		if strings.HasPrefix(d.name, "script-src") {
			return true
		}
	}
	return false
}

// partsOf says which parts of the client p uses: sockets, and how much of the language its frames need.
func (s *site) partsOf(p *pageDef, anyWire bool) client.Parts {
	var parts client.Parts
	if p.wire == "sx" {
		parts.Language = client.SmallLanguage
	}
	if p.content == nil {
		return parts
	}
	seen := map[*liveDef]bool{}
	use := func(l *liveDef) {
		if l == nil || seen[l] {
			return
		}
		seen[l] = true
		parts.Language = max(parts.Language, s.languageOf(l))
	}
	for _, l := range p.live {
		use(l)
	}
	s.prog.VisitCalls(p.content.fn.Expr(), func(c *sx.CompCall) {
		switch c.Comp.Name {
		case socketRegion:
			parts.Sockets = true
		case liveRegion:
			names, vals := c.Args()
			for i, n := range names {
				if text, ok := sx.IsLiteral(vals[i]); ok && (n == "src" || n == "own") {
					use(s.liveAt(text.Text(), n == "own"))
				}
			}
		}
	})
	if anyWire && parts.Language == client.NoLanguage {
		parts.Language = client.SmallLanguage
	}
	return parts
}

// liveAt returns the stream that a region's literal names; nil where it is not one of the program's.
func (s *site) liveAt(src string, own bool) *liveDef {
	for _, l := range s.live {
		if l.own == own && l.src == src {
			return l
		}
	}
	return nil
}

// languageOf says how much of the language a stream's frames need: none where they carry HTML.
func (s *site) languageOf(l *liveDef) client.Language {
	wire := false
	for _, d := range l.slots {
		wire = wire || d.wire
	}
	if !wire {
		return client.NoLanguage
	}
	defs, _ := s.definitions(l)
	forms, err := sx.Read(sx.NewSource("definitions", defs), sx.Limits{})
	if err != nil || lacking(forms) != "" {
		return client.WholeLanguage
	}
	return client.SmallLanguage
}

// packedScripts are the client's scripts in every content coding, each made when it is first asked for. There are
// not more of them than combinations of parts.
type packedScripts struct {
	mu    sync.Mutex
	files map[string]*packedScript // by URL
}

type packedScript struct {
	once sync.Once
	file assetFile
}

func (p *packedScripts) at(url string, data []byte) *assetFile {
	p.mu.Lock()
	s := p.files[url]
	if s == nil {
		if p.files == nil {
			p.files = map[string]*packedScript{}
		}
		s = &packedScript{}
		p.files[url] = s
	}
	p.mu.Unlock()
	s.once.Do(func() {
		s.file = assetFile{url: url, kind: contentType(url), plain: data, encoded: encodings(path.Base(url), data, 11)}
	})
	return &s.file
}

// serveClient serves the client's scripts; in production compressed, as small as can be.
func (a *App) serveClient(w http.ResponseWriter, r *http.Request) {
	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	if data := client.Content(r.URL.Path); data != nil && get && !a.cfg.dev && r.Header.Get("If-None-Match") == "" {
		a.scripts.at(r.URL.Path, data).serve(w, r)
		return
	}
	client.Handler().ServeHTTP(w, r)
}
