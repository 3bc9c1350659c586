package page_test

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

	"github.com/sx-framework/sxgo/page"
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
func startServer(t *testing.T, s *page.Server, site page.Site) (url string, ended <-chan error) {
	t.Helper()
	s.Addr, s.Log = "127.0.0.1:0", slog.New(slog.DiscardHandler)
	up, done := make(chan string, 1), make(chan error, 1)
	s.Started = func(url string) { up <- url }
	go func() { done <- s.Run(t.Context(), site) }() // ends with a signal or the test's context
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
	url, ended := startServer(t, &page.Server{}, site)
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
	url, ended := startServer(t, &page.Server{Grace: time.Hour}, site)
	go func() { // ends when the server closes the connection
		if res, err := http.Get(url + "/slow"); err == nil {
			res.Body.Close()
		}
	}()
	<-site.entered
	terminate(t)
	<-site.told
	terminate(t)
	if err := <-ended; !errors.Is(err, page.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}

func TestGracePeriodBoundsTheShutdown(t *testing.T) {
	site := newSlowSite()
	url, ended := startServer(t, &page.Server{Grace: 300 * time.Millisecond}, site)
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
	_, err = page.Listen(ln.Addr().String())
	want := "address " + ln.Addr().String() + " is in use by another program"
	if err == nil || err.Error() != want || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	site := newSlowSite()
	if err := (&page.Server{Addr: ln.Addr().String()}).Run(t.Context(), site); err == nil || !site.closed.Load() {
		t.Errorf("a site that could not be served was not shut down: %v", err)
	}
	if _, err := page.Listen("nonsense"); err == nil || !strings.HasPrefix(err.Error(), "cannot listen on nonsense: ") {
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
	url, ended := startServer(t, &page.Server{Metrics: addr}, site)
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
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(addr)
	listens := func(what, arg, want string) {
		t.Helper()
		ln, err := page.Listen(arg)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer ln.Close()
		if got := ln.Addr().String(); !strings.HasSuffix(got, want) {
			t.Errorf("%s: listens on %s", what, got)
		}
	}
	t.Setenv("PORT", port)
	t.Setenv("SX_ADDR", "")
	listens("PORT", "", "]:"+port) // every address
	t.Setenv("PORT", "1")
	t.Setenv("SX_ADDR", addr)
	listens("SX_ADDR", "", addr)
	t.Setenv("SX_ADDR", "127.0.0.1:1")
	listens("an address", addr, addr)
	listens("a port alone", port, "]:"+port)

	for text, want := range map[string]time.Duration{"": 10 * time.Second, "3": 3 * time.Second, "1m": time.Minute, "0": 0} {
		if got, err := page.Grace(text); err != nil || got != want {
			t.Errorf("SX_GRACE=%q: got %v, %v", text, got, err)
		}
	}
	t.Setenv("SX_GRACE", "soon")
	site := newSlowSite()
	if err := (&page.Server{Addr: addr}).Run(t.Context(), site); err == nil || !strings.Contains(err.Error(), `SX_GRACE is "soon"`) || !site.closed.Load() {
		t.Errorf("SX_GRACE=soon: got %v", err)
	}
}
