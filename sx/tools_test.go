package sx_test

import (
	"errors"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// Tools such as editors look at programs that are being written: one file does not read, another has a mistake, and
// what is right is known all the same.
func TestBrokenProgramsCanBeLookedAt(t *testing.T) {
	prog, err := sx.LoadSources([]*sx.Source{
		sx.NewSource("open.sx", "(defcomp ~never (&key a)\n  (p a)"),
		sx.NewSource("wrong.sx", "(define (wrong x) (+ x nme))\n(defcomp ~unused (&key title) nil)"),
		sx.NewSource("right.sx", "; says hello\n(define (greet name) \"Greets.\" (str \"hello \" name))\n(defcomp ~card (&key (title :required)) \"A card.\" title)"),
	})
	var found sx.Diagnostics
	if !errors.As(err, &found) || prog == nil {
		t.Fatalf("got %v, %v", prog, err)
	}
	if len(found.Errors()) != 2 || found[0].Kind != sx.SyntaxError || found[0].Pos.File != "open.sx" || found[1].Kind != sx.UndefinedError || found[1].Pos.Line != 1 || found[1].Pos.Col != 24 {
		t.Errorf("diagnostics:\n%v", found)
	}
	if all := prog.Diagnostics(); len(all) != 3 || !all[2].Warning {
		t.Errorf("the warning is missing:\n%v", all)
	}
	names := map[string]*sx.Def{}
	for _, d := range prog.Definitions() {
		names[d.Name] = d
	}
	if d := names["~card"]; d == nil || d.Doc != "A card." || d.File != "right.sx" || d.Site.Pos().Line != 3 {
		t.Errorf("~card: %+v", d)
	}
	if names["wrong"] == nil || names["greet"] == nil || names["~never"] != nil {
		t.Errorf("definitions: %v", names)
	}
	if c, ok := prog.Component("~card"); !ok || len(c.Params()) != 1 || c.Params()[0] != "title" {
		t.Errorf("the parameters of ~card: %v", ok)
	}
	// What reads can be formatted, whatever else is wrong with it.
	if text, err := sx.Format(sx.NewSource("wrong.sx", "(define  (wrong x)   (+ x nme))")); err != nil || text != "(define (wrong x) (+ x nme))\n" {
		t.Errorf("format: %q, %v", text, err)
	}
}
