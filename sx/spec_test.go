package sx_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// specSources reads the specification suites.
func specSources(t *testing.T) []*sx.Source {
	t.Helper()
	files, err := filepath.Glob("testdata/spec/*_test.sx")
	if err != nil || len(files) == 0 {
		t.Fatal("no suites", err)
	}
	var sources []*sx.Source
	for _, file := range files {
		switch filepath.Base(file) {
		case "markup_test.sx", "elements_test.sx":
			continue // they need elements, which package render has: its tests run them
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, sx.NewSource(filepath.ToSlash(file), string(text)))
	}
	return sources
}

// TestSpec runs the specification's suites, which the TypeScript host runs too.
func TestSpec(t *testing.T) {
	for _, src := range specSources(t) {
		t.Run(filepath.Base(src.Name), func(t *testing.T) {
			prog, err := sx.LoadSources([]*sx.Source{src})
			if err != nil {
				t.Fatal("\n" + sx.Explain(err))
			}
			for _, r := range prog.RunTests(context.Background(), 0) {
				if r.Err != nil {
					t.Errorf("%s / %s\n%s", r.Suite, r.Name, sx.Explain(r.Err))
				}
			}
		})
	}
}

// TestSpecCoversPrimitives holds that the suites use every pure primitive and every special form.
func TestSpecCoversPrimitives(t *testing.T) {
	prog, err := sx.LoadSources(nil)
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	files, err := filepath.Glob("testdata/spec/*_test.sx")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		work := read(t, string(text))
		for len(work) > 0 {
			v := work[len(work)-1]
			work = work[:len(work)-1]
			if l := v.List(); l != nil {
				work = append(work, l.Items...)
			} else if d := v.Dict(); d != nil {
				for i := range d.Len() {
					_, item := d.At(i)
					work = append(work, item)
				}
			} else if v.Kind() == sx.KindSymbol {
				called[v.Text()] = true
			}
		}
	}
	for _, p := range prog.Primitives() {
		if !called[p.Name] {
			t.Errorf("no suite mentions %s", p.Usage)
		}
	}
	for _, form := range prog.Specials() {
		if !called[form.Name] {
			t.Errorf("no suite mentions the form %s", form.Name)
		}
	}
}
