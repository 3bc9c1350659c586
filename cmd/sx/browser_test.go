package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// served is a running sx serve.
type served struct {
	url    string
	cmd    *exec.Cmd
	errors *strings.Builder // read it when the process has ended
}

// serve starts sx serve and waits until it says where it is.
func serve(t testing.TB, dir, addr string, flags ...string) *served {
	t.Helper()
	s := &served{errors: &strings.Builder{}}
	s.cmd = exec.Command("sx", append([]string{"serve", dir, "--addr", addr}, flags...)...)
	s.cmd.Stderr, s.cmd.WaitDelay = s.errors, 5*time.Second
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		s.cmd.Wait()
		t.Fatalf("sx serve ended: %s", s.errors)
	}
	s.url = regexp.MustCompile(`http://\S+`).FindString(lines.Text())
	if s.url == "" {
		t.Fatalf("no address in %q", lines.Text())
	}
	return s
}

// kill ends the server without a word, as a crash would.
func (s *served) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// js evaluates an expression in the page.
func js[T any](t testing.TB, tab context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(tab, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// visit goes to an address and returns when its first bytes have arrived, not when all have.
func visit(t testing.TB, tab context.Context, url string) {
	t.Helper()
	if _, err := chromedp.Call(tab, cdppage.Navigate, cdppage.NavigateParams{URL: url}); err != nil {
		t.Fatal(err)
	}
}

func noProblems(t testing.TB, tab context.Context) {
	t.Helper()
	for _, p := range clienttest.Problems(tab) {
		t.Errorf("the browser reports: %s", p)
	}
}

// Boundaries that take 900, 300 and 50 ms arrive in the order 50, 300, 900, after the shell, with and without
// scripting.
func TestBrowserBoundariesArriveInOrderOfCompletion(t *testing.T) {
	s := serve(t, "testdata/browser/boundaries", "127.0.0.1:0", "--no-reload")
	for _, scripting := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripting %v", scripting), func(t *testing.T) {
			tab := clienttest.Browser(t)
			if !scripting {
				if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
					t.Fatal(err)
				}
			}
			// A busy machine may look too seldom to tell one arrival from the next; then it looks again, until it has
			// told each from the next once. What it does tell must be right every time.
			order := []string{"shell", "fast", "middle", "slow"}
			told := map[string]bool{} // arrivals seen before the next one's
			for try := 1; ; try++ {
				visit(t, tab, s.url)
				at := map[string]int{} // the look at which each was there first
				looks := 0
				for deadline := time.Now().Add(20 * time.Second); len(at) < 4 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
					state, err := chromedp.Run(tab, chromedp.Evaluate[string](`[document.querySelector("footer") ? "shell" : "",
					...[...document.querySelectorAll("[data-suspense]")].filter(e => e.textContent.includes("ready")).map(e => e.dataset.suspense)].join(" ")`))
					if err != nil {
						continue // between two documents
					}
					looks++
					for _, name := range strings.Fields(state) {
						if at[name] == 0 {
							at[name] = looks
						}
					}
				}
				if len(at) < 4 {
					t.Fatalf("only these arrived: %v", at)
				}
				for i := range order[1:] {
					if at[order[i]] > at[order[i+1]] {
						t.Fatalf("%s arrived before %s: %v", order[i+1], order[i], at)
					}
					if at[order[i]] < at[order[i+1]] {
						told[order[i]] = true
					}
				}
				if len(told) == 3 {
					break
				}
				if try == 40 {
					t.Fatalf("only these were seen before the next: %v; the last time: %v", told, at)
				}
			}
			if text := js[string](t, tab, `document.body.textContent`); strings.Contains(text, "waiting") {
				t.Errorf("a fallback is left: %s", text)
			}
			noProblems(t, tab)
		})
	}
}

// freeAddress returns an address that the next server can have, and the one after it.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

const tokenText = `document.querySelector("[data-suspense=token]").textContent`

func TestBrowserRecoversFromACrashWithoutAReload(t *testing.T) {
	addr := freeAddress(t)
	s := serve(t, "testdata/browser/tabs", addr, "--no-reload")
	tab := clienttest.Browser(t)
	visit(t, tab, s.url)
	clienttest.Until(t, tab, "the region is live", `document.querySelector(".sx-live") && `+tokenText+`.length > 30`)
	js[bool](t, tab, `window.stays = true`)

	s.kill()
	clienttest.Until(t, tab, "the region says that it reconnects", `document.querySelector(".sx-reconnecting, .sx-offline")`)
	stale := js[string](t, tab, `JSON.stringify([...document.querySelectorAll("[data-suspense]")].map(e => e.textContent))`)
	serve(t, "testdata/browser/tabs", addr, "--no-reload")
	clienttest.Until(t, tab, "every slot has a fresh value", fmt.Sprintf(
		`[...document.querySelectorAll("[data-suspense]")].every((e, i) => e.textContent.length > 30 && e.textContent !== %s[i])`, stale))
	clienttest.Until(t, tab, "the region is live again", `document.querySelector(".sx-live")`)
	if !js[bool](t, tab, `window.stays === true`) {
		t.Error("the page was reloaded")
	}
}

func TestBrowserTabsSeeTheSameValues(t *testing.T) {
	s := serve(t, "testdata/browser/tabs", "127.0.0.1:0", "--no-reload")
	first := clienttest.Browser(t)
	second := clienttest.NewTab(t, first)
	tabs := []context.Context{first, second}
	for _, tab := range tabs {
		visit(t, tab, s.url)
		clienttest.Until(t, tab, "a token arrives", tokenText+`.length > 30`)
		js[bool](t, tab, `window.seen = [], new MutationObserver(() => {
			const v = `+tokenText+`; if (seen.at(-1) !== v) seen.push(v) }).observe(document.body, {subtree: true, childList: true, characterData: true}), true`)
	}
	clienttest.Until(t, first, "ten values in the first tab", `seen.length >= 10`)
	clienttest.Until(t, second, "ten values in the second tab", `seen.length >= 10`)
	one, two := js[[]string](t, first, `seen`), js[[]string](t, second, `seen`)
	// A tab may begin with a value of its own, the one that its page was rendered with, and a busy one may skip a
	// value for a newer one.
	without := func(list []string) func(string) bool { return func(v string) bool { return !slices.Contains(list, v) } }
	both := slices.DeleteFunc(slices.Clone(one), without(two))
	if len(both) < 5 || !slices.Equal(both, slices.DeleteFunc(slices.Clone(two), without(one))) {
		t.Errorf("the tabs differ:\n%q\n%q", one, two)
	}
	for _, tab := range tabs {
		noProblems(t, tab)
	}
}

func TestBrowserBadFrameLeavesTheOthersAlive(t *testing.T) {
	s := serve(t, "testdata/browser/tabs", "127.0.0.1:0", "--no-reload")
	tab := clienttest.Browser(t)
	visit(t, tab, s.url)
	clienttest.Until(t, tab, "a token arrives", tokenText+`.length > 30`)
	clienttest.Until(t, tab, "the client has loaded", `window.Sx?.version && document.querySelector(".sx-live")`)
	js[bool](t, tab, `window.reports = [], document.addEventListener("sx:error", e => reports.push(e.type)), true`)
	for i, bad := range []string{`(b "open`, `(~unknown)`, `(b))`} {
		// While the script of the language is on its way a newer value of the stream takes the place of a bad one.
		clienttest.Until(t, tab, "the bad frame is reported: "+bad, fmt.Sprintf(`Sx.resolve({id: "other", sx: %q}) || reports.length > %d`, bad, i))
	}
	before := js[string](t, tab, tokenText)
	clienttest.Until(t, tab, "the other slot goes on", tokenText+` !== `+fmt.Sprintf("%q", before))
}

func TestErrorShowsItsPlaceInTerminalAndPage(t *testing.T) {
	s := serve(t, "testdata/browser/tabs", "127.0.0.1:0", "--no-reload")
	page := fetchText(t, s.url+"/broken", 500)
	for _, want := range []string{"app.sx:", "division by zero", "^"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	s.kill()
	log := s.errors.String()
	for _, want := range []string{"app.sx:17:6: ", "17 |   (p (/ 1 n)))", "^", "in ~boom at app.sx:14"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q: %s", want, log)
		}
	}
}

func fetchText(t *testing.T, url string, status int) string {
	t.Helper()
	return fetchWith(t, http.DefaultClient, url, status)
}

func fetchWith(t *testing.T, client *http.Client, url string, status int) string {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Errorf("GET %s: status %d, want %d", url, res.StatusCode, status)
	}
	return string(body)
}
