package render_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/sx/sxtest"
)

// TestGolden renders ~page of each program in testdata/golden, as HTML and as wire text.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.sx")
	if err != nil || len(files) == 0 {
		t.Fatal("no programs", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			prog, err := sx.LoadSources([]*sx.Source{sx.NewSource(file, string(text))}, render.Options()...)
			if err != nil {
				t.Fatal(sx.Explain(err))
			}
			r := render.New(prog)
			var b bytes.Buffer
			if err := r.HTML(context.Background(), &b, "~page"); err != nil {
				t.Fatal(sx.Explain(err))
			}
			base := strings.TrimSuffix(file, ".sx")
			sxtest.Golden(t, base+".html", b.String())
			wire, err := r.Wire(context.Background(), "~page")
			if err != nil {
				t.Fatal(sx.Explain(err))
			}
			sxtest.Golden(t, base+".wire", wire)
		})
	}
}
