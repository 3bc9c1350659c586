package main_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// newGoApp makes a project of the template go with a live page, a form, TypeScript and CSS.
func newGoApp(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a Go program")
	}
	dir := filepath.Join(t.TempDir(), "gopher")
	if out, err := exec.Command("sx", "new", dir, "--template", "go").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var rules strings.Builder
	for i := range 30 {
		fmt.Fprintf(&rules, ".part-%d { margin: %dpx }\n", i, i)
	}
	for name, text := range map[string]string{
		"app/assets/app.ts":         "import { mark } from \"./parts/mark\"\ndocument.documentElement.dataset.mark = mark as string\n",
		"app/assets/parts/mark.ts":  "export const mark: string = \"typescript\"\n",
		"app/assets/style.css":      "h1 { color: rgb(1, 2, 3) }\n" + rules.String(),
		"app/pages/live.sx":         "(defpage live :path \"/live/page\" :content (main (h1 \"Live\") (form (input :id \"field\" :name \"field\")) (~live :every 200 (~suspense :id \"now\" (p (greet (str (now))))))))\n",
		"app/assets/node_modules/x": "",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sx serve builds a Go program anew when it changes, .sx files included, and starts it; pages stay, with what was
// typed, show what the new program says, and go on live. A mistake leaves the old program running.
func TestBrowserGoAppIsRestartedUnderItsPages(t *testing.T) {
	t.Setenv("GOFLAGS", "-buildvcs=false")
	dir := newGoApp(t)
	s := serve(t, dir, "127.0.0.1:0")
	tab := clienttest.Browser(t)
	visit(t, tab, s.url+"/live/page")
	clienttest.Until(t, tab, "the page is live", `document.querySelector(".sx-live [data-suspense=now] p")?.textContent.startsWith("Hello, ")`)
	clienttest.Until(t, tab, "TypeScript runs", `document.documentElement.dataset.mark === "typescript"`)
	js[bool](t, tab, `window.stays = document.querySelector("#field").value = "half ty", true`)
	const stays = `window.stays && document.querySelector("#field").value === "half ty"`

	change(t, filepath.Join(dir, "main.go"), `"Hello, "`, `"Moin, "`)
	clienttest.Until(t, tab, "the slot has a value of the new program", `document.querySelector("[data-suspense=now] p")?.textContent.startsWith("Moin, ")`)
	change(t, filepath.Join(dir, "app", "pages", "live.sx"), `"Live"`, `"Still live"`)
	clienttest.Until(t, tab, "the page follows its .sx file", `document.querySelector("h1").textContent === "Still live"`)
	change(t, filepath.Join(dir, "app", "assets", "style.css"), "1, 2, 3", "4, 5, 6")
	clienttest.Until(t, tab, "the style follows", `getComputedStyle(document.querySelector("h1")).color === "rgb(4, 5, 6)"`)
	change(t, filepath.Join(dir, "app", "assets", "style.css"), "4, 5, 6", "4, 5, 6);;@import 'none.css'; (")
	change(t, filepath.Join(dir, "main.go"), `"Moin, "`, `nope`)
	seen := js[string](t, tab, `document.querySelector("[data-suspense=now] p").textContent`)
	clienttest.Until(t, tab, "the old program goes on", `document.querySelector("[data-suspense=now] p").textContent !== `+quote(seen))
	if !js[bool](t, tab, stays) {
		t.Error("the page was reloaded, or what was typed is lost")
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// sx build bundles the assets of a Go program into it; the program links no bundler, runs alone and drains.
func TestGoAppIsBuiltWithItsAssets(t *testing.T) {
	t.Setenv("GOFLAGS", "-buildvcs=false")
	dir := newGoApp(t)
	tmp := t.TempDir()
	for _, out := range []string{"one", "two"} {
		if text, err := exec.Command("sx", "build", dir, "-o", filepath.Join(tmp, out)).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	one, err := os.ReadFile(filepath.Join(tmp, "one", "gopher"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.ReadFile(filepath.Join(tmp, "two", "gopher"))
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(two) {
		t.Error("the same input gave different bytes")
	}
	if strings.Contains(string(one), "evanw/esbuild") {
		t.Error("the program links the bundler")
	}
	licenses, err := os.ReadFile(filepath.Join(tmp, "one", "gopher.licenses.txt"))
	if err != nil || !strings.Contains(string(licenses), "\ngithub.com/labstack/echo/v4 v") || strings.Contains(string(licenses), "evanw/esbuild") {
		t.Errorf("the licenses beside the program: %v, %d bytes", err, len(licenses))
	}
	if _, err := os.Stat(filepath.Join(dir, "app", "assets", "sx-built")); err == nil {
		t.Error("the build left files in the project")
	}
	addr := freeAddress(t)
	cmd := exec.Command(filepath.Join(tmp, "one", "gopher"))
	cmd.Dir, cmd.Env = t.TempDir(), []string{"SX_ADDR=" + addr, "SX_SECRET=test"}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "listening") {
	}
	page := fetchText(t, "http://"+addr+"/live/page", 200)
	script := regexp.MustCompile(`/_sx/assets/app\.[^"]+\.js`).FindString(page)
	if text := fetchText(t, "http://"+addr+script, 200); script == "" || !strings.Contains(text, "typescript") || strings.Contains(text, "import") {
		t.Errorf("the script %q: %s", script, text)
	}
	style := regexp.MustCompile(`/_sx/assets/style\.[^"]+\.css`).FindString(page)
	checkCodings(t, &http.Client{Transport: http.DefaultTransport}, "http://"+addr+style, "public, max-age=31536000, immutable")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}
