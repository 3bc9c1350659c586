package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

func sessionCookie(t *testing.T, c *sessionCodec, s *session, secure bool) *http.Cookie {
	t.Helper()
	rec := httptest.NewRecorder()
	if err := c.write(rec, s, secure); err != nil {
		t.Fatal(err)
	}
	cookies := rec.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("got cookies %v, want one", cookies)
	}
	return cookies[0]
}

func requestWith(c *http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(c)
	return r
}

func TestSessionRoundTrip(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	codec := &sessionCodec{key: keyring{[]byte("secret")}.key("session"), now: func() time.Time { return now }}
	s := newSession()
	inner := sx.NewDict(1)
	inner.Set("name", sx.String("Ada \"ü\" </script>"))
	for k, v := range map[string]sx.Value{"user": sx.DictOf(inner), "n": sx.Number(0.5), "list": sx.ListOf(sx.NewList(sx.True, sx.Nil))} {
		if err := s.set(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.setFlash("notice", sx.String("saved")); err != nil {
		t.Fatal(err)
	}
	cookie := sessionCookie(t, codec, s, true)
	if cookie.Name != "__Host-sx" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.MaxAge != 30*24*3600 || cookie.Domain != "" {
		t.Errorf("cookie attributes: %+v", cookie)
	}
	got := codec.read(requestWith(cookie), true)
	if got.id != s.id || got.dirty {
		t.Errorf("got id %q dirty %v, want %q false", got.id, got.dirty, s.id)
	}
	if v, _ := got.get("user"); sx.Serialize(v) != sx.Serialize(sx.DictOf(inner)) {
		t.Errorf("user: got %s", sx.Serialize(v))
	}
	if v, _ := got.get("list"); sx.Serialize(v) != "(true nil)" {
		t.Errorf("list: got %s", sx.Serialize(v))
	}
	if v := got.takeFlash("notice"); plainText(v) != "saved" || !got.dirty {
		t.Errorf("flash: got %s", sx.Serialize(v))
	}
	if v := got.takeFlash("notice"); !v.IsNil() {
		t.Errorf("second flash: got %s", sx.Serialize(v))
	}
	if got := codec.read(requestWith(cookie), false); got.id != "" {
		t.Error("a secure cookie was read over plain HTTP")
	}
	now = now.Add(25 * time.Hour)
	if got := codec.read(requestWith(cookie), true); !got.dirty || got.id == "" {
		t.Error("a cookie of yesterday is not issued anew")
	}
	now = now.Add(30 * 24 * time.Hour)
	if got := codec.read(requestWith(cookie), true); got.id != "" || !got.dirty {
		t.Error("an old session is still valid")
	}
}

func TestSessionForged(t *testing.T) {
	codec := &sessionCodec{key: keyring{[]byte("secret")}.key("session"), now: time.Now}
	s := newSession()
	s.set("admin", sx.False)
	cookie := sessionCookie(t, codec, s, true)
	other := &sessionCodec{key: keyring{[]byte("other")}.key("session"), now: time.Now}
	if other.read(requestWith(cookie), true).id != "" {
		t.Error("a cookie signed with another key was accepted")
	}
	for i := range len(cookie.Value) {
		b := []byte(cookie.Value)
		b[i] ^= 1
		if _, err := codec.decode(string(b)); err == nil {
			t.Fatalf("accepted with byte %d changed", i)
		}
	}
	for _, v := range []string{"", ".", "a.b", strings.Repeat("x", 100_000)} {
		if _, err := codec.decode(v); err == nil {
			t.Errorf("%.20q accepted", v)
		}
	}
}

func TestSessionLifecycle(t *testing.T) {
	codec := &sessionCodec{key: []byte("k"), now: time.Now}
	s := newSession()
	rec := httptest.NewRecorder()
	if err := codec.write(rec, s, true); err != nil || rec.Header().Get("Set-Cookie") != "" {
		t.Errorf("an untouched session set a cookie: %v", rec.Header())
	}
	s.set("user", sx.String("ada"))
	first := s.id
	s.regenerate()
	if v, _ := s.get("user"); s.id == first || plainText(v) != "ada" {
		t.Errorf("regenerate: id %q, user %s", s.id, plainText(v))
	}
	second := s.id
	s.clear()
	if s.id == second || len(s.ended) != 2 || s.ended[0] != first || s.ended[1] != second {
		t.Errorf("clear: id %q, ended %q", s.id, s.ended)
	}
	if c := sessionCookie(t, codec, s, true); c.MaxAge >= 0 {
		t.Errorf("a cleared session keeps its cookie: %+v", c)
	}
	s.set("big", sx.String(strings.Repeat("x", 4000)))
	if err := codec.write(httptest.NewRecorder(), s, true); err == nil || !strings.Contains(err.Error(), "session too large") {
		t.Errorf("got %v", err)
	}
	if err := s.set("f", sx.ElementOf(&sx.Element{})); err == nil || !strings.Contains(err.Error(), "element") {
		t.Errorf("got %v", err)
	}
}
