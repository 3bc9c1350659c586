package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// nestable are elements that hold others; documents have html, head and body of their own.
const nestable = `a address article aside b blockquote button caption cite code colgroup data datalist dd del details dfn dialog div dl dt em
	fieldset figcaption figure footer form h1 h2 header hgroup i ins kbd label legend li main map mark menu meter nav ol optgroup option
	output p picture pre progress q rp rt ruby s samp search section select slot small span strong sub summary sup svg table tbody td template
	tfoot th thead time tr u ul var video my-element center nobr`

// TestNesting puts each element into each other one, directly, further in, and as a component's child: where a program
// loads without a warning the server's HTML as the browser parses it and the DOM of the client are one tree.
func TestNesting(t *testing.T) {
	ctx := language(t)
	names := strings.Fields(nestable)
	var clean, warned []page
	add := func(src string) {
		p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", src)}, render.Options()...)
		if err != nil {
			return
		}
		x := renderGo(src)
		if strings.Contains(p.Diagnostics().Error(), "parser of HTML") {
			warned = append(warned, x)
		} else {
			clean = append(clean, x)
		}
	}
	for i, outer := range names {
		for j, inner := range append(names, "hr", "br", "input", "img", "circle", "text") {
			add(fmt.Sprintf(`(defcomp ~page () (div (%s (%s "x"))))`, outer, inner))
			switch (i + j) % 8 { // a part of all, for the time it takes
			case 0:
				add(fmt.Sprintf(`(defcomp ~page () (div (%s (span (%s "x")))))`, outer, inner))
			case 1:
				add(fmt.Sprintf(`(defcomp ~page () (div (%s (div (%s "x")))))`, outer, inner))
			case 2:
				add(fmt.Sprintf(`(defcomp ~w (&rest children) (%s children)) (defcomp ~page () (<> (~w (%s "x"))))`, outer, inner))
			case 3:
				add(fmt.Sprintf(`(defcomp ~x () (<> (%s "x"))) (defcomp ~w (&rest children) (%s (i children))) (defcomp ~page () (div (~w (~x))))`, inner, outer))
			}
		}
	}
	t.Logf("%d programs without a warning, %d with", len(clean), len(warned))
	if len(clean) < 5000 || len(warned) < 1000 {
		t.Error("too few of one kind")
	}
	compareTrees(t, ctx, clean, nil)
	// What is warned of differs indeed, but for a few that only differ within something else.
	same := 0
	for i, diff := range ask[[]string](t, ctx, "trees", warned[:500]) {
		if diff == "" {
			same++
			t.Log("one tree all the same: ", warned[i].Src)
		}
	}
	if same > 20 {
		t.Errorf("%d of 500 programs with a warning are one tree all the same", same)
	}
}
