package client_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestUploadCut loses the network while a file is on its way. The person sees that it failed, has everything that was
// entered, and sends it again; the server acts once.
func TestUploadCut(t *testing.T) {
	const size = 32 << 20
	s := newSite(t)
	c := newCutter(t, s.URL)
	part, gone := make(chan bool, 10), make(chan bool)
	var tried, acted atomic.Int64
	s.answer("POST /upload", func(w http.ResponseWriter, r *http.Request) {
		if tried.Add(1) == 1 {
			if _, err := io.CopyN(io.Discard, r.Body, 1<<20); err != nil {
				return
			}
			part <- true
			<-gone
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return // cut: nothing is done
			}
			t.Error("the first upload arrived")
			return
		}
		f, _, err := r.FormFile("file")
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, f)
		if err == nil {
			acted.Add(1)
		}
		fmt.Fprintf(w, "<p>%d bytes, %s, go %s</p>", n, r.FormValue("title"), r.FormValue("go"))
	})
	s.page("GET /{$}", `<form method="post" action="/upload" enctype="multipart/form-data" sx-target="#out" sx-disabled-elt="find button">
		<input name="title"><input type="file" name="file"><button name="go" value="1">send</button></form><div id="out">nothing yet</div>`)
	ctx := clienttest.Browser(t)
	visit(t, ctx, c.url())
	until(t, ctx, "window.Sx")
	js[bool](t, ctx, fmt.Sprintf(`const f = document.querySelector("form"); f.title.value = "my picture"; const d = new DataTransfer();
		d.items.add(new File([new Uint8Array(%d)], "a.png")); f.file.files = d.files; window.errors = [];
		document.addEventListener("sx:error", e => errors.push(e.detail.kind + " " + e.detail.blame)); f.go.focus(); f.go.click(); return true`, size))
	<-part
	until(t, ctx, `document.querySelector("form.sx-request button:disabled") && document.querySelector("#out[aria-busy]")`)
	c.lose(true)
	close(gone)
	until(t, ctx, `document.querySelector("form").className == "sx-error"`)
	if got := js[string](t, ctx, `const f = document.querySelector("form"), out = document.querySelector("#out");
		return [f.title.value, f.file.files[0].name, f.go.disabled, document.activeElement == f.go, out.textContent, out.getAttribute("aria-busy"), errors].join()`); got != "my picture,a.png,false,true,nothing yet,,request network" {
		t.Errorf("after the cut: %s", got)
	}
	c.lose(false)
	js[bool](t, ctx, `document.querySelector("button").click(); return true`)
	until(t, ctx, `document.querySelector("#out").textContent.includes("bytes")`)
	if got, want := js[string](t, ctx, `const f = document.querySelector("form"); return [document.querySelector("#out").textContent, f.className, f.file.files.length, f.title.value].join()`), fmt.Sprintf("%d bytes, my picture, go 1,,0,", size); got != want {
		t.Errorf("sent again: %s, want %s", got, want)
	}
	if n := acted.Load(); n != 1 {
		t.Errorf("the server acted %d times", n)
	}
}

// TestBackForwardInTheMiddle leaves a page, and comes back to it out of the browser's cache, in the middle of everything: a form
// half typed, a request of another one under way, messages in a socket without a line. Nothing is lost, nothing sent twice, and
// all regions are live again.
func TestBackForwardInTheMiddle(t *testing.T) {
	for _, c := range []struct {
		name     string
		answered bool // while the page is away
	}{{"answered while away", true}, {"answered after the return", false}} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			answer := make(chan bool)
			asked := make(chan string, 10)
			s.answer("POST /act", func(w http.ResponseWriter, r *http.Request) {
				asked <- r.FormValue("a")
				<-answer
				fmt.Fprint(w, "<b>done</b>")
			})
			messages := make(chan string, 100)
			var sockets atomic.Int64
			s.mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
				conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sx.v1"}})
				if err != nil {
					return
				}
				sockets.Add(1)
				defer sockets.Add(-1)
				defer conn.CloseNow()
				for {
					_, b, err := conn.Read(r.Context())
					if err != nil {
						return
					}
					messages <- string(b)
					_, id, _ := strings.Cut(string(b), `"`)
					id, _, _ = strings.Cut(id, `"`)
					_ = conn.Write(r.Context(), websocket.MessageText, []byte(`{"event":"sx-ack","data":{"id":"`+id+`"}}`))
				}
			})
			s.page("GET /{$}", logPage+`<form id="f" method="post" action="/act" sx-target="#out" sx-disabled-elt="find button"><input name="a" value=""><button>go</button></form>
				<p id="out">…</p><form id="half"><input name="b"><textarea name="c"></textarea></form>
				<div id="talk" data-sx-ws="/ws"><form sx-send="say"><input name="text"></form></div>`)
			s.page("/other", `<p>other</p>`)
			ctx := clienttest.Browser(t)
			before(t, ctx, `addEventListener("pageshow", e => window.persisted = e.persisted)`)
			visit(t, ctx, s.URL)
			s.line(1)
			until(t, ctx, lines+` == "1" && document.querySelector("#talk.sx-live")`)
			js[bool](t, ctx, `window.mark = 1; window.acks = 0; document.addEventListener("sx:ack", () => acks++);
				half.b.value = "half ty"; half.c.value = "more"; f.a.value = "x"; f.querySelector("button").click(); Sx.send("/ws", "say", {text: "one"}); return true`)
			if got := <-asked; got != "x" {
				t.Errorf("asked %q", got)
			}
			<-messages
			until(t, ctx, `acks == 1`)
			// The last message is sent as the page goes.
			js[bool](t, ctx, `addEventListener("pagehide", () => Sx.send("/ws", "say", {text: "two"}), {once: true}); return true`)
			visit(t, ctx, s.URL+"/other")
			s.eventually(t, "the stream of the page that was left ends", func() bool { return s.open == 0 && sockets.Load() == 0 })
			if c.answered {
				answer <- true
			}
			s.line(2)
			js[bool](t, ctx, `setTimeout(() => history.back()); return true`)
			again(t, ctx, lines+` == "1,2" && !!document.querySelector("#half")`)
			persisted := js[string](t, ctx, `return [window.persisted, window.mark].join()`)
			if !c.answered {
				select {
				case answer <- true:
				case <-t.Context().Done():
				}
			}
			if persisted != "true,1" {
				t.Fatalf("the browser did not keep the page: %s", persisted)
			}
			again(t, ctx, `document.querySelector("#out b")?.textContent == "done" && acks == 2`)
			if got := js[string](t, ctx, `return [half.b.value, half.c.value, f.className, f.querySelector("button").disabled, out.getAttribute("aria-busy"),
				document.querySelector("#talk").className, document.querySelector("[data-sx-live]").className].join()`); got != "half ty,more,,false,,sx-live,sx-live" {
				t.Errorf("after the return: %s", got)
			}
			if n := len(asked); n != 0 {
				t.Errorf("the form was sent %d times more", n)
			}
			all := ""
			for len(messages) > 0 {
				all += <-messages
			}
			if strings.Count(all, "say") != 1 || !strings.Contains(all, `:text "two"`) {
				t.Errorf("messages after the return: %s", all)
			}
			s.line(3)
			again(t, ctx, lines+` == "1,2,3"`)
			clean(t, ctx)
		})
	}
}
