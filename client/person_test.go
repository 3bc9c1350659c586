package client_test

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestPersonInTheMiddle has a person in the middle of something, by the browser's real input, when frames come. Each
// act is a word and its rest: "js CODE"; "compose TEXT", "commit TEXT" of an input method; "press S", "drag S X",
// "drop", where X is a place within S from 0 to 9. want must be true at the end.
func TestPersonInTheMiddle(t *testing.T) {
	const slot = `<div data-suspense="s">`
	frame := func(html string) string { return "js Sx.resolve({id: 's', html: `" + html + "`})" }
	browser := clienttest.Browser(t)
	for _, c := range []struct {
		name, body string
		acts       []string
		want       string
	}{
		{"a choice of several, against another default", slot + `<input type="radio" name="r" id="a" checked><input type="radio" name="r" id="b"><input type="radio" name="r" id="c"></div>`,
			[]string{"press #b", frame(`<input type="radio" name="r" id="a"><input type="radio" name="r" id="b"><input type="radio" name="r" id="c" checked>`)}, `b.checked`},
		{"no choice of several, with another default", slot + `<input type="radio" name="r" id="a" checked><input type="radio" name="r" id="b"></div>`,
			[]string{frame(`<input type="radio" name="r" id="a"><input type="radio" name="r" id="b" checked>`)}, `b.checked`},
		{"a number half typed", slot + `<input id="n" type="number" value=""></div>`,
			[]string{"press #n", "type -", frame(`<input id="n" type="number" value="5">`), "type 3"}, `n.value == "-3"`},
		{"a date half typed", slot + `<input id="n" type="date" value=""></div>`,
			[]string{"js n.focus()", "type 12", frame(`<input id="n" type="date" value="2026-01-01">`)}, `n.value == "" && n.validity.badInput`},
		{"an input method in a field", slot + `<p>0</p><input id="i" value=""></div>`,
			[]string{"js i.focus(); i.addEventListener('compositionend', () => window.ended = true)", "compose に", frame(`<p>1</p><input id="i" value="x">`), "compose にほ", frame(`<p>2</p><b>new</b><input id="i" value="y">`), "js if (window.ended) throw new Error('ended')", "commit 日本"},
			`i.value == "日本" && document.querySelector("p").textContent == "2"`},
		{"an input method in a text that is edited", slot + `<p>0</p><div id="i" contenteditable>ab</div></div>`,
			[]string{"js i.focus(); getSelection().setPosition(i.firstChild, 1); i.addEventListener('compositionend', () => window.ended = true)", "compose に", frame(`<p>1</p><div id="i" contenteditable>cd</div>`), "compose にほ", "js if (window.ended) throw new Error('ended')", "commit 日本"},
			`i.textContent == "a日本b" && document.querySelector("p").textContent == "1"`},
		{"an input method in a list that is sorted", `<ul data-suspense="s"><li sx-key="a">a<li sx-key="b">b<input id="i"><li sx-key="c">c</ul>`,
			[]string{"js i.focus(); i.addEventListener('compositionend', () => window.ended = true)", "compose に", frame(`<li sx-key="c">c<li sx-key="b">B<input id="i"><li sx-key="a">a`), "js if (window.ended) throw new Error('ended')", "commit 日本"},
			`i.value == "日本" && document.activeElement == i && i.parentNode.previousSibling.textContent == "c"`},
		{"a slider that is held", slot + `<input id="i" type="range" min="0" max="9" value="0"></div>`,
			[]string{"hold #i 0", "drag #i 5", frame(`<input id="i" type="range" min="0" max="9" value="1">`), "drag #i 8", frame(`<input id="i" type="range" min="0" max="9" value="2">`), "drop"}, `+i.value > 6`},
		{"a slider that is held where it was", slot + `<p>0</p><input id="i" type="range" min="0" max="9" value="5"></div>`,
			[]string{"hold #i", frame(`<p>1</p><input id="i" type="range" min="0" max="9" value="1">`), "js window.held = i.value", "drag #i 9", "drop"}, `window.held == "5" && i.value == "9"`},
		{"typed text and its history", slot + `<p>0</p><input id="i" value=""></div>`,
			[]string{"js i.focus()", "type abc", frame(`<p>1</p><input id="i" value="">`), "type d", frame(`<i>2</i><p>2</p><input id="i" value="srv">`), "js document.execCommand('undo')"}, `i.value != "srv" && i.value.length < 4`},
		{"a field that wants the focus", slot + `</div><input id="i">`,
			[]string{"js i.focus()", "type a", frame(`<input autofocus><dialog><input autofocus></dialog>`), "type b"}, `i.value == "ab"`},
		{"a selection from a text that ticks", slot + `<p id="p">at 12:00:01 all was well</p><p id="q">and so on</p></div>`,
			[]string{"js getSelection().setBaseAndExtent(p.firstChild, 3, q.firstChild, 3)", frame(`<p id="p">at 12:00:02 all was well</p><p id="q">and so on</p>`), frame(`<p id="p">at 12:00:03 all was well</p><p id="q">and so on</p>`)}, `/^12:00:03 all was well\s+and$/.test("" + getSelection())`},
		{"a selection in a text that grows", slot + `<p id="p">one two</p></div>`,
			[]string{"js getSelection().setBaseAndExtent(p.firstChild, 4, p.firstChild, 7)", frame(`<p id="p">one two three</p>`), frame(`<p id="p">one two three four</p>`)}, `getSelection() == "two"`},
		{"choices of several, one of which goes", slot + `<select id="i" multiple><option>1<option>2<option>3</select></div>`,
			[]string{"js i.options[1].selected = i.options[2].selected = true", frame(`<select id="i" multiple><option>1<option>3<option selected>4</select>`)}, `[...i.selectedOptions].map(x => x.value) == "3"`},
		{"the field whose answers are shown around it", `<div id="box"><input id="i" name="q" sx-get="/q" sx-trigger="input" sx-target="#box"></div>`,
			[]string{"js i.focus()", "type a", "js await new Promise(f => setTimeout(f, 100))", "type b", "js for (let n = 0; n < 100 && !/ab/.test(box.textContent); n++) await new Promise(f => setTimeout(f, 20))", "type c"}, `i.value == "abc" && document.activeElement == i && /ab/.test(box.textContent)`},
		{"a file that was chosen", slot + `<p>0</p><input id="i" type="file"></div>`,
			[]string{"js const d = new DataTransfer(); d.items.add(new File(['x'], 'a.txt')); i.files = d.files", frame(`<b>x</b><p>1</p><input id="i" type="file" class="new">`)}, `i.files[0].name == "a.txt" && i.className == "new"`},
		{"what a shadow root holds", slot + `<p>0</p><div id="i"><b slot="a">x</b></div></div>`,
			[]string{"js i.attachShadow({mode: 'open'}).innerHTML = __trust('<input><slot name=a></slot>'); i.shadowRoot.querySelector('input').value = 'kept'", frame(`<p>1</p><div id="i" class="new"><b slot="a">y</b></div>`)}, `i.shadowRoot.querySelector("input").value == "kept" && i.textContent == "y"`},
		{"a modal dialog with a form", slot + `<p>0</p><dialog id="d"><input id="i"></dialog></div>`,
			[]string{"js d.showModal(); i.focus()", "type a", frame(`<p>1</p><dialog id="d" class="x"><b>new</b><input id="i"></dialog>`), "type b"}, `d.matches(":modal") && i.value == "ab" && document.activeElement == i`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.page("GET /{$}", c.body)
			s.mux.HandleFunc("GET /q", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprintf(w, `<p>%s</p><input id="i" name="q" sx-get="/q" sx-trigger="input" sx-target="#box">`, html.EscapeString(r.FormValue("q")))
			})
			ctx := clienttest.NewTab(t, browser)
			before(t, ctx, `window.__trust = s => window.trustedTypes ? trustedTypes.createPolicy("test" + Math.random(), { createHTML: s => s }).createHTML(s) : s`)
			visit(t, ctx, s.URL)
			until(t, ctx, "window.Sx")
			// mouse moves to a place within an element, and does something there.
			mouse := func(what input.DispatchMouseEventType, selector, place string) {
				t.Helper()
				if place == "" {
					place = "4.5"
				}
				at := js[[]float64](t, ctx, `const r = document.querySelector("`+selector+`").getBoundingClientRect(); return [r.x + r.width * (`+place+` + .5) / 10, r.y + r.height / 2]`)
				if _, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: what, X: at[0], Y: at[1], Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1}); err != nil {
					t.Fatal(err)
				}
			}
			last := ""
			for _, act := range c.acts {
				word, rest, _ := strings.Cut(act, " ")
				selector, place, _ := strings.Cut(rest, " ")
				var err error
				switch word {
				case "js":
					js[bool](t, ctx, rest+"; return true")
				case "type":
					for _, r := range rest {
						for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
							p := input.DispatchKeyEventParams{Type: kind, Key: string(r)}
							if kind == input.DispatchKeyEventTypeKeyDown {
								p.Text = string(r)
							}
							_, err = chromedp.Call(ctx, input.DispatchKeyEvent, p)
						}
					}
				case "compose":
					n := int64(len([]rune(rest)))
					_, err = chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: rest, SelectionStart: n, SelectionEnd: n})
				case "commit":
					_, err = chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: rest})
				case "press":
					mouse(input.DispatchMouseEventTypeMousePressed, selector, place)
					mouse(input.DispatchMouseEventTypeMouseReleased, selector, place)
				case "hold":
					mouse(input.DispatchMouseEventTypeMousePressed, selector, place)
				case "drag":
					mouse(input.DispatchMouseEventTypeMouseMoved, selector, place)
					last = rest
				case "drop":
					selector, place, _ = strings.Cut(last, " ")
					mouse(input.DispatchMouseEventTypeMouseReleased, selector, place)
				default:
					t.Fatalf("no act %s", word)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if !js[bool](t, ctx, "return !!("+c.want+")") {
				t.Errorf("not so: %s\n%s", c.want, js[string](t, ctx, `return document.body.innerHTML + " values " + [...document.querySelectorAll("input")].map(i => i.value + i.checked) + " selection " + getSelection() + " focus " + document.activeElement.outerHTML`))
			}
			clean(t, ctx)
		})
	}
}
