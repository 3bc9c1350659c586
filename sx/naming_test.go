package sx_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/sx"
)

// A full name that does not say where its component lives is a warning; short names may be anywhere.
func TestNamesAndPlaces(t *testing.T) {
	files := fstest.MapFS{
		"components/cards/user.sx": {Data: []byte(`(defcomp ~cards/user/row () 1) (defcomp ~cards/user () 1) (defcomp ~cards/row () 1) (defcomp ~user/row () 1) (defcomp ~short () 1)`)},
		"layouts.sx":               {Data: []byte(`(defcomp ~layouts/header () 1) (defcomp ~header/layouts () 1)`)},
		"pages/home.sx":            {Data: []byte(`(defcomp ~pages/home/top () 1) (defcomp ~home/top () 1)`)},
		"app.sx":                   {Data: []byte(`(defcomp ~any/where () 1)`)},
	}
	library := fstest.MapFS{"layouts.sx": {Data: []byte(`(defcomp ~shared:layouts/header () 1) (defcomp ~layouts/footer () 1)`)}}
	prog, err := sx.Load(files, sx.WithLibrary("shared", library))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range prog.Diagnostics() {
		got = append(got, fmt.Sprintf("%v %s", e.Warning, e))
	}
	const of = " is in a file whose components are named "
	want := []string{
		"true components/cards/user.sx:1:68: ~cards/row" + of + "~cards/user/…",
		"true components/cards/user.sx:1:94: ~user/row" + of + "~cards/user/…",
		"true layouts.sx:1:41: ~header/layouts" + of + "~layouts/…",
		"true pages/home.sx:1:41: ~home/top" + of + "~pages/home/…",
		"true shared:layouts.sx:1:48: ~layouts/footer" + of + "~shared:layouts/…",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
