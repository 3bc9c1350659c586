package page

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// pageDef is one (defpage …), compiled. It is immutable once loading is done.
type pageDef struct {
	name    string
	where   string // "page NAME", for messages
	site    *sx.Site
	place   string   // file:line:col, for messages
	pattern *pattern // nil for error pages
	errors  int      // status that an error page is for, 404 or 500; 0 for ordinary pages
	names   []string // what the fields but :data see: path parameters, then data keys
	params  []string
	data    []dataField
	guards  []string
	title   *compiled
	head    *compiled
	content *compiled
	onError *compiled // :error, a function of the error
	frame   *compiled // the layout around what :error gives, or nil
	status  *compiled
	headers *compiled
	cache   *cacheRule
	live    []*liveDef
	shown   []shownLive // streams whose values it shows when it is rendered
	wire    string      // "html", "sx" or ""
	script  []string    // the tag of the client's script, cut at the place of the nonce attribute
}

// dataField is one entry of :data.
type dataField struct {
	key string
	fn  *compiled
}

// compiled is a form that became a function of the names its page binds. The value is made after loading.
type compiled struct {
	fn    *sx.Fn
	value sx.Value
}

func (c *compiled) finish() {
	if c != nil && c.fn != nil {
		c.value = c.fn.Value()
	}
}

// cacheRule is :cache {:max-age seconds :vary (…)}.
type cacheRule struct {
	maxAge int
	vary   []string
}

func (c *cacheRule) header() string {
	if c.maxAge == 0 {
		return "no-cache"
	}
	return fmt.Sprintf("public, max-age=%d", c.maxAge)
}

var pageFields = []string{"path", "title", "layout", "auth", "data", "head", "content", "live", "error", "status", "headers", "cache", "wire"}

// fields reads the :keyword value pairs of a definition from item i on. What is wrong is reported and left
// out.
func fields(a *sx.Analyzer, f *sx.Form, i int, head string, known []string) map[string]*sx.Form {
	out := map[string]*sx.Form{}
	for ; i < f.Len(); i++ {
		v := f.Item(i)
		if v.Kind() != sx.KindKeyword {
			a.Errorf(f.SiteOf(i), sx.FormError, "%s: a field such as :%s was expected, found %s", head, known[0], sx.Serialize(v))
			continue
		}
		key := v.Text()
		if i+1 == f.Len() {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "%s: the field :%s has no value", head, key)
			break
		}
		i++
		switch {
		case !slices.Contains(known, key):
			a.Errorf(f.SiteOf(i-1), sx.KeywordError, "%s: unknown field :%s%s", head, key, didYouMean(key, known))
		case out[key] != nil:
			a.Errorf(f.SiteOf(i-1), sx.DuplicateError, "%s: the field :%s is given twice", head, key)
		default:
			out[key] = f.Form(i)
		}
	}
	return out
}

func didYouMean(key string, known []string) string {
	for _, k := range known {
		if near(key, k) {
			return fmt.Sprintf(" (did you mean :%s?)", k)
		}
	}
	return " (there are :" + strings.Join(known, " :") + ")"
}

// near reports whether a and b differ by one edit.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i == len(a) || a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
	return a[i:] == b[i+1:]
}

func placeOf(s *sx.Site) string {
	p := s.Pos()
	if p.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// nameOf reads the name in a definition's second place.
func nameOf(a *sx.Analyzer, f *sx.Form, head string) (string, bool) {
	if f.Len() < 2 || f.Item(1).Kind() != sx.KindSymbol {
		a.Errorf(f.Site(), sx.FormError, "%s: a name is missing: (%s name …)", head, head)
		return "", false
	}
	return f.Item(1).Text(), true
}

// page compiles (defpage name …).
func (d *declarations) page(a *sx.Analyzer, f *sx.Form) {
	name, ok := nameOf(a, f, "defpage")
	if !ok {
		return
	}
	p := &pageDef{name: name, where: "page " + name, site: f.Site(), place: placeOf(f.Site())}
	if !d.claim(a, f, "page", name) {
		return
	}
	fs := fields(a, f, 2, "defpage", pageFields)
	where := "page " + name
	d.pagePath(a, f, p, fs["path"])
	if p.errors != 0 {
		p.params = []string{"status", "message"}
	} else if p.pattern != nil {
		p.params = p.pattern.params()
	}
	p.names = slices.Clone(p.params)
	if g := fs["data"]; g != nil {
		d.pageData(a, p, g)
	}
	fn := func(field string) *compiled {
		g := fs[field]
		if g == nil {
			return nil
		}
		return &compiled{fn: a.Function(where, p.names, g)}
	}
	p.title, p.head, p.onError, p.status, p.headers = fn("title"), fn("head"), fn("error"), fn("status"), fn("headers")
	checkLiterals(a, fs)
	if g := fs["layout"]; g != nil && p.onError != nil {
		const shown = "sx-shown"
		if items := layoutCall(g); items != nil {
			p.frame = &compiled{fn: a.Function(where, append(slices.Clone(p.names), shown), g.With(append(items, sx.Symbol(shown))...))}
		}
	}
	if g := contentForm(a, f, fs["layout"], fs["content"]); g != nil {
		p.content = &compiled{fn: a.Function(where, p.names, g)}
	} else {
		a.Errorf(f.Site(), sx.FormError, "page %s has no :content", name)
	}
	p.guards = guardNames(a, fs["auth"])
	d.needGuards(a, fs["auth"], p.guards)
	if g := fs["cache"]; g != nil {
		p.cache = readCache(a, g)
	}
	if g := fs["wire"]; g != nil {
		if p.wire = plainText(g.Value()); p.wire != "html" && p.wire != "sx" {
			a.Errorf(g.Site(), sx.FormError, ":wire must be :html or :sx, found %s", sx.Serialize(g.Value()))
		}
	}
	if g := fs["live"]; g != nil {
		d.pageLive(a, p, g)
	}
	if p.pattern != nil && p.errors == 0 {
		d.mount(a, f.Site(), &route{method: http.MethodGet, pattern: p.pattern, kind: "page", name: name, place: p.place,
			serve: func(w http.ResponseWriter, r *http.Request, q *request) { d.site.servePage(w, r, q, p) }})
	}
	d.site.pages = append(d.site.pages, p)
	a.Later(func() { d.checkPage(a, p) })
	if p.cache != nil {
		for _, field := range [...]string{"auth", "live"} {
			if g := fs[field]; g != nil && (field != "auth" || len(p.guards) > 0) {
				a.Errorf(g.Site(), sx.EffectError, "page %s has :cache, so it cannot have :%s: what caches keep is the same for everybody", name, field)
			}
		}
	}
}

// claim notes the name of a page, handler or action, which url-for and messages go by.
func (d *declarations) claim(a *sx.Analyzer, f *sx.Form, kind, name string) bool {
	if old, ok := d.names[name]; ok {
		a.Errorf(f.Site(), sx.DuplicateError, "%s %s is defined twice: first at %s", kind, name, placeOf(old))
		return false
	}
	d.names[name] = f.Site()
	return true
}

func (d *declarations) mount(a *sx.Analyzer, site *sx.Site, r *route) {
	if reserved(r.pattern) {
		a.Errorf(site, sx.FormError, "%s %s: the path %s is the server's own", r.kind, r.name, r.pattern.text)
		return
	}
	if err := d.site.router.add(r); err != nil {
		a.Errorf(site, sx.DuplicateError, "%v", err)
	}
}

// reserved reports whether a pattern claims a path that the server answers itself.
func reserved(p *pattern) bool {
	first := p.segments[0]
	if first.kind != literalSegment {
		return false
	}
	switch first.prefix {
	case "_sx":
		return true
	case "healthz", "livez", "readyz":
		return len(p.segments) == 1
	}
	return false
}

func (d *declarations) pagePath(a *sx.Analyzer, f *sx.Form, p *pageDef, g *sx.Form) {
	if g == nil {
		a.Errorf(f.Site(), sx.FormError, "page %s has no :path", p.name)
		return
	}
	v := g.Value()
	if v.IsNumber() {
		p.errors = int(v.Float())
		if p.errors != 404 && p.errors != 500 {
			a.Errorf(g.Site(), sx.FormError, "page %s: error pages are for 404 and 500, found %s", p.name, sx.Serialize(v))
			return
		}
		if old := d.site.errorPages[p.errors]; old != nil {
			a.Errorf(g.Site(), sx.DuplicateError, "page %s: status %d has page %s at %s already", p.name, p.errors, old.name, old.place)
			return
		}
		d.site.errorPages[p.errors] = p
		return
	}
	p.pattern = patternOf(a, g)
}

func patternOf(a *sx.Analyzer, g *sx.Form) *pattern {
	s, ok := g.Value().AsString()
	if !ok {
		a.Errorf(g.Site(), sx.FormError, ":path must be a string such as \"/articles/<slug>\", found %s", sx.Serialize(g.Value()))
		return nil
	}
	p, err := parsePattern(s)
	if err != nil {
		a.Errorf(g.Site(), sx.FormError, "%v", err)
		return nil
	}
	return p
}

// pageData compiles the entries of :data: each sees the path parameters and the entries before it.
func (d *declarations) pageData(a *sx.Analyzer, p *pageDef, g *sx.Form) {
	if g.Value().Kind() != sx.KindDict {
		a.Errorf(g.Site(), sx.FormError, ":data must be a dict such as {:article (load-article slug)}, found %s", sx.Serialize(g.Value()))
		return
	}
	for i := range g.Value().Dict().Len() {
		key, form := g.Entry(i)
		if slices.Contains(p.names, key) {
			a.Errorf(form.Site(), sx.DuplicateError, ":data %s hides the path parameter of that name", key)
			continue
		}
		p.data = append(p.data, dataField{key, &compiled{fn: a.Function("page "+p.name, p.names, form)}})
		p.names = append(slices.Clip(p.names), key)
	}
}

// contentForm puts the content into the layout, so that both are compiled as one.
func contentForm(a *sx.Analyzer, f, layout, content *sx.Form) *sx.Form {
	if layout == nil || layout.Value().IsNil() {
		return content
	}
	items := layoutCall(layout)
	if items == nil {
		a.Errorf(layout.Site(), sx.FormError, ":layout must be a component such as ~layouts/main or (~layouts/main :section \"news\"), found %s", sx.Serialize(layout.Value()))
		return content
	}
	if content != nil {
		items = append(items, content.Value())
	}
	return layout.With(items...)
}

// layoutCall gives the call of a layout, without children, or nil when it names none.
func layoutCall(layout *sx.Form) []sx.Value {
	component := func(v sx.Value) bool { return v.Kind() == sx.KindSymbol && strings.HasPrefix(v.Text(), "~") }
	v := layout.Value()
	switch {
	case component(v):
		return []sx.Value{v}
	case v.Kind() == sx.KindList && v.List().Len() > 0 && component(v.List().Items[0]):
		return slices.Clone(v.List().Items)
	}
	return nil
}

// guardNames reads :auth: a keyword, a symbol or a string, or a list of them; :public is no guard.
func guardNames(a *sx.Analyzer, g *sx.Form) []string {
	if g == nil {
		return nil
	}
	items := []sx.Value{g.Value()}
	if l := g.Value().List(); l != nil {
		items = l.Items
	}
	var out []string
	for _, v := range items {
		switch v.Kind() {
		case sx.KindKeyword, sx.KindSymbol, sx.KindString:
			if v.Text() != "public" {
				out = append(out, v.Text())
			}
		default:
			a.Errorf(g.Site(), sx.FormError, ":auth must be the name of a guard such as :login, or a list of names, found %s", sx.Serialize(v))
		}
	}
	return out
}

// needGuards reports guards that neither (defguard …) nor Go defines, once all files are read.
func (d *declarations) needGuards(a *sx.Analyzer, g *sx.Form, names []string) {
	if len(names) == 0 {
		return
	}
	a.Later(func() {
		for _, n := range names {
			if d.site.guards[n] == nil && d.site.app.cfg.guards[n] == nil {
				a.Errorf(g.Site(), sx.UndefinedError, "unknown guard :%s (define it with (defguard %s …) or page.WithGuard)", n, n)
			}
		}
	})
}

func readCache(a *sx.Analyzer, g *sx.Form) *cacheRule {
	d := g.Value().Dict()
	if g.Value().Kind() != sx.KindDict {
		a.Errorf(g.Site(), sx.FormError, ":cache must be a dict such as {:max-age 60}, found %s", sx.Serialize(g.Value()))
		return nil
	}
	c := &cacheRule{}
	for i := range d.Len() {
		switch k, v := d.At(i); k {
		case "max-age":
			if !v.IsNumber() || v.Float() < 0 {
				a.Errorf(g.Site(), sx.FormError, ":max-age must be seconds, found %s", sx.Serialize(v))
				continue
			}
			c.maxAge = int(v.Float())
		case "vary":
			for _, item := range v.List().Items {
				c.vary = append(c.vary, plainText(item))
			}
		default:
			a.Errorf(g.Site(), sx.KeywordError, ":cache has no :%s (there are :max-age and :vary)", k)
		}
	}
	return c
}

// checkPage reports what can be known only when every definition has been analysed.
func (d *declarations) checkPage(a *sx.Analyzer, p *pageDef) {
	prog := a.Program()
	if p.content != nil {
		checkIDs(a, p.where, p.content.fn.Expr())
	}
	all := []*compiled{p.title, p.head, p.content, p.onError, p.status, p.headers}
	for _, e := range p.data {
		all = append(all, e.fn)
	}
	for _, c := range all {
		if c == nil {
			continue
		}
		if names := prog.Reaches(c.fn.Expr(), sx.Write); len(names) > 0 {
			a.Warnf(c.fn.Site(), "page %s changes data by %s although GET requests repeat and are prefetched: move it into an action", p.name, strings.Join(names, ", "))
		}
		if p.cache != nil {
			if names := prog.Reaches(c.fn.Expr(), sx.Request|sx.Response); len(names) > 0 {
				a.Errorf(c.fn.Site(), sx.EffectError, "page %s has :cache, so it cannot depend on who asks: it reaches %s", p.name, strings.Join(names, ", "))
			}
			prog.VisitCalls(c.fn.Expr(), func(call *sx.CompCall) {
				switch call.Comp.Name {
				case liveRegion:
					a.Errorf(call.Site(), sx.EffectError, "page %s has :cache, so it cannot hold ~live: the cursor of a stream is of one moment", p.name)
				case socketRegion:
					a.Errorf(call.Site(), sx.EffectError, "page %s has :cache, so it cannot hold ~ws: a socket belongs to a session", p.name)
				}
			})
		}
	}
}

// checkLiterals reports literals that could be told only when somebody asks for the page.
func checkLiterals(a *sx.Analyzer, fs map[string]*sx.Form) {
	if g := fs["status"]; g != nil && literal(g) {
		if _, err := statusArg(":status", g.Value(), 200, 599); err != nil {
			a.Errorf(g.Site(), sx.FormError, "%v", err)
		}
	}
	if g := fs["error"]; g != nil && literal(g) {
		a.Errorf(g.Site(), sx.FormError, ":error must be a function such as (fn (e) (p \"Sorry\")), found %s", sx.Serialize(g.Value()))
	}
	g := fs["headers"]
	if g == nil || g.Value().Kind() != sx.KindDict {
		return
	}
	headers := g.Value().Dict()
	for i := range headers.Len() {
		name, v := headers.At(i)
		if err := (&request{}).setHeader(name, ""); err != nil {
			a.Errorf(g.Site(), sx.FormError, ":headers: %q cannot be set", name)
		} else if v.IsString() && (&request{}).setHeader(name, v.Text()) != nil {
			a.Errorf(g.Site(), sx.FormError, ":headers: the value of %s holds a line break", name)
		}
	}
}

// literal tells whether a form is its own value, and no name or call.
func literal(g *sx.Form) bool {
	v := g.Value()
	return v.IsString() || v.IsNumber() || v.Kind() == sx.KindBool || v.Kind() == sx.KindKeyword
}
