package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// editor speaks with a process of sx lsp.
type editor struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
	id  int
}

type lspMessage struct {
	ID     json.RawMessage
	Method string
	Params struct {
		URI         string
		Diagnostics []struct {
			Range    struct{ Start struct{ Line, Character int } }
			Severity int
			Message  string
		}
	}
	Result json.RawMessage
	Error  *struct{ Message string }
}

func startEditor(t *testing.T, folder string) *editor {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sx", "lsp")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	e := &editor{t: t, in: in, out: bufio.NewReader(out), cmd: cmd}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
		if stderr.Len() > 0 {
			t.Errorf("stderr: %s", stderr.String())
		}
	})
	e.call("initialize", map[string]any{"capabilities": map[string]any{"general": map[string]any{"positionEncodings": []string{"utf-8"}}},
		"rootUri": "file://" + folder})
	e.notify("initialized", map[string]any{})
	return e
}

func (e *editor) send(m map[string]any) {
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		e.t.Fatal(err)
	}
	fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (e *editor) notify(method string, params any) {
	e.send(map[string]any{"method": method, "params": params})
}

// read reads messages until one is wanted.
func (e *editor) read(want func(m *lspMessage) bool) *lspMessage {
	e.t.Helper()
	for {
		header, err := textproto.NewReader(e.out).ReadMIMEHeader()
		if err != nil {
			e.t.Fatalf("the server is gone: %v", err)
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			e.t.Fatal(err)
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(e.out, body); err != nil {
			e.t.Fatal(err)
		}
		m := &lspMessage{}
		if err := json.Unmarshal(body, m); err != nil {
			e.t.Fatalf("%v in %s", err, body)
		}
		if want(m) {
			return m
		}
	}
}

func (e *editor) call(method string, params any) json.RawMessage {
	e.t.Helper()
	e.id++
	e.send(map[string]any{"id": e.id, "method": method, "params": params})
	m := e.read(func(m *lspMessage) bool { return string(m.ID) == strconv.Itoa(e.id) })
	if m.Error != nil {
		e.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	return m.Result
}

// opened opens a file and gives what is said of it, as file:line:col: message.
func (e *editor) opened(file, text string) []string {
	e.t.Helper()
	uri := "file://" + file
	e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "sx", "version": 1, "text": text}})
	m := e.read(func(m *lspMessage) bool { return m.Method == "textDocument/publishDiagnostics" && m.Params.URI == uri })
	out := []string{}
	for _, d := range m.Params.Diagnostics {
		out = append(out, fmt.Sprintf("%d:%d %s", d.Range.Start.Line+1, d.Range.Start.Character+1, d.Message))
	}
	return out
}

// The process on the applications of the repository: nothing is wrong with any of their files, Go programs included, and
// what their names mean is known.
func TestLSPOnTheRepository(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	e := startEditor(t, root)
	files := 0
	for _, dir := range []string{"docs", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "templates" || d.Name() == "bench" {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, ".sx") {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			for _, problem := range e.opened(path, string(data)) {
				if !strings.Contains(problem, "run npm ci beside it") { // of a bundle that needs its packages
					t.Errorf("%s:%s", path, problem)
				}
			}
			if at := strings.Index(string(data), "\n(defcomp ~"); at >= 0 {
				at += len("\n(defcomp ~")
				line := strings.Count(string(data)[:at], "\n")
				char := at - strings.LastIndex("\n"+string(data)[:at], "\n")
				hover := e.call("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": "file://" + path},
					"position": map[string]any{"line": line, "character": char}})
				if !strings.Contains(string(hover), "component") {
					t.Errorf("%s:%d:%d: %s", path, line+1, char+1, hover)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 40 {
		t.Errorf("%d files", files)
	}
	e.call("shutdown", nil)
	e.notify("exit", nil)
	if err := e.cmd.Wait(); err != nil {
		t.Errorf("the process ended with %v", err)
	}
}

// The exit code says whether the editor took leave.
func TestLSPExitCode(t *testing.T) {
	e := startEditor(t, t.TempDir())
	e.notify("exit", nil)
	e.cmd.Wait()
	if code := e.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit without shutdown: code %d", code)
	}
}

// What sx check prints of an application is what an editor shows.
func TestLSPSaysWhatCheckSays(t *testing.T) {
	dir := t.TempDir()
	text := "(defpage a :path \"/\" :content (~x))\n(defcomp ~b (&key x) (inc 1 2))\n(defpage c :path \"/c\" :auth :nobody :content (p (total)))\n(define d (e 1)\n"
	for _, broken := range []bool{false, true} {
		if !broken {
			text = strings.TrimSuffix(text, "(define d (e 1)\n")
		} else {
			text = "(define d (wrong 1)\n"
		}
		name := filepath.Join(dir, "app.sx")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command("sx", "check", "--json", dir).Output()
		var found []struct {
			Message   string
			Line, Col int
		}
		if err := json.Unmarshal(out, &found); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		said := startEditor(t, dir).opened(name, text)
		if len(found) == 0 || len(said) < len(found) {
			t.Errorf("check found %d, the server %d: %q", len(found), len(said), said)
		}
		for _, f := range found {
			line := fmt.Sprintf("%d:%d %s", f.Line, f.Col, f.Message)
			if !strings.Contains(strings.Join(said, "\n")+"\n", line) {
				t.Errorf("check says %s, the server %q", line, said)
			}
		}
	}
}
