package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client"
)

func TestHandler(t *testing.T) {
	get := func(method, url string, header ...string) *http.Response {
		r := httptest.NewRequest(method, url, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		client.Handler().ServeHTTP(w, r)
		return w.Result()
	}
	res := get("GET", client.Script())
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("script: %d %v", res.StatusCode, res.Header)
	}
	if res := get("GET", client.Script(), "If-None-Match", `W/"other", `+res.Header.Get("ETag")); res.StatusCode != 304 {
		t.Errorf("conditional request: %d", res.StatusCode)
	}
	if res := get("GET", client.Prefix+"0123/sx-live.js"); res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("script of another version: %d %v", res.StatusCode, res.Header)
	}
	for _, url := range []string{client.Prefix, client.Prefix + client.Version() + "/", client.Prefix + client.Version() + "/../client.go", "/sx-live.js"} {
		if res := get("GET", url); res.StatusCode != 404 {
			t.Errorf("%s: %d", url, res.StatusCode)
		}
	}
	if res := get("POST", client.Script()); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
	if s := client.Inline(); s == "" || strings.Contains(s, "</script") || strings.Contains(s, "<!--") {
		t.Errorf("inline script cannot stand in a script element: %q", s)
	}
}
