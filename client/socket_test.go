package client_test

import (
	"context"
	"fmt"
	"net/http"
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
