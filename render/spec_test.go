package render_test

import (
	"context"
	"os"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// TestSpecMarkup runs the suites of the language's specification that need elements.
func TestSpecMarkup(t *testing.T) {
	for _, file := range []string{"../sx/testdata/spec/markup_test.sx", "../sx/testdata/spec/elements_test.sx"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := sx.LoadSources([]*sx.Source{sx.NewSource(file, string(text))}, render.Options()...)
		if err != nil {
			t.Fatal("\n" + sx.Explain(err))
		}
		for _, r := range prog.RunTests(context.Background(), 0) {
			if r.Err != nil {
				t.Errorf("%s / %s\n%s", r.Suite, r.Name, sx.Explain(r.Err))
			}
		}
	}
}
