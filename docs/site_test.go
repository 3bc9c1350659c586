package docs_test

import (
	"context"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// TestPagesAndTheirLinks asks for every page, and for everything on this site that a page links to.
func TestPagesAndTheirLinks(t *testing.T) {
	app, err := page.New(os.DirFS("."), page.WithSecret("test"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(context.Background())
	if warnings := app.Program().Diagnostics(); len(warnings) > 0 {
		t.Errorf("warnings:\n%v", warnings)
	}
	seen := map[string]string{"/": "the start"}
	for todo := []string{"/"}; len(todo) > 0; todo = todo[1:] {
		path := todo[0]
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 {
			t.Errorf("GET %s, linked from %s: status %d", path, seen[path], w.Code)
			continue
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="(/[^"#]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			if _, ok := seen[m[1]]; !ok {
				seen[m[1]] = path
				todo = append(todo, m[1])
			}
		}
	}
	for _, r := range app.Routes() {
		if r.Kind == "page" && seen[r.Path] == "" {
			t.Errorf("no page links to %s (%s)", r.Path, r.Place)
		}
	}
}

// TestReadmeExampleLoads holds the program that the README shows.
func TestReadmeExampleLoads(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```lisp\n")
	code, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the README has no example")
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/app.sx", []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	app, err := page.New(os.DirFS(dir), page.WithSecret("test"), page.WithData(dir))
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	defer app.Shutdown(context.Background())
}
