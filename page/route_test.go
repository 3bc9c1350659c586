package page

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func testRouter(t *testing.T, routes ...string) *router {
	t.Helper()
	rt := newRouter()
	for i, s := range routes {
		method, path, ok := strings.Cut(s, " ")
		if !ok {
			method, path = "GET", s
		}
		p, err := parsePattern(path)
		if err != nil {
			t.Fatal(err)
		}
		if method == "ANY" {
			method = ""
		}
		if err := rt.add(&route{method: method, pattern: p, kind: "page", name: s, place: fmt.Sprintf("app.sx:%d:1", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	return rt
}

func lookup(rt *router, method, path string) string {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return "bad url"
	}
	segs, clean, ok := splitPath(u)
	if !ok {
		return "refused"
	}
	if clean != "" {
		return "clean " + clean
	}
	r, params, allow := rt.find(method, segs)
	if r == nil {
		if allow != nil {
			return "405 " + strings.Join(allow, ",")
		}
		if other, ok := rt.otherSlash(method, segs); ok {
			return "redirect " + other
		}
		return "404"
	}
	s := r.name
	for _, p := range params {
		if p.Value.IsNumber() {
			s += fmt.Sprintf(" %s=#%v", p.Name, p.Value.Float())
		} else {
			s += fmt.Sprintf(" %s=%s", p.Name, p.Value.Text())
		}
	}
	return s
}

func TestRouteMatching(t *testing.T) {
	rt := testRouter(t, "/", "/about", "/articles/<slug>", "/articles/new", "/articles/<int:id>", "POST /articles",
		"/articles/<slug>/edit", "/feeds/<name>.xml", "/feeds/<name>", "/files/<path:file>", "/files/readme",
		"/dir/", "POST /todos", "DELETE /todos/<int:id>", "ANY /any", "/deep/<a>/x", "/deep/b/<path:rest>", "/a%20b")
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/", "/"},
		{"GET", "/about", "/about"},
		{"HEAD", "/about", "/about"},
		{"POST", "/about", "405 GET,HEAD,OPTIONS"},
		{"GET", "/about/", "redirect /about"},
		{"GET", "/dir", "redirect /dir/"},
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
		{"GET", "/articles/%FF", "refused"},
		{"GET", "/articles/%00", "refused"},
		{"GET", "/articles", "405 OPTIONS,POST"},
		{"GET", "/feeds/news.xml", "/feeds/<name>.xml name=news"},
		{"GET", "/feeds/news", "/feeds/<name> name=news"},
		{"GET", "/feeds/.xml", "/feeds/<name> name=.xml"},
		{"GET", "/files/a/b/c.txt", "/files/<path:file> file=a/b/c.txt"},
		{"GET", "/files/readme", "/files/readme"},
		{"GET", "/files/readme/x", "/files/<path:file> file=readme/x"},
		{"GET", "/files/", "404"},
		{"GET", "/files/../app.sx", "refused"},
		{"GET", "/%2e%2e/app.sx", "refused"},
		{"GET", "/files/%2e%2e%2fapp.sx", "refused"},
		{"GET", "/files/..%5capp.sx", "refused"},
		{"DELETE", "/todos/x1", "404"},
		{"DELETE", "/todos/9007199254740993", "404"},
		{"GET", "/todos/1", "405 DELETE,OPTIONS"},
		{"PATCH", "/any", "ANY /any"},
		{"GET", "//evil.example/", "clean /evil.example/"},
		{"GET", "/about//", "clean /about/"},
		{"GET", "/deep/b/x", "/deep/b/<path:rest> rest=x"},
		{"GET", "/deep/c/x", "/deep/<a>/x a=c"},
		{"GET", "/missing", "404"},
	} {
		if got := lookup(rt, c.method, c.path); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.want)
		}
	}
}

func TestRouteConflicts(t *testing.T) {
	rt := testRouter(t, "/a/<x>", "POST /a/<x>")
	for path, want := range map[string]string{
		"/a/<y>":     "page new: GET /a/<y> is claimed by page /a/<x> at app.sx:1:1 already",
		"/a/<int:y>": "",
		"/a/b":       "",
	} {
		p, err := parsePattern(path)
		if err != nil {
			t.Fatal(err)
		}
		err = rt.add(&route{method: http.MethodGet, pattern: p, kind: "page", name: "new"})
		if got := fmt.Sprint(err); want != "" && got != want || want == "" && err != nil {
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
		if _, err := parsePattern(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", path, err, want)
		}
	}
}

func TestPatternBuild(t *testing.T) {
	p, err := parsePattern("/a/<int:id>/x-<name>.html/<path:rest>")
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]string{"id": "7", "name": "ü/b", "rest": "c d/e"}
	got, err := p.build(func(n string) (string, bool) { v, ok := args[n]; return v, ok })
	if want := "/a/7/x-%C3%BC%2Fb.html/c%20d/e"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for name, bad := range map[string]string{"id": "x", "name": "", "rest": "../x"} {
		old := args[name]
		args[name] = bad
		if got, err := p.build(func(n string) (string, bool) { v, ok := args[n]; return v, ok }); err == nil {
			t.Errorf("%s=%q: got %q, want an error", name, bad, got)
		}
		args[name] = old
	}
}

func BenchmarkRoute(b *testing.B) {
	rt := newRouter()
	for _, s := range []string{"/", "/about", "/articles/<slug>", "/articles/<int:id>/comments"} {
		p, _ := parsePattern(s)
		_ = rt.add(&route{method: "GET", pattern: p})
	}
	segs := []string{"articles", "12", "comments"}
	b.ReportAllocs()
	for b.Loop() {
		if r, _, _ := rt.find("GET", segs); r == nil {
			b.Fatal("not found")
		}
	}
}
