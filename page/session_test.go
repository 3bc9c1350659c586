package page_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

const sessions = `
(defaction put :path "/set" (&key key value) (begin (session-set! key value) "ok"))
(defaction nest :path "/nest" () (begin (session-set! "user" {:name "Ada \"ü\" </script>" :tags [true nil 0.5]}) (flash! "notice" "saved") "ok"))
(defhandler read :path "/get" (&key key) (sx-serialize (session-get key)))
(defhandler notice :path "/flash" () (sx-serialize (flash "notice")))
(defaction anew :path "/anew" () (begin (session-regenerate!) "ok"))
(defaction clear :path "/clear" () (begin (session-clear!) "ok"))
(defaction wrong :path "/wrong" () (begin (session-set! "f" (p "x")) "ok"))
(defhandler none :path "/none" () "nothing")`

// visitor sends requests over HTTPS, or not, with one cookie.
type visitor struct {
	app    *page.App
	secure bool
	cookie *http.Cookie
}

func (v *visitor) do(method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	if v.secure {
		r.TLS = &tls.ConnectionState{}
	}
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	v.app.ServeHTTP(w, r)
	if c := w.Result().Cookies(); len(c) > 0 {
		v.cookie = c[0]
	}
	return w
}

func TestSessionRoundTrip(t *testing.T) {
	var now atomic.Int64
	now.Store(1_800_000_000)
	s := serve(t, []string{"app.sx", sessions}, page.WithClock(func() time.Time { return time.Unix(now.Load(), 0) }))
	v := &visitor{app: s.app, secure: true}
	if w := v.do("GET", "/none"); w.Header().Get("Set-Cookie") != "" {
		t.Errorf("an untouched session set a cookie: %v", w.Header())
	}
	v.do("POST", "/nest")
	if c := v.cookie; c == nil || c.Name != "__Host-sx" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 30*24*3600 || c.Domain != "" {
		t.Fatalf("cookie attributes: %+v", c)
	}
	first := *v.cookie
	if got, want := v.do("GET", "/get?key=user").Body.String(), `{:name "Ada \"ü\" </script>" :tags (true nil 0.5)}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if v.cookie.Value != first.Value {
		t.Error("reading wrote the cookie anew")
	}
	if got := v.do("GET", "/flash").Body.String() + v.do("GET", "/flash").Body.String(); got != `"saved"nil` {
		t.Errorf("flash: got %s", got)
	}
	plain := &visitor{app: s.app, cookie: &first}
	if got := plain.do("GET", "/get?key=user").Body.String(); got != "nil" {
		t.Errorf("a secure cookie was read over plain HTTP: %s", got)
	}
	now.Add(25 * 3600)
	before := v.cookie.Value
	if got := v.do("GET", "/get?key=user").Body.String(); got == "nil" || v.cookie.Value == before {
		t.Errorf("a cookie of yesterday is not issued anew: %s", got)
	}
	now.Add(31 * 24 * 3600)
	if got := v.do("GET", "/get?key=user").Body.String(); got != "nil" {
		t.Errorf("an old session is still valid: %s", got)
	}
}

func TestSessionForged(t *testing.T) {
	s := serve(t, []string{"app.sx", sessions})
	v := &visitor{app: s.app, secure: true}
	v.do("POST", "/set?key=admin&value=no")
	value := v.cookie.Value
	get := func(app *page.App, value string) string {
		w := &visitor{app: app, secure: true, cookie: &http.Cookie{Name: "__Host-sx", Value: value}}
		return w.do("GET", "/get?key=admin").Body.String()
	}
	if got := get(s.app, value); got != `"no"` {
		t.Fatalf("got %s", got)
	}
	other := serve(t, []string{"app.sx", sessions}, page.WithSecret("other"))
	if got := get(other.app, value); got != "nil" {
		t.Errorf("a cookie signed with another key was accepted: %s", got)
	}
	for i := range len(value) {
		b := []byte(value)
		if b[i] ^= 1; b[i] == ',' || b[i] == ';' || b[i] == '"' {
			continue // not part of a cookie
		}
		if got := get(s.app, string(b)); got != "nil" {
			t.Fatalf("accepted with byte %d changed: %s", i, got)
		}
	}
	for _, bad := range []string{"", ".", "a.b", strings.Repeat("x", 100_000)} {
		if got := get(s.app, bad); got != "nil" {
			t.Errorf("%.20q accepted: %s", bad, got)
		}
	}
}

func TestSessionLifecycle(t *testing.T) {
	s := serve(t, []string{"app.sx", sessions})
	v := &visitor{app: s.app, secure: true}
	v.do("POST", "/set?key=user&value=ada")
	old := v.cookie.Value
	v.do("POST", "/anew")
	if got := v.do("GET", "/get?key=user").Body.String(); got != `"ada"` || v.cookie.Value == old {
		t.Errorf("regenerated: %s", got)
	}
	if w := v.do("POST", "/set?key=big&value="+strings.Repeat("x", 4000)); w.Code != 500 {
		t.Errorf("too large: got %d", w.Code)
	}
	wants(t, "log", s.logs.String(), "session too large")
	if w := v.do("POST", "/wrong"); w.Code != 500 {
		t.Errorf("an element: got %d", w.Code)
	}
	v.do("POST", "/clear")
	if v.cookie.MaxAge >= 0 {
		t.Errorf("a cleared session keeps its cookie: %+v", v.cookie)
	}
}
