package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// liveDef is one (live …), compiled: where its stream is, what makes it change, and what its slots show.
// It is immutable once loading is done.
type liveDef struct {
	page    *pageDef // nil for (deflive …)
	name    string   // for messages
	site    *sx.Site
	src     string
	pattern *pattern
	every   time.Duration
	topics  []*compiled // :on
	stream  *compiled   // :stream
	scope   string      // "page", "session" or "connection"
	wire    string
	guards  []string
	names   []string // what binds see: path parameters, :data keys, message
	params  []string
	data    []dataField // of the page
	needed  []bool      // which entries of data the binds mention, directly or not
	slots   []*slotDef
	known   map[string]*slotDef
	own     bool     // of a ~live without :src; src is its place then
	all     []string // what the functions of an own stream take; params are those that travel
}

// slotDef is one (bind id …).
type slotDef struct {
	id    string
	mode  render.Mode
	key   *compiled
	body  *compiled
	wire  bool            // send SX, not HTML
	comps []*sx.Component // whose definitions the browser gets
}

const leastInterval = 10 * time.Millisecond

var liveFields = []string{"src", "every", "on", "stream", "scope", "wire", "auth"}
var bindFields = []string{"mode", "key"}

// pageLive compiles :live of a page: one (live …), or a list of them.
func (d *declarations) pageLive(a *sx.Analyzer, p *pageDef, g *sx.Form) {
	forms := []*sx.Form{g}
	if l := g.Value().List(); l != nil && l.Len() > 0 && !l.Items[0].IsSymbol("live") {
		forms = g.Forms(0)
	}
	for i, f := range forms {
		if f.Len() == 0 || !f.Item(0).IsSymbol("live") {
			a.Errorf(f.Site(), sx.FormError, ":live must be (live …) with a bind for each slot, found %s", sx.Serialize(f.Value()))
			continue
		}
		l := &liveDef{page: p, name: "page " + p.name, site: f.Site(), params: p.params, data: p.data, guards: p.guards, wire: p.wire}
		l.src = "/_sx/live/" + p.name
		if i > 0 {
			l.src += fmt.Sprintf("/%d", i+1)
		}
		for _, n := range p.params { // the default address carries the page's parameters
			l.src += "/<" + paramText(p.pattern, n) + ">"
		}
		d.live(a, f, 1, l)
		p.live = append(p.live, l)
	}
}

func paramText(p *pattern, name string) string {
	for _, s := range p.segments {
		if s.name == name {
			switch s.kind {
			case intParam:
				return "int:" + name
			case pathParam:
				return "path:" + name
			}
		}
	}
	return name
}

// deflive compiles (deflive "/path" …), a stream apart from any page.
func (d *declarations) deflive(a *sx.Analyzer, f *sx.Form) {
	if f.Len() < 2 || f.Item(1).Kind() != sx.KindString {
		a.Errorf(f.Site(), sx.FormError, "deflive: a path is missing: (deflive \"/api/stream/x\" …)")
		return
	}
	l := &liveDef{name: "deflive " + f.Item(1).Text(), site: f.Site(), src: f.Item(1).Text()}
	d.live(a, f, 2, l)
}

// live compiles the fields and binds of a (live …) from item i on.
func (d *declarations) live(a *sx.Analyzer, f *sx.Form, i int, l *liveDef) {
	end := i
	for end < f.Len() && f.Item(end).Kind() == sx.KindKeyword {
		end += 2
	}
	fs := fields(a, f.With(items(f, 0, min(end, f.Len()))...), i, "live", liveFields)
	l.scope, l.known = "page", map[string]*slotDef{}
	if g := fs["src"]; g != nil {
		if s, ok := g.Value().AsString(); ok {
			l.src = s
		} else {
			a.Errorf(g.Site(), sx.FormError, "live: :src must be a literal string, found %s", sx.Serialize(g.Value()))
		}
	}
	p, err := parsePattern(l.src)
	if err != nil {
		a.Errorf(f.Site(), sx.FormError, "live: :src: %v", err)
		return
	}
	l.pattern = p
	if l.page == nil {
		l.params = p.params()
		l.guards = guardNames(a, fs["auth"])
		d.needGuards(a, fs["auth"], l.guards)
	} else {
		for _, n := range p.params() {
			if !slices.Contains(l.params, n) {
				a.Errorf(f.Site(), sx.FormError, "live: :src has <%s>, which is not a path parameter of page %s", n, l.page.name)
			}
		}
	}
	l.read(a, f, fs, l.params)
	if l.every == 0 && l.topics == nil && l.stream == nil {
		a.Errorf(f.Site(), sx.FormError, "live: nothing makes it change: give :every milliseconds, :on \"topic\" or :stream")
	}
	l.names = slices.Clone(l.params)
	for _, e := range l.data {
		l.names = append(l.names, e.key)
	}
	l.names = withMessage(l.names)
	for ; end < f.Len(); end++ {
		d.bind(a, f.Form(end), l)
	}
	if len(l.slots) == 0 {
		a.Errorf(f.Site(), sx.FormError, "live: no slots: add (bind \"id\" markup)")
	}
	l.findNeeded()
	l.checkParams(a)
	d.site.live = append(d.site.live, l)
	d.mountLive(a, l)
	a.Later(func() { d.checkLive(a, l) })
}

// read reads what a (live …) and a (~live …) have in common: what makes it change, and who shares it. names
// are what :on and :stream may mention.
func (l *liveDef) read(a *sx.Analyzer, f *sx.Form, fs map[string]*sx.Form, names []string) {
	if g := fs["every"]; g != nil {
		v := g.Value()
		if !v.IsNumber() || time.Duration(v.Float())*time.Millisecond < leastInterval {
			a.Errorf(g.Site(), sx.FormError, "live: :every must be milliseconds, at least %d, found %s", leastInterval.Milliseconds(), sx.Serialize(v))
		} else {
			l.every = time.Duration(v.Float() * float64(time.Millisecond))
		}
	}
	if g := fs["scope"]; g != nil {
		if l.scope = plainText(g.Value()); l.scope != "page" && l.scope != "session" && l.scope != "connection" {
			a.Errorf(g.Site(), sx.FormError, "live: :scope must be :page, :session or :connection, found %s", sx.Serialize(g.Value()))
		}
	}
	if g := fs["wire"]; g != nil {
		l.wire = plainText(g.Value())
	}
	if g := fs["stream"]; g != nil {
		l.stream = &compiled{fn: a.Function(":stream of "+l.name, names, g)}
	}
	if g := fs["on"]; g != nil {
		if v := g.Value(); v.Kind() == sx.KindList && v.List().Len() > 0 && v.List().Items[0].Kind() == sx.KindString {
			for _, t := range g.Forms(0) {
				l.topics = append(l.topics, &compiled{fn: a.Function(l.name, names, t)})
			}
		} else {
			l.topics = append(l.topics, &compiled{fn: a.Function(l.name, names, g)})
		}
	}
}

func items(f *sx.Form, from, to int) []sx.Value {
	var out []sx.Value
	for i := from; i < to; i++ {
		out = append(out, f.Item(i))
	}
	return out
}

// bind compiles (bind "id" :mode :append :key expr markup).
func (d *declarations) bind(a *sx.Analyzer, f *sx.Form, l *liveDef) {
	if f.Len() < 3 || !f.Item(0).IsSymbol("bind") || f.Item(1).Kind() != sx.KindString {
		a.Errorf(f.Site(), sx.FormError, "live: expected (bind \"id\" markup), found %s", sx.Serialize(f.Value()))
		return
	}
	s := &slotDef{id: f.Item(1).Text()}
	if !render.ValidID(s.id) {
		a.Errorf(f.SiteOf(1), sx.FormError, "bind: %q is not a slot id: a letter, then letters, digits and _ . : -", s.id)
		return
	}
	if l.known[s.id] != nil {
		a.Errorf(f.SiteOf(1), sx.DuplicateError, "bind: slot %q is bound twice", s.id)
		return
	}
	end := 2
	for end+1 < f.Len() && f.Item(end).Kind() == sx.KindKeyword {
		end += 2
	}
	fs := fields(a, f.With(items(f, 0, end)...), 2, "bind", bindFields)
	if g := fs["mode"]; g != nil {
		s.mode = render.Mode(plainText(g.Value()))
		switch s.mode {
		case "inner", "outer", "append", "prepend", "before", "after", "replace", "remove", "morph":
		default:
			a.Errorf(g.Site(), sx.FormError, "bind: unknown mode %s (there are inner outer append prepend before after replace remove morph)", sx.Serialize(g.Value()))
		}
	}
	if g := fs["key"]; g != nil {
		s.key = &compiled{fn: a.Function(l.name, l.names, g)}
	}
	if end >= f.Len() {
		a.Errorf(f.Site(), sx.FormError, "bind: slot %q has no markup", s.id)
		return
	}
	s.body = &compiled{fn: a.Function("slot "+s.id+" of "+l.name, l.names, f.Forms(end)...)}
	l.slots = append(l.slots, s)
	l.known[s.id] = s
}

// findNeeded notes which entries of :data the binds mention, and those that these mention in turn: they are
// evaluated again on each change.
func (l *liveDef) findNeeded() {
	l.needed = make([]bool, len(l.data))
	mark := func(c *compiled) {
		if c == nil {
			return
		}
		uses := c.fn.Uses()
		for i, e := range l.data {
			l.needed[i] = l.needed[i] || slices.Contains(uses, e.key)
		}
	}
	for _, s := range l.slots {
		mark(s.body)
		mark(s.key)
	}
	for i := len(l.data) - 1; i >= 0; i-- {
		if l.needed[i] {
			mark(l.data[i].fn)
		}
	}
}

// checkParams reports path parameters that the stream needs and its address does not carry.
func (l *liveDef) checkParams(a *sx.Analyzer) {
	has := l.pattern.params()
	check := func(c *compiled) {
		if c == nil {
			return
		}
		for _, n := range c.fn.Uses() {
			if slices.Contains(l.params, n) && !slices.Contains(has, n) {
				a.Errorf(c.fn.Site(), sx.FormError, "live: :src must hold the path parameter <%s>, which is used here", n)
			}
		}
	}
	for _, s := range l.slots {
		check(s.body)
		check(s.key)
	}
	check(l.stream)
	for _, t := range l.topics {
		check(t)
	}
	for i, e := range l.data {
		if l.needed[i] {
			check(e.fn)
		}
	}
}

func (l *liveDef) compile() {
	for _, s := range l.slots {
		s.body.finish()
		s.key.finish()
	}
	for _, t := range l.topics {
		t.finish()
	}
	l.stream.finish()
}

// checkLive reports what a shared stream must not reach.
func (d *declarations) checkLive(a *sx.Analyzer, l *liveDef) {
	prog := a.Program()
	check := func(c *compiled, what string) {
		if c == nil {
			return
		}
		if names := prog.Reaches(c.fn.Expr(), sx.Response); len(names) > 0 {
			a.Errorf(c.fn.Site(), sx.EffectError, "%s reaches %s, but a stream's response has begun", what, strings.Join(names, ", "))
		}
		if l.scope != "page" {
			return
		}
		if names := prog.Reaches(c.fn.Expr(), sx.Request); len(names) > 0 {
			a.Errorf(c.fn.Site(), sx.EffectError, "%s reaches %s, which is of one visitor, but its stream is shared by all: add :scope :session to the live form", what, strings.Join(names, ", "))
		}
	}
	for _, s := range l.slots {
		check(s.body, fmt.Sprintf("slot %q", s.id))
		check(s.key, fmt.Sprintf("the key of slot %q", s.id))
		l.chooseWire(prog, s)
	}
	for i, e := range l.data {
		if l.needed[i] {
			check(e.fn, ":data "+e.key)
		}
	}
	for _, t := range l.topics {
		check(t, ":on")
	}
	check(l.stream, ":stream")
}
