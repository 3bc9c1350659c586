package lsp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

type workspaceEdit struct {
	Changes         map[string][]lsp.TextEdit
	DocumentChanges []struct {
		TextDocument struct {
			URI     string
			Version *int
		}
		Edits []lsp.TextEdit
	}
}

// renamed asks for a rename and gives the files as they would be, or why not.
func (c *client) renamed(at object, name string) (map[string]string, string) {
	c.t.Helper()
	p := maps.Clone(at)
	p["newName"] = name
	m := c.try("textDocument/rename", p)
	if m.Error != nil {
		return nil, m.Error.Message
	}
	var e workspaceEdit
	if err := json.Unmarshal(m.Result, &e); err != nil {
		c.t.Fatal(err)
	}
	for _, d := range e.DocumentChanges {
		if e.Changes == nil {
			e.Changes = map[string][]lsp.TextEdit{}
		}
		e.Changes[d.TextDocument.URI] = d.Edits
	}
	files := c.files()
	for u, edits := range e.Changes {
		file := strings.TrimPrefix(u, uri(c.dir)+"/")
		if files[file] == "" {
			c.t.Errorf("an edit of %s", u)
		}
		files[file] = c.applied(file, edits)
	}
	return files, ""
}

func TestRename(t *testing.T) {
	c := connect(t, shop(t), object{})
	for _, tt := range []struct {
		file, at, name string
		want           []string // what stands in the files after it
	}{
		{"components/card.sx", "~ca|rd", "~box", []string{"(defcomp ~box (&key", "(~box :title label", "(~box :title \"All\""}},
		{"app.sx", "(~ca|rd :title \"All\"", "~ui/box", []string{"(defcomp ~ui/box (&key", "(~ui/box :title label"}},
		{"components/card.sx", "(h2 ti|tle)", "heading", []string{"(heading :as string", "(h2 heading)", "(~card :heading label", "(~card :heading \"All\""}},
		{"app.sx", ":to|ne \"loud\"", "mood", []string{"(mood :default", "(str \"card \" mood)", ":mood \"loud\""}},
		{"components/card.sx", "(> si|ze 1)", "amount", []string{"(let ((amount (len", "(wide (> amount 1))", "\"narrow\") amount)"}},
		{"lib.sx", "(define (to|tal", "sum-of", []string{"(define (sum-of xs)", "(sum-of (list 1 2))"}},
		{"lib.sx", "(+ su|m", "so-far", []string{"(fn (so-far x) (+ so-far (min"}},
		{"app.sx", "(get th|ing \"text\")", "article", []string{":data {:article (load", "(get article \"name\")", "(get article \"text\")"}},
		{"app.sx", ":data {:th|ing", "article", []string{":data {:article (load", "(get article \"name\")"}},
		{"app.sx", "(url-for \"it|ems\")", "overview", []string{"(defpage overview", "(url-for \"overview\")"}},
		{"app.sx", "(defguard log|in", "member", []string{"(defguard member", ":auth :member"}},
		{"lib.sx", "limit|)", "größe", []string{"(define größe", "(min x größe)"}},
	} {
		var place struct {
			Range       lsp.Range
			Placeholder string
		}
		c.call("textDocument/prepareRename", c.at(tt.file, tt.at), &place)
		s := c.files()[tt.file]
		if old := s[c.offset(s, place.Range.Start):c.offset(s, place.Range.End)]; old != place.Placeholder || old == "" {
			t.Errorf("%s: the range is %q, the placeholder %q", tt.at, old, place.Placeholder)
		}
		files, why := c.renamed(c.at(tt.file, tt.at), tt.name)
		if why != "" {
			t.Errorf("%s: %s", tt.at, why)
			continue
		}
		all := ""
		for _, s := range files {
			all += s
		}
		for _, want := range tt.want {
			if !strings.Contains(all, want) {
				t.Errorf("%s: no %s in\n%s", tt.at, want, all)
			}
		}
		word := regexp.MustCompile(`[ (:"{]` + regexp.QuoteMeta(place.Placeholder) + `[ )"}]`)
		if place.Placeholder != "title" && place.Placeholder != "items" && word.MatchString(all) { // which the pages have, too
			t.Errorf("%s: still there in\n%s", tt.at, all)
		}
	}
}

// What cannot be renamed is refused, with the reason.
func TestRenameRefuses(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("more.sx", "(define (f a) (let ((b 1)) (str a b (total (list b)))))\n"+
		"(define local (let ((g (fn (&key k) k))) (g :k 1)))\n(define (h x) (twice (total x)))\n"+
		"(defmacro sums (x) `(total ,x))\n(define u (sums (list 1)))\n(defmacro named (n) (list (quote total) n))\n(define w (named (list 1)))\n")
	for _, tt := range []struct{ file, at, name, why string }{
		{"app.sx", "(li|st 1 2)", "other", "list is a primitive"},
		{"components/card.sx", "(sec|tion", "div", "section is no name of this program"},
		{"components/card.sx", "~ca|rd", "card", "names of components begin with ~"},
		{"components/card.sx", "~ca|rd", "~a b", "is no name"},
		{"lib.sx", "(define li|mit", "12", "is no name"},
		{"lib.sx", "(define li|mit", ")", "is no name"},
		{"lib.sx", "(define li|mit", "", "is no name"},
		{"lib.sx", "(define li|mit", "load-thing", "defined twice"},
		{"more.sx", "(str a|", "b", "would change what"},                                  // captured by the let
		{"more.sx", "((b| 1))", "total", "would change what total means at more.sx:1:38"}, // captures the call
		{"more.sx", "(g :k| 1)", "other", ""},                                             // nothing is known of this keyword
		{"more.sx", "(&key k|)", "other", "who else calls it"},
		{"app.sx", "load-thing i|d", "key", "part of the address"},
		{"app.sx", "{:id nam|e}", "other", "name of a field"},
		{"components/card.sx", "|children))\n", "kids", ""},
		{"app.sx", "(redi|rect", "x", "is a primitive"},
		{"lib.sx", "(define (to|tal", "add-up", "undefined symbol: total"}, // a macro makes it of nothing that stands anywhere
	} {
		files, why := c.renamed(c.at(tt.file, tt.at), tt.name)
		switch {
		case tt.why == "" && tt.name == "kids":
			if all := files["components/card.sx"]; !strings.Contains(all, "&rest kids)") || strings.Contains(all, "children") {
				t.Errorf("%s: %s\n%s", tt.at, why, all)
			}
		case files != nil || !strings.Contains(why, tt.why):
			t.Errorf("%s → %s: %q %v", tt.at, tt.name, why, files)
		}
	}
	c.set("more.sx", "(define (f a")
	if _, why := c.renamed(c.at("lib.sx", "(define (to|tal"), "add-up"); !strings.Contains(why, "more.sx cannot be read") {
		t.Errorf("a broken file: %q", why)
	}
}

// With versions, an editor can tell whether it still has the text that was meant.
func TestRenameWithVersions(t *testing.T) {
	c := connect(t, shop(t), object{"workspace": object{"workspaceEdit": object{"documentChanges": true}}})
	c.open("app.sx")
	p := c.at("app.sx", "(~ca|rd :title label")
	p["newName"] = "~box"
	var e workspaceEdit
	c.call("textDocument/rename", p, &e)
	if len(e.Changes) != 0 || len(e.DocumentChanges) != 2 {
		t.Fatalf("got %+v", e)
	}
	if v := e.DocumentChanges[0].TextDocument.Version; v == nil || *v != 1 {
		t.Errorf("the version of an open buffer: %v", v)
	}
	if v := e.DocumentChanges[1].TextDocument.Version; v != nil {
		t.Errorf("the version of a file: %v", *v)
	}
}

// examples lists the applications of the repository that need no program in Go.
func examples(t testing.TB) []string {
	var out []string
	for _, dir := range []string{"hello", "dashboard", "todo", "chat", "board", "ticker", "feed", "album"} {
		dir = filepath.Join("../../../../examples", dir)
		if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
			out = append(out, dir)
		}
	}
	if len(out) < 4 {
		t.Fatalf("examples: %v", out)
	}
	abs := make([]string, len(out))
	for i, dir := range out {
		var err error
		if abs[i], err = filepath.Abs(dir); err != nil {
			t.Fatal(err)
		}
	}
	return abs
}

// Every component of every example and every parameter of one can be renamed: the program is as right as before, and
// renders the same.
func TestRenameRoundTrip(t *testing.T) {
	for _, dir := range append(examples(t), shop(t)) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			c := connect(t, copied, object{})
			want := renderAll(t, copied)
			files := slices.Sorted(maps.Keys(c.files()))
			count := 0
			for _, file := range files {
				for _, m := range regexp.MustCompile(`\(defcomp (~[^ ]+) \((?:&key )?\(?([a-z-]*)`).FindAllStringSubmatchIndex(c.files()[file], -1) {
					for g := 2; g <= 4; g += 2 {
						s := c.files()[file]
						if m[g] == m[g+1] || s[m[g]] == '&' {
							continue
						}
						old := s[m[g]:m[g+1]]
						at := object{"textDocument": object{"uri": c.uri(file)}, "position": c.position(s, m[g]+1)}
						name := old + "-renamed"
						edited, why := c.renamed(at, name)
						if why != "" {
							t.Errorf("%s in %s: %s", old, file, why)
							continue
						}
						count++
						other := t.TempDir()
						if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
							t.Fatal(err)
						}
						for n, text := range edited {
							if err := os.WriteFile(filepath.Join(other, n), []byte(text), 0o666); err != nil {
								t.Fatal(err)
							}
						}
						if got := renderAll(t, other); got != want {
							t.Errorf("%s in %s: rendered otherwise\n%s\nbefore\n%s", old, file, got, want)
						}
					}
				}
			}
			t.Logf("%d renamed", count)
		})
	}
}

// withMigrations shows the folder migrations again.
type withMigrations struct {
	hidden
	all fs.FS
}

func (w withMigrations) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, "migrations") {
		return w.all.Open(name)
	}
	return w.hidden.Open(name)
}

// renderAll answers every page without parameters, with what differs from one rendering to the next taken out.
func renderAll(t *testing.T, dir string) string {
	t.Helper()
	app, err := page.New(withMigrations{hidden{os.DirFS(dir)}, os.DirFS(dir)}, page.WithTests(), page.WithLogger(slog.New(slog.DiscardHandler)), page.WithDatabase(":memory:"), page.WithSecret(strings.Repeat("s", 40)), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatalf("%s", sx.Explain(err))
	}
	defer app.Shutdown(context.Background())
	var b strings.Builder
	for _, src := range app.Program().Sources() {
		for _, m := range regexp.MustCompile(`:path "(/[^"<]*)"`).FindAllStringSubmatch(src.Text, -1) {
			w := httptest.NewRecorder()
			ctx, cancel := context.WithCancel(t.Context())
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, m[1]+"?_sx=flat", nil) // in order
			if strings.Contains(src.Text, ":every") || strings.Contains(src.Text, "~live") || strings.Contains(src.Text, "sys-") {
				cancel()
				continue // it shows the time, or never ends
			}
			app.ServeHTTP(w, r)
			cancel()
			body := regexp.MustCompile(`nonce="[^"]*"|/_sx/[^"]*|\?v=[^"]*`).ReplaceAllString(w.Body.String(), "")
			fmt.Fprintf(&b, "%s %d\n%s\n", m[1], w.Code, body)
		}
	}
	return b.String()
}

// Everything that an editor lets rename can be renamed, and the program still loads. What is refused is refused when it is
// asked for, not when the new name is given.
func TestRenameEverything(t *testing.T) {
	word := regexp.MustCompile("[^\\s()\\[\\]{}\"';,`<>:]+")
	for _, dir := range append(examples(t), shop(t)) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			c := connect(t, copied, object{})
			files := c.files()
			done := map[string]bool{}
			renamed, warnings := 0, diagnosed(t, copied)
			for _, file := range slices.Sorted(maps.Keys(files)) {
				s := files[file]
				for _, m := range word.FindAllStringIndex(s, -1) {
					at := object{"textDocument": object{"uri": c.uri(file)}, "position": c.position(s, m[0])}
					prepared := c.try("textDocument/prepareRename", at)
					if prepared.Error != nil || string(prepared.Result) == "null" {
						continue
					}
					definition := string(c.try("textDocument/definition", at).Result)
					if done[definition] {
						continue
					}
					done[definition] = true
					var place struct{ Placeholder string }
					if err := json.Unmarshal(prepared.Result, &place); err != nil {
						t.Fatal(err)
					}
					edited, why := c.renamed(at, place.Placeholder+"-zz")
					if why != "" {
						t.Errorf("%s at %s %v: %s", place.Placeholder, file, at["position"], why)
						continue
					}
					renamed++
					other := t.TempDir()
					if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
						t.Fatal(err)
					}
					for n, text := range edited {
						if err := os.WriteFile(filepath.Join(other, n), []byte(text), 0o666); err != nil {
							t.Fatal(err)
						}
					}
					if n := diagnosed(t, other); n > warnings {
						t.Errorf("%s: %d warnings, there were %d", place.Placeholder, n, warnings)
					}
				}
			}
			t.Logf("%d names renamed", renamed)
		})
	}
}

// diagnosed loads an application without errors, and counts the warnings.
func diagnosed(t *testing.T, dir string) int {
	t.Helper()
	app, err := page.New(hidden{os.DirFS(dir)}, page.WithTests(), page.WithDevelopment(), page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(sx.Explain(err))
	}
	defer app.Shutdown(context.Background())
	return len(app.Program().Diagnostics())
}
