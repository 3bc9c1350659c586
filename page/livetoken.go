package page

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/sx"
)

// A ~live without :src is live by itself: its boundaries are the slots, and their bodies the bindings. The
// stream evaluates them apart from the page, with the values that path parameters, :data keys and component
// keywords had when the page was rendered. These travel in the region's address, encrypted and
// authenticated, so that nobody can make the server evaluate with values of their own.

const (
	tokenPrefix = "/_sx/t/"
	tokenAge    = 24 * time.Hour
	tokenMost   = 2048 // bytes of arguments, as text
	liveRegion  = "~sx-live"
)

var regionFields = []string{"src", "every", "on", "stream", "scope", "wire"}

// liveForm is ~live.
func (d *declarations) liveForm() *sx.Special {
	return &sx.Special{Name: "~live", Usage: `(~live :src "/api/stream/x" child …) or (~live :every ms :on topic :stream (feed) :scope :page child …)`,
		Doc: "A region that a stream fills: with :src that of a (live …), without :src its own.", Analyze: d.region}
}

// region compiles a (~live …): it becomes a call of a component written in Go.
func (d *declarations) region(a *sx.Analyzer, f *sx.Form) sx.Expr {
	fs := map[string]*sx.Form{}
	var children []*sx.Form
	for i := 1; i < f.Len(); i++ {
		v := f.Item(i)
		if v.Kind() != sx.KindKeyword {
			children = append(children, f.Form(i))
			continue
		}
		if i+1 == f.Len() {
			a.Errorf(f.SiteOf(i), sx.KeywordError, "~live: the keyword :%s has no value", v.Text())
			break
		}
		i++
		if !slices.Contains(regionFields, v.Text()) {
			a.Errorf(f.SiteOf(i-1), sx.KeywordError, "~live: unknown keyword :%s%s", v.Text(), didYouMean(v.Text(), regionFields))
			continue
		}
		fs[v.Text()] = f.Form(i)
	}
	items := []sx.Value{sx.Symbol(liveRegion)}
	inside := func(v sx.Value) sx.Value { return v }
	switch {
	case fs["src"] != nil:
		if fs["src"].Value().Kind() != sx.KindString {
			a.Errorf(fs["src"].Site(), sx.FormError, "~live: :src must be a literal string, found %s", sx.Serialize(fs["src"].Value()))
		}
		items = append(items, sx.Keyword("src"), fs["src"].Value())
	case fs["every"] != nil || fs["on"] != nil || fs["stream"] != nil:
		a.Acts() // this stream belongs to the site being loaded
		if l := d.ownStream(a, f, fs, children); l != nil {
			args := sx.NewDict(len(l.params))
			for _, n := range l.params {
				args.Set(n, sx.Symbol(n))
			}
			items = append(items, sx.Keyword("own"), sx.String(l.src), sx.Keyword("args"), sx.DictOf(args))
			uses := func(s *slotDef) bool { return slices.Contains(s.body.fn.Uses(), "message") }
			if !slices.Contains(l.all, "message") && slices.ContainsFunc(l.slots, uses) {
				inside = withoutMessage
			}
		}
	}
	for _, c := range children {
		items = append(items, inside(c.Value()))
	}
	return a.Analyze(f.With(items...))
}

// withoutMessage binds message as the stream does, for the page's own rendering, when there is none yet.
func withoutMessage(v sx.Value) sx.Value {
	list := func(items ...sx.Value) sx.Value { return sx.ListOf(sx.NewList(items...)) }
	return list(sx.Symbol("let"), list(list(sx.Symbol("message"), sx.Nil)), v)
}

// withMessage adds message to the names that a stream's binds see.
func withMessage(names []string) []string {
	if slices.Contains(names, "message") {
		return slices.Clone(names)
	}
	return append(slices.Clone(names), "message")
}

// ownStream compiles the boundaries of a ~live without :src to the slots of a stream.
func (d *declarations) ownStream(a *sx.Analyzer, f *sx.Form, fs map[string]*sx.Form, children []*sx.Form) *liveDef {
	place := placeOf(f.Site())
	for _, l := range d.site.live {
		if l.own && l.src == place {
			return l // analysis may look at a form twice
		}
	}
	l := &liveDef{own: true, src: place, name: "~live at " + place, site: f.Site(), scope: "page", known: map[string]*slotDef{}}
	names := a.Parameters()
	l.read(a, f, fs, names)
	var visit func(g *sx.Form)
	visit = func(g *sx.Form) {
		if g.Len() == 0 || g.Item(0).IsSymbol("quote") {
			return
		}
		if g.Item(0).IsSymbol("~suspense") {
			d.ownSlot(a, g, l, names)
			return
		}
		for _, x := range g.Forms(1) {
			visit(x)
		}
	}
	for _, c := range children {
		visit(c)
	}
	if len(l.slots) == 0 {
		a.Errorf(f.Site(), sx.FormError, "~live: no boundary with a body to keep live: add (~suspense :id \"id\" markup), or :src")
		return nil
	}
	// Only what is used travels in the address.
	used := map[string]bool{}
	for _, s := range l.slots {
		for _, n := range s.body.fn.Uses() {
			used[n] = true
		}
	}
	sources := l.topics
	if l.stream != nil {
		sources = append(slices.Clone(sources), l.stream)
	}
	for _, t := range sources {
		for _, n := range t.fn.Uses() {
			used[n] = true
		}
	}
	for _, n := range names {
		if used[n] {
			l.params = append(l.params, n)
		}
	}
	l.names = withMessage(names)
	l.all = names
	d.site.live = append(d.site.live, l)
	a.Later(func() { d.checkLive(a, l) })
	return l
}

func (d *declarations) ownSlot(a *sx.Analyzer, g *sx.Form, l *liveDef, names []string) {
	s := &slotDef{}
	var body []*sx.Form
	for i := 1; i < g.Len(); i++ {
		if v := g.Item(i); v.Kind() == sx.KindKeyword {
			i++
			if i < g.Len() && v.Text() == "id" {
				s.id, _ = g.Item(i).AsString()
			}
			continue
		}
		body = append(body, g.Form(i))
	}
	switch {
	case len(body) == 0:
		return
	case s.id == "":
		a.Errorf(g.Site(), sx.FormError, "~live: the boundaries of a region without :src need literal ids")
		return
	case l.known[s.id] != nil:
		return // ~suspense itself reports the repeated id
	}
	s.body = &compiled{fn: a.Function("slot "+s.id+" of "+l.name, withMessage(names), body...)}
	l.slots = append(l.slots, s)
	l.known[s.id] = s
}

// token makes the address of a region of its own.
func (s *site) token(q *request, l *liveDef, args *sx.Dict) (string, error) {
	text := sx.Serialize(sx.DictOf(args))
	if len(text) > tokenMost {
		return "", fmt.Errorf("~live: its values take %d bytes, more than the %d that its address may carry: pass an id and load by it", len(text), tokenMost)
	}
	session := ""
	if l.scope != "page" {
		session = q.sess().id
	}
	pageName := ""
	if q.page != nil {
		pageName = q.page.name
	}
	d := sx.NewDict(6)
	d.Set("program", sx.String(s.hash))
	d.Set("region", sx.String(l.src))
	d.Set("page", sx.String(pageName))
	d.Set("session", sx.String(session))
	d.Set("time", sx.Number(float64(s.app.cfg.now().Truncate(time.Hour).Unix())))
	d.Set("args", sx.DictOf(args))
	return tokenPrefix + s.app.seal(sx.Serialize(sx.DictOf(d))), nil
}

// seal encrypts and authenticates a text. The nonce is a MAC of the text, so that the same region has the
// same address on each rendering, and open connections stay.
func (a *App) seal(text string) string {
	mac := hmac.New(sha256.New, a.keys.key("live nonce"))
	mac.Write([]byte(text))
	nonce := mac.Sum(nil)[:12]
	return base64.RawURLEncoding.EncodeToString(a.tokenCipher().Seal(nonce, nonce, []byte(text), nil))
}

func (a *App) tokenCipher() cipher.AEAD {
	block, err := aes.NewCipher(a.keys.key("live token")) // 32 bytes: AES-256
	if err != nil {
		panic(err) // the key's length is right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

var errToken = &live.StatusError{Code: http.StatusConflict}

// openToken returns what an address of a region of its own stands for. An expired or foreign one gets 409:
// the client then fetches the region anew.
func (s *site) openToken(q *request, src string) (l *liveDef, params []param, guards []string, err error) {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(src, tokenPrefix))
	if err != nil || len(data) < 12 {
		return nil, nil, nil, errToken
	}
	text, err := s.app.tokenCipher().Open(nil, data[:12], data[12:], nil)
	if err != nil {
		return nil, nil, nil, errToken
	}
	forms, err := sx.Read(sx.NewSource("token", string(text)), sx.Limits{Nesting: 64})
	if err != nil || len(forms) != 1 || forms[0].Dict() == nil {
		return nil, nil, nil, errToken
	}
	d := forms[0].Dict()
	get := func(key string) sx.Value { v, _ := d.Lookup(key); return v }
	for _, x := range s.live {
		if x.own && x.src == plainText(get("region")) {
			l = x
		}
	}
	if l == nil || plainText(get("program")) != s.hash || !get("time").IsNumber() || s.app.cfg.now().Sub(time.Unix(int64(get("time").Float()), 0)) > tokenAge+time.Hour {
		return nil, nil, nil, errToken
	}
	if l.scope != "page" && plainText(get("session")) != q.sess().id {
		return nil, nil, nil, errToken
	}
	if name := plainText(get("page")); name != "" {
		for _, p := range s.pages {
			if p.name == name {
				guards = p.guards
			}
		}
	}
	args := get("args").Dict()
	for i := range args.Len() {
		k, v := args.At(i)
		sx.Freeze(v)
		params = append(params, param{k, v})
	}
	return l, params, guards, nil
}

// ownTopic names the topic of a region of its own by what it shows, not by the token.
func (l *liveDef) ownTopic(params []param) string {
	d := sx.NewDict(len(params))
	for _, p := range params {
		d.Set(p.Name, p.Value)
	}
	sum := sha256.Sum256([]byte(l.src + "\n" + sx.CanonicalSerialize(sx.DictOf(d))))
	return "/_sx/own/" + base64.RawURLEncoding.EncodeToString(sum[:15])
}

// region gives the address of a (~live …) on the page being rendered.
func (a *App) regionAddress(q *request, own string, args *sx.Dict) (string, error) {
	for _, l := range q.site.live {
		if l.own && l.src == own {
			for i := range args.Len() {
				if k, v := args.At(i); !storable(v) {
					return "", fmt.Errorf("~live: %s is a %s, which its address cannot carry", k, v.TypeName())
				}
			}
			return q.site.token(q, l, args)
		}
	}
	return "", fmt.Errorf("~live: no region at %s", own)
}
