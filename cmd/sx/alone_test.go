package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// releasedSx builds the command as make build does: it needs no C library and knows no checkout.
func releasedSx(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds sx without cgo, which takes a while")
	}
	sx := filepath.Join(t.TempDir(), "sx")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", sx, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return sx
}

// A built site runs in an empty folder without this repository, without Go and without an environment; as root it
// also does in a chroot that holds nothing else, cut off from every network. Its assets are immutable, and SIGTERM drains
// its streams.
func TestBuiltSiteRunsAlone(t *testing.T) {
	sx := releasedSx(t)
	tmp := t.TempDir()
	app := filepath.Join(tmp, "todo")
	if err := os.CopyFS(app, os.DirFS("../../examples/todo")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(app, "public", "notes.txt"), []byte(strings.Repeat("a line of text\n", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(sx, "build", app, "-o", filepath.Join(tmp, "dist")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	root := filepath.Join(tmp, "root")
	if err := os.MkdirAll(filepath.Join(root, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(tmp, "dist", "todo"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "todo"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	addr := freeAddress(t)
	cmd := exec.Command(filepath.Join(root, "todo"))
	cmd.Dir, cmd.Env = root, []string{"SX_ADDR=" + addr, "SX_SECRET=test"}
	if os.Getuid() == 0 {
		cmd.Path, cmd.Args, cmd.Dir = "/todo", []string{"/todo"}, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	} else {
		t.Log("not root: without a chroot")
	}
	var log strings.Builder
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	apart := newIsland(t)
	client := &http.Client{Transport: &http.Transport{DialContext: apart.dial, DisableCompression: true}}
	defer client.CloseIdleConnections()
	apart.run(func() { err = cmd.Start() })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		fmt.Fprintln(&log, lines.Text())
		if strings.Contains(lines.Text(), "listening") {
			break
		}
	}
	if !strings.Contains(log.String(), "listening") {
		t.Fatalf("it does not start: %v\n%s", cmd.Wait(), log.String())
	}
	logged := make(chan struct{})
	go func() { // ends with the process
		io.Copy(&log, stderr)
		close(logged)
	}()

	if c, err := net.Dial("tcp", addr); apart != nil && err == nil {
		c.Close()
		t.Error("the site is reached from outside: the network is not cut off")
	}
	page := fetchWith(t, client, "http://"+addr+"/todos", 200)
	style := regexp.MustCompile(`/_sx/assets/[^"]+\.css`).FindString(page)
	if style == "" {
		t.Fatalf("the page links no style sheet: %s\n%s", page, log.String())
	}
	checkCodings(t, client, "http://"+addr+style, "public, max-age=31536000, immutable")
	checkCodings(t, client, "http://"+addr+"/notes.txt", "no-cache")
	res, err := client.PostForm("http://"+addr+"/todos", map[string][]string{"title": {"kept"}})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if !strings.Contains(string(body), "<span>kept</span>") {
		t.Errorf("what was added is not there: %s", body)
	}
	if _, err := os.Stat(filepath.Join(root, "data", "app.db")); err != nil {
		t.Errorf("the database is not in the working directory: %v", err)
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-logged
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, log.String())
	}
}

// checkCodings asks for a file in every coding, and holds that each is smaller than the file.
func checkCodings(t *testing.T, client *http.Client, url, cacheControl string) {
	t.Helper()
	sizes := map[string]int{}
	for _, coding := range []string{"identity", "br", "zstd", "gzip"} {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", coding)
		res, err := client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %s, %v", url, res.Status, err)
		}
		if got := res.Header.Get("Content-Encoding"); got != coding && coding != "identity" {
			t.Errorf("%s: asked for %s, got %q", url, coding, got)
		}
		if got := res.Header.Get("Cache-Control"); got != cacheControl {
			t.Errorf("%s: Cache-Control %s", url, got)
		}
		sizes[coding] = len(body)
	}
	for coding, n := range sizes {
		if coding != "identity" && n >= sizes["identity"] {
			t.Errorf("%s: sizes %v", url, sizes)
		}
	}
}

// SIGTERM tells clients of streams to come back later, and ends with exit code 0.
func TestBuiltSiteDrainsItsStreams(t *testing.T) {
	tmp := t.TempDir()
	if out, err := exec.Command("sx", "build", "testdata/browser/tabs", "-o", tmp).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	addr := freeAddress(t)
	cmd := exec.Command(filepath.Join(tmp, "tabs"))
	cmd.Env = []string{"SX_ADDR=" + addr, "SX_SECRET=test", "SX_LOG_FORMAT=json"}
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var res *http.Response
	for {
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/_sx/live/home", nil)
		if err != nil {
			t.Fatal(err)
		}
		if res, err = http.DefaultClient.Do(req); err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // it is starting
	}
	defer res.Body.Close()
	events := map[string]bool{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, ok := strings.CutPrefix(lines.Text(), "event: ")
		if !ok {
			continue
		}
		if len(events) == 0 {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
		}
		events[name] = true
	}
	if !events["sx-resolve"] || !events["sx-drain"] {
		t.Errorf("status %s, events %v", res.Status, events)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, log.String())
	}
	if !strings.Contains(log.String(), `"msg":"listening"`) {
		t.Errorf("the log is not JSON: %s", log.String())
	}
}

// A command that knows no checkout makes Go projects too: in a checkout it points at that one, elsewhere it leaves a
// requirement and says what completes it.
func TestNewGoProjectWithoutACheckout(t *testing.T) {
	t.Setenv("GOFLAGS", "-buildvcs=false")
	t.Setenv("GOPROXY", "off")
	sx := releasedSx(t)
	make := func(sx string) (mod, said string) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "gopher")
		out, err := exec.Command(sx, "new", dir, "--template", "go").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text), string(out)
	}
	mod, said := make(sx)
	if !strings.Contains(mod, "require github.com/sx-framework/sxgo v0.0.0") || strings.Contains(mod, "replace") ||
		!strings.Contains(said, "go mod edit -replace github.com/sx-framework/sxgo=") || !strings.Contains(said, "go mod tidy") {
		t.Errorf("go.mod:\n%s\nsaid:\n%s", mod, said)
	}
	root := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(root, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(root, "bin", "sx")
	if err := os.Rename(sx, here); err != nil {
		t.Fatal(err)
	}
	if mod, said := make(here); !strings.Contains(mod, "replace github.com/sx-framework/sxgo => "+root) || strings.Contains(said, "go mod") {
		t.Errorf("in a checkout: go.mod:\n%s\nsaid:\n%s", mod, said)
	}
}
