package page_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/page"
)

// edited returns a copy of the files with one of them changed.
func edited(fsys fstest.MapFS, name, old, new string) fstest.MapFS {
	out := fstest.MapFS{}
	for n, f := range fsys {
		out[n] = f
	}
	out[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(fsys[name].Data), old, new, 1))}
	return out
}

// A reload compiles what changed and what uses it; everything else is taken over, and answers as before.
func TestReloadCompilesOnlyWhatChanged(t *testing.T) {
	list := []string{
		"app.sx", `(defguard open true) (defconfig :lang "de")`,
		"components/card.sx", `(defcomp ~card (&key n) (b "card " n))`,
		"components/menu.sx", `(defcomp ~menu () (nav "menu"))`,
		"pages/home.sx", `(defpage home :path "/" :title "home" :content (<> (~menu) (~card :n 1)))`,
		"pages/about.sx", `(defpage about :path "/about/<who>" :auth :open :data {:x (str who "!")} :content (<> (~menu) (p x)))`,
		"pages/live.sx", `(defpage live :path "/live" :content (~live :every 1000 (~suspense :id "n" (~card :n 2))))`,
		"pages/ws.sx", `(defpage ws :path "/ws" :content (~ws :src "/socket" :on-message (fn (m) nil) (p "socket")))`,
		"pages/act.sx", `(defaction save :path "/save" (&key (title :as string :default "none")) (p "saved " title))`,
	}
	s := serve(t, list, page.WithDevelopment())
	fsys := files(list...)
	shows := func(what, path, want string) {
		t.Helper()
		if resp, body := s.get(t, path); resp.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %s: %d %s", what, path, resp.StatusCode, body)
		}
	}
	for _, c := range []struct {
		what, file, old, new string
		compiled             string // regions of a page's own belong to the site, and are compiled each time
		path, want           string
	}{
		{"nothing", "app.sx", "x", "x", "defpage live defpage ws", "/about/eve", "<p>eve!</p>"},
		{"a component", "components/card.sx", `"card `, `"CARD `, "~card defpage home defpage live defpage ws", "/", "CARD 1"},
		{"a component that was not changed last", "components/menu.sx", "menu\"", "MENU\"", "~menu defpage about defpage home defpage live defpage ws", "/about/bob", "<nav>MENU</nav><p>bob!</p>"},
		{"a page", "pages/about.sx", "(p x)", "(p x x)", "defpage about defpage live defpage ws", "/about/bob", "<p>bob!bob!</p>"},
		{"an action", "pages/act.sx", "saved", "SAVED", "defaction save defpage live defpage ws", "/", "CARD 1"},
		{"a new page", "pages/home.sx", "(defpage", "(defpage new :path \"/new\" :content (p \"new\")) (defpage", "defpage new defpage home defpage live defpage ws", "/new", "<p>new</p>"},
	} {
		next := edited(fsys, c.file, c.old, c.new)
		// Pages are served all the while.
		var asking sync.WaitGroup
		for _, path := range []string{"/", "/about/x", "/live"} {
			asking.Go(func() { shows(c.what+", meanwhile", path, "<") })
		}
		err := s.app.Reload(next)
		asking.Wait()
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got := strings.Join(s.app.Program().Analyzed(), " "); got != c.compiled {
			t.Errorf("%s: compiled %s\nwant %s", c.what, got, c.compiled)
		}
		shows(c.what, c.path, c.want)
		shows(c.what, "/live", ` 2</b>`)
		shows(c.what, "/ws", `data-sx-ws="/socket`)
		fsys = next
	}
	if resp, body := s.do(t, "POST", "/save", "title=x", "Content-Type", "application/x-www-form-urlencoded"); resp.StatusCode != 200 || !strings.Contains(body, "SAVED x") {
		t.Errorf("the action: %d %s", resp.StatusCode, body)
	}

	// Broken and mended.
	if err := s.app.Reload(edited(fsys, "components/card.sx", "n)", "m)")); err == nil || !strings.Contains(err.Error(), "undefined symbol: n") {
		t.Errorf("the broken program: %v", err)
	}
	shows("broken", "/", "CARD 1")
	if err := s.app.Reload(edited(fsys, "components/card.sx", "CARD", "again")); err != nil {
		t.Error(err)
	}
	shows("mended", "/", "again 1")
	if n := len(s.app.Routes()); n != 7 {
		t.Errorf("%d routes: %v", n, s.app.Routes())
	}
}

// BenchmarkReload reloads an application of 300 components and 300 pages after one of them changed, and anew.
func BenchmarkReload(b *testing.B) {
	var list []string
	for i := range 300 {
		list = append(list, fmt.Sprintf("components/c%d.sx", i), fmt.Sprintf(`(defcomp ~c%d (&key title (tone :default "plain") &rest children)
  (section :class (str "card " tone) (h2 title) (if (nil? children) (p "empty") children)))`, i),
			fmt.Sprintf("pages/p%d.sx", i), fmt.Sprintf(`(defpage p%d :path "/p%d" :title "Page %d"
  :content (main (h1 "Page") (~c%d :title "one" (p "text")) (for-each (fn (i) (~c%d :title (str "n" i))) (range 10))))`, i, i, i, i, (i+1)%300))
	}
	fsys := files(list...)
	for _, fresh := range []bool{false, true} {
		b.Run(map[bool]string{false: "one component changed", true: "from nothing"}[fresh], func(b *testing.B) {
			s := serve(b, list, page.WithDevelopment())
			i := 0
			for b.Loop() {
				next := edited(fsys, "components/c7.sx", "empty", fmt.Sprint("empty ", i))
				if fresh {
					next = edited(next, "pages/p0.sx", "(defpage", fmt.Sprintf("(define name%d 1) (defpage", i))
				}
				i++
				if err := s.app.Reload(next); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
