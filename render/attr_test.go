package render_test

import (
	"context"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

func TestDictsBecomeJSONInDataAndSXAttributes(t *testing.T) {
	got := page(t, `(div :data-x {:a "<\""} :sx-vals {:id 1 :on (list true nil)})`)
	want := `<div data-x="{&quot;a&quot;:&quot;&lt;\&quot;&quot;}" sx-vals="{&quot;id&quot;:1,&quot;on&quot;:[true,null]}"></div>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := tryHTML(`(div :title {:a 1})`); err == nil {
		t.Error("a dict as a title is accepted")
	}
}

// TestClassListsEnd holds that lists which contain themselves, or the same list many times, are an error and no crash.
func TestClassListsEnd(t *testing.T) {
	for text, want := range map[string]string{
		`(let ((l (list))) (append! l l) (div :class l))`:                                    "recursion too deep",
		`(let ((l (list))) (append! l l) (div (make-spread {:class l})))`:                    "recursion too deep",
		`(let loop ((i 0) (l ["a"])) (if (< i 60) (loop (inc i) [l l]) (div :class l)))`:     "step limit exceeded",
		`(let ((s (repeat-string "a" 1e5))) (div :class (map (fn (i) s) (range 100))))`:      "string too long",
		`(let ((l (list "b" nil))) (div :class (list "a" l (list l (list "c") {:d true}))))`: "",
	} {
		opts := append(render.Options(), sx.WithMain("markup"), sx.WithLimits(sx.Limits{Steps: 2e6, Depth: 500, String: 1 << 20}))
		prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("c.sx", text)}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		err = render.New(prog).Value(context.Background(), &b, prog.MainLambda())
		switch {
		case want == "" && (err != nil || b.String() != `<div class="a b b c d"></div>`):
			t.Errorf("%s: got %q, %v", text, b.String(), err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
