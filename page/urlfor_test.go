package page_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// A page or an asset that is named literally, and is not there, is found when the program is loaded.
func TestLiteralNamesOfPagesAndAssetsAreChecked(t *testing.T) {
	const rest = ` (defpage home :path "/" :content (p)) (defaction add :path "/add" () (p)) (defpage article :path "/a/<slug>/<int:n>" :content (p)) (defpage lost :path 404 :content (p))`
	for src, want := range map[string]string{
		`(defpage x :path "/x" :content (a :href (url-for "hoem") "x"))`:                                `app.sx:1:50: url-for: no page, handler or action hoem (did you mean home?)`,
		`(defpage x :path "/x" :content (a :href (url-for 'nowhere) "x"))`:                              `url-for: no page, handler or action nowhere (there are x, home, add, article)`,
		`(defcomp ~c () (p (a :href (-> :adds (url-for)) "x")))`:                                        `url-for: no page, handler or action adds (did you mean add?)`,
		`(defmacro link (n) (quasiquote (a :href (url-for (unquote n))))) (defcomp ~c () (link "hme"))`: `no page, handler or action hme (did you mean home?)`,
		`(define f (fn (x) (if x (url-for "homes") "/")))`:                                              `did you mean home?`,
		`(defpage x :path "/x" :content (~suspense :id "s" :fallback "…" (url-for "homee")))`:           `did you mean home?`,
		`(defpage x :path "/x" :content (~live :every 1000 (~suspense :id "s" (url-for "homee"))))`:     `did you mean home?`,
		`(defguard g (redirect (url-for "log-in")))`:                                                    `app.sx:1:32: url-for: no page, handler or action log-in`,
		`(defpage x :path "/x" :content (url-for "article"))`:                                           `app.sx:1:32: url-for: path "/a/<slug>/<int:n>" needs a value for <slug>`,
		`(defpage x :path "/x" :content (url-for "article" {:slug "a" :m 1}))`:                          `needs a value for <n>`,
		`(defpage x :path "/x/<s>" :content (url-for "article" {:slug s}))`:                             `needs a value for <n>`,
		`(defpage x :path "/x" :content (url-for "lost"))`:                                              `url-for: page lost is for status 404 and has no path`,
		`(defpage x :path "/x" :content (img :src (asset-url "img/b.svg")))`:                            `app.sx:1:53: no asset img/b.svg in assets/ (did you mean img/a.svg?)`,
		`(defcomp ~c () (link :rel "stylesheet" :href (asset "main.css")))`:                             `app.sx:1:53: no asset main.css in assets/ (there are app.css, img/a.svg)`,
	} {
		_, err := page.New(files("app.sx", src+rest, "assets/app.css", "p{}", "assets/img/a.svg", "<svg/>"), page.WithSecret("test"), page.WithData(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", src, err)
		}
		if err != nil && strings.Count(err.Error(), "app.sx:") != 1 {
			t.Errorf("%s: more than one error: %v", src, err)
		}
	}
}

// What is known only at run time is left to it, and what is right is not in the way.
func TestNamesOfPagesThatAreRight(t *testing.T) {
	s := serve(t, []string{"assets/app.css", "p{}", "app.sx", `
(define names {:a "article"})
(defpage home :path "/" :content (<> (url-for "home" {:q 1}) (url-for 'add) (url-for "article" {:slug "a" :n 1})
  (let (args {:slug "b" :n 2}) (url-for (get names :a) args)) (url-for "article" (merge {:slug "c"} {:n 3}))))
(defaction add :path "/add" () (asset-url (str "app" ".css")))
(defhandler late :path "/late" () (url-for (str "no" "where")))
(defpage article :path "/a/<slug>/<int:n>" :content (p))`})
	if _, body := s.get(t, "/"); !strings.Contains(body, "/?q=1/add/a/a/1/a/b/2/a/c/3") {
		t.Errorf("%s", body)
	}
	if resp, _ := s.get(t, "/late"); resp.StatusCode != 500 || !strings.Contains(s.logs.String(), "url-for: no page, handler or action nowhere") {
		t.Errorf("%d %s", resp.StatusCode, s.logs)
	}
}

// A file that did not change is looked at again when a page that it names goes.
func TestReloadFindsLinksToAPageThatWent(t *testing.T) {
	fsys := files("pages/home.sx", `(defpage home :path "/" :content (~links))`,
		"components/links.sx", `(defcomp ~links () (a :href (url-for "about") "About"))`,
		"pages/about.sx", `(defpage about :path "/about" :content (p))`)
	s := serveFS(t, fsys)
	fsys["pages/about.sx"].Data = []byte(`(defpage abuot :path "/about" :content (p))`)
	err := s.app.Reload(fsys)
	if err == nil || !strings.Contains(err.Error(), "components/links.sx:1:38: url-for: no page, handler or action about (did you mean abuot?)") {
		t.Errorf("got %v", err)
	}
}
