package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/sx-framework/sxgo/render"
)

type escapeVector struct {
	Context, Name, In, Out string
	Tag, Attr              string
	Literal, Allowed       bool
}

func escapeVectors(t testing.TB) []escapeVector {
	data, err := os.ReadFile("testdata/vectors/escape.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var vs []escapeVector
	if err := dec.Decode(&vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

// TestEscapeVectors runs the cases that the browser runs too.
func TestEscapeVectors(t *testing.T) {
	for _, v := range escapeVectors(t) {
		t.Run(v.Context+"/"+v.Name, func(t *testing.T) {
			var got string
			switch v.Context {
			case "text":
				got = render.Escape(v.In)
			case "url":
				got = render.SafeURL(v.Tag, v.Attr, v.In, v.Literal)
			case "refresh":
				got = render.SafeRefresh(v.In)
			case "animate":
				got = render.SafeAnimate(v.In)
			case "style":
				got = render.Declarations(v.In)
			case "comment":
				got = render.Comment(v.In)
			case "json":
				got = render.ScriptString(v.In)
			case "name":
				if ok := render.AttrFromData(v.In); ok != v.Allowed {
					t.Fatalf("allowed: got %v, want %v", ok, v.Allowed)
				}
				return
			default:
				t.Fatalf("unknown context %q", v.Context)
			}
			if got != v.Out {
				t.Errorf("%q\n got %q\nwant %q", v.In, got, v.Out)
			}
		})
	}
}

// slowEscape is the specification that appendEscaped is held against.
func slowEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "\x00", "\uFFFD").
		Replace(toValid(s))
}

// toValid puts U+FFFD for each byte that is not part of valid UTF-8.
func toValid(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

func TestEscapeInvalidUTF8(t *testing.T) {
	for _, s := range []string{"\xff", "a\xc0\xafb", "\xed\xa0\x80", "\xe2\x82", "ok \xf0\x9f\x98", "\xf4\x90\x80\x80", strings.Repeat("\x80", 100), "é\xc3"} {
		if got, want := render.Escape(s), slowEscape(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

// TestEscapePositions puts each special byte at each offset of words of each length.
func TestEscapePositions(t *testing.T) {
	for n := range 40 {
		for at := range n {
			for _, c := range []string{"<", "&", ">", `"`, "'", "\x00", "#", "é", "€", "\xff", "😀", "\x01", "\x7f"} {
				s := strings.Repeat("x", at) + c + strings.Repeat("y", n-at-1)
				if got, want := render.Escape(s), slowEscape(s); got != want {
					t.Fatalf("%q: got %q, want %q", s, got, want)
				}
			}
		}
	}
	for _, c := range []string{"<", "\x00", "\xff", "'"} {
		s := strings.Repeat(c, 5000)
		if got, want := render.Escape(s), slowEscape(s); got != want {
			t.Errorf("5000 of %q differ", c)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, v := range escapeVectors(f) {
		f.Add(v.In)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := render.Escape(s)
		if want := slowEscape(s); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		// As an attribute and as text it parses back to itself, and makes nothing else.
		doc, err := html.Parse(strings.NewReader(`<p title="` + got + `">` + got + `</p>`))
		if err != nil {
			t.Fatal(err)
		}
		p := doc.FirstChild.LastChild.FirstChild
		if p == nil || p.Data != "p" || len(p.Attr) != 1 || p.NextSibling != nil {
			t.Fatalf("%q changes the tree", s)
		}
		want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ReplaceAll(toValid(s), "\x00", "\uFFFD"))
		if p.Attr[0].Val != want {
			t.Fatalf("attribute: got %q, want %q", p.Attr[0].Val, want)
		}
		if c := p.FirstChild; c != nil && (c.Type != html.TextNode || c.NextSibling != nil || c.Data != want) {
			t.Fatalf("text: got %q, want %q", c.Data, want)
		}
	})
}

// FuzzURL holds that what is let through is harmless to a strict reading of the URL standard.
func FuzzURL(f *testing.F) {
	for _, v := range escapeVectors(f) {
		if v.Context == "url" {
			f.Add(v.In)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := render.SafeURL("a", "href", s, false)
		// As WHATWG URL reads it.
		low := strings.ToLower(strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' {
				return -1
			}
			return r
		}, strings.TrimLeftFunc(got, func(r rune) bool { return r <= 0x20 })))
		for _, bad := range []string{"javascript:", "data:", "vbscript:", "blob:", "file:"} {
			if strings.HasPrefix(low, bad) {
				t.Fatalf("%q came through as %q", s, got)
			}
		}
	})
}

func TestWireForms(t *testing.T) {
	for _, c := range [][2]string{
		{"", "(<>)"}, {` "a"`, `"a"`}, {` (p "(" "\")")`, `(p "(" "\")")`}, {` "a" "b"`, `(<> "a" "b")`},
		{` (p) (p)`, `(<> (p) (p))`}, {` 12`, `12`}, {` nil 1`, `(<> nil 1)`}, {` {:a (b)}`, `{:a (b)}`},
	} {
		if got := render.OneForm(c[0]); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
	if got, want := render.WireString("a\"\\\n\x00</script>\u2028\xff"), `"a\"\\\n`+"\uFFFD"+`</script>\u2028`+"\uFFFD"+`"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
