package page_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

const scriptSource = `
(defcomp ~badge (&key value) (b :class (str "badge " (if (> value 3) "hot" "cold")) value))
(defcomp ~rare (&key value) (b (match value 1 "one" _ (upper "many"))))
(defcomp ~own (&key n) (~live :every 50 (~suspense :id "o" (~badge :value n))))
(define said (fn (msg conn) (match msg (say &key text) (broadcast! "log" (p text) :mode :append))))
(defcomp ~room () (~ws :src "/ws/room" :on-message said (~suspense :id "log")))
(defpage plain :path "/plain" :content (main (p "x") (a :id "to-chat" :href "/chat" :sx-boost "true" "chat") (a :id "to-sx" :href "/sx" :sx-boost "true" "sx")))
(defpage html :path "/html" :live (live :every 50 (bind "a" (b "x"))) :content (~live (~suspense :id "a")))
(defpage forced :path "/forced" :live (live :every 50 :wire :html (bind "a" (~badge :value 1))) :content (~live (~suspense :id "a")))
(defpage sx :path "/sx" :live (live :every 50 (bind "a" (~badge :value (tick)))) :content (main (h1 "sx") (~live (~suspense :id "a"))))
(defpage rare :path "/rare" :live (live :every 50 (bind "a" (~rare :value (tick)))) :content (~live (~suspense :id "a")))
(defpage own :path "/own" :content (~own :n 4))
(defpage kept :path "/kept" :cache {:max-age 60} :content (main "x"))
(defpage chat :path "/chat" :content (main (h1 "chat") (~room)))
(defpage both :path "/both" :live (live :every 50 (bind "a" (~badge :value 1))) :content (main (~room) (~live (~suspense :id "a"))))
(deflive "/s" :every 50 (bind "z" (~badge :value 2)))
(defpage other :path "/other" :content (~live :src "/s" (~suspense :id "z")))
(defpage go :path "/go" :content (main (~live :src "/go-stream" (~suspense :id "g" :as "p" :fallback "…"))))`

var scriptURL = regexp.MustCompile(`src="/_sx/client/[0-9a-f]+/([^"]*)" async`)

func scriptOf(t *testing.T, s *server, path string) string {
	t.Helper()
	_, body := s.do(t, "GET", path, "")
	m := scriptURL.FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("%s has no script:\n%s", path, body)
	}
	return m[1]
}

// What a definition binds, types, and quoted data have the names of rare forms and primitives without using them.
func TestNamesThatAreNoUses(t *testing.T) {
	for body, want := range map[string]string{
		`(&key (v :as dict)) (b (get v :a))`:                              "small",
		`(&key (v :as list) sum) (b sum (len v))`:                         "small",
		`(&key v) (let (match v try 2) (b match try))`:                    "small",
		`(&key v) (let ((match v) (try 2)) (b match try))`:                "small",
		`(&key v) (b (map (fn ((flatten :default 1)) flatten) (list v)))`: "small",
		`(&key v) (b (first '(upper lower)) v)`:                           "small",
		`(&key v) (b (sum v))`:                                            "language",
		`(&key v) (let (a (upper v)) (b a))`:                              "language",
		`(&key v) (let (a 1 b {:c (upper v)}) (b a (get b :c)))`:          "language",
		`(&key v) (b (map upper v))`:                                      "language",
		`(&key v (w :default (upper "x"))) (b v w)`:                       "language",
		`(&key v) (let go ((i 0)) (if (< i v) (go (inc i)) (b i)))`:       "language",
		`(&key v) (let (((list a c) v)) (b a c))`:                         "language",
		`(&key v) (let ({:a x} v) (b x))`:                                 "language",
		`(&key v &rest-attrs more) (b more v)`:                            "language",
		`(&key v) (define twice (fn (x) (* 2 x))) (b (twice v))`:          "language",
	} {
		s := serve(t, []string{"app.sx", `(defcomp ~c ` + body + `)
			(defpage p :path "/" :live (live :every 50 (bind "a" (~c :v (tick)))) :content (~live (~suspense :id "a")))`},
			page.WithPrimitive("tick", "(tick)", func() any { return nil }))
		if got := scriptOf(t, s, "/"); got != "sx-core-"+want+".js" {
			t.Errorf("%s gets %s, want %s", body, got, want)
		}
	}
}

// A page's script carries what the page can use, and no more.
func TestPagesGetTheScriptTheyNeed(t *testing.T) {
	tick := page.WithPrimitive("tick", "(tick)", func() int { return 1 })
	s := serve(t, []string{"app.sx", scriptSource}, tick, goFrames())
	for path, want := range map[string]string{
		"/plain":  "sx-core-request.js",
		"/html":   "sx-core-request.js",
		"/forced": "sx-core-request.js",
		"/sx":     "sx-core-small-request.js",
		"/rare":   "sx-core-language-request.js",
		"/own":    "sx-core-small-request.js",
		"/chat":   "sx-core-request-socket.js",
		"/both":   "sx-core-small-request-socket.js",
		"/other":  "sx-core-small-request.js",
		"/go":     "sx-core-request.js",
	} {
		if got := scriptOf(t, s, path); got != want {
			t.Errorf("%s gets %s, want %s", path, got, want)
		}
	}
	plain := `(defpage plain :path "/plain" :content (p "x"))`
	for name, c := range map[string]struct {
		files []string
		opts  []page.Option
		want  string
	}{
		"a form":             {[]string{"app.sx", plain + `(defcomp ~f () (form :method "post"))`}, nil, "sx-core-request.js"},
		"an attribute":       {[]string{"app.sx", plain + `(defcomp ~f () (button :sx-get "/" "x"))`}, nil, "sx-core-request.js"},
		"nothing":            {[]string{"app.sx", plain}, nil, "sx-core.js"},
		"asked for":          {[]string{"app.sx", plain + `(defconfig :client :whole)`}, nil, "sx-live.js"},
		"not asked for":      {[]string{"app.sx", plain + `(defconfig :client :needed)`}, nil, "sx-core.js"},
		"asked for in Go":    {[]string{"app.sx", plain}, []page.Option{page.WithWholeClient()}, "sx-live.js"},
		"a script element":   {[]string{"app.sx", plain + `(defpage b :path "/b" :content (script :src "/x.js"))`}, nil, "sx-live.js"},
		"a raw script":       {[]string{"app.sx", plain + `(defpage b :path "/b" :content (raw! "<script>x</script>"))`}, nil, "sx-live.js"},
		"a script by policy": {[]string{"app.sx", plain + `(defconfig :csp {:script-src "https://cdn.example"})`}, nil, "sx-live.js"},
		"an asset":           {[]string{"app.sx", plain, "assets/app.js", "Sx.render('(b)')"}, nil, "sx-live.js"},
		"a style":            {[]string{"app.sx", plain, "assets/app.css", "p{}"}, nil, "sx-core.js"},
		"a page as source":   {[]string{"app.sx", plain[:len(plain)-1] + ` :wire :sx)`}, nil, "sx-core-small.js"},
		"some boundary":      {[]string{"app.sx", `(defpage plain :path "/plain" :content (~suspense :id "a" :wire :sx (p "x")))`}, nil, "sx-core-small.js"},
	} {
		if got := scriptOf(t, serve(t, c.files, c.opts...), "/plain"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	_, err := page.New(files("app.sx", plain+`(defconfig :client :some)`), page.WithSecret("x"), page.WithData(t.TempDir()))
	if err == nil || !strings.Contains(err.Error(), ":client must be :needed or :whole") {
		t.Errorf("an unknown :client: %v", err)
	}
}

// goFrames is a stream that sends what no analysis can know.
func goFrames() page.Option {
	return page.WithStream("/go-stream", func(ctx context.Context, s *live.Stream) error {
		for i, f := range []render.Frame{
			{ID: "g", HTML: "<i>0</i>"},
			{ID: "g", Mode: render.ModeAppend, HTML: "<i>1</i>"},
			{ID: "g", Mode: render.ModeAppend, SX: `(i (upper "two"))`},
			{ID: "g", Mode: render.ModeAppend, HTML: "<i>3</i>"},
			{ID: "g", Mode: render.ModeAppend, SX: `(i (match 4 4 "four"))`},
			{ID: "g", Mode: render.ModeAppend, HTML: "<i>5</i>"},
		} {
			if err := s.Patch(f); err != nil {
				return fmt.Errorf("frame %d: %w", i, err)
			}
		}
		<-ctx.Done()
		return nil
	})
}

// Every script does its page under the default policy; what it lacks comes in by itself, in order.
func TestScriptsInABrowser(t *testing.T) {
	n := 0
	tick := page.WithPrimitive("tick", "(tick)", func() int { n++; return n }, sx.IO)
	s := serve(t, []string{"app.sx", scriptSource}, tick, goFrames())
	ctx := clienttest.Browser(t)
	const scripts = `performance.getEntriesByType("resource").map(e => e.name.split("/").pop()).filter(n => n.endsWith(".js")).join(" ")`
	for _, c := range []struct{ path, shown, scripts string }{
		{"/html", `document.body.innerText.includes("x")`, "sx-core-request.js"},
		{"/sx", `document.querySelector("b.badge.hot")`, "sx-core-small-request.js"},
		{"/own", `document.querySelector("b.badge.hot")`, "sx-core-small-request.js"},
		{"/rare", `document.body.innerText.includes("MANY")`, "sx-core-language-request.js"},
		{"/chat", `document.querySelector(".sx-live[data-sx-ws]")`, "sx-core-request-socket.js"},
		{"/go", `document.querySelector("p").innerText == "01TWO3four5"`, "sx-core-request.js language.js"},
	} {
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+c.path)); err != nil {
			t.Fatal(err)
		}
		clienttest.Until(t, ctx, "the page is as it should be", c.shown)
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](scripts)); err != nil || got != c.scripts {
			t.Errorf("%s: scripts %s %v, want %s", c.path, got, err, c.scripts)
		}
	}
	// A page that caches may keep has no nonce.
	run(t, ctx, s.URL+"/kept", `Sx.resolve({selector: "main", sx: "(b (upper \"late\"))"}), true`)
	clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector("main b").innerText == "LATE"`)
	// From a page without language and sockets to others by enhanced links: the document stays.
	for _, c := range []struct{ link, shown, scripts string }{
		{"to-sx", `Sx.parse && document.querySelector("h1").innerText == "sx"`, "sx-core-request.js language.js"},
		{"to-chat", `document.querySelector(".sx-live[data-sx-ws]")`, "sx-core-request.js socket.js"},
	} {
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/plain")); err != nil {
			t.Fatal(err)
		}
		clienttest.Until(t, ctx, "the page is as it should be", "window.Sx")
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.stays = true; document.querySelector("#`+c.link+`").click(); true`)); err != nil {
			t.Fatal(err)
		}
		clienttest.Until(t, ctx, "the page is as it should be", c.shown)
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[string]("window.stays + ' ' + "+scripts)); err != nil || got != "true "+c.scripts {
			t.Errorf("%s: %s %v, want true %s", c.link, got, err, c.scripts)
		}
	}
	for _, p := range clienttest.Problems(ctx) {
		t.Error(p)
	}
}

// In production scripts travel compressed; in development nobody waits for that.
func TestScriptsAreCompressed(t *testing.T) {
	plain := `(defpage plain :path "/plain" :content (p "x"))`
	for _, dev := range []bool{false, true} {
		opts := []page.Option(nil)
		if dev {
			opts = append(opts, page.WithDevelopment())
		}
		s := serve(t, []string{"app.sx", plain}, opts...)
		_, body := s.do(t, "GET", "/plain", "")
		_, url, _ := strings.Cut(body, `src="/_sx/client/`)
		url, _, _ = strings.Cut(url, `"`)
		whole, text := s.do(t, "GET", "/_sx/client/"+url, "", "Accept-Encoding", "identity")
		if whole.StatusCode != 200 || whole.Header.Get("Content-Encoding") != "" || !strings.Contains(whole.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("plain: %d %v", whole.StatusCode, whole.Header)
		}
		for _, coding := range []string{"br", "gzip", "zstd"} {
			r, small := s.do(t, "GET", "/_sx/client/"+url, "", "Accept-Encoding", coding)
			want := coding
			if dev {
				want = ""
			}
			if got := r.Header.Get("Content-Encoding"); got != want || r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || (got != "") != (len(small) < len(text)/2) {
				t.Errorf("%s: coding %q, %d of %d bytes, %s", coding, got, len(small), len(text), r.Header.Get("Content-Type"))
			}
			if !dev && (r.Header.Get("Vary") != "Accept-Encoding" || !strings.Contains(r.Header.Get("Cache-Control"), "immutable")) {
				t.Errorf("%s: %v", coding, r.Header)
			}
		}
	}
}
