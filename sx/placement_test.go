package sx_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestChildrenWithIOPlacedTwice(t *testing.T) {
	read := &sx.Primitive{Name: "read-it", Usage: "(read-it)", Doc: "Reads.", Effects: sx.IO, F0: func(*sx.Machine) sx.Value { return sx.Nil }}
	components := `
(defcomp ~once (&rest children) (list (len children) children))
(defcomp ~twice (&rest children) (list children children))
(defcomp ~either (&key x &rest children) (if x children (list "no" children)))
(defcomp ~each (&key xs &rest inner) (map (fn (x) (list x inner)) xs))
(define (through) (read-it))
`
	for _, c := range []struct {
		call, want string
	}{
		{`(~once (read-it))`, ""},
		{`(~either :x 1 (read-it))`, ""},
		{`(~twice "pure")`, ""},
		{`(~twice (read-it))`, "~twice places its children more than once, and these reach read-it"},
		{`(~twice (str (through)))`, "reach read-it"},
		{`(~each :xs [1 2] (read-it))`, "~each places its children more than once"},
		{`(~once (~twice (read-it)))`, "~twice places"},
	} {
		prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", components+"(define (f) "+c.call+")")}, sx.WithPrimitives(read))
		if err != nil {
			t.Fatal("\n" + sx.Explain(err))
		}
		got := prog.Diagnostics().Error()
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s\n got %s\nwant %s", c.call, got, c.want)
		}
	}
}
