package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal makes a pseudo-terminal (pty(7)): what is written to ours is typed on theirs.
func openTerminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { ours.Close() })
	ioctl := func(request uintptr, value unsafe.Pointer) {
		t.Helper()
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, ours.Fd(), request, uintptr(value)); e != 0 {
			t.Fatal(e)
		}
	}
	var unlocked, number uint32
	size := [4]uint16{24, 100} // rows, columns
	ioctl(syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	ioctl(syscall.TIOCGPTN, unsafe.Pointer(&number))
	ioctl(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// screen is what a program has written to a terminal.
type screen struct {
	t    *testing.T
	tty  *os.File
	mu   sync.Mutex
	text bytes.Buffer
	seen int // up to here waitFor has looked
}

var controls = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]|\r")

// waitFor waits until text appears, after what was waited for before.
func (s *screen) waitFor(text string) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		shown := controls.ReplaceAllString(s.text.String(), "")
		at := strings.Index(shown[min(s.seen, len(shown)):], text)
		if at >= 0 {
			s.seen += at + len(text)
		}
		s.mu.Unlock()
		if at >= 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the terminal never showed %q:\n%s", text, shown)
		}
	}
}

func (s *screen) typeIn(text string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// startRepl starts sx repl on a terminal.
func startRepl(t *testing.T, home string, args ...string) (*screen, *exec.Cmd) {
	t.Helper()
	ours, theirs := openTerminal(t)
	cmd := exec.Command("sx", append([]string{"repl"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.Env = append(os.Environ(), "TERM=xterm", "XDG_CACHE_HOME="+home, "NO_COLOR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	theirs.Close()
	s := &screen{t: t, tty: ours}
	go func() { // ends when the program does
		buf := make([]byte, 4096)
		for {
			n, err := ours.Read(buf)
			s.mu.Lock()
			s.text.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s, cmd
}

// At a terminal the repl has a prompt, colours, completion, and a history that the next one has too; Ctrl-C drops a
// line or ends an evaluation, Ctrl-D ends the session.
func TestReplAtATerminal(t *testing.T) {
	home := t.TempDir()
	app := t.TempDir()
	if err := os.WriteFile(filepath.Join(app, "app.sx"), []byte(`(define (greeting name) (str "hello " name)) (defpage home :path "/" :content (p "x"))`), 0o644); err != nil {
		t.Fatal(err)
	}
	s, cmd := startRepl(t, home, app)
	s.waitFor("Tab completes, Ctrl-D ends")
	s.waitFor("sx> ")
	s.typeIn("(define (twice x)\r")
	s.waitFor("  | ")
	s.typeIn("(* 2 x))\r")
	s.waitFor("sx> ")
	s.typeIn("(twice 21)\r")
	s.waitFor("\n42\n")
	s.waitFor("sx> ")
	s.typeIn("(greet\t")
	s.waitFor("(greeting")
	s.typeIn(" \"you\")\r")
	s.waitFor("\n\"hello you\"\n")
	s.waitFor("sx> ")
	s.typeIn("(nope\x03")
	s.waitFor("sx> ")
	s.typeIn("(upper 1)\r")
	s.waitFor("repl:1:1: upper: argument 1 must be a string, got number 1")
	s.waitFor("sx> ")
	s.typeIn("\x04")
	if err := cmd.Wait(); err != nil {
		t.Errorf("Ctrl-D: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if shown := s.text.String(); !strings.Contains(shown, "\x1b[31;1m") {
		t.Errorf("the error has no colours: %q", shown)
	}

	again, cmd := startRepl(t, home)
	again.waitFor("sx> ")
	again.typeIn("\x1b[A\x1b[A\x1b[A") // up: the third last line
	again.waitFor("(twice 21)")
	again.typeIn("\x03")
	again.waitFor("sx> ")
	again.typeIn(":quit\r")
	if err := cmd.Wait(); err != nil {
		t.Errorf(":quit: %v", err)
	}
}
