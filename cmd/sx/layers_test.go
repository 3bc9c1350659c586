package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sx-framework/sxgo"

// layer is what a package may import. Of ours: names below the module. From outside: module or package
// prefixes; nothing at all means the standard library only.
type layer struct {
	ours    []string
	outside []string
}

// layers is the import table: imports only point down. To move a border, change the table and the code in one
// commit. A package that is not in the table may not exist.
var layers = map[string]layer{
	"sx":        {},
	"live/hub":  {},
	"live/poll": {},
	"render":    {ours: []string{"sx"}, outside: []string{"github.com/a-h/templ"}},
	"live": {
		ours:    []string{"sx", "render", "live/hub", "live/poll"},
		outside: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"},
	},
	"live/datastar": {ours: []string{"sx", "render", "live", "live/hub"}},
	"ws": {
		ours:    []string{"sx", "render", "live/hub", "live/poll"},
		outside: []string{"github.com/coder/websocket"},
	},
	"page": {
		ours: []string{"sx", "render", "live", "live/hub", "ws", "client", "page/db", "live/datastar"},
		outside: []string{
			"github.com/a-h/templ", "github.com/labstack/echo/v4", "github.com/klauspost/compress",
			"github.com/andybalholm/brotli",
		},
	},
	"page/db":       {ours: []string{"sx"}, outside: []string{"modernc.org/sqlite", "github.com/jackc/pgx/v5"}},
	"live/nats":     {ours: []string{"live/hub"}, outside: []string{"github.com/nats-io/nats.go", "github.com/nats-io/nats-server/v2"}},
	"client":        {},
	"client/bundle": {outside: []string{"github.com/evanw/esbuild"}},
	"client/gen":    {ours: []string{"client/bundle", "render", "sx"}},
}

// onlyIn names what one file alone may import.
var onlyIn = map[string]string{
	"github.com/labstack/echo/v4": "page/echo.go",
}

type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

func goList(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Imports,Deps,GoFiles"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// under reports whether a package is that of a path or below it.
func under(imp, prefix string) bool { return imp == prefix || strings.HasPrefix(imp, prefix+"/") }

// standard reports whether a package is of the standard library.
func standard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !strings.Contains(first, ".")
}

// unrestricted reports whether a package is outside the table: those that only tests import, and the programs of layer 5,
// which wire everything together.
func unrestricted(name string) bool {
	for _, dir := range []string{"cmd", "examples", "docs", "internal"} {
		if name == dir || strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	base := path.Base(name)
	return strings.HasSuffix(base, "test") || strings.HasSuffix(base, "bench") || strings.Contains(name, "testdata")
}

func TestLayers(t *testing.T) {
	for _, p := range goList(t, module+"/...") {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if unrestricted(name) {
			continue
		}
		rule, ok := layers[name]
		if !ok {
			t.Errorf("%s is not in the table of layers", name)
			continue
		}
		for _, prefix := range rule.outside {
			if !slices.ContainsFunc(p.Imports, func(imp string) bool { return under(imp, prefix) }) {
				t.Errorf("%s may import %s, and does not: take it out of the table", name, prefix)
			}
		}
		for _, imp := range p.Imports {
			if own, ok := strings.CutPrefix(imp, module+"/"); ok {
				if !slices.Contains(rule.ours, own) {
					t.Errorf("%s imports %s; it may import %v", name, own, rule.ours)
				}
				continue
			}
			if standard(imp) {
				continue
			}
			if !slices.ContainsFunc(rule.outside, func(prefix string) bool { return under(imp, prefix) }) {
				t.Errorf("%s imports %s; from outside it may import %v", name, imp, rule.outside)
			}
		}
	}
}

// The language and the hub stay free of everything, however deep: go list -deps would show it.
func TestLanguageAndHubReachOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range goList(t, module+"/...") {
		if p.ImportPath != module+"/sx" && p.ImportPath != module+"/live/hub" {
			continue
		}
		for _, dep := range p.Deps {
			// "vendor/…" is the standard library's own copy of what it needs.
			if !standard(dep) && dep != p.ImportPath {
				t.Errorf("%s reaches %s", p.ImportPath, dep)
			}
		}
	}
}

// A site does not link a bundler, nor tests.
func TestSiteLinksNoBundler(t *testing.T) {
	for _, p := range goList(t, module+"/...") {
		if p.ImportPath != module+"/page" {
			continue
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "github.com/evanw/esbuild") || dep == "testing" {
				t.Errorf("page reaches %s", dep)
			}
		}
	}
}

func TestOneFileAlone(t *testing.T) {
	for imp, file := range onlyIn {
		dir := path.Dir(file)
		for _, p := range goList(t, module+"/...") {
			name := strings.TrimPrefix(p.ImportPath, module+"/")
			if unrestricted(name) || !slices.Contains(p.Imports, imp) {
				continue
			}
			if name != dir {
				t.Errorf("%s imports %s, which %s alone may", name, imp, file)
				continue
			}
			for _, f := range p.GoFiles {
				if dir+"/"+f != file && importsIn(t, p.Dir+"/"+f, imp) {
					t.Errorf("%s/%s imports %s, which %s alone may", name, f, imp, file)
				}
			}
		}
	}
}

func importsIn(t *testing.T, file, imp string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(f.Imports, func(spec *ast.ImportSpec) bool { return strings.Trim(spec.Path.Value, `"`) == imp })
}
