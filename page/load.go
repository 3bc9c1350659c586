package page

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// site is everything that loading an application gives. It is immutable; a reload makes another one.
type site struct {
	app          *App
	prog         *sx.Program
	hash         string // of all sources
	turn         int    // how often the application was loaded before
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
	anyWire      bool // some boundary goes as source
	policy       *policy
	tags         headTags
	fixed        fixedHeaders
	cachedPolicy string   // of pages that caches keep
	noncePolicy  []string // of the others, cut at the nonce
	cross        *http.CrossOriginProtection
	assets       *assets
	public       *static
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
	// The program's names of assets are checked when it is loaded. What is wrong with the program is said first.
	assetsErr := s.loadAssets(fsys)
	ctx, cancel := context.WithTimeoutCause(context.WithValue(context.Background(), loadingKey{}, s), a.limits.Timeout, errTooSlow)
	defer cancel()
	if s.prog, err = sx.LoadSources(sources, append(append(a.programOptions(d), a.cfg.options...), sx.WithBase(base), sx.WithContext(ctx))...); err != nil {
		return nil, err
	}
	if assetsErr != nil {
		return nil, assetsErr
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

// loadAssets reads the folder assets of an application.
func (s *site) loadAssets(fsys fs.FS) error {
	folder, err := subFS(fsys, "assets")
	if err != nil {
		return err
	}
	s.assets, err = loadAssets(folder, s.app.cfg.bundler, s.app.cfg.minify)
	return err
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
		sx.WithCheck("url-for", d.checkURLFor),
		sx.WithCheck("asset", d.checkAsset),
		sx.WithCheck("asset-url", d.checkAsset),
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
