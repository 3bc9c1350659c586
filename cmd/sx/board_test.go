package main_test

import (
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// Two windows show one board: a card dragged in one moves in both, in order, and keeps its element.
func TestBrowserBoardMovesCardsInBothWindows(t *testing.T) {
	t.Setenv("SX_DATA", t.TempDir())
	s := serve(t, "../../examples/board", "127.0.0.1:0", "--no-reload")
	tab := clienttest.Browser(t)
	other := clienttest.NewTab(t, tab)
	visit(t, tab, s.url)
	visit(t, other, s.url)
	clienttest.Until(t, tab, "the socket is open", `document.querySelector("[data-sx-ws].sx-live")`)
	clienttest.Until(t, other, "the socket is open", `document.querySelector("[data-sx-ws].sx-live")`)

	const drag = `(card, to) => {
		const data = new DataTransfer(), e = (type) => new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data })
		const at = document.querySelector('[data-card="' + card + '"]'), column = document.querySelector('[data-column=' + to + ']')
		at.dispatchEvent(e("dragstart")); column.dispatchEvent(e("dragover")); column.dispatchEvent(e("drop")); at.dispatchEvent(e("dragend"))
		return true
	}`
	js[bool](t, tab, `(`+drag+`)("c1", "doing")`)
	js[bool](t, tab, `(`+drag+`)("c1", "done")`)
	js[bool](t, tab, `document.querySelector("form.new input").value = "Write a test", document.querySelector("form.new").requestSubmit(), true`)
	const titles = `c => [...document.querySelectorAll('[data-column=' + c + '] .card span')].map(e => e.textContent).join()`
	const log = `[...document.querySelectorAll("ol li")].map(e => e.textContent.replace(/^\S+ /, "")).join("; ")`
	for _, w := range []struct{ what, js string }{
		{"the first column", `(` + titles + `)("todo") == "Open a second window,Write a test"`},
		{"the second column", `(` + titles + `)("doing") == "Read app.sx"`},
		{"the third column", `(` + titles + `)("done") == "Drag this card"`},
		{"the log, newest first", log + ` == "“Write a test” was added; “Drag this card” went to Done; “Drag this card” went to Doing"`},
	} {
		clienttest.Until(t, tab, w.what, w.js)
		clienttest.Until(t, other, w.what+" in the other window", w.js)
	}
	noProblems(t, tab)
	noProblems(t, other)
}
