package page_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/ws"
)

// serveFake serves an application within a bubble of fake time.
func serveFake(t *testing.T, text string, opts ...page.Option) *http.Client {
	t.Helper()
	app, err := page.New(files("app.sx", text), append([]page.Option{page.WithSecret("test"), page.WithLogger(slog.New(slog.DiscardHandler))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	_, c := livetest.Serve(t, app)
	t.Cleanup(func() { app.Shutdown(context.Background()) }) // before the server is closed: its streams end politely
	return c
}

// Guards run again every five minutes while a stream or a socket is open, and end it once they refuse.
func TestGuardsOfLongStreamsRunAgain(t *testing.T) {
	const source = `
(defguard member (allowed))
(defpage home :path "/" :auth :member
  :content (<> (~live (~suspense :id "n")) (~live :every 60000 (~suspense :id "own" (b "own"))) (~ws :src "/ws" :on-open (fn (c) nil) (~suspense :id "m")))
  :live (live :src "/s" :every 60000 (bind "n" (b "n"))))
(defpage open :path "/open" :content (~live (~suspense :id "o")) :live (live :src "/o" :every 60000 (bind "o" (b "o"))))
(defhandler feed :path "/feed" :every 60000 :auth :member () (datastar-patch (b :id "f" "f")))`
	for _, what := range []string{"/s", "/_sx/live?s=/s", "own", "/feed", "/ws"} {
		t.Run(strings.Trim(what, "/"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				var banned atomic.Bool
				c := serveFake(t, source, page.WithPrimitive("allowed", "(allowed)", func() bool {
					asked.Add(1)
					return !banned.Load()
				}))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				path := what
				if what == "own" {
					resp, err := c.Get("http://x/")
					if err != nil {
						t.Fatal(err)
					}
					body, _ := io.ReadAll(resp.Body)
					resp.Body.Close()
					_, rest, _ := strings.Cut(string(body), `data-sx-live="/_sx/t/`)
					token, _, _ := strings.Cut(rest, `"`)
					path = "/_sx/t/" + token
				}
				var read func() error
				if what == "/ws" {
					conn, _, err := websocket.Dial(ctx, "ws://x/ws", &websocket.DialOptions{HTTPClient: c})
					if err != nil {
						t.Fatal(err)
					}
					defer conn.CloseNow()
					read = func() error { _, _, err := conn.Read(ctx); return err }
				} else {
					req, _ := http.NewRequestWithContext(ctx, "GET", "http://x"+path, nil)
					resp, err := c.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					if resp.StatusCode != 200 {
						t.Fatalf("status %d", resp.StatusCode)
					}
					in := bufio.NewReader(resp.Body)
					read = func() error { _, err := in.ReadString('\n'); return err }
				}
				ended := make(chan error, 1)
				go func() { // ends with the stream
					for {
						if err := read(); err != nil {
							ended <- err
							return
						}
					}
				}()
				over := func() bool {
					select {
					case err := <-ended:
						if code := websocket.CloseStatus(err); what == "/ws" && code != ws.StatusSessionOver {
							t.Errorf("closed with %d: %v", code, err)
						}
						return true
					default:
						return false
					}
				}
				synctest.Wait()
				before := asked.Load()
				for i := range 3 {
					time.Sleep(5*time.Minute - time.Second)
					synctest.Wait()
					if asked.Load() != before+int64(i) {
						t.Errorf("asked %d times before %d times five minutes", asked.Load()-before, i+1)
					}
					time.Sleep(time.Second)
					synctest.Wait()
					if asked.Load() != before+int64(i)+1 || over() {
						t.Fatalf("asked %d times after %d times five minutes, or it ended", asked.Load()-before, i+1)
					}
				}
				banned.Store(true)
				time.Sleep(5*time.Minute - time.Second)
				synctest.Wait()
				if over() {
					t.Error("it ended before its guard was asked")
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if !over() {
					t.Fatal("it goes on after its guard refused")
				}
				asks := asked.Load()
				time.Sleep(time.Hour)
				synctest.Wait()
				if asked.Load() != asks {
					t.Errorf("the guard of what is over was asked %d times more", asked.Load()-asks)
				}
			})
		})
	}
	t.Run("a guard that does not answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var stuck atomic.Bool
			c := serveFake(t, source, page.WithLimits(page.Limits{Timeout: time.Minute}), page.WithPrimitive("allowed", "(allowed)", func(ctx context.Context) (bool, error) {
				if stuck.Load() {
					<-ctx.Done()
				}
				return true, ctx.Err()
			}))
			resp, err := c.Get("http://x/s")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			began := time.Now()
			stuck.Store(true)
			io.Copy(io.Discard, resp.Body)
			if took := time.Since(began); took != 6*time.Minute {
				t.Errorf("it ended after %v", took)
			}
		})
	})
}

// A socket ends with the session of its visitor, and with a change of it, as streams do; others stay.
func TestSocketsEndWithTheirSession(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defguard login (session-get "user"))
(defpage room :path "/room" :auth :login :content (~ws :src "/ws" :on-open hello (~suspense :id "m")))
(define (hello conn) (reply! conn "m" (b (session-get "user"))))
(defaction log-in :path "/login" (&key user) (do (session-set! "user" user) "in"))
(defaction log-out :path "/logout" () (do (session-clear!) "out"))`})
	login := func(user, cookie string) string {
		resp, _ := s.do(t, "POST", "/login", "user="+user, "Content-Type", form, "Cookie", cookie)
		return "sx=" + resp.Cookies()[0].Value
	}
	dial := func(cookie, want string) *websocket.Conn {
		c, _, err := websocket.Dial(t.Context(), s.URL+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {cookie}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.CloseNow() })
		for {
			_, b, err := c.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), want) {
				return c
			}
		}
	}
	closed := func(c *websocket.Conn) websocket.StatusCode {
		for {
			if _, _, err := c.Read(t.Context()); err != nil {
				return websocket.CloseStatus(err)
			}
		}
	}
	if _, res, err := websocket.Dial(t.Context(), s.URL+"/ws", nil); err == nil || res == nil || res.StatusCode != 401 {
		t.Errorf("without a session: %v %v", res, err)
	}
	ada, bob := login("ada", ""), login("bob", "")
	a, b := dial(ada, "ada"), dial(bob, "bob")
	s.do(t, "POST", "/logout", "", "Cookie", ada)
	if code := closed(a); code != ws.StatusSessionOver {
		t.Errorf("after logging out: closed with %d", code)
	}
	if err := b.Ping(b.CloseRead(t.Context())); err != nil {
		t.Errorf("the other's socket ended too: %v", err)
	}
	b = dial(bob, "bob")
	robert := login("robert", bob)
	if code := closed(b); code != ws.StatusSessionOver {
		t.Errorf("after a change: closed with %d", code)
	}
	dial(robert, "robert")
}

// cutListener lets a test cut every connection that it accepted.
type cutListener struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *cutListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return c, err
}

func (l *cutListener) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c != nil {
			c.Close()
		}
	}
	l.conns = nil
}

// A socket that is refused after a cut is over for the page, too, and not tried again and again: browsers do not tell
// scripts the status of a handshake, so the refusal is a close code.
func TestRefusedSocketInABrowser(t *testing.T) {
	var banned atomic.Bool
	s := serve(t, []string{"app.sx", `
(defguard member (allowed))
(defpage room :path "/" :auth :member :content (~ws :src "/ws" :on-open hello (~suspense :id "m" :fallback "…")))
(define (hello conn) (reply! conn "m" (b "in")))`}, page.WithPrimitive("allowed", "(allowed)", func() bool { return !banned.Load() }))
	srv := httptest.NewUnstartedServer(s.app)
	l := &cutListener{Listener: srv.Listener}
	srv.Listener = l
	srv.Start()
	defer srv.Close()
	ctx := clienttest.Browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector("#sx-suspense-m b")?.textContent == "in"`)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.addEventListener("sx:close", e => { window.over = e.detail.status }), true`)); err != nil {
		t.Fatal(err)
	}
	banned.Store(true)
	l.cut()
	clienttest.Until(t, ctx, "the page is as it should be", `window.over == 4401 && !document.querySelector("[data-sx-ws]").className`)

	for _, c := range []struct {
		header http.Header
		code   websocket.StatusCode // of the close; -1: refused before
	}{
		{http.Header{"Origin": {s.URL}}, 4401},
		{http.Header{}, -1},
	} {
		conn, res, err := websocket.Dial(t.Context(), s.URL+"/ws", &websocket.DialOptions{HTTPHeader: c.header, Subprotocols: []string{ws.Subprotocol}})
		if c.code < 0 {
			if res == nil || res.StatusCode != 401 {
				t.Errorf("without an origin: %v %v", res, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, b, err := conn.Read(t.Context()); websocket.CloseStatus(err) != c.code {
			t.Errorf("from a browser: %s %v", b, err)
		}
		conn.CloseNow()
	}
	lacks(t, "log", s.logs.String(), "level=ERROR")
}
