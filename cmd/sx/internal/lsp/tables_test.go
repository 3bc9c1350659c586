package lsp_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// problems gives what is wrong with the program of one file.
func problems(t *testing.T, text string) string {
	t.Helper()
	app, err := page.New(fstest.MapFS{"app.sx": {Data: []byte(text)}}, page.WithDevelopment(), page.WithTests())
	if err == nil {
		app.Shutdown(t.Context())
		return ""
	}
	var all sx.Diagnostics
	if !errors.As(err, &all) {
		return err.Error()
	}
	return all.Error()
}

// The fields that are offered are those that a definition takes: the message about an unknown one lists them.
func TestDefinitionForms(t *testing.T) {
	forms := lsp.Forms()
	for head, text := range map[string]string{
		"defpage": `(defpage x :path "/" :content 1 :qqqqqqqq 1)`, "defhandler": `(defhandler x :path "/" :qqqqqqqq 1 () 1)`,
		"defaction": `(defaction x :path "/" :qqqqqqqq 1 () 1)`, "defconfig": `(defconfig :qqqqqqqq 1)`,
		"deflive": `(deflive "/x" :qqqqqqqq 1)`, "live": `(defpage x :path "/" :content 1 :live (live :every 1000 :qqqqqqqq 1))`,
		"bind": `(deflive "/x" :every 1000 (bind "a" :qqqqqqqq 1 2))`,
	} {
		m := regexp.MustCompile(`\(there are ([^)]*)\)`).FindStringSubmatch(problems(t, text))
		if m == nil {
			t.Errorf("%s: %s", head, problems(t, text))
			continue
		}
		var want []string
		for name := range strings.FieldsSeq(m[1]) {
			want = append(want, strings.TrimPrefix(name, ":"))
		}
		got := slices.Clone(forms[head])
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q are offered, it takes %q", head, got, want)
		}
	}
	// What else stands at the top of a file.
	said := problems(t, "(defqqqqqqqqqqqqqqqqq x)")
	for head := range maps.Keys(forms) {
		if head == "live" || head == "bind" {
			continue
		}
		if got := problems(t, "("+head+"z x)"); !strings.Contains(got, "did you mean "+head+"?") {
			t.Errorf("%s is no definition: %s %s", head, got, said)
		}
	}
}

func TestParameterTables(t *testing.T) {
	for _, name := range lsp.ParameterTypes {
		if got := problems(t, "(define (f (x :as "+name+")) x)"); got != "" {
			t.Errorf("%s is no type: %s", name, got)
		}
	}
	for _, name := range lsp.Annotations() {
		if got := problems(t, "(define (f (x :"+name+" 1)) x)"); strings.Contains(got, "unknown annotation") {
			t.Errorf("%s is no annotation: %s", name, got)
		}
	}
	if n := len(lsp.ParameterTypes) + len(lsp.Annotations()); n != 17 {
		t.Errorf("%d words", n)
	}
	for _, name := range lsp.Elements {
		if got := problems(t, "(defcomp ~x () ("+name+"))"); strings.Contains(got, "undefined") {
			t.Errorf("%s is no element: %s", name, got)
		}
	}
}

// Of a text that is cut off or damaged anywhere, what the loader gets can be read, and everything that was not put in is
// the text, at its place.
func TestRepair(t *testing.T) {
	files := map[string]string{}
	for _, dir := range append(examples(t), shop(t)) {
		c := &client{dir: dir}
		for name, s := range c.files() {
			files[dir+name] = s
		}
	}
	cut := func(s, damaged string) {
		t.Helper()
		fixed, original := lsp.Repaired(damaged)
		if _, err := sx.Read(sx.NewSource("x.sx", fixed), sx.Limits{}); err != nil {
			t.Errorf("%q: %v in %q", damaged, err, fixed)
		}
		last := 0
		for i := 0; i <= len(fixed); i++ {
			at := original(i)
			if at < last || at > len(damaged) {
				t.Fatalf("offset %d becomes %d after %d, of %d", i, at, last, len(damaged))
			}
			last = at
		}
		// A name that stands in the repaired text stands at its place in the other.
		for _, m := range regexp.MustCompile(`[a-z]{4,}`).FindAllStringIndex(fixed, -1) {
			if at := original(m[0]); !strings.HasPrefix(damaged[at:], fixed[m[0]:m[1]]) {
				t.Fatalf("%q is not at %d of %q", fixed[m[0]:m[1]], at, damaged)
			}
		}
	}
	for _, s := range files {
		if len(s) > 4000 {
			s = s[:4000]
		}
		for i := 0; i < len(s); i += 7 {
			cut(s, s[:i])
			for _, damage := range []string{"(", ")", "\"", "]", "{", "'", ":", "#|", ",@", "|", "#;"} {
				if i%35 == 0 {
					cut(s, s[:i]+damage+s[i:])
				}
			}
		}
	}
	for _, s := range []string{"\xff(", "(((((", ")))", "{:a", "(a . [", "\"", "#|", "'", "(a ; b", strings.Repeat("(", 20000), strings.Repeat("'", 5000) + "("} {
		cut(s, s)
	}
}

// Behind a form that had to be repaired everything is where it is.
func TestPlacesBehindARepair(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("lib.sx")
	c.set("lib.sx", "(define (broken x) (str \"é\" (list {:a (total x\n\n"+c.texts[c.uri("lib.sx")]+"(define end (total (list limit)))\n")
	var l lsp.Location
	for _, tt := range []struct{ at, want string }{
		{"(list lim|it)", "lib.sx:4:9 limit"}, {"(to|tal (list limit", "lib.sx:5:10 total"}, {"(total x|", "lib.sx:1:17 x"}, {"(+ su|m", "lib.sx:5:48 sum"},
	} {
		c.call("textDocument/definition", c.at("lib.sx", tt.at), &l)
		if got := c.where(l); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.at, got, tt.want)
		}
	}
	c.call("textDocument/definition", c.at("app.sx", "(to|tal (list"), &l)
	if got := c.where(l); got != "lib.sx:5:10 total" {
		t.Errorf("from another file: %s", got)
	}
}
