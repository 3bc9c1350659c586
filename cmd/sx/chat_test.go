package main_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page/db"
)

// Two people chat; the server is killed in the middle and started again. Every message is once in the
// database and once in each window, in the same order, and what was half typed is still there.
func TestBrowserChatSurvivesAKill(t *testing.T) {
	data := t.TempDir()
	t.Setenv("SX_DATA", data)
	t.Setenv("SX_SECRET", "a secret of the test")
	addr := freeAddress(t)
	s := serve(t, "../../examples/chat", addr, "--no-reload")
	enter := func(name string) context.Context {
		tab := clienttest.Browser(t)
		visit(t, tab, s.url)
		clienttest.Until(t, tab, "the name can be given", `document.readyState == "complete" && document.querySelector("#name")`)
		js[bool](t, tab, fmt.Sprintf(`document.querySelector("#name").value = %q, document.querySelector("form.name").requestSubmit(), true`, name))
		clienttest.Until(t, tab, "the rooms are shown", `document.querySelector(".rooms")`)
		visit(t, tab, s.url+"/room/tea")
		clienttest.Until(t, tab, "the socket is open", `document.querySelector("[data-sx-ws].sx-live")`)
		return tab
	}
	ann, bob := enter("ann"), enter("bob")
	clienttest.Until(t, ann, "both are here", `document.querySelector(".people").textContent.startsWith("2 here: ann, bob")`)
	say := func(tab context.Context, text string) {
		t.Helper()
		js[bool](t, tab, fmt.Sprintf(`document.querySelector("form.say input").value = %q, document.querySelector("form.say").requestSubmit(), true`, text))
	}
	const lines = `[...document.querySelectorAll(".line p")].map(p => p.textContent).join(" ")`
	shows := func(tab context.Context, want string) {
		t.Helper()
		clienttest.Until(t, tab, "the window shows "+want, fmt.Sprintf(`%s == %q`, lines, want))
	}
	say(ann, "a1")
	shows(bob, "a1")
	say(bob, "b1")
	shows(ann, "a1 b1")
	shows(bob, "a1 b1")

	if _, err := chromedp.Run(bob, chromedp.SendKeys("form.say input", "half a sent")); err != nil {
		t.Fatal(err)
	}
	clienttest.Until(t, ann, "bob is seen typing", `document.querySelector(".typing")?.textContent == "bob is typing…"`)
	clienttest.Until(t, ann, "that passes", `getComputedStyle(document.querySelector(".typing")).visibility == "hidden"`)
	say(ann, "a2") // may be handled, acknowledged or neither when the server dies
	s.kill()
	say(ann, "a3")
	say(ann, "a4")
	s = serve(t, "../../examples/chat", addr, "--no-reload")
	for _, tab := range []context.Context{ann, bob} {
		clienttest.Until(t, tab, "the socket is open again", `document.querySelector("[data-sx-ws].sx-live")`)
		shows(tab, "a1 b1 a2 a3 a4")
	}
	if got := js[string](t, bob, `document.querySelector("form.say input").value + "|" + (document.activeElement?.name ?? "")`); got != "half a sent|text" {
		t.Errorf("what bob was typing became %q", got)
	}
	say(ann, "a5")
	shows(bob, "a1 b1 a2 a3 a4 a5")

	// Whoever sends under the id of another's message, which every window knows, changes nothing.
	js[bool](t, bob, `(async () => {
		const id = [...document.querySelectorAll(".line")].find(l => l.querySelector("p").textContent == "a1").getAttribute("sx-key")
		const ws = new WebSocket(location.origin.replace("http", "ws") + "/ws/room/tea", "sx.v1")
		ws.onopen = () => ws.send('(send "' + id + '" (say :text "forged"))')
		ws.onmessage = e => { if (JSON.parse(e.data).event == "sx-ack") window.forged = true }
	})(), true`)
	clienttest.Until(t, bob, "the forged message is handled", "window.forged")
	say(bob, "b2")
	shows(ann, "a1 b1 a2 a3 a4 a5 b2")
	shows(bob, "a1 b1 a2 a3 a4 a5 b2")

	// What the server refuses is taken back, and the text returned.
	js[bool](t, ann, `document.querySelector("form.say input").value = "x".repeat(501), document.querySelector("form.say").requestSubmit(), true`)
	clienttest.Until(t, ann, "the long message is seen while it is sent, or taken back", `document.querySelector(".sending") || document.querySelector("form.say input").value.length == 501`)
	clienttest.Until(t, ann, "its text is back in the field", `document.querySelector("form.say input").value.length == 501 && !document.querySelector(".sending")`)
	shows(ann, "a1 b1 a2 a3 a4 a5 b2")

	// A message is data, whatever it looks like.
	js[bool](t, bob, `(() => {
		const ws = new WebSocket(location.origin.replace("http", "ws") + "/ws/room/tea", "sx.v1")
		ws.onopen = () => ws.send('(say :text (db-exec "drop table messages"))')
		ws.onmessage = e => { if (JSON.parse(e.data).event == "sx-error") window.refused = true }
	})(), true`)
	clienttest.Until(t, bob, "the program is refused", "window.refused")

	// It is readable on a phone: nothing is wider than the screen.
	if err := chromedp.Do(ann, chromedp.EmulateViewport(390, 780)); err != nil {
		t.Fatal(err)
	}
	clienttest.Until(t, ann, "the room fits a phone", `innerWidth == 390 && document.documentElement.scrollWidth <= 390`)

	d, err := db.Open(t.Context(), filepath.Join(data, "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	v, err := d.Query(t.Context(), "select body from messages order by n")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i := range v.Len() {
		body, _ := v.Index(i).Lookup("body")
		got += body.Text() + " "
	}
	if got != "a1 b1 a2 a3 a4 a5 b2 " {
		t.Errorf("the database holds %s", got)
	}
}
