package sx_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestFormatNumber(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {3, "3"}, {-3, "-3"}, {0.1, "0.1"}, {1e-7, "1e-7"}, {1e-6, "0.000001"},
		{1.5e-10, "1.5e-10"}, {123456.789, "123456.789"}, {9007199254740991, "9007199254740991"}, {1e20, "100000000000000000000"},
		{123456789012345680000, "123456789012345680000"}, {1e21, "1e+21"}, {1.5e300, "1.5e+300"}, {5e-324, "5e-324"}, {-1e-9, "-1e-9"}, {2.5, "2.5"},
		{1.0 / 3, "0.3333333333333333"}, {0.30000000000000004, "0.30000000000000004"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {math.NaN(), "NaN"},
		{2251799813685248.5, "2251799813685248.5"}, {-1e21, "-1e+21"}, {1e-100, "1e-100"},
	} {
		if got := sx.FormatNumber(c.f); got != c.want {
			t.Errorf("FormatNumber(%g) = %s, want %s", c.f, got, c.want)
		}
	}
}

func TestSerialize(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`'(a :k 1.5 "s" (nested ()))`, `(quote (a :k 1.5 "s" (nested ())))`},
		{"[a b]", "(a b)"},
		{`{:n 5 "two words" nil}`, `{:n 5 "two words" nil}`},
		{`{"" 1 "2xl" 2 "-1" 3 "-" 4 ".5" 5 "a:b" 6 "+.5" 7 "é" 8 "a b" 9 "…" 10 "+" 11 ":a" 12 "#a" 13}`,
			`{"" 1 "2xl" 2 "-1" 3 :- 4 ".5" 5 :a:b 6 "+.5" 7 :é 8 "a b" 9 "…" 10 :+ 11 ":a" 12 "#a" 13}`},
		{"{:z 1 :a {:c 2 :b 3}}", "{:z 1 :a {:c 2 :b 3}}"},
		{`"\n\t\r\0\"\\\u0001\u{7f}é😀` + "\u2028" + `"`, `"\n\t\r\0\"\\\u0001` + "\u007fé😀\u2028" + `"`},
		{"`(a ,b ,@c)", "(quasiquote (a (unquote b) (splice-unquote c)))"},
		{"#|raw \"x\"|", `"raw \"x\""`},
		{"(true false nil -0 1e2 1e-8)", "(true false nil 0 100 1e-8)"},
		{"(() {} [])", "(() {} ())"},
	} {
		if got := sx.Serialize(read(t, c.in)[0]); got != c.want {
			t.Errorf("serialize %s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
	if got, want := sx.CanonicalSerialize(read(t, `{:z 1 "a b" 4 :é 0 :a {:c 2 :b 3}}`)[0]), `{:a {:b 3 :c 2} "a b" 4 :z 1 :é 0}`; got != want {
		t.Errorf("canonical: got %s, want %s", got, want)
	}
}

func TestSerializeMarkup(t *testing.T) {
	d := sx.NewDict(1)
	d.Set("class", sx.String("x"))
	l := sx.ListOf(sx.NewList(
		sx.ElementOf(&sx.Element{Markup: `<p class="a">`}),
		sx.ElementOf(&sx.Element{Markup: `(p "x")`, Wire: true}),
		sx.SpreadOf(d),
		sx.PrimitiveOf(&sx.Primitive{Name: "inc"}),
		sx.OpaqueOf(&sx.Opaque{Type: "url", Text: "/x"}),
		sx.Symbol("not one"), sx.Keyword(""),
	))
	want := `((raw! "<p class=\"a\">") (p "x") (make-spread {:class "x"}) #<primitive inc> #<url /x> #<symbol not one> #<keyword>)`
	if got := sx.Serialize(l); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func cyclic() sx.Value {
	l := sx.NewList(sx.Int(1))
	d := sx.NewDict(1)
	d.Set("l", sx.ListOf(l))
	l.Items = append(l.Items, sx.DictOf(d), sx.DictOf(d))
	return sx.ListOf(l)
}

func nested(n int) sx.Value {
	v := sx.Int(1)
	for range n {
		v = sx.ListOf(sx.NewList(v))
	}
	return v
}

// doubled is a list of two lists of two lists …, all the same: small in memory, huge as text.
func doubled(n int) sx.Value {
	v := sx.Int(1)
	for range n {
		v = sx.ListOf(sx.NewList(v, v))
	}
	return v
}

func TestSerializeBounds(t *testing.T) {
	if got, want := sx.Serialize(cyclic()), "(1 {:l #<cycle>} {:l #<cycle>})"; got != want {
		t.Errorf("cyclic: got %.100s, want %s", got, want)
	}
	if _, err := sx.SerializeLimited(cyclic(), 1000); kindOf(err) != sx.TypeError {
		t.Errorf("cyclic: %v", err)
	}
	if got := sx.Serialize(nested(100_000)); len(got) != 200_001 {
		t.Errorf("deep: %d bytes", len(got))
	}
	if _, err := sx.SerializeLimited(doubled(60), 1000); kindOf(err) != sx.LimitError {
		t.Errorf("doubled: %v", err)
	}
	if _, err := sx.SerializeLimited(sx.String(strings.Repeat("x", 1001)), 1000); kindOf(err) != sx.LimitError {
		t.Errorf("long string: %v", err)
	}
	if got, err := sx.SerializeLimited(nested(10), 1000); err != nil || got != "((((((((((1))))))))))" {
		t.Errorf("nested: %q %v", got, err)
	}
	if got := sx.Serialize(sx.ListOf(sx.NewList(sx.String(strings.Repeat("x", 70<<20)), sx.Int(1)))); len(got) > 65<<20 || !strings.HasSuffix(got, "#<cut>") {
		t.Errorf("doubled: %d bytes", len(got))
	}
}

func kindOf(err error) sx.ErrorKind {
	var e *sx.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func TestScriptEscape(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`(p "a < b")`, `(p "a < b")`},
		{`(p "</script><!-- \"</p>")`, `(p "<\u002fscript><\u0021-- \"<\u002fp>")`},
		{"(p \"a\u2028b\u2029\")", `(p "a\u2028b\u2029")`},
		{`(quote </script>)`, `(quote <_/script>)`},
		{`(quote <!--)`, `(quote <_!--)`},
		{`(p #|</p>"|)`, `(p "<\u002fp>\"")`},
		{"a ; </script> \"\n\"</x\"", "a ; <_/script> \"\n\"<\\u002fx\""},
		{`"</` + "\\", `"<\u002f` + "\\"},
	} {
		if got := sx.ScriptEscape(c.in); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

func FuzzScriptEscape(f *testing.F) {
	f.Add(`(p "</script><!--" #|</p>| </x) ; </`)
	f.Fuzz(func(t *testing.T, wire string) {
		before, err := sx.Read(sx.NewSource("", wire), sx.Limits{})
		got := sx.ScriptEscape(wire)
		for _, bad := range []string{"</", "<!--", "\u2028", "\u2029"} {
			if strings.Contains(got, bad) {
				t.Fatalf("%q gives %q", wire, got)
			}
		}
		if err != nil {
			return
		}
		after, err := sx.Read(sx.NewSource("", got), sx.Limits{})
		if err != nil || len(after) != len(before) {
			t.Fatalf("%q gives %q: %d data became %d, %v", wire, got, len(before), len(after), err)
		}
	})
}

// FuzzSerialize holds that what is written reads back equal, in both orders of keys.
func FuzzSerialize(f *testing.F) {
	for _, s := range []string{`(a :b "c\n" 1e-7 {:k 'v "x y" nil "true" 1} [] {} -.a)`, `{"nil" 1 "-5" 2 "é" 3}`, "- + ... :2 :: -a +a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		forms, err := sx.Read(sx.NewSource("", text), sx.Limits{})
		if err != nil {
			return
		}
		for _, v := range forms {
			for _, out := range []string{sx.Serialize(v), sx.CanonicalSerialize(v)} {
				if strings.ContainsAny(out, "\n\r") {
					t.Fatalf("%q: more than one line: %q", text, out)
				}
				back, err := sx.Read(sx.NewSource("", out), sx.Limits{Nesting: 1000})
				if err != nil || len(back) != 1 || !sx.Equal(back[0], v) {
					t.Fatalf("%q is written %q, which reads as %v, %v", text, out, back, err)
				}
			}
		}
	})
}
