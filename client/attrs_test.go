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

// TestAttrsLivePage sends a form on a page that is live: the answer holds slots as old as its own cursor,
// and what came meanwhile comes again.
func TestAttrsLivePage(t *testing.T) {
	s := newSite(t)
	n := 0
	s.answer("/{$}", func(w http.ResponseWriter, r *http.Request) {
		n++
		// The second rendering is one event behind.
		fmt.Fprint(w, head(), `<form method="post"><button>go</button></form><p>`, n, `</p><div data-sx-live="/a" data-sx-cursor="e1-`, n-1, `"><div data-suspense="x">page `, n, `</div><ol data-suspense="log"></ol></div></body></html>`)
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector(".sx-live")`)
	s.publish("/a", "sx-resolve", `{"id":"log","html":"<li>1</li>","mode":"append"}`)
	s.publish("/a", "sx-resolve", `{"id":"x","html":"live"}`)
	until(t, ctx, `document.querySelector("[data-suspense=x]").textContent == "live"`)
	js[bool](t, ctx, `window.was = []; new MutationObserver(r => r.forEach(m => was.push(m.target.textContent))).observe(document.querySelector("[data-suspense=x]"), {childList: true, characterData: true, subtree: true}); document.querySelector("button").click(); return true`)
	until(t, ctx, `document.querySelector("p").textContent == "2" && was.length >= 2 && document.querySelector("[data-suspense=x]").textContent == "live"`)
	got := js[string](t, ctx, `return document.querySelector("[data-sx-live]").className + was.join()`)
	if got != "sx-livepage 2,live" {
		t.Errorf("class and what the slot showed = %s, want sx-live, page 2 and then live again", got)
	}
	clean(t, ctx)
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
