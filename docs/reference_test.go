package docs_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestReferenceNamesItsTests holds that every rule of the language reference names tests, that each of them exists,
// and that every suite of the specification is named by a rule.
func TestReferenceNamesItsTests(t *testing.T) {
	suites := specSuites(t)
	goTests := map[string]string{}
	used := map[string]bool{}
	exists := func(name string) bool {
		suite, test, one := strings.Cut(name, " / ")
		if tests := suites[suite]; tests != nil {
			used[suite] = true
			return !one || slices.Contains(tests, test)
		}
		if kind, file, ok := strings.Cut(name, "/"); ok {
			at := map[string]string{"errors": "../sx/testdata/errors/*.sx", "explain": "../sx/testdata/explain/*.sx",
				"vectors": "../sx/testdata/vectors/*.txt", "script": "../cmd/sx/testdata/script/*.txtar"}[kind]
			_, err := os.Stat(strings.Replace(at, "*", file, 1))
			return at != "" && err == nil
		}
		pkg, fn, _ := strings.Cut(name, ".")
		if goTests[pkg] == "" {
			files, _ := filepath.Glob("../" + pkg + "/*_test.go")
			for _, file := range files {
				goTests[pkg] += readText(t, file)
			}
		}
		return strings.Contains(goTests[pkg], "\nfunc "+fn+"(")
	}
	rules := 0
	for _, chapter := range referenceChapters(t) {
		for _, rule := range chapter.Items[1:] {
			items := rule.List().Items[1:]
			rules++
			if len(items) < 2 {
				t.Errorf("no test holds %q", items[0].Text())
			}
			for _, name := range items[1:] {
				if !exists(name.Text()) {
					t.Errorf("%q names %q, which does not exist", items[0].Text(), name.Text())
				}
			}
		}
	}
	if rules < 100 {
		t.Errorf("%d rules were found; something is not looked at", rules)
	}
	for _, suite := range slices.Sorted(maps.Keys(suites)) {
		if !used[suite] {
			t.Errorf("no rule names the suite %q", suite)
		}
	}
}

// TestEveryKindIsExplained holds that the index of errors is the table of kinds, and that each kind's example gives an
// error of that kind.
func TestEveryKindIsExplained(t *testing.T) {
	page := readText(t, "pages/errors.gen.sx")
	kinds := sx.ErrorKinds()
	if n := strings.Count(page, "(h2 :id"); n != len(kinds) {
		t.Errorf("the page explains %d kinds of %d; run make gen", n, len(kinds))
	}
	for _, k := range kinds {
		if !strings.Contains(page, `(h2 :id "`+string(k.Kind)+`" "`+string(k.Kind)+`")`) {
			t.Errorf("errors.gen.sx does not explain %s; run make gen", k.Kind)
		}
		if k.Example == "" {
			continue
		}
		_, err := run("markup", k.Example)
		var e *sx.Error
		if !errors.As(err, &e) || e.Kind != k.Kind || !strings.Contains(e.Message, k.Message) {
			t.Errorf("%s: the example gives %v", k.Kind, err)
		}
	}
}

// specSuites returns the tests of each suite of the specification.
func specSuites(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../sx/testdata/spec/*_test.sx")
	if err != nil || len(files) == 0 {
		t.Fatal("no suites", err)
	}
	suites := map[string][]string{}
	for _, file := range files {
		for _, form := range readForms(t, file) {
			items := form.List().Items
			if !items[0].IsSymbol("defsuite") {
				continue
			}
			name := items[1].Text()
			if suites[name] != nil {
				t.Errorf("two suites are called %q", name)
			}
			for _, test := range items[2:] {
				suites[name] = append(suites[name], test.List().Items[1].Text())
			}
		}
	}
	return suites
}

// referenceChapters returns the chapters of the reference: lists of list, a title, and rules.
func referenceChapters(t *testing.T) []*sx.List {
	t.Helper()
	files, err := filepath.Glob("pages/reference*.sx")
	if err != nil {
		t.Fatal(err)
	}
	var out []*sx.List
	for _, file := range files {
		for _, form := range readForms(t, file) {
			items := form.List().Items
			if !items[0].IsSymbol("define") {
				continue
			}
			for _, chapter := range items[2].List().Items[1:] {
				l := chapter.List()
				out = append(out, sx.NewList(l.Items[1:]...))
			}
		}
	}
	return out
}

func readForms(t *testing.T, file string) []sx.Value {
	t.Helper()
	forms, err := sx.Read(sx.NewSource(file, readText(t, file)), sx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return forms
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
