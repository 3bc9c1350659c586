package docs_test

import (
	"context"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// shown is one ~example, ~render or ~fails of a page.
type shown struct {
	head, code, want string
}

// TestExamplesHold runs every example that a page shows and compares it with what the page says.
func TestExamplesHold(t *testing.T) {
	count := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".sx" || strings.HasPrefix(name, "components/") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		forms, err := sx.Read(sx.NewSource(name, string(text)), sx.Limits{})
		if err != nil {
			return err
		}
		for _, form := range forms {
			for _, ex := range examplesIn(form) {
				count++
				t.Run(path.Base(name), func(t *testing.T) { check(t, ex) })
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 20 {
		t.Errorf("%d examples were found; something is not looked at", count)
	}
}

func examplesIn(form sx.Value) []shown {
	if form.Kind() != sx.KindList {
		return nil
	}
	items := form.List().Items
	if len(items) > 0 && items[0].Kind() == sx.KindSymbol {
		ex := shown{head: items[0].Text()}
		switch ex.head {
		case "~example", "~render", "~fails":
			for i := 1; i+1 < len(items); i += 2 {
				switch items[i].Text() {
				case "code":
					ex.code = items[i+1].Text()
				case "gives", "with":
					ex.want = items[i+1].Text()
				}
			}
			return []shown{ex}
		}
	}
	var out []shown
	for _, item := range items {
		out = append(out, examplesIn(item)...)
	}
	return out
}

func check(t *testing.T, ex shown) {
	mode := "value"
	if ex.head == "~render" {
		mode = "markup"
	}
	got, err := run(mode, ex.code)
	switch {
	case ex.head == "~fails":
		if err == nil || !strings.Contains(err.Error(), ex.want) {
			t.Errorf("%s\ngot  %v\nwant an error with %q", ex.code, err, ex.want)
		}
	case err != nil:
		t.Errorf("%s\n%s", ex.code, sx.Explain(err))
	case got != ex.want:
		t.Errorf("%s\ngot  %s\nwant %s", ex.code, got, ex.want)
	}
}

// run returns the serialized value of code, or its markup.
func run(mode, code string) (string, error) {
	outside := sx.WithPrimitives(&sx.Primitive{Name: "now", Usage: "(now)", Effects: sx.IO, F0: func(*sx.Machine) sx.Value { return sx.String("2026-01-02T09:30:00Z") }})
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("example", code)}, append(render.Options(), outside, sx.WithMain(mode))...)
	if err != nil {
		return "", err
	}
	if mode == "value" {
		v, err := prog.Main(context.Background())
		if err == nil && v.IsNil() {
			err = warnings(prog)
		}
		return sx.Serialize(v), err
	}
	var b strings.Builder
	err = render.New(prog).Value(context.Background(), &b, prog.MainLambda())
	if err == nil && b.Len() == 0 {
		err = warnings(prog)
	}
	return b.String(), err
}

// warnings returns what loading said of a program that does nothing, or nil.
func warnings(prog *sx.Program) error {
	if list := prog.Diagnostics(); len(list) > 0 {
		return list
	}
	return nil
}
