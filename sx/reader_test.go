package sx_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func read(t testing.TB, text string) []sx.Value {
	t.Helper()
	forms, err := sx.Read(sx.NewSource("t.sx", text), sx.Limits{})
	if err != nil {
		t.Fatalf("read %q: %v", text, err)
	}
	return forms
}

// outline writes data in a notation of its own, so that the reader is not tested with the serializer.
func outline(v sx.Value) string {
	switch v.Kind() {
	case sx.KindNil:
		return "nil"
	case sx.KindBool:
		return fmt.Sprint(v.Truthy())
	case sx.KindNumber:
		return fmt.Sprint("n", v.Float())
	case sx.KindString:
		return fmt.Sprintf("%q", v.Text())
	case sx.KindSymbol:
		return "<" + v.Text() + ">"
	case sx.KindKeyword:
		return "k:" + v.Text()
	case sx.KindList:
		var parts []string
		for _, item := range v.List().Items {
			parts = append(parts, outline(item))
		}
		return "(" + strings.Join(parts, " ") + ")"
	case sx.KindDict:
		var parts []string
		for i := range v.Dict().Len() {
			k, item := v.Dict().At(i)
			parts = append(parts, fmt.Sprintf("%q=%s", k, outline(item)))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return "?" + v.Kind().String()
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" \n\t\r\f; only a comment", ""},
		{"\ufeff(a)", "(<a>)"},
		{"(a b) [a b] ()", "(<a> <b>) (<a> <b>) ()"},
		{`{:a 1 "b c" (x)}`, `{"a"=n1 "b c"=(<x>)}`},
		{"{}", "{}"},
		{"'x `x ,x ,@x #'x", "(<quote> <x>) (<quasiquote> <x>) (<unquote> <x>) (<splice-unquote> <x>) (<quote> <x>)"},
		{"''x '(a 'b)", "(<quote> (<quote> <x>)) (<quote> (<a> (<quote> <b>)))"},
		{"#;a b", "<b>"},
		{"#;#;a b c", "<c>"},
		{"(a #;(b c))", "(<a>)"},
		{"'#;a b", "(<quote> <b>)"},
		{"{:a #;1 2 #;:b}", `{"a"=n2}`},
		{`#|a "raw" \n string|`, `"a \"raw\" \\n string"`},
		{"#||", `""`},
		{`"" "a\n\t\r\0\"\\z" "é\u00e9\u{1F600}\ud83d\ude00"`, `"" "a\n\t\r\x00\"\\z" "éé😀😀"`},
		{"\"two\nlines\"", `"two\nlines"`},
		{`"\\\\\\\\\"\\" x`, `"\\\\\\\\\"\\" <x>`},
		{"0 -0 007 12 -3 1.5 -0.25 1e3 1E+3 25e-1 1e-400", "n0 n-0 n7 n12 n-3 n1.5 n-0.25 n1000 n1000 n2.5 n0"},
		{"9007199254740991 -9007199254740991 9007199254740990.5", "n9.007199254740991e+15 n-9.007199254740991e+15 n9.00719925474099e+15"},
		{"123456789012345 1234567890123456", "n1.23456789012345e+14 n1.234567890123456e+15"},
		{"1(2)3\"x\"4'a 5;c\n6[7]8{}", `n1 (n2) n3 "x" n4 (<quote> <a>) n5 n6 (n7) n8 {}`},
		{"- + * / -> ->> ... <> <= != && a.b a%b %x", "<-> <+> <*> </> <->> <->>> <...> <<>> <<=> <!=> <&&> <a.b> <a%b> <%x>"},
		{"~shared:pages/suspense &key &rest a:b a# x1 _ ~ html:title dict-set!", "<~shared:pages/suspense> <&key> <&rest> <a:b> <a#> <x1> <_> <~> <html:title> <dict-set!>"},
		{"été Ünï 名前 𐐷a", "<été> <Ünï> <名前> <𐐷a>"},
		{":class :sx-get :on::after-swap :2xl ::a :é :true", "k:class k:sx-get k:on::after-swap k:2xl k::a k:é k:true"},
		{"true false nil truex nil? True", "true false nil <truex> <nil?> <True>"},
		{"(a;c\n b ; (d\n)", "(<a> <b>)"},
		{"(a;c\r b)", "(<a> <b>)"},
		{"a\"b\"c", `<a> "b" <c>`},
	} {
		var got []string
		for _, v := range read(t, c.in) {
			got = append(got, outline(v))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("read %q\n got %s\nwant %s", c.in, s, c.want)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct {
		in         string
		line, col  int
		message    string // part of it
		incomplete bool
	}{
		{"(list 1\n  (list 2 3)", 1, 1, "end of the text at 2:13", true},
		{"(list 1 2]", 1, 10, "expected ) to close the ( opened at 1:1", false},
		{"(a\n (b\n  [c}", 3, 5, "expected ] to close the [ opened at 3:3", false},
		{"(a (b", 1, 4, "unclosed (", true},
		{"{:a 1", 1, 1, "unclosed {", true},
		{"(a))", 1, 4, "unexpected )", false},
		{"'", 1, 1, "' needs a datum", true},
		{"(a ,@)", 1, 6, ",@ needs a datum", false},
		{"#;", 1, 1, "#; needs a datum", true},
		{"(a #; #;)", 1, 9, "#; needs a datum", false},
		{"é \"abc", 1, 3, "unterminated string", true},
		{`"abc\`, 1, 1, "unterminated string", true},
		{`"abc\"`, 1, 1, "unterminated string", true},
		{`"\u12`, 1, 1, "unterminated string", true},
		{`"\u{12`, 1, 1, "unterminated string", true},
		{"#|abc", 1, 1, "unterminated raw string", true},
		{`"a\q"`, 1, 3, `unknown escape \q`, false},
		{`"a\u12"`, 1, 3, "four hexadecimal digits", false},
		{`"\ud83d"`, 1, 2, "lone surrogate", false},
		{`"\ud83d\u0041"`, 1, 2, "lone surrogate", false},
		{`"\ude00\ud83d"`, 1, 2, "lone surrogate", false},
		{`"\u{d83d}"`, 1, 2, "lone surrogate", false},
		{`"\u{110000}"`, 1, 2, "U+10FFFF", false},
		{`"\u{fffffffffffffffff}"`, 1, 2, "U+10FFFF", false},
		{`"\u{}"`, 1, 2, "hexadecimal", false},
		{"12abc", 1, 1, "bad number 12abc", false},
		{"0x10", 1, 1, "bad number 0x10", false},
		{"1_000", 1, 1, "bad number", false},
		{"(f 1.)", 1, 4, "a digit must follow the point", false},
		{"1.5.2", 1, 1, "bad number 1.5.2", false},
		{"1e", 1, 1, "exponent", false},
		{"1e+x", 1, 1, "exponent", false},
		{".5", 1, 1, "write 0.5", false},
		{"-.5", 1, 1, "write -0.5", false},
		{"+1", 1, 1, "write 1", false},
		{"+.5", 1, 1, "write 0.5", false},
		{"-5a", 1, 1, "bad number -5a", false},
		{"90071992547409920", 1, 1, "out of range", false},
		{"9007199254740992", 1, 1, "out of range", false},
		{"1e400", 1, 1, "out of range", false},
		{"(a : b)", 1, 4, "a keyword needs a name", false},
		{"{a 1}", 1, 2, "a dict key must be a keyword or a string, found the symbol a", false},
		{"{'a 1}", 1, 2, "a dict key must be", false},
		{"{:a 1 :b}", 1, 7, "the dict key :b has no value", false},
		{`{:a 1 "a" 2}`, 1, 7, `duplicate dict key "a"`, false},
		{"#x", 1, 1, "unexpected #", false},
		{"#<lambda f>", 1, 1, "cannot be read back", false},
		{"a\x00", 1, 2, "unexpected character U+0000", false},
		{"a\u00a0b", 1, 2, "unexpected character U+00A0; use an ordinary blank", false},
		{"“a”", 1, 1, `a string is written with "`, false},
		{"(a\n \xff)", 2, 2, "invalid UTF-8: byte 0xff", false},
		{"\"\xed\xa0\x80\"", 1, 2, "invalid UTF-8", false},
		{"\tä (b]", 1, 6, "expected )", false},
		{"\ufeff)", 1, 1, "unexpected )", false},
		{"a\r)", 2, 1, "unexpected )", false},
		{"a\r\n)", 2, 1, "unexpected )", false},
	} {
		_, err := sx.Read(sx.NewSource("t.sx", c.in), sx.Limits{})
		var e *sx.Error
		if !errors.As(err, &e) {
			t.Errorf("read %q: no error", c.in)
			continue
		}
		if e.Kind != sx.SyntaxError || e.Pos.Line != c.line || e.Pos.Col != c.col || !strings.Contains(e.Message, c.message) {
			t.Errorf("read %q\n got %s\nwant %d:%d … %s", c.in, e, c.line, c.col, c.message)
		}
		if sx.IsIncomplete(err) != c.incomplete {
			t.Errorf("read %q: incomplete = %v", c.in, !c.incomplete)
		}
	}
}

func TestReadNesting(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("(", n) + strings.Repeat(")", n) }
	read(t, deep(500))
	for _, text := range []string{deep(501), strings.Repeat("'", 501) + "a", strings.Repeat("#;", 501) + strings.Repeat("a ", 502), strings.Repeat("{:a ", 501)} {
		_, err := sx.Read(sx.NewSource("t.sx", text), sx.Limits{})
		if err == nil || !strings.Contains(err.Error(), "nested too deeply: more than 500 levels") {
			t.Errorf("read %.20q…: %v", text, err)
		}
	}
	if _, err := sx.Read(sx.NewSource("t.sx", deep(4)), sx.Limits{Nesting: 3}); err == nil {
		t.Error("a limit of 3 takes 4 levels")
	}
	_, err := sx.Read(sx.NewSource("t.sx", strings.Repeat("(", 1<<20)), sx.Limits{Nesting: -1})
	if err == nil {
		t.Error("a million open brackets were read")
	}
}

func TestUnclosedFormPointsAtTheMargin(t *testing.T) {
	_, err := sx.Read(sx.NewSource("t.sx", "(defcomp ~a ()\n  (div (p \"x\"))\n\n(defcomp ~b ()\n  (p \"y\"))\n"), sx.Limits{})
	var e *sx.Error
	if !errors.As(err, &e) || e.Pos.Line != 1 {
		t.Fatalf("got %v", err)
	}
	for _, n := range e.Notes {
		if strings.Contains(n.Message, "may belong before") && n.Pos.Line == 4 && n.Pos.Col == 1 {
			return
		}
	}
	t.Errorf("no note about line 4: %v", e.Notes)
}

func TestReadKeepsListsApart(t *testing.T) {
	forms := read(t, "(1 2) (3 4)")
	l := forms[0].List()
	l.Items = append(l.Items, sx.Int(9))
	if got := outline(forms[1]); got != "(n3 n4)" {
		t.Errorf("appending to the first list changed the second: %s", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"(a [b] {:c 'd} ,@e)", `"a\u{1F600}\ud83d\ude00"`, "#;#;a b", "#|x|", "-1.5e-7 +1 .5 12a", "\ufeff; c\n(", "(a]", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := sx.Read(sx.NewSource("t.sx", text), sx.Limits{})
		var e *sx.Error
		if err != nil && (!errors.As(err, &e) || e.Kind != sx.SyntaxError || e.Pos.Line < 1 || e.Pos.Col < 1 || e.Pos.Offset > len(text) || e.End < e.Pos.Offset) {
			t.Fatalf("read %q: bad error %#v", text, err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat(`(defcomp ~card (&key title (subtitle :as string) (tone :default "plain") &rest children)
  "One line of documentation."   ; a comment
  (section :class (str "card " tone)
    (h2 title)
    (when subtitle (p :id "sub" subtitle))
    (ul (map (fn (x) (li {:a 1.5 :b -12} x)) (list 1 2 3)))
    children))
`, 500)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sx.Read(sx.NewSource("b.sx", text), sx.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestReadMemory holds that no text costs more than a bounded multiple of its size: data take 32 bytes a byte at
// most, and reading them no more than as much again. What is denser is refused, once it is long.
func TestReadMemory(t *testing.T) {
	const size = 1 << 20
	for _, c := range []struct {
		unit    string
		refused bool
	}{
		{"a ", false}, {"1 ", false}, {"a b c d e f g h ", false}, {`"\n"`, false}, {`"a" `, false}, {"#;a ", false}, {":a ", false},
		{`(p "x") `, false}, {"[0 1] ", false}, {"(a) ", false}, {"{:a 1} ", false}, {"(define (f x) (+ x 1))\n", false},
		{"()", true}, {"'a", true}, {"{}", true}, {",@a", true}, {"((((()))))", true}, {"''a", true}, {"[[[]]]", true},
	} {
		for _, wrap := range []string{"", "(list "} {
			text := wrap + strings.Repeat(c.unit, size/len(c.unit))
			if wrap != "" {
				text += ")"
			}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			forms, err := sx.Read(sx.NewSource("t.sx", text), sx.Limits{})
			runtime.ReadMemStats(&after)
			all := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(text))
			runtime.GC()
			runtime.ReadMemStats(&after)
			live := (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(len(text))
			t.Logf("%s%-24q %5.1f bytes allocated per byte, %5.1f kept", wrap, c.unit, all, live)
			if live > 36 || all > 72 {
				t.Errorf("reading %s%s… allocates %.1f bytes per byte and keeps %.1f", wrap, c.unit, all, live)
			}
			var e *sx.Error
			if refused := errors.As(err, &e); refused != c.refused || refused && (e.Kind != sx.SyntaxError || !strings.Contains(e.Message, "too many forms")) {
				t.Errorf("reading %s%s…: %v", wrap, c.unit, err)
			}
			runtime.KeepAlive(forms)
			if c.refused { // a short text may be as dense as it likes
				read(t, text[:len(wrap)]+strings.Repeat(c.unit, 10_000/len(c.unit))+strings.Repeat(")", len(wrap)/6))
			}
		}
	}
}
