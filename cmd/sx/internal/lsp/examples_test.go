package lsp_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// At every place of every file of the examples there is an answer to everything that can be asked. The log of the server
// would fail the test on a panic.
func TestEveryPlaceOfTheExamples(t *testing.T) {
	for _, dir := range examples(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			c := connect(t, dir, object{})
			names, places := 0, 0
			for _, file := range slices.Sorted(maps.Keys(c.files())) {
				c.open(file)
				if got := c.diagnosed(file); len(got) != 0 {
					t.Errorf("%s: %q", file, got)
				}
				s := c.texts[c.uri(file)]
				var ids []string
				for i := range s {
					p := object{"textDocument": object{"uri": c.uri(file)}, "position": c.position(s, i)}
					for _, method := range []string{"hover", "definition", "completion", "signatureHelp", "prepareRename"} {
						// Inside a word and inside a gap all places are alike.
						if edge := i > 0 && strings.ContainsAny(s[i-1:i], " \n()") != strings.ContainsAny(s[i:i+1], " \n()"); !edge && method != "hover" {
							continue
						}
						ids = append(ids, method, c.ask("textDocument/"+method, p))
					}
					places++
					for ; len(ids) > 200 || i+1 >= len(s) && len(ids) > 0; ids = ids[2:] {
						m := c.answer(ids[1])
						if m.Error != nil && ids[0] != "prepareRename" {
							t.Fatalf("%s:%d: %s: %s", file, i, ids[0], m.Error.Message)
						}
						if ids[0] == "hover" && string(m.Result) != "null" {
							names++
						}
					}
				}
				for ; len(ids) > 0; ids = ids[2:] {
					c.answer(ids[1])
				}
			}
			if names*3 < places {
				t.Errorf("something is said at %d of %d places", names, places)
			}
		})
	}
}

// A file cut off anywhere, as while it is typed, has answers too, and takes no name from the other files.
func TestCutAnywhere(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("components/card.sx")
	c.open("app.sx")
	whole := c.texts[c.uri("components/card.sx")]
	for i := strings.Index(whole, "\n"); i < len(whole)-1; i++ {
		c.set("components/card.sx", whole[:i])
		at := object{"textDocument": object{"uri": c.uri("components/card.sx")}, "position": c.position(whole, i)}
		for _, method := range []string{"hover", "completion", "signatureHelp", "definition", "documentSymbol", "formatting"} {
			if m := c.try("textDocument/"+method, at); m.Error != nil {
				t.Errorf("%d: %s: %s", i, method, m.Error.Message)
			}
		}
		if got := c.diagnosed("components/card.sx"); len(got) == 0 {
			t.Errorf("nothing is wrong with %q", whole[:i])
		}
		if got := c.lines(c.uri("app.sx")); len(got) != 0 {
			t.Errorf("%q takes away: %q", whole[:i], got)
		}
	}
	var here any
	c.set("components/card.sx", whole)
	c.call("textDocument/definition", c.at("app.sx", "(~ca|rd :title label"), &here)
	if here == nil {
		t.Error("~card is gone")
	}
}

// Something is said of nearly every word of the examples. Keys of dicts mean what the program makes of them.
func TestWordsAreKnown(t *testing.T) {
	skipped := regexp.MustCompile(`"(\\.|[^"\\])*"|;[^\n]*|#\|[^|]*\|`)
	word := regexp.MustCompile("[^\\s()\\[\\]{}\"';,`]+")
	words, unknown := 0, []string{}
	for _, dir := range examples(t) {
		c := connect(t, dir, object{})
		for file, s := range c.files() {
			bare := skipped.ReplaceAllStringFunc(s, func(x string) string { return strings.Repeat(" ", len(x)) })
			for _, m := range word.FindAllStringIndex(bare, -1) {
				if strings.ContainsAny(s[m[0]:m[0]+1], "0123456789-&") || slices.Contains([]string{"nil", "true", "false"}, s[m[0]:m[1]]) {
					continue
				}
				words++
				r := c.try("textDocument/hover", object{"textDocument": object{"uri": c.uri(file)}, "position": c.position(s, m[0]+1)})
				if string(r.Result) == "null" {
					unknown = append(unknown, s[m[0]:m[1]])
				}
			}
		}
	}
	t.Logf("%d of %d words: %q", len(unknown), words, unknown)
	if words < 1000 || len(unknown)*20 > words {
		t.Errorf("nothing is said of %d of %d words", len(unknown), words)
	}
}
