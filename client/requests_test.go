package client_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestRequestsOfPeople has what people do to forms, buttons and links, and what must be asked for then, or not.
// The act runs in the page; want is what the server was asked, in order, once `done` holds.
func TestRequestsOfPeople(t *testing.T) {
	const out = `<p id="out"></p>`
	browser := clienttest.Browser(t)
	const answered = `document.querySelector("#out b")`
	click := func(selector string) string { return `document.querySelector("` + selector + `").click()` }
	for _, c := range []struct {
		name, body, act, done, want string
		problem                     bool // one is reported
	}{
		{name: "a button that is an input", body: `<input type="button" name="go" value="1" sx-get="/echo" sx-target="#out">`, act: click("input"), want: "GET /echo?go=1"},
		{name: "a submit that is an input", body: `<form action="/other"><input name="a" value="1"><input type="submit" name="go" value="2" sx-post="/echo" sx-target="#out"></form>`, act: click("[type=submit]"), want: "POST /echo a=1&go=2"},
		{name: "the button of a form with a trigger", body: `<form sx-post="/echo" sx-trigger="submit" sx-target="#out"><button name="s" value="1">1</button><button name="s" value="2">2</button></form>`,
			act: click("[value='2']"), want: "POST /echo s=2"},
		{name: "a trigger from around", body: `<form><input id="x" name="x"><i sx-get="/echo" sx-include="#x" sx-trigger="change from:closest form" sx-target="#out"></i></form>`,
			act: `const x = document.querySelector("#x"); x.value = "1"; x.dispatchEvent(new Event("change", {bubbles: true}))`, want: "GET /echo?x=1"},
		{name: "a trigger from a neighbour, later", body: `<i sx-get="/echo" sx-trigger="click from:next button delay:1ms" sx-target="#out"></i><u></u><button>go</button>`,
			act: click("button"), want: "GET /echo"},
		{name: "several choices", body: `<select name="s" multiple sx-get="/echo" sx-target="#out"><option selected>1<option>2<option selected>3</select>`,
			act: `document.querySelector("select").dispatchEvent(new Event("change", {bubbles: true}))`, want: "GET /echo?s=1&s=3"},
		{name: "included, several choices and what is disabled", body: `<button sx-get="/echo" sx-include="#f select, #f input" sx-target="#out">go</button><div id="f"><select name="s" multiple><option selected>1<option selected>2</select><input name="n" value="no" disabled><input name="y" value="yes"></div>`,
			act: click("button"), want: "GET /echo?s=1&s=2&y=yes"},
		{name: "one question for a double click", body: `<button sx-post="/slow" sx-confirm="sure?" sx-target="#out">go</button>`,
			act:  `window.asked = 0; window.confirm = () => ++asked; for (let i = 0; i < 3; i++) document.querySelector("button").click(); if (asked != 1) throw new Error(asked + " questions")`,
			want: "POST /slow"},
		{name: "fields that are no JSON", body: `<button sx-post="/echo" sx-vals="{" sx-target="#out">go</button>`, problem: true,
			act:  `document.addEventListener("sx:error", e => { window.wrong = e.detail.kind; const b = document.querySelector("button"); b.setAttribute("sx-vals", '{"a": 1}'); setTimeout(() => b.click()) }, {once: true}); document.querySelector("button").click()`,
			done: `window.wrong == "request" && ` + answered, want: "POST /echo a=1"},
		{name: "a target that is not there", body: `<button sx-get="/echo" sx-target="#nowhere">go</button>`, problem: true,
			act: `document.addEventListener("sx:error", e => window.wrong = e.detail.message); document.querySelector("button").click()`, done: `/#nowhere/.test(window.wrong) && document.querySelector("button").textContent == "go"`, want: ""},
		{name: "disabled before stays disabled", body: `<button id="go" sx-get="/echo" sx-disabled-elt="#go, #no" sx-target="#out">go</button><button id="no" disabled>no</button>`,
			act: `const b = document.querySelector("#go"); b.focus(); b.click(); if (!b.disabled) throw new Error("not disabled")`, done: answered + ` && !document.querySelector("#go").disabled && document.querySelector("#no").disabled && document.activeElement.id == "go"`, want: "GET /echo"},
		{name: "a trigger that comes with a frame", body: `<div data-suspense="s"><button sx-get="/echo" sx-target="#out">go</button></div>`,
			act: `Sx.resolve({id: "s", html: '<button sx-get="/echo?2" sx-target="#out" sx-trigger="mousedown">go</button>'}); await new Promise(f => setTimeout(f)); document.querySelector("button").dispatchEvent(new Event("mousedown", {bubbles: true}))`, want: "GET /echo?2"},
		{name: "links that are the browser's", body: `<div sx-boost="true"><a id="a" href="/other">a</a><a id="b" href="/other" target="_blank">b</a><a id="c" href="/other" download>c</a><a id="d" href="#out">d</a><a id="e" href="mailto:x@y.z">e</a><a id="f" href="https://example.org/">f</a><svg><a id="g" href="/other"><text>g</text></a></svg><a id="h" sx-boost="false" href="/other">h</a></div>`,
			act: `const stop = e => { window.left = (window.left || "") + (e.defaultPrevented ? "-" : "+"); e.preventDefault() }; addEventListener("click", stop);
				const press = (id, how) => document.getElementById(id).dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, ...how}));
				for (const how of [{ctrlKey: true}, {metaKey: true}, {shiftKey: true}, {altKey: true}, {button: 1}]) press("a", how);
				for (const id of "bcdefgh") press(id, {})`, done: `window.left == "++++++++++++"`, want: ""},
		{name: "a form's button with another address and method", body: `<form method="post" action="/other" sx-target="#out" sx-select="b"><input name="a" value="1"><button formaction="/echo?q=0" formmethod="get" name="s" value="2">go</button></form>`,
			act: `document.querySelector("form").setAttribute("sx-boost", "true"); document.querySelector("button").click()`, want: "GET /echo?a=1&s=2"},
		{name: "forms that are the browser's", body: `<form id="a" method="post" action="/echo" target="_blank"><button>a</button></form><form id="b" method="post" action="https://example.org/"><button>b</button></form><form id="c" action="/echo"><button>c</button></form><dialog open><form id="d" method="dialog"><button>d</button></form></dialog><form id="e" method="post" action="/echo" sx-boost="false"><button>e</button></form>`,
			act: `addEventListener("submit", e => { window.left = (window.left || "") + (e.defaultPrevented ? "-" : "+"); e.preventDefault() }); for (const b of document.querySelectorAll("button")) b.click()`, done: `window.left == "+++++"`, want: ""},
		{name: "a button outside of its form", body: `<form id="f" sx-post="/echo" sx-target="#out"><input name="a" value="1"></form><button form="f" name="s" value="2">go</button>`, act: click("button"), want: "POST /echo a=1&s=2"},
		{name: "a form whose fields have names of its own", body: `<form sx-post="/echo" sx-target="#out"><input name="reset" value="1"><input name="method" value="2"><input name="action" value="3"><input name="enctype" value="4"><button>go</button></form>`,
			act: click("button"), want: "POST /echo reset=1&method=2&action=3&enctype=4"},
		{name: "what is not valid is not sent", body: `<form sx-post="/echo" sx-target="#out"><input name="a" required><button>go</button></form>`,
			act: click("button") + `; document.querySelector("input").value = "1"; document.querySelector("button").click()`, want: "POST /echo a=1"},
		{name: "the answer does not reset what was typed meanwhile", body: `<form sx-post="/slow" sx-target="#out"><input name="a" value=""><button>go</button></form>`,
			act: `const i = document.querySelector("input"); i.value = "1"; document.querySelector("button").click(); i.value = "12"`, done: answered + ` && document.querySelector("input").value == "12"`, want: "POST /slow a=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newAttributeSite(t)
			close(s.hold)
			s.page("GET /{$}", c.body+out)
			ctx := clienttest.NewTab(t, browser)
			visit(t, ctx, s.URL)
			until(t, ctx, "window.Sx")
			js[bool](t, ctx, c.act+`; return true`)
			if c.done == "" {
				c.done = answered
			}
			until(t, ctx, c.done)
			js[bool](t, ctx, `await new Promise(f => setTimeout(f, 50)); return true`)
			if got := s.asked(); got != c.want {
				t.Errorf("asked %s, want %s", got, c.want)
			}
			if !c.problem {
				clean(t, ctx)
			}
		})
	}
}

// TestHistoryOfPeople goes back and forth, by single steps and several at once, through links within pages too.
func TestHistoryOfPeople(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"a", "b", "c"} {
		s.answer("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `%s<title>%s</title><main sx-boost="true" id="%s"><h1>%[3]s</h1><a class="a" href="/a">a</a><a class="b" href="/b">b</a><a class="c" href="/c">c</a><a class="x" href="#x">x</a>
				%[4]s<p id="x">x</p>%[4]s</main></body></html>`, head(), name, name, strings.Repeat("<p>tall</p>", 100))
		})
	}
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL+"/a")
	until(t, ctx, "window.Sx")
	js[bool](t, ctx, `return window.same = true`)
	at := func(page, more string) string {
		return fmt.Sprintf(`window.same && document.querySelector("h1").textContent == %q && location.pathname == "/%[1]s" && (%[2]s)`, page, more)
	}
	step := func(act, want string) {
		t.Helper()
		js[bool](t, ctx, act+`; return true`)
		until(t, ctx, want)
	}
	press := func(class string) string { return `document.querySelector(".` + class + `").click()` }
	settle := `; await new Promise(f => setTimeout(f, 250))`
	step(press("x"), at("a", `location.hash == "#x" && scrollY > 2000`))
	step(`scrollTo(0, 1000)`+settle+`; `+press("b"), at("b", `scrollY == 0`))
	step(`history.go(-2)`, at("a", `location.hash == ""`)) // an entry that was there before us
	step(`history.go(2)`, at("b", `true`))
	step(`history.back()`, at("a", `location.hash == "#x" && scrollY == 1000`)) // where it was left, not where it leads
	step(press("c"), at("c", `true`))
	step(press("x"), at("c", `location.hash == "#x" && scrollY > 2000`))
	step(`window.kept = document.querySelector("h1"); kept.append("!"); history.back()`, `location.hash == "" && location.pathname == "/c"`)
	if got := js[string](t, ctx, settle+`; return document.querySelector("h1").textContent`); got != "c!" {
		t.Errorf("the way back within a page fetched it again: %s", got)
	}
	js[bool](t, ctx, `window.real = fetch; window.fetch = async (...a) => { const r = await real(...a); await new Promise(f => window.go = f); return r }; return true`)
	step(`kept.lastChild.remove(); history.back(); history.back()`, `location.pathname == "/a" && window.go`)
	step(`history.go(2)`, `location.pathname == "/c"`) // before the answer came
	if got := js[string](t, ctx, `go(); window.fetch = real`+settle+`; return document.querySelector("h1").textContent`); got != "c" {
		t.Errorf("after a step back that was taken back the page shows %s, want c", got)
	}
	step(`history.go(-2)`, at("a", `location.hash == ""`))
	step(`document.querySelector(".b").href += "#x"; `+press("b"), at("b", `location.hash == "#x" && scrollY > 2000`))
	step(`document.querySelector(".c").href += "#100%"; `+press("c"), at("c", `location.hash == "#100%" && scrollY == 0`))
	clean(t, ctx)
}

// TestAnswerAndStream has a request on its way while the stream brings a newer value of a slot within its target: the
// answer, which knows nothing of it, must not bring the older one back. Without such a value the answer counts.
func TestAnswerAndStream(t *testing.T) {
	s := newSite(t)
	s.page("GET /{$}", `<div data-sx-live="/a" data-sx-cursor="e1-0"><div id="box"><b data-suspense="x">0</b><i>old</i></div></div><button sx-get="/part" sx-target="#box">go</button>`)
	asked, answer := make(chan bool), make(chan string)
	s.answer("/part", func(w http.ResponseWriter, r *http.Request) {
		asked <- true
		fmt.Fprint(w, <-answer)
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector(".sx-live")`)
	box := func(want string) { t.Helper(); until(t, ctx, `document.querySelector("#box").innerHTML == '`+want+`'`) }
	s.publish("/a", "sx-resolve", `{"id":"x","html":"1"}`)
	box(`<b data-suspense="x">1</b><i>old</i>`)
	js[bool](t, ctx, `document.querySelector("button").click(); return true`)
	<-asked
	s.publish("/a", "sx-resolve", `{"id":"x","html":"2"}`)
	box(`<b data-suspense="x">2</b><i>old</i>`)
	answer <- `<b data-suspense="x">1</b><i>new</i>`
	box(`<b data-suspense="x">2</b><i>new</i>`)
	js[bool](t, ctx, `document.querySelector("button").click(); return true`)
	<-asked
	answer <- `<b data-suspense="x">two</b><i>newer</i>`
	box(`<b data-suspense="x">two</b><i>newer</i>`)
	s.publish("/a", "sx-resolve", `{"id":"x","html":"3"}`)
	box(`<b data-suspense="x">3</b><i>newer</i>`)
	// A slot beside the answer.
	for _, c := range []struct{ meanwhile, answer, want string }{{"4", "3", "4"}, {"", "5", "5"}} {
		until(t, ctx, `!document.querySelector(".sx-request")`)
		js[bool](t, ctx, `const b = document.querySelector("button"); b.setAttribute("sx-swap", "none"); b.click(); return true`)
		<-asked
		if c.meanwhile != "" {
			s.publish("/a", "sx-resolve", `{"id":"x","html":"`+c.meanwhile+`"}`)
			box(`<b data-suspense="x">` + c.meanwhile + `</b><i>newer</i>`)
		}
		answer <- `<template for="x">` + c.answer + `</template>`
		until(t, ctx, `!document.querySelector(".sx-request")`)
		box(`<b data-suspense="x">` + c.want + `</b><i>newer</i>`)
	}
	js[bool](t, ctx, `document.querySelector("button").removeAttribute("sx-swap"); return true`)
	// Frames for a region that goes before they are shown, and one transition after another.
	js[bool](t, ctx, `const r = document.createElement("div"); r.dataset.sxLive = "/gone"; document.body.append(r); return true`)
	until(t, ctx, `document.querySelectorAll(".sx-live").length == 2`)
	js[bool](t, ctx, `addEventListener("told", () => document.querySelector("[data-sx-live='/gone']").remove(), true); return true`)
	s.publish("/gone", "sx-event", `{"name":"told"}`)
	s.publish("/gone", "sx-resolve", `{"id":"none","html":"late"}`)
	until(t, ctx, `document.querySelectorAll(".sx-live").length == 1`)
	js[bool](t, ctx, `for (const n of [6, 7]) Sx.resolve({id: "x", html: "" + n, transition: true}); return true`)
	box(`<b data-suspense="x">7</b><i>newer</i>`)
	js[bool](t, ctx, `await new Promise(f => setTimeout(f, 50)); return true`)
	clean(t, ctx)

	// Slots that are new in the answer.
	const fields = `<b data-suspense="new">%s</b><b data-suspense="waits" aria-busy="true">…</b>`
	for _, c := range []struct{ before, meanwhile, answer, want string }{
		{"1", "2", "1", "2"}, // the stream is newer
		{"2", "", "3", "3"},  // the answer is
	} {
		until(t, ctx, `!document.querySelector(".sx-request")`)
		js[bool](t, ctx, `document.querySelector("#box").replaceChildren(); return true`)
		send := func(value string) {
			t.Helper()
			s.publish("/a", "sx-resolve", `{"id":"waits","html":"`+value+`"}`)
			s.publish("/a", "sx-resolve", `{"id":"new","html":"`+value+`"}`)
			js[bool](t, ctx, `window.told = false; addEventListener("told", () => window.told = true, {once: true}); return true`)
			s.publish("/a", "sx-event", `{"name":"told"}`)
			until(t, ctx, `told`)
		}
		send(c.before)
		js[bool](t, ctx, `document.querySelector("button").click(); return true`)
		<-asked
		if c.meanwhile != "" {
			send(c.meanwhile)
		}
		answer <- fmt.Sprintf(fields, c.answer)
		box(fmt.Sprintf(`<b data-suspense="new">%s</b><b data-suspense="waits">%s</b>`, c.want, cmp.Or(c.meanwhile, c.before)))
		js[bool](t, ctx, `await new Promise(f => setTimeout(f, 50)); return true`)
		box(fmt.Sprintf(`<b data-suspense="new">%s</b><b data-suspense="waits">%s</b>`, c.want, cmp.Or(c.meanwhile, c.before)))
	}
}
