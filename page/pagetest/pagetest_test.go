package pagetest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/page/pagetest"
)

const source = `
(defcomp ~main (&rest children) (html (body (nav (a :href "/" "Home") (a :href "/form" :aria-label "Go to the form" (i "F"))) (main children))))
(defpage home :path "/" :title "Start" :layout ~main
  :content (<> (h1 "Hello") (~suspense :id "late" :fallback (i "wait") (begin (sleep 5) (div (~suspense :id "inner" (begin (sleep 5) (b "nested")))))))
  :live (live :src "/stream" :every 20 (bind "n" (b "n" (tick)))))
(defpage counter :path "/counter" :layout ~main :content (~live :src "/stream" (~suspense :id "n" :fallback "none")))
(defpage form :path "/form" :layout ~main :content
  (form :class "big" :method "post" :action "/save" :enctype "multipart/form-data"
    (input :name "title" :value (form-value "title" "old")) (input :type "hidden" :name "key" :value "k")
    (input :type "checkbox" :name "done" :checked true) (input :type "checkbox" :name "more" :value "yes")
    (input :type "radio" :name "size" :value "s") (input :type "radio" :name "size" :value "m" :checked true)
    (select :name "colour" (option :value "red" "Red") (option :value "blue" :selected true "Blue"))
    (textarea :name "text" "two\nlines") (input :type "file" :name "photo") (input :name "off" :disabled true :value "x")
    (em (form-errors "title")) (button :name "go" :value "1" "Save") (button :name "go" :value "2" "Save and close")))
(defaction save :path "/save" (&key (title :as string :required :max 5) key done more size colour text photo off go)
  (begin (session-set! "saved" (str title "|" key "|" done "|" more "|" size "|" colour "|" text "|" (when photo (get photo "name")) "|" off "|" go)) (redirect "/saved")))
(defpage saved :path "/saved" :layout ~main :content (p :id "saved" (session-get "saved" "nothing")))
(defpage source :path "/source" :wire :sx :layout ~main :content (~suspense :id "s" :fallback "wait" (begin (sleep 5) (b (request-arg "q")))))
(defpage twice :path "/twice" :content (<> (p :id "a" "x") (p :id "a" "y")))`

func browser(t *testing.T) *pagetest.Browser {
	t.Helper()
	n := 0
	app, err := page.New(fstest.MapFS{"app.sx": {Data: []byte(source)}}, page.WithSecret("x"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)),
		page.WithPrimitive("tick", func() int { n++; return n }))
	if err != nil {
		t.Fatal(err)
	}
	b := pagetest.New(t, app)
	t.Cleanup(func() { app.Shutdown(context.Background()) })
	return b
}

func TestFormsAreSentAsABrowserWould(t *testing.T) {
	b := browser(t)
	f := b.Visit("/").Click("Go to the form").Form("form.big")
	if got := f.Value("text"); got != "two\nlines" {
		t.Errorf("the textarea holds %q", got)
	}
	p := f.Fill("title", "new").Check("more", true).Check("done", false).Fill("size", "s").Fill("colour", "red").Attach("photo", "a.png", "PNG").Submit()
	if got := p.Find("#saved").Text(); p.Path() != "/saved" || got != "new|k||yes|s|red|two lines|a.png||1" {
		t.Errorf("%s: %s", p.Path(), got)
	}
	if got := b.Visit("/form").Click("Save and close").Find("#saved").Text(); got != "old|k|on||m|blue|two lines|||2" {
		t.Errorf("as it stands: %s", got)
	}
	if got := b.Another().Visit("/saved").Find("#saved").Text(); got != "nothing" {
		t.Errorf("another visitor sees %s", got)
	}
	bad := b.Visit("/form").Form("form").Fill("title", "much too long").Submit()
	if bad.Status != 422 {
		t.Errorf("refused: %d", bad.Status)
	}
}

func TestPagesAreReadWhole(t *testing.T) {
	p := browser(t).Visit("/")
	if p.Title() != "Start" || p.Find("#sx-suspense-late div b").Text() != "nested" || p.Has("template") || p.Has("[aria-busy]") || len(p.All("nav a")) != 2 {
		t.Errorf("%s", p.Body)
	}
	if p := browser(t).Visit("/source?q=1"); p.Find("#sx-suspense-s b").Text() != "1" || p.Path() != "/source?q=1" {
		t.Errorf("wire text: %s %s", p.Path(), p.Body)
	}
}

// URL is for what a Browser does not do itself.
func TestAddressOfTheServer(t *testing.T) {
	resp, err := http.Get(browser(t).URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestStreamsAreFollowed(t *testing.T) {
	l := browser(t).Visit("/counter").Live()
	first := l.Next()
	l.Until("n", "n5")
	if first.Event != "sx-resolve" || first.Data["id"] != "n" {
		t.Errorf("got %+v", first)
	}
	l.Close()
}

// failing collects what a test would have failed with.
type failing struct {
	testing.TB
	said []string
}

func (f *failing) Helper() {}
func (f *failing) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}
func (f *failing) Fatalf(format string, args ...any) { f.Errorf(format, args...); runtime.Goexit() }
func (f *failing) Fatal(args ...any)                 { f.Fatalf("%s", fmt.Sprint(args...)) }

func TestWhatIsMissingFailsTheTest(t *testing.T) {
	for want, do := range map[string]func(b *pagetest.Browser){
		"#nothing":   func(b *pagetest.Browser) { b.Visit("/").Find("#nothing") },
		"No such":    func(b *pagetest.Browser) { b.Visit("/").Click("No such") },
		"nothing":    func(b *pagetest.Browser) { b.Visit("/form").Form("form").Fill("nothing", "x") },
		"no live":    func(b *pagetest.Browser) { b.Visit("/form").Live() },
		`twice`:      func(b *pagetest.Browser) { b.Visit("/twice") },
		"form.small": func(b *pagetest.Browser) { b.Visit("/form").Form("form.small") },
	} {
		f := &failing{TB: t}
		app, err := page.New(fstest.MapFS{"app.sx": {Data: []byte(source)}}, page.WithSecret("x"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)),
			page.WithPrimitive("tick", func() int { return 1 }))
		if err != nil {
			t.Fatal(err)
		}
		b := pagetest.New(f, app)
		done := make(chan struct{})
		go func() { // ends with Goexit at the latest
			defer close(done)
			do(b)
		}()
		<-done
		if len(f.said) == 0 || !strings.Contains(strings.Join(f.said, "\n"), want) {
			t.Errorf("%s: said %q", want, f.said)
		}
		app.Shutdown(t.Context())
	}
}
