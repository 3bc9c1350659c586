package page_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// serveUntilStopped serves an application, at an address of its own, until stop is called. served tells how that ended.
func serveUntilStopped(t *testing.T, app *page.App) (addr string, stop context.CancelFunc, served <-chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(ctx, ln) }() // ends with ctx
	return ln.Addr().String(), stop, ended
}

// A server that leaves first says so on an open listener, then sends streams elsewhere, then accepts nothing new,
// lets running responses finish, and ends within its grace period.
func TestServeShutsDownInOrder(t *testing.T) {
	t.Setenv("SX_GRACE", "60s")
	g := newGates("late")
	app, err := page.New(files("app.sx", `
(deflive "/s" :every 1000 (bind "n" (b "tick")))
(defpage slow :path "/slow" :content (main (h1 "shell") (~suspense :id "late" :fallback "wait" (begin (gate "late") (b "finished")))))`),
		g.option(), page.WithSecret("test"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	addr, stop, served := serveUntilStopped(t, app)
	url := "http://" + addr

	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // so that each request finds the listener
	open := func(path string) *reader {
		t.Helper()
		resp, err := c.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return &reader{t: t, body: bufio.NewReader(resp.Body), resp: resp}
	}
	if got := open("/readyz"); got.resp.StatusCode != 200 {
		t.Fatalf("before: /readyz gives %d", got.resp.StatusCode)
	}
	stream, page := open("/s"), open("/slow")
	stream.until("tick")
	page.until(`<?start name="late">`)

	began := time.Now()
	stop()
	drained := make(chan time.Time, 1)
	go func() { // ends with the stream
		for lines := bufio.NewScanner(stream.body); lines.Scan(); {
			if lines.Text() == "event: sx-drain" {
				drained <- time.Now()
			}
		}
		close(drained)
	}()
	var said bool                        // that it is not ready
	last, gap := began, time.Duration(0) // how long nobody looked: a busy machine may not let us
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		resp, err := c.Get(url + "/readyz")
		now := time.Now()
		last, gap = now, max(gap, now.Sub(last))
		if err != nil {
			break // nothing listens any more
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		switch said = said || resp.StatusCode == 503; {
		case said && resp.StatusCode != 503:
			t.Fatalf("/readyz gives %d after it gave 503", resp.StatusCode)
		case time.Now().After(deadline):
			t.Fatal("the listener stays open")
		}
	}
	if !said && gap < 150*time.Millisecond {
		t.Error("/readyz did not give 503 while the listener was open")
	}
	if at, ok := <-drained; !ok {
		t.Error("the stream ended without sx-drain")
	} else if notice := at.Sub(began); notice < 200*time.Millisecond {
		t.Errorf("the stream was sent elsewhere after %v: a balancer would send it back", notice)
	}
	if closed := time.Since(began); closed < 200*time.Millisecond {
		t.Errorf("the listener closed after %v", closed)
	}
	select {
	case err := <-served:
		t.Fatalf("it did not wait for a running response: %v", err)
	default:
	}
	close(g["late"])
	if got := page.rest(); !strings.HasSuffix(got, `<template for="late"><b>finished</b></template></body></html>`) {
		t.Errorf("the running response was cut: %s", got)
	}
	select {
	case err := <-served:
		if err != nil {
			t.Errorf("serve: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not end when the last response has")
	}
}

// What does not finish is cut when the grace period is over.
func TestServeEndsWithinItsGracePeriod(t *testing.T) {
	t.Setenv("SX_GRACE", "700ms")
	g := newGates("never")
	app, err := page.New(files("app.sx", `(defpage slow :path "/slow" :content (main (~suspense :id "s" :fallback "wait" (begin (gate "never") "x"))))`),
		g.option(), page.WithSecret("test"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	addr, stop, served := serveUntilStopped(t, app)
	resp, err := http.Get("http://" + addr + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stop()
	select {
	case <-served:
	case <-time.After(30 * time.Second):
		t.Fatal("it waits for a response that never ends")
	}
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("a response that was cut looks complete")
	}
}

// Browsers open connections ahead of need. A shutdown does not wait for a request on them.
func TestShutdownClosesSilentConnections(t *testing.T) {
	t.Setenv("SX_GRACE", "60s")
	app, err := page.New(files("app.sx", `(defpage home :path "/" :content (p "x"))`), page.WithSecret("test"), page.WithData(t.TempDir()),
		page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	addr, stop, served := serveUntilStopped(t, app)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// It stays open as long as nobody shuts down.
	if err := conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a silent connection: %v", err)
	}
	began := time.Now()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second { // net/http's five
		t.Errorf("the shutdown took %s", took)
	}
}
