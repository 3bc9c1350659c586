package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/page/pagetest"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/ws"
)

const chatApp = `
(defpage room :path "/room/<id>"
  :content (~ws :src "/ws/room/<id>" :on-open welcome :on-message heard :join (fn (conn) (channel "room" id))
    (~suspense :id "messages" :fallback (p "Connecting…"))))
(define (welcome conn) (reply! conn "welcome" (p "hello " (len (presence)))))
(define (heard msg conn)
  (match msg
    (say &key (text :as string :required :max 20)) (broadcast! "messages" (~line :text text) :mode :append :key (message-id))
    (who) (reply! conn "who" (join "," (map (fn (m) (get m "since")) (presence))))
    (crash) (error "a secret")))
(defcomp ~line (&key text) (li text))
`

func TestSocketOfAPage(t *testing.T) {
	srv := serve(t, []string{"app.sx", chatApp})
	_, body := srv.get(t, "/room/7")
	if !strings.Contains(body, `data-sx-ws="/ws/room/7"`) {
		t.Fatalf("no region in %s", body)
	}
	dial := func(path string) *websocket.Conn {
		c, _, err := websocket.Dial(t.Context(), srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.CloseNow() })
		return c
	}
	type message struct {
		Event string
		Data  struct{ ID, HTML, SX, Mode, Key, Message, Hash string }
	}
	defs := ""
	var read func(c *websocket.Conn) message
	read = func(c *websocket.Conn) message {
		t.Helper()
		_, b, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var m message
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if m.Event == "sx-defs" {
			defs = m.Data.Hash
			return read(c)
		}
		return m
	}
	send := func(c *websocket.Conn, s string) {
		t.Helper()
		if err := c.Write(t.Context(), websocket.MessageText, []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	a := dial("/ws/room/7")
	if m := read(a); m.Data.ID != "welcome" || m.Data.HTML != "<p>hello 1</p>" {
		t.Fatalf("got %+v", m)
	}
	b := dial("/ws/room/7")
	read(b)
	other := dial("/ws/room/8")
	read(other)
	send(a, `(send "m1" (say :text "<b>hi</b>"))`)
	for _, c := range []*websocket.Conn{a, b} {
		m := read(c)
		if m.Event == "sx-ack" {
			m = read(c)
		}
		if m.Data.SX != `(~line :text "<b>hi</b>")` || m.Data.Mode != "append" || m.Data.Key != "m1" {
			t.Errorf("got %+v", m)
		}
	}
	// What is no message of the handler is refused as data; nothing of it is evaluated.
	for _, bad := range []string{`(say :text (error "boom"))`, `(say :text "this is much too long for it")`, `(say)`, `(chat-message :text (db-exec "drop table messages"))`} {
		send(b, bad)
		if m := read(b); m.Event != "sx-error" || !strings.Contains(m.Data.Message, "not one that this socket takes") {
			t.Errorf("%s: got %+v", bad, m)
		}
	}
	send(b, `(crash)`)
	if m := read(b); m.Event != "sx-error" || strings.Contains(m.Data.Message, "secret") {
		t.Errorf("got %+v", m)
	}
	// The other room heard nothing of all this.
	send(other, `(say :text "alone")`)
	if m := read(other); m.Data.SX != `(~line :text "alone")` {
		t.Errorf("got %+v", m)
	}
	// Who has the definitions does not get them again.
	if defs == "" {
		t.Fatal("no definitions came")
	}
	again := dial("/ws/room/9?defs=" + defs)
	if _, b, err := again.Read(t.Context()); err != nil || strings.Contains(string(b), "sx-defs") {
		t.Errorf("got %s %v", b, err)
	}
}

// Markup goes as source where its components may run in the browser, by the rule of live slots, and as HTML else.
func TestMarkupOfSockets(t *testing.T) {
	app := `
(defpage room :path "/room" :content (~ws :src "/ws/room" :on-message heard (~suspense :id "m")))
(define (heard msg conn)
  (let ((x "<&>") (row {"a" 1 "b" (list 1 2)}))
    (match msg
      (pure) (broadcast! "m" (~pure :x x :row row (em x)))
      (two) (reply! conn "m" (<> (~pure :x 1) (p "and " (~pure :x 2))))
      (served) (broadcast! "m" (~served :x x))
      (outside) (broadcast! "m" (div (~pure :x x) (~outside)))
      (deep) (broadcast! "m" (~deep))
      (plain) (broadcast! "m" (p x))
      (text) (broadcast! "m" "just text")
      (hidden) (broadcast! "m" (hide x))
      (html) (broadcast! "m" (~pure :x x) :wire :html)
      (remove) (broadcast! "m" nil :mode :remove :key "k")
      (wrong) (broadcast! "m" (~pure :x x) :wire :xml))))
(defcomp ~pure (&key x row &rest children) (b x (when (nil? (inspect row)) "none") children))
(defcomp ~served (&key x) :affinity :server (b x))
(defcomp ~outside () (i (session-get "user")))
(defcomp ~deep () (~outside))
(define (hide x) (~pure :x x))`
	conn := func(s *server) func(message string) string {
		c, _, err := websocket.Dial(t.Context(), s.URL+"/ws/room", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.CloseNow() })
		return func(message string) string {
			t.Helper()
			if err := c.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
				t.Fatal(err)
			}
			for {
				_, b, err := c.Read(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var m struct {
					Event string
					Data  struct{ HTML, SX, Mode, Message string }
				}
				if err := json.Unmarshal(b, &m); err != nil {
					t.Fatal(err)
				}
				if m.Event != "sx-defs" {
					return m.Data.SX + "|" + m.Data.HTML + "|" + m.Data.Mode + m.Data.Message
				}
			}
		}
	}
	s := serve(t, []string{"app.sx", app})
	ask := conn(s)
	for message, want := range map[string]string{
		"(pure)":    `(~pure :x "<&>" :row {:a 1 :b (list 1 2)} (em "<&>"))||`,
		"(two)":     `(<> (~pure :x 1) (p "and " (~pure :x 2)))||`,
		"(served)":  `|<b>&lt;&amp;&gt;</b>|`,
		"(outside)": `|<div><b>&lt;&amp;&gt;</b><i></i></div>|`,
		"(deep)":    `|<i></i>|`,
		"(plain)":   `|<p>&lt;&amp;&gt;</p>|`,
		"(text)":    `|just text|`,
		"(hidden)":  `|<b>&lt;&amp;&gt;</b>|`,
		"(html)":    `|<b>&lt;&amp;&gt;</b>|`,
		"(remove)":  `||remove`,
		"(wrong)":   `||the server could not handle the message`,
	} {
		if got := ask(message); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
	// Nodes that run different programs, as during a deploy, understand each other's HTML.
	broker := hub.NewMemory()
	t.Cleanup(func() { broker.Close() })
	ask = conn(serve(t, []string{"app.sx", app}, page.WithBroker(broker)))
	if got := ask("(pure)"); got != `|<b>&lt;&amp;&gt;<em>&lt;&amp;&gt;</em></b>|` {
		t.Errorf("with a broker: got %s", got)
	}
}

func TestSocketFromGo(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "hi"))`})
	type hello struct{ To string }
	s.app.Socket("/ws/echo/<room>",
		func(r *http.Request, ep *ws.Endpoint) error {
			if r.URL.Query().Get("who") == "" {
				return &ws.StatusError{Code: http.StatusUnauthorized}
			}
			ep.Channel = "room " + r.PathValue("room")
			return nil
		},
		ws.On("hello", func(ctx context.Context, c *ws.Conn, m hello) error {
			_, err := s.app.Sockets().Broadcast(c.Channel(), render.Frame{ID: "out", HTML: c.Channel() + ": hello " + m.To})
			return err
		}))
	_, res, err := websocket.Dial(t.Context(), s.URL+"/ws/echo/7", nil)
	if err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("got %v %v, want 401", res, err)
	}
	c, _, err := websocket.Dial(t.Context(), s.URL+"/ws/echo/7?who=me", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(`(hello :to "you")`)); err != nil {
		t.Fatal(err)
	}
	_, b, err := c.Read(t.Context())
	if err != nil || !strings.Contains(string(b), `"html":"room 7: hello you"`) {
		t.Fatalf("got %s %v", b, err)
	}
	if _, body := s.get(t, "/"); !strings.Contains(body, "hi") {
		t.Errorf("the page is gone: %s", body)
	}
}

// Two applications share a broker: who is connected to one is present in the other, and gone when it goes.
func TestPresenceOfAllNodes(t *testing.T) {
	broker := hub.NewMemory()
	t.Cleanup(func() { broker.Close() })
	app := `
(defpage room :path "/room" :content (~ws :src "/ws/room" :on-open tell :on-close tell (~suspense :id "who")))
(define (tell conn) (broadcast! "who" (len (presence))))
(defpage count :path "/count" :content (p "here: " (len (presence "/ws/room"))))
(defpage watch :path "/watch" :content (~live :every 20 (~suspense :id "here" (b (len (presence "/ws/room"))))))`
	one, two := serve(t, []string{"app.sx", app}, page.WithBroker(broker)), serve(t, []string{"app.sx", app}, page.WithBroker(broker))
	dial := func(s *server) *websocket.Conn {
		c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/ws/room", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.CloseNow() })
		return c
	}
	hears := func(c *websocket.Conn, want string) {
		t.Helper()
		for {
			_, b, err := c.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), `"html":"`+want+`"`) {
				return
			}
		}
	}
	a := dial(one)
	hears(a, "1")
	b := dial(two)
	hears(a, "2")
	hears(b, "2")
	for _, s := range []*server{one, two} {
		_, body := s.get(t, "/count")
		wants(t, "the page", body, "here: 2")
	}
	watch := pagetest.New(t, one.app).Visit("/watch").Live() // a slot that no handler has to keep right
	defer watch.Close()
	b.CloseNow()
	hears(a, "1")
	watch.Until("here", "1")
}

// A socket is guarded as the pages that show it are, and refuses pages of other sites.
func TestGuardOfASocket(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defguard member (if (= (request-header "X-Key") "open") true (abort 403)))
(defpage room :path "/room" :auth :member :content (~ws :src "/ws/room" :on-open hello (~suspense :id "m")))
(define (hello conn) (reply! conn "m" "in"))`})
	for _, c := range []struct {
		key, origin string
		code        int
	}{
		{"", "", 403},
		{"open", "https://evil.example", 403},
		{"open", "null", 403},
		{"open", s.URL, 101},
		{"open", "", 101},
	} {
		h := http.Header{"X-Key": {c.key}}
		if c.origin != "" {
			h.Set("Origin", c.origin)
		}
		conn, res, err := websocket.Dial(t.Context(), s.URL+"/ws/room", &websocket.DialOptions{HTTPHeader: h, Subprotocols: []string{ws.Subprotocol}})
		if res == nil || res.StatusCode != c.code {
			t.Errorf("%+v: got %v %v", c, res, err)
		}
		if err == nil {
			if conn.Subprotocol() != "sx.v1" {
				t.Errorf("sub-protocol %q", conn.Subprotocol())
			}
			conn.CloseNow()
		}
	}
}

// A frame is the same bytes over a socket and over a stream.
func TestFramesAreThoseOfStreams(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "hi"))`})
	for i, f := range []render.Frame{
		{ID: "cpu", HTML: "<b>42%</b>"},
		{ID: "cpu", SX: `(~badge :value "42%")`},
		{ID: "log", HTML: "<li>1</li>", Mode: render.ModeAppend, Key: "1"},
		{Selector: ".x", Mode: render.ModeRemove},
		{Event: render.EventSignals, Patch: json.RawMessage(`{"a":1}`)},
		{Event: render.EventDispatch, Name: "ping", Detail: json.RawMessage(`[1]`)},
		{Event: render.EventNavigate, URL: "/there"},
		{Event: render.EventError, ID: "cpu", Message: "no"},
	} {
		want, err := live.FrameEvent(f)
		if err != nil {
			t.Fatal(err)
		}
		topic := fmt.Sprint("frames", i)
		sub, err := s.app.Hub().Subscribe(t.Context(), "ws:"+topic, hub.Cursor{}, hub.FromNow())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.app.Sockets().Broadcast(topic, f); err != nil {
			t.Fatal(err)
		}
		b, err := sub.Next(t.Context())
		if err != nil || len(b.Messages) != 1 {
			t.Fatalf("%+v: got %+v %v", f, b, err)
		}
		if got := b.Messages[0].Event; got.Name != want.Name || got.Slot != want.Slot || got.Kind != want.Kind || string(got.Data) != string(want.Data) {
			t.Errorf("%+v: over a socket %+v, over a stream %+v", f, got, want)
		}
		sub.Close()
	}
}
