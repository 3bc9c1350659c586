package page_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

var project = []string{
	"app.sx", `(defconfig :lang "de" :name "Probe")`,
	"layouts.sx", layouts,
	"components/cards/user.sx", `(defcomp ~cards/user/badge (&key name) (b :class "badge" name))`,
	"pages/people/list.sx", `
(defpage people :path "/people" :layout (~layouts/main :section "people")
  :content (ul (map (fn (n) (li (~cards/user/badge :name n))) (list "Ada" "Lin")) (li (~ui:buttons/push :label "more"))))`,
	"pages/api.sx", `(defhandler names :path "/api/names" () (list "Ada" "Lin"))`,
	"people_test.sx", `(defsuite "never loaded by a server" (deftest "broken" (no-such-function)))`,
	"public/robots.txt", "User-agent: *",
}

// A project is a tree of files, wherever it lies, and libraries have namespaces.
func TestProjectFromAnyFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, files(project...)); err != nil {
		t.Fatal(err)
	}
	library := page.WithLibrary("ui", files("components/buttons.sx", `(defcomp ~ui:buttons/push (&key label) (button :type "button" (~ui:buttons/text :text label))) (defcomp ~ui:buttons/text (&key text) (i text))`))
	for name, fsys := range map[string]fs.FS{"embedded": files(project...), "folder": os.DirFS(dir)} {
		s := serveFS(t, fsys, library)
		resp, body := s.get(t, "/people")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Language") != "en" {
			t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
		}
		wants(t, name, body, "<nav>people</nav>", `<li><b class="badge">Ada</b></li>`, `<button type="button"><i>more</i></button>`)
		if _, body := s.get(t, "/api/names"); body != `["Ada","Lin"]` {
			t.Errorf("%s: %s", name, body)
		}
		if _, body := s.get(t, "/robots.txt"); body != "User-agent: *" {
			t.Errorf("%s: %s", name, body)
		}
	}
	// A layout that says its language says it in the header too.
	s := serve(t, []string{"app.sx", `
(defconfig :lang "de")
(defcomp ~lay (&key lang &rest children) (html :lang lang (head) (body children)))
(defpage a :path "/" :layout (~lay :lang "fr-CA") :content (p "a"))
(defpage b :path "/b" :layout ~lay :content (p :lang "it" "b"))
(defpage c :path "/c" :headers {:content-language "en"} :layout (~lay :lang "fr") :content (p "c"))`})
	for path, want := range map[string]string{"/": "fr-CA", "/b": "de", "/c": "en"} {
		if resp, _ := s.get(t, path); resp.Header.Get("Content-Language") != want {
			t.Errorf("%s: Content-Language is %q, want %q", path, resp.Header.Get("Content-Language"), want)
		}
	}
	// A :title that is nil or empty is none: the content's last title counts, or the layout's, or the site's name.
	s = serve(t, []string{"app.sx", `
(defconfig :name "Site")
(defcomp ~lay (&rest children) (html (head (title "Layout")) (body children)))
(defpage a :path "/" :title nil :content (<> (title "one") (p (title "two"))))
(defpage b :path "/b" :title "" :content (p "b"))
(defpage c :path "/c" :title nil :layout ~lay :content (p "c"))
(defpage d :path "/d" :title "D" :layout ~lay :content (p "d"))`})
	for path, want := range map[string]string{"/": "two", "/b": "Site", "/c": "Layout", "/d": "D"} {
		if _, body := s.get(t, path); strings.Count(body, "<title>") != 1 || !strings.Contains(body, "<title>"+want+"</title>") {
			t.Errorf("%s: the title is not %s: %s", path, want, body)
		}
	}
	// Both places of a conflict are named, across files.
	_, err := page.New(files("a.sx", `(defpage a :path "/x/<id>" :content (p id))`, "b.sx", "\n"+`(defhandler b :path "/x/<name>" (&key name) name)`), page.WithSecret("x"))
	if err == nil || !strings.Contains(err.Error(), "b.sx:2:1: handler b: GET /x/<name> is claimed by page a at a.sx:1:1 already") {
		t.Errorf("conflict: %v", err)
	}
}

// What belongs in the head is found wherever it is.
func TestHeadIsCollected(t *testing.T) {
	s := serve(t, []string{"layouts.sx", layouts, "app.sx", `
(defcomp ~article (&key name) (article (title name) (meta :name "author" :content name) (link :rel "canonical" :href "/a") (h1 name)))
(defpage nested :path "/nested" :layout ~layouts/main :head (<> (meta :name "first" :content "1") (meta :name "second" :content "2"))
  :content (<> (~article :name "One <1>") (~article :name "Two <2>")))
(defpage titled :path "/titled" :title "Own" :layout ~layouts/main :content (~article :name "One"))
(defpage bare :path "/bare" :content (~article :name "One"))
(defcomp ~doc (&rest children) (html (head (title "Layout") (meta :charset "utf-8")) (body children)))
(defpage replaced :path "/replaced" :title "Page" :layout ~doc :content (p "x"))
(defpage kept :path "/kept" :layout ~doc :content (p "x"))`})
	for _, c := range []struct{ path, title, order string }{
		{"/nested", "<title>Two &lt;2&gt;</title>", `<meta name="author" content="One &lt;1&gt;"><meta name="author" content="Two &lt;2&gt;"><meta name="first" content="1"><meta name="second" content="2">`},
		{"/titled", "<title>Own</title>", `<meta name="author" content="One">`},
		{"/bare", "<title>One</title>", `<meta name="author" content="One">`},
		{"/replaced", "<title>Page</title>", `<meta charset="utf-8">`},
		{"/kept", "<title>Layout</title>", `<meta charset="utf-8">`},
	} {
		_, body := s.get(t, c.path)
		head, rest, ok := strings.Cut(body, "</head>")
		if !ok || strings.Count(body, "<title>") != 1 {
			t.Errorf("%s: %s", c.path, body)
		}
		wants(t, c.path+" head", head, c.title, c.order)
		lacks(t, c.path+" body", rest, "<title", "<meta")
	}
}

// What a literal says is wrong is said when the page is loaded, and not to whoever asks for it first.
func TestLiteralFieldsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		`(defpage a :path "/a" :status 99 :content "x")`:                               "app.sx:1:31: :status: the status must be a number from 200 to 599, got 99",
		`(defpage a :path "/a" :status "ok" :content "x")`:                             `app.sx:1:31: :status: the status must be a number from 200 to 599, got "ok"`,
		`(defpage a :path "/a" :headers {"Set-Cookie" "a=b"} :content "x")`:            `app.sx:1:32: :headers: "Set-Cookie" cannot be set`,
		`(defpage a :path "/a" :headers {"X" (str "a") "a b" (str "c")} :content "x")`: `app.sx:1:32: :headers: "a b" cannot be set`,
		`(defpage a :path "/a" :headers {"X" "a\nb"} :content "x")`:                    `app.sx:1:32: :headers: the value of X holds a line break`,
		`(defpage a :path "/a" :error "sorry" :content "x")`:                           `app.sx:1:30: :error must be a function such as`,
		`(defconfig :lang "not a language")`:                                           `app.sx:1:18: :lang must be a language such as "en"`,
		`(defconfig :origins ("https://a.example" "foo"))`:                             `app.sx:1:21: :origins: invalid origin "foo"`,
	} {
		if _, err := page.New(files("app.sx", text), page.WithSecret("x")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
	if _, err := page.New(files("app.sx", `
(defconfig :lang "zh-Hant-TW" :origins ("https://a.example/" "http://b:8080"))
(defpage a :path "/a" :status (if (request-arg "x") 201 200) :headers {:x-a 1 "X-B" (request-arg "b")} :error (fn (e) "sorry") :content "x")`), page.WithSecret("x")); err != nil {
		t.Error(err)
	}
}
