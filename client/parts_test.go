package client_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/clienttest"
)

// partsPage serves a page at path that carries only some parts of the client, under the strictest policy.
func (s *site) partsPage(path string, p client.Parts, body string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html><head><script nonce="n0">` + client.Inline() + `</script><script nonce="n0" src="` +
			client.ScriptWith(p) + `"></script></head><body>` + body + "</body></html>"))
	})
}

// fetchedScripts lists the scripts that the page has fetched, by their names.
const fetchedScripts = `performance.getEntriesByType("resource").map(e => e.name.split("/").pop()).filter(n => n.includes(".js")).join(" ")`

// TestPartsOnDemand gives pages frames that their scripts cannot apply: the whole language is fetched, and
// everything is applied in order, with nothing lost, whether it comes before, meanwhile or afterwards.
func TestPartsOnDemand(t *testing.T) {
	s := newSite(t)
	body := `<ul data-suspense="log"></ul><p data-suspense="a"></p><p data-suspense="b"></p>`
	s.partsPage("/none", client.Parts{}, body)
	s.partsPage("/small", client.Parts{Language: client.SmallLanguage}, body)
	for _, c := range []struct{ path, first, loaded string }{
		{"/none", `(~line :n 1)`, "sx-core.js language.js"},
		{"/small", `(~rare :n 1)`, "sx-core-small.js language.js"},
	} {
		t.Run(c.path[1:], func(t *testing.T) {
			ctx := clienttest.Browser(t)
			visit(t, ctx, s.URL+c.path)
			got := js[string](t, ctx, `
				const errors = []
				document.addEventListener("sx:error", e => errors.push(e.detail.message))
				Sx.resolve({event: "sx-defs", hash: "h", sx: "(defcomp ~line (&key n) (li n)) (defcomp ~rare (&key n) (match n 1 (li \"1\") _ (li \"other\")))"})
				Sx.resolve({id: "a", html: "<i>before</i>"})
				const before = document.querySelector("[data-suspense=a]").innerHTML
				Sx.resolve({id: "log", mode: "append", sx: `+"`"+c.first+"`"+`})
				Sx.resolve({id: "log", mode: "append", html: "<li>2</li>"})
				Sx.resolve({id: "a", html: "<i>after</i>"})
				Sx.resolve({id: "log", mode: "append", sx: "(~line :n 3)"})
				Sx.resolve({id: "b", mode: "append", sx: "(~nobody)"})
				Sx.resolve({id: "b", sx: "(b \"good\")"})
				Sx.resolve({id: "log", mode: "append", transition: true, html: "<li>4</li>"})
				Sx.resolve({id: "log", mode: "append", sx: "(~rare :n 5)"})
				const early = document.querySelector("[data-suspense=log]").innerHTML
				while (document.querySelectorAll("li").length < 5) await new Promise(r => setTimeout(r, 5))
				return JSON.stringify([before, early, document.body.innerText, errors, typeof Sx.parse, `+fetchedScripts+`])`)
			var out []any
			if err := json.Unmarshal([]byte(got), &out); err != nil {
				t.Fatal(err)
			}
			want := `["\u003ci\u003ebefore\u003c/i\u003e","","1\n2\n3\n4\nother\n\nafter\n\ngood",["unknown component: ~nobody"],"function","` + c.loaded + `"]`
			if b, _ := json.Marshal(out); string(b) != want {
				t.Errorf("got  %s\nwant %s", b, want)
			}
			for _, p := range clienttest.Problems(ctx) {
				if !strings.Contains(p, "~nobody") {
					t.Error(p)
				}
			}
		})
	}
}

// TestPartsNotNeeded holds that a page without SX frames never fetches the language, and that what the small
// one can do fetches nothing.
func TestPartsNotNeeded(t *testing.T) {
	s := newSite(t)
	s.partsPage("/none", client.Parts{}, `<p data-suspense="a"></p>`)
	s.partsPage("/small", client.Parts{Language: client.SmallLanguage}, `<p data-suspense="a"></p>`)
	ctx := clienttest.Browser(t)
	for _, c := range []struct{ path, frames, want string }{
		{"/none", `Sx.resolve({event: "sx-defs", hash: "h", sx: "(defcomp ~x () (b))"}); Sx.resolve({id: "a", html: "<b>x</b>"})`, `<b>x</b>`},
		{"/small", `Sx.resolve({event: "sx-defs", hash: "h", sx: "(defcomp ~x (&key n (tone :default \"t\") &rest children) \"Doc.\" (b :class (str \"x \" tone) (if (> n 1) n \"one\") children (map (fn (i) (i i)) (range n))))"}); Sx.resolve({id: "a", sx: "(~x :n 2 (u \"k\"))"})`,
			`<b class="x t">2<u>k</u><i>0</i><i>1</i></b>`},
	} {
		visit(t, ctx, s.URL+c.path)
		got := js[string](t, ctx, c.frames+`; await new Promise(r => setTimeout(r, 50)); return document.querySelector("p").innerHTML + " " + `+fetchedScripts)
		want := c.want + " sx-core.js"
		if c.path == "/small" {
			want = c.want + " sx-core-small.js"
		}
		if got != want {
			t.Errorf("%s: got  %s\nwant %s", c.path, got, want)
		}
	}
	clean(t, ctx)
}

// TestPartsUnreachable holds that a page whose language cannot be fetched says so once it has tried for a
// while, goes on with what it can do, and does not wait for ever.
func TestPartsUnreachable(t *testing.T) {
	s := newSite(t)
	s.mux.HandleFunc("/x/_sx/client/v/core.js", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = client.ScriptWith(client.Parts{})
		client.Handler().ServeHTTP(w, r)
	})
	s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><script src="/x/_sx/client/v/core.js"></script><p data-suspense="a"></p><p data-suspense="b"></p>`))
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	got := js[string](t, ctx, `
		const errors = []
		document.addEventListener("sx:error", e => errors.push(e.detail.kind + " " + e.detail.blame))
		Sx.resolve({id: "a", sx: "(b)"})
		Sx.resolve({id: "b", html: "<i></i>"})
		while (!document.querySelector("i")) await new Promise(r => setTimeout(r, 5))
		return errors + document.body.innerText`)
	if want := "script network,frame app"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPartsSocket holds that a socket region on a page without the part for it brings it in.
func TestPartsSocket(t *testing.T) {
	s := newSite(t)
	s.partsPage("/{$}", client.Parts{}, `<main></main>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	got := js[string](t, ctx, `
		const asked = []
		window.WebSocket = class { constructor(url) { asked.push(new URL(url).pathname) } close() {} }
		const region = document.createElement("div")
		region.dataset.sxWs = "/ws/chat"
		document.querySelector("main").append(region)
		while (!asked.length) await new Promise(r => setTimeout(r, 5))
		return asked + " " + Sx.send("/ws/chat", "hello").length + " " + document.querySelector("[data-sx-ws]").className + " " + `+fetchedScripts)
	if want := "/ws/chat 36 sx-connecting sx-core.js socket.js"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	clean(t, ctx)
}

// TestPartsRequests holds that a page without the part for requests brings it in when a form, a trigger or a
// frame needs it.
func TestPartsRequests(t *testing.T) {
	s := newSite(t)
	s.mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><html><body><main>in</main></body></html>"))
	})
	for name, c := range map[string]struct{ body, act, until string }{
		"form":     {`<form method="post" action="/in"><button>go</button></form><main></main>`, `document.querySelector("button").click()`, `document.querySelector("main").textContent == "in"`},
		"trigger":  {`<p sx-get="/in" sx-trigger="load" sx-target="main" sx-select="main"></p><main></main>`, ``, `document.querySelector("main").textContent == "in"`},
		"late":     {`<main></main>`, `const b = document.createElement("button"); b.setAttribute("sx-get", "/in"); b.setAttribute("sx-target", "main"); b.setAttribute("sx-select", "main"); document.body.prepend(b); const id = setInterval(() => b.click(), 50); setTimeout(() => clearInterval(id), 5000)`, `document.querySelector("main").textContent == "in"`},
		"navigate": {`<main></main>`, `Sx.resolve({event: "sx-navigate", url: "/in"})`, `document.querySelector("main").textContent == "in"`},
	} {
		t.Run(name, func(t *testing.T) {
			s.partsPage("/"+name, client.Parts{}, c.body)
			ctx := clienttest.Browser(t)
			visit(t, ctx, s.URL+"/"+name)
			js[bool](t, ctx, `window.same = 1; return true`)
			if name == "form" {
				until(t, ctx, fetchedScripts+`.includes("request.js")`)
				// It has been fetched; now it has run, too.
				js[bool](t, ctx, `await import(performance.getEntriesByType("resource").map(e => e.name).find(n => n.includes("request.js"))); return true`)
			}
			if c.act != "" {
				js[bool](t, ctx, c.act+`; return true`)
			}
			until(t, ctx, c.until)
			if got := js[string](t, ctx, `return window.same + " " + `+fetchedScripts); got != "1 sx-core.js request.js" {
				t.Errorf("same document and scripts = %s", got)
			}
			clean(t, ctx)
		})
	}
}

// TestPartsAgain includes scripts with different parts one after the other: there is one client, with all.
func TestPartsAgain(t *testing.T) {
	s := newSite(t)
	s.partsPage("/{$}", client.Parts{}, `<script nonce="n0">window.first = Sx</script><script nonce="n0" src="`+client.Script()+
		`"></script><script nonce="n0" type="module" src="`+client.ScriptWith(client.Parts{Language: client.WholeLanguage})+`"></script><p data-suspense="a"></p>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	if got := js[string](t, ctx, `Sx.resolve({id: "a", sx: "(b 1)"}); return (Sx == first) + Sx.renderToString("(i 2)") + document.querySelector("p").innerHTML`); got != "true<i>2</i><b>1</b>" {
		t.Errorf("got %s", got)
	}
	clean(t, ctx)
}

// TestScripts holds that every script is served, is one script, and has a source map with a section for each part.
func TestScripts(t *testing.T) {
	get := func(url string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		client.Handler().ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		return w
	}
	seen := map[string]bool{}
	for _, l := range []client.Language{client.NoLanguage, client.SmallLanguage, client.WholeLanguage} {
		for n := range 4 {
			sockets, requests := n&1 > 0, n&2 > 0
			url := client.ScriptWith(client.Parts{Language: l, Sockets: sockets, Requests: requests})
			if seen[url] || !strings.Contains(url, client.Version()) {
				t.Errorf("%s: twice, or without the version", url)
			}
			seen[url] = true
			script := get(url)
			var m struct {
				Version  int
				Sections []struct {
					Offset struct{ Line, Column int }
					Map    struct{ Sources []string }
				}
			}
			if err := json.Unmarshal(get(url+".map").Body.Bytes(), &m); script.Code != 200 || err != nil || m.Version != 3 {
				t.Errorf("%s: %d, map: %v", url, script.Code, err)
				continue
			}
			lines := strings.Split(script.Body.String(), "\n")
			want := 1
			if l != client.NoLanguage {
				want++
			}
			if sockets {
				want++
			}
			if requests {
				want++
			}
			if len(m.Sections) != want {
				t.Errorf("%s: %d sections, want %d", url, len(m.Sections), want)
			}
			for _, sec := range m.Sections {
				if len(sec.Map.Sources) == 0 || !strings.HasPrefix(lines[sec.Offset.Line][sec.Offset.Column:], `"use strict";(()=>{`) {
					t.Errorf("%s: a section begins at %v, which is no part", url, sec.Offset)
				}
			}
		}
	}
}
