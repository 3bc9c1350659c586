package client_test

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	app "github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// Arguments that the components of the examples are tried with: text, what a row of a
// database or a message is, lists of them, numbers, nothing.
var sampleArguments = []string{
	`"a < b & 'c'"`,
	`{:id "i1" :title "T <b>" :name "N" :author "A" :body "B & b" :at "2026-01-05T13:04:05Z" :done true :slug "s" :date "2026-01-05" :summary "S" :text "x" :key "k" :price 3.5 :value 7 :count 2 :in 5 :out 6}`,
	`[{:id "1" :title "one" :name "a" :body "x" :at "2026-01-05T13:04:05Z"} {:id "2" :title "two" :name "b" :body "y" :at "2026-01-05T13:04:06Z"}]`,
	`[3 1 2]`,
	`["p" "q"]`,
	`42`,
	`nil`,
}

// TestTreesOfExamples renders every component of the examples that a browser may expand, on the server and in
// the browser: what is an error on one host is one on the other, and the trees are the same.
func TestTreesOfExamples(t *testing.T) {
	ctx := language(t)
	dirs, err := filepath.Glob("../examples/*/*.sx")
	if err != nil {
		t.Fatal(err)
	}
	var pages []page
	written := map[string]bool{}
	components, last := 0, ""
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, file := range dirs {
		dir := filepath.Dir(file)
		if dir == last {
			continue
		}
		last = dir
		a, err := app.New(os.DirFS(dir), app.WithData(t.TempDir()), app.WithSecret("test"), app.WithBundler(noBundler{}))
		if err != nil {
			t.Logf("%s is left out: it needs what its Go program registers (%.80s)", dir, err)
			continue
		}
		prog := a.Program()
		rend := render.New(prog)
		for _, c := range prog.Components() {
			if c.Target(prog) != "client" || strings.Contains(c.Name, ":") {
				continue
			}
			components++
			defs := rend.Definitions(c)
			// Any of the arguments for any parameter: most do not fit, and the first that do are enough.
			rendered, refused := 0, 0
			for try := 0; try < 400 && (rendered < 4 || refused < 2); try++ {
				call := "(" + c.Name
				for _, p := range c.Params() {
					call += " :" + p + " " + sampleArguments[rnd.IntN(len(sampleArguments))]
				}
				src := defs + "\n(defcomp ~page () " + call + "))"
				p := renderGo(src, sx.WithDevelopment()) // the browser checks annotations always
				if strings.HasPrefix(p.HTML, "<html") || strings.HasPrefix(p.HTML, "<!DOCTYPE") {
					break // a whole document cannot be made inside of one
				}
				switch {
				case written[src]:
					continue
				case p.Kind == "" && rendered < 4:
					rendered++
				case p.Kind != "" && refused < 2:
					refused++
				default:
					continue
				}
				pages = append(pages, p)
				written[src] = true
			}
			if rendered == 0 && refused > 0 {
				t.Errorf("%s: no arguments make it render", c.Name)
			}
		}
		if err := a.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if components < 10 {
		t.Errorf("only %d components were found", components)
	}
	t.Logf("%d components, %d pages", components, len(pages))
	compareTrees(t, ctx, pages, written)
}

// noBundler leaves assets out: components are what is looked at.
type noBundler struct{}

func (noBundler) Bundle(fs.FS, []string, bool) ([]app.Asset, error) { return nil, nil }
