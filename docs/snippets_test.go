package docs_test

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// snippet is one ~code of a page.
type snippet struct {
	place, lang, text string
}

// TestSnippetsLoad holds that what the pages show as parts of programs would load as parts of programs: what a page
// does not show, such as a component that it only calls, is put in its place. Snippets in Go are parsed.
func TestSnippetsLoad(t *testing.T) {
	count := map[string]int{}
	for _, s := range snippets(t) {
		count[s.lang]++
		t.Run(s.place, func(t *testing.T) {
			switch s.lang {
			case "sx":
				if err := loadSnippet(s.text); err != nil {
					t.Errorf("%s\n%s", s.text, sx.Explain(err))
				}
			case "go":
				if err := parseGo(s.text); err != nil {
					t.Errorf("%s\n%v", s.text, err)
				}
			case "css", "html", "js", "nginx", "systemd", "dockerfile", "output", "text":
			default:
				t.Errorf("unknown language %q", s.lang)
			}
		})
	}
	if count["sx"] < 20 || count["go"] < 5 {
		t.Errorf("%v snippets were found; something is not looked at", count)
	}
}

// snippets gives every ~code of every page.
func snippets(t *testing.T) []snippet {
	files, err := filepath.Glob("pages/*.sx")
	if err != nil {
		t.Fatal(err)
	}
	var out []snippet
	for _, file := range files {
		var walk func(form sx.Value)
		walk = func(form sx.Value) {
			if form.Kind() != sx.KindList {
				return
			}
			items := form.List().Items
			if len(items) == 0 || !items[0].IsSymbol("~code") {
				for _, item := range items {
					walk(item)
				}
				return
			}
			s := snippet{place: fmt.Sprintf("%s/%d", filepath.Base(file), len(out)), lang: "sx"}
			for i := 1; i < len(items); i++ {
				if items[i].Kind() == sx.KindKeyword {
					i++
					s.lang = items[i].Text()
					continue
				}
				s.text += items[i].Text()
			}
			out = append(out, s)
		}
		for _, form := range readForms(t, file) {
			walk(form)
		}
	}
	return out
}

var (
	// omitted is what a snippet leaves out, and undefined what it leaves to others.
	omitted   = regexp.MustCompile(`(?m)(^|[ (])…`)
	undefined = regexp.MustCompile(`^(undefined symbol|unknown component|unknown guard):? :?([^ ]+)`)
)

// loadSnippet loads a snippet as a site, with something in the place of each name that it does not define.
func loadSnippet(text string) error {
	text, err := wholeProgram(omitted.ReplaceAllString(text, "${1}nil"))
	if err != nil {
		return err
	}
	stubs := map[string]string{}
	for {
		files := fstest.MapFS{"app.sx": {Data: []byte(text)}}
		for name, def := range stubs {
			files["stubs/"+fmt.Sprintf("%x", name)+".sx"] = &fstest.MapFile{Data: []byte(def)}
		}
		app, err := page.New(files, page.WithSecret("test"), page.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
			page.WithFeed("quotes", func(context.Context, string) <-chan int { return nil }),
			page.WithPrimitive("load-article", "(load-article slug)", func(slug string) map[string]string { return nil }))
		if err == nil {
			return app.Shutdown(context.Background())
		}
		var all sx.Diagnostics
		if !errors.As(err, &all) {
			return err
		}
		grown := false
		for _, e := range all {
			m := undefined.FindStringSubmatch(e.Message)
			if m == nil || stubs[m[2]] != "" {
				continue
			}
			grown = true
			switch {
			case strings.HasPrefix(m[2], "~"):
				stubs[m[2]] = fmt.Sprintf("(defcomp %s (&rest-attrs others &rest children) (div others children))", m[2])
			case m[1] == "unknown guard":
				stubs[m[2]] = fmt.Sprintf("(defguard %s true)", m[2])
			default:
				stubs[m[2]] = fmt.Sprintf("(define (%s &rest arguments) nil)", m[2])
			}
		}
		if !grown {
			return err
		}
	}
}

// definitions are the heads of forms that may stand at the top of a file.
var definitions = []string{"define", "defcomp", "defmacro", "defpage", "defhandler", "defaction", "defguard", "defconfig", "deflive", "defsuite"}

// wholeProgram puts forms of a snippet where they may stand: live into a page, bind into a live, what is evaluated
// into a handler.
func wholeProgram(text string) (string, error) {
	src := sx.NewSource("snippet", text)
	forms, err := sx.Read(src, sx.Limits{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var loose []string
	for _, form := range forms {
		code := sx.Serialize(form)
		head := ""
		if l := form.List(); l != nil && len(l.Items) > 0 {
			head = l.Items[0].Text()
		}
		switch {
		case slices.Contains(definitions, head):
			if head == "defsuite" {
				continue // pages do not load suites; sx test does
			}
			b.WriteString(code + "\n")
		case head == "live":
			fmt.Fprintf(&b, "(defpage around :path \"/around/<share>\" :live %s :content (p \"x\"))\n", code)
		case head == "bind":
			fmt.Fprintf(&b, "(defpage around :path \"/around\" :live (live :on \"topic\" %s) :content (p \"x\"))\n", code)
		case head == "~ws" || head == "~live":
			fmt.Fprintf(&b, "(defpage around :path \"/around/<room>\" :content (<> %s))\n", code)
		default:
			loose = append(loose, code)
		}
	}
	if len(loose) > 0 {
		fmt.Fprintf(&b, "(defaction around-action :path \"/action\" () (<> %s))\n", strings.Join(loose, "\n"))
	}
	return b.String(), nil
}

// parseGo parses a file, or declarations followed by statements.
func parseGo(text string) error {
	fset := token.NewFileSet()
	if strings.HasPrefix(text, "package ") {
		_, err := parser.ParseFile(fset, "snippet.go", text, parser.AllErrors)
		return err
	}
	blocks := strings.Split(text, "\n\n")
	var last error
	for n := len(blocks); n >= 0; n-- { // the first n are declarations
		file := "package p\n" + strings.Join(blocks[:n], "\n\n")
		if n < len(blocks) {
			file += "\nfunc _() {\n" + strings.Join(blocks[n:], "\n\n") + "\n}\n"
		}
		if _, last = parser.ParseFile(fset, "snippet.go", file, 0); last == nil {
			return nil
		}
	}
	return last
}
