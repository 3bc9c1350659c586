package page_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// run opens an address and evaluates a script there.
func run(t testing.TB, ctx context.Context, address, script string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	clienttest.Until(t, ctx, "the page is as it should be", "window.Sx")
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+script+")")); err != nil {
		t.Fatal(err)
	}
}

// A redirect to another site is followed by the browser, not by fetch: that could not read the answer.
func TestRedirectsElsewhereInABrowser(t *testing.T) {
	var asked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/paid" {
			asked.Add(1)
		}
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<title>elsewhere</title><p>" + r.URL.RawQuery))
	}))
	defer other.Close()
	s := serve(t, []string{"app.sx", `
(defpage home :path "/" :content (main
  (form :method "post" :action "/pay" (input :name "n" :value "1") (button :id "pay" "pay"))
  (a :id "out" :href "/out" :sx-boost "true" "out")
  (a :id "in" :href "/in" :sx-boost "true" "in")))
(defpage there :path "/there" :content (h1 "there"))
(defaction pay :path "/pay" (&key n) (redirect (trusted-url (str "` + other.URL + `/paid?n=" n))))
(defhandler out :path "/out" () (redirect (trusted-url "` + other.URL + `/paid?out")))
(defhandler in :path "/in" () (redirect "/there"))`})
	for _, h := range []string{"Sx-Request", "X-None"} {
		resp, body := s.do(t, "POST", "/pay", "n=2", "Content-Type", form, h, "1")
		fetched := h == "Sx-Request"
		if got := resp.Header.Get("Sx-Location"); fetched && (resp.StatusCode != 204 || got != other.URL+"/paid?n=2" || resp.Header.Get("Location") != "") {
			t.Errorf("under fetch: %d, Sx-Location %q", resp.StatusCode, got)
		}
		if got := resp.Header.Get("Location"); !fetched && (resp.StatusCode != 303 || got != other.URL+"/paid?n=2" || body != "") {
			t.Errorf("natively: %d, Location %q", resp.StatusCode, got)
		}
	}
	if resp, _ := s.get(t, "/in", "Sx-Request", "1"); resp.StatusCode != 303 || resp.Header.Get("Location") != "/there" {
		t.Errorf("a redirect within the site under fetch: %d", resp.StatusCode)
	}
	ctx := clienttest.Browser(t)
	run(t, ctx, s.URL, `!document.querySelector("#pay").click()`)
	clienttest.Until(t, ctx, "the page is as it should be", `document.title == "elsewhere" && document.body.textContent == "n=1"`)
	run(t, ctx, s.URL, `!document.querySelector("#out").click()`)
	clienttest.Until(t, ctx, "the page is as it should be", `document.title == "elsewhere" && document.body.textContent == "out"`)
	run(t, ctx, s.URL, `window.stays = !document.querySelector("#in").click()`)
	clienttest.Until(t, ctx, "the page is as it should be", `window.stays && location.pathname == "/there" && document.querySelector("h1").textContent == "there"`)
	if asked.Load() != 2 {
		t.Errorf("the other site was asked %d times", asked.Load())
	}
	for _, p := range clienttest.Problems(ctx) {
		t.Error("the browser reports:", p)
	}
}

// A form that the browser sends itself, with scripting or without, is taken to another site where the policy names it;
// elsewhere the browser refuses, which the log says.
func TestNativeFormsGoElsewhere(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<title>elsewhere</title><p>" + r.URL.RawQuery))
	}))
	defer other.Close()
	site := func(config string) *server {
		return serve(t, []string{"app.sx", config + `
(defpage home :path "/" :content (main
  (form :method "post" :action "/pay" :sx-boost "false" (input :name "n" :value "1") (button :id "pay" "pay"))))
(defaction pay :path "/pay" (&key n) (redirect (trusted-url (str "` + other.URL + `/paid?n=" n))))`})
	}
	ctx := clienttest.Browser(t)
	named, silent := site(`(defconfig :csp {:form-action "`+other.URL+`"})`), site("")
	for _, scripting := range []bool{true, false} {
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripting}); err != nil {
			t.Fatal(err)
		}
		send := func(s *server) {
			t.Helper()
			for end := time.Now().Add(30 * time.Second); ; {
				// What the browser refused may end after this navigation has begun, and end it too.
				err := chromedp.Do(ctx, chromedp.Navigate(s.URL), chromedp.Click("#pay"))
				if err == nil {
					return
				}
				if time.Now().After(end) {
					t.Fatal(err)
				}
			}
		}
		clienttest.ForgetProblems(ctx)
		send(silent)
		silent.logs.until(t, "browsers will not follow this redirect of a form")
		for end := time.Now().Add(30 * time.Second); !strings.Contains(strings.Join(clienttest.Problems(ctx), "\n"), "form-action"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the browser let the form go where the policy does not name: %q", clienttest.Problems(ctx))
			}
		}
		send(named)
		clienttest.Until(t, ctx, "the page is as it should be", `document.title == "elsewhere" && document.body.textContent == "n=1"`)
	}
	wants(t, "log", silent.logs.String(), "path=/pay", "to="+other.URL)
	lacks(t, "log", silent.logs.String()+named.logs.String(), "n=1")
	lacks(t, "log", named.logs.String(), "browsers will not follow")
}
