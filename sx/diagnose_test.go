package sx_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func readError(t *testing.T, name, text string) error {
	t.Helper()
	_, err := sx.Read(sx.NewSource(name, text), sx.Limits{})
	if err == nil {
		t.Fatalf("%q was read", text)
	}
	return err
}

func TestExplain(t *testing.T) {
	long := strings.Repeat("x ", 200)
	for _, c := range []struct{ name, text, want string }{
		{"caret", "(a\n  (b 12abc))", `
f.sx:2:6: bad number 12abc: a blank or bracket must follow a number, and a symbol does not start with a digit
    2 |   (b 12abc))
      |      ^^^^^
`},
		{"tabs", "\t(a\té 1x)", `
f.sx:1:7: bad number 1x: a blank or bracket must follow a number, and a symbol does not start with a digit
    1 | 	(a	é 1x)
      | 	  	  ^^
`},
		{"notes", "(a\n [b\n)", `
f.sx:3:1: unexpected ): expected ] to close the [ opened at 2:2
    3 | )
      | ^
   the [ was opened at f.sx:2:2
`},
		{"unclosed", "(defcomp ~a ()\n  (p \"x\")\n(defcomp ~b ())\n", `
f.sx:1:1: unclosed (: expected ) before the end of the text at 4:1
    1 | (defcomp ~a ()
      | ^
   the text ends at f.sx:4:1
   the missing bracket may belong before the definition at f.sx:3:1
`},
		{"wide", "(名前 1x)", `
f.sx:1:5: bad number 1x: a blank or bracket must follow a number, and a symbol does not start with a digit
    1 | (名前 1x)
      |       ^^
`},
		{"control", "(a \x1b[31m)", `
f.sx:1:4: unexpected character U+001B
    1 | (a �[31m)
      |    ^
`},
		{"bom", "\ufeff1x", `
f.sx:1:1: bad number 1x: a blank or bracket must follow a number, and a symbol does not start with a digit
    1 | 1x
      | ^^
`},
		{"long line", long + "1x " + long, `
f.sx:1:401: bad number 1x: a blank or bracket must follow a number, and a symbol does not start with a digit
    1 | …` + strings.Repeat("x ", 40) + "1x " + strings.Repeat("x ", 39)[:77] + `…
      | ` + strings.Repeat(" ", 81) + `^^
`},
	} {
		got := sx.Explain(readError(t, "f.sx", c.text))
		if want := c.want[1:]; got != want {
			t.Errorf("%s:\n got\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

func TestExplainFrames(t *testing.T) {
	e := &sx.Error{
		Kind: sx.KeywordError, Message: "~card: unknown keyword :titel (did you mean :title?)",
		Pos:    sx.Pos{File: "pages/home.sx", Line: 9, Col: 12, Offset: 100},
		Notes:  []sx.Note{{Message: "~card is defined", Pos: sx.Pos{File: "components/card.sx", Line: 3, Col: 1}}},
		Frames: []sx.CallFrame{{Name: "~layouts/main", Pos: sx.Pos{File: "layouts.sx", Line: 8, Col: 3}}, {Name: "page home"}},
	}
	want := `pages/home.sx:9:12: ~card: unknown keyword :titel (did you mean :title?)
   ~card is defined at components/card.sx:3:1
   in ~layouts/main at layouts.sx:8:3
   in page home
`
	if got := sx.Explain(fmt.Errorf("while rendering: %w", e)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	w := &sx.Error{Kind: sx.WarningKind, Message: "unused\nparameter", Warning: true}
	both := sx.Explain(errors.Join(sx.Diagnostics{e, w}, errors.New("plain")))
	if both != want+"warning: unused\n    parameter\nplain\n" {
		t.Errorf("got\n%s", both)
	}
	if sx.Explain(nil) != "" {
		t.Error("nil explains to text")
	}
	for range 100 {
		e.Frames = append(e.Frames, sx.CallFrame{Name: "~loop"})
	}
	if got := sx.Explain(e); !strings.HasSuffix(got, "   in ~loop\n   … and 78 more\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestExplainJSON(t *testing.T) {
	var got []map[string]any
	if err := json.Unmarshal(sx.ExplainJSON(readError(t, "f.sx", "é (a]")), &got); err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	want := map[string]any{"severity": "error", "kind": "syntax", "file": "f.sx", "line": 1.0, "col": 5.0, "offset": 5.0, "end": 6.0}
	for k, v := range want {
		if got[0][k] != v {
			t.Errorf("%s = %v, want %v", k, got[0][k], v)
		}
	}
	if s := string(sx.ExplainJSON(nil)); s != "[]" {
		t.Errorf("nil gives %s", s)
	}
}
