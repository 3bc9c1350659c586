package page

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPolicy(t *testing.T) {
	p, err := newPolicy(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "default-src 'self'; script-src 'nonce-abc' 'strict-dynamic'; style-src 'self' 'nonce-abc'; style-src-attr 'unsafe-inline'; " +
		"img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'"
	if got := p.header("'nonce-abc'"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p, err = newPolicy([]directive{{"img-src", []string{"https://img.example"}}, {"object-src", []string{"'self'"}},
		{"require-trusted-types-for", nil}, {"worker-src", []string{"blob:"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := p.header()
	for _, want := range []string{"img-src 'self' data: https://img.example;", "object-src 'self';", "; worker-src blob:"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "trusted-types") || strings.Contains(got, "\x00") {
		t.Errorf("got %q", got)
	}
	for _, bad := range []directive{{"img-src; script-src", nil}, {"img-src", []string{"a; script-src *"}}, {"", nil}} {
		if _, err := newPolicy([]directive{bad}); err == nil {
			t.Errorf("%v accepted", bad)
		}
	}
}

func TestSameOriginPath(t *testing.T) {
	for s, want := range map[string]bool{"/": true, "/a?b=//c": true, "//evil.example": false, "/\\evil.example": false,
		"https://evil.example": false, "javascript:alert(1)": false, "": false, "a": false, "/\tevil": false, "/a\nb": false, "/a\\b": false} {
		if got := sameOriginPath(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	c, err := crossOrigin([]string{"https://friend.example"})
	if err != nil {
		t.Fatal(err)
	}
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
		{"POST", "", "http://example.com", true},
		{"POST", "", "null", false},
		{"POST", "", "", true},
		{"GET", "cross-site", "https://evil.example", true},
		{"DELETE", "cross-site", "https://evil.example", false},
	} {
		r := httptest.NewRequest(x.method, "/", nil)
		if x.site != "" {
			r.Header.Set("Sec-Fetch-Site", x.site)
		}
		if x.origin != "" {
			r.Header.Set("Origin", x.origin)
		}
		if err := c.Check(r); (err == nil) != x.ok {
			t.Errorf("%s from %q %q: got %v, want ok %v", x.method, x.site, x.origin, err, x.ok)
		}
		if x.method == "GET" && sameSiteRead(r, nil) {
			t.Errorf("a read from %q was allowed", x.site)
		}
	}
	if _, err := crossOrigin([]string{"friend.example"}); err == nil {
		t.Error("an origin without a scheme was accepted")
	}
}

func TestTrustedProxies(t *testing.T) {
	p, err := parseProxies("10.0.0.0/8, 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
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
		if o := p.resolve(r); o.addr.String() != c.addr || o.url() != c.url {
			t.Errorf("%s for %s: got %s %s, want %s %s", c.remote, c.forwarded, o.addr, o.url(), c.addr, c.url)
		}
	}
	if _, err := parseProxies("proxy.example"); err == nil {
		t.Error("a name was accepted as a proxy")
	}
}
