package page_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// routes returns an application with a handler for each route, "METHOD /path" or "/path", that says its path and
// what its parameters are.
func routes(t testing.TB, list ...string) *page.App {
	t.Helper()
	var b strings.Builder
	for i, s := range list {
		method, path, ok := strings.Cut(s, " ")
		if !ok {
			method, path = "GET", s
		}
		fmt.Fprintf(&b, "(defhandler r%d :path %q :method :%s () (str %q", i, path, strings.ToLower(method), s)
		for _, m := range regexp.MustCompile(`<(?:\w+:)?(\w+)>`).FindAllStringSubmatch(path, -1) {
			fmt.Fprintf(&b, ` " %s=" (if (number? %s) "#" "") %s`, m[1], m[1], m[1])
		}
		b.WriteString("))\n")
	}
	app, err := page.New(files("app.sx", b.String()), page.WithSecret("x"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Shutdown(context.Background()) })
	return app
}

// lookup asks for a path, and gives the answer, or its status with where it points.
func lookup(app *page.App, method, path string) string {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return "bad url"
	}
	r := httptest.NewRequest(method, "/", nil)
	r.URL, r.RequestURI = u, path
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	switch w.Code {
	case 200:
		body, _ := io.ReadAll(w.Body)
		return string(body)
	case 405:
		return "405 " + strings.ReplaceAll(w.Header().Get("Allow"), ", ", ",")
	case 308:
		return "308 " + w.Header().Get("Location")
	}
	return fmt.Sprint(w.Code)
}

func TestRouteMatching(t *testing.T) {
	app := routes(t, "/", "/about", "/articles/<slug>", "/articles/new", "/articles/<int:id>", "POST /articles",
		"/articles/<slug>/edit", "/feeds/<name>.xml", "/feeds/<name>", "/files/<path:file>", "/files/readme",
		"/dir/", "POST /todos", "DELETE /todos/<int:id>", "/deep/<a>/x", "/deep/b/<path:rest>", "/a%20b")
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/", "/"},
		{"GET", "/about", "/about"},
		{"HEAD", "/about", ""},
		{"POST", "/about", "405 GET,HEAD,OPTIONS"},
		{"GET", "/about/", "308 /about"},
		{"GET", "/dir", "308 /dir/"},
		{"GET", "/dir/", "/dir/"},
		{"GET", "/articles/new", "/articles/new"},
		{"GET", "/articles/hello", "/articles/<slug> slug=hello"},
		{"GET", "/articles/12", "/articles/<int:id> id=#12"},
		{"GET", "/articles/-12", "/articles/<int:id> id=#-12"},
		{"GET", "/articles/012", "/articles/<slug> slug=012"},
		{"GET", "/articles/hello/edit", "/articles/<slug>/edit slug=hello"},
		{"GET", "/articles/12/edit", "/articles/<slug>/edit slug=12"},
		{"GET", "/articles/a%2Fb", "/articles/<slug> slug=a/b"},
		{"GET", "/articles/%C3%A9t%C3%A9", "/articles/<slug> slug=été"},
		{"GET", "/articles/%FF", "404"},
		{"GET", "/articles/%00", "404"},
		{"GET", "/articles", "405 OPTIONS,POST"},
		{"GET", "/feeds/news.xml", "/feeds/<name>.xml name=news"},
		{"GET", "/feeds/news", "/feeds/<name> name=news"},
		{"GET", "/feeds/.xml", "/feeds/<name> name=.xml"},
		{"GET", "/files/a/b/c.txt", "/files/<path:file> file=a/b/c.txt"},
		{"GET", "/files/readme", "/files/readme"},
		{"GET", "/files/readme/x", "/files/<path:file> file=readme/x"},
		{"GET", "/files/", "404"},
		{"GET", "/files/../app.sx", "404"},
		{"GET", "/%2e%2e/app.sx", "404"},
		{"GET", "/files/%2e%2e%2fapp.sx", "404"},
		{"GET", "/files/..%5capp.sx", "404"},
		{"DELETE", "/todos/x1", "404"},
		{"DELETE", "/todos/9007199254740993", "404"},
		{"GET", "/todos/1", "405 DELETE,OPTIONS"},
		{"GET", "//evil.example/", "308 /evil.example/"},
		{"GET", "/about//", "308 /about/"},
		{"GET", "/deep/b/x", "/deep/b/<path:rest> rest=x"},
		{"GET", "/deep/c/x", "/deep/<a>/x a=c"},
		{"GET", "/missing", "404"},
	} {
		if got := lookup(app, c.method, c.path); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.want)
		}
	}
}

func TestRouteConflicts(t *testing.T) {
	for path, want := range map[string]string{
		"/a/<y>":     "app.sx:2:1: page new: GET /a/<y> is claimed by page old at app.sx:1:1 already",
		"/a/<int:y>": "",
		"/a/b":       "",
	} {
		app, err := page.New(files("app.sx", `(defpage old :path "/a/<x>" :content (p x)) (defaction other :path "/a/<x>" () "x")
(defpage new :path "`+path+`" :content (p "new"))`), page.WithSecret("x"), page.WithData(t.TempDir()))
		if err == nil {
			app.Shutdown(t.Context())
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) || want == "" && err != nil {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

func TestPatternErrors(t *testing.T) {
	for path, want := range map[string]string{
		"a":             "must begin with a slash",
		"/<a":           "missing >",
		"/a>":           "unexpected >",
		"/<a><b>":       "two parameters in one segment",
		"/<a>/<a>":      "names <a> twice",
		"/<num:a>":      "unknown parameter kind <num:…>",
		"/<path:a>/b":   "must stand last",
		"/x<path:a>":    "must be a segment of its own",
		"/a//b":         "empty or dotted",
		"/a/../b":       "empty or dotted",
		"/a?b":          "no path has",
		"/<>":           "bad parameter name",
		"/<a(b>":        "bad parameter name",
		"/a b":          "no path has",
		"/<int:a>/<b:>": "unknown parameter kind",
	} {
		_, err := page.New(files("app.sx", fmt.Sprintf("(defhandler h :path %q () 1)", path)), page.WithSecret("x"), page.WithData(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", path, err, want)
		}
	}
}

func TestPathsAreBuilt(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defhandler to :path "/a/<int:id>/x-<name>.html/<path:rest>" () (str id name rest))
(defhandler link :path "/link" (&key id name rest) (url-for "to" {:id id :name name :rest rest}))`})
	get := func(id, name, rest string) (int, string) {
		resp, body := s.get(t, "/link?"+url.Values{"id": {id}, "name": {name}, "rest": {rest}}.Encode())
		return resp.StatusCode, body
	}
	const want = "/a/7/x-%C3%BC%2Fb.html/c%20d/e"
	if status, got := get("7", "ü/b", "c d/e"); status != http.StatusOK || got != want {
		t.Errorf("got %d %q, want %q", status, got, want)
	}
	if _, got := s.get(t, want); got != "7ü/bc d/e" {
		t.Errorf("it leads to %q", got)
	}
	for _, bad := range [][3]string{{"x", "a", "b"}, {"7", "", "b"}, {"7", "a", "../x"}} {
		if status, got := get(bad[0], bad[1], bad[2]); status != 500 {
			t.Errorf("%v: got %d %q, want an error", bad, status, got)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	app := routes(b, "/", "/about", "/articles/<slug>", "/articles/<int:id>/comments")
	r := httptest.NewRequest("GET", "/articles/12/comments", nil)
	b.ReportAllocs()
	for b.Loop() {
		app.ServeHTTP(&sinkWriter{http.Header{}}, r)
	}
}
