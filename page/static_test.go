package page

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
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
	a, err := loadAssets(fstest.MapFS{
		"app.css":       {Data: []byte(strings.Repeat("p{color:red}", 100))},
		"img/logo.svg":  {Data: []byte("<svg/>")},
		"lib/helper.ts": {Data: []byte("export {}")},
	}, nil, false)
	if err != nil || len(a.entries) != 1 {
		t.Fatalf("got %v, %v", a, err)
	}
	url, err := a.urlOf("app.css")
	if err != nil || !strings.HasPrefix(url, "/_sx/assets/app.") || !strings.HasSuffix(url, ".css") {
		t.Fatalf("got %s, %v", url, err)
	}
	r := httptest.NewRequest("GET", url, nil)
	r.Header.Set("Accept-Encoding", "br")
	rec := httptest.NewRecorder()
	a.serve(rec, r)
	body, err := io.ReadAll(brotli.NewReader(rec.Body))
	if err != nil || !strings.HasPrefix(string(body), "p{color:red}") || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("got %.20q, %v, %v", body, err, rec.Header())
	}
	rec = httptest.NewRecorder()
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
