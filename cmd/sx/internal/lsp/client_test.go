package lsp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// application loads as the command does, without a bundler.
type application struct {
	opts []page.Option
	app  *page.App
}

func open(_ string, alone bool, opts ...sx.Option) lsp.Application {
	if alone {
		opts = append(opts, sx.WithMain("value"))
	}
	return &application{opts: []page.Option{page.WithDevelopment(), page.WithTests(),
		page.WithLogger(slog.New(slog.DiscardHandler)), page.WithProgram(opts...)}}
}

func (a *application) Load(files *lsp.Files) (err error) {
	if a.app != nil {
		return a.app.Reload(hidden{files})
	}
	a.app, err = page.New(hidden{files}, a.opts...)
	return err
}

func (a *application) Close() {
	if a.app != nil {
		a.app.Shutdown(context.Background())
	}
}

// hidden hides the folders that hold no language.
type hidden struct{ fs.FS }

func (h hidden) Open(name string) (fs.File, error) {
	first, _, _ := strings.Cut(name, "/")
	if first == "migrations" || first == "assets" || first == "public" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return h.FS.Open(name)
}

func (h hidden) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(h.FS, name)
	if name == "." {
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
			return e.Name() == "migrations" || e.Name() == "assets" || e.Name() == "public"
		})
	}
	return entries, err
}

// client is an editor.
type client struct {
	t     testing.TB
	dir   string
	in    io.WriteCloser
	done  chan bool // what Run gives
	utf8  bool
	texts map[string]string // open buffers, by URI
	vers  map[string]int

	mu      sync.Mutex
	cond    *sync.Cond
	answers map[string]message
	diags   map[string]published
	asked   []message
	closed  bool
	next    int
}

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

type published struct {
	URI         string `json:"uri"`
	Version     int    `json:"version"`
	Diagnostics []struct {
		Range    lsp.Range `json:"range"`
		Severity int       `json:"severity"`
		Code     string    `json:"code"`
		Message  string    `json:"message"`
		Tags     []int     `json:"tags"`
		Related  []struct {
			Location lsp.Location `json:"location"`
			Message  string       `json:"message"`
		} `json:"relatedInformation"`
	} `json:"diagnostics"`
	count int
}

// start starts a server on a folder, without the handshake.
func start(t testing.TB, dir string) *client {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	c := newClient(t, dir, inW, outR)
	go func() {
		ok := lsp.Run(t.Context(), lsp.Config{Open: open, Version: "test", Log: testLog{t}}, inR, outW)
		inR.Close()
		outW.Close()
		c.done <- ok
	}()
	t.Cleanup(func() {
		inW.Close()
		select {
		case <-c.done:
		case <-time.After(time.Minute):
			t.Error("the server does not end")
		}
	})
	return c
}

func newClient(t testing.TB, dir string, in io.WriteCloser, out io.Reader) *client {
	c := &client{t: t, dir: dir, in: in, done: make(chan bool, 2), texts: map[string]string{}, vers: map[string]int{},
		answers: map[string]message{}, diags: map[string]published{}}
	c.cond = sync.NewCond(&c.mu)
	go c.receive(out)
	return c
}

// testLog fails a test in which the server notes a panic.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "panic") || strings.Contains(string(p), "failed") {
		l.t.Errorf("%s", p)
	}
	return len(p), nil
}

func (c *client) receive(out io.Reader) {
	r := bufio.NewReader(out)
	defer func() {
		c.mu.Lock()
		c.closed = true
		c.cond.Broadcast()
		c.mu.Unlock()
	}()
	for {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			c.t.Errorf("bad header %v", header)
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			c.t.Errorf("half a message: %v", err)
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			c.t.Errorf("%v in %s", err, body)
			return
		}
		c.mu.Lock()
		switch {
		case m.Method == "textDocument/publishDiagnostics":
			var p published
			if err := json.Unmarshal(m.Params, &p); err != nil {
				c.t.Error(err)
			}
			p.count = c.diags[p.URI].count + 1
			c.diags[p.URI] = p
		case m.Method != "":
			c.asked = append(c.asked, m)
		default:
			c.answers[string(m.ID)] = m
		}
		c.cond.Broadcast()
		c.mu.Unlock()
	}
}

// until waits for a condition on what was received.
func (c *client) until(what string, ok func() bool) {
	c.t.Helper()
	timer := time.AfterFunc(time.Minute, func() {
		c.mu.Lock()
		c.closed = true
		c.cond.Broadcast()
		c.mu.Unlock()
	})
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok() {
		if c.closed {
			c.t.Fatalf("waited in vain for %s", what)
		}
		c.cond.Wait()
	}
}

func (c *client) raw(body string) {
	fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (c *client) send(m map[string]any) {
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(string(body))
}

func (c *client) notify(method string, params any) {
	c.send(map[string]any{"method": method, "params": params})
}

// ask sends a request and gives its id.
func (c *client) ask(method string, params any) string {
	c.next++
	c.send(map[string]any{"id": c.next, "method": method, "params": params})
	return strconv.Itoa(c.next)
}

// answer waits for the answer of a request.
func (c *client) answer(id string) message {
	c.t.Helper()
	var m message
	c.until("the answer of "+id, func() bool {
		var ok bool
		m, ok = c.answers[id]
		return ok
	})
	c.mu.Lock()
	delete(c.answers, id)
	c.mu.Unlock()
	return m
}

// try sends a request and gives its answer.
func (c *client) try(method string, params any) message {
	c.t.Helper()
	return c.answer(c.ask(method, params))
}

// call sends a request and decodes its result.
func (c *client) call(method string, params, result any) {
	c.t.Helper()
	m := c.try(method, params)
	if m.Error != nil {
		c.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if err := json.Unmarshal(m.Result, result); err != nil {
		c.t.Fatalf("%s: %v in %s", method, err, m.Result)
	}
}

type object = map[string]any

// connect starts a server and shakes hands.
func connect(t testing.TB, dir string, capabilities object) *client {
	t.Helper()
	c := start(t, dir)
	c.shake(capabilities)
	return c
}

func (c *client) shake(capabilities object) {
	c.t.Helper()
	var result struct {
		Capabilities struct{ PositionEncoding string }
	}
	params := object{"capabilities": capabilities}
	if c.dir != "" {
		params["workspaceFolders"] = []object{{"uri": uri(c.dir), "name": "w"}}
	}
	c.call("initialize", params, &result)
	c.utf8 = result.Capabilities.PositionEncoding == "utf-8"
	c.notify("initialized", object{})
}

func uri(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// folder makes a folder with files, given as name and text in turn.
func folder(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(files[i+1]), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (c *client) uri(name string) string { return uri(filepath.Join(c.dir, name)) }

// open opens a file as a buffer, with its text or another one.
func (c *client) open(name string, text ...string) {
	c.t.Helper()
	if text == nil {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			c.t.Fatal(err)
		}
		text = []string{string(data)}
	}
	u := c.uri(name)
	c.vers[u]++
	c.texts[u] = text[0]
	c.notify("textDocument/didOpen", object{"textDocument": object{"uri": u, "languageId": "sx", "version": c.vers[u], "text": text[0]}})
}

// set replaces a whole buffer.
func (c *client) set(name, text string) {
	u := c.uri(name)
	c.vers[u]++
	c.texts[u] = text
	c.notify("textDocument/didChange", object{"textDocument": object{"uri": u, "version": c.vers[u]}, "contentChanges": []object{{"text": text}}})
}

// edit replaces the first occurrence of a text in a buffer, as an incremental change.
func (c *client) edit(name, old, text string) {
	c.t.Helper()
	u := c.uri(name)
	at := strings.Index(c.texts[u], old)
	if at < 0 {
		c.t.Fatalf("no %q in %s", old, name)
	}
	c.change(name, at, at+len(old), text)
}

// change replaces the bytes from start to end of a buffer.
func (c *client) change(name string, start, end int, text string) {
	u := c.uri(name)
	s := c.texts[u]
	r := lsp.Range{Start: c.position(s, start), End: c.position(s, end)}
	c.vers[u]++
	c.texts[u] = s[:start] + text + s[end:]
	c.notify("textDocument/didChange", object{"textDocument": object{"uri": u, "version": c.vers[u]},
		"contentChanges": []object{{"range": r, "text": text}}})
}

// position computes a position by another way than the server does.
func (c *client) position(s string, offset int) lsp.Position {
	line := strings.Count(s[:offset], "\n")
	before := s[strings.LastIndex(s[:offset], "\n")+1 : offset]
	if c.utf8 {
		return lsp.Position{Line: line, Character: len(before)}
	}
	return lsp.Position{Line: line, Character: len(utf16.Encode([]rune(before)))}
}

// offset is the way back.
func (c *client) offset(s string, p lsp.Position) int {
	at := 0
	for range p.Line {
		at += strings.Index(s[at:], "\n") + 1
	}
	for n := 0; n < p.Character; {
		_, size := utf8.DecodeRuneInString(s[at:])
		if c.utf8 {
			n += size
		} else {
			n += len(utf16.Encode([]rune(s[at : at+size])))
		}
		at += size
	}
	return at
}

// at gives the parameters of a request about a place: that of the mark | in some text of the buffer.
func (c *client) at(name, marked string) object {
	c.t.Helper()
	before, after, ok := strings.Cut(marked, "|")
	if !ok {
		c.t.Fatalf("no mark in %q", marked)
	}
	u := c.uri(name)
	s, open := c.texts[u]
	if !open {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			c.t.Fatal(err)
		}
		s = string(data)
	}
	i := strings.Index(s, before+after)
	if i < 0 {
		c.t.Fatalf("no %q in %s", before+after, name)
	}
	return object{"textDocument": object{"uri": u}, "position": c.position(s, i+len(before))}
}

// diagnosed waits for the diagnostics of a buffer as it is now, and gives them as "line:char-line:char message".
func (c *client) diagnosed(name string) []string {
	c.t.Helper()
	u := c.uri(name)
	c.until("diagnostics of "+name, func() bool { return c.diags[u].Version == c.vers[u] && c.diags[u].count > 0 })
	return c.lines(u)
}

// published gives what was said of a file last.
func (c *client) published(name string) published {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.diags[c.uri(name)]
}

func (c *client) lines(u string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []string{}
	for _, d := range c.diags[u].Diagnostics {
		out = append(out, fmt.Sprintf("%d:%d-%d:%d %s", d.Range.Start.Line, d.Range.Start.Character, d.Range.End.Line, d.Range.End.Character, d.Message))
	}
	return out
}

// files gives every file of the folder, as the buffers have it.
func (c *client) files() map[string]string {
	out := map[string]string{}
	filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".sx") {
			data, _ := os.ReadFile(path)
			rel, _ := filepath.Rel(c.dir, path)
			out[filepath.ToSlash(rel)] = string(data)
		}
		return nil
	})
	for u, s := range c.texts {
		name := strings.TrimPrefix(u, uri(c.dir)+"/")
		out[name] = s
	}
	return out
}
