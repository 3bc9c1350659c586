package datastar_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page"
)

// noBundler spares the tests of what the server sends Datastar's client.
type noBundler struct{}

func (noBundler) Bundle(_ fs.FS, entries []string, _ bool) (out []page.Asset, err error) {
	for _, e := range entries {
		out = append(out, page.Asset{Entry: e, Name: e})
	}
	return out, nil
}

// What each request is answered with; the page in a browser is below.
func TestAnswers(t *testing.T) {
	app, err := page.New(os.DirFS("."), page.WithSecret("test"), page.WithData(t.TempDir()), page.WithBundler(noBundler{}))
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(app)
	defer func() {
		app.Shutdown(context.Background())
		site.Close()
	}()
	do := func(method, path, body string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, site.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Datastar-Request", "true")
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	feed := bufio.NewReader(do("GET", "/feed", "").Body)
	next := func(name string) string { // the data of the next event that has it
		for {
			var data string
			for {
				line, err := feed.ReadString('\n')
				if err != nil {
					t.Fatalf("the feed ends, waiting for %s: %v", name, err)
				}
				if line == "\n" {
					break
				}
				if l, ok := strings.CutPrefix(line, "data: "); ok {
					data += l
				}
			}
			if strings.Contains(data, name) {
				return data
			}
		}
	}
	if got := next("clock"); !regexp.MustCompile(`^elements <time id="clock">\d\d:\d\d:\d\d</time>\n$`).MatchString(got) {
		t.Errorf("clock: %q", got)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/count", `{"count":4}`, 200, "event: datastar-patch-elements\ndata: elements <span id=\"parity\" class=\"odd\">odd</span>\n\nevent: datastar-patch-signals\ndata: signals {\"count\":5}\n\n"},
		{"POST", "/count", `{"count":"x"}`, 422, ""},
		{"POST", "/count", `{`, 400, ""},
		{"POST", "/guests", `{"name":"  "}`, 200, "event: datastar-patch-elements\ndata: elements <span id=\"problem\" role=\"status\">A name is missing.</span>\n\n"},
		{"POST", "/guests", `{"name":"<b>&","guests":2}`, 200, "event: datastar-patch-elements\ndata: elements <span id=\"problem\" role=\"status\"></span>\n\nevent: datastar-patch-signals\ndata: signals {\"guests\":3,\"name\":\"\"}\n\n"},
		{"DELETE", "/guests/7", ``, 204, ""},
	} {
		resp := do(c.method, c.path, c.body)
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || c.want != "" && string(text) != c.want {
			t.Errorf("%s %s %s: %d, %v\n got %q\nwant %q", c.method, c.path, c.body, resp.StatusCode, err, text, c.want)
		}
	}
	if got := next("append"); !strings.HasPrefix(got, "mode append\nselector #guests\nelements <li id=\"guest-") || !strings.Contains(got, ">&lt;b&gt;&amp; <button") {
		t.Errorf("guest: %q", got)
	}
	if got := next("remove"); got != "mode remove\nselector #guest-7\n" {
		t.Errorf("removed guest: %q", got)
	}
}

// installed returns a copy of the example that has its package, or skips the test.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"app.sx", "package.json", "package-lock.json", "assets"} {
		from, to := name, filepath.Join(dir, name)
		if name == "assets" {
			if err := os.CopyFS(to, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if here, err := filepath.Abs("node_modules"); err == nil && version("node_modules") == pinned(t) {
		if err := os.Symlink(here, filepath.Join(dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	lacking := t.Skipf
	if os.Getenv("SX_NPM") == "required" {
		lacking = t.Fatalf
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		lacking("npm is not here, which would install Datastar's client: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		lacking("npm cannot install Datastar's client: %v\n%s", err, out)
	}
	return dir
}

// version is that of Datastar's client in a folder of packages, or empty.
func version(modules string) string {
	var p struct{ Version string }
	text, err := os.ReadFile(filepath.Join(modules, "@starfederation/datastar/package.json"))
	if err != nil || json.Unmarshal(text, &p) != nil {
		return ""
	}
	return p.Version
}

// pinned is the version that package.json names, which the lock file must have too.
func pinned(t *testing.T) string {
	var p struct{ Dependencies map[string]string }
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	for name, into := range map[string]any{"package.json": &p, "package-lock.json": &lock} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := p.Dependencies["@starfederation/datastar"]
	if locked := lock.Packages["node_modules/@starfederation/datastar"]; locked.Version != want || locked.Integrity == "" {
		t.Fatalf("package.json has %s, the lock file %s", want, locked.Version)
	}
	return want
}

// server is a running site.
type server struct {
	t    *testing.T
	args []string
	addr string
	cmd  *exec.Cmd
}

var address = regexp.MustCompile(`http://(\S+)`)

// start runs the program until it has said its address, which it has the next time too.
func (s *server) start() {
	s.t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Env = append(os.Environ(), "SX_ADDR="+s.addr, "SX_DATA="+s.t.TempDir(), "SX_SECRET=test")
	s.cmd.Stdout, s.cmd.Stderr = in, in
	err = s.cmd.Start()
	in.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			s.addr = m[1]
			go func() { // ends with the process
				io.Copy(io.Discard, out)
				out.Close()
			}()
			return
		}
	}
	s.t.Fatalf("%v ends", s.args)
}

func (s *server) stop() {
	if s.cmd != nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait()
		s.cmd = nil
	}
}

// The page works with Datastar's client in Chromium, served by the sx command and built: a click patches elements and signals, a message
// reaches every window, and the stream comes back after the server has been replaced.
func TestBrowserDatastar(t *testing.T) {
	if clienttest.Path() == "" {
		clienttest.Browser(t) // says why
	}
	dir := installed(t)
	tmp := t.TempDir()
	sx := filepath.Join(tmp, "sx")
	if out, err := exec.Command("go", "build", "-o", sx, "../../cmd/sx").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if out, err := exec.Command(sx, "build", dir, "-o", filepath.Join(tmp, "dist")).CombinedOutput(); err != nil {
		t.Fatalf("sx build: %v\n%s", err, out)
	}
	browser := clienttest.Browser(t) // its time runs from here
	runScripts(t, browser, sx, dir)
	s := &server{t: t, args: []string{sx, "serve", dir, "--no-reload"}, addr: "127.0.0.1:0"}
	s.start()
	defer s.stop()
	other := clienttest.NewTab(t, browser)
	until := func(tab context.Context, what, expression string) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			ok, err := chromedp.Run(tab, chromedp.Evaluate[bool]("!!("+expression+")"))
			if err == nil && ok {
				return
			}
			if time.Now().After(end) {
				html, _ := chromedp.Run(tab, chromedp.Evaluate[string]("document.body.outerHTML"))
				t.Fatalf("it never came to this: %s (%s), %v\nproblems: %q\npage: %.2000s", what, expression, err, clienttest.Problems(tab), html)
			}
		}
	}
	click := func(tab context.Context, selector string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Click(selector)); err != nil {
			t.Fatal(err)
		}
	}
	text := func(selector, want string) string {
		return fmt.Sprintf("document.querySelector(%q)?.textContent.trim() == %q", selector, want)
	}
	for _, tab := range []context.Context{browser, other} {
		if err := chromedp.Do(tab, chromedp.Navigate("http://"+s.addr+"/")); err != nil {
			t.Fatal(err)
		}
		until(tab, "the stream patches the clock", `/^\d\d:\d\d:\d\d$/.test(document.querySelector("#clock").textContent)`)
	}
	until(browser, "signals are shown", text("output", "0"))
	click(browser, "#count")
	until(browser, "the signal is patched", text("output", "1"))
	until(browser, "the element is patched", text("#parity", "odd")+` && document.querySelector("#parity").className == "odd"`)
	click(browser, "#count")
	until(browser, "again", text("output", "2")+" && "+text("#parity", "even"))
	until(other, "a signal is of one page", text("output", "0"))

	click(browser, "#sign")
	until(browser, "a name is asked for", text("#problem", "A name is missing."))
	if err := chromedp.Do(browser, chromedp.SendKeys("#name", "Ada <b>&")); err != nil {
		t.Fatal(err)
	}
	click(browser, "#sign")
	for _, tab := range []context.Context{browser, other} {
		until(tab, "the guest is appended, as text", `document.querySelectorAll("#guests > li").length == 1 && document.querySelector("#guests > li").firstChild.data.trim() == "Ada <b>&"`)
	}
	until(browser, "signals are patched", `document.querySelector("#name").value == "" && `+text("p[data-show] span", "1"))
	until(browser, "the problem is gone", text("#problem", ""))
	click(other, "#guests button")
	for _, tab := range []context.Context{browser, other} {
		until(tab, "the guest is removed", `document.querySelectorAll("#guests > li").length == 0`)
		for _, p := range clienttest.Problems(tab) {
			t.Errorf("the browser reports: %s", p)
		}
		clienttest.ForgetProblems(tab)
	}

	// What the policy allows Datastar, it does not allow markup: a handler in an attribute does not run.
	if _, err := chromedp.Run(browser, chromedp.Evaluate[bool](`(() => {
		document.querySelector("#problem").innerHTML = '<img src="/nothing" onerror="window.bad = 1">'
		document.querySelector("#problem img").addEventListener("error", () => { window.tried = true })
		return true
	})()`)); err != nil {
		t.Fatal(err)
	}
	until(browser, "an inline handler is refused", "window.tried && !window.bad")

	// Built, without what development adds to pages: the server leaves and another one comes, and the cut stream is asked for again.
	b := &server{t: t, args: []string{filepath.Join(tmp, "dist", filepath.Base(dir))}, addr: "127.0.0.1:0"}
	b.start()
	defer b.stop()
	if err := chromedp.Do(browser, chromedp.Navigate("http://"+b.addr+"/")); err != nil {
		t.Fatal(err)
	}
	const ticks = `/^\d\d:\d\d:\d\d$/.test(document.querySelector("#clock").textContent)`
	until(browser, "the stream patches the clock", ticks)
	click(browser, "#count")
	until(browser, "the signal is patched", text("output", "1"))
	b.stop()
	b.start()
	if _, err := chromedp.Run(browser, chromedp.Evaluate[string](`document.querySelector("#clock").textContent = ""`)); err != nil {
		t.Fatal(err)
	}
	until(browser, "the stream comes back", ticks)
	click(browser, "#count")
	until(browser, "the page goes on where it was", text("output", "2")+" && "+text("#parity", "even"))
}

// runScripts holds that (datastar-script …) runs code where the program allows it, under the policy of the example.
func runScripts(t *testing.T, browser context.Context, sx, dir string) {
	t.Helper()
	site := t.TempDir()
	modules, err := filepath.EvalSymlinks(filepath.Join(dir, "node_modules"))
	if err == nil {
		err = os.Symlink(modules, filepath.Join(site, "node_modules"))
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(site, "assets"), os.DirFS(filepath.Join(dir, "assets")))
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(site, "app.sx"), []byte(`
(defconfig :datastar-scripts true :csp {:script-src "'unsafe-eval'" :require-trusted-types-for ()})
(defpage home :path "/" :content (main (output :id "out" "nothing")
  (button :id "run" :data-on-click "@post('/run')" "Run") (button :id "keep" :data-on-click "@post('/keep')" "Keep")))
(defhandler run :path "/run" :method :post () (datastar-script "document.querySelector('#out').textContent = 'ran </b>'"))
(defhandler keep :path "/keep" :method :post () (datastar-script "document.querySelector('#out').textContent = 'kept'" :keep true :attributes {:id "mine"}))`), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, args: []string{sx, "serve", site, "--no-reload"}, addr: "127.0.0.1:0"}
	s.start()
	defer s.stop()
	if err := chromedp.Do(browser, chromedp.Navigate("http://"+s.addr+"/")); err != nil {
		t.Fatal(err)
	}
	for button, want := range map[string]string{
		"#run":  `document.querySelector("#out").textContent == "ran </b>" && document.querySelectorAll("script:not([src]):not([nonce])").length == 0`,
		"#keep": `document.querySelector("#out").textContent == "kept" && document.querySelector("script#mine")`,
	} {
		if _, err := chromedp.Run(browser, chromedp.Evaluate[string](`document.querySelector("#mine")?.remove(), document.querySelector("#out").textContent = ""`)); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			// The first click may come before the client has found the button.
			ok, err := chromedp.Run(browser, chromedp.Evaluate[bool](`!!(`+want+`) || (document.querySelector("`+button+`").click(), false)`))
			if err == nil && ok {
				break
			}
			if time.Now().After(end) {
				html, _ := chromedp.Run(browser, chromedp.Evaluate[string]("document.body.outerHTML"))
				t.Fatalf("%s never came to %s, %v\nproblems: %q\npage: %.2000s", button, want, err, clienttest.Problems(browser), html)
			}
		}
	}
	for _, p := range clienttest.Problems(browser) {
		t.Errorf("the browser reports: %s", p)
	}
	if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil { // before the server leaves its page
		t.Fatal(err)
	}
}
