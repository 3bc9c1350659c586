package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sx-framework/sxgo/live/livetest"
)

// lockedBuffer is written by a process and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const goProgram = `package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("VERSION" + os.Getenv("SX_DEV"))) })
	panic(http.ListenAndServe(os.Getenv("SX_ADDR"), nil))
}
`

func answer(url string) string {
	res, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

func TestGoAppIsRebuiltAndRestarted(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "main.go")
	write(t, filepath.Join(dir, "go.mod"), "module probe\n\ngo 1.26\n")
	write(t, main, strings.Replace(goProgram, "VERSION", "first", 1))

	ctx, cancel := context.WithCancel(context.Background())
	var out lockedBuffer
	opened, ended := make(chan string, 1), make(chan error, 1)
	g := &goServer{dir: dir, addr: "127.0.0.1:0", reload: true, stdout: &out, stderr: &out, opened: func(url string) { opened <- url }}
	go func() { ended <- g.run(ctx) }() // ends with cancel
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	var url string
	select {
	case url = <-opened:
	case err := <-ended:
		ended <- nil
		t.Fatalf("%v\n%s", err, out.String())
	}
	if got := answer(url); got != "first1" {
		t.Fatalf("got %q", got)
	}
	write(t, main, "package main\nfunc main() { broken }\n")
	livetest.Eventually(t, "the build's error is printed", func() bool { return strings.Contains(out.String(), "undefined: broken") })
	if got := answer(url); got != "first1" {
		t.Errorf("the old program does not answer while the new one is broken: %q", got)
	}
	write(t, main, strings.Replace(goProgram, "VERSION", "second", 1))
	livetest.Eventually(t, "the new program answers", func() bool { return answer(url) == "second1" })
}
