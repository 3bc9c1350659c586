package page_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// Files of a form are on disk while an action runs, and gone when it has answered, whatever came of it.
func TestUploadsAreStreamedToDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var mu sync.Mutex
	var seen []string
	s := serve(t, []string{"app.sx", `
(defaction up :path "/up" (&key (title :as string :required) (photo :as dict :required) docs)
  (begin (look photo) (p title " " (get photo "name") " " (get photo "type") " " (get photo "size") " " (if docs (len docs) 0))))
(defaction fail :path "/fail" (&key photo) (begin (look photo) (error "boom")))`},
		page.WithLimits(page.Limits{Body: 4 << 20}),
		page.WithPrimitive("look", "(look file)", func(d *sx.Dict) string {
			v, _ := d.Lookup("path")
			mu.Lock()
			seen = append(seen, v.Text())
			mu.Unlock()
			info, err := os.Stat(v.Text())
			if size, _ := d.Lookup("size"); err != nil || float64(info.Size()) != size.Float() || info.Mode().Perm() != 0o600 {
				t.Errorf("on disk: %v, %v", info, err)
			}
			return ""
		}))
	send := func(path, title, name string, size int, docs ...string) (*http.Response, string) {
		t.Helper()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		if title != "" {
			m.WriteField("title", title)
		}
		f, _ := m.CreateFormFile("photo", name)
		io.Copy(f, io.LimitReader(zeros{}, int64(size)))
		for _, d := range docs {
			f, _ := m.CreateFormFile("docs", d)
			io.WriteString(f, d)
		}
		m.Close()
		return s.do(t, "POST", path, b.String(), "Content-Type", m.FormDataContentType())
	}
	if resp, body := send("/up", "hi", `C:\tmp\..\a.png`, 3<<20, "x.txt", "y.txt"); resp.StatusCode != 200 || body != "<p>hi a.png application/octet-stream 3145728 2</p>" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if resp, body := send("/up", "hi", "", 0); resp.StatusCode != 422 || !strings.Contains(body, "photo") {
		t.Errorf("without a file: %d %s", resp.StatusCode, body)
	}
	if resp, _ := send("/up", "", "a.png", 100); resp.StatusCode != 422 {
		t.Errorf("without a title: %d", resp.StatusCode)
	}
	if resp, _ := send("/fail", "hi", "a.png", 100); resp.StatusCode != 500 {
		t.Errorf("a failing action: %d", resp.StatusCode)
	}
	if resp, _ := send("/up", "hi", "a.png", 5<<20); resp.StatusCode != 413 {
		t.Errorf("too large: %d", resp.StatusCode)
	}
	if len(seen) != 2 {
		t.Errorf("looked at %q", seen)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "sx-upload-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
