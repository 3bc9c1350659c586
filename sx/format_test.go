package sx_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/sx/sxtest"
)

func format(t testing.TB, text string) string {
	t.Helper()
	out, err := sx.Format(sx.NewSource("t.sx", text))
	if err != nil {
		t.Fatalf("format %q: %v", text, err)
	}
	return out
}

func TestFormatGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.in.sx")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := format(t, string(in))
		sxtest.Golden(t, strings.Replace(file, ".in.sx", ".out.sx", 1), out)
		checkFormat(t, string(in))
	}
}

func TestFormatSmall(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"\n\n  \n", ""},
		{"a", "a\n"},
		{"\ufeff(a   b)\r\n\r\n\r\n(c)", "(a b)\n\n(c)\n"},
		{"(a b) (c)", "(a b)\n(c)\n"},
		{"( a\n)", "(a)\n"},
		{"(defcomp   ~a  ( &key x )\n(div    x))", "(defcomp ~a (&key x)\n  (div x))\n"},
		{"; only", "; only\n"},
		{"(a) ; after\n; own   \n(b)", "(a)  ; after\n; own\n(b)\n"},
		{"(a ; x\n)", "(a  ; x\n  )\n"},
		{"(; x\na)", "( ; x\n a)\n"},
		{"' ; why\nx", "; why\n'x\n"},
		{"#;(a  b) c", "#;(a b)\nc\n"},
		{"#;#;a  b c", "#;#;a b\nc\n"},
		{"(if a\nb\nc)", "(if a\n    b\n    c)\n"},
		{"(cond\n(a) 1 :else\n2)", "(cond\n  (a) 1\n  :else 2)\n"},
		{"(let (a 1\n b 2) a)", "(let (a 1\n      b 2)\n  a)\n"},
		{"{:a 1\n:b\n2}", "{:a 1\n :b 2}\n"},
		{"'(a b\nc d)", "'(a b\n  c d)\n"},
		{"[1 2\n3 4]", "[1 2\n 3 4]\n"},
		{"(p \"two\nlines\" x)", "(p \"two\nlines\"\n  x)\n"},
		{"(map (fn (x)\n(li x)) xs)", "(map (fn (x)\n       (li x))\n  xs)\n"},
	} {
		if got := format(t, c.in); got != c.want {
			t.Errorf("format %q\n got %q\nwant %q", c.in, got, c.want)
		}
		checkFormat(t, c.in)
	}
}

func TestFormatBrokenFile(t *testing.T) {
	_, err := sx.Format(sx.NewSource("t.sx", "(a"))
	if kindOf(err) != sx.SyntaxError {
		t.Errorf("got %v", err)
	}
}

// checkFormat holds that formatting twice is formatting once, that nothing is lost, and that lines end
// without blanks.
func checkFormat(t testing.TB, text string) {
	t.Helper()
	once := format(t, text)
	if twice := format(t, once); twice != once {
		t.Fatalf("not idempotent: %q\nonce:\n%s\ntwice:\n%s\n%s", text, once, twice, sxtest.Diff(once, twice))
	}
	if a, b := comments(text), comments(once); a != b {
		t.Fatalf("comments changed: %q\nbefore %s\nafter %s", text, a, b)
	}
	if strings.HasPrefix(once, "\n") || strings.HasSuffix(once, "\n\n") {
		t.Fatalf("blank lines at the border: %q", once)
	}
}

// comments returns all comments, sorted: those inside quote sugar move before it.
func comments(text string) string {
	var all []string
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case strings.HasPrefix(text[i:], "#|") && (i == 0 || strings.ContainsRune(" \t\n\r\f\v()[]{}\"'`,@;|", rune(text[i-1]))):
			i += 2 + strings.IndexByte(text[i+2:], '|')
		case text[i] == '#' && i+1 < len(text) && text[i+1] == ';' && (i == 0 || strings.ContainsRune(" \t\n\r\f\v()[]{}\"'`,@;|", rune(text[i-1]))):
			i++
		case text[i] == ';':
			end := i
			for end < len(text) && text[end] != '\n' && text[end] != '\r' {
				end++
			}
			all = append(all, strings.TrimRight(text[i:end], " \t\f\v"))
			i = end
		}
	}
	sort.Strings(all)
	return strings.Join(all, "\n")
}

func FuzzFormat(f *testing.F) {
	files, _ := filepath.Glob("testdata/format/*.in.sx")
	for _, file := range files {
		if in, err := os.ReadFile(file); err == nil {
			f.Add(string(in))
		}
	}
	for _, s := range []string{"(a ; b\n [c {:d 'e}] #;f \"g\nh\")", "(let (a 1 b\n2) (cond a b ; c\n c d))", "' ; a\n ; b\n #;c d", "';\n#;0;\n0", "(x '; a\n#;0 ; b\n y)", "(match x (a\n) :when b c)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := sx.Read(sx.NewSource("", text), sx.Limits{}); err != nil {
			return
		}
		checkFormat(t, text)
	})
}

// TestFormatRandom formats random programs that are wide, broken at random places and full of comments.
func TestFormatRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var b strings.Builder
		for range 1 + r.IntN(3) {
			randomSource(&b, r, 5)
			b.WriteString([]string{"\n", " ", "\n\n\n", " ; c\n"}[r.IntN(4)])
		}
		if _, err := sx.Read(sx.NewSource("", b.String()), sx.Limits{}); err != nil {
			continue // a repeated key
		}
		checkFormat(t, b.String())
	}
}

func randomSource(b *strings.Builder, r *rand.Rand, depth int) {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	space := func() {
		b.WriteString(pick(" ", " ", " ", " ", "  ", "\n", "\n", "\n\n", " ; c\n", "\n ; c\n", " #;x "))
	}
	if depth == 0 || r.IntN(3) == 0 {
		b.WriteString(pick("a", "bb", "12", `"str"`, ":key", ":k", "nil", "a-rather-long-symbol-name", `"a string that is long enough to matter for the width of lines"`, "\"two\nlines\"", "#|raw|", "'q", ":when", "名前", "else"))
		return
	}
	if r.IntN(8) == 0 {
		b.WriteString(pick("'", "`", ",", ",@", "#'"))
		if r.IntN(6) == 0 {
			space()
		}
		randomSource(b, r, depth-1)
		return
	}
	switch r.IntN(8) {
	case 0:
		b.WriteByte('{')
		for i := range r.IntN(4) {
			space()
			b.WriteString(fmt.Sprintf(":k%d", i))
			space()
			randomSource(b, r, depth-1)
		}
		b.WriteByte('}')
	case 1:
		b.WriteByte('[')
		for range r.IntN(12) {
			space()
			randomSource(b, r, depth-1)
		}
		b.WriteByte(']')
	default:
		b.WriteString("(" + pick("", " ", "\n", "; c\n") + pick("if", "let", "let*", "fn", "defcomp", "define", "cond", "case", "match", "div", "~card", "f", "and", "->", "try", "do", "when", "letrec", "defmacro", "<>", "&key", "(x)", "1", "let loop"))
		for range r.IntN(6) {
			space()
			randomSource(b, r, depth-1)
		}
		b.WriteString(pick("", "", "", " ", "\n", " ; c\n") + ")")
	}
}
