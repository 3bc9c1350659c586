package page

import (
	"io"
	"io/fs"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestStatic(t *testing.T) {
	s := newStatic(fstest.MapFS{
		"style.css":                {Data: []byte("body{}")},
		"style.css.br":             {Data: []byte("BR")},
		"a/b.txt":                  {Data: []byte("0123456789")},
		".env":                     {Data: []byte("secret")},
		".well-known/security.txt": {Data: []byte("contact")},
	})
	for path, want := range map[string]bool{"style.css": true, "a/b.txt": true, "a": false, "": false, ".env": false, "a/.git": false,
		".well-known/security.txt": true, "..": false, "a/../style.css": false, "missing": false, "a//b.txt": false, "a\\b.txt": false} {
		if _, ok := s.has(strings.Split(path, "/")); ok != want {
			t.Errorf("%q: got %v, want %v", path, ok, want)
		}
	}
	if _, ok := s.has([]string{"a/b.txt"}); ok {
		t.Error("an encoded slash reached a file")
	}
	r := httptest.NewRequest("GET", "/style.css", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	rec := httptest.NewRecorder()
	s.serve(rec, r, "style.css")
	if rec.Body.String() != "BR" || rec.Header().Get("Content-Encoding") != "br" || rec.Header().Get("Content-Type") != "text/css; charset=utf-8" || rec.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("precompressed: got %q %v", rec.Body, rec.Header())
	}
	rec = httptest.NewRecorder()
	s.serve(rec, httptest.NewRequest("GET", "/a/b.txt", nil), "a/b.txt")
	tag := rec.Header().Get("Etag")
	if rec.Code != 200 || tag == "" || rec.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %d %v", rec.Code, rec.Header())
	}
	r = httptest.NewRequest("GET", "/a/b.txt", nil)
	r.Header.Set("If-None-Match", tag)
	rec = httptest.NewRecorder()
	if s.serve(rec, r, "a/b.txt"); rec.Code != 304 || rec.Body.Len() != 0 {
		t.Errorf("conditional: got %d", rec.Code)
	}
	r = httptest.NewRequest("GET", "/a/b.txt", nil)
	r.Header.Set("Range", "bytes=2-4")
	rec = httptest.NewRecorder()
	if s.serve(rec, r, "a/b.txt"); rec.Code != 206 || rec.Body.String() != "234" {
		t.Errorf("range: got %d %q", rec.Code, rec.Body)
	}
}

func TestAssets(t *testing.T) {
	css := strings.Repeat("p{color:red}", 100)
	a, err := loadAssets(fstest.MapFS{
		"app.css":       {Data: []byte(css)},
		"img/logo.svg":  {Data: []byte("<svg/>")},
		"lib/helper.ts": {Data: []byte("export {}")},
	}, nil, true)
	if err != nil || len(a.entries) != 1 {
		t.Fatalf("got %v, %v", a, err)
	}
	url, err := a.urlOf("app.css")
	if err != nil || !strings.HasPrefix(url, "/_sx/assets/app.") || !strings.HasSuffix(url, ".css") {
		t.Fatalf("got %s, %v", url, err)
	}
	serves := func(a *assets) {
		t.Helper()
		for coding, decode := range map[string]func(io.Reader) (io.Reader, error){
			"":     func(r io.Reader) (io.Reader, error) { return r, nil },
			"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
			"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
		} {
			r := httptest.NewRequest("GET", url, nil)
			r.Header.Set("Accept-Encoding", coding)
			rec := httptest.NewRecorder()
			a.serve(rec, r)
			h := rec.Header()
			d, err := decode(rec.Body)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(d)
			if err != nil || string(body) != css || h.Get("Content-Encoding") != coding || !strings.Contains(h.Get("Cache-Control"), "immutable") {
				t.Errorf("%q: got %.20q, %v, %v", coding, body, err, h)
			}
		}
	}
	serves(a)

	// The same, built ahead of time: nothing of the sources is needed.
	fsys := fstest.MapFS{
		"assets/app.css":      {Data: []byte(css)},
		"assets/img/logo.svg": {Data: []byte("<svg/>")},
	}
	built, err := Prebuild(fsys, renamer{}, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Prebuild(fsys, renamer{}, true)
	if err != nil || !reflect.DeepEqual(built, again) {
		t.Errorf("the same input gave other bytes: %v", err)
	}
	var names []string
	for name, data := range built {
		names = append(names, name)
		fsys[name] = &fstest.MapFile{Data: data}
	}
	slices.Sort(names)
	if want := "assets/sx-built/app.css.br assets/sx-built/app.css.gz assets/sx-built/app.css.zst assets/sx-built/list.json"; strings.Join(names, " ") != want {
		t.Errorf("built %s\nwant  %s", strings.Join(names, " "), want)
	}
	sub, _ := fs.Sub(fsys, "assets")
	fromBuilt, err := loadAssets(sub, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := fromBuilt.urlOf("app.ts"); err != nil || u != url || len(fromBuilt.entries) != 1 {
		t.Errorf("built: %s, %v; want %s", u, err, url)
	}
	if u, err := fromBuilt.urlOf("img/logo.svg"); err != nil || !strings.HasSuffix(u, ".svg") {
		t.Errorf("built: %s, %v", u, err)
	}
	serves(fromBuilt)
	rec := httptest.NewRecorder()
	if a.serve(rec, httptest.NewRequest("GET", "/_sx/assets/nothing.css", nil)); rec.Code != 404 {
		t.Errorf("got %d", rec.Code)
	}
	if _, err := a.urlOf("img/logo.svg"); err != nil {
		t.Error(err)
	}
	if _, err := a.urlOf("x"); err == nil || !strings.Contains(err.Error(), "app.css, img/logo.svg") {
		t.Errorf("got %v", err)
	}
	if _, err := loadAssets(fstest.MapFS{"app.ts": {}}, nil, false); err == nil || !strings.Contains(err.Error(), "TypeScript needs the bundler") {
		t.Errorf("got %v", err)
	}
}

// renamer is a bundler whose entry has another name than its output.
type renamer struct{}

func (renamer) Bundle(fsys fs.FS, entries []string, _ bool) ([]Asset, error) {
	data, err := fs.ReadFile(fsys, entries[0])
	return []Asset{{Entry: "app.ts", Name: "app.css", Contents: data}}, err
}

func TestNegotiate(t *testing.T) {
	for header, want := range map[string]string{"": "", "gzip": "gzip", "gzip, br": "br", "gzip;q=1, br;q=0.5": "gzip", "br;q=0": "", "*": "",
		"GZIP": "gzip", "zstd, br, gzip": "zstd", "deflate": "", "gzip;q=x": "gzip"} {
		r := httptest.NewRequest("GET", "/", nil)
		if header != "" {
			r.Header.Set("Accept-Encoding", header)
		}
		if got := negotiate(r, "zstd", "br", "gzip"); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}
