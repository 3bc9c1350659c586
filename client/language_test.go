package client_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/bundle"
	"github.com/sx-framework/sxgo/client/clienttest"
)

// language returns a tab with the language and its test entry points in it, minified as it is shipped.
func language(t testing.TB) context.Context {
	t.Helper()
	ctx := clienttest.Browser(t)
	out, err := bundle.Build(bundle.Options{Entry: "test/spec.ts", Minify: true})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(`<!doctype html><meta charset=utf-8><title>language</title><script src=/spec.js></script>`))
		case "/spec.js":
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			_, _ = w.Write(out.JS)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// answer is what the browser says about a program: a value, markup, or an error.
type answer struct {
	Value   *string
	HTML    *string
	Kind    string
	Message string
	Line    int
	Col     int
}

func (a answer) String() string {
	switch {
	case a.Value != nil:
		return *a.Value
	case a.HTML != nil:
		return *a.HTML
	}
	b, _ := json.Marshal([]int{a.Line, a.Col})
	return strings.NewReplacer("[", "", "]", "", ",", ":").Replace(string(b)) + ": " + a.Kind + ": " + a.Message
}

// ask runs SxTest.method(arg, more...) and decodes what it returns.
func ask[T any](t testing.TB, ctx context.Context, method string, args ...any) T {
	t.Helper()
	var words []string
	for _, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, string(b))
	}
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T]("SxTest."+method+"("+strings.Join(words, ",")+")"))
	if err != nil {
		t.Fatalf("%s(%s): %v", method, words, err)
	}
	return v
}

func TestLanguageExamples(t *testing.T) {
	ctx := language(t)
	f, err := os.Open("../sx/testdata/vectors/language-examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var v struct {
			ID, Expr, Command, Wire string
			Value, HTML, Error      *string
			Absent                  []string
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if v.Wire != "" {
			continue // writing wire text is the server's
		}
		method := "evaluate"
		if v.Command == "render" {
			method = "render"
		}
		got := ask[answer](t, ctx, method, v.Expr)
		text := got.String()
		switch {
		case v.Error != nil:
			// Go's regular expressions know no look-ahead; (?!\d) only means that the number ends there.
			ok := got.Kind != ""
			for _, part := range strings.Split(strings.ReplaceAll(*v.Error, `(?!\d)`, `\b`), "(?=.*") {
				part = strings.TrimSuffix(part, ")")
				if strings.Count(part, "(") > strings.Count(part, ")") {
					part += ")"
				}
				ok = ok && regexp.MustCompile("(?is)"+part).MatchString(text)
			}
			if !ok {
				t.Errorf("%s: %s\n got %s\nwant an error like %s", v.ID, v.Expr, text, *v.Error)
			}
		case v.Value != nil && (got.Value == nil || *got.Value != *v.Value):
			t.Errorf("%s: %s\n got %s\nwant %s", v.ID, v.Expr, text, *v.Value)
		case v.HTML != nil && (got.HTML == nil || *got.HTML != *v.HTML):
			t.Errorf("%s: %s\n got %s\nwant %s", v.ID, v.Expr, text, *v.HTML)
		}
		for _, a := range v.Absent {
			if strings.Contains(text, a) {
				t.Errorf("%s: %s contains %s", v.ID, text, a)
			}
		}
	}
	for _, p := range clienttest.Problems(ctx) {
		t.Error(p)
	}
}

// The language's own suites run on both hosts; this is the browser.
func TestLanguageSuites(t *testing.T) {
	ctx := language(t)
	files, err := filepath.Glob("../sx/testdata/spec/*.sx")
	if err != nil || len(files) == 0 {
		t.Skip("no suites in sx/testdata/spec")
	}
	total := 0
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range ask[[]struct{ Name, Error string }](t, ctx, "suites", string(src), filepath.Base(file)) {
			total++
			if c.Error != "" {
				t.Errorf("%s: %s: %s", filepath.Base(file), c.Name, c.Error)
			}
		}
	}
	t.Logf("%d tests in %d suites' files", total, len(files))
}

// Every code point has the case that Go's tables give it.
func TestCaseMapping(t *testing.T) {
	list := ask[[]rune](t, language(t), "cases")
	got := map[rune][2]rune{}
	for i := 0; i < len(list); i += 3 {
		got[list[i]] = [2]rune{list[i+1], list[i+2]}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		pair, ok := got[r]
		if !ok {
			pair = [2]rune{r, r}
		}
		if want := [2]rune{unicode.ToUpper(r), unicode.ToLower(r)}; pair != want && (r < 0xD800 || r > 0xDFFF) {
			t.Errorf("%U: upper and lower case are %U, want %U (Unicode %s)", r, pair, want, unicode.Version)
		}
	}
}
