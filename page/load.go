package page

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
	"runtime/debug"
)

// site is everything that loading an application gives. It is immutable; a reload makes another one.
type site struct {
	app          *App
	prog         *sx.Program
	hash         string // of all sources
	rend         *render.Renderer
	outer        [3]string // the built-in document: before the head's tags, between them and the body, after it
	router       *router
	pages        []*pageDef
	errorPages   map[int]*pageDef
	inputs       []*inputDef // handlers and actions
	guards       map[string]*compiled
	live         []*liveDef
	sockets      map[string]*socketDef
	markups      []*markupSite // broadcast! and reply!, in the order of analysis
	markupDefs   [2]string     // definitions of the components that they send calls of, and their hash
	config       siteConfig
	policy       *policy
	tags         headTags
	fixed        fixedHeaders
	cachedPolicy string   // of pages that caches keep
	noncePolicy  []string // of the others, cut at the nonce
	cross        *http.CrossOriginProtection
	assets       *assets
	public       *static
}

// siteConfig is (defconfig …).
type siteConfig struct {
	csp        []directive
	origins    []string
	env        []string
	fetchAllow []netip.Prefix
	lang       string
	name       string // what pages without a title are called
	maxBody    int64

	datastarScripts bool
	wholeClient     bool // every page's script has all parts
}

// declarations is what the definitions of one load are collected in.
type declarations struct {
	site   *site
	names  map[string]*sx.Site // of pages, handlers and actions
	config *sx.Site
	finish []func() error // once the program is loaded
}

// load loads the application. What did not change since it was loaded last is taken over.
func (a *App) load(fsys fs.FS) (*site, error) {
	if last := a.current(); last != nil {
		if s, err := a.loadSince(fsys, last); err == nil {
			return s, nil
		}
	}
	return a.loadSince(fsys, nil)
}

// loadSince loads the application; last, unless it is nil, is what stood there before.
func (a *App) loadSince(fsys fs.FS, last *site) (*site, error) {
	s := &site{app: a, router: newRouter(), errorPages: map[int]*pageDef{}, guards: map[string]*compiled{}, sockets: map[string]*socketDef{}, config: siteConfig{lang: "en"}}
	d := &declarations{site: s, names: map[string]*sx.Site{}}
	var base *sx.Program
	var known []*sx.Source
	if last != nil {
		base, known = last.prog, last.prog.Sources()
	}
	files, err := sx.ReadFiles(fsys, "", known...)
	if err != nil {
		return nil, err
	}
	sources := []*sx.Source{sx.NewSource("(page)", prelude)}
	for _, f := range files {
		if a.cfg.tests || !strings.HasSuffix(f.Name, "_test.sx") {
			sources = append(sources, f)
		}
	}
	s.hash = hashSources(sources)
	if s.prog, err = sx.LoadSources(sources, append(append(a.programOptions(d), a.cfg.options...), sx.WithBase(base))...); err != nil {
		return nil, err
	}
	s.rend = render.New(s.prog)
	d.compile()
	if err := s.wrap(); err != nil {
		return nil, err
	}
	for _, f := range d.finish {
		if err := f(); err != nil {
			return nil, err
		}
	}
	if s.policy, err = newPolicy(s.config.csp); err != nil {
		return nil, err
	}
	if s.cross, err = crossOrigin(s.config.origins); err != nil {
		return nil, err
	}
	assetFS, err := subFS(fsys, "assets")
	if err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(assetFS, a.cfg.bundler, a.cfg.minify); err != nil {
		return nil, err
	}
	s.buildTags()
	s.chooseScripts(sources)
	publicFS, err := subFS(fsys, "public")
	if err != nil {
		return nil, err
	}
	if publicFS != nil {
		s.public = newStatic(publicFS)
	}
	if err := s.addGoSockets(); err != nil {
		return nil, err
	}
	if err := s.addGoStreams(); err != nil {
		return nil, err
	}
	return s, nil
}

// hashSources tells programs apart.
func hashSources(sources []*sx.Source) string {
	sum := sha256.New()
	for _, f := range sources {
		fmt.Fprintf(sum, "%s %d\n%s", f.Name, len(f.Text), f.Text)
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12])
}

// programOptions registers what the page layer adds to the language.
func (a *App) programOptions(d *declarations) []sx.Option {
	opts := append([]sx.Option{}, render.Options()...)
	return append(opts, sx.WithPrimitives(a.primitives()...),
		sx.WithSpecials(d.socketForm()),
		sx.WithSpecials(d.markupForms()...),
		sx.WithSpecials(patchForms()...),
		// The built-in library: its everyday components have short names.
		sx.WithAlias("~shared:pages/suspense", "~suspense"),
		sx.WithAlias("~shared:pages/live", "~live"),
		sx.WithAlias("~shared:pages/ws", "~ws"),
		sx.WithComponent(socketRegion, "(&key src resume &rest children)", a.socketComponent),
		sx.WithSpecials(d.liveForm()),
		sx.WithComponent(liveRegion, "(&key src own args &rest children)", a.liveComponent),
		sx.WithDefinition("defpage", d.page),
		sx.WithDefinition("defhandler", d.handler),
		sx.WithDefinition("defaction", d.action),
		sx.WithDefinition("defguard", d.guard),
		sx.WithDefinition("defconfig", d.configure),
		sx.WithDefinition("deflive", d.deflive))
}

func (a *App) primitives() []*sx.Primitive {
	ps := append(requestPrimitives(), a.ioPrimitives()...)
	ps = append(ps, a.system.primitives()...)
	ps = append(ps, a.socketPrimitives()...)
	ps = append(ps, a.uploadPrimitives()...)
	ps = append(ps, a.passwordPrimitives()...)
	ps = append(ps, a.datastarPrimitives()...)
	return append(ps, a.livePrimitives()...)
}

// compile makes the values of all compiled forms.
func (d *declarations) compile() {
	for _, p := range d.site.pages {
		for _, c := range []*compiled{p.title, p.head, p.content, p.onError, p.frame, p.status, p.headers} {
			c.finish()
		}
		for _, e := range p.data {
			e.fn.finish()
		}
	}
	for _, h := range d.site.inputs {
		h.body.finish()
		for _, t := range h.topics {
			t.finish()
		}
		for _, c := range h.defaults {
			c.finish()
		}
	}
	for _, g := range d.site.guards {
		g.finish()
	}
	for _, l := range d.site.live {
		l.compile()
	}
	d.site.findShown()
	d.compileSockets()
	d.site.compileMarkups()
}

// guard compiles (defguard name body…).
func (d *declarations) guard(a *sx.Analyzer, f *sx.Form) {
	name, ok := nameOf(a, f, "defguard")
	if !ok {
		return
	}
	switch {
	case d.site.guards[name] != nil:
		a.Errorf(f.Site(), sx.DuplicateError, "guard %s is defined twice: first at %s", name, placeOf(d.site.guards[name].fn.Site()))
		return
	case d.site.app.cfg.guards[name] != nil:
		a.Errorf(f.Site(), sx.DuplicateError, "guard %s is defined in Go already", name)
		return
	case name == "public":
		a.Errorf(f.Site(), sx.DuplicateError, "guard public is built in: it lets everybody pass")
		return
	case f.Len() < 3:
		a.Errorf(f.Site(), sx.FormError, "guard %s has no body", name)
		return
	}
	d.site.guards[name] = &compiled{fn: a.Function("guard "+name, nil, f.Forms(2)...)}
}

var configKeys = append([]string{"csp", "origins", "env", "fetch-allow", "lang", "max-body", "name", "datastar-scripts", "client"}, settingKeys...)

// configure reads (defconfig :key value …). Its values are literals.
func (d *declarations) configure(a *sx.Analyzer, f *sx.Form) {
	if d.config != nil {
		a.Errorf(f.Site(), sx.DuplicateError, "defconfig is given twice: first at %s", placeOf(d.config))
		return
	}
	d.config = f.Site()
	c := &d.site.config
	fs := fields(a, f, 1, "defconfig", configKeys)
	texts := func(key string) []string {
		g := fs[key]
		if g == nil {
			return nil
		}
		return textList(g.Value())
	}
	c.origins, c.env = texts("origins"), texts("env")
	for i, o := range c.origins {
		c.origins[i] = strings.TrimSuffix(o, "/") // as people copy them; browsers send them without
		if _, err := crossOrigin(c.origins[i : i+1]); err != nil {
			a.Errorf(fs["origins"].Site(), sx.FormError, ":origins: %v", err)
			c.origins = nil
			break
		}
	}
	for _, t := range texts("fetch-allow") {
		p, err := parsePrefix(t)
		if err != nil {
			a.Errorf(fs["fetch-allow"].Site(), sx.FormError, ":fetch-allow: %v", err)
			continue
		}
		c.fetchAllow = append(c.fetchAllow, p)
	}
	if g := fs["name"]; g != nil {
		if c.name = plainText(g.Value()); c.name == "" {
			a.Errorf(g.Site(), sx.FormError, ":name must be a string, found %s", sx.Serialize(g.Value()))
		}
	}
	for _, key := range settingKeys { // they are used elsewhere: see Settings
		if g := fs[key]; g != nil {
			if err := new(Settings).set(key, g.Value()); err != nil {
				a.Errorf(g.Site(), sx.FormError, "%v", err)
			}
		}
	}
	if g := fs["lang"]; g != nil {
		if c.lang = plainText(g.Value()); !languageTag(c.lang) {
			a.Errorf(g.Site(), sx.FormError, ":lang must be a language such as \"en\" or \"fr-CA\", found %s", sx.Serialize(g.Value()))
		}
	}
	if g := fs["max-body"]; g != nil {
		if v := g.Value(); v.IsNumber() && v.Float() > 0 {
			c.maxBody = int64(v.Float())
		} else {
			a.Errorf(g.Site(), sx.FormError, ":max-body must be a number of bytes")
		}
	}
	if g := fs["datastar-scripts"]; g != nil {
		if g.Value().Kind() != sx.KindBool {
			a.Errorf(g.Site(), sx.FormError, ":datastar-scripts must be true or false")
		}
		c.datastarScripts = g.Value().Truthy()
	}
	if g := fs["client"]; g != nil {
		if c.wholeClient = plainText(g.Value()) == "whole"; !c.wholeClient && plainText(g.Value()) != "needed" {
			a.Errorf(g.Site(), sx.FormError, ":client must be :needed or :whole, found %s", sx.Serialize(g.Value()))
		}
	}
	if g := fs["csp"]; g != nil {
		dict := g.Value().Dict()
		if g.Value().Kind() != sx.KindDict {
			a.Errorf(g.Site(), sx.FormError, ":csp must be a dict such as {:img-src \"https://images.example\"}")
			return
		}
		for i := range dict.Len() {
			name, v := dict.At(i)
			c.csp = append(c.csp, directive{name, textList(v)})
		}
		if _, err := newPolicy(c.csp); err != nil {
			a.Errorf(g.Site(), sx.FormError, "%v", err)
		}
	}
}

// textList returns a text, or the texts of a list; a list may be quoted.
func textList(v sx.Value) []string {
	l := v.List()
	if l == nil {
		if v.IsNil() {
			return nil
		}
		return strings.Fields(plainText(v))
	}
	items := l.Items
	if len(items) > 0 && (items[0].IsSymbol("quote") || items[0].IsSymbol("list")) {
		if items[0].IsSymbol("quote") && len(items) == 2 {
			return textList(items[1])
		}
		items = items[1:]
	}
	var out []string
	for _, i := range items {
		out = append(out, plainText(i))
	}
	return out
}

// urlFor returns the path of a page, handler or action by name. Arguments that are no path parameters go
// into the query.
func (s *site) urlFor(name string, args *sx.Dict) (string, error) {
	for _, r := range s.router.all {
		if r.name != name {
			continue
		}
		used := map[string]bool{}
		path, err := r.pattern.build(func(n string) (string, bool) {
			used[n] = true
			v, ok := args.Lookup(n)
			return plainText(v), ok
		})
		if err != nil {
			return "", fmt.Errorf("url-for: %w", err)
		}
		query := url.Values{}
		for i := range args.Len() {
			if k, v := args.At(i); !used[k] && !v.IsNil() {
				query.Add(k, plainText(v))
			}
		}
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		return path, nil
	}
	var names []string
	for _, r := range s.router.all {
		names = append(names, r.name)
	}
	return "", fmt.Errorf("url-for: no page, handler or action %s (there are %s)", name, strings.Join(names, ", "))
}

// runGuards runs the guards by name: the first that refuses decides.
func (s *site) runGuards(ctx context.Context, q *request, names []string) error {
	for _, n := range names {
		if g := s.app.cfg.guards[n]; g != nil {
			if err := callGuard(g, q.r.WithContext(ctx)); err != nil {
				return err
			}
			continue
		}
		v, err := s.prog.Call(ctx, s.guards[n].value)
		if err != nil {
			return err
		}
		if !v.Truthy() {
			return ErrUnauthorized
		}
	}
	return nil
}

// callGuard calls a guard written in Go. A panic in it is an error: those of streams run apart from any request.
func callGuard(g Guard, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("guard: panic in Go: %v\n%s", v, debug.Stack())
		}
	}()
	return g(r)
}

// loadData evaluates :data, entry by entry, and gives what the other fields of the page see.
func (s *site) loadData(ctx context.Context, p *pageDef, params []sx.Value) ([]sx.Value, error) {
	values := params
	for _, e := range p.data {
		v, err := s.prog.Call(ctx, e.fn.value, values...)
		if err != nil {
			for len(values) < len(p.names) {
				values = append(values, sx.Nil)
			}
			return values, err
		}
		sx.Freeze(v) // boundaries see it from other goroutines
		values = append(values, v)
	}
	return values, nil
}

// RouteInfo is one line of a listing of routes.
type RouteInfo struct {
	Method string // "GET"; empty for every method
	Path   string
	Kind   string // "page", "handler", "action", "stream" or "socket"
	Name   string
	Place  string // file:line:col, or "Go"
	Static bool   // a page that reaches no IO and has no stream: the same for everyone, at any time
}

// Routes lists what is served, in the order of declaration.
func (a *App) Routes() []RouteInfo {
	var out []RouteInfo
	for _, r := range a.current().router.all {
		out = append(out, RouteInfo{r.method, r.pattern.text, r.kind, r.name, r.place, r.kind == "page" && a.current().static(r.name)})
	}
	return out
}

// static reports whether a page reaches no IO, has no guards and no stream.
func (s *site) static(name string) bool {
	i := slices.IndexFunc(s.pages, func(p *pageDef) bool { return p.name == name && p.errors == 0 })
	if i < 0 {
		return false
	}
	p := s.pages[i]
	fields := []*compiled{p.title, p.head, p.content, p.onError, p.status, p.headers}
	for _, d := range p.data {
		fields = append(fields, d.fn)
	}
	for _, c := range fields {
		if c != nil && c.fn.Effects() != sx.Pure {
			return false
		}
	}
	return len(p.live) == 0 && len(p.guards) == 0 && p.pattern != nil
}
