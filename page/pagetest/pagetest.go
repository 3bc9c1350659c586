// Package pagetest drives a site from Go tests through its markup, without a browser: find an element, click
// it, fill a form, send it, follow a stream. What a person can do is done the way a browser without scripts
// does it, so markup and handlers cannot drift apart.
//
//	b := pagetest.New(t, app)
//	p := b.Visit("/")
//	p = p.Form("form").Fill("title", "buy milk").Submit()
//	if got := p.Find("li").Text(); got != "buy milk" {
//		t.Errorf("got %q", got)
//	}
//
// A page is read whole, with streamed parts put where they belong. Ids that stand twice fail the test, and so
// does whatever cannot be found. A Browser keeps cookies; it belongs to one goroutine.
package pagetest

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Browser is a visitor of a site.
type Browser struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client

	// Header is sent with each request.
	Header http.Header
}

// New starts a server for the site and gives a visitor of it. Both end with the test.
func New(t testing.TB, site http.Handler) *Browser {
	t.Helper()
	s := httptest.NewServer(site)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, server: s, client: &http.Client{Jar: jar, Transport: s.Client().Transport, Timeout: 30 * time.Second}, Header: http.Header{}}
}

// Another returns a second visitor of the same site, with cookies of its own.
func (b *Browser) Another() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &Browser{t: b.t, server: b.server, client: &http.Client{Jar: jar, Transport: b.client.Transport, Timeout: b.client.Timeout}, Header: http.Header{}}
}

// URL returns the address of the site's server.
func (b *Browser) URL() string { return b.server.URL }

// Visit gets a path of the site and follows redirects.
func (b *Browser) Visit(path string) *Page {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil, "", "")
}

func (b *Browser) send(method, path string, body io.Reader, contentType, from string) *Page {
	flat := strings.Contains(path, "_sx=flat")
	b.t.Helper()
	target, err := url.Parse(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	if from != "" {
		if target, err = url.Parse(from); err != nil {
			b.t.Fatal(err)
		}
	}
	if target, err = target.Parse(path); err != nil {
		b.t.Fatalf("pagetest: bad address %q: %v", path, err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, target.String(), body)
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range b.Header {
		r.Header[k] = v
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if from != "" {
		r.Header.Set("Referer", from)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Origin", b.server.URL)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("pagetest: %s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("pagetest: %s %s: the response broke off: %v", method, path, err)
	}
	if method == http.MethodGet && !flat && strings.Contains(string(data), ">__sxResolve(") {
		u := *resp.Request.URL // parts of it are source, which the browser would evaluate: take it as HTML
		query := u.Query()
		query.Set("_sx", "flat")
		whole := u
		whole.RawQuery = query.Encode()
		p := b.send(method, whole.String(), nil, "", from)
		p.URL = &u
		return p
	}
	return b.page(resp, string(data))
}

func (b *Browser) page(resp *http.Response, body string) *Page {
	b.t.Helper()
	p := &Page{b: b, Status: resp.StatusCode, Header: resp.Header, URL: resp.Request.URL, Body: body}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		root, err := html.Parse(strings.NewReader(body))
		if err != nil {
			b.t.Fatalf("pagetest: %s: %v", p.URL, err)
		}
		p.Element = Element{p, root}
		p.resolve()
		p.checkIDs()
	}
	return p
}

// Page is a response, parsed.
type Page struct {
	Element // its document; empty for what is not HTML
	b       *Browser
	Status  int
	Header  http.Header
	URL     *url.URL // after redirects
	Body    string   // as it came
}

// Title returns the text of the title element.
func (p *Page) Title() string {
	if e := p.first("title"); e != nil {
		return text(e)
	}
	return ""
}

// Path returns path and query of the page's address, after redirects.
func (p *Page) Path() string { return p.URL.RequestURI() }

// resolve puts streamed parts where they belong, as a browser does: <template for="ID"> fills the slot ID
// once the slot exists.
func (p *Page) resolve() {
	for again := true; again; {
		again = false
		for _, t := range all(p.node, func(n *html.Node) bool { return n.DataAtom == atom.Template && attr(n, "for") != "" }) {
			id := attr(t, "for")
			slot := one(p.node, func(n *html.Node) bool { return attr(n, "data-suspense") == id })
			if slot == nil {
				continue
			}
			for slot.FirstChild != nil {
				slot.RemoveChild(slot.FirstChild)
			}
			for c := t.FirstChild; c != nil; c = t.FirstChild {
				t.RemoveChild(c)
				slot.AppendChild(c)
			}
			remove(slot, "aria-busy")
			t.Parent.RemoveChild(t)
			again = true
			break
		}
	}
	for _, t := range all(p.node, func(n *html.Node) bool { return n.DataAtom == atom.Template && attr(n, "for") != "" }) {
		p.b.t.Errorf("pagetest: %s: the streamed part %q has no slot", p.URL, attr(t, "for"))
	}
}

func (p *Page) checkIDs() {
	seen := map[string]bool{}
	for _, n := range all(p.node, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if id := attr(n, "id"); seen[id] {
			p.b.t.Errorf("pagetest: %s: the id %q stands twice", p.URL, id)
		} else {
			seen[id] = true
		}
	}
}

// Click follows the link, or presses the button, whose text or accessible name is label; a selector works
// too.
func (p *Page) Click(label string) *Page {
	p.b.t.Helper()
	return p.Element.Click(label)
}

// Form returns the form that a selector finds.
func (p *Page) Form(selector string) *Form {
	p.b.t.Helper()
	e := p.Find(selector)
	if e.node != nil && e.node.DataAtom != atom.Form {
		p.b.t.Fatalf("pagetest: %s is a %s, not a form", selector, e.node.Data)
	}
	return newForm(p, e.node)
}

// Form is a form being filled in.
type Form struct {
	p     *Page
	node  *html.Node
	names []string
	vals  map[string][]string
	files map[string]file
}

type file struct{ name, content string }

func newForm(p *Page, n *html.Node) *Form {
	f := &Form{p: p, node: n, vals: map[string][]string{}, files: map[string]file{}}
	for _, c := range all(n, isControl) {
		name := attr(c, "name")
		if name == "" || has(c, "disabled") {
			continue
		}
		switch kind := strings.ToLower(attr(c, "type")); {
		case c.DataAtom == atom.Button, kind == "submit", kind == "button", kind == "image", kind == "reset", kind == "file":
		case kind == "checkbox" || kind == "radio":
			if has(c, "checked") {
				f.add(name, valueOr(c, "on"))
			}
		case c.DataAtom == atom.Textarea:
			f.add(name, lines(c))
		case c.DataAtom == atom.Select:
			f.addOptions(name, c)
		default:
			f.add(name, attr(c, "value"))
		}
	}
	return f
}

// lines returns the text of a textarea as it is, blanks and line breaks included.
func lines(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(c.Data)
	}
	return b.String()
}

func isControl(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Input, atom.Textarea, atom.Select, atom.Button:
		return true
	}
	return false
}

func (f *Form) add(name, v string) {
	if _, ok := f.vals[name]; !ok {
		f.names = append(f.names, name)
	}
	f.vals[name] = append(f.vals[name], v)
}

func (f *Form) addOptions(name string, n *html.Node) {
	options := all(n, func(n *html.Node) bool { return n.DataAtom == atom.Option })
	chosen := false
	for _, o := range options {
		if has(o, "selected") {
			f.add(name, valueOr(o, text(o)))
			chosen = true
		}
	}
	if !chosen && len(options) > 0 && !has(n, "multiple") {
		f.add(name, valueOr(options[0], text(options[0])))
	}
}

func (f *Form) control(name string) *html.Node {
	f.p.b.t.Helper()
	n := one(f.node, func(n *html.Node) bool { return isControl(n) && attr(n, "name") == name })
	if n == nil {
		f.p.b.t.Fatalf("pagetest: %s: the form has no field %q", f.p.URL, name)
	}
	return n
}

// Value returns what a field holds.
func (f *Form) Value(name string) string {
	f.p.b.t.Helper()
	f.control(name)
	if v := f.vals[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Fill types into a field, or chooses an option or a radio button by its value.
func (f *Form) Fill(name, value string) *Form {
	f.p.b.t.Helper()
	f.control(name)
	if f.vals[name] == nil {
		f.names = append(f.names, name)
	}
	f.vals[name] = []string{value}
	return f
}

// Check ticks a checkbox, or takes the tick away.
func (f *Form) Check(name string, on bool) *Form {
	f.p.b.t.Helper()
	n := f.control(name)
	delete(f.vals, name)
	if on {
		f.names = append(f.names, name)
		f.vals[name] = []string{valueOr(n, "on")}
	}
	return f
}

// Attach chooses a file for a file field.
func (f *Form) Attach(name, fileName, content string) *Form {
	f.p.b.t.Helper()
	f.control(name)
	f.files[name] = file{fileName, content}
	return f
}

// Submit sends the form, as its first button does.
func (f *Form) Submit() *Page {
	f.p.b.t.Helper()
	return f.submit(one(f.node, func(n *html.Node) bool {
		return n.DataAtom == atom.Button && (attr(n, "type") == "" || attr(n, "type") == "submit") || n.DataAtom == atom.Input && attr(n, "type") == "submit"
	}))
}

func (f *Form) submit(button *html.Node) *Page {
	f.p.b.t.Helper()
	vals := url.Values{}
	seen := map[string]bool{}
	for _, n := range f.names {
		if !seen[n] && f.vals[n] != nil {
			seen[n] = true
			vals[n] = f.vals[n]
		}
	}
	method, action, enctype := attr(f.node, "method"), attr(f.node, "action"), attr(f.node, "enctype")
	if button != nil {
		if name := attr(button, "name"); name != "" {
			vals.Add(name, attr(button, "value"))
		}
		method, action, enctype = or(attr(button, "formmethod"), method), or(attr(button, "formaction"), action), or(attr(button, "formenctype"), enctype)
	}
	if action == "" {
		action = f.p.URL.RequestURI()
	}
	for name, all := range vals { // line breaks are sent as CRLF (HTML Standard, "Constructing the entry list")
		vals[name] = slices.Clone(all)
		for i, v := range all {
			vals[name][i] = strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", "\n"), "\n", "\r\n")
		}
	}
	from := f.p.URL.String()
	if !strings.EqualFold(method, "post") {
		u, err := f.p.URL.Parse(action)
		if err != nil {
			f.p.b.t.Fatal(err)
		}
		u.RawQuery = vals.Encode()
		return f.p.b.send(http.MethodGet, u.String(), nil, "", from)
	}
	if strings.EqualFold(enctype, "multipart/form-data") {
		var b strings.Builder
		m := multipart.NewWriter(&b)
		for name, all := range vals {
			for _, v := range all {
				m.WriteField(name, v)
			}
		}
		for name, file := range f.files {
			w, err := m.CreateFormFile(name, filepath.Base(file.name))
			if err != nil {
				f.p.b.t.Fatal(err)
			}
			io.WriteString(w, file.content)
		}
		m.Close()
		return f.p.b.send(http.MethodPost, action, strings.NewReader(b.String()), m.FormDataContentType(), from)
	}
	return f.p.b.send(http.MethodPost, action, strings.NewReader(vals.Encode()), "application/x-www-form-urlencoded", from)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func valueOr(n *html.Node, other string) string {
	for _, a := range n.Attr {
		if a.Key == "value" {
			return a.Val
		}
	}
	return other
}
