package page_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func TestPublicAddr(t *testing.T) {
	for a, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false,
		"fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true,
		"64:ff9b::7f00:1": false, "64:ff9b::808:808": true, "2002:7f00:1::": false, "::7f00:1": false, "198.18.0.1": false, "240.0.0.1": false,
	} {
		if got := page.PublicAddr(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
	}
}

func options(pairs ...any) *sx.Dict {
	d := sx.NewDict(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		d.Set(pairs[i].(string), pairs[i+1].(sx.Value))
	}
	return d
}

func TestFetch(t *testing.T) {
	var hops int
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Got", r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("Cookie"))
			w.WriteHeader(201)
			w.Write(body)
		case "/loop":
			hops++
			http.Redirect(w, r, "/loop", 302)
		case "/away":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", 302)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", 302)
		case "/big":
			w.Write(make([]byte, 5000))
		case "/slow":
			<-r.Context().Done()
		}
	}))
	defer srv.Close()

	plain := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "x"))`})
	fetch := func(app *page.App, url string, opts *sx.Dict) (sx.Value, error) {
		args := []sx.Value{sx.String(url)}
		if opts != nil {
			args = append(args, sx.DictOf(opts))
		}
		return primitive(t, app, "fetch").Func(t.Context(), args)
	}
	if _, err := fetch(plain.app, srv.URL+"/echo", nil); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("loopback: got %v", err)
	}
	if _, err := fetch(plain.app, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)+"/echo", nil); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("localhost: got %v", err)
	}
	f := probe(t) // it allows loopback
	json := options("a", sx.Number(1), "b", sx.ListOf(sx.NewList(sx.String("<x>"), sx.Nil)))
	v, err := fetch(f, srv.URL+"/echo", options("method", sx.String("post"), "json", sx.DictOf(json)))
	if err != nil {
		t.Fatal(err)
	}
	if got := sx.Serialize(v); !strings.Contains(got, `:status 201 :ok true`) || !strings.Contains(got, `:x-got "POST application/json"`) ||
		!strings.Contains(got, `:body "{\"a\":1,\"b\":[\"\\u003cx\\u003e\",null]}"`) {
		t.Errorf("got %s", got)
	}
	for path, want := range map[string]string{"/loop": "more than 5 redirects", "/away": "not a public address: 169.254.169.254", "/file": "is not http or https"} {
		if _, err := fetch(f, srv.URL+path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	if hops != 6 {
		t.Errorf("followed %d times, want 6 requests", hops)
	}
	for _, c := range []struct {
		path string
		opts *sx.Dict
		want string
	}{
		{"/big", options("max-size", sx.Number(4999)), "exceeds the limit of 4999 bytes"},
		{"/slow", options("timeout", sx.Number(20)), "deadline exceeded"},
		{"/", options("verb", sx.String("x")), "unknown option :verb"},
		{"/", options("timeout", sx.Number(-1)), ":timeout must be"},
	} {
		if _, err := fetch(f, srv.URL+c.path, c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.path, err, c.want)
		}
	}
	for _, u := range []string{"file:///etc/passwd", "gopher://x/", "http://", "://"} {
		if _, err := fetch(f, u, nil); err == nil {
			t.Errorf("%s: want an error", u)
		}
	}
}
