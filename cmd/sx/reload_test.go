package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// change replaces text in a file the way an editor saves it: beside, then renamed. It gives the time before.
func change(t testing.TB, file, old, new string) time.Time {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s lacks %q", file, old)
	}
	tmp := filepath.Join(filepath.Dir(file), ".save.tmp")
	if err := os.WriteFile(tmp, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := os.Rename(tmp, file); err != nil {
		t.Fatal(err)
	}
	return began
}

const label = `document.querySelector("form.add button").textContent`

// watchLabel notes when each label of the button is painted: a message that is sent from a frame arrives once that frame
// has been painted.
func watchLabel(t testing.TB, tab context.Context) {
	t.Helper()
	js[bool](t, tab, `(window.at = [], new MutationObserver(() => {
		const text = `+label+`
		if (at.length && text === at.at(-1).text) return
		const entry = {text, time: 0}, painted = new MessageChannel()
		at.push(entry)
		painted.port1.onmessage = () => entry.time = performance.timeOrigin + performance.now()
		requestAnimationFrame(() => painted.port2.postMessage(0))
	}).observe(document.documentElement, {subtree: true, childList: true, characterData: true}), true)`)
}

// saveToPixel changes the label in a component, and gives the time from the save to the painted page.
func saveToPixel(t testing.TB, tab context.Context, component, old, new string) time.Duration {
	t.Helper()
	began := change(t, component, `(button "`+old+`")`, `(button "`+new+`")`)
	clienttest.Until(t, tab, "the button follows", label+` === "`+new+`"`)
	clienttest.Until(t, tab, "it is painted", `at.find(a => a.text === "`+new+`")?.time`)
	at := js[float64](t, tab, `at.find(a => a.text === "`+new+`").time`)
	return time.Duration(at*1e6) - time.Duration(began.UnixNano())
}

// BenchmarkBrowserSaveToPixel gives the time from saving a component of examples/todo to the painted page.
func BenchmarkBrowserSaveToPixel(b *testing.B) {
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/todo")); err != nil {
		b.Fatal(err)
	}
	s := serve(b, dir, "127.0.0.1:0")
	tab := clienttest.Browser(b)
	if err := chromedp.Do(tab, chromedp.Navigate(s.url+"/todos"), chromedp.WaitVisible("#title")); err != nil {
		b.Fatal(err)
	}
	clienttest.Until(b, tab, "the page is connected", `document.querySelector("[data-sx-live].sx-live")`)
	watchLabel(b, tab)
	var delays []time.Duration
	for old := "Add"; b.Loop(); {
		next := fmt.Sprint("Add ", len(delays))
		delays = append(delays, saveToPixel(b, tab, filepath.Join(dir, "components", "todos.sx"), old, next))
		old = next
	}
	slices.Sort(delays)
	b.ReportMetric(float64(delays[len(delays)/2])/1e6, "ms-median")
	b.ReportMetric(float64(delays[len(delays)*9/10])/1e6, "ms-p90")
}

// A component is edited, broken and fixed while text is half typed in a form of the page.
func TestBrowserEditBreakFixWhileTyping(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/todo")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "127.0.0.1:0")
	tab := clienttest.Browser(t)
	component := filepath.Join(dir, "components", "todos.sx")
	if err := chromedp.Do(tab, chromedp.Navigate(s.url+"/todos"), chromedp.WaitVisible("#title")); err != nil {
		t.Fatal(err)
	}
	clienttest.Until(t, tab, "the page is connected", `document.querySelector("[data-sx-live].sx-live")`)
	if err := chromedp.Do(tab, chromedp.SendKeys("#title", "half ty")); err != nil {
		t.Fatal(err)
	}
	js[bool](t, tab, `window.stays = true, document.querySelector("#title").setSelectionRange(2, 4), true`)
	const kept = `window.stays && document.querySelector("#title").value === "half ty" && document.activeElement.id === "title" && document.activeElement.selectionStart === 2`
	// Edit: the page follows.
	watchLabel(t, tab)
	var delays []time.Duration
	texts := []string{"Add", "One", "Two", "Three", "Four", "Five"}
	for i := 1; i < len(texts); i++ {
		delays = append(delays, saveToPixel(t, tab, component, texts[i-1], texts[i]))
	}
	slices.Sort(delays)
	t.Logf("from save to changed pixel: median %s, worst %s", delays[len(delays)/2].Round(100*time.Microsecond), delays[len(delays)-1].Round(100*time.Microsecond))
	if !js[bool](t, tab, kept) {
		t.Errorf("the edit lost what was typed, or the focus: %s", js[string](t, tab, `document.activeElement.outerHTML + document.querySelector("#title").value`))
	}

	// Break: the overlay says where; the page stays.
	change(t, component, `(button "Five")`, `(button "Five" nme)`)
	clienttest.Until(t, tab, "the overlay shows", `document.querySelector("#sx-overlay")`)
	text := js[string](t, tab, `document.querySelector("#sx-overlay").textContent`)
	for _, want := range []string{"components/todos.sx:", "undefined symbol: nme", "^^^"} {
		if !strings.Contains(text, want) {
			t.Errorf("the overlay lacks %q: %s", want, text)
		}
	}
	if !js[bool](t, tab, kept) || js[string](t, tab, label) != "Five" {
		t.Error("the broken file changed the page")
	}

	// Fix: the overlay goes away by itself.
	change(t, component, `(button "Five" nme)`, `(button "Done")`)
	clienttest.Until(t, tab, "the overlay goes away", `!document.querySelector("#sx-overlay")`)
	clienttest.Until(t, tab, "the button follows", label+` === "Done"`)
	if !js[bool](t, tab, kept) {
		t.Error("the fix lost what was typed, or the focus")
	}

	// A style sheet follows without a reload.
	change(t, filepath.Join(dir, "assets", "todo.css"), "body", "h1 { letter-spacing: 7px } body")
	clienttest.Until(t, tab, "the style follows", `getComputedStyle(document.querySelector("h1")).letterSpacing === "7px"`)
	if !js[bool](t, tab, kept) {
		t.Error("the style sheet lost what was typed, or the focus")
	}
	noProblems(t, tab)
}
