package client_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/client/clienttest"
)

func TestSocketRegion(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-ws="/ws" data-sx-cursor="e-0"><ol data-suspense="log" aria-busy="true"><li>wait</ol>
		<form sx-send="say" id="f"><input name="text"><button>send</button></form>
		<button id="b" sx-send="poke" sx-vals='{"n": 1, "who": ["a", null], "m": {"k": true}}'>poke</button></div>`)
	var mu sync.Mutex
	var heard, queries []string
	var conns []*websocket.Conn
	answers := true
	s.mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sx.v1"}})
		if err != nil {
			return
		}
		mu.Lock()
		queries = append(queries, c.Subprotocol()+" "+r.URL.RawQuery)
		conns = append(conns, c)
		mu.Unlock()
		ctx := context.Background()
		for {
			_, data, err := c.Read(ctx)
			if err != nil {
				return
			}
			mu.Lock()
			heard = append(heard, string(data))
			n, yes := len(heard), answers
			mu.Unlock()
			id := strings.Split(string(data), `"`)[1]
			if !yes {
				continue
			}
			_ = c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"event":"sx-resolve","id":"e-%d","data":{"id":"log","html":"<li>%d</li>","mode":"append","key":%q}}`, n, n, id))
			_ = c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"event":"sx-ack","data":{"id":%q}}`, id))
		}
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector("[data-sx-ws].sx-live")`)
	lines := `[...document.querySelectorAll("li")].map(e => e.textContent).join()`
	js[bool](t, ctx, `document.querySelector("input").value = 'a "q" \\ line'; document.querySelector("#f button").click(); return true`)
	until(t, ctx, lines+` == "1"`)
	js[bool](t, ctx, `document.querySelector("#b").click(); return true`)
	until(t, ctx, lines+` == "1,2"`)
	// An optimistic line stands until the server's own arrives under the same key.
	got := js[string](t, ctx, `window.id = Sx.send("/ws", "say", {text: "x"}, {id: "log", sx: "(li \"mine\")"}); return `+lines)
	if got != "1,2,mine" {
		t.Errorf("optimistic line: %s", got)
	}
	until(t, ctx, lines+` == "1,2,3"`)

	// Cut while nothing is acknowledged: it is sent again, and the cursor goes along.
	mu.Lock()
	answers = false
	mu.Unlock()
	js[bool](t, ctx, `Sx.send(document.querySelector("#b"), "say", {text: "kept"}); return true`)
	for n := 0; n < 4; {
		mu.Lock()
		n = len(heard)
		mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	mu.Lock()
	answers = true
	last := conns[len(conns)-1]
	mu.Unlock()
	_ = last.CloseNow()
	until(t, ctx, lines+`.endsWith(",5")`)
	mu.Lock()
	defer mu.Unlock()
	for i, want := range []string{`(say :text "a \"q\" \\ line"))`, `(poke :n 1 :who ["a" nil] :m {"k" true}))`, `(say :text "x"))`, `(say :text "kept"))`, `(say :text "kept"))`} {
		if !strings.HasPrefix(heard[i], `(send "`) || !strings.HasSuffix(heard[i], want) {
			t.Errorf("message %d = %s, want (send ID %s", i, heard[i], want)
		}
	}
	if heard[3] != heard[4] {
		t.Errorf("sent again as another message: %s, %s", heard[3], heard[4])
	}
	if q := strings.Join(queries, ","); q != "sx.v1 last_event_id=e-0,sx.v1 last_event_id=e-3" {
		t.Errorf("connections = %s", q)
	}
	clean(t, ctx)
}

// A socket that takes some messages and refuses others, as package ws answers.
func serveSocket(t *testing.T, s *site, answer func(n int, id, text string) []string) (heard func() []string, down func(bool)) {
	var mu sync.Mutex
	var all []string
	var last *websocket.Conn
	isDown := false
	s.mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		no := isDown
		mu.Unlock()
		if no {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sx.v1"}})
		if err != nil {
			return
		}
		mu.Lock()
		last = c
		mu.Unlock()
		for {
			_, data, err := c.Read(context.Background())
			if err != nil {
				return
			}
			mu.Lock()
			all = append(all, string(data))
			n := len(all)
			mu.Unlock()
			for _, frame := range answer(n, strings.Split(string(data), `"`)[1], string(data)) {
				_ = c.Write(context.Background(), websocket.MessageText, []byte(frame))
			}
		}
	})
	heard = func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
	down = func(yes bool) {
		mu.Lock()
		defer mu.Unlock()
		if isDown = yes; yes && last != nil {
			_ = last.CloseNow()
		}
	}
	return heard, down
}

// What a form shows of its message before the server has it is replaced by the server's line, or taken back, and
// the text given back, when the server refuses.
func TestRefusedMessageIsTakenBack(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-ws="/ws"><ol data-suspense="log"></ol>
		<form sx-send="say" sx-optimistic="log" id="f"><input name="text"><template><li class="sending">me: <b sx-text="text"></b></li></template><button>send</button></form></div>`)
	release := make(chan bool)
	heard, _ := serveSocket(t, s, func(n int, id, text string) []string {
		<-release
		if strings.Contains(text, "bad") {
			return []string{`{"event":"sx-error","data":{"message":"not that"}}`, fmt.Sprintf(`{"event":"sx-ack","data":{"id":%q,"message":"not that"}}`, id)}
		}
		return []string{fmt.Sprintf(`{"event":"sx-resolve","id":"e-%d","data":{"id":"log","html":"<li>ok %d</li>","mode":"append","key":%q}}`, n, n, id), fmt.Sprintf(`{"event":"sx-ack","data":{"id":%q}}`, id)}
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector("[data-sx-ws].sx-live")`)
	state := `document.querySelector("ol").textContent + "|" + document.querySelector("input").value`
	say := func(text string) {
		js[bool](t, ctx, fmt.Sprintf(`document.querySelector("input").value = %q; document.querySelector("#f button").click(); return true`, text))
	}
	say("<i>fine</i>")
	until(t, ctx, state+` == "me: <i>fine</i>|"`)
	release <- true
	until(t, ctx, state+` == "ok 1|"`)
	say("bad")
	until(t, ctx, state+` == "ok 1me: bad|"`)
	release <- true
	until(t, ctx, state+` == "ok 1|bad"`)
	// What was typed meanwhile is not overwritten.
	say("bad again")
	js[bool](t, ctx, `document.querySelector("input").value = "next"; return true`)
	release <- true
	until(t, ctx, state+` == "ok 1|next"`)
	if n := len(heard()); n != 3 {
		t.Errorf("%d messages were sent", n)
	}
}

// Programs in the browser send too. While there is no line, messages wait, a bounded number; each is sent once, in
// order, when there is one again.
func TestSendWhileOffline(t *testing.T) {
	s := newSite(t)
	s.page("/{$}", `<div data-sx-ws="/ws"><p id="inside">x</p></div>`)
	heard, down := serveSocket(t, s, func(n int, id, text string) []string {
		return []string{fmt.Sprintf(`{"event":"sx-ack","data":{"id":%q}}`, id)}
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, `document.querySelector("[data-sx-ws].sx-live")`)
	got := js[string](t, ctx, `return Sx.evaluate("(sx-send \"/ws\" '(say :text \"a \\\"q\\\"\" :n 1 :all (1 nil true)))")`)
	if len(got) < 10 {
		t.Errorf("sx-send gives %s, want an id", got)
	}
	if got := js[string](t, ctx, `try { return Sx.evaluate("(sx-send \"/ws\" '(1 2))") } catch (e) { return e.kind }`); got != "argument" && got != "type" {
		t.Errorf("a list without a head: %s", got)
	}
	hears := func(n int) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); len(heard()) < n; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d messages came, want %d; the last: %q", len(heard()), n, heard()[max(0, len(heard())-3):])
			}
		}
	}
	hears(1)
	if m := heard()[0]; !strings.HasSuffix(m, ` (say :text "a \"q\"" :n 1 :all (1 nil true)))`) {
		t.Errorf("sent %s", m)
	}
	down(true)
	until(t, ctx, `!document.querySelector("[data-sx-ws].sx-live")`)
	got = js[string](t, ctx, `let ids = []
		for (let i = 0; i < 105; i++) ids.push(Sx.send(i % 2 ? "/ws" : document.querySelector("#inside"), "n", {i}))
		return ids.filter(Boolean).length + " " + new Set(ids).size + " " + ids.slice(100).join("")`)
	if got != "100 101 " { // one more for the empty ones
		t.Errorf("ids: %s, want a hundred, then none", got)
	}
	if n := len(heard()); n != 1 {
		t.Errorf("%d messages came while there was no line", n)
	}
	down(false)
	until(t, ctx, `document.querySelector("[data-sx-ws].sx-live")`)
	hears(101)
	until(t, ctx, `Sx.send("/ws", "last")`) // there is room once the answers to those before have come
	hears(102)
	all := heard()
	for i, m := range all[1:101] {
		if want := fmt.Sprintf(" (n :i %d))", i); !strings.HasSuffix(m, want) {
			t.Fatalf("message %d is %s, want %s", i, m, want)
		}
	}
	if !strings.HasSuffix(all[101], " (last))") || len(all) != 102 {
		t.Errorf("then came %s, %d in all", all[101], len(all))
	}
}
