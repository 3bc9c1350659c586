package client_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestFrameModes applies frames one after the other and looks at the slot after each.
func TestFrameModes(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<main><div data-suspense="a" aria-busy="true">wait</div><svg><g data-suspense="g"></g></svg>
		<table><tbody data-suspense="rows" aria-busy="true"><tr><td>wait</tbody></table></main>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	for _, c := range []struct{ name, frame, want string }{
		{"append replaces the fallback", `{id: "a", html: "<p>1</p>", mode: "append"}`, `<div data-suspense="a"><p>1</p></div>`},
		{"append", `{id: "a", html: "<p>2</p>", mode: "append", key: "k"}`, `<div data-suspense="a"><p>1</p><p>2</p></div>`},
		{"append a known key", `{id: "a", html: "<p>3</p>", mode: "append", key: "k"}`, `<div data-suspense="a"><p>1</p><p>3</p></div>`},
		{"prepend a known key", `{id: "a", html: "<p>4</p>", mode: "prepend", key: "k"}`, `<div data-suspense="a"><p>1</p><p>4</p></div>`},
		{"prepend", `{id: "a", html: "<p>0</p>", mode: "prepend"}`, `<div data-suspense="a"><p>0</p><p>1</p><p>4</p></div>`},
		{"inner", `{id: "a", html: "<b id=b>x</b>y"}`, `<div data-suspense="a"><b id="b">x</b>y</div>`},
		{"before", `{selector: "#b", html: "<i>i</i>", mode: "before"}`, `<div data-suspense="a"><i>i</i><b id="b">x</b>y</div>`},
		{"after", `{selector: "#b", html: "<u>u</u>", mode: "after"}`, `<div data-suspense="a"><i>i</i><b id="b">x</b><u>u</u>y</div>`},
		{"outer", `{selector: "#b", html: "<b id=b class=c>z</b>", mode: "outer"}`, `<div data-suspense="a"><i>i</i><b id="b" class="c">z</b><u>u</u>y</div>`},
		{"replace", `{selector: "#b", html: "<s id=b>s</s>", mode: "replace"}`, `<div data-suspense="a"><i>i</i><s id="b">s</s><u>u</u>y</div>`},
		{"remove", `{selector: "#b", mode: "remove"}`, `<div data-suspense="a"><i>i</i><u>u</u>y</div>`},
		{"inner after all that", `{id: "a", html: "<i>i</i><b>2</b>"}`, `<div data-suspense="a"><i>i</i><b>2</b></div>`},
		{"morph", `{id: "a", html: "<i>j</i>", mode: "morph"}`, `<div data-suspense="a"><i>j</i></div>`},
		{"wire text", `{id: "a", sx: "(<> (p :class (list \"a\" nil) 1 (if true \"x\")) \"t\")"}`, `<div data-suspense="a"><p class="a">1x</p>t</div>`},
		{"a transition", `{id: "a", html: "<i>later</i>", transition: true}`, `<div data-suspense="a"><i>later</i></div>`},
		{"no script runs", `{id: "a", html: "<img src=x onerror=\"window.ran = 1\"><script>window.ran = 1<\/script>"}`, ``},
		{"back", `{id: "a", html: ""}`, `<div data-suspense="a"></div>`},
	} {
		got := js[string](t, ctx, `const before = document.querySelector("[data-suspense=a]");
			Sx.resolve(`+c.frame+`); await new Promise(r => setTimeout(r, `+map[bool]string{true: "600", false: "0"}[strings.Contains(c.frame, "transition")]+`));
			const now = document.querySelector("[data-suspense=a]");
			return now == before ? now.outerHTML : "another wrapper"`)
		if c.want != "" && got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	got := js[string](t, ctx, `
		Sx.resolve({id: "g", html: "<circle r=1></circle>"}); Sx.resolve({id: "g", sx: "(rect :width 2)", mode: "append"})
		Sx.resolve({id: "rows", html: "<tr><td>1", mode: "append"}); Sx.resolve({id: "rows", sx: "(tr (td 2))", mode: "append"})
		const g = document.querySelector("[data-suspense=g]")
		return [...g.children].every(e => e.namespaceURI == "http://www.w3.org/2000/svg") + g.innerHTML +
			document.querySelector("[data-suspense=rows]").innerHTML + window.ran`)
	if want := `true<circle r="1"></circle><rect width="2"></rect><tr><td>1</td></tr><tr><td>2</td></tr>undefined`; got != want {
		t.Errorf("foreign and table content:\n got %s\nwant %s", got, want)
	}
	for _, p := range clienttest.Problems(ctx) {
		// Of the image neither src nor handler is allowed by the policy.
		if !strings.Contains(p, "Loading the image") && !strings.Contains(p, "inline event handler") {
			t.Error(p)
		}
	}
}

func TestFrameEffects(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-suspense="a">good</div>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	got := js[string](t, ctx, `const out = [], slot = document.querySelector("[data-suspense=a]")
		for (const n of ["sx:error", "sx:resolve", "sx:signals", "hello"]) document.addEventListener(n, e => out.push(n + " " + (e.target.nodeName) + " " + (e.detail.blame || e.detail.id || JSON.stringify(e.detail))))
		Sx.resolve({event: "sx-event", name: "hello", detail: {a: 1}, selector: "[data-suspense]"})
		Sx.resolve({event: "sx-signals", patch: JSON.parse('{"a": {"b": 1, "c": 2}, "__proto__": {"x": 1}}')})
		Sx.resolve({event: "sx-signals", patch: {a: {b: null, d: 3}, e: [1]}})
		Sx.resolve({event: "sx-signals", patch: {a: 9, e: 9, f: 1}, onlyIfMissing: true})
		out.push(JSON.stringify(Sx.state) + ({}).x)
		Sx.resolve({id: "a", sx: "(p"}); Sx.resolve({id: "a", sx: "(p"})
		Sx.resolve({id: "a", sx: "(~nobody)"})
		Sx.resolve({id: "zzz", html: "x"})
		out.push(slot.outerHTML)
		Sx.resolve({event: "sx-error", id: "a", message: "broken"})
		out.push(slot.outerHTML)
		Sx.resolve({id: "a", html: "between"}); Sx.resolve({id: "a", html: "again"}) // one event
		await 0
		out.push(slot.outerHTML)
		return out.join("\n")`)
	want := strings.Join([]string{
		`hello DIV {"a":1}`,
		`sx:signals #document {"a":{"b":1,"c":2}}`,
		`sx:signals #document {"a":{"b":null,"d":3},"e":[1]}`,
		`sx:signals #document {"a":9,"e":9,"f":1}`,
		`{"a":{"c":2,"d":3},"e":[1],"f":1}undefined`,
		`sx:error DIV app`, // once, though the frame came twice
		`sx:error DIV app`,
		`sx:error #document app`,
		`<div data-suspense="a">good</div>`,
		`sx:error DIV app`,
		`<div data-suspense="a" class="sx-error" data-sx-error="broken">good</div>`,
		`sx:resolve DIV a`,
		`<div data-suspense="a" class="">again</div>`,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestFrameBurst sends frames faster than the screen shows them: each slot is written once per animation frame.
func TestFrameBurst(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-live="/b"><p data-suspense="a">0</p><ol data-suspense="log"></ol></div>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector(".sx-live")`)
	js[bool](t, ctx, `window.writes = 0; new MutationObserver(r => window.writes += r.length).observe(document.querySelector("p"), {characterData: true, childList: true, subtree: true});
		window.spent = 0; const real = requestAnimationFrame; window.requestAnimationFrame = f => real(t => { const a = performance.now(); f(t); window.spent = Math.max(window.spent, performance.now() - a) }); return true`)
	type result struct {
		Writes, Items int
		Spent         float64
	}
	best := 1e9
	for round := range 3 { // the machine has other things to do: the best counts
		js[bool](t, ctx, `window.writes = window.spent = 0; document.querySelector("ol").replaceChildren(); return true`)
		s.mu.Lock()
		top := s.topic("/b")
		for i := range 1000 {
			if i%100 == 50 {
				top.events = append(top.events, event{"sx-resolve", `{"id":"log","html":"<li>x</li>","mode":"append","src":"/b"}`})
				continue
			}
			top.events = append(top.events, event{"sx-resolve", `{"id":"a","sx":"(b :class \"n\" ` + strings.Repeat("9", i%7+1) + `)","src":"/b"}`})
		}
		s.mu.Unlock()
		last := fmt.Sprint("last ", round)
		s.publish("/b", "sx-resolve", `{"id":"a","html":"`+last+`"}`)
		until(t, ctx, `document.querySelector("p").textContent == "`+last+`"`)
		r := js[result](t, ctx, `return {Writes: window.writes, Items: document.querySelectorAll("li").length, Spent: window.spent}`)
		t.Logf("1000 frames: %d writes to the slot, at most %.1f ms of script in a frame", r.Writes, r.Spent)
		if r.Writes > 50 || r.Items != 10 {
			t.Errorf("writes %d, appended %d; want few, 10", r.Writes, r.Items)
		}
		best = min(best, r.Spent)
	}
	if best > 20 {
		t.Errorf("%.1f ms of script in one frame, want at most 20", best)
	}
	clean(t, ctx)
}

// TestFrameEarly has chunks that arrive before the client, and one that the browser applies itself.
func TestFrameEarly(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<script nonce="n0">window.first = window.Sx</script><script nonce="n0" type="module" src="/sx-live.js?again"></script>
		<script nonce="n0">__sxResolve("late", "(b \"early\")"); __sxResolve("late", "(b \"twice\")")</script>
		<div data-suspense="late" aria-busy="true">wait</div>
		<div data-suspense="n" aria-busy="true"><?start name="n">wait<?end></div><template for="n"><i>native</i></template>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `!document.querySelector("[aria-busy]")`)
	if got := js[string](t, ctx, `return [...document.querySelectorAll("[data-suspense]")].map(e => e.innerHTML).join() + (Sx == first)`); got != "<b>twice</b>,<i>native</i>true" {
		t.Errorf("got %s", got)
	}
	clean(t, ctx)
}
