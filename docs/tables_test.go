package docs_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// TestWireIsWhatRenderWrites compares the tables of frames, modes and attributes with the constants of package render.
func TestWireIsWhatRenderWrites(t *testing.T) {
	tables := map[string]map[string]bool{}
	for _, file := range []string{"pages/wire.sx", "pages/attributes.sx"} {
		for _, form := range readForms(t, file) {
			items := form.List().Items
			if !items[0].IsSymbol("define") {
				continue
			}
			names := map[string]bool{}
			for _, row := range items[2].List().Items[1:] {
				names[row.List().Items[1].Text()] = true
			}
			tables[items[1].Text()] = names
		}
	}
	attrs := tables["written-attributes"]
	for name := range tables["attributes"] {
		attrs[name] = true
	}
	consts := map[string]string{}
	for _, file := range []string{"names.go", "frame.go"} {
		collect(t, "../render/"+file, consts)
	}
	seen := 0
	for name, value := range consts {
		for prefix, table := range map[string]map[string]bool{"Event": tables["frames"], "Mode": tables["modes"], "Attr": attrs} {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if seen++; !table[value] {
				t.Errorf("render.%s is %q, which no table names", name, value)
			}
		}
	}
	if seen < 25 {
		t.Errorf("%d constants were found; something is not looked at", seen)
	}
}

// collect adds the string constants of a file by their names.
func collect(t *testing.T, file string, to map[string]string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			to[spec.Names[0].Name], err = strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
		}
		return true
	})
}

// TestIndexFinds asks the index as a newcomer would.
func TestIndexFinds(t *testing.T) {
	app, err := page.New(os.DirFS("."), page.WithSecret("test"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(sx.Explain(err))
	}
	defer app.Shutdown(context.Background())
	for words, want := range map[string]string{
		"coming LiveView": "/compare", "keepalive": "/options", "sx-drain": "/wire", "SX_SECRET": "/command", "sort-by": "/primitives",
		"sx-target": "/client", "csrf": "/pages", ":max-body": "/deploy", "stack overflow": "",
	} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", "/index?q="+url.QueryEscape(words), nil))
		_, found, _ := strings.Cut(w.Body.String(), "<tbody>")
		found, _, _ = strings.Cut(found, "</tbody>")
		if got := strings.Contains(found, "<tr>"); got != (want != "") || !strings.Contains(found, want) {
			t.Errorf("%q does not lead to %q:\n%s", words, want, found)
		}
	}
}

// TestNamedFilesExist holds that the files of this project that pages name are there.
func TestNamedFilesExist(t *testing.T) {
	pages, err := filepath.Glob("pages/*.sx")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:sx|render|live|ws|page|client|cmd|docs|examples)(?:/[a-z_]+)+\.(?:go|ts|sx|d\.ts)\b`)
	seen := 0
	for _, name := range pages {
		for _, file := range named.FindAllString(readText(t, name), -1) {
			seen++
			if _, err := os.Stat("../" + file); err != nil {
				t.Errorf("%s names %s: %v", name, file, err)
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d files were found; something is not looked at", seen)
	}
}
