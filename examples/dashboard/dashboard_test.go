package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page"
)

var update = flag.Bool("update", false, "take the screenshot of the README anew")

var slots = []string{"cpu", "memory", "disk", "network", "load", "processes", "uptime"}

// start serves the example.
func start(t *testing.T) string {
	t.Helper()
	app, err := page.New(os.DirFS("."), page.WithSecret("test"), page.WithData(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(app)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := app.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s.URL
}

// The shell comes at once and the slow panel on the same response.
func TestShellDoesNotWaitForTheSlowPanel(t *testing.T) {
	began := time.Now()
	res, err := http.Get(start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var shell, panel time.Duration
	var text strings.Builder
	for buf := make([]byte, 4096); ; {
		n, err := res.Body.Read(buf)
		text.Write(buf[:n])
		if shell == 0 && strings.Contains(text.String(), `id="sx-suspense-machine"`) {
			shell = time.Since(began)
		}
		if panel == 0 && strings.Contains(text.String(), `<template for="machine">`) {
			panel = time.Since(began)
		}
		if err != nil {
			break
		}
	}
	if shell == 0 || shell > time.Second || panel < 1200*time.Millisecond {
		t.Errorf("the shell came after %s, the panel after %s", shell, panel)
	}
}

// The stream fills every slot.
func TestStreamFillsEverySlot(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", start(t)+"/_sx/live/dashboard", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	missing := map[string]bool{}
	for _, id := range slots {
		missing[id] = true
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for len(missing) > 0 && lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var frame struct{ ID, SX, HTML string }
		if ok && json.Unmarshal([]byte(data), &frame) == nil && (frame.SX != "" || frame.HTML != "") {
			delete(missing, frame.ID)
		}
	}
	if len(missing) > 0 {
		t.Errorf("status %s, no frame for %v (%v)", res.Status, missing, lines.Err())
	}
}

// In a browser every slot is filled, the numbers move, and nothing is reported. With -update the picture of the
// README is taken.
func TestBrowserNumbersMove(t *testing.T) {
	tab := clienttest.Browser(t)
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1200, 760), chromedp.Navigate(start(t))); err != nil {
		t.Fatal(err)
	}
	wait := func(what, expression string, patience time.Duration) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](expression))
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("it never came to this: %s; problems: %q", what, clienttest.Problems(tab))
			}
		}
	}
	wait("no fallback is left", `![...document.querySelectorAll(".number")].some(e => e.textContent === "…") && !document.querySelector(".skeleton")`, 20*time.Second)
	wait("the sparklines are drawn", `document.querySelectorAll(".spark .line").length >= 4`, 20*time.Second)
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](`(window.before = document.querySelector(".spark .line").getAttribute("points"), window.stays = true)`)); err != nil {
		t.Fatal(err)
	}
	wait("the sparkline moves", `window.stays && document.querySelector(".spark .line").getAttribute("points") !== before`, 20*time.Second)
	for _, p := range clienttest.Problems(tab) {
		t.Errorf("the browser reports: %s", p)
	}
	if *update {
		wait("the charts have a minute", `document.querySelector(".spark .line").getAttribute("points").split(" ").length >= 50`, 2*time.Minute)
		if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](`(document.documentElement.style.scrollbarWidth = "none", true)`)); err != nil {
			t.Fatal(err)
		}
		shot, err := chromedp.Call(tab, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("../../docs/public/dashboard.png", shot.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
