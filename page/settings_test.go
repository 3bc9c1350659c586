package page_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// What (defconfig …) says of the process holds where neither the environment nor Go says something else.
func TestSettings(t *testing.T) {
	fsys := files("app.sx", `(defconfig :name "News" :addr "127.0.0.1:0" :grace 3 :data "kept" :metrics-addr ":0" :log-format :json)`,
		"pages/a.sx", `
(defpage home :path "/" :content (p "hi"))
(defpage own :path "/own" :title "Own" :content (p "hi"))
(defpage nested :path "/nested" :content (p (title "Nested") "hi"))`)
	want := page.Settings{Addr: "127.0.0.1:0", Grace: 3 * time.Second, Data: "kept", Metrics: ":0", LogFormat: "json"}
	if got, err := page.ReadSettings(fsys); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := page.ReadSettings(files("broken.sx", `(defconfig :addr "x"`, "z.sx", `(p "x")`)); err != nil || got != (page.Settings{}) {
		t.Errorf("of a program that does not load: %+v, %v", got, err)
	}
	s := serveFS(t, fsys)
	if got := s.app.Settings(); got != want {
		t.Errorf("of the application: %+v", got)
	}
	for path, title := range map[string]string{"/": "News", "/own": "Own", "/nested": "Nested"} {
		_, body := s.get(t, path)
		wants(t, path, body, "<title>"+title+"</title>")
	}
}

// App.Run listens where (defconfig :addr …) says, and keeps its grace period, unless the environment says otherwise.
func TestRunTakesItsSettings(t *testing.T) {
	for _, env := range []string{"", "127.0.0.1:0"} {
		t.Setenv("SX_ADDR", env)
		t.Setenv("PORT", "")
		t.Setenv("SX_GRACE", "")
		addr := "203.0.113.1:1" // of no machine
		if env == "" {
			addr = "127.0.0.1:0"
		}
		app, err := page.New(files("app.sx", `(defconfig :addr "`+addr+`" :grace "250ms") (defpage home :path "/" :content (begin (wait) (p "hi")))`),
			page.WithSecret("test"), page.WithData(t.TempDir()), page.WithLogger(slog.New(slog.DiscardHandler)),
			page.WithPrimitive("wait", "(wait)", func(ctx context.Context) bool { <-ctx.Done(); return true }))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		up, ended := make(chan string, 1), make(chan error, 1)
		go func() { // ends with ctx
			ended <- (&page.Server{Log: slog.New(slog.DiscardHandler), Started: func(url string) { up <- url }}).Run(ctx, app)
		}()
		select {
		case url := <-up:
			asked := make(chan struct{})
			go func() { // ends with the server
				defer close(asked)
				if resp, err := http.Get(url); err == nil {
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}()
			stop() // a request that never ends is cut after the grace period of the settings, not after ten seconds
			<-asked
		case err := <-ended:
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("SX_ADDR=%q: %v", env, err)
		}
		stop()
	}
}

// An application without a logger of its own logs as SX_LOG_FORMAT says.
func TestLogFormat(t *testing.T) {
	t.Setenv("SX_LOG_FORMAT", "xml")
	if _, err := page.New(files("app.sx", `(defconfig :log-format "json")`)); err == nil || !strings.Contains(err.Error(), `SX_LOG_FORMAT is "xml"`) {
		t.Errorf("got %v", err)
	}
	var b bytes.Buffer
	app, err := page.New(files(), page.WithLogger(slog.New(slog.NewTextHandler(&b, nil)))) // its own is its own
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(context.Background())
	wants(t, "log", b.String(), "SX_SECRET is not set")
	for secret, short := range map[string]bool{"short": true, strings.Repeat("x", 32): false} {
		t.Setenv("SX_SECRET", secret)
		b.Reset()
		app, err := page.New(files(), page.WithLogger(slog.New(slog.NewTextHandler(&b, nil))))
		if err != nil {
			t.Fatal(err)
		}
		app.Shutdown(context.Background())
		if got := strings.Contains(b.String(), "SX_SECRET is short"); got != short || strings.Contains(b.String(), secret+"x") || strings.Contains(b.String(), "="+secret) {
			t.Errorf("with %q: %s", secret, b.String())
		}
	}
}
