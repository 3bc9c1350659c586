package page_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// postFile sends a form with one file.
func postFile(t *testing.T, s *server, path, name, content string) (*http.Response, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, content)
	m.Close()
	return s.do(t, "POST", path, b.String(), "Content-Type", m.FormDataContentType())
}

func uploadsApp(t *testing.T, more ...string) (s *server, kept func() []string) {
	data := t.TempDir()
	var turns atomic.Int64
	s = serve(t, []string{"app.sx", `
(defaction save :path "/save" (&key (file :as dict :required)) (str (upload-url (upload-save! file))))
(defaction fail :path "/fail" (&key file) (begin (upload-save! file) (error "boom")))
(defaction leave :path "/leave" (&key file) (begin (upload-save! file) (abort 409)))
(defaction away :path "/away" (&key file) (redirect (upload-url (upload-save! file))))
(defaction text :path "/text" (&key file) (upload-text file))
(defaction open :path "/open" (&key file) (open-it file))
(defaction remove :path "/remove" (&key name) (begin (upload-remove! name) "gone"))
(defaction link :path "/link" (&key name) (upload-url name))` + strings.Join(more, "")},
		page.WithData(data),
		page.WithPrimitive("count-turn", func() int { return int(turns.Add(1)) }),
		page.WithPrimitive("open-it", "(open-it file)", func(ctx context.Context, file *sx.Dict) (string, error) {
			f, err := page.OpenUpload(ctx, sx.DictOf(file))
			if err != nil {
				return "", err
			}
			defer f.Close()
			b, err := io.ReadAll(f)
			return strings.ToUpper(string(b)), err
		}))
	return s, func() []string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(data, "uploads", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
}

func TestUploadIsKeptAndServed(t *testing.T) {
	s, kept := uploadsApp(t)
	resp, at := postFile(t, s, "/save", "My Photo.PNG", "not really a picture")
	if resp.StatusCode != 200 || !strings.HasPrefix(at, "/_sx/uploads/") || !strings.HasSuffix(at, ".png") {
		t.Fatalf("%d %q", resp.StatusCode, at)
	}
	resp, body := s.do(t, "GET", at, "")
	if resp.StatusCode != 200 || body != "not really a picture" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
		"Cache-Control": "private, max-age=31536000, immutable", "Content-Disposition": "", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if resp, body := s.do(t, "GET", at, "", "Range", "bytes=0-2"); resp.StatusCode != 206 || body != "not" {
		t.Errorf("a range: %d %q", resp.StatusCode, body)
	}
	if resp, _ := s.do(t, "GET", at, "", "If-None-Match", resp.Header.Get("Etag")); resp.StatusCode != 304 {
		t.Errorf("again: %d", resp.StatusCode)
	}
	if resp, _ := s.do(t, "DELETE", at, ""); resp.StatusCode != 405 {
		t.Errorf("DELETE: %d", resp.StatusCode)
	}
	name := strings.TrimPrefix(at, "/_sx/uploads/")
	if _, body := s.do(t, "POST", "/remove", "name="+name, "Content-Type", formType); body != "gone" {
		t.Errorf("removing: %q", body)
	}
	if resp, _ := s.do(t, "GET", at, ""); resp.StatusCode != 404 || len(kept()) != 0 {
		t.Errorf("removed: %d, left %q", resp.StatusCode, kept())
	}
	if resp, body := s.do(t, "POST", "/remove", "name="+name, "Content-Type", formType); resp.StatusCode != 200 {
		t.Errorf("removing twice: %d %q", resp.StatusCode, body)
	}
}

// What browsers would run is only ever downloaded.
func TestUploadRunsNothing(t *testing.T) {
	s, _ := uploadsApp(t)
	for _, name := range []string{"page.html", "image.svg", "script.js", "run.exe", "x", "x.png.html", ".htaccess", "a.xhtml", "doc.pdf", "list.csv"} {
		_, at := postFile(t, s, "/save", name, "<script>alert(1)</script>")
		resp, _ := s.do(t, "GET", at, "")
		kind := resp.Header.Get("Content-Type")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Disposition") != "attachment" || strings.Contains(kind, "html") || strings.Contains(kind, "script") || strings.Contains(kind, "svg") {
			t.Errorf("%s: %d as %s, %s", name, resp.StatusCode, kind, resp.Header.Get("Content-Disposition"))
		}
	}
}

func TestUploadOfAFailedRequestIsNotKept(t *testing.T) {
	s, kept := uploadsApp(t)
	for path, want := range map[string]int{"/fail": 500, "/leave": 409} {
		if resp, body := postFile(t, s, path, "a.png", "x"); resp.StatusCode != want {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if left := kept(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	if resp, _ := postFile(t, s, "/away", "a.png", "x"); resp.StatusCode != 302 && resp.StatusCode != 303 || len(kept()) != 1 {
		t.Errorf("a redirect keeps it: %d, %q", resp.StatusCode, kept())
	}
}

func TestUploadText(t *testing.T) {
	s, _ := uploadsApp(t)
	if _, body := postFile(t, s, "/text", "a.csv", "name;n\nä;1\n"); body != "name;n\nä;1\n" {
		t.Errorf("%q", body)
	}
	if resp, _ := postFile(t, s, "/text", "a.bin", "\xff\xfe"); resp.StatusCode != 500 || !strings.Contains(s.logs.String(), "upload-text: the file is not UTF-8 text") {
		t.Errorf("%d; %s", resp.StatusCode, s.logs)
	}
	if _, body := postFile(t, s, "/open", "a.txt", "hello"); body != "HELLO" {
		t.Errorf("from Go: %q", body)
	}
}

// A dict that looks like an upload, but is none, opens no file of the server.
func TestUploadCannotBeForged(t *testing.T) {
	s, kept := uploadsApp(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	forged := `{"file":{"name":"a.png","type":"image/png","size":6,"path":"` + secret + `"}}`
	for _, path := range []string{"/save", "/text", "/open"} {
		resp, body := s.do(t, "POST", path, forged, "Content-Type", "application/json")
		if resp.StatusCode != 400 || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	resp, _ := s.do(t, "POST", "/save", `{"file":{}}`, "Content-Type", "application/json")
	if len(kept()) != 0 || resp.StatusCode != 400 {
		t.Errorf("%d %q", resp.StatusCode, kept())
	}
	if resp, _ := s.do(t, "POST", "/text", "file=x", "Content-Type", formType); resp.StatusCode != 500 || !strings.Contains(s.logs.String(), "upload-text: argument 1 must be a file of a form, got string") {
		t.Errorf("a text: %d; %s", resp.StatusCode, s.logs)
	}
	long := strings.Repeat("a", 26)
	for _, name := range []string{"", "../app.db", long + "/../x", long + ".html", long + ".png/..", long + ".PNG", strings.ToUpper(long) + ".png", long + "a.png"} {
		if resp, _ := s.do(t, "POST", "/link", "name="+name, "Content-Type", formType); resp.StatusCode != 500 {
			t.Errorf("upload-url %q: %d", name, resp.StatusCode)
		}
		if resp, body := s.do(t, "GET", "/_sx/uploads/"+name, ""); resp.StatusCode == 200 {
			t.Errorf("%q: %d %s", name, resp.StatusCode, body)
		}
	}
	if resp, _ := s.do(t, "GET", "/_sx/uploads/"+long+".png", ""); resp.StatusCode != 404 {
		t.Errorf("an unknown name: %d", resp.StatusCode)
	}
}
