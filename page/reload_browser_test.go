package page_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// reloaded is a program with a page for each kind of region, whose slots show the word.
const reloaded = `
(define (word) "WORD")
(defcomp ~shown (&key n) (b "WORD " n))
(defguard anyone true)
(deflive "/apart" :on "n" (bind "s" (b (word))))
(deflive "/guarded" :on "n" :auth :anyone (bind "s" (b (word))))
(defaction log-in :path "/in" () (do (session-set! "user" "ada") "in"))
(define (hello conn) (reply! conn "s" (b "hello")))
(defcomp ~lay (&rest children) (html (head) (body (p :id "word" (word)) (input :id "typed") children)))
(defpage start :path "/start" :content (p "start"))
(defpage state :path "/state" :layout ~lay :content (~live (~suspense :id "s" :fallback "…") (~suspense :id "log"))
  :live (live :on "n" (bind "s" (b (word))) (bind "log" :mode :append (li (word) message))))
(defpage cursor :path "/cursor" :layout ~lay :content (~live (~suspense :id "s" :fallback "…")) :live (live :on "n" (bind "s" (b (word)))))
(defpage wire :path "/wire" :layout ~lay :content (~live (~suspense :id "s" :fallback "…")) :live (live :on "n" :wire :sx (bind "s" (~shown :n 1))))
(defpage mine :path "/mine" :layout ~lay :content (~live (~suspense :id "s" :fallback "…"))
  :live (live :on "n" :scope :session (bind "s" (b (word) (session-get "user")))))
(defpage apart :path "/deflive" :layout ~lay :content (~live :src "/apart" (~suspense :id "s" :fallback "…")))
(defpage guarded :path "/refused" :layout ~lay :content (~live :src "/guarded" (~suspense :id "s" :fallback "…")))
(defpage go :path "/values" :layout ~lay :content (~live :src "/go" (~suspense :id "s" :fallback "…")))
(defpage own :path "/own" :layout ~lay :content (~live :every 60000 (~suspense :id "s" (b (word)))))
(defpage socket :path "/socket" :layout ~lay :content (~ws :src "/ws" :on-open hello (~suspense :id "s")))`

// A reload shows in every region at once, whatever its stream, without waiting for what changes it. What a person typed stays, and
// so does what has come by a socket, or line by line: nobody sends it again.
func TestReloadShowsInEveryRegion(t *testing.T) {
	program := func(word string) []string { return []string{"app.sx", strings.ReplaceAll(reloaded, "WORD", word)} }
	s := serve(t, program("old"), page.WithDevelopment(), page.WithStream("/go", func(ctx context.Context, s *live.Stream) error {
		if err := s.Resolve("s", "~shown", map[string]any{"n": 2}); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}))
	browser := clienttest.Browser(t)
	for _, c := range []struct{ path, want string }{
		{"/state", "WORD"}, {"/cursor", "WORD"}, {"/wire", "WORD 1"}, {"/mine", "WORDada"}, {"/deflive", "WORD"}, {"/refused", "WORD"},
		{"/values", "WORD 2"}, {"/own", "WORD"}, {"/socket", "hello"},
	} {
		t.Run(strings.Trim(c.path, "/"), func(t *testing.T) {
			if err := s.app.Reload(files(program("old")...)); err != nil {
				t.Fatal(err)
			}
			ctx := clienttest.NewTab(t, browser)
			run := func(script string) {
				t.Helper()
				if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil {
					t.Fatal(err)
				}
			}
			visit := func(path string) {
				t.Helper()
				if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+path)); err != nil {
					t.Fatal(err)
				}
			}
			visit("/start")
			run(`fetch("/in", {method: "POST"}).then(r => r.ok)`)
			visit(c.path)
			shows := func(word string) {
				t.Helper()
				clienttest.Until(t, ctx, "the page is as it should be", fmt.Sprintf(`document.querySelector("#word").textContent == %q && document.querySelector("[data-suspense=s]").textContent == %q`, word, strings.ReplaceAll(c.want, "WORD", word)))
			}
			shows("old")
			if c.path == "/state" {
				clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector(".sx-live")`)
				s.app.Publish("n", sx.String("1"))
				clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector("li").textContent == "old1"`)
			}
			run(`window.stays = !!(document.querySelector("#typed").value = "half ty")`)
			for _, word := range []string{"new", "old"} {
				if err := s.app.Reload(files(program(word)...)); err != nil {
					t.Fatal(err)
				}
				shows(word)
			}
			clienttest.Until(t, ctx, "the page is as it should be", `window.stays && document.querySelector("#typed").value == "half ty"`)
			if c.path == "/state" {
				clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector("[data-suspense=log]").textContent == "old1"`)
			}
			for _, p := range clienttest.Problems(ctx) {
				t.Error("the browser reports:", p)
			}
		})
	}
}

// A stream for Datastar's client is cut by a reload, upon which that client comes back, and is answered by the new program. One that
// ended would be taken for an answer.
func TestReloadCutsStreamsOfDatastar(t *testing.T) {
	program := func(word string) []string {
		return []string{"app.sx", `(defhandler f :path "/feed" :on "n" () (datastar-patch (b :id "b" "` + word + `")))`}
	}
	s := serve(t, program("old"))
	in := s.open(t, t.Context(), "/feed")
	in.until("old</b>")
	if err := s.app.Reload(files(program("new")...)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(in.body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream goes on or is ended, not cut: %q %v", rest, err)
	}
	s.open(t, t.Context(), "/feed").until("new</b>")
	lacks(t, "log", s.logs.String(), "level=ERROR")
}
