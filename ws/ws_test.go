package ws_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/ws"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server with one socket that appends what it is sent to the slot "log".
type site struct {
	*httptest.Server
	ws   *ws.Server
	mu   sync.Mutex
	runs []string
}

func newSite(t *testing.T, opts ...ws.Option) *site { return makeSite(t, false, opts) }

type siteMaker func(t *testing.T, opts ...ws.Option) *site

// everywhere runs a test with connections that loops serve and with connections that have a goroutine each, which is
// what other systems and TLS get.
func everywhere(t *testing.T, f func(t *testing.T, newSite siteMaker)) {
	t.Run("loops", func(t *testing.T) { f(t, newSite) })
	t.Run("goroutines", func(t *testing.T) {
		f(t, func(t *testing.T, opts ...ws.Option) *site { return makeSite(t, true, opts) })
	})
}

// veiled hands out connections that are not the operating system's own.
type veiled struct{ net.Listener }

type veiledConn struct{ net.Conn }

func (v veiledConn) CloseWrite() error { return v.Conn.(*net.TCPConn).CloseWrite() } // TLS has it too

func (v veiled) Accept() (net.Conn, error) {
	c, err := v.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return veiledConn{c}, nil
}

func makeSite(t *testing.T, veil bool, opts []ws.Option) *site {
	t.Helper()
	h := hub.New()
	s := &site{ws: ws.NewServer(h, append(opts, ws.WithLogger(slog.New(slog.DiscardHandler)))...)}
	s.Server = httptest.NewUnstartedServer(s.ws.Handler(func(r *http.Request) (*ws.Endpoint, error) {
		if r.URL.Query().Get("refuse") != "" {
			return nil, &ws.StatusError{Code: 403}
		}
		return &ws.Endpoint{Channel: "room", User: r.URL.Query().Get("user"), Session: "s", OnMessage: s.message}, nil
	}))
	if veil {
		s.Listener = veiled{s.Listener}
	}
	s.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.ws.Drain(ctx)
		s.Close()
		h.Close(ctx)
	})
	return s
}

func (s *site) message(ctx context.Context, c *ws.Conn, m ws.Message) error {
	switch m.Name {
	case "say":
		s.mu.Lock()
		s.runs = append(s.runs, m.Value.Index(2).Text())
		s.mu.Unlock()
		_, err := s.ws.Broadcast(c.Channel(), render.Frame{ID: "log", Mode: render.ModeAppend, HTML: m.Value.Index(2).Text()})
		return err
	case "fail":
		return errors.New("a secret of the server")
	case "panic":
		panic("boom")
	}
	return ws.Refused(errors.New("no such message"))
}

func (s *site) dial(t *testing.T, query string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), s.URL+"/?"+query, &websocket.DialOptions{Subprotocols: []string{ws.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Subprotocol() != ws.Subprotocol {
		t.Fatalf("subprotocol %q", c.Subprotocol())
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

type envelope struct {
	Event, ID string
	Data      struct{ ID, HTML, Message, Reason string }
}

func read(t *testing.T, c *websocket.Conn) envelope {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, b, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return e
}

func send(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestBroadcastReachesEveryClientOnceAndInOrder(t *testing.T) {
	everywhere(t, testBroadcastReachesEveryClientOnceAndInOrder)
}

func testBroadcastReachesEveryClientOnceAndInOrder(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	a, b := s.dial(t, ""), s.dial(t, "")
	for _, x := range []string{"one", "two", "three"} {
		send(t, a, `(say :text "`+x+`")`)
	}
	last := ""
	for _, c := range []*websocket.Conn{a, b} {
		for _, x := range []string{"one", "two", "three"} {
			e := read(t, c)
			if e.Event != "sx-resolve" || e.Data.HTML != x || e.ID == "" {
				t.Errorf("got %+v, want %s", e, x)
			}
			last = e.ID
		}
	}
	// A client that resumes gets what it has not seen, and one with an unknown cursor is told of the gap.
	first, _, _ := strings.Cut(last, "-")
	c := s.dial(t, "last_event_id="+first+"-1")
	if e := read(t, c); e.Data.HTML != "two" {
		t.Errorf("resumed with %+v", e)
	}
	c = s.dial(t, "last_event_id=zz-9")
	if e := read(t, c); e.Event != "sx-reset" || e.Data.Reason != "gap" {
		t.Errorf("got %+v, want sx-reset", e)
	}
	if e := read(t, c); e.Data.HTML != "one" {
		t.Errorf("snapshot begins with %+v", e)
	}
}

func TestReliableMessageIsHandledOnce(t *testing.T) { everywhere(t, testReliableMessageIsHandledOnce) }

func testReliableMessageIsHandledOnce(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	a := s.dial(t, "")
	send(t, a, `(send "m1" (say :text "once"))`)
	got := map[string]bool{}
	for range 2 {
		e := read(t, a)
		got[e.Event+":"+e.Data.ID] = true
	}
	if !got["sx-ack:m1"] || !got["sx-resolve:log"] {
		t.Fatalf("got %v", got)
	}
	a.CloseNow()
	b := s.dial(t, "") // sends again what it was not told of
	read(t, b)         // the snapshot
	send(t, b, `(send "m1" (say :text "once"))`)
	if e := read(t, b); e.Event != "sx-ack" || e.Data.ID != "m1" {
		t.Fatalf("got %+v", e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.runs) != 1 {
		t.Errorf("handled %d times", len(s.runs))
	}
}

func TestMessagesAreData(t *testing.T) { everywhere(t, testMessagesAreData) }

func testMessagesAreData(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	for _, c := range []struct{ text, message string }{
		{`(chat-message :text (db-exec "drop table messages"))`, "no such message"},
		{`hello`, "a message is a list headed by a symbol"},
		{`("say" 1)`, "a message is a list headed by a symbol"},
		{`(say`, "unclosed"},
		{`(a) (b)`, "one message is expected"},
		{strings.Repeat("(a ", 40) + strings.Repeat(")", 40), "deep"},
		{`(fail)`, "the server could not handle the message"},
		{`(panic)`, "the server could not handle the message"},
	} {
		conn := s.dial(t, "")
		send(t, conn, c.text)
		e := read(t, conn)
		for e.Event == "sx-resolve" { // the snapshot
			e = read(t, conn)
		}
		if e.Event != "sx-error" || !strings.Contains(e.Data.Message, c.message) && c.message != "deep" {
			t.Errorf("%.40s: got %+v", c.text, e)
		}
		if strings.Contains(e.Data.Message, "secret") || strings.Contains(e.Data.Message, "boom") {
			t.Errorf("%s: tells too much: %s", c.text, e.Data.Message)
		}
		send(t, conn, `(say :text "still open")`)
		if e := read(t, conn); e.Data.HTML == "" && e.Event != "sx-resolve" {
			t.Errorf("%.40s: closed after one refusal: %+v", c.text, e)
		}
		conn.CloseNow()
		s.ws.CloseSession("s")
	}
}

func TestTooManyRefusalsClose(t *testing.T) { everywhere(t, testTooManyRefusalsClose) }

func testTooManyRefusalsClose(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	c := s.dial(t, "")
	for range 21 {
		send(t, c, `(nonsense)`)
	}
	for range 21 {
		read(t, c)
	}
	_, _, err := c.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("got %v, want 1008", err)
	}
}

func TestLargeAndBinaryMessagesClose(t *testing.T) { everywhere(t, testLargeAndBinaryMessagesClose) }

func testLargeAndBinaryMessagesClose(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	c := s.dial(t, "")
	send(t, c, `(say :text "`+strings.Repeat("x", 70<<10)+`")`)
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("got %v, want 1009", err)
	}
	c = s.dial(t, "")
	if err := c.Write(t.Context(), websocket.MessageBinary, []byte("(say)")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
		t.Errorf("got %v, want 1003", err)
	}
}

func TestPresence(t *testing.T) { everywhere(t, testPresence) }

func testPresence(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	a := s.dial(t, "user=ann")
	s.dial(t, "user=bob")
	livetest.Eventually(t, `len(s.ws.Presence(t.Context(), "room")) == 2`, func() bool { return len(s.ws.Presence(t.Context(), "room")) == 2 })
	if p := s.ws.Presence(t.Context(), "room"); p[0].User != "ann" && p[1].User != "ann" {
		t.Errorf("got %+v", p)
	}
	a.Close(websocket.StatusNormalClosure, "")
	livetest.Eventually(t, `len(s.ws.Presence(t.Context(), "room")) == 1`, func() bool { return len(s.ws.Presence(t.Context(), "room")) == 1 })
}

func TestHandshakeRefusals(t *testing.T) {
	s := newSite(t, ws.MaxConnections(0, 0, 1))
	for _, c := range []struct {
		query, origin string
		code          int
	}{
		{"refuse=1", "", 403},
		{"", "null", 403},
		{"", "https://evil.example", 403},
	} {
		h := http.Header{}
		if c.origin != "" {
			h.Set("Origin", c.origin)
		}
		_, res, err := websocket.Dial(t.Context(), s.URL+"/?"+c.query, &websocket.DialOptions{HTTPHeader: h})
		if err == nil || res == nil || res.StatusCode != c.code {
			t.Errorf("%+v: got %v %v", c, res, err)
		}
	}
	s.dial(t, "")
	_, res, err := websocket.Dial(t.Context(), s.URL, nil)
	if err == nil || res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("second of one session: got %v %v, want 429 with Retry-After", res, err)
	}
}

func TestDrain(t *testing.T) { everywhere(t, testDrain) }

func testDrain(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	c := s.dial(t, "")
	livetest.Eventually(t, `s.ws.Len() == 1`, func() bool { return s.ws.Len() == 1 })
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		done <- s.ws.Drain(ctx)
	}()
	if e := read(t, c); e.Event != "sx-drain" {
		t.Errorf("got %+v, want sx-drain", e)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("got %v, want 1001", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	_, res, err := websocket.Dial(t.Context(), s.URL, nil)
	if err == nil || res.StatusCode != 503 {
		t.Errorf("after Drain: got %v %v, want 503", res, err)
	}
}

// TestSlowReaderDelaysNobody has one client that never reads while another gets everything.
func TestSlowReaderDelaysNobody(t *testing.T) { everywhere(t, testSlowReaderDelaysNobody) }

func testSlowReaderDelaysNobody(t *testing.T, newSite siteMaker) {
	s := newSite(t, ws.WriteTimeout(time.Second))
	slow, quick := s.dial(t, ""), s.dial(t, "")
	_ = slow
	livetest.Eventually(t, `s.ws.Len() == 2`, func() bool { return s.ws.Len() == 2 })
	body := strings.Repeat("y", 32<<10)
	const n = 300
	go func() {
		for range n {
			s.ws.Broadcast("room", render.Frame{ID: "log", Mode: render.ModeAppend, HTML: body})
		}
		s.ws.Broadcast("room", render.Frame{ID: "end", HTML: "end"})
	}()
	quick.SetReadLimit(-1)
	for {
		if e := read(t, quick); e.Data.HTML == "end" {
			break
		}
	}
	livetest.Eventually(t, `s.ws.Len() == 1`, func() bool { return s.ws.Len() == 1 }) // the slow one is dropped
}

func TestSilentPeerIsDropped(t *testing.T) { everywhere(t, testSilentPeerIsDropped) }

func testSilentPeerIsDropped(t *testing.T, newSite siteMaker) {
	s := newSite(t, ws.Ping(20*time.Millisecond))
	c := s.dial(t, "") // its library answers pings only while it reads
	_ = c
	livetest.Eventually(t, `s.ws.Len() == 1`, func() bool { return s.ws.Len() == 1 })
	livetest.Eventually(t, `s.ws.Len() == 0`, func() bool { return s.ws.Len() == 0 })
}

// A client that sends too fast is read more slowly, and nothing is lost.
func TestRateOfMessages(t *testing.T) {
	everywhere(t, func(t *testing.T, newSite siteMaker) {
		s := newSite(t, ws.Rate(100, 5))
		c := s.dial(t, "")
		began := time.Now()
		for i := range 25 {
			send(t, c, fmt.Sprintf(`(say :text "%d")`, i))
		}
		for i := range 25 {
			if e := read(t, c); e.Data.HTML != fmt.Sprint(i) {
				t.Fatalf("message %d: got %+v", i, e)
			}
		}
		if d := time.Since(began); d < 190*time.Millisecond {
			t.Errorf("25 messages in %v, at 100 a second after the first 5", d)
		}
	})
}

type saying struct{ Text string }

func (s saying) Check() error {
	if s.Text == "" {
		return errors.New("say something")
	}
	return nil
}

// An endpoint of parts, mounted in a plain mux.
func TestParts(t *testing.T) {
	h := hub.New()
	s := ws.NewServer(h, ws.WithLogger(slog.New(slog.DiscardHandler)))
	gone := make(chan string, 1)
	mux := http.NewServeMux()
	mux.Handle("GET /ws/{room}", s.Handle(
		func(r *http.Request, ep *ws.Endpoint) error {
			if ep.User = r.URL.Query().Get("user"); ep.User == "" {
				return &ws.StatusError{Code: http.StatusForbidden}
			}
			return nil
		},
		ws.OnOpen(func(_ context.Context, c *ws.Conn) error {
			return c.Send(render.Frame{ID: "hello", HTML: c.User() + " in " + c.Channel()})
		}),
		ws.OnClose(func(_ context.Context, c *ws.Conn) { gone <- c.User() }),
		ws.On("say", func(_ context.Context, c *ws.Conn, m saying) error {
			_, err := s.Broadcast(c.Channel(), render.Frame{ID: "log", Mode: render.ModeAppend, HTML: m.Text})
			return err
		}),
		ws.On("count", func(_ context.Context, c *ws.Conn, m map[string]int) error {
			return c.Send(render.Frame{ID: "count", HTML: fmt.Sprint(len(m))})
		}),
	))
	srv := httptest.NewServer(mux)
	defer func() { s.Drain(context.Background()); srv.Close(); h.Close(context.Background()) }()
	if _, res, err := websocket.Dial(t.Context(), srv.URL+"/ws/tea", nil); err == nil || res.StatusCode != 403 {
		t.Errorf("without a user: %v %v", res, err)
	}
	c, _, err := websocket.Dial(t.Context(), srv.URL+"/ws/tea?user=ann", nil)
	if err != nil {
		t.Fatal(err)
	}
	if e := read(t, c); e.Data.HTML != "ann in /ws/tea" {
		t.Errorf("got %+v", e)
	}
	for _, x := range []struct{ message, want string }{
		{`(say :text "hi")`, "hi"},
		{`(count :a 1 :b 2)`, "2"},
		{`(say)`, "message say: say something"},
		{`(say :text 3)`, "message say: :text must be a string, got number 3"},
		{`(say :text (db-exec "drop table messages"))`, "message say: :text must be a string, got list"},
		{`(say :txt "hi")`, "message say: unknown keyword :txt"},
		{`(say "hi")`, "message say takes keywords and values"},
		{`(say :text "a" :text "b")`, "message say has :text twice"},
		{`(shout :text "hi")`, "message shout is not one that this socket takes"},
	} {
		send(t, c, x.message)
		if e := read(t, c); !strings.Contains(e.Data.HTML+e.Data.Message, x.want) {
			t.Errorf("%s: got %+v, want %s", x.message, e, x.want)
		}
	}
	c.CloseNow()
	if who := <-gone; who != "ann" {
		t.Errorf("gone: %s", who)
	}
}
