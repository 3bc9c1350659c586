package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

func TestBothStandInsideEachOther(t *testing.T) {
	app, handler, err := newSite(page.WithData(t.TempDir()), page.WithSecret("test"))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	defer srv.Close()
	defer app.Shutdown(context.Background())
	for path, want := range map[string][]string{
		"/":        {`<section class="frame"><h2>In the basket</h2>`, `<li><span class="line">Cups &amp; saucers <data class="price" value="12">12.00 <small>EUR</small></data></span></li>`},
		"/receipt": {`<h1>Receipt</h1>`, `<h2>Bought</h2>`, `<span class="line">Tea &amp; biscuits <data class="price" value="4.5">4.50 <small>EUR</small></data></span>`},
	} {
		res, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %s %v", path, res.Status, err)
		}
		for _, w := range want {
			if !strings.Contains(string(b), w) {
				t.Errorf("%s lacks %s:\n%s", path, w, b)
			}
		}
	}
}
