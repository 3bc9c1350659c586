package clienttest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

func TestBrowserReportsProblems(t *testing.T) {
	ctx := clienttest.Browser(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-a'")
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(`<!doctype html><p id=x>hello</p><script nonce=a>console.error("one", 2)</script>` +
			`<script>nonce = 1</script><script nonce=a>throw new Error("three")</script>`))
	}))
	defer srv.Close()
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Text("#x"))
	if err != nil || text != "hello" {
		t.Errorf("text = %q, %v", text, err)
	}
	all := strings.Join(clienttest.Problems(ctx), "\n")
	for _, want := range []string{`console.error: "one" 2`, "Content Security Policy", "Error: three"} {
		if !strings.Contains(all, want) {
			t.Errorf("problems lack %q:\n%s", want, all)
		}
	}
	tab := clienttest.NewTab(t, ctx)
	if p := clienttest.Problems(tab); len(p) != 0 {
		t.Errorf("a new tab starts with problems: %q", p)
	}
	clienttest.ForgetProblems(ctx)
	if p := clienttest.Problems(ctx); len(p) != 0 {
		t.Errorf("not forgotten: %q", p)
	}
}
