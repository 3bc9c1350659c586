package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// slowSite answers / at once and /slow when it is released.
type slowSite struct {
	entered  chan struct{}
	release  chan struct{}
	shutdown sync.Once
	closed   atomic.Bool
	told     chan struct{}
}

func newSlowSite() *slowSite {
	return &slowSite{entered: make(chan struct{}, 1), release: make(chan struct{}), told: make(chan struct{})}
}

func (s *slowSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		s.entered <- struct{}{}
		select {
		case <-s.release:
		case <-r.Context().Done():
			return
		}
	}
	if s.closed.Load() {
		io.WriteString(w, "what it needs is closed already")
		return
	}
	io.WriteString(w, "done")
}

func (s *slowSite) Shutdown(context.Context) error {
	s.closed.Store(true)
	return nil
}

func (s *slowSite) Drain(context.Context) error {
	s.shutdown.Do(func() { close(s.told) })
	return nil
}

// startServer runs a server on a free port until the test ends it.
func startServer(t *testing.T, s *server) (url string, ended <-chan error) {
	t.Helper()
	s.addr, s.log = "127.0.0.1:0", slog.New(slog.DiscardHandler)
	if s.grace == 0 {
		s.grace = 10 * time.Second
	}
	up, done := make(chan string, 1), make(chan error, 1)
	s.started = func(url string) { up <- url }
	go func() { done <- s.run(t.Context()) }() // ends with a signal or the test's context
	select {
	case url := <-up:
		return url, done
	case err := <-done:
		t.Fatal(err)
	}
	return "", nil
}

func terminate(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func TestFirstSignalLetsRunningResponsesFinish(t *testing.T) {
	site := newSlowSite()
	url, ended := startServer(t, &server{site: site})
	got := make(chan string, 1)
	go func() {
		res, err := http.Get(url + "/slow")
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		got <- string(body)
	}()
	<-site.entered
	terminate(t)
	<-site.told
	close(site.release)
	if text := <-got; text != "done" {
		t.Errorf("the running response was cut: %q", text)
	}
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the address still answers")
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	site := newSlowSite()
	url, ended := startServer(t, &server{site: site, grace: time.Hour})
	go func() { // ends when the server closes the connection
		if res, err := http.Get(url + "/slow"); err == nil {
			res.Body.Close()
		}
	}()
	<-site.entered
	terminate(t)
	<-site.told
	terminate(t)
	if err := <-ended; !errors.Is(err, errReported) {
		t.Errorf("got %v", err)
	}
}

func TestGracePeriodBoundsTheShutdown(t *testing.T) {
	site := newSlowSite()
	url, ended := startServer(t, &server{site: site, grace: 300 * time.Millisecond})
	go func() { // ends when the server closes the connection
		if res, err := http.Get(url + "/slow"); err == nil {
			res.Body.Close()
		}
	}()
	<-site.entered
	terminate(t)
	if err := <-ended; err != nil {
		t.Errorf("got %v", err)
	}
}

func TestPortInUseIsSaidClearly(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, err = listen(ln.Addr().String(), "; choose another with --addr")
	want := "address " + ln.Addr().String() + " is in use by another program; choose another with --addr"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := listen("nonsense", ""); err == nil || !strings.HasPrefix(err.Error(), "cannot listen on nonsense: ") {
		t.Errorf("got %v", err)
	}
}

func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	site := newSlowSite()
	url, ended := startServer(t, &server{site: site, metrics: addr})
	res, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if !bytes.Contains(body, []byte("\n# TYPE go_goroutines gauge\ngo_goroutines ")) {
		t.Errorf("got %s", body)
	}
	if res, err := http.Get(url + "/metrics"); err != nil {
		t.Error(err)
	} else {
		res.Body.Close()
	}
	terminate(t)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAddressAndGraceFromTheEnvironment(t *testing.T) {
	t.Setenv("PORT", "9000")
	t.Setenv("SX_ADDR", "")
	if got := addrFrom("", ":8080"); got != ":9000" {
		t.Errorf("PORT: got %s", got)
	}
	t.Setenv("SX_ADDR", "127.0.0.1:1")
	if got := addrFrom("", ":8080"); got != "127.0.0.1:1" {
		t.Errorf("SX_ADDR: got %s", got)
	}
	if got := addrFrom(":7", ":8080"); got != ":7" {
		t.Errorf("flag: got %s", got)
	}
	for text, want := range map[string]time.Duration{"": 10 * time.Second, "3": 3 * time.Second, "1m": time.Minute} {
		t.Setenv("SX_GRACE", text)
		if got, err := graceFrom(); err != nil || got != want {
			t.Errorf("SX_GRACE=%q: got %v, %v", text, got, err)
		}
	}
	t.Setenv("SX_GRACE", "soon")
	if _, err := graceFrom(); !errors.Is(err, errUsage) {
		t.Errorf("SX_GRACE=soon: got %v", err)
	}
}
