package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/page"
)

func serve(t *testing.T) string {
	t.Helper()
	app, err := newApp(page.WithSecret("test"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(app)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := app.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		ts.CloseClientConnections()
		ts.Close()
	})
	return ts.URL
}

// The stream of numbers ends after ten, and goes on where the client was.
func TestNumbersGoOn(t *testing.T) {
	url := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	n := 0
	for e, err := range (&live.Client{URL: url + "/stream/numbers"}).Events(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; e.ID != strconv.Itoa(n) {
			t.Fatalf("event %d has id %q", n, e.ID)
		}
		if n == 12 {
			break
		}
	}
}

// Without a session the account's stream is refused before it begins.
func TestAccountIsRefused(t *testing.T) {
	res, err := http.Get(serve(t) + "/stream/account")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", res.StatusCode)
	}
}

// In the browser everything moves, signed in or not, without a problem on the console.
func TestBrowserShowsEverything(t *testing.T) {
	ctx := clienttest.Browser(t)
	url := serve(t)
	text := func(selector string) string {
		s, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(document.querySelector(`+"`"+selector+"`"+`) || {}).textContent || ""`))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(45 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the page shows %q", what, text("body"))
			}
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	until("prices", func() bool { return text("[data-suspense=ACME] b") != "" && text("[data-suspense=CORE] b") != "" })
	first := text("[data-suspense=ACME] b")
	until("prices move", func() bool { return text("[data-suspense=ACME] b") != first })
	until("orders", func() bool { return text("[data-suspense=orders] li:nth-child(2) b") != "" })
	// The server ends the stream after ten numbers; the browser takes it up again where it was.
	until("numbers", func() bool { n, _ := strconv.Atoi(text("[data-suspense=number] b")); return n > 12 })
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelector("input[name=name]").value = "Ada", document.querySelector("form").requestSubmit(), 0`)); err != nil {
		t.Fatal(err)
	}
	until("account", func() bool { return text("[data-suspense=balance] b") != "" })
	for _, p := range clienttest.Problems(ctx) {
		t.Error(p)
	}
	if shot := os.Getenv("SX_SCREENSHOT"); shot != "" {
		until("a few orders", func() bool { return text("[data-suspense=orders] li:nth-child(8) b") != "" })
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(shot, png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
