package page_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// All files of visitors together take no more than the site allows; what goes makes room again.
func TestUploadsAreBoundedInAll(t *testing.T) {
	data := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data, "uploads"), 0o700); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(data, "uploads", strings.Repeat("a", 26)) // from before the start
	if err := os.WriteFile(old, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s := serve(t, []string{"app.sx", `
(defconfig :max-uploads 5000)
(defaction save :path "/save" (&key file) (upload-save! file))
(defaction look :path "/look" (&key file) (str (get file "size")))
(defaction fail :path "/fail" (&key file) (begin (upload-save! file) (abort 409)))
(defaction remove :path "/remove" (&key name) (begin (upload-remove! name) "gone"))`},
		page.WithData(data), page.WithClock(func() time.Time { return now }))
	send := func(path string, size, status int) string {
		t.Helper()
		resp, body := postFile(t, s, path, "a.txt", strings.Repeat("x", size))
		if resp.StatusCode != status {
			t.Errorf("%s of %d bytes: %d %s", path, size, resp.StatusCode, body)
		}
		return body
	}
	send("/look", 4000, 200)
	if body := send("/look", 4001, http.StatusInsufficientStorage); !strings.Contains(body, "There is no room left for files.") {
		t.Errorf("%s", body)
	}
	for range 5 { // what was refused, failed or was not saved takes no room
		send("/look", 4000, 200)
		send("/fail", 2000, 409)
		send("/save", 2001, http.StatusInsufficientStorage) // twice: as the request's file, and saved
	}
	name := send("/save", 2000, 200)
	send("/save", 1500, http.StatusInsufficientStorage)
	send("/look", 2000, 200)
	if _, body := s.do(t, "POST", "/remove", "name="+name, "Content-Type", formType); body != "gone" {
		t.Errorf("removing: %q", body)
	}
	send("/save", 2000, 200)
	send("/save", 1500, http.StatusInsufficientStorage)
	// The folder is counted again: an operator may tidy it, and other nodes use it.
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	send("/save", 1500, http.StatusInsufficientStorage)
	now = now.Add(2 * time.Minute)
	send("/save", 1500, 200)
	if found, _ := filepath.Glob(filepath.Join(data, "uploads", "*")); len(found) != 2 {
		t.Errorf("kept: %q", found)
	}
	if !strings.Contains(s.logs.String(), "status=507") {
		t.Errorf("the log does not say why: %s", s.logs)
	}
	if _, err := page.New(files("app.sx", `(defconfig :max-uploads "all")`), page.WithSecret("x")); err == nil || !strings.Contains(err.Error(), ":max-uploads must be a number of bytes") {
		t.Errorf("got %v", err)
	}
}

// Each run of a handler that streams is like a request of its own: what it saved stays when it ends well.
func TestUploadsOfAStreamingHandler(t *testing.T) {
	s, kept := uploadsApp(t, `
(defhandler late :path "/late" :method :post :every 10 (&key file)
  (let ((n (count-turn)))
    (upload-save! file)
    (when (= n 2) (error "boom"))
    (when (= n 3) (abort 409))))
(defhandler never :path "/never" :method :post :every 10 (&key file) (begin (upload-save! file) (abort 409)))`)
	if resp, body := postFile(t, s, "/never", "a.png", "x"); resp.StatusCode != 409 || len(kept()) != 0 {
		t.Errorf("%d %s, left %q", resp.StatusCode, body, kept())
	}
	if resp, body := postFile(t, s, "/late", "a.png", "x"); resp.StatusCode != 200 || len(kept()) != 1 {
		t.Errorf("%d %s, left %q", resp.StatusCode, body, kept())
	}
}
