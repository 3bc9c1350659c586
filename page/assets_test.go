package page_test

import (
	"io"
	"io/fs"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/page"
)

const assetPage = `
(defpage home :path "/" :content (p "linked"))
(defhandler url :path "/url" (&key name) (asset-url name))`

func TestAssets(t *testing.T) {
	css := strings.Repeat("p{color:red}", 100)
	assets := []string{"app.sx", assetPage, "assets/app.css", css, "assets/img/logo.svg", "<svg/>", "assets/lib/helper.ts", "export {}"}
	s := serve(t, assets)
	_, home := s.get(t, "/")
	_, url := s.get(t, "/url?name=app.css")
	if !strings.HasPrefix(url, "/_sx/assets/app.") || !strings.HasSuffix(url, ".css") || strings.Count(home, `<link rel="stylesheet" href="/_sx/assets/`) != 1 {
		t.Fatalf("got %s in %s", url, home)
	}
	serves := func(s *server) {
		t.Helper()
		for coding, decode := range map[string]func(io.Reader) (io.Reader, error){
			"identity": func(r io.Reader) (io.Reader, error) { return r, nil },
			"br":       func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
			"gzip":     func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			"zstd":     func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) },
		} {
			resp, sent := s.fetchPlain(t, url, "Accept-Encoding", coding)
			h := resp.Header
			d, err := decode(strings.NewReader(sent))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(d)
			if err != nil || string(body) != css || h.Get("Content-Encoding") != strings.TrimPrefix(coding, "identity") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
				t.Errorf("%q: got %.20q, %v, %v", coding, body, err, h)
			}
		}
	}
	serves(s)
	for _, path := range []string{url, home[strings.Index(home, "/_sx/slots."):][:len("/_sx/slots.31457cc18454.css")]} {
		if resp, _ := s.do(t, "POST", path, ""); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, Allow %q", path, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
	if resp, _ := s.get(t, "/_sx/assets/nothing.css"); resp.StatusCode != 404 {
		t.Errorf("got %d", resp.StatusCode)
	}
	if _, u := s.get(t, "/url?name=img/logo.svg"); !strings.HasPrefix(u, "/_sx/assets/img-logo.") {
		t.Errorf("got %s", u)
	}
	if resp, _ := s.get(t, "/url?name=x"); resp.StatusCode != 500 {
		t.Errorf("a name that is none: got %d", resp.StatusCode)
	}
	wants(t, "log", s.logs.String(), "app.css, img/logo.svg")
	if _, err := page.New(files("assets/app.ts", ""), page.WithSecret("x"), page.WithLogger(slog.New(slog.DiscardHandler))); err == nil || !strings.Contains(err.Error(), "TypeScript needs the bundler") {
		t.Errorf("got %v", err)
	}

	// The same, built ahead of time: nothing of the sources is needed.
	fsys := files("app.sx", assetPage, "assets/app.css", css, "assets/img/logo.svg", "<svg/>")
	built, err := page.Prebuild(fsys, renamer{}, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := page.Prebuild(fsys, renamer{}, true)
	if err != nil || !reflect.DeepEqual(built, again) {
		t.Errorf("the same input gave other bytes: %v", err)
	}
	var names []string
	for name, data := range built {
		names = append(names, name)
		fsys[name] = &fstest.MapFile{Data: data}
	}
	slices.Sort(names)
	if want := "assets/sx-built/app.css assets/sx-built/app.css.br assets/sx-built/app.css.gz assets/sx-built/app.css.zst assets/sx-built/list.json"; strings.Join(names, " ") != want {
		t.Errorf("built %s\nwant  %s", strings.Join(names, " "), want)
	}
	fromBuilt := serveFS(t, fsys)
	if _, u := fromBuilt.get(t, "/url?name=app.ts"); u != url {
		t.Errorf("built: %s, want %s", u, url)
	}
	if _, u := fromBuilt.get(t, "/url?name=img/logo.svg"); !strings.HasSuffix(u, ".svg") {
		t.Errorf("built: %s", u)
	}
	if _, home := fromBuilt.get(t, "/"); strings.Count(home, `href="/_sx/assets/`) != 1 {
		t.Errorf("built: %s", home)
	}
	serves(fromBuilt)
}

// Every entry point is linked on every page, unless the layout links them itself: an image of assets/ changes nothing, nor
// does text that looks like an address.
func TestLayoutsLinkTheirAssets(t *testing.T) {
	s := serve(t, []string{"assets/app.css", "p{}", "assets/print.css", "p{}", "assets/app.js", "1", "assets/img/a.svg", "<svg/>", "app.sx", `
(defcomp ~plain (&rest children) (html (head) (body (img :src (asset "img/a.svg")) (img :src (asset-url "img/a.svg")) children)))
(defcomp ~own (&rest children) (html (head (link :rel "stylesheet" :href (asset "app.css"))) (body children)))
(defpage all :path "/all" :layout ~plain :content (p "see /_sx/assets/app.css"))
(defpage own :path "/own" :layout ~own :content (p "x"))
(defpage bare :path "/bare" :content (p "x"))`})
	for path, want := range map[string][2]int{"/all": {2, 1}, "/own": {1, 0}, "/bare": {2, 1}} {
		_, body := s.get(t, path)
		styles, scripts := strings.Count(body, `<link rel="stylesheet" href="/_sx/assets/`), strings.Count(body, `type="module" src="/_sx/assets/app.`)
		if styles != want[0] || scripts != want[1] {
			t.Errorf("%s: %d styles and %d scripts, want %v: %s", path, styles, scripts, want, body)
		}
	}
}

// renamer is a bundler whose entry has another name than its output.
type renamer struct{}

func (renamer) Bundle(fsys fs.FS, entries []string, _ bool) ([]page.Asset, error) {
	data, err := fs.ReadFile(fsys, entries[0])
	return []page.Asset{{Entry: "app.ts", Name: "app.css", Contents: data}}, err
}
