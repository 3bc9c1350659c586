package client_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// answer registers a handler that writes a response.
func (s *site) answer(pattern string, f func(w http.ResponseWriter, r *http.Request)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		f(w, r)
	})
}

func TestAttrsRequests(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `
		<button id="b" sx-get="/echo" sx-target="#out" sx-vals='{"x": 1, "y": {"z": 2}}' sx-include="#more" name="b" value="7">go</button>
		<input id="more" name="m" value="typed">
		<form id="f" sx-post="/echo" sx-target="#out" sx-swap="append" sx-disabled-elt="#sub" sx-indicator="#spin"><input name="a" value="1"><button id="sub" name="s" value="2">send</button></form>
		<input id="live" name="q" sx-get="/echo" sx-trigger="input changed delay:20ms" sx-target="#out">
		<div id="del" sx-delete="/gone" sx-swap="outerHTML">x</div>
		<button id="sx" sx-get="/sx" sx-target="#out">sx</button>
		<button id="oob" sx-get="/oob" sx-target="#out">oob</button>
		<button id="frames" sx-get="/frames">frames</button>
		<button id="bad" sx-get="/bad" sx-target="#out">bad</button>
		<div sx-ignore><button id="ign" sx-get="/echo" sx-target="#out">no</button></div>
		<div id="load" sx-get="/echo?load" sx-trigger="load">x</div>
		<span id="spin"></span><div id="out"></div><div data-suspense="side">old</div>`)
	s.answer("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "<p>%s %s %s %s</p>", r.Method, html.EscapeString(r.URL.RawQuery), body, r.Header.Get("Sx-Request"))
	})
	s.answer("/gone", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<div id=del>gone</div>") })
	s.answer("/sx", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/sx; charset=utf-8")
		fmt.Fprint(w, `(p "from sx")`)
	})
	s.answer("/oob", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<p>main</p><template for="side"><b>new</b></template>`)
	})
	s.answer("/frames", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: sx-resolve\ndata: {\"id\":\"side\",\"html\":\"framed\"}\n\n")
	})
	s.answer("/bad", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); fmt.Fprint(w, "no") })
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	out := `document.querySelector("#out").innerHTML`
	until(t, ctx, `document.querySelector("#load").textContent.includes("GET load")`)
	step := func(act, want string) {
		t.Helper()
		js[bool](t, ctx, act+`; return true`)
		until(t, ctx, want)
	}
	step(`document.querySelector("#b").click()`, out+`.includes("GET b=7&amp;m=typed&amp;x=1&amp;y=%7B%22z%22%3A2%7D")`)
	step(`document.querySelector("#sub").click(); window.was = document.querySelector("#sub").disabled + document.querySelector("#spin").className`,
		out+`.includes("POST  a=1&amp;s=2 1")`)
	if got := js[string](t, ctx, `return window.was + document.querySelector("#sub").disabled + document.querySelector("#spin").className + document.querySelectorAll("#out p").length`); got != "truesx-requestfalse2" {
		t.Errorf("disabled, indicator, and after; appended = %s", got)
	}
	step(`const i = document.querySelector("#live"); i.value = "ab"; i.dispatchEvent(new Event("input", {bubbles: true}))`, out+`.includes("GET q=ab")`)
	step(`document.querySelector("#del").click()`, `document.querySelector("#del").textContent == "gone"`)
	step(`document.querySelector("#sx").click()`, out+` == "<p>from sx</p>"`)
	step(`document.querySelector("#oob").click()`, out+` == "<p>main</p>" && document.querySelector("[data-suspense=side]").innerHTML == "<b>new</b>"`)
	step(`document.querySelector("#frames").click()`, `document.querySelector("[data-suspense=side]").innerHTML == "framed"`)
	clean(t, ctx)
	step(`document.addEventListener("sx:error", e => window.err = e.detail.message); document.querySelector("#ign").click(); document.querySelector("#bad").click()`, `window.err`)
	if got := js[string](t, ctx, "return window.err + "+out); got != "GET /bad: status 500<p>main</p>" {
		t.Errorf("after a failure: %s", got)
	}
}

func TestAttrsFormsAndLinks(t *testing.T) {
	s := newSite(t)
	var todos []string
	layout := func(w http.ResponseWriter, title, body string) {
		fmt.Fprint(w, strings.Replace(head(), "</head>", "<title>"+title+"</title></head>", 1)+`<nav sx-boost="true"><a id="home" href="/">home</a><a id="two" href="/two" sx-preload>two</a></nav><details id="d"><summary>s</summary></details><main>`+body+`</main></body></html>`)
	}
	form := func(w http.ResponseWriter, value, msg string) {
		bad := ""
		if msg != "" {
			bad = ` aria-invalid="true"`
		}
		layout(w, "Todos", fmt.Sprintf(`<form id="f" method="post" action="/add"><input name="title" id="title" value="%s"%s><button>add</button></form><p id="msg">%s</p><ul>%s</ul>`+strings.Repeat("<p>tall</p>", 100),
			html.EscapeString(value), bad, msg, func() (l string) {
				for _, x := range todos {
					l += "<li>" + html.EscapeString(x)
				}
				return
			}()))
	}
	s.answer("/{$}", func(w http.ResponseWriter, r *http.Request) { form(w, "", "") })
	s.answer("GET /two", func(w http.ResponseWriter, r *http.Request) { layout(w, "Two", `<h1>Two</h1>`) })
	s.answer("POST /add", func(w http.ResponseWriter, r *http.Request) {
		v := r.FormValue("title")
		if len(v) < 3 {
			w.WriteHeader(422)
			form(w, v, "too short")
			return
		}
		todos = append(todos, v)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	js[bool](t, ctx, `window.same = 1; document.querySelector("#d").open = true; await new Promise(r => setTimeout(r, 100)); return true`)
	submit := func(v string) {
		js[bool](t, ctx, `document.querySelector("#title").value = "`+v+`"; document.querySelector("button").click(); return true`)
	}
	submit("ab")
	until(t, ctx, `document.querySelector("#msg").textContent == "too short"`)
	if got := js[string](t, ctx, `return document.querySelector("#title").value + document.activeElement.id + location.pathname`); got != "abtitle/" {
		t.Errorf("after 422: value, focus and path = %s", got)
	}
	submit("abc")
	until(t, ctx, `document.querySelectorAll("li").length == 1 && document.querySelector("#msg").textContent == ""`)
	if got := js[string](t, ctx, `return "[" + document.querySelector("#title").value + "]" + location.pathname + document.querySelector("#d").open + window.same`); got != "[]/true1" {
		t.Errorf("after adding: value, path, open details, same page = %s", got)
	}
	js[bool](t, ctx, `scrollTo(0, 500); await new Promise(r => setTimeout(r, 200)); document.querySelector("#two").click(); return true`)
	until(t, ctx, `document.title == "Two" && location.pathname == "/two" && document.querySelector("h1")`)
	if got := js[string](t, ctx, `return document.activeElement.nodeName + scrollY + window.same`); got != "MAIN01" {
		t.Errorf("after the link: focus, scroll, same page = %s", got)
	}
	js[bool](t, ctx, `history.back(); return true`)
	until(t, ctx, `document.title == "Todos" && document.querySelectorAll("li").length == 1  && scrollY == 500`)
	if got := js[string](t, ctx, `return "" + window.same + location.pathname`); got != "1/" {
		t.Errorf("after going back: same page and path = %s", got)
	}
	for _, p := range clienttest.Problems(ctx) {
		if !strings.Contains(p, "status of 422") {
			t.Error(p)
		}
	}
}

// TestAttrsLivePage has pages that are fetched and shown while their region is connected: the answer is held back
// while the stream goes on, so that it holds slots as old as its own cursor. No slot may show an older value again, nor
// one that is not to stay, and lists lose and repeat nothing.
func TestAttrsLivePage(t *testing.T) {
	for _, c := range []struct {
		name, act string
		fresh     bool // the later page has a slot more
	}{
		{"form", `document.querySelector("button").click()`, false},
		{"visit", `Sx.resolve({event: "sx-navigate", url: "/"})`, false},
		{"reload", `fetch("/").then(r => r.text()).then(html => Sx.resolve({selector: "body", html}))`, false},
		{"form and a slot that is new", `document.querySelector("button").click()`, true},
		{"visit and a slot that is new", `Sx.resolve({event: "sx-navigate", url: "/"})`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			n := 0
			asked, answer := make(chan bool), make(chan bool)
			s.answer("/{$}", func(w http.ResponseWriter, r *http.Request) {
				n++
				if n == 1 {
					fmt.Fprint(w, head(), `<form method="post"><button>go</button></form><p>1</p><div data-sx-live="/a" data-sx-cursor="e1-0"><div data-suspense="x">0</div><ol data-suspense="log"></ol></div></body></html>`)
					return
				}
				asked <- true
				<-answer
				more := ""
				if c.fresh {
					more = `<div data-suspense="y">y1</div>`
				}
				text := `<form method="post"><button>go</button></form><p>2</p><div data-sx-live="/a" data-sx-cursor="e1-2"><div data-suspense="x">1</div><ol data-suspense="log"><li>1</li></ol>` + more + `</div>`
				if c.name != "reload" {
					text = head() + text + `</body></html>`
				}
				fmt.Fprint(w, text)
			})
			ctx := clienttest.Browser(t)
			visit(t, ctx, s.URL)
			until(t, ctx, `document.querySelector(".sx-live")`)
			js[bool](t, ctx, `window.was = {}; const see = () => { for (const e of document.querySelectorAll("[data-suspense]")) { const all = was[e.dataset.suspense] ||= [];
				if (all.at(-1) != e.textContent) all.push(e.textContent) } }; new MutationObserver(see).observe(document.body, {childList: true, characterData: true, subtree: true}); see(); return true`)
			seq := 0
			next := func() {
				seq++
				s.publish("/a", "sx-resolve", fmt.Sprintf(`{"id":"x","html":"%d"}`, seq))
				s.publish("/a", "sx-resolve", fmt.Sprintf(`{"id":"log","html":"<li>%d</li>","mode":"append"}`, seq))
				if c.fresh && seq > 1 {
					s.publish("/a", "sx-resolve", fmt.Sprintf(`{"id":"y","html":"y%d"}`, seq))
				}
				until(t, ctx, fmt.Sprintf(`document.querySelector("[data-suspense=x]").textContent == "%d"`, seq))
			}
			next()
			js[bool](t, ctx, c.act+`; return true`)
			<-asked
			next()
			next()
			answer <- true
			until(t, ctx, `document.querySelector("p").textContent == "2"`)
			next()
			want := `{"x":["0","1","2","3","4"],"log":["","1","12","123","1234"]}`
			if c.fresh {
				want = `{"x":["0","1","2","3","4"],"log":["","1","12","123","1234"],"y":["y1",`
				until(t, ctx, `document.querySelector("[data-suspense=y]").textContent == "y4"`)
			}
			got := js[string](t, ctx, `return JSON.stringify(was)`)
			if !strings.HasPrefix(got, want) {
				t.Errorf("the slots showed\n     %s\nwant %s", got, want)
			}
			streams := 1
			if c.fresh {
				streams = 2 // it begins again where the page stood
			}
			s.mu.Lock()
			if s.opened != streams {
				t.Errorf("%d streams opened, want %d: %q", s.opened, streams, s.asked)
			}
			s.mu.Unlock()
			for _, p := range clienttest.Problems(ctx) {
				if !strings.Contains(p, "no slot y") { // before the page with it came
					t.Error(p)
				}
			}
		})
	}
}

// TestAttrsDownload answers a form with a file, which is saved as it would be without us.
func TestAttrsDownload(t *testing.T) {
	s := newSite(t)
	s.page("GET /{$}", `<form method="post" action="/file"><button>go</button></form><p id="p">page</p>`)
	s.mux.HandleFunc("POST /file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `attachment; filename="a.pdf"`)
		fmt.Fprint(w, "%PDF")
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	js[bool](t, ctx, `HTMLAnchorElement.prototype.click = function () { window.saved = this.download + this.href.slice(0, 5) }; document.querySelector("button").click(); return true`)
	until(t, ctx, `window.saved`)
	if got := js[string](t, ctx, `return saved + document.querySelector("#p").textContent + location.pathname`); got != "a.pdfblob:page/" {
		t.Errorf("saved, page and path = %s", got)
	}
	clean(t, ctx)
}
