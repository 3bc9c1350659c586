package page_test

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// logs collects what an application logs.
type logs struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// until waits for a line that holds text.
func (l *logs) until(t testing.TB, text string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(l.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("the log lacks %s:\n%s", text, l)
			return
		}
	}
}

// server is an application on a port of its own.
type server struct {
	*httptest.Server
	app  *page.App
	logs *logs
}

// files makes a file system of alternating names and texts.
func files(list ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(list); i += 2 {
		fsys[list[i]] = &fstest.MapFile{Data: []byte(list[i+1])}
	}
	return fsys
}

// serve starts an application from files, given as alternating names and texts.
func serve(t testing.TB, list []string, opts ...page.Option) *server {
	t.Helper()
	return serveFS(t, files(list...), opts...)
}

func serveFS(t testing.TB, fsys fs.FS, opts ...page.Option) *server {
	t.Helper()
	l := &logs{}
	opts = append([]page.Option{page.WithSecret("test"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.NewTextHandler(l, nil)))}, opts...)
	app, err := page.New(fsys, opts...)
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	s := &server{httptest.NewServer(app.Handler()), app, l}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := app.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		s.Server.Close()
	})
	return s
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// do sends a request and gives the response and its body.
func (s *server) do(t testing.TB, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	c := *s.Client()
	c.CheckRedirect = noRedirects
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func (s *server) get(t testing.TB, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	return s.do(t, "GET", path, "", headers...)
}

func wants(t testing.TB, what, got string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(got, w) {
			t.Errorf("%s lacks %q:\n%s", what, w, got)
		}
	}
}

func lacks(t testing.TB, what, got string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(got, w) {
			t.Errorf("%s has %q:\n%s", what, w, got)
		}
	}
}

const layouts = `
(defcomp ~layouts/main (&key section &rest children)
  (html :lang "en"
    (head (meta :charset "utf-8"))
    (body (nav section) (main children))))`

func TestPage(t *testing.T) {
	s := serve(t, []string{"layouts.sx", layouts, "pages/articles.sx", `
(defpage article
  :path "/articles/<int:id>/<slug>"
  :title (str (get article "title") " · News")
  :layout (~layouts/main :section "news")
  :data {:article {:title (str slug " <" id ">")} :twice (str (get article "title") "!")}
  :head (meta :name "description" :content twice)
  :content (article (h1 (get article "title")) (p twice)))
(defpage home :path "/" :content (p "hi"))`})
	resp, body := s.get(t, "/articles/7/hello")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("got %d %v", resp.StatusCode, resp.Header)
	}
	wants(t, "body", body, "<!DOCTYPE html><html", "<title>hello &lt;7&gt; · News</title>", `<meta name="description" content="hello &lt;7&gt;!">`,
		"<nav>news</nav>", "<h1>hello &lt;7&gt;</h1>", "</body></html>", `src="/_sx/client/`)
	csp := resp.Header.Get("Content-Security-Policy")
	wants(t, "policy", csp, "script-src 'nonce-", "'strict-dynamic'", "require-trusted-types-for 'script'")
	nonce := strings.Split(strings.SplitN(csp, "'nonce-", 2)[1], "'")[0]
	wants(t, "body", body, `<script nonce="`+nonce+`"`)

	_, body = s.get(t, "/")
	wants(t, "built-in document", body, "<!doctype html><html lang=\"en\">", "<title>home</title>", "<p>hi</p></body></html>")
	if resp, _ := s.do(t, "HEAD", "/", ""); resp.StatusCode != 200 || resp.ContentLength <= 0 {
		t.Errorf("HEAD: got %d, length %d", resp.StatusCode, resp.ContentLength)
	}
	if resp, _ := s.do(t, "POST", "/", ""); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: got %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if resp, _ := s.do(t, "OPTIONS", "/", ""); resp.StatusCode != 204 {
		t.Errorf("OPTIONS: got %d", resp.StatusCode)
	}
	if resp, body := s.get(t, "/articles/x/hello"); resp.StatusCode != 404 || !strings.Contains(body, "404 Not Found") {
		t.Errorf("bad int: got %d %s", resp.StatusCode, body)
	}
}

// reader reads a response while it arrives.
type reader struct {
	t    testing.TB
	body *bufio.Reader
	all  strings.Builder
	resp *http.Response
}

func (s *server) open(t testing.TB, ctx context.Context, path string, header ...string) *reader {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Header.Set("Accept-Encoding", "identity")
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &reader{t: t, body: bufio.NewReader(resp.Body), resp: resp}
}

// until reads until the text has arrived, for a minute at most.
func (r *reader) until(text string) string {
	r.t.Helper()
	if r.resp != nil {
		defer time.AfterFunc(time.Minute, func() { r.resp.Body.Close() }).Stop()
	}
	for !strings.Contains(r.all.String(), text) {
		b, err := r.body.ReadByte()
		if err != nil {
			r.t.Fatalf("waiting for %q: %v; got:\n%s", text, err, r.all.String())
		}
		r.all.WriteByte(b)
	}
	return r.all.String()
}

func (r *reader) rest() string {
	data, err := io.ReadAll(r.body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.all.Write(data)
	return r.all.String()
}

func TestStreaming(t *testing.T) {
	g := newGates("slow", "mid", "quick", "never")
	s := serve(t, []string{"app.sx", `
(defpage p :path "/" :content
  (main (h1 "shell")
    (~suspense :id "slow" :fallback (i "wait") (do (gate "slow") (b "slow done")))
    (~suspense :id "mid" :fallback (i "wait") (do (gate "mid") (b "mid done")))
    (~suspense :id "quick" :fallback (i "wait") (do (gate "quick") (b "quick done")))
    (~suspense :id "outer" (do (gate "quick") (div (~suspense :id "inner" :fallback "in" (do (gate "mid") (b "inner done"))))))
    (~suspense :id "bad" :error (fn (e) (em "oops")) (do (gate "quick") (error "boom")))
    (~suspense :id "dull" (do (gate "quick") (error "bang")))
    (~suspense :id "late" :timeout 20 :error (fn (e) (em "too late")) (do (gate "never") "never"))))`}, g.option())
	began := time.Now()
	r := s.open(t, t.Context(), "/")
	shell := r.until(`<?start name="dull">`) // "late" may be over already
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the shell took %v", took)
	}
	lacks(t, "shell", shell, "slow done")
	for _, name := range []string{"quick", "mid", "slow"} { // in another order than that of the page
		close(g[name])
		r.until(`<b>` + name + ` done</b></template>`)
	}
	all := r.rest()
	wants(t, "page", all, `<template for="slow"><b>slow done</b></template>`, "<em>oops</em>", "This part of the page could not be shown.",
		`<em>too late</em>`, `inner done`)
	if !strings.HasSuffix(all, "</body></html>") {
		t.Errorf("the document does not end: %q", all[max(0, len(all)-60):])
	}
	if strings.Count(all, "</body>") != 1 {
		t.Error("chunks stand outside of body")
	}
	if len(shell) < 1024 {
		t.Errorf("the shell has %d bytes", len(shell))
	}
	h := r.resp.Header
	if h.Get("X-Accel-Buffering") != "no" || !strings.Contains(h.Get("Cache-Control"), "no-transform") || h.Get("Content-Length") != "" {
		t.Errorf("headers: %v", h)
	}
	wants(t, "log", s.logs.String(), `page=p boundary=bad at=app.sx:8:`, "boom", `boundary=late`, "timed out after 20 ms")

	_, flat := s.get(t, "/?_sx=flat")
	lacks(t, "flat page", flat, "<template", "<?start", "wait")
	wants(t, "flat page", flat, `<div id="sx-suspense-slow" data-suspense="slow"><b>slow done</b></div>`, "inner done", "oops", "too late")
}

func TestLive(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defpage p :path "/"
  :content (~live :src "/api/stream" (~suspense :id "n" :fallback "none"))
  :live (live :src "/api/stream" :every 20 :on "news" (bind "n" (b (str "n" (or message (tick)))))))`},
		page.WithPrimitive("tick", "(tick)", func() int { return 3 }))
	_, body := s.get(t, "/")
	wants(t, "page", body, `data-sx-live="/api/stream"`, `<div id="sx-suspense-n" data-suspense="n"><b>n3</b></div>`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := s.open(t, ctx, "/api/stream")
	got := r.until(`n3`)
	wants(t, "stream", got, "event: sx-resolve\n", "id: ", `data: {"id":"n",`)
	if ct := r.resp.Header.Get("Content-Type"); ct != "text/event-stream; charset=utf-8" {
		t.Errorf("content type %q", ct)
	}
	many := s.open(t, ctx, "/_sx/live?s=/api/stream")
	wants(t, "multiplexed", many.until(`,"src":"/api/stream"}`), "sx-resolve", "n3")
}

// Every page of a development server is subscribed to reloads, and none of another server.
func TestDevelopmentRegion(t *testing.T) {
	files := []string{"app.sx", `(defpage home :path "/" :content (p "hi"))`}
	const source = "/_sx/live/(development)"
	dev := serve(t, files, page.WithDevelopment())
	_, body := dev.get(t, "/")
	wants(t, "a page in development", body, source)
	res, err := http.Get(dev.URL + source)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("its stream answers %s", res.Status)
	}
	_, body = serve(t, files).get(t, "/")
	lacks(t, "a page in production", body, source)
}

func TestOwnStream(t *testing.T) {
	var n atomic.Int64
	s := serve(t, []string{"app.sx", `
(defcomp ~clock (&key label (unused :default "x"))
  (section (~live :every 20 (~suspense :id "t" (b label " " (count))) (~suspense :id "empty" :fallback "none")) unused))
(defguard pass (not (= (request-arg "no") "1")))
(defpage home :path "/<name>" :auth :pass :content (div (~clock :label (str "<" name ">"))))`},
		page.WithPrimitive("count", "(count)", func() int { return int(n.Add(1)) }))
	_, body := s.get(t, "/ada")
	wants(t, "page", body, `<b>&lt;ada&gt; 1</b>`, `data-sx-live="/_sx/t/`)
	address := strings.Split(strings.SplitN(body, `data-sx-live="`, 2)[1], `"`)[0]
	lacks(t, "address", address, "ada")
	_, again := s.get(t, "/ada")
	wants(t, "the page again", again, address)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := s.open(t, ctx, address).until(`"}`)
	wants(t, "stream", got, `event: sx-resolve`, `"id":"t"`, `ada`)
	two := s.open(t, ctx, "/_sx/live?s="+address)
	wants(t, "multiplexed stream", two.until(`"}`), `ada`)

	last := address[len(address)-1:]
	forged := address[:len(address)-1] + map[bool]string{true: "B", false: "A"}[last == "A"]
	for _, bad := range []string{forged, "/_sx/t/", "/_sx/t/x", address + "x"} {
		if resp, _ := s.get(t, bad); resp.StatusCode != 409 {
			t.Errorf("%s: got %d", bad, resp.StatusCode)
		}
	}
	for text, want := range map[string]string{
		`(defcomp ~a (&key x) (let ((y 1)) (~live :every 100 (~suspense :id "s" (p y))))) (defpage h :path "/" :content (~a))`: "undefined symbol: y",
		`(defpage h :path "/" :content (~live :every 100 (~suspense :id "s")))`:                                                "no boundary with a body",
		`(defpage h :path "/" :content (~live :every 100 (~suspense :id "s" (p (session-get "u")))))`:                          "add :scope :session",
		`(defpage h :path "/" :content (~live :evry 100 (~suspense :id "s" (p "x"))))`:                                         "did you mean :every?",
		`(defpage h :path "/" :content (~live :src (str "x") (~suspense :id "s")))`:                                            ":src must be a literal",
	} {
		if _, err := page.New(files("app.sx", text), page.WithSecret("x")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestStreamsEndWithTheirSession(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defguard login (session-get "user"))
(defpage home :path "/" :auth :login :content (~live (~suspense :id "u"))
  :live (live :src "/u" :every 20 :scope :session (bind "u" (b (session-get "user")))))
(defaction log-in :path "/login" (&key user) (do (session-set! "user" user) (redirect "/")))
(defaction log-out :path "/logout" () (do (session-clear!) (redirect "/")))`})
	if resp, _ := s.get(t, "/u"); resp.StatusCode != 401 {
		t.Errorf("without a session: got %d", resp.StatusCode)
	}
	login := func(user string) string {
		resp, _ := s.do(t, "POST", "/login", "user="+user, "Content-Type", form)
		return "sx=" + resp.Cookies()[0].Value
	}
	stream := func(cookie string) *reader {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/u", nil)
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Accept-Encoding", "identity")
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return &reader{t: t, body: bufio.NewReader(resp.Body), resp: resp}
	}
	ada, bob := login("ada"), login("bob")
	a, b := stream(ada), stream(bob)
	lacks(t, "ada's stream", a.until("ada"), "bob")
	b.until("bob")
	if resp, _ := s.get(t, "/u", "Cookie", ada, "Origin", "https://evil.example"); resp.StatusCode != 403 {
		t.Errorf("from another origin: got %d", resp.StatusCode)
	}
	s.do(t, "POST", "/logout", "", "Cookie", ada)
	io.Copy(io.Discard, a.body) // returns when the stream has ended
	if _, err := b.body.ReadByte(); err != nil {
		t.Errorf("bob's stream ended too: %v", err)
	}
	s.do(t, "POST", "/login", "user=robert", "Cookie", bob, "Content-Type", form)
	io.Copy(io.Discard, b.body)
}

func TestLiveSource(t *testing.T) {
	g := newGates("w")
	s := serve(t, []string{"app.sx", `
(defcomp ~badge (&key value) (b :class "badge" value))
(defcomp ~private (&key value) :affinity :server (i value))
(defpage p :path "/" :content (~live (~suspense :id "n") (~suspense :id "m"))
  :live (live :src "/s" :every 20 (bind "n" (~badge :value (str (tick) "%"))) (bind "m" (~private :value "<x>"))))
(defpage w :path "/w" :wire :sx :content (main (~suspense :id "a" (do (gate "w") (p "plain"))) (~suspense :id "b" (do (gate "w") (~badge :value "late")))))`},
		page.WithPrimitive("tick", "(tick)", func() int { return 42 }), g.option())
	_, body := s.get(t, "/")
	wants(t, "page", body, `<b class="badge">42%</b>`, "<i>&lt;x&gt;</i>")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := s.open(t, ctx, "/s")
	r.until(`"id":"m","html":"<i>&lt;x&gt;</i>"`)
	got := r.until(`(~badge :value \"42%\")"}`)
	wants(t, "stream", got, "event: sx-defs\n", "(defcomp ~badge", `{"id":"n","sx":"(~badge :value \"42%\")"}`, `"id":"m","html":`)
	lacks(t, "definitions", got, "~private")
	_, again := s.get(t, "/")
	wants(t, "page while somebody is subscribed", again, `<b class="badge">42%</b>`)
	late := s.open(t, ctx, "/w")
	late.until(`<?start name="b">`)
	close(g["w"])
	wants(t, "wire page", late.rest(), `__sxResolve("a","(`, `plain`, `__sxResolve("","(defcomp ~badge`, `(~badge :value \"late\")`)
}

// The built-in components have full names too.
func TestSharedLibrary(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/"
		:live (live :src "/stream" :every 1000 (bind "n" (b "one")))
		:content (~shared:pages/live :src "/stream" (~shared:pages/suspense :id "n" :fallback "…")))`})
	_, body := s.get(t, "/")
	wants(t, "the page", body, `data-sx-live="/stream"`, `data-suspense="n"`)
}
