package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func TestCachedPage(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :cache {:max-age 60 :vary ("Accept-Language")} :content (<> (p "same") (~suspense :id "x" (do (sleep 5) (b "x")))))`})
	resp, body := s.get(t, "/")
	tag := resp.Header.Get("Etag")
	if resp.StatusCode != 200 || tag == "" || resp.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Fatalf("got %d %v", resp.StatusCode, resp.Header)
	}
	lacks(t, "cached page", body, "nonce", "<template")
	wants(t, "policy", resp.Header.Get("Content-Security-Policy"), "script-src 'self'; style-src 'self';")
	resp, body = s.get(t, "/", "If-None-Match", tag)
	if resp.StatusCode != 304 || body != "" || resp.Header.Get("Content-Security-Policy") != "" || resp.Header.Get("Etag") != tag {
		t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
}

// A page that caches keep depends on nobody: every primitive of the request, the session and the response is
// refused when the program is loaded, also where a component or a boundary reaches it.
func TestCachedPageDependsOnNobody(t *testing.T) {
	probe, err := page.New(files("app.sx", `(defpage home :path "/" :content (p "x"))`), page.WithSecret("x"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Shutdown(t.Context())
	refused := map[string]bool{}
	for _, p := range probe.Program().Primitives() {
		if p.Effects&(sx.Request|sx.Response) == 0 {
			continue
		}
		refused[p.Name] = true
		call := "(" + p.Name
		least, _ := p.Arity()
		for range least {
			call += ` "a"`
		}
		text := fmt.Sprintf("(defcomp ~deep () (p %s)))\n(defpage home :path \"/\" :cache {:max-age 60}\n  :content (~suspense :id \"s\" (~deep)))", call)
		_, err := page.New(files("app.sx", text), page.WithSecret("x"), page.WithData(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), "app.sx:3:12: page home has :cache, so it cannot depend on who asks: it reaches "+p.Name) {
			// What begins a response is refused in every boundary.
			if p.Effects&sx.Response == 0 || err == nil || !strings.Contains(err.Error(), "app.sx:3:") {
				t.Errorf("%s: got %v", call, err)
			}
		}
	}
	for _, name := range []string{"session-get", "session-set!", "flash", "flash!", "cookie", "set-cookie!", "request-header", "request-form",
		"set-response-header", "set-response-status", "redirect", "form-errors", "form-value"} {
		if !refused[name] {
			t.Errorf("%s can be reached from a page with :cache", name)
		}
	}
	for text, want := range map[string]string{
		`(defguard login true) (defpage h :path "/" :cache {} :auth :login :content (p "x"))`:                                                  "app.sx:1:60: page h has :cache, so it cannot have :auth",
		`(defpage h :path "/" :cache {} :content (p "x") :live (live :src "/s" :every 1000 (bind "n" "x")))`:                                   "app.sx:1:55: page h has :cache, so it cannot have :live",
		`(defcomp ~c () (~live :every 1000 (~suspense :id "n" "x"))) (defpage h :path "/" :cache {} :content (div (~c)))`:                      "app.sx:1:16: page h has :cache, so it cannot hold ~live",
		`(defpage h :path "/" :cache {:max-age 60} :data {:user (session-get "user")} :content (p user))`:                                      "app.sx:1:56: page h has :cache",
		`(defpage h :path "/" :cache {:max-age 60} :title (flash "x") :content (p "x"))`:                                                       "app.sx:1:50: page h has :cache",
		`(defpage h :path "/" :cache {:max-age 60} :headers {:x-user (cookie "user")} :content (p "x"))`:                                       "app.sx:1:52: page h has :cache",
		`(defcomp ~layout (&rest children) (div (form-errors "x") children)) (defpage h :path "/" :cache {} :layout ~layout :content (p "x"))`: "page h has :cache",
	} {
		if _, err := page.New(files("app.sx", text), page.WithSecret("x"), page.WithData(t.TempDir())); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// Inline scripts and styles of such a page are allowed by their hashes, and it is the same bytes each time.
func TestCachedPageHashesItsScripts(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :cache {:max-age 60} :head (<> (style "p{color:red}") (style "p{color:red}"))
  :content (<> (script :type "module" "let a = " (json "<b>")) (link :rel "stylesheet" :href "/a.css") (p "nonce=\"x\"")))
(defpage broken :path "/broken" :cache {:max-age 60} :error (fn (e) (p "sorry")) :content (p (error "no")))
(defaction save :path "/" (&key (n :as number :required)) "ok")`})
	resp, body := s.get(t, "/")
	_, again := s.get(t, "/")
	lacks(t, "cached page", body, ` nonce="`)
	if body != again {
		t.Errorf("two answers differ:\n%s\n%s", body, again)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	lacks(t, "policy", policy, "nonce-")
	_, styles, _ := strings.Cut(policy, "style-src ")
	styles, _, _ = strings.Cut(styles, ";")
	if n, m := strings.Count(policy, "sha256-"), strings.Count(styles, "sha256-"); n != 2 || m != 1 {
		t.Errorf("%d hashes, %d of them of styles, want 2 and 1: %s", n, m, policy)
	}
	for _, text := range []string{"p{color:red}", `let a = "\u003cb\u003e"`} {
		wants(t, "cached page", body, ">"+text+"</")
		sum := sha256.Sum256([]byte(text))
		wants(t, "policy", policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	resp, body = s.get(t, "/broken")
	if resp.StatusCode != 500 || !strings.Contains(body, "sorry") || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Etag") != "" {
		t.Errorf("a page that fails: %d %v", resp.StatusCode, resp.Header)
	}
	resp, _ = s.do(t, "POST", "/", "n=x", "Content-Type", form)
	if resp.StatusCode != 422 || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a form that is refused: %d %v", resp.StatusCode, resp.Header)
	}
}
