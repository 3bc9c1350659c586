package client_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/client/clienttest"
)

var (
	randomSeed   = flag.Uint64("random.seed", 1, "of TestRandomActs")
	randomRounds = flag.Int("random.rounds", 12, "rounds of TestRandomActs, of 8 acts each")
)

// world is a site with one of everything, and what its pages must show.
type world struct {
	*site
	t       testing.TB
	mu      sync.Mutex // of what follows; never held with the site's
	n       int        // numbers of values
	values  map[string]string
	list    []string
	log     []string
	asked   map[string]int // by number of the request
	said    map[string]int // by message
	drop    bool           // the next socket message is not acknowledged but its line is cut
	sockets map[*websocket.Conn]context.Context
	answer  int
}

const (
	topicA = "/a"
	topicB = "/b"
	topicC = "/c"
)

func newWorld(t testing.TB) *world {
	w := &world{site: newSite(t), t: t, values: map[string]string{"x": "0", "f": "0", "y": "0", "z": "0", "m": ""}, asked: map[string]int{}, said: map[string]int{}, sockets: map[*websocket.Conn]context.Context{}}
	w.list = []string{"a", "b", "c"}
	for _, name := range []string{"p1", "p2"} {
		w.site.answer("GET /"+name, func(rw http.ResponseWriter, r *http.Request) { fmt.Fprint(rw, w.html(name)) })
	}
	w.page("/plain", "<p>plain</p>")
	w.site.answer("POST /act", w.act)
	w.site.answer("GET /find", func(rw http.ResponseWriter, r *http.Request) {
		w.note(r.FormValue("n"))
		fmt.Fprintf(rw, "<p>found %s</p>", r.FormValue("n"))
	})
	w.mux.HandleFunc("/ws", w.socket)
	return w
}

func (w *world) note(n string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[n]++
}

func frameOf(id, html, more string) string {
	b, _ := json.Marshal(html)
	return fmt.Sprintf(`{"id":%q,"html":%s%s}`, id, b, more)
}

func (w *world) fieldHTML() string {
	return `<label for="keep">` + w.values["f"] + `</label><input id="keep" class="k` + w.values["f"] + `">`
}

func (w *world) listHTML() string {
	var b strings.Builder
	for _, k := range w.list {
		fmt.Fprintf(&b, `<li sx-key="%s">%[1]s<input id="in-%[1]s"></li>`, k)
	}
	return b.String()
}

func (w *world) logHTML() string {
	var b strings.Builder
	for _, k := range w.log {
		fmt.Fprintf(&b, `<li sx-key="%s">%[1]s</li>`, k)
	}
	return b.String()
}

// html is a page as it is now.
func (w *world) html(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.site.mu.Lock()
	a := w.topic(topicA)
	cursor := fmt.Sprintf("%s-%d", a.epoch, len(a.events))
	w.site.mu.Unlock()
	more := ""
	if name == "p1" {
		more = `<div data-sx-live="/b"><i data-suspense="y">` + w.values["y"] + `</i><i data-suspense="waits" aria-busy="true">…</i></div>
			<div data-sx-ws="/ws"><u data-suspense="m"></u><form id="say" sx-send="say"><input name="text"></form></div>`
	}
	return head() + `<title>` + name + `</title><main sx-boost="true"><h1>` + name + `</h1><a id="to-p1" href="/p1">1</a><a id="to-p2" href="/p2">2</a>
		<div data-sx-live="/a" data-sx-cursor="` + cursor + `"><b data-suspense="x">` + w.values["x"] + `</b><div data-suspense="f">` + w.fieldHTML() + `</div>
		<ul data-suspense="list">` + w.listHTML() + `</ul><ol data-suspense="log">` + w.logHTML() + `</ol></div>` + more + `
		<form id="act" method="post" action="/act" sx-target="#out" sx-disabled-elt="find button"><input name="a"><input type="hidden" name="n"><button>go</button></form>
		<form id="find" sx-get="/find" sx-target="#found"><input type="hidden" name="n"><button>find</button></form><div id="found"></div><div id="out"></div></main></body></html>`
}

func (w *world) act(rw http.ResponseWriter, r *http.Request) {
	n := r.FormValue("n")
	w.note(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer++
	switch w.answer % 4 {
	case 0:
		rw.WriteHeader(422)
		fmt.Fprintf(rw, `<p class="sx-invalid" tabindex="-1">no %s</p>`, n)
	case 1:
		fmt.Fprintf(rw, `<p>%s</p><div data-sx-live="/c"><s data-suspense="z">%s</s></div>`, n, w.values["z"])
	case 2:
		fmt.Fprintf(rw, `<p>%s</p><template for="x">%s</template>`, n, w.values["x"])
	default:
		fmt.Fprintf(rw, `<p>%s</p>`, n)
	}
}

func (w *world) socket(rw http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(rw, r, &websocket.AcceptOptions{Subprotocols: []string{"sx.v1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	w.mu.Lock()
	w.sockets[conn] = r.Context()
	m := w.values["m"]
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.sockets, conn)
	}()
	write := func(text string) { _ = conn.Write(r.Context(), websocket.MessageText, []byte(text)) }
	write(`{"event":"sx-resolve","data":` + frameOf("m", m, "") + `}`)
	for {
		_, b, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		_, rest, _ := strings.Cut(string(b), `"`)
		id, rest, _ := strings.Cut(rest, `"`)
		w.mu.Lock()
		if w.said[id+rest]++; w.said[id+rest] == 1 { // a server knows ids again
			_, text, _ := strings.Cut(rest, `:text "`)
			w.values["m"], _, _ = strings.Cut(text, `"`)
		}
		drop := w.drop
		w.drop = false
		all := `{"event":"sx-resolve","data":` + frameOf("m", w.values["m"], "") + `}`
		for c, ctx := range w.sockets {
			_ = c.Write(ctx, websocket.MessageText, []byte(all)) // in the order of the messages
		}
		w.mu.Unlock()
		if drop {
			return
		}
		write(`{"event":"sx-ack","data":{"id":"` + id + `"}}`)
	}
}

// change publishes something new.
func (w *world) change(r *rand.Rand) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	v := fmt.Sprint(w.n)
	switch r.IntN(8) {
	case 0:
		w.values["x"] = v
		w.publish(topicA, "sx-resolve", frameOf("x", v, ""))
	case 1:
		w.values["x"] = v
		w.publish(topicA, "sx-resolve", `{"id":"x","sx":"(<> (if true \"`+v+`\"))"}`)
	case 2:
		w.values["f"] = v
		w.publish(topicA, "sx-resolve", frameOf("f", w.fieldHTML(), ""))
	case 3:
		switch r.IntN(3) {
		case 0:
			w.list = append(w.list, "k"+v)
		case 1:
			if len(w.list) > 2 {
				i := r.IntN(len(w.list))
				w.list = slices.Delete(w.list, i, i+1)
			}
		}
		r.Shuffle(len(w.list), func(i, j int) { w.list[i], w.list[j] = w.list[j], w.list[i] })
		w.publish(topicA, "sx-resolve", frameOf("list", w.listHTML(), []string{"", `,"transition":true`, `,"mode":"morph"`}[r.IntN(3)]))
	case 4:
		w.log = append(w.log, "l"+v)
		w.publish(topicA, "sx-resolve", frameOf("log", `<li sx-key="l`+v+`">l`+v+`</li>`, `,"mode":"append","key":"l`+v+`"`))
	case 5:
		w.values["y"] = v
		w.publish(topicB, "sx-resolve", frameOf("y", v, ""))
	case 6:
		w.publish(topicB, "sx-resolve", frameOf("waits", "w"+v, ""))
		w.values["waits"] = "w" + v
	case 7:
		w.values["z"] = v
		w.publish(topicC, "sx-resolve", frameOf("z", v, ""))
	}
	return "change"
}

// restart begins a new life of the first topic: whoever comes back is reset and gets a snapshot.
func (w *world) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.site.mu.Lock()
	t := w.topic(topicA)
	t.epoch += "x"
	t.events = nil
	w.site.mu.Unlock()
	w.publish(topicA, "sx-resolve", frameOf("x", w.values["x"], ""))
	w.publish(topicA, "sx-resolve", frameOf("f", w.fieldHTML(), ""))
	w.publish(topicA, "sx-resolve", frameOf("list", w.listHTML(), ""))
	for _, l := range w.log {
		w.publish(topicA, "sx-resolve", frameOf("log", `<li sx-key="`+l+`">`+l+`</li>`, `,"mode":"append","key":"`+l+`"`))
	}
}

// want is what each slot must show in the end.
func (w *world) want() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]string{"list": strings.Join(w.list, " "), "log": strings.Join(w.log, " ")}
	for k, v := range w.values {
		out[k] = v
	}
	out["f"] = w.values["f"]
	if out["waits"] == "" {
		out["waits"] = "…"
	}
	return out
}

const randomState = `(() => { const slots = {}, ids = new Set(), wrong = [];
	for (const e of document.querySelectorAll("[data-suspense]")) slots[e.dataset.suspense] = /^(list|log)$/.test(e.dataset.suspense) ? [...e.children].map(c => c.textContent).join(" ") : e.textContent;
	for (const e of document.querySelectorAll("[id]")) ids.has(e.id) ? wrong.push("id " + e.id + " twice") : ids.add(e.id);
	for (const e of document.querySelectorAll("[aria-busy=true]")) if (e.dataset.suspense != "waits") wrong.push("busy " + e.outerHTML.slice(0, 60));
	for (const e of document.querySelectorAll(":disabled,.sx-request,.sx-connecting,.sx-reconnecting")) wrong.push("stuck " + e.outerHTML.slice(0, 60));
	return {slots, wrong, keep: document.querySelector("#keep")?.value, life: window.life, focus: document.activeElement?.id || ""}; })()`

type randomView struct {
	Slots map[string]string
	Wrong []string
	Keep  string
	Life  float64
	Focus string
}

// TestRandomActs has a person, a server and a network do things in random order: type, send, visit, go back and forth, hide the
// tab; publish, restart, drain, refuse; cut, lose and give back. After each round every slot shows the server's last value, what
// was typed is there, nothing is busy or disabled, no request was sent twice, and nothing was reported.
func TestRandomActs(t *testing.T) {
	w := newWorld(t)
	c := newCutter(t, w.URL)
	ctx := clienttest.Browser(t)
	const script = `window.life = Math.random(); window.requests = {}; const real = window.fetch;
		window.fetch = (to, init) => { const n = init?.body?.get?.("n") || new URL(to, location.href).searchParams.get("n"); if (n) requests[n] = (requests[n] || 0) + 1; return real(to, init) }; window.problems = []; addEventListener("sx:error", e => e.detail.blame == "network" || problems.push(e.detail.kind + ": " + e.detail.message), true);
		let hidden = false; Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
		window.hide = on => { hidden = on; document.dispatchEvent(new Event("visibilitychange")); }`
	before(t, ctx, script)
	visit(t, ctx, c.url()+"/p1")
	until(t, ctx, "window.Sx")
	other := clienttest.NewTab(t, ctx) // shares the connection, and sees what comes of all this
	before(t, other, script)
	visit(t, other, c.url()+"/p1")
	r := rand.New(rand.NewPCG(*randomSeed, 1))
	// A page that is being left or loaded does nothing.
	js0 := func(body string) {
		_, _ = chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => { if (!window.Sx || !document.querySelector('#find')) return false; "+body+"; return true })()", chromedp.EvalAwaitPromise))
	}
	typed, life, lost, sent, history := "", js[float64](t, ctx, "return life"), false, 0, 0
	var acts []string
	did := func(format string, args ...any) { acts = append(acts, fmt.Sprintf(format, args...)) }
	var last []string
	for round := range *randomRounds {
		last, acts = acts, nil
		for range 8 {
			switch k := r.IntN(24); {
			case k < 8:
				w.change(r)
				did("change")
			case k == 8:
				for range 30 {
					w.change(r)
				}
				did("burst")
			case k == 9:
				text := string(rune('a' + r.IntN(26)))
				js0(`document.querySelector("#keep").focus()`)
				if _, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
					t.Fatal(err)
				}
				typed += text
				did("type %s", text)
			case k == 10 || k == 11:
				sent++
				form := []string{"act", "find"}[r.IntN(2)]
				js0(fmt.Sprintf(`const f = document.querySelector("#%s"); if (!f.classList.contains("sx-request")) { f.elements.namedItem("n").value = "%d"; f.requestSubmit() }`, form, sent))
				did("%s %d", form, sent)
			case k == 12 && !lost:
				js0(fmt.Sprintf(`document.querySelector("#to-p%d").click()`, 1+r.IntN(2)))
				history++
				did("visit")
			case k == 13 && !lost && history > 0:
				js0(`history.back()`)
				history--
				did("back")
			case k == 22 && !lost: // to the back/forward cache and out of it
				js0(`setTimeout(() => location.assign("/plain"))`)
				for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
					if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`location.pathname == "/plain" && !history.back()`)); err == nil && ok {
						break
					}
				}
				did("leave")
			case k == 23:
				_, _ = chromedp.Run(other, chromedp.Evaluate[bool](fmt.Sprintf(`!hide(%v)`, r.IntN(2) == 0)))
				did("hide the other tab, or show it")
			case k == 14:
				c.cut()
				did("cut")
			case k == 15 && !lost:
				lost = true
				c.lose(true)
				did("lose")
			case k == 16 && lost:
				lost = false
				c.lose(false)
				did("restore")
			case k == 17:
				js0(`hide(true)`)
				did("hide")
			case k == 18:
				js0(`hide(false)`)
				did("show")
			case k == 19:
				w.restart()
				w.CloseClientConnections()
				did("restart")
			case k == 20:
				w.tell("event: sx-drain\ndata: {\"delay\":20}")
				did("drain")
			case k == 21:
				w.mu.Lock()
				w.drop = r.IntN(2) == 0
				w.mu.Unlock()
				js0(fmt.Sprintf(`document.querySelector("[data-sx-ws]") && Sx.send("/ws", "say", {text: "t%d"})`, r.IntN(1000)))
				did("say")
			}
			if r.IntN(3) == 0 {
				js0(fmt.Sprintf(`await new Promise(f => setTimeout(f, %d))`, r.IntN(60)))
			}
		}
		if lost {
			lost = false
			c.lose(false)
		}
		js0(`hide(false); dispatchEvent(new Event("online"))`)
		_, _ = chromedp.Run(other, chromedp.Evaluate[bool](`!(hide(false), dispatchEvent(new Event("online")), false)`))
		var got randomView
		wrong := ""
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			v, err := chromedp.Run(ctx, chromedp.Evaluate[randomView](randomState))
			if err == nil {
				got, wrong = v, w.wrong(v)
				if got.Life != life { // a document of its own, in which the browser may have restored fields
					typed, life = got.Keep, got.Life
				}
				if wrong == "" && got.Keep != typed {
					wrong = fmt.Sprintf("typed %q, kept %q", typed, got.Keep)
				}
				if v, err := chromedp.Run(other, chromedp.Evaluate[randomView](randomState)); err == nil && wrong == "" && v.Life != 0 {
					if wrong = w.wrong(v); wrong != "" {
						wrong = "the other tab: " + wrong
					}
				}
				if wrong == "" {
					break
				}
			}
			if err == nil && v.Life == 0 || err == nil && len(v.Slots) == 0 { // the browser's own page, for a document that could not be had
				_ = chromedp.Do(ctx, chromedp.Navigate(c.url()+"/p1"))
				history = 0
			}
			if time.Now().After(end) {
				o, _ := chromedp.Run(other, chromedp.Evaluate[randomView](randomState))
				w.site.mu.Lock()
				t.Logf("the other tab: %+v\n%d streams open, %s-%d, asked %q", o, w.open, w.topic(topicA).epoch, len(w.topic(topicA).events), w.site.asked[max(0, len(w.site.asked)-6):])
				w.site.mu.Unlock()
				t.Fatalf("seed %d round %d: %v: %v: %s\n%+v", *randomSeed, round, acts, err, wrong, got)
			}
		}
		if p := js[string](t, ctx, `return [...problems.splice(0), ...Object.entries(requests).filter(r => r[1] > 1)].join("; ")`); p != "" {
			t.Errorf("round %d: %v: %s", round, acts, p)
		}
		w.mu.Lock()
		for n, count := range w.asked {
			// A browser sends a request again, whatever its method, when a connection that was used before is cut before the answer.
			if count > 1 && n != "" && !strings.Contains(fmt.Sprint(last, acts), "cut") && !strings.Contains(fmt.Sprint(last, acts), "lose") && !strings.Contains(fmt.Sprint(last, acts), "restart") {
				t.Errorf("round %d: %v: request %s came %d times", round, acts, n, count)
			}
		}
		clear(w.asked)
		w.mu.Unlock()
	}
	for _, p := range clienttest.Problems(ctx) {
		if strings.HasPrefix(p, "uncaught") || strings.HasPrefix(p, "security") || strings.HasPrefix(p, "console.") && !strings.Contains(p, "fetch") && !strings.Contains(p, "network") {
			t.Error(p)
		}
	}
}

// wrong says what a page must not look like once all has come to rest.
func (w *world) wrong(v randomView) string {
	if len(v.Wrong) > 0 {
		return strings.Join(v.Wrong, "; ")
	}
	want := w.want()
	for id, got := range v.Slots {
		if got != want[id] {
			return fmt.Sprintf("slot %s shows %q, want %q", id, got, want[id])
		}
	}
	return ""
}

// TestManyVisits goes from page to page and looks at what the browser keeps.
func TestManyVisits(t *testing.T) {
	w := newWorld(t)
	ctx := clienttest.Browser(t)
	visit(t, ctx, w.URL+"/p1")
	until(t, ctx, "window.Sx")
	count := func() (nodes, listeners int64, heap float64) {
		t.Helper()
		for range 3 {
			if _, err := chromedp.Call(ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				t.Fatal(err)
			}
		}
		d, err := chromedp.Call(ctx, memory.GetDOMCounters, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		u, err := chromedp.Call(ctx, runtime.GetHeapUsage, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		return d.Nodes, d.JsEventListeners, u.UsedSize
	}
	go100 := func(n int) {
		for i := range n {
			name := []string{"p2", "p1"}[i%2]
			js[bool](t, ctx, `document.querySelector("#to-`+name+`").click(); return true`)
			until(t, ctx, `document.querySelector("h1").textContent == "`+name+`" && document.querySelector("[data-sx-live].sx-live")`)
		}
	}
	go100(20)
	n1, l1, h1 := count()
	go100(60)
	n2, l2, h2 := count()
	t.Logf("nodes %d, then %d; listeners %d, %d; heap %.0f KB, %.0f KB", n1, n2, l1, l2, h1/1024, h2/1024)
	if n2 > n1+200 || l2 > l1+5 || h2 > h1+400<<10 {
		t.Error("visits leave something behind")
	}
	clean(t, ctx)
}
