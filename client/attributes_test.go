package client_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// attributeSite has what the tests of single attributes ask for: /echo says how it was asked, /slow
// waits until it may answer, /page is a whole document.
type attributeSite struct {
	*site
	mu   sync.Mutex
	hits []string // "METHOD URI body", in order
	hold chan struct{}
}

func newAttributeSite(t testing.TB) *attributeSite {
	s := &attributeSite{site: newSite(t), hold: make(chan struct{})}
	note := func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		hit := strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + string(body))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hits = append(s.hits, hit)
		return html.EscapeString(hit)
	}
	s.answer("/echo", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<b>%s</b>", note(r)) })
	s.answer("/slow", func(w http.ResponseWriter, r *http.Request) {
		hit := note(r)
		select {
		case <-s.hold:
		case <-r.Context().Done():
		}
		fmt.Fprintf(w, "<b>%s</b>", hit)
	})
	s.answer("/other", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s<title>Other</title><main><h1>other</h1><p id=\"part\">part</p>%s</main></body></html>", head(), note(r))
	})
	return s
}

// asked returns the requests since the last call.
func (s *attributeSite) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := strings.Join(s.hits, "; ")
	s.hits = nil
	return list
}

// attributeTest is the test of one attribute: a body, and what happens there.
type attributeTest struct {
	body string
	run  func(t *testing.T, s *attributeSite, ctx context.Context)
}

// click clicks on an element.
func click(t testing.TB, ctx context.Context, selector string) {
	t.Helper()
	js[bool](t, ctx, `document.querySelector("`+selector+`").click(); return true`)
}

// untilAcross is until for what a navigation brings about.
func untilAcross(t testing.TB, ctx context.Context, expr string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expr+")"))
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %v", expr, err)
		}
	}
}

// attributeTests returns the test of each attribute by its name.
func attributeTests() map[string]attributeTest {
	// verb tests that an attribute sends its method, with the fields where they belong.
	verb := func(method, query, body string) attributeTest {
		return attributeTest{`<form id="f" sx-` + strings.ToLower(method) + `="/echo?a=0" sx-target="#out"><input name="a" value="1"><input type="checkbox" name="c" checked><button name="go" value="2">go</button></form><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				js[bool](t, ctx, "return window.stays = true")
				click(t, ctx, "button")
				until(t, ctx, `document.querySelector("#out b")`)
				want := strings.TrimSpace(method + " /echo" + query + " " + body)
				if got := s.asked(); got != want {
					t.Errorf("asked %s, want %s", got, want)
				}
				until(t, ctx, `window.stays && document.querySelector("#f input")`)
			}}
	}
	const fields = "a=1&c=on&go=2"
	return map[string]attributeTest{
		"sx-get":    verb("GET", "?a=0&"+fields, ""),
		"sx-post":   verb("POST", "?a=0", fields),
		"sx-put":    verb("PUT", "?a=0", fields),
		"sx-patch":  verb("PATCH", "?a=0", fields),
		"sx-delete": verb("DELETE", "?a=0&"+fields, ""),
		"sx-target": {`<div sx-target="#out"><button id="inherit" sx-get="/echo">1</button></div>
			<section><button id="closest" sx-get="/echo" sx-target="closest section">2</button></section>
			<button id="self" sx-get="/echo">3</button><button id="this" sx-get="/echo" sx-target="this">4</button>
			<div id="find" sx-get="/echo" sx-target="find i"><i>5</i></div>
			<button id="next" sx-get="/echo" sx-target="next i">6</button><u></u><i id="n"></i>
			<i id="p"></i><u></u><button id="previous" sx-get="/echo" sx-target="previous i">7</button><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				for id, shown := range map[string]string{"inherit": "#out", "closest": "section", "self": "#self", "this": "#this", "find": "#find > i", "next": "#n", "previous": "#p"} {
					click(t, ctx, "#"+id)
					until(t, ctx, `document.querySelector("`+shown+` > b")`)
				}
				if n := js[int](t, ctx, `return document.querySelectorAll("b").length`); n != 7 {
					t.Errorf("%d answers are shown, want 7", n)
				}
			}},
		"sx-swap": {`<div id="all"></div>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				js[bool](t, ctx, `window.glides = 0; const start = document.startViewTransition.bind(document); document.startViewTransition = f => (glides++, start(f)); return true`)
				for how, want := range map[string]string{
					"innerHTML": "<u>1</u><i><b>x</b></i><u>2</u>", "outerHTML": "<u>1</u><b>x</b><u>2</u>", "beforebegin": "<u>1</u><b>x</b><i>old</i><u>2</u>",
					"afterend": "<u>1</u><i>old</i><b>x</b><u>2</u>", "afterbegin": "<u>1</u><i><b>x</b>old</i><u>2</u>", "beforeend": "<u>1</u><i>old<b>x</b></i><u>2</u>",
					"delete": "<u>1</u><u>2</u>", "none": "<u>1</u><i>old</i><u>2</u>", "": "<u>1</u><i><b>x</b></i><u>2</u>", "append": "<u>1</u><i>old<b>x</b></i><u>2</u>", "innerHTML transition:true": "<u>1</u><i><b>x</b></i><u>2</u>",
				} {
					got := js[string](t, ctx, `const all = document.querySelector("#all"); delete all._v; const el = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});
						all.replaceChildren(el("u", "1"), el("i", "old"), el("u", "2"));
						const b = document.createElement("button"); b.setAttribute("sx-get", "/echo"); b.setAttribute("sx-target", "#all i"); b.setAttribute("sx-swap", `+fmt.Sprintf("%q", how)+`);
						document.body.append(b); b.click(); while (b.classList.contains("sx-request")) await new Promise(r => setTimeout(r, 5)); await new Promise(r => setTimeout(r, 20)); b.remove();
						const shown = () => all.innerHTML.replaceAll("<b>GET /echo</b>", "<b>x</b>");
						for (const end = performance.now() + 5000; shown() != `+fmt.Sprintf("%q", want)+` && performance.now() < end;) await new Promise(r => setTimeout(r, 10));
						return shown()`)
					if got != want {
						t.Errorf("%q: got %s, want %s", how, got, want)
					}
				}
				if n := js[int](t, ctx, `return glides`); n != 1 {
					t.Errorf("%d view transitions, want 1", n)
				}
			}},
		"sx-select": {`<button id="a" sx-get="/other" sx-target="#out" sx-select="#part">page</button><button id="b" sx-get="/fragment" sx-target="#out" sx-select=".yes">fragment</button><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				s.answer("/fragment", func(w http.ResponseWriter, r *http.Request) {
					fmt.Fprint(w, `<i>no</i><div><b class="yes">1</b></div><b class="yes">2</b>`)
				})
				click(t, ctx, "#a")
				until(t, ctx, `document.querySelector("#out").innerHTML == '<p id="part">part</p>'`)
				click(t, ctx, "#b")
				until(t, ctx, `document.querySelector("#out").innerHTML == '<b class="yes">1</b><b class="yes">2</b>'`)
			}},
		"sx-trigger": {`<i id="load" sx-get="/echo?load" sx-trigger="load"></i><i id="every" sx-get="/echo?every" sx-trigger="every 30ms" sx-swap="beforeend"></i>
			<input id="in" name="q" sx-get="/echo" sx-trigger="input changed delay:30ms" sx-target="#out"><i id="from" sx-get="/echo?from" sx-trigger="ping from:body once"></i>
			<button id="twice" sx-get="/echo?throttled" sx-trigger="click throttle:10s" sx-swap="beforeend" sx-target="#n"></button><i id="n"></i>
			<p id="out"></p><svg width="1" height="9000"></svg><i id="far" sx-get="/echo?far" sx-trigger="revealed"></i>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				until(t, ctx, `document.querySelector("#load b") && document.querySelectorAll("#every b").length > 2`)
				js[bool](t, ctx, `const i = document.querySelector("#in"); for (const v of ["a", "ab", "abc"]) { i.value = v; i.dispatchEvent(new Event("input", {bubbles: true})) } i.dispatchEvent(new Event("input", {bubbles: true})); return true`)
				until(t, ctx, `document.querySelector("#out").textContent == "GET /echo?q=abc"`)
				js[bool](t, ctx, `for (let i = 0; i < 3; i++) dispatchEvent(new Event("ping")); document.querySelector("#twice").click(); document.querySelector("#twice").click(); return true`)
				until(t, ctx, `document.querySelector("#from b") && document.querySelector("#n b")`)
				if js[bool](t, ctx, `return !!document.querySelector("#far b")`) {
					t.Error("what is out of sight was asked for")
				}
				js[bool](t, ctx, `document.querySelector("#far").scrollIntoView(); return true`)
				until(t, ctx, `document.querySelector("#far b")`)
				for what, n := range map[string]int{"?load": 1, "?q=": 1, "?from": 1, "?throttled": 1, "?far": 1} {
					s.mu.Lock()
					if got := strings.Count(strings.Join(s.hits, ";"), what); got != n {
						t.Errorf("%s was asked for %d times, want %d: %v", what, got, n, s.hits)
					}
					s.mu.Unlock()
				}
			}},
		"sx-push-url": {`<button id="as" sx-get="/echo?x=1" sx-target="#out" sx-push-url="true">1</button><button id="path" sx-get="/echo" sx-target="#out" sx-push-url="/shown?2">2</button>
			<button id="evil" sx-get="/echo" sx-target="#out" sx-push-url="https://evil.example/">3</button><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				n := js[int](t, ctx, `window.stays = 1; return history.length`)
				click(t, ctx, "#as")
				until(t, ctx, `location.pathname + location.search == "/echo?x=1"`)
				click(t, ctx, "#path")
				until(t, ctx, `location.pathname + location.search == "/shown?2"`)
				s.asked()
				click(t, ctx, "#evil")
				until(t, ctx, `document.querySelector("#out b")`)
				if got := js[string](t, ctx, `return history.length - `+fmt.Sprint(n)+` + location.pathname + window.stays`); got != "2/shown1" {
					t.Errorf("entries, path, same page = %s", got)
				}
			}},
		"sx-confirm": {`<div sx-confirm="Really?"><button id="b" sx-post="/echo" sx-target="#out">1</button></div><form method="post" action="/echo" sx-confirm="Send?"><button id="send">2</button></form>
			<a id="a" href="/other" sx-boost="true" sx-confirm="Go?">3</a><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				js[bool](t, ctx, `window.asked = []; window.confirm = q => { asked.push(q); return window.yes }; return true`)
				for _, id := range []string{"#b", "#send", "#a"} {
					click(t, ctx, id)
				}
				if got := js[string](t, ctx, `return asked.join() + location.pathname`) + s.asked(); got != "Really?,Send?,Go?/sx-confirm" {
					t.Errorf("refused: %s", got)
				}
				js[bool](t, ctx, `return window.yes = true`)
				click(t, ctx, "#b")
				until(t, ctx, `document.querySelector("#out b")`)
				click(t, ctx, "#a")
				until(t, ctx, `location.pathname == "/other"`)
			}},
		"sx-indicator": {`<button id="b" sx-get="/slow" sx-target="#out" sx-indicator="#spin">1</button><i id="spin"></i><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				click(t, ctx, "#b")
				until(t, ctx, `document.querySelector("#spin.sx-request") && document.querySelector("#b.sx-request") && document.querySelector("#out[aria-busy=true]")`)
				close(s.hold)
				until(t, ctx, `document.querySelector("#out b") && !document.querySelector(".sx-request") && !document.querySelector("[aria-busy]")`)
			}},
		"sx-disabled-elt": {`<form sx-post="/slow" sx-target="#out" sx-disabled-elt="find button"><input name="a" value="1"><button>1</button></form><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				click(t, ctx, "button")
				until(t, ctx, `document.querySelector("button:disabled")`)
				js[bool](t, ctx, `document.querySelector("form").requestSubmit(); return true`) // not sent twice
				close(s.hold)
				until(t, ctx, `document.querySelector("#out b") && document.querySelector("button:enabled")`)
				if got := s.asked(); got != "POST /slow a=1" {
					t.Errorf("asked %s", got)
				}
			}},
		"sx-boost": {`<nav sx-boost="true"><a id="a" href="/other">1</a><a id="blank" href="/other" target="_blank">2</a><a id="file" href="/other" download>3</a><a id="hash" href="#below">4</a><a id="off" href="/other" sx-boost="false">5</a>
			<form id="get" action="/other"><input name="q" value="x"></form></nav><form id="native" method="post" action="/other" sx-boost="false"></form><p id="below"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				left := js[string](t, ctx, `window.stays = 1; const left = []; addEventListener("click", e => { if (!e.defaultPrevented) left.push(e.target.id); e.preventDefault() });
					for (const id of ["blank", "file", "hash", "off"]) document.querySelector("#" + id).click(); return left.join()`)
				if left != "blank,file,hash,off" {
					t.Errorf("left to the browser: %s", left)
				}
				js[bool](t, ctx, `document.querySelector("#get").requestSubmit(); return true`)
				until(t, ctx, `window.stays && document.title == "Other" && location.search == "?q=x"`)
				js[bool](t, ctx, `history.back(); return true`)
				until(t, ctx, `window.stays && location.pathname == "/sx-boost" && document.querySelector("#a")`)
				click(t, ctx, "#a")
				until(t, ctx, `window.stays && document.title == "Other" && location.pathname + location.search == "/other"`)
				js[bool](t, ctx, `history.back(); return true`)
				until(t, ctx, `window.stays && document.querySelector("#native")`)
				js[bool](t, ctx, `setTimeout(() => document.querySelector("#native").requestSubmit()); return true`)
				untilAcross(t, ctx, `!window.stays && document.title == "Other"`)
			}},
		"sx-preload": {`<a id="a" href="/other" sx-boost="true" sx-preload>1</a><button id="b" sx-get="/echo" sx-preload sx-target="#out">2</button><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				over := func(id string) {
					js[bool](t, ctx, `for (let i = 0; i < 3; i++) document.querySelector("`+id+`").dispatchEvent(new Event("pointerover", {bubbles: true})); await new Promise(r => setTimeout(r, 50)); return true`)
				}
				over("#b")
				click(t, ctx, "#b")
				until(t, ctx, `document.querySelector("#out b")`)
				over("#a")
				click(t, ctx, "#a")
				until(t, ctx, `document.title == "Other"`)
				if got := s.asked(); got != "GET /echo; GET /other" {
					t.Errorf("asked %s", got)
				}
			}},
		"sx-preserve": {`<button sx-get="/new" sx-target="#out">1</button><div id="out"><div id="keep" sx-preserve><i>mine</i></div><b>old</b></div>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				s.answer("/new", func(w http.ResponseWriter, r *http.Request) {
					fmt.Fprint(w, `<b>new</b><div id="keep" sx-preserve><i>theirs</i></div>`)
				})
				js[bool](t, ctx, `window.keep = document.querySelector("#keep"); keep.append("!"); return true`)
				click(t, ctx, "button")
				until(t, ctx, `document.querySelector("#out b").textContent == "new"`)
				if got := js[string](t, ctx, `return document.querySelector("#keep").textContent + (keep == document.querySelector("#keep"))`); got != "mine!true" {
					t.Errorf("kept: %s", got)
				}
			}},
		"sx-ignore": {`<div sx-ignore><button id="b" sx-get="/echo" sx-target="#out">1</button><i sx-get="/echo" sx-trigger="load">2</i><a id="a" href="#x" sx-boost="true" sx-preload>3</a></div><button id="c" sx-get="/echo?c" sx-target="#out">4</button><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				click(t, ctx, "#b")
				click(t, ctx, "#c")
				until(t, ctx, `document.querySelector("#out b")`)
				if got := s.asked(); got != "GET /echo?c" {
					t.Errorf("asked %s", got)
				}
			}},
		"sx-vals": {`<div sx-vals='{"a": 1, "list": [1, 2], "s": "&lt;"}'><button sx-post="/echo" sx-target="#out" name="a" value="0">1</button></div><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				click(t, ctx, "button")
				until(t, ctx, `document.querySelector("#out b")`)
				if got := s.asked(); got != "POST /echo a=1&list=%5B1%2C2%5D&s=%3C" {
					t.Errorf("asked %s", got)
				}
			}},
		"sx-include": {`<button id="one" sx-get="/echo" sx-include="#x, #f" sx-target="#out">1</button><button id="two" sx-get="/echo" sx-include="signals" sx-target="#out">2</button>
			<input id="x" name="x" value="1"><form id="f"><input name="y" value="2"><input type="radio" name="z" value="3"></form><p id="out"></p>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				click(t, ctx, "#one")
				until(t, ctx, `document.querySelector("#out b")`)
				js[bool](t, ctx, `Sx.state.n = 7; document.querySelector("#two").click(); return true`)
				until(t, ctx, `document.querySelector("#out").textContent.includes("signals")`)
				if got := s.asked(); got != "GET /echo?x=1&y=2; GET /echo?signals=%7B%22n%22%3A7%7D" {
					t.Errorf("asked %s", got)
				}
			}},
		"sx-key": {`<button sx-get="/list" sx-target="#out">1</button><ul id="out"><li sx-key="a">a</li><li sx-key="b">b</li><li sx-key="c">c</li></ul>`,
			func(t *testing.T, s *attributeSite, ctx context.Context) {
				s.answer("/list", func(w http.ResponseWriter, r *http.Request) {
					fmt.Fprint(w, `<li sx-key="c">C</li><li sx-key="d">D</li><li sx-key="a">A</li>`)
				})
				js[bool](t, ctx, `[window.a, , window.c] = document.querySelectorAll("li"); return true`)
				click(t, ctx, "button")
				until(t, ctx, `document.querySelector("#out").textContent == "CDA"`)
				if got := js[string](t, ctx, `const [c2, , a2] = document.querySelectorAll("li"); return "" + (a == a2) + (c == c2)`); got != "truetrue" {
					t.Errorf("the items kept their elements: %s", got)
				}
			}},
	}
}

// TestAttributes tries each sx-* attribute in a browser; the table in the documentation names these tests.
func TestAttributes(t *testing.T) {
	browser := clienttest.Browser(t)
	tests := attributeTests()
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			s := newAttributeSite(t)
			s.page("GET /"+name, tests[name].body)
			ctx := clienttest.NewTab(t, browser)
			visit(t, ctx, s.URL+"/"+name)
			until(t, ctx, "window.Sx")
			tests[name].run(t, s, ctx)
			clean(t, ctx)
		})
	}
}

// TestAttributeTable holds the table of attributes in the documentation: every attribute that the client reads
// is in it, with a test that exists.
func TestAttributeTable(t *testing.T) {
	page, err := os.ReadFile("../docs/pages/attributes.sx")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{} // test by attribute
	for _, m := range regexp.MustCompile(`\(list "(sx-[a-z-]+)"\s+"(?:[^"\\]|\\.)*"\s+"([^"]+)"\)`).FindAllStringSubmatch(string(page), -1) {
		if documented[m[1]] != "" {
			t.Errorf("%s is in the table twice", m[1])
		}
		documented[m[1]] = m[2]
	}
	read := map[string]bool{}
	sources, err := filepath.Glob("src/*.ts")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources", err)
	}
	for _, file := range sources {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`VERBS = \[([^\]]*)\]`).FindSubmatch(text); m != nil {
			for _, verb := range regexp.MustCompile(`[a-z]+`).FindAllString(string(m[1]), -1) {
				read["sx-"+verb] = true
			}
		}
		for _, m := range regexp.MustCompile(`(?:\bget|inherited)\([^,()]+(?:\([^()]*\))?, "([a-z-]+)"\)|\[sx-([a-z-]+)\]|(?:hasAttribute|getAttribute)\("sx-([a-z-]+)"\)|name == "sx-([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			read["sx-"+m[1]+m[2]+m[3]+m[4]] = true
		}
	}
	// Those whose names come from Go.
	names, err := os.ReadFile("src/names.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(Attr\w+) = "(sx-[a-z-]+)"`).FindAllStringSubmatch(string(names), -1) {
		for _, file := range sources {
			if text, _ := os.ReadFile(file); strings.Contains(string(text), "Name."+m[1]) {
				read[m[2]] = true
			}
		}
	}
	for _, name := range strings.Fields("sx-get sx-post sx-put sx-patch sx-delete sx-target sx-swap sx-select sx-trigger sx-push-url sx-confirm sx-indicator sx-disabled-elt sx-boost sx-preload sx-preserve sx-ignore sx-vals sx-include sx-send sx-key") {
		if !read[name] {
			t.Errorf("no source reads %s", name)
		}
	}
	for name := range read {
		if documented[name] == "" {
			t.Errorf("%s is not in the table of docs/pages/attributes.sx", name)
		}
	}
	tests, known := testNames(t), attributeTests()
	for name, test := range documented {
		if !read[name] {
			t.Errorf("%s is in the table, and no source reads it", name)
		}
		whole, part, _ := strings.Cut(test, "/")
		if _, ok := known[part]; !tests[whole] || part != "" && (!ok || part != name) {
			t.Errorf("%s: there is no test %s", name, test)
		}
	}
}

// testNames returns the test functions of this package.
func testNames(t testing.TB) map[string]bool {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Test") {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
