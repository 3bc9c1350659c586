package page_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// What a symbolic link in public/ or assets/ leads to is served only when it lies in that folder.
func TestLinksStayInTheirFolder(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	write(root, "app.sx", `(defpage home :path "/" :content (p "secret of the source"))`)
	write(root, "public/a/real.txt", "real")
	write(root, "public/style.css", "p{}")
	write(outside, "key.txt", "secret")
	link("a/real.txt", "public/same.txt")
	link("a", "public/folder")
	link("../style.css", "public/a/up.css")
	link("folder/../same.txt", "public/chain.txt")
	link("../app.sx", "public/source.txt")
	link(filepath.Join(outside, "key.txt"), "public/key.txt")
	link(filepath.Join(root, "public/a/real.txt"), "public/absolute.txt")
	link(outside, "public/out")
	link("../../app.sx", "public/a/source.txt")
	link("loop.txt", "public/loop.txt")
	link("../app.sx", "public/style.css.br")
	for name, fsys := range map[string]func() (*page.App, error){
		"DirFS": func() (*page.App, error) {
			return page.New(os.DirFS(root), page.WithSecret("x"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)))
		},
		"Root": func() (*page.App, error) {
			r, err := os.OpenRoot(root)
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { r.Close() })
			return page.New(r.FS(), page.WithSecret("x"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)))
		},
	} {
		app, err := fsys()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer app.Shutdown(t.Context())
		for path, want := range map[string]string{"/a/real.txt": "real", "/same.txt": "real", "/folder/real.txt": "real", "/a/up.css": "p{}", "/style.css": "p{}", "/chain.txt": "real",
			"/source.txt": "", "/key.txt": "", "/absolute.txt": "", "/out/key.txt": "", "/a/source.txt": "", "/loop.txt": ""} {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Accept-Encoding", "br")
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			switch {
			case strings.Contains(w.Body.String(), "secret"):
				t.Errorf("%s: %s gives %s", name, path, w.Body)
			case want != "" && (w.Code != 200 || w.Body.String() != want):
				t.Errorf("%s: %s gives %d %s", name, path, w.Code, w.Body)
			case want == "" && w.Code != 404:
				t.Errorf("%s: %s gives %d", name, path, w.Code)
			}
		}
	}
	write(root, "assets/app.css", "p{}")
	link("../app.sx", "assets/app.js")
	if _, err := page.New(os.DirFS(root), page.WithSecret("x"), page.WithData(t.TempDir())); err == nil || !strings.Contains(err.Error(), "app.js: a symbolic link leads out of the folder") {
		t.Errorf("assets: got %v", err)
	}
}
