package render_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// everyContext is a page with a hole in each context that data can reach.
const everyContext = `
(defcomp ~spread (&key x) (make-spread {:data-s x :title x}))
(defcomp ~page (&key x y)
  (<> (!doctype)
  (html (head (title x) (meta :name "description" :content x) (meta :http-equiv "refresh" :content x)
      (style "p > b { color: red }") (script "let data = " (json {:v x :l (list x y)}) ";") (link :rel "stylesheet" :href x)
      (script :src x) (base :href x))
    (body :class (list "a" x) :style {:color "red" :width x :background x}
      (html-comment x)
      (p :title x :id x :data-x x :aria-label x x)
      (p :class x "k") (p :class {"on" x} x y) (p :class (str "c-" x) (str "<" x ">"))
      (p :style (str "color:red;" x) "style")
      (a :href x x) (a :href (str "/u/" x) :ping x x) (a :href (str "https://h/?q=" x) x)
      (img :src x :srcset x :alt x) (video :poster x) (audio :src x) (iframe :src x :srcdoc x) (object :data x) (embed :src x)
      (form :action x (input :type "text" :value x :placeholder x :checked x) (button :formaction x x)
        (textarea x) (select (option :value x :selected x x)))
      (div :sx-get x :data-sx-live x x) (blockquote :cite x x)
      (svg (a :xlink:href x (animate :attributeName "href" :to x :values x)) (text :x x x) (html:title x))
      (math (mi x))
      (table (tbody (map (fn (i) (tr (td i) (td :title i i))) (list x y x))))
      (pre x) (~spread :x x) (span (~spread :x x) x) (my-element :attr x x)
      (let ((s (make-spread {:class x :data-q x}))) (em :class "e" s x))
      (ul (map (fn (i) (li i)) (list x (list x y) nil true)))
      (noscript x) (template (p x))))))`

// nasty are pieces that random data are made of.
var nasty = []string{
	"<", ">", "&", `"`, "'", "`", "=", "/", "\\", ";", "{", "}", "(", ")", "<!--", "-->", "--", "--!>", "]]>", "<![CDATA[", "</script", "</style>",
	"</textarea>", "</title>", "</template>", "</noscript>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\" onclick=\"x", "' onclick='x",
	"javascript:alert(1)", "JaVa\tScRiPt:", "data:text/html,<b>", "vbscript:x", "url(javascript:x)", "expression(1)", "/*", "*/", "\x00", "\xff", "\xed\xa0\x80",
	" ", "\n", "\r", "\t", "\u2028", "\u00a0", "é", "漢", "😀", "&lt;", "&#60;", "&quot", "0;url=", "//evil", "http://", "mailto:", "#", "?", ",", "1x", "%3Cscript%3E", "on", "x",
	"</p>", "</div><svg onload=x>", "<?start name=\"x\">", "<?end>", "<plaintext>", "</body>", "<math><mtext></p><style><img src=x onerror=x>",
}

func nastyString(rnd *rand.Rand) string {
	var b strings.Builder
	for range 1 + rnd.IntN(8) {
		if rnd.IntN(6) == 0 {
			b.WriteByte(byte(rnd.IntN(256)))
		} else {
			b.WriteString(nasty[rnd.IntN(len(nasty))])
		}
	}
	return b.String()
}

// shape prints the elements and attribute names of a parsed page, and checks the values that must be safe.
func shape(t *testing.T, page, data string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		switch n.Type {
		case html.ElementNode:
			var names []string
			for _, a := range n.Attr {
				names = append(names, a.Key)
				checkAttr(t, n.Data, a, data)
			}
			slices.Sort(names)
			fmt.Fprintf(&b, "%*s%s %v\n", depth, "", n.Data, names)
			if n.Data == "script" && n.FirstChild != nil {
				checkScript(t, n.FirstChild.Data, data)
			}
		case html.CommentNode:
			fmt.Fprintf(&b, "%*s<!-- -->\n", depth, "")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(doc, 0)
	return b.String()
}

func checkAttr(t *testing.T, tag string, a html.Attribute, data string) {
	t.Helper()
	if strings.HasPrefix(a.Key, "on") {
		t.Fatalf("%q made the attribute %s on %s", data, a.Key, tag)
	}
	switch a.Key {
	case "href", "src", "action", "formaction", "poster", "cite", "data", "to", "sx-get", "data-sx-live":
		checkURL(t, tag, a.Key, a.Val, data)
	case "values":
		for v := range strings.SplitSeq(a.Val, ";") {
			checkURL(t, tag, a.Key, v, data)
		}
	case "ping":
		for v := range strings.FieldsSeq(a.Val) {
			checkURL(t, tag, a.Key, v, data)
		}
	case "style":
		low := strings.ToLower(a.Val)
		for _, bad := range []string{"url(", "expression(", "/*", "\\", "{", "}"} {
			if strings.Contains(low, bad) {
				t.Fatalf("%q came into a style: %s", data, a.Val)
			}
		}
	}
}

// checkURL reads u as browsers do and fails for schemes that are not allowed.
func checkURL(t *testing.T, tag, attr, u, data string) {
	t.Helper()
	s := strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimLeftFunc(u, func(r rune) bool { return r <= 0x20 }))
	i := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+-.", r))
	})
	if i > 0 && s[i] == ':' {
		switch scheme := strings.ToLower(s[:i]); scheme {
		case "http", "https", "mailto", "tel", "sms":
		case "about":
			if u != "about:invalid#sx" {
				t.Fatalf("%q: %s of %s is %q", data, attr, tag, u)
			}
		default:
			t.Fatalf("%q: %s of %s has the scheme %s", data, attr, tag, scheme)
		}
	}
	load := tag == "script" || tag == "link" || tag == "iframe" || tag == "embed" || tag == "object" || tag == "base" || strings.HasPrefix(attr, "sx-") || strings.HasPrefix(attr, "data-sx")
	if load && u != "about:invalid#sx" {
		base, _ := url.Parse("https://own.example/dir/")
		if ref, err := url.Parse(strings.ReplaceAll(s, "\\", "/")); err == nil {
			if got := base.ResolveReference(ref); got.Host != "own.example" {
				t.Fatalf("%q: %s of %s leads to %s", data, attr, tag, got)
			}
		}
	}
}

// checkScript reads the data back out of the script.
func checkScript(t *testing.T, text, data string) {
	t.Helper()
	text, ok1 := strings.CutPrefix(text, "let data = ")
	text, ok2 := strings.CutSuffix(text, ";")
	var v struct{ V any }
	if err := json.Unmarshal([]byte(text), &v); err != nil || !ok1 || !ok2 {
		t.Fatalf("%q: script %s: %v", data, text, err)
	}
	if v.V != toValid(data) {
		t.Fatalf("%q: the script has %q", data, v.V)
	}
}

func safetyPage(t testing.TB) func(x, y string) (string, error) {
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("safety.sx", everyContext)}, render.Options()...)
	if err != nil {
		t.Fatal(sx.Explain(err))
	}
	c, err := render.New(prog).Component("~page")
	if err != nil {
		t.Fatal(err)
	}
	return func(x, y string) (string, error) {
		var b bytes.Buffer
		err := c.HTML(context.Background(), &b, sx.Arg{Name: "x", Value: sx.String(x)}, sx.Arg{Name: "y", Value: sx.String(y)})
		return b.String(), err
	}
}

// TestDataCannotChangeTheTree renders random data in every hole: the parsed tree has exactly the elements
// and attributes of the page with harmless data.
func TestDataCannotChangeTheTree(t *testing.T) {
	pageOf := safetyPage(t)
	plain, err := pageOf("plain", "text")
	if err != nil {
		t.Fatal(sx.Explain(err))
	}
	want := shape(t, plain, "plain")
	rnd := rand.New(rand.NewPCG(1, 2))
	n := 3000
	if testing.Short() {
		n = 300
	}
	for range n {
		x, y := nastyString(rnd), nastyString(rnd)
		got, err := pageOf(x, y)
		if err != nil {
			t.Fatalf("%q: %v", x, err)
		}
		if s := shape(t, got, x); s != want {
			t.Fatalf("%q and %q change the tree:\n%s\nwant\n%s\n%s", x, y, s, want, got)
		}
	}
}

func FuzzPage(f *testing.F) {
	pageOf := safetyPage(f)
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, x string) {
		if x == "" {
			return // empty classes are left out
		}
		plain, err := pageOf("plain", "text")
		if err != nil {
			t.Fatal(err)
		}
		got, err := pageOf(x, x)
		if err != nil {
			t.Fatalf("%q: %v", x, err)
		}
		if s, want := shape(t, got, x), shape(t, plain, "plain"); s != want {
			t.Fatalf("%q changes the tree:\n%s\nwant\n%s", x, s, want)
		}
	})
}

// TestManyGoroutines renders 10,000 pages from 8 goroutines: the same bytes each time.
func TestManyGoroutines(t *testing.T) {
	r := load(t, `
(define greeting "hello")
(defcomp ~item (&key n (tone :default "plain") &rest children) (li :class (list "i" tone) n children))
(defcomp ~tree (&key depth) (ul (li depth (when (> depth 0) (~tree :depth (- depth 1))))))
(defcomp ~page (&key rows who)
  (div :data-who who greeting (html-comment who)
    (ul (map (fn (r) (~item :n (get r :n) (b (get r :s)))) rows))
    (~tree :depth 4)
    (p (make-spread {:title who}) (str who "!"))))`)
	c, err := r.Component("~page")
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		N int
		S string
	}
	rows := []row{{1, "a<b"}, {2, "c"}, {3, "&"}}
	one := func(k int) (string, error) {
		v, err := sx.FromGo(&rows)
		if err != nil {
			return "", err
		}
		var b bytes.Buffer
		err = c.HTML(context.Background(), &b, sx.Arg{Name: "rows", Value: v}, sx.Arg{Name: "who", Value: sx.String(fmt.Sprint("w", k))})
		return b.String(), err
	}
	var want [16]string
	for k := range want {
		if want[k], err = one(k); err != nil {
			t.Fatal(sx.Explain(err))
		}
	}
	total := 10_000
	if testing.Short() {
		total = 1_000
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range total / 8 {
				k := (g + i) % len(want)
				got, err := one(k)
				if err != nil || got != want[k] {
					t.Errorf("page %d: %v\n got %s\nwant %s", k, err, got, want[k])
					return
				}
			}
		})
	}
	wg.Wait()
}
