package render_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// load compiles source text whose top-level forms may be markup.
func load(t testing.TB, text string, opts ...sx.Option) *render.Renderer {
	t.Helper()
	r, err := tryLoad(text, opts...)
	if err != nil {
		t.Fatalf("%s\n%s", text, sx.Explain(err))
	}
	return r
}

func tryLoad(text string, opts ...sx.Option) (*render.Renderer, error) {
	opts = append(append(render.Options(), sx.WithMain("markup")), opts...)
	prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("test.sx", text)}, opts...)
	if err != nil {
		return nil, err
	}
	return render.New(prog), nil
}

// page renders the main body.
func page(t testing.TB, text string) string {
	t.Helper()
	out, err := tryHTML(text)
	if err != nil {
		t.Fatalf("%s\n%s", text, sx.Explain(err))
	}
	return out
}

func tryHTML(text string) (string, error) {
	r, err := tryLoad(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = r.Value(context.Background(), &b, r.Program().MainLambda())
	return b.String(), err
}

func wire(t testing.TB, text string) string {
	t.Helper()
	r := load(t, text)
	out, err := r.WireValue(context.Background(), r.Program().MainLambda())
	if err != nil {
		t.Fatalf("%s\n%s", text, sx.Explain(err))
	}
	return out
}

// TestLanguageExamples runs the examples of the specification that render.
func TestLanguageExamples(t *testing.T) {
	f, err := os.Open("testdata/language-examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var c struct {
			ID, Expr, HTML, Text, Wire, Error string
			Absent                            []string
		}
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, func(t *testing.T) {
			switch {
			case c.Error != "":
				_, err := tryHTML(c.Expr)
				if err == nil || !regexp.MustCompile(c.Error).MatchString(err.Error()) {
					t.Errorf("got error %v, want %s", err, c.Error)
				}
			case c.Wire != "":
				if got := wire(t, c.Expr); got != c.Text {
					t.Errorf("got %s, want %s", got, c.Text)
				}
			default:
				got := page(t, c.Expr)
				if got != c.HTML {
					t.Errorf("\n got %s\nwant %s", got, c.HTML)
				}
				for _, a := range c.Absent {
					if strings.Contains(got, a) {
						t.Errorf("%s holds %s", got, a)
					}
				}
			}
		})
	}
}

func TestElements(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"void", `(div (br) (img :src "/a.png" :alt ""))`, `<div><br><img src="/a.png" alt=""></div>`},
		{"custom", `(my-card :tone "x" (p "a"))`, `<my-card tone="x"><p>a</p></my-card>`},
		{"svg case", `(svg :viewBox "0 0 1 1" (linearGradient :id "g") (html:title "x"))`, `<svg viewBox="0 0 1 1"><linearGradient id="g"></linearGradient><title>x</title></svg>`},
		{"prefixes", `(html:map :name "m") (svg:filter)`, `<map name="m"></map><filter></filter>`},
		{"title of that name", `(let ((title "T")) (title title))`, `<title>T</title>`},
		{"callable wins", `(let ((b (fn (x) (str "<" x)))) (p (b "y")))`, `<p>&lt;y</p>`},
		{"fragment", `(<> "a" (b "c") 1)`, `a<b>c</b>1`},
		{"doctype", `(!doctype) (html (body))`, `<!DOCTYPE html><html><body></body></html>`},
		{"children", `(p nil true false "a" 1.5 (list "b" (list 2 nil)) (quote k))`, `<p>a1.5b2k</p>`},
		{"numbers", `(p 0 " " -0.0 " " 123456 " " 99 " " 100 " " -42 " " 0.1)`, `<p>0 0 123456 99 100 -42 0.1</p>`},
		{"element values", `(let ((x (em "e & f"))) (p x x))`, `<p><em>e &amp; f</em><em>e &amp; f</em></p>`},
		{"raw", `(p (raw! "<i>x</i>"))`, `<p><i>x</i></p>`},
		{"comment", `(div (html-comment "a-->b"))`, `<div><!--a- ->b--></div>`},
		{"booleans", `(input :checked true :disabled false :required "no" :readonly nil)`, `<input checked required>`},
		{"enumerated", `(div :draggable false :aria-hidden true :aria-busy false :hidden true :data-x true :data-y false)`, `<div draggable="false" aria-hidden="true" aria-busy="false" hidden="" data-x=""></div>`},
		{"class list", `(let ((on true) (off nil)) (p :class (list "a" (when on "b") (when off "c") off 3)))`, `<p class="a b 3"></p>`},
		{"class dict", `(let ((on true) (off false)) (p :class {:a on :b off "c d" 1}))`, `<p class="a c d"></p>`},
		{"class empty", `(let ((x "")) (p :class x) (p :class (list nil)) (p :class {}) (p :class (list x)))`, `<p></p><p></p><p></p><p></p>`},
		{"class str", `(let ((t "<ok>")) (p :class (str "badge badge-" t)))`, `<p class="badge badge-&lt;ok&gt;"></p>`},
		{"style dict", `(let ((w 10)) (p :style {:color "red" :width w :top nil}))`, `<p style="color:red;width:10"></p>`},
		{"style data", `(let ((s "color:red;background:url(//x)")) (p :style s))`, `<p style="color:red"></p>`},
		{"style literal", `(p :style "background: url(/x.png)")`, `<p style="background: url(/x.png)"></p>`},
		{"style empty", `(let ((s "")) (p :style s) (p :style {}))`, `<p></p><p></p>`},
		{"keyword value", `(input :type :checkbox)`, `<input type="checkbox">`},
		{"attributes between children", `(p "a" :id "x" "b")`, `<p id="x">ab</p>`},
		{"spread dict wins", `(p :id "a" :class "c" (make-spread {:id "b" :class "d"}) "x")`, `<p id="b" class="c d">x</p>`},
		{"spread styles", `(p :style "color:red;" (make-spread {:style {:top 0}}) "x")`, `<p style="color:red;top:0">x</p>`},
		{"spread variable", `(let ((s (make-spread {:title "t"})) (c "k")) (p :class c "a" s (b "c")))`, `<p class="k" title="t">a<b>c</b></p>`},
		{"spread in when", `(let ((on true)) (p "a" (b "x") (when on (make-spread {:title "t"})) "z"))`, `<p title="t">a<b>x</b>z</p>`},
		{"spread from component", `(defcomp ~tone (&key on) (when on (make-spread {:class "on"}))) (let ((x true)) (p :class "c" (~tone :on x) "a"))`, `<p class="c on">a</p>`},
		{"spread in fragment is dropped", `(p (<> (make-spread {:id "x"}) "a"))`, `<p>a</p>`},
		{"spread in list is dropped", `(p (list (make-spread {:id "x"}) "a"))`, `<p>a</p>`},
		{"spread outside is dropped", `(make-spread {:id "x"}) (p "a")`, `<p>a</p>`},
		{"spread on void", `(let ((s (make-spread {:checked true}))) (input :type "checkbox" s))`, `<input type="checkbox" checked>`},
		{"spread on raw text", `(defcomp ~f (&key src &rest-attrs a) (iframe :src src a)) (~f :src "/x" :title "t")`, `<iframe src="/x" title="t"></iframe>`},
		{"spread takes away", `(let ((s (make-spread {:title nil}))) (p :title "x" s))`, `<p></p>`},
		{"rest attrs", `(defcomp ~b (&key kind &rest-attrs attrs &rest children) (button :class kind attrs children)) (~b :kind "k" :sx-get "/x" :class "l" "go")`, `<button class="k l" sx-get="/x">go</button>`},
		{"nested spreads", `(let ((s (make-spread {:id "i"}))) (div (p s "a") (span "b")))`, `<div><p id="i">a</p><span>b</span></div>`},
		{"trusted", `(let ((u "javascript:x")) (a :href (trusted-url u)) (a :href u))`, `<a href="javascript:x"></a><a href="about:invalid#sx"></a>`},
		{"url str", `(let ((id "a\"b")) (a :href (str "/p/" id)) (a :href (str id ":x")))`, `<a href="/p/a&quot;b"></a><a href="about:invalid#sx"></a>`},
		{"url str without a prefix", `(let ((u "javascript:x")) (a :href (str "" u)) (a :href (str u)) (a :href (str "java" "script:x" u)))`, `<a href="about:invalid#sx"></a><a href="about:invalid#sx"></a><a href="about:invalid#sx"></a>`},
		{"empty str", `(let ((u nil)) (p :title (str "" u) :class (str "" u) (str "" u)))`, `<p title=""></p>`},
		{"script src data", `(let ((u "https://evil/x.js") (v "/app.js")) (script :src u) (script :src v))`, `<script src="about:invalid#sx"></script><script src="/app.js"></script>`},
		{"script json", `(let ((v {:a "</script>" :b (list 1 nil true)})) (script "let x = " (json v) ";"))`, `<script>let x = {"a":"\u003c/script\u003e","b":[1,null,true]};</script>`},
		{"style text", `(style "a > b { color: red }")`, `<style>a > b { color: red }</style>`},
		{"style in svg", `(svg (style "a > b{}"))`, `<svg><style>a &gt; b{}</style></svg>`},
		{"textarea newline", `(let ((v "\nx")) (textarea v) (textarea "\ny") (pre "\nz"))`, "<textarea>\n\nx</textarea><textarea>\n\ny</textarea><pre>\n\nz</pre>"},
		{"textarea data", `(let ((v "</textarea><b>")) (textarea v))`, `<textarea>&lt;/textarea&gt;&lt;b&gt;</textarea>`},
		{"srcdoc", `(let ((v "<b>\"")) (iframe :srcdoc v))`, `<iframe srcdoc="&amp;lt;b&amp;gt;&amp;quot;"></iframe>`},
		{"srcset", `(let ((v "javascript:x 1x, /b 2x")) (img :srcset v))`, `<img srcset="about:invalid#sx 1x, /b 2x">`},
		{"refresh", `(let ((v "0;url=javascript:x")) (meta :http-equiv "Refresh" :content v))`, `<meta http-equiv="Refresh" content="0;url=about:invalid#sx">`},
		{"meta content", `(let ((v "12; url=javascript:x")) (meta :name "description" :content v))`, `<meta name="description" content="12; url=javascript:x">`},
		{"animate", `(let ((v "javascript:x")) (svg (a (animate :attributeName "href" :to v))))`, `<svg><a><animate attributeName="href" to="about:invalid#sx"></animate></a></svg>`},
		{"body keeps markup", `(let ((ok true)) (when ok (h2 "a") (p "b")))`, `<h2>a</h2><p>b</p>`},
		{"children placed twice", `(defcomp ~t (&rest children) (div children (hr) children)) (~t (b "x") "y")`, `<div><b>x</b>y<hr><b>x</b>y</div>`},
		{"map of components", `(defcomp ~r (&key n) (li n)) (ul (map (fn (n) (~r :n n)) (list 1 2)))`, `<ul><li>1</li><li>2</li></ul>`},
		{"map without items", `(ul (map (fn (n) (li n)) nil))`, `<ul></ul>`},
		{"nested map", `(table (map (fn (r) (tr (map (fn (c) (td c)) r))) (list (list 1 2) (list) (list "<"))))`, `<table><tr><td>1</td><td>2</td></tr><tr></tr><tr><td>&lt;</td></tr></table>`},
		{"suspense in place", `(div (~suspense :id "x" :fallback (p "wait") (b "done")))`, `<div><div id="sx-suspense-x" data-suspense="x"><b>done</b></div></div>`},
		{"slot", `(ul (~suspense :id "x" :as "li" :fallback "none yet"))`, `<ul><li id="sx-suspense-x" data-suspense="x" aria-busy="true">none yet</li></ul>`},
		{"failed suspense", `(~suspense :id "x" :error (fn (e) (i (get e :message))) (b (error "no")))`, `<div id="sx-suspense-x" data-suspense="x"><i>no</i></div>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tryHTML(c.src)
			if err != nil {
				t.Fatal(sx.Explain(err))
			}
			if c.want != "" && got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if c.want == "" {
				t.Log(got)
			}
		})
	}
}

// TestRefused holds what does not load, or not render, and that the message says where and why.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"computed on*", "(let ((x \"f()\"))\n  (p :onclick x))", `2:15: .*:onclick runs as script`},
		{"computed on*, case", `(let ((x "f()")) (p :ONCLICK (str x)))`, `literal string`},
		{"on* spread", `(p (make-spread {:onclick "f()"}))`, `runs as script`},
		{"sx- from data", `(p (make-spread (merge {} {:sx-get "/x"})))`, `cannot come from data`},
		{"bad name from data", `(let ((k "a b")) (p (make-spread (assoc {} k 1))))`, `cannot be the name`},
		{"script computed", `(let ((x "1")) (script "let y = " x))`, `script may hold only literal text`},
		{"script end", `(script "a" "</scr" "ipt>")`, `</script`},
		{"script comment", `(script "<!" "--")`, `<!--`},
		{"style computed", `(let ((x "1")) (style x))`, `style may hold only literal text`},
		{"iframe computed", `(let ((x (str "a" 1))) (iframe x))`, `iframe may hold only literal text`},
		{"iframe element", `(iframe (b "x"))`, `1:9: .*iframe may hold only literal text`},
		{"style number", `(p :style 5)`, `1:11: .*:style must be a string or a dict, got number`},
		{"style end", `(style "</STYLE >")`, `</style`},
		{"void children", `(br "x")`, `1:5: .*void element`},
		{"void element child", `(img (b "x"))`, `void element`},
		{"void child at run time", `(let ((x "y")) (br x))`, `void element`},
		{"dict child", `(let ((d {:a 1})) (p d))`, `a dict cannot be a child`},
		{"lambda child", `(p (fn () 1))`, `a lambda cannot be a child`},
		{"dangling", `(p :id)`, `:id has no value`},
		{"twice", `(p :id "a" :ID "b")`, `given twice`},
		{"list attribute", `(let ((x (list 1))) (p :title x))`, `:title cannot be a list`},
		{"title markup", `(title (b "x"))`, `takes text only`},
		{"title markup later", `(let ((x (b "x"))) (title x))`, `takes text only`},
		{"boundary id", `(~suspense :id "1 x" (p))`, `cannot be an id`},
		{"boundary id at run time", `(let ((x "a>b")) (~suspense :id x (p)))`, `cannot be an id`},
		{"boundary parent", `(table (~suspense :id "x" (tr)))`, `cannot stand in table`},
		{"boundary parent p", `(p (when true (~suspense :id "x" "a")))`, `cannot stand in p`},
		{"unknown element", `(dvi "x")`, `undefined symbol: dvi`},
		{"json outside", `(p (json 1))`, `inside script`},
		{"json of two", `(script (json 1 2))`, `json takes 1 part, got 2`},
		{"json of a function", `(script (json (fn (x) x)))`, `json: a lambda has no JSON`},
		{"class of a function", `(let ((x inc)) (p :class x))`, `:class must be a string, a list or a dict, got primitive`},
		{"style of a list", `(let ((x (list 1))) (p :style {:color x}))`, `style color must be a string or a number, got list`},
		{"element as attribute", `(let ((x (b "y"))) (p :title x))`, `:title cannot be an element`},
		{"component child", `(defcomp ~c () "x") (p ~c)`, `a component is placed by calling it: \(~c\)`},
		{"on* number", `(p :onclick 5)`, `literal string`},
		{"attribute name", `(p :1a "x")`, `:1a cannot be the name of an attribute`},
		{"fragment attribute", `(<> :class "x")`, `a fragment has no attributes, found :class`},
		{"iframe end", `(iframe "</iframe")`, `</iframe`},
		{"unknown html:", `(html:nope "x")`, `undefined symbol: html:nope`},
		{"unknown svg:", `(svg:nope "x")`, `undefined symbol: svg:nope`},
		{"custom element in capitals", `(x-Y "a")`, `undefined symbol: x-Y`},
		{"boundary without id", `(~suspense (p))`, `the required keyword :id is missing`},
		{"boundary keyword", `(~suspense :id "x" :nope 1)`, `unknown keyword :nope`},
		{"boundary keyword without value", `(~suspense :id)`, `:id has no value|:id is missing`},
		{"boundary wrapper", `(~suspense :id "x" :as "br")`, `names an element that can hold others`},
		{"boundary wire", `(~suspense :id "x" :wire :xml "a")`, `:wire is :html or :sx`},
		{"boundary wrapper in its parent", `(ul (~suspense :id "x" :as "td"))`, `td cannot stand in ul`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := tryHTML(c.src)
			if err == nil {
				t.Fatalf("rendered %s", out)
			}
			if !regexp.MustCompile(c.want).MatchString(err.Error()) {
				t.Errorf("got %q, want %s", err, c.want)
			}
			if !strings.HasPrefix(err.Error(), "test.sx:") {
				t.Errorf("no position: %q", err)
			}
		})
	}
}

func TestWire(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"string", `"a\"b"`, `"a\"b"`},
		{"nothing", `nil`, `(<>)`},
		{"several", `(p "a") (p "b")`, `(<> (p "a") (p "b"))`},
		{"element", `(let ((c (list "a" nil "b")) (n nil)) (p :class c :title n :id "i" "x" 1))`, `(p :class "a b" :id "i" "x" 1)`},
		{"booleans", `(input :checked true :disabled false :aria-busy false)`, `(input :checked true :aria-busy "false")`},
		{"control flow", `(ul (map (fn (x) (li x)) (list 1 "<")))`, `(ul (li 1) (li "<"))`},
		{"children", `(defcomp ~c (&key n &rest children) (div n children)) (~c :n (list 1 (list 2)) (b "x") "y")`, `(~c :n (list 1 (list 2)) (b "x") "y")`},
		{"element argument", `(defcomp ~c (&key n) (div n)) (~c :n (b "x"))`, `(~c :n (b "x"))`},
		{"server component", `(defcomp ~c (&key n) :affinity :server (div n)) (~c :n 1)`, `(div 1)`},
		{"raw", `(p (raw! "<b>"))`, `(p (raw! "<b>"))`},
		{"url", `(let ((u "javascript:x")) (a :href u "x"))`, `(a :href "about:invalid#sx" "x")`},
		{"spread", `(p (make-spread {:id "a"}) "x")`, `(p (make-spread {:id "a"}) "x")`},
		{"value in value", `(let ((x (p "\"q\""))) (div x))`, `(div (p "\"q\""))`},
		{"prefix", `(html:map :name "x") (svg:filter :id "f") (svg:title "t")`, `(<> (html:map :name "x") (svg:filter :id "f") (svg:title "t"))`},
		{"function argument", `(define (cell x) (b x)) (defcomp ~c (&key f) (p (f 1))) (~c :f cell) (~c :f (fn (x) (i x)))`, `(<> (p (b 1)) (p (i 1)))`},
		{"dynamic scope", `(defcomp ~in () (i (context "k"))) (defcomp ~out () (p (~in))) (scope "k" 5 (~out))`, `(p (i 5))`},
		{"nil argument", `(defcomp ~c (&key n) (div n)) (let ((x nil)) (~c :n x))`, `(~c)`},
		{"boolean arguments", `(defcomp ~c (&key n m) (div (str n m))) (let ((x (first (list true)))) (~c :n x :m (not x)))`, `(~c :n true :m false)`},
		{"dict argument", `(defcomp ~c (&key n) (div (str n))) (~c :n {:a 1 "b c" (list 2) "" nil})`, `(~c :n {:a 1 "b c" (list 2) "" nil})`},
		{"quoted arguments", `(defcomp ~c (&key n) (div (str n))) (~c :n '(a (b :c) "d"))`, `(~c :n (list (quote a) (list (quote b) (quote :c)) "d"))`},
		{"component argument", `(defcomp ~d () "d") (defcomp ~c (&key n) (n)) (~c :n ~d)`, `(~c :n ~d)`},
		{"trusted argument", `(defcomp ~c (&key n) (a :href n)) (~c :n (trusted-url "javascript:x"))`, `(~c :n (trusted-url "javascript:x"))`},
		{"spread argument", `(defcomp ~c (&key n) (i n)) (~c :n (make-spread {:class "a"}))`, `(~c :n (make-spread {:class "a"}))`},
		{"raw argument", `(defcomp ~c (&key n) (i n)) (~c :n (raw! "<b>"))`, `(~c :n (raw! "<b>"))`},
		{"text argument", `(defcomp ~c (&key n) (i n)) (~c :n "a\tb\rc\nd\u{7f}e\u{2028}f\u{2029}\"\\")`, `(~c :n "a\tb\rc\nd\u007fe\u2028f\u2029\"\\")`},
		{"further attributes", `(defcomp ~c (&key n &rest-attrs r) (i r n)) (~c :n 1 :class "a" :data-x "y")`, `(~c :n 1 :class "a" :data-x "y")`},
		{"default", `(defcomp ~c (&key (n :default 5)) (i n)) (~c)`, `(~c)`},
		{"list child", `(let ((x (list 1 (b 2)))) (p "a" x nil))`, `(p "a" 1 (b 2))`},
		{"list", `(list "a" 1 (b "c"))`, `(<> "a" 1 (b "c"))`},
		{"class and style", `(p :class {:a true :b false} :style {:color "red" :top 0})`, `(p :class "a" :style "color:red;top:0")`},
		{"event handler", `(button :onclick "x()" "b")`, `(button "b")`},
		{"trusted url", `(a :href (trusted-url "javascript:x"))`, `(a :href (trusted-url "javascript:x"))`},
		{"comment", `(html-comment "a-->b")`, `(html-comment "a-->b")`},
		{"client component", `(defcomp ~s () :affinity :client (i "s")) (div (~s))`, `(div (~s))`},
		{"if", `(if true (p "a") (p "b"))`, `(p "a")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := wire(t, c.src); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}
