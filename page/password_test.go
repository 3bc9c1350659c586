package page_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The login of the documentation, as its pages use it.
const loginApp = `
(defguard login (or (session-get "user") (redirect "/login")))
(defpage private :path "/" :auth :login :content (p "Hello " (session-get "user")))
(defpage login :path "/login"
  :content (form :method "post" :action "/login"
    (input :name "email" :value (form-value "email")) (input :type "password" :name "password")
    (when (form-errors "password") (p (form-errors "password")))))
(defaction join :path "/join" (&key (email :as string :required) (password :as string :required :min 8))
  (db-exec "insert into users(email, hash) values (?, ?)" email (password-hash password))
  (redirect "/login"))
(defaction login! :path "/login" (&key (email :as string :required) (password :as string :required))
  (let ((hash (get (db-query-one "select hash from users where email = ?" email) "hash")))
    (invalid {:password (unless (password-matches? password hash) "Wrong address or password.")})
    (session-regenerate!)
    (session-set! "user" email)
    (redirect "/")))
(defaction logout :path "/logout" () (session-clear!) (redirect "/login"))
(defaction check :path "/check" (&key password hash) (str (password-matches? password hash)))
(defaction hash :path "/hash" (&key password) (password-hash password))`

func TestLogin(t *testing.T) {
	s := serve(t, []string{"migrations/1.sql", "create table users(email text primary key, hash text not null)", "app.sx", loginApp})
	post := func(path, body string, cookie ...string) *http.Response {
		t.Helper()
		headers := []string{"Content-Type", formType}
		if len(cookie) > 0 {
			headers = append(headers, "Cookie", cookie[0])
		}
		resp, _ := s.do(t, "POST", path, body, headers...)
		return resp
	}
	if resp := post("/join", "email=ada@x&password=correct+horse"); resp.StatusCode != 303 {
		t.Fatalf("join: %d %s", resp.StatusCode, s.logs)
	}
	for _, body := range []string{"email=ada@x&password=wrong+horse", "email=bob@x&password=correct+horse"} {
		resp, page := s.do(t, "POST", "/login", body, "Content-Type", formType)
		if resp.StatusCode != 422 || !strings.Contains(page, "Wrong address or password.") || resp.Header.Get("Set-Cookie") != "" || strings.Contains(page, "horse") {
			t.Errorf("%s: %d %s %s", body, resp.StatusCode, resp.Header.Get("Set-Cookie"), page)
		}
	}
	if resp, _ := s.get(t, "/"); resp.Header.Get("Location") != "/login" {
		t.Errorf("a stranger: %d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	resp := post("/login", "email=ada@x&password=correct+horse")
	cookie, _, _ := strings.Cut(resp.Header.Get("Set-Cookie"), ";")
	if resp.StatusCode != 303 || cookie == "" {
		t.Fatalf("login: %d %q", resp.StatusCode, cookie)
	}
	if _, body := s.do(t, "GET", "/", "", "Cookie", cookie); !strings.Contains(body, "<p>Hello ada@x</p>") {
		t.Errorf("logged in: %s", body)
	}
}

func TestPasswords(t *testing.T) {
	s := serve(t, []string{"app.sx", loginApp})
	form := func(path string, fields ...string) (*http.Response, string) {
		t.Helper()
		v := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			v.Set(fields[i], fields[i+1])
		}
		return s.do(t, "POST", path, v.Encode(), "Content-Type", formType)
	}
	_, one := form("/hash", "password", "pässword")
	_, two := form("/hash", "password", "pässword")
	if one == two || !strings.HasPrefix(one, "$pbkdf2-sha256$i=600000$") || strings.Contains(one, "ssword") {
		t.Errorf("%q and %q", one, two)
	}
	// RFC 8018 with SHA-256, from the vectors of RFC 7914, section 11: password "passwd", salt "salt", 1 round, 64 bytes.
	const key = "VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw"
	for _, c := range [][3]string{
		{"pässword", one, "true"}, {"pässword", two, "true"}, {"passwords", one, "false"}, {"", one, "false"},
		{"passwd", "$pbkdf2-sha256$i=1$c2FsdA$" + key, "true"},
		{"passwd", "$pbkdf2-sha256$i=2$c2FsdA$" + key, "false"}, {strings.Repeat("x", 1025), one, "false"},
	} {
		if _, body := form("/check", "password", c[0], "hash", c[1]); body != c[2] {
			t.Errorf("%q: got %s, want %s", c[0], body, c[2])
		}
	}
	if _, body := form("/check", "password", "x"); body != "false" {
		t.Errorf("nobody's password: %s", body)
	}
	for _, bad := range []string{"", "x", "$pbkdf2-sha256$i=0$c2FsdA$" + key, "$pbkdf2-sha256$i=99999999999$c2FsdA$" + key, "$pbkdf2-sha256$i=1$c2FsdA$AA", "$2b$12$abc", one + "$x"} {
		if resp, body := form("/check", "password", "x", "hash", bad); resp.StatusCode != 500 || body == "true" {
			t.Errorf("%q: %d %s", bad, resp.StatusCode, body)
		}
	}
	if !strings.Contains(s.logs.String(), "password-matches?: the second argument is not what password-hash gave") {
		t.Errorf("%s", s.logs)
	}
	if resp, _ := form("/hash", "password", strings.Repeat("x", 1025)); resp.StatusCode != 500 || !strings.Contains(s.logs.String(), "a password of 1025 bytes exceeds the limit of 1024") {
		t.Errorf("a long one: %d", resp.StatusCode)
	}
}

// A flood of logins is refused beyond a bound, and stops nothing else.
func TestFloodOfPasswords(t *testing.T) {
	const most = 64
	s := serve(t, []string{"migrations/1.sql", "create table users(email text primary key, hash text not null)", "app.sx", loginApp})
	body := url.Values{"password": {"passwd"}, "hash": {"$pbkdf2-sha256$i=1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw"}}.Encode()
	waiting, release := s.app.HoldPasswords()
	var wg sync.WaitGroup
	for range most {
		wg.Go(func() {
			if resp, got := s.do(t, "POST", "/check", body, "Content-Type", formType); resp.StatusCode != 200 || got != "true" {
				t.Errorf("one that waited: %d %s", resp.StatusCode, got)
			}
		})
	}
	for end := time.Now().Add(20 * time.Second); waiting() < most; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			release()
			t.Fatalf("%d wait", waiting())
		}
	}
	if resp, got := s.do(t, "POST", "/check", body, "Content-Type", formType); resp.StatusCode != 503 || !strings.Contains(got, "Too many passwords") {
		t.Errorf("one more: %d %s", resp.StatusCode, got)
	}
	if resp, _ := s.get(t, "/login"); resp.StatusCode != 200 {
		t.Errorf("a page meanwhile: %d", resp.StatusCode)
	}
	release()
	wg.Wait()
	if n := waiting(); n != 0 {
		t.Errorf("%d are left", n)
	}
}
