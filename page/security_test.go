package page_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

func TestPolicy(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "x"))`})
	resp, _ := s.get(t, "/")
	got := resp.Header.Get("Content-Security-Policy")
	nonce, _, _ := strings.Cut(strings.SplitN(got+"'nonce-'", "'nonce-", 2)[1], "'")
	if len(nonce) < 22 {
		t.Errorf("the nonce %q holds less than 128 bits", nonce)
	}
	want := "default-src 'self'; script-src 'nonce-abc' 'strict-dynamic'; style-src 'self' 'nonce-abc'; style-src-attr 'unsafe-inline'; " +
		"img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'"
	if got := strings.ReplaceAll(got, nonce, "abc"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "SAMEORIGIN", "Cross-Origin-Opener-Policy": "same-origin"} {
		if got := resp.Header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	again, _ := s.get(t, "/")
	if again.Header.Get("Content-Security-Policy") == got {
		t.Error("the nonce is used twice")
	}

	s = serve(t, []string{"app.sx", `(defconfig :csp {:img-src "https://img.example" :object-src "'self'" :require-trusted-types-for () :worker-src ("blob:")})
(defpage home :path "/" :content (p "x"))`})
	resp, _ = s.get(t, "/")
	got = resp.Header.Get("Content-Security-Policy")
	wants(t, "policy", got+";", "img-src 'self' data: https://img.example;", "object-src 'self';", "; worker-src blob:;")
	lacks(t, "policy", got, "trusted-types", "\x00")
	for _, bad := range []string{`{:img-src "a;script-src"}`, `{"img-src; script-src" "*"}`, `{"" "*"}`, `"*"`} {
		if _, err := page.New(files("app.sx", `(defconfig :csp `+bad+`)`), page.WithSecret("x")); err == nil || !strings.Contains(err.Error(), "app.sx:1:17: ") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

func TestRedirectsStayHere(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defaction go :path "/go" (&key to) (redirect to))`})
	for to, want := range map[string]bool{"/": true, "/a?b=//c": true, "//evil.example": false, "/\\evil.example": false,
		"https://evil.example": false, "javascript:alert(1)": false, "": false, "a": false, "/\tevil": false, "/a\nb": false, "/a\\b": false} {
		resp, _ := s.do(t, "POST", "/go", `{"to":"`+strings.NewReplacer("\\", "\\\\", "\t", "\\t", "\n", "\\n").Replace(to)+`"}`, "Content-Type", "application/json")
		if got := resp.StatusCode == 303 && resp.Header.Get("Location") == to; got != want || !want && resp.StatusCode != 500 {
			t.Errorf("%q: got %d %q", to, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	// A header holds ASCII: the same address, escaped.
	if resp, _ := s.do(t, "POST", "/go", `{"to":"/ü x?q=é%20#é"}`, "Content-Type", "application/json"); resp.Header.Get("Location") != "/%C3%BC%20x?q=%C3%A9%20#%C3%A9" {
		t.Errorf("got %q", resp.Header.Get("Location"))
	}
}

func TestCrossOrigin(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defconfig :origins ("https://friend.example"))
(defaction save :path "/save" () "saved")
(defaction drop :path "/save" :method :delete () "saved")
(defhandler read :path "/save" () "saved")
(deflive "/stream" :every 1000 (bind "n" (b "x")))`})
	for _, x := range []struct {
		method, site, origin string
		ok                   bool
	}{
		{"POST", "same-origin", "", true},
		{"POST", "none", "", true},
		{"POST", "cross-site", "https://evil.example", false},
		{"POST", "same-site", "https://sub.example.com", false},
		{"POST", "cross-site", "https://friend.example", true},
		{"POST", "", "https://evil.example", false},
		{"POST", "", s.URL, true},
		{"POST", "", "null", false},
		{"POST", "", "", true},
		{"GET", "cross-site", "https://evil.example", true},
		{"DELETE", "cross-site", "https://evil.example", false},
	} {
		var headers []string
		if x.site != "" {
			headers = append(headers, "Sec-Fetch-Site", x.site)
		}
		if x.origin != "" {
			headers = append(headers, "Origin", x.origin)
		}
		resp, body := s.do(t, x.method, "/save", "", headers...)
		if ok := resp.StatusCode == 200 && body == "saved"; ok != x.ok || !ok && resp.StatusCode != 403 {
			t.Errorf("%s from %q %q: got %d, want ok %v", x.method, x.site, x.origin, resp.StatusCode, x.ok)
		}
		if x.method == "GET" { // a stream that another site reads with cookies
			if resp, _ := s.get(t, "/stream", append(headers, "Cookie", "sx=x")...); resp.StatusCode != 403 {
				t.Errorf("a stream for %q: got %d", x.site, resp.StatusCode)
			}
		}
	}
	if _, err := page.New(files("app.sx", `(defconfig :origins ("friend.example"))`), page.WithSecret("x")); err == nil {
		t.Error("an origin without a scheme was accepted")
	}
}

func TestTrustedProxies(t *testing.T) {
	for _, c := range []struct{ remote, forwarded, addr, url string }{
		{"203.0.113.9:1", "1.2.3.4", "203.0.113.9", "http://example.com"}, // not from a proxy: not believed
		{"10.0.0.1:1", "1.2.3.4", "1.2.3.4", "https://site.example"},
		{"10.0.0.1:1", "6.6.6.6, 1.2.3.4, 10.1.1.1", "1.2.3.4", "https://site.example"},
		{"192.0.2.1:1", "junk, 10.1.1.1", "10.1.1.1", "https://site.example"},
		{"[::ffff:10.0.0.1]:1", "2001:db8::1", "2001:db8::1", "https://site.example"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.forwarded)
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "site.example")
		if addr, url, err := page.ClientOf("10.0.0.0/8, 192.0.2.1", r); err != nil || addr != c.addr || url != c.url {
			t.Errorf("%s for %s: got %s %s, %v, want %s %s", c.remote, c.forwarded, addr, url, err, c.addr, c.url)
		}
	}
	if _, _, err := page.ClientOf("proxy.example", httptest.NewRequest("GET", "/", nil)); err == nil {
		t.Error("a name was accepted as a proxy")
	}
}
