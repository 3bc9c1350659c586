// Package clienttest starts a headless Chromium for tests.
//
//	ctx := clienttest.Browser(t)
//	err := chromedp.Do(ctx, chromedp.Navigate(url))
//	text, err := chromedp.Run(ctx, chromedp.Text("#cpu"))
//	for _, p := range clienttest.Problems(ctx) { t.Error(p) }
//
// Without a browser a test that asks for one is skipped, and says so; with SX_BROWSER=required it fails
// instead. Each call of Browser starts a process of its own with a fresh profile; NewTab shares one.
// Problems may be called at any time, from any goroutine.
package clienttest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Timeout is how long one browser may run before its context is cancelled. A test that hangs fails by it
// instead of by the limit of the whole run.
const Timeout = 4 * time.Minute

var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell"}

var places = []string{"/usr/bin/chromium", "/usr/lib/chromium/chromium", "/snap/bin/chromium", "/opt/google/chrome/chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"}

// Path returns the browser's executable, or "". SX_CHROME names one explicitly.
func Path() string {
	if p := os.Getenv("SX_CHROME"); p != "" {
		return p
	}
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return ""
}

// Browser starts a browser with one empty tab and gives the chromedp context of that tab. The browser ends
// with the test. Options are added to the command line, as chromedp.Flag makes them.
func Browser(t testing.TB, opts ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path := Path()
	if path == "" {
		if os.Getenv("SX_BROWSER") == "required" {
			t.Fatal("no Chromium found, and SX_BROWSER=required")
		}
		t.Skip("no Chromium found on PATH or in the usual places; set SX_CHROME to its executable")
	}
	flags := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute)}
	for _, f := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-extensions", "disable-dev-shm-usage", "mute-audio"} {
		flags = append(flags, chromedp.Flag(f, true))
	}
	base, stop := context.WithTimeout(context.Background(), Timeout)
	alloc, stopAlloc := chromedp.NewExecAllocator(base, append(flags, opts...)...)
	t.Cleanup(func() { stopAlloc(); stop() })
	return NewTab(t, alloc)
}

// NewTab opens a further tab of the browser behind ctx. It is closed with the test.
func NewTab(t testing.TB, ctx context.Context) context.Context {
	t.Helper()
	p := &problems{}
	tab, closeTab := chromedp.NewContext(context.WithValue(ctx, problemsKey{}, p), chromedp.WithListener(p.hear))
	// Cancel waits until the process is gone, so that its profile can be deleted.
	t.Cleanup(func() { _ = chromedp.Cancel(tab); closeTab() })
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start browser: %v", err)
	}
	// Violations of the content security policy are entries of the log, not of the console.
	if _, err := chromedp.Call(tab, log.Enable, cdp.Empty{}); err != nil {
		t.Fatalf("listen to the log: %v", err)
	}
	return tab
}

// Problems returns what the tab has reported so far: console errors, uncaught exceptions, violations of the
// content security policy, failed loads. A missing favicon is none.
func Problems(ctx context.Context) []string {
	p, _ := ctx.Value(problemsKey{}).(*problems)
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.all...)
}

// ForgetProblems empties the list, for a test that caused some on purpose.
func ForgetProblems(ctx context.Context) {
	if p, _ := ctx.Value(problemsKey{}).(*problems); p != nil {
		p.mu.Lock()
		p.all = nil
		p.mu.Unlock()
	}
}

type problemsKey struct{}

type problems struct {
	mu  sync.Mutex
	all []string
}

func (p *problems) add(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) < 1000 { // a page in a loop must not fill the memory
		p.all = append(p.all, fmt.Sprintf(format, args...))
	}
}

func (p *problems) hear(ev any) {
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if ev.Type != runtime.ConsoleAPICalledTypeError && ev.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		var words []string
		for _, a := range ev.Args {
			switch {
			case a.Description != "":
				words = append(words, a.Description)
			default:
				words = append(words, string(a.Value))
			}
		}
		p.add("console.%s: %s", ev.Type, strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		d := ev.ExceptionDetails
		text := d.Text
		if d.Exception != nil {
			text += " " + d.Exception.Description
		}
		p.add("uncaught: %s (%s:%d:%d)", text, d.URL, d.LineNumber+1, d.ColumnNumber+1)
	case *log.EventEntryAdded:
		e := ev.Entry
		if e.Level != log.EntryLevelError && e.Source != log.EntrySourceSecurity || strings.HasSuffix(e.URL, "/favicon.ico") {
			return
		}
		p.add("%s: %s %s", e.Source, e.Text, e.URL)
	}
}
