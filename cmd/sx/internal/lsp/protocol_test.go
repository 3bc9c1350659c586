package lsp_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
)

// ended waits for the end of the server and gives what Run said.
func (c *client) ended() bool {
	c.t.Helper()
	select {
	case ok := <-c.done:
		c.done <- ok // for the cleanup
		return ok
	case <-time.After(time.Minute):
		c.t.Fatal("the server does not end")
		return false
	}
}

func TestLifecycle(t *testing.T) {
	c := start(t, shop(t))
	if m := c.try("textDocument/hover", object{}); m.Error == nil || m.Error.Code != -32002 {
		t.Errorf("before initialize: %+v", m)
	}
	c.notify("textDocument/didOpen", object{"textDocument": 7})
	c.shake(object{"general": object{"positionEncodings": []string{"utf-32", "utf-8", "utf-16"}}})
	if !c.utf8 {
		t.Error("bytes were offered and not taken")
	}
	if m := c.try("initialize", object{}); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("a second initialize: %+v", m)
	}
	for method, code := range map[string]int{"textDocument/nonsense": -32601, "$/nonsense": -32601} {
		if m := c.try(method, object{}); m.Error == nil || m.Error.Code != code {
			t.Errorf("%s: %+v", method, m)
		}
	}
	c.notify("$/nonsense", object{})
	c.notify("nonsense", nil)
	if m := c.try("shutdown", nil); m.Error != nil || string(m.Result) != "null" {
		t.Errorf("shutdown: %+v", m)
	}
	if m := c.try("textDocument/hover", object{}); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("after shutdown: %+v", m)
	}
	c.notify("exit", nil)
	if !c.ended() {
		t.Error("exit after shutdown is in order")
	}
}

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(c *client)
		want bool
	}{
		{"exit at once", func(c *client) { c.notify("exit", nil) }, false},
		{"exit without shutdown", func(c *client) { c.shake(object{}); c.notify("exit", nil) }, false},
		{"gone", func(c *client) { c.shake(object{}); c.in.Close() }, false},
		{"gone after shutdown", func(c *client) { c.shake(object{}); c.try("shutdown", nil); c.in.Close() }, true},
		{"bad header", func(c *client) { io.WriteString(c.in, "GET / HTTP/1.1\r\n\r\n") }, false},
		{"no length", func(c *client) { io.WriteString(c.in, "Content-Type: x\r\n\r\n{}") }, false},
		{"a length that is no number", func(c *client) { io.WriteString(c.in, "Content-Length: many\r\n\r\n{}") }, false},
		{"a length beyond all bounds", func(c *client) { io.WriteString(c.in, "Content-Length: 99999999999999\r\n\r\n{}") }, false},
		{"a header without end", func(c *client) { io.WriteString(c.in, strings.Repeat("x", 1<<20)) }, false},
		{"headers without end", func(c *client) { io.WriteString(c.in, strings.Repeat("A: b\r\n", 1<<10)) }, false},
		{"half a message", func(c *client) { io.WriteString(c.in, "Content-Length: 100\r\n\r\n{}"); c.in.Close() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, "")
			tt.do(c)
			if c.ended() != tt.want {
				t.Errorf("in order: %v", !tt.want)
			}
		})
	}
}

// Nonsense is answered as such, and what comes after it as ever.
func TestNonsense(t *testing.T) {
	c := connect(t, shop(t), object{})
	refused := func(body string, code int) {
		t.Helper()
		c.raw(body)
		if m := c.answer("null"); m.Error == nil || m.Error.Code != code {
			t.Errorf("%.60s: %+v", body, m)
		}
	}
	refused("{", -32700)
	refused("", -32700)
	refused("[]", -32600)
	refused(`[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]`, -32600)
	refused(`{"jsonrpc":"2.0","id":{"a":1},"method":"shutdown"}`, -32600)
	refused(`{"jsonrpc":"2.0","id":1,"method":7}`, -32600)
	fmt.Fprintf(c.in, "content-length: %d\r\n\r\n", 65<<20)
	io.Copy(c.in, io.LimitReader(zeros{}, 65<<20))
	if m := c.answer("null"); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("a message beyond all bounds: %+v", m)
	}
	for _, params := range []any{nil, 7, []int{}, object{}, object{"textDocument": nil}, object{"textDocument": object{"uri": "file:///%zz"}},
		object{"textDocument": object{"uri": "untitled:1"}, "position": object{"line": 3, "character": 4}},
		object{"textDocument": object{"uri": c.uri("app.sx")}, "position": object{"line": -3, "character": -4}},
		object{"textDocument": object{"uri": c.uri("app.sx")}, "position": object{"line": 1 << 30, "character": 1 << 30}},
		object{"textDocument": object{"uri": c.uri("none.sx")}, "position": object{}, "newName": "x"}} {
		for _, method := range []string{"hover", "completion", "definition", "references", "rename", "prepareRename", "formatting", "documentSymbol", "signatureHelp", "documentHighlight"} {
			c.try("textDocument/"+method, params) // an answer, whichever
		}
		c.try("workspace/symbol", params)
		for _, method := range []string{"textDocument/didChange", "textDocument/didClose", "textDocument/didSave", "workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders", "$/cancelRequest"} {
			c.notify(method, params)
		}
	}
	c.open("app.sx")
	if got := c.diagnosed("app.sx"); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A request that is cancelled before its turn is not done; each has its answer, whatever the id.
func TestCancel(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("app.sx")
	var ids []string
	for range 50 {
		c.edit("app.sx", "Shop", "Shops")
		ids = append(ids, c.ask("textDocument/hover", c.at("app.sx", "(to|tal")))
		c.notify("$/cancelRequest", object{"id": c.next})
	}
	cancelled := 0
	for _, id := range ids {
		if m := c.answer(id); m.Error != nil {
			if m.Error.Code != -32800 {
				t.Fatalf("got %+v", m.Error)
			}
			cancelled++
		}
	}
	t.Logf("%d of %d cancelled", cancelled, len(ids))
	c.send(object{"id": "a-string", "method": "textDocument/hover", "params": c.at("app.sx", "(to|tal")})
	if m := c.answer(`"a-string"`); m.Error != nil {
		t.Errorf("got %+v", m.Error)
	}
}

// A request about a place is answered from the buffers as they were when it was sent, however many edits follow.
func TestRequestsDuringEdits(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("app.sx")
	var ids []string
	for i := range 40 {
		c.change("app.sx", 0, 0, "; one line more\n")
		ids = append(ids, c.ask("textDocument/definition", c.at("app.sx", "(get th|ing \"name\")")))
		if i%3 == 0 {
			c.change("app.sx", 0, 0, "(") // broken for a moment
			c.change("app.sx", 0, 1, "")
		}
	}
	for i, id := range ids {
		if m := c.answer(id); !strings.Contains(string(m.Result), fmt.Sprintf(`"line":%d,`, 6+i)) {
			t.Errorf("after %d edits: %s %v", i+1, m.Result, m.Error)
		}
	}
}

// Edits piece by piece make the same text as all at once, in either unit, through characters of any width.
func TestRandomEdits(t *testing.T) {
	alphabet := []string{"a", "é", "№", "😀", "𝒳", "👩‍👩‍👧", "\n", "\r\n", " ", "(", ")", "\"", "\t", "日本"}
	for _, units := range [][]string{{"utf-16"}, {"utf-8"}} {
		c := connect(t, t.TempDir(), object{"general": object{"positionEncodings": units}})
		if c.utf8 != (units[0] == "utf-8") {
			t.Fatalf("the unit is not %s", units[0])
		}
		random := rand.New(rand.NewPCG(7, 8))
		c.open("a.sx", "(define a \"😀\")\n")
		u := c.uri("a.sx")
		for round := range 300 {
			s := c.texts[u]
			runes := []rune(s)
			from := random.IntN(len(runes) + 1)
			to := min(len(runes), from+random.IntN(4))
			if from > 0 && runes[from-1] == '\r' || to > 0 && runes[to-1] == '\r' {
				continue // no place between CR and LF
			}
			text := ""
			for range random.IntN(4) {
				text += alphabet[random.IntN(len(alphabet))]
			}
			c.change("a.sx", len(string(runes[:from])), len(string(runes[:to])), text)
			if round%10 != 9 {
				continue
			}
			// The server's text shows in the edit that would replace all of it by one symbol's name.
			want := c.texts[u]
			mark := "(define mark-" + fmt.Sprint(round) + " 1)"
			c.change("a.sx", 0, 0, mark+"\n")
			var list []struct {
				Name     string
				Location lsp.Location
			}
			c.call("textDocument/documentSymbol", object{"textDocument": object{"uri": u}}, &list)
			if len(list) == 0 || list[0].Name != fmt.Sprintf("mark-%d", round) {
				t.Fatalf("round %d: %v of %q", round, list, c.texts[u])
			}
			c.change("a.sx", 0, len(mark)+1, "")
			if c.texts[u] != want {
				t.Fatal("the test's own text went wrong")
			}
			// A whole replacement afterwards must change nothing that the server says of the text.
			before := c.try("textDocument/documentSymbol", object{"textDocument": object{"uri": u}})
			c.set("a.sx", want)
			after := c.try("textDocument/documentSymbol", object{"textDocument": object{"uri": u}})
			if string(before.Result) != string(after.Result) {
				t.Fatalf("round %d: %s, and of the whole text %s", round, before.Result, after.Result)
			}
		}
	}
}

// Places behind characters of two units are right in both directions.
func TestUnits(t *testing.T) {
	for _, units := range []string{"utf-16", "utf-8"} {
		c := connect(t, t.TempDir(), object{"general": object{"positionEncodings": []string{units}}})
		c.open("a.sx", "(define (f 𝒳) (str \"😀👩‍👩‍👧\" 𝒳 'é (wrong 𝒳)))\n")
		got := c.diagnosed("a.sx")
		s := c.texts[c.uri("a.sx")]
		at := c.position(s, strings.Index(s, "wrong"))
		if want := fmt.Sprintf("0:%d-0:%d undefined symbol: wrong", at.Character, at.Character+5); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: got %q, want %s", units, got, want)
		}
		var l lsp.Location
		c.call("textDocument/definition", c.at("a.sx", "(wrong 𝒳|)"), &l)
		if got := c.where(l); !strings.HasSuffix(got, " 𝒳") || l.Range.Start.Character != 11 {
			t.Errorf("%s: got %s", units, got)
		}
		files, why := c.renamed(c.at("a.sx", "(f 𝒳|)"), "x")
		if want := "(define (f x) (str \"😀👩‍👩‍👧\" x 'é (wrong x)))\n"; files["a.sx"] != want {
			t.Errorf("%s: %s %q", units, why, files["a.sx"])
		}
	}
}

// A client that asks without reading answers is made to wait; nothing is lost.
func TestManyRequests(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("app.sx")
	var ids []string
	for i := range 3000 {
		if i%10 == 0 {
			c.edit("app.sx", "Shop", "Shops")
		}
		ids = append(ids, c.ask("textDocument/hover", c.at("app.sx", "(to|tal")))
	}
	for _, id := range ids {
		if m := c.answer(id); m.Error != nil || !strings.Contains(string(m.Result), "Adds prices") {
			t.Fatalf("got %+v", m)
		}
	}
}

// However long somebody types, the server keeps no more than one program of a folder and what it shares with the next.
func TestMemoryIsBounded(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("app.sx")
	measure := func(rounds int) uint64 {
		for i := range rounds {
			c.edit("app.sx", "Shop", "Shops")
			c.edit("app.sx", "Shops", "Shop")
			if i%3 == 0 {
				c.edit("app.sx", "(total", "(totl")
				c.diagnosed("app.sx")
				c.edit("app.sx", "(totl", "(total")
			}
			c.diagnosed("app.sx")
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := measure(50)
	after := measure(300)
	if after > before+12<<20 {
		t.Errorf("%d KB after 50 rounds, %d KB after 350", before>>10, after>>10)
	}
}
