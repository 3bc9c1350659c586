package page_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/ws"
)

const guarded = `
(defguard member (if (session-get "user") true (do (flash! "note" "log in first") (redirect "/login"))))
(defpage login :path "/login" :content (h1 "log in"))
(defaction log-in :path "/in" (&key user) (do (session-set! "user" user) "in"))
(defaction log-out :path "/out" () (do (session-clear!) "out"))
(defpage room :path "/room" :auth :member
  :content (<> (~live (~suspense :id "n")) (~live :every 60000 (~suspense :id "own" (b "own"))))
  :live (live :src "/s" :every 100 (bind "n" (b "n"))))
(defpage talk :path "/talk" :auth :member :content (~ws :src "/ws" :on-open hello (~suspense :id "m")))
(define (hello conn) (reply! conn "m" (b (session-get "user"))))
(defpage moved :path "/moved/<int:id>" :data {:x (if (> id 5) (redirect "/login") id) :y id}
  :content (~live (~suspense :id "y"))
  :live (live :src "/moved-live/<int:id>" :every 60000 (bind "y" (b y))))`

// What a guard or :data says with redirect is 403 to a stream and a socket, before they begin: neither an error of the server nor a
// reason to try again and again. A browser that follows the stream's page is taken along.
func TestRedirectsRefuseStreams(t *testing.T) {
	s := serve(t, []string{"app.sx", guarded})
	for _, path := range []string{"/s", "/moved-live/9", "/ws"} {
		headers := []string{}
		if path == "/ws" {
			headers = []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
		}
		if resp, body := s.get(t, path, headers...); resp.StatusCode != 403 || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: got %d %s, want 403", path, resp.StatusCode, body)
		}
	}
	_, body := s.get(t, "/_sx/live?s=/s", "Accept-Encoding", "identity")
	wants(t, "all regions", body, `{"message":"Forbidden","status":403,"src":"/s"}`, "sx-close")
	conn, _, err := websocket.Dial(t.Context(), s.URL+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {s.URL}}, Subprotocols: []string{ws.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, b, err := conn.Read(t.Context()); websocket.CloseStatus(err) != 4403 {
		t.Errorf("a browser's socket: %s %v", b, err)
	}
	lacks(t, "log", s.logs.String(), "level=ERROR")

	ctx := clienttest.Browser(t)
	for _, path := range []string{"/room", "/talk"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/login")); err != nil {
			t.Fatal(err)
		}
		post := func(path, body string) {
			t.Helper()
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`fetch("`+path+`", {method: "POST", body: new URLSearchParams("`+body+`")}).then(r => r.ok)`, chromedp.EvalAwaitPromise)); err != nil {
				t.Fatal(err)
			}
		}
		post("/in", "user=ada")
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+path)); err != nil {
			t.Fatal(err)
		}
		clienttest.Until(t, ctx, "the page is as it should be", `!!document.querySelector(".sx-live #sx-suspense-n b, .sx-live #sx-suspense-m b")`)
		// A change of the session ends what was connected in its name, which comes back with the new one.
		post("/in", "user=eve")
		if path == "/talk" {
			clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector("#sx-suspense-m b").textContent == "eve"`)
		}
		post("/out", "")
		clienttest.Until(t, ctx, "the page is as it should be", `location.pathname == "/login" && document.querySelector("h1")?.textContent == "log in"`)
	}
}

// One source of a request that is private makes the stream end with the session, wherever and however it is named there.
func TestPrivateSourcesAreFound(t *testing.T) {
	const many = 70
	for name, query := range map[string]string{
		"behind many of one name":    strings.Repeat("s=/open&", many) + "s=/s",
		"with a semicolon behind it": "s=/open&s=/s?;",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var banned atomic.Bool
				c := serveFake(t, `
(defguard member (allowed))
(deflive "/s" :every 60000 :auth :member (bind "n" (b "n")))
(deflive "/open" :every 60000 (bind "o" (b "o")))`, page.WithPrimitive("allowed", "(allowed)", func() bool { return !banned.Load() }))
				resp, err := c.Get("http://x/_sx/live?" + query)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				in := bufio.NewReader(resp.Body)
				for found := false; !found; {
					line, err := in.ReadString('\n')
					if err != nil {
						t.Fatal(err)
					}
					found = strings.Contains(line, `"id":"n"`)
				}
				banned.Store(true)
				began := time.Now()
				io.Copy(io.Discard, in)
				if took := time.Since(began); took > 6*time.Minute {
					t.Errorf("it ended %v after its guard refused", took)
				}
			})
		})
	}
}

// Those who wait for the :data of a stream that another asked for first do not suffer when that one leaves.
func TestDataOutlivesWhoAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		c := serveFake(t, `
(defpage p :path "/p" :data {:x (slowly)} :content (~live (~suspense :id "n")) :live (live :src "/s" :every 60000 (bind "n" (b "n"))))`,
			page.WithPrimitive("slowly", "(slowly)", func(ctx context.Context) (string, error) {
				runs.Add(1)
				select {
				case <-time.After(time.Second):
					return "x", nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}))
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range 5 {
			ctx := t.Context()
			if i == 0 {
				ctx = first
			}
			wg.Go(func() {
				r, _ := http.NewRequestWithContext(ctx, "GET", "http://x/s", nil)
				resp, err := c.Do(r)
				if i == 0 {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Errorf("another client got %d", resp.StatusCode)
				}
			})
			synctest.Wait()
		}
		leave()
		wg.Wait()
		if n := runs.Load(); n != 2 {
			t.Errorf(":data ran %d times, want once more than it was left", n)
		}
	})
}

// A guard written in Go that panics refuses, also when it is asked again while a stream is open.
func TestPanickingGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bad atomic.Bool
		c := serveFake(t, `(defpage p :path "/p" :auth :odd :content (p "x")) (deflive "/s" :auth :odd :every 60000 (bind "n" (b "n")))`,
			page.WithGuard("odd", func(*http.Request) error {
				if bad.Load() {
					panic("odd")
				}
				return nil
			}))
		resp, err := c.Get("http://x/s")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		bad.Store(true)
		began := time.Now()
		io.Copy(io.Discard, resp.Body)
		if took := time.Since(began); took > 6*time.Minute {
			t.Errorf("it ended after %v", took)
		}
		for _, path := range []string{"/p", "/s"} {
			resp, err := c.Get("http://x" + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 500 {
				t.Errorf("%s: got %d, want 500", path, resp.StatusCode)
			}
		}
	})
}
