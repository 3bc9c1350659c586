package page_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func between(t testing.TB, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	got, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("no %s…%s in:\n%s", from, to, text)
	}
	return got
}

// While values are published without a pause, pages are rendered and their streams opened with the cursors they carry: a stream begins with
// what came after the page, without a reset, and none ends with an old value.
func TestNothingFallsBetweenPageAndStream(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defpage home :path "/" :content (~live :src "/s" (~suspense :id "n"))
  :live (live :src "/s" :on "n" (bind "n" (b "n" (or message 0)))))`})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.open(t, ctx, "/s").until("n0") // keeps the topic alive
	const last = 1 << 20
	var stop atomic.Bool
	var publishing sync.WaitGroup
	publishing.Go(func() { // ends with stop
		for i := 1; !stop.Load(); i++ {
			s.app.Publish("n", sx.Number(float64(i)))
			time.Sleep(100 * time.Microsecond)
		}
		s.app.Publish("n", sx.Number(last))
	})
	defer publishing.Wait()
	defer stop.Store(true)
	number := regexp.MustCompile(`<b>n(\d+)</b>`)
	var readers sync.WaitGroup
	defer readers.Wait()
	for range 60 {
		_, body := s.get(t, "/")
		shown, _ := strconv.Atoi(number.FindStringSubmatch(body)[1])
		cursor := between(t, body, `data-sx-cursor="`, `"`)
		req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/_sx/live?s=/s&c="+url.QueryEscape(cursor), nil)
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		readers.Go(func() { // ends with the last value
			defer resp.Body.Close()
			at := shown
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if strings.Contains(lines.Text(), "sx-reset") {
					t.Errorf("a reset after the page with n%d", shown)
				}
				m := number.FindStringSubmatch(lines.Text())
				if m == nil {
					continue
				}
				n, _ := strconv.Atoi(m[1])
				if n <= at {
					t.Errorf("n%d after n%d", n, at)
				}
				if at = n; n == last {
					return
				}
			}
			t.Errorf("a stream ends with n%d", at)
		})
	}
	stop.Store(true)
	readers.Wait()
}

// The address of a region of its own is good for a day, for its session, and while its guards let the visitor pass.
func TestAddressesOfRegionsExpire(t *testing.T) {
	var hours atomic.Int64
	begin := time.Now()
	s := serve(t, []string{"app.sx", `
(defguard member (session-get "user"))
(defpage shared :path "/shared" :content (~live :every 1000 (~suspense :id "a" (b "shared"))))
(defpage closed :path "/closed" :auth :member :content (~live :every 1000 (~suspense :id "b" (b "closed"))))
(defpage own :path "/own" :auth :member :content (~live :every 1000 :scope :session (~suspense :id "c" (b (session-get "user")))))
(defaction log-in :path "/login" (&key user) (do (session-set! "user" user) (redirect "/")))`},
		page.WithClock(func() time.Time { return begin.Add(time.Duration(hours.Load()) * time.Hour) }))
	login := func(user string) string {
		resp, _ := s.do(t, "POST", "/login", "user="+user, "Content-Type", form)
		return "sx=" + resp.Cookies()[0].Value
	}
	ada, bob := login("ada"), login("bob")
	address := func(path string) string {
		_, body := s.get(t, path, "Cookie", ada)
		return between(t, body, `data-sx-live="`, `"`)
	}
	status := func(address, cookie string) int {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+address, nil)
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	shared, closed, own := address("/shared"), address("/closed"), address("/own")
	for _, c := range []struct {
		what, address, cookie string
		hours                 int64
		want                  int
	}{
		{"anybody's", shared, "", 0, 200},
		{"a member's", closed, bob, 0, 200},
		{"a member's, for a stranger", closed, "", 0, 401},
		{"ada's", own, ada, 0, 200},
		{"ada's, for bob", own, bob, 0, 409},
		{"anybody's, after a day", shared, "", 23, 200},
		{"anybody's, after more than a day", shared, "", 26, 409},
	} {
		hours.Store(c.hours)
		if got := status(c.address, c.cookie); got != c.want {
			t.Errorf("%s address: status %d, want %d", c.what, got, c.want)
		}
	}
	// On the request that all regions share, what is refused has its status in a frame.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.open(t, ctx, "/_sx/live?s="+shared).until(`"status":409`)
}

// Definitions go first, once for all sources, and not to those who have them.
func TestDefinitionsAreSentOnce(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defcomp ~badge (&key value) (b value))
(defpage one :path "/" :content (p "x")
  :live ((live :src "/a" :every 60000 (bind "x" (~badge :value "1"))) (live :src "/b" :every 60000 (bind "y" (~badge :value "2")))))`})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	both := s.open(t, ctx, "/_sx/live?s=/a&s=/b")
	both.until(`"2`)
	got := both.until(`"1`)
	if n := strings.Count(got, "event: sx-defs"); n != 1 || strings.Index(got, "sx-defs") > strings.Index(got, "sx-resolve") {
		t.Errorf("definitions came %d times:\n%s", n, got)
	}
	hash := between(t, got, `"hash":"`, `"`)
	lacks(t, "a stream for one who has them", s.open(t, ctx, "/a?defs="+hash).until("~badge"), "sx-defs")
	wants(t, "a stream for one who has others", s.open(t, ctx, "/a?defs=other").until(`"id":"x"`), "sx-defs")
}

// More live connections from one address than it may have are refused, with the time to come back.
func TestLiveConnectionsOfAnAddress(t *testing.T) {
	s := serve(t, []string{"app.sx", `(deflive "/s" :every 1000 (bind "n" (b "here")))`}, page.WithLimits(page.Limits{PerAddress: 3}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 3 {
		s.open(t, ctx, "/s").until("here")
	}
	for _, path := range []string{"/s", "/_sx/live?s=/s"} {
		resp, _ := s.get(t, path)
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, %v", path, resp.Status, resp.Header)
		}
	}
}

// So are those of one session, wherever they come from, and those beyond what the process may have; others are let in.
func TestLiveConnectionsOfASession(t *testing.T) {
	s := serve(t, []string{"app.sx", `(deflive "/s" :every 1000 (bind "n" (b "here")))
(defaction log-in :path "/in" (&key user) (do (session-set! "user" user) "in"))
(defpage home :path "/" :content (~ws :src "/ws" :on-message (fn (m c) nil)))`}, page.WithLimits(page.Limits{PerSession: 2, Connections: 3}))
	in := func(user string) string {
		resp, _ := s.do(t, "POST", "/in", "user="+user, "Content-Type", form)
		return "sx=" + resp.Cookies()[0].Value
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := func(path, cookie string) int {
		t.Helper()
		r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
		r.Header.Set("Cookie", cookie)
		if path == "/ws" {
			for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
				r.Header.Set(k, v)
			}
		}
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		if resp.StatusCode >= 400 && resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s without Retry-After", path, resp.Status)
		}
		return resp.StatusCode
	}
	ada, bob := in("ada"), in("bob")
	for path, ok := range map[string]int{"/s": 200, "/ws": 101} {
		var got []int
		for _, cookie := range []string{ada, ada, ada, bob, bob, ""} {
			got = append(got, open(path, cookie))
		}
		if want := []int{ok, ok, 429, ok, 503, 503}; !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}
