package page_test

import (
	"io"
	"net/http"
	"testing"
	"testing/fstest"
	"time"
)

// fetchPlain asks without the transport's own compression.
func (s *server) fetchPlain(t testing.TB, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	tr := &http.Transport{DisableCompression: true}
	defer tr.CloseIdleConnections()
	r, err := http.NewRequest("GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestStatic(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/home" :content (p "home"))`,
		"public/style.css", "body{}", "public/style.css.br", "BR", "public/a/b.txt", "0123456789", "public/.env", "secret",
		"public/.well-known/security.txt", "contact", "public/odd.unknown", "x"})
	for path, want := range map[string]bool{"/style.css": true, "/a/b.txt": true, "/a": false, "/": false, "/.env": false, "/a/.git": false,
		"/.well-known/security.txt": true, "/..": false, "/missing": false, "/a%5Cb.txt": false, "/a%2Fb.txt": false, "/public/style.css": false} {
		if resp, _ := s.fetchPlain(t, path); (resp.StatusCode == 200) != want {
			t.Errorf("%q: got %s", path, resp.Status)
		}
	}
	resp, body := s.fetchPlain(t, "/style.css", "Accept-Encoding", "gzip, br")
	if h := resp.Header; body != "BR" || h.Get("Content-Encoding") != "br" || h.Get("Content-Type") != "text/css; charset=utf-8" || h.Get("Vary") != "Accept-Encoding" {
		t.Errorf("precompressed: got %q %v", body, h)
	}
	resp, _ = s.fetchPlain(t, "/a/b.txt")
	tag := resp.Header.Get("Etag")
	if tag == "" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %v", resp.Header)
	}
	if resp, body := s.fetchPlain(t, "/a/b.txt", "If-None-Match", tag); resp.StatusCode != 304 || body != "" {
		t.Errorf("conditional: got %d %q", resp.StatusCode, body)
	}
	if resp, body := s.fetchPlain(t, "/a/b.txt", "Range", "bytes=2-4"); resp.StatusCode != 206 || body != "234" {
		t.Errorf("range: got %d %q", resp.StatusCode, body)
	}
	if resp, _ := s.do(t, "POST", "/style.css", ""); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: got %d %v", resp.StatusCode, resp.Header)
	}
	if resp, body := s.do(t, "HEAD", "/a/b.txt", ""); resp.ContentLength != 10 || body != "" {
		t.Errorf("HEAD: got %d %q", resp.ContentLength, body)
	}
	if resp, _ := s.fetchPlain(t, "/odd.unknown"); resp.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("unknown type: %v", resp.Header)
	}
}

// An archive tells no times, or the same for each version of a file: what tells versions apart is the content.
func TestFilesWithoutATime(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(1979, 11, 30, 0, 0, 0, 0, time.UTC)} {
		tags := map[string]bool{}
		for _, color := range []string{"#fff", "#000"} {
			fsys := files("app.sx", "")
			fsys["public/a.svg"] = &fstest.MapFile{Data: []byte(color), ModTime: at}
			s := serveFS(t, fsys)
			resp, _ := s.fetchPlain(t, "/a.svg")
			tags[resp.Header.Get("Etag")] = true
			if got := resp.Header.Get("Last-Modified"); got != "" {
				t.Errorf("%v: Last-Modified is %q", at, got)
			}
		}
		if len(tags) != 2 || tags[""] {
			t.Errorf("%v: the tags of two versions: %v", at, tags)
		}
	}
}

func TestNegotiate(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :content (map (fn (i) (p "words")) (range 100)))`})
	for header, want := range map[string]string{"": "", "gzip": "gzip", "gzip, br;q=0.1": "gzip", "gzip;q=1, br;q=0.5": "gzip", "br;q=0": "", "*": "",
		"GZIP": "gzip", "deflate": "", "gzip;q=x": "gzip", "br": "br", "zstd": "zstd", "identity": ""} {
		resp, _ := s.fetchPlain(t, "/", "Accept-Encoding", header)
		if got := resp.Header.Get("Content-Encoding"); got != want || resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: got %q, want %q; %v", header, got, want, resp.Header)
		}
	}
}
