package lsp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDiagnostics(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("app.sx")
	if got := c.diagnosed("app.sx"); len(got) != 0 {
		t.Fatalf("a clean program: %q", got)
	}
	c.edit("app.sx", ":title label", ":titel label")
	got := c.diagnosed("app.sx")
	if want := []string{
		"7:11-7:101 ~card: the required keyword :title is missing",
		"7:18-7:24 ~card: unknown keyword :titel (did you mean :title?)",
	}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d := c.published("app.sx").Diagnostics[1]
	if d.Severity != 1 || d.Code != "keyword" || len(d.Related) != 1 || d.Related[0].Message != "~card is defined" || c.where(d.Related[0].Location) != "components/card.sx:1:10 ~card" {
		t.Errorf("got %+v", d)
	}
	c.edit("app.sx", ":titel label", ":title label")
	if got := c.diagnosed("app.sx"); len(got) != 0 {
		t.Errorf("it is mended: %q", got)
	}
	// A mistake shows in the file it is in, open or not, and goes from there again.
	c.open("components/card.sx")
	c.edit("components/card.sx", "(title :as string :required)", "(heading :required)")
	other := c.uri("app.sx")
	c.until("diagnostics of the other file", func() bool { return len(c.diags[other].Diagnostics) == 4 })
	if got := c.diagnosed("components/card.sx"); len(got) != 1 || !strings.Contains(got[0], "undefined symbol: title") {
		t.Errorf("got %q", got)
	}
	// What is not saved and closed is no more.
	c.notify("textDocument/didClose", object{"textDocument": object{"uri": c.uri("components/card.sx")}})
	c.until("clean diagnostics", func() bool {
		return len(c.diags[other].Diagnostics) == 0 && len(c.diags[c.uri("components/card.sx")].Diagnostics) == 0
	})
}

// A file that cannot be read takes nothing away from the others, and hides nothing in itself but the broken form.
func TestDiagnosticsOfABrokenFile(t *testing.T) {
	c := connect(t, shop(t), object{})
	c.open("app.sx")
	c.open("components/card.sx")
	c.diagnosed("app.sx")
	for _, tt := range []struct{ old, text, want string }{
		{"    children))\n", "    children)\n", "unclosed ("},
		{"(h2 title)", "(h2 title (nope)", "unclosed ("},
		{"(h2 title)", "(h2 title))", "unexpected )"},
		{"(h2 title)", "(h2 :", "a keyword needs a name"},
		{`"wide" "narrow"`, `"wide" "narrow`, "unterminated string"},
		{"(h2 title)", "(h2 {:a})", "the dict key :a has no value"},
		{"(h2 title)", "(h2 '", "unclosed ("},
	} {
		whole := c.texts[c.uri("components/card.sx")]
		c.edit("components/card.sx", tt.old, tt.text)
		got := c.diagnosed("components/card.sx")
		if len(got) != 1 || !strings.Contains(got[0], tt.want) {
			t.Errorf("%s: got %q", tt.text, got)
		}
		if got := c.lines(c.uri("app.sx")); len(got) != 0 {
			t.Errorf("%s: the other file has %q", tt.text, got)
		}
		c.set("components/card.sx", whole)
	}
	// Every form that cannot be read is told, and what is wrong in between.
	c.set("components/card.sx", "(define aa (f 1)\n\n(define bb (gg 2))\n\n(define cc (h 3)\n")
	got := c.diagnosed("components/card.sx")
	if len(got) != 3 || !strings.Contains(got[0], "unclosed") || !strings.HasPrefix(got[1], "2:12-2:14 undefined symbol: gg") || !strings.Contains(got[2], "unclosed") {
		t.Errorf("got %q", got)
	}
}

// What sx check says of the same files is what an editor shows.
func TestDiagnosticsAreThoseOfCheck(t *testing.T) {
	dir := folder(t, "pages/a.sx", "(defpage a :path \"/\" :content (~x))\n(defpage a :path 7 :nope 1)\n", "b.sx", "(defcomp ~b (&key x) (inc 1))\n(define (z) (inc 1 2))\n(wrong)\n")
	app := open(dir, false)
	defer app.Close()
	c := connect(t, dir, object{})
	c.open("b.sx")
	c.diagnosed("b.sx")
	c.until("diagnostics of the other file", func() bool { return c.diags[c.uri("pages/a.sx")].count > 0 })
	var got []string
	for _, name := range []string{"b.sx", "pages/a.sx"} {
		for _, d := range c.published(name).Diagnostics {
			got = append(got, fmt.Sprintf("%s:%d:%d: %s", name, d.Range.Start.Line+1, d.Range.Start.Character+1, d.Message))
		}
	}
	want := []string{
		"b.sx:1:19: ~b does not use its parameter x",
		"b.sx:2:13: inc takes 1 argument, got 2: (inc x)",
		"b.sx:3:1: unknown definition: wrong",
		"pages/a.sx:1:32: unknown component: ~x",
		"pages/a.sx:2:1: page a is defined twice: first at pages/a.sx:1:1",
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	if w := c.published("b.sx").Diagnostics[0]; w.Severity != 2 || !slices.Equal(w.Tags, []int{1}) {
		t.Errorf("a warning: %+v", w)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// Names that a Go program may register are not said to be missing.
func TestDiagnosticsOfAGoProgram(t *testing.T) {
	dir := folder(t, "app.sx", "(defpage a :path \"/\" :auth :staff :content (p (load-stock 1) (find_nothing 2)))\n", "go.mod", "module x\n",
		"main.go", "package main\n\nfunc main() { register(\"load-stock\", loadStock); guard(`staff`) }\n")
	c := connect(t, dir, object{})
	c.open("app.sx")
	if got := c.diagnosed("app.sx"); len(got) != 1 || !strings.Contains(got[0], "find_nothing") {
		t.Errorf("got %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "more.go"), []byte("package main\n\nvar _ = \"find_nothing\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": c.uri("more.go"), "type": 1}}})
	c.until("clean diagnostics", func() bool { return len(c.diags[c.uri("app.sx")].Diagnostics) == 0 })
}

// Files that change on disk are seen when the editor tells.
func TestWatchedFiles(t *testing.T) {
	dir := shop(t)
	c := connect(t, dir, object{"workspace": object{"didChangeWatchedFiles": object{"dynamicRegistration": true}}})
	c.until("the wish to be told", func() bool { return len(c.asked) == 1 && c.asked[0].Method == "client/registerCapability" })
	c.open("app.sx")
	c.diagnosed("app.sx")
	name := filepath.Join(dir, "components/card.sx")
	card, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(kind int) {
		c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": uri(name), "type": kind}}})
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	tell(3)
	c.until("missing components", func() bool { return len(c.diags[c.uri("app.sx")].Diagnostics) == 2 })
	if err := os.WriteFile(name, card, 0o666); err != nil {
		t.Fatal(err)
	}
	tell(1)
	c.until("clean diagnostics", func() bool { return len(c.diags[c.uri("app.sx")].Diagnostics) == 0 })
}

// Where a file belongs: each of these has the component it uses, and nothing of the others.
func TestFolders(t *testing.T) {
	use, def := "(defcomp ~use () (~mine))\n", "(defcomp ~mine () (p))\n"
	dir := folder(t,
		"one/app.sx", "", "one/pages/sub/use.sx", use, "one/lib.sx", def,
		"two/pages/use.sx", use, "two/components/mine.sx", def,
		"three/go.mod", "module x\n", "three/use.sx", use, "three/mine.sx", def,
		"one/data/alone.sx", def+use+"(str 1)\n(str 2)\n", // no part of the application
		"four/pages/components/use.sx", use, "four/mine.sx", def,
	)
	c := connect(t, dir, object{})
	for _, name := range []string{"one/pages/sub/use.sx", "two/pages/use.sx", "three/use.sx", "one/data/alone.sx", "four/pages/components/use.sx"} {
		c.open(name)
		if got := c.diagnosed(name); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	// A file outside of every folder is a program of its own, expressions included.
	c.dir = folder(t, "script.sx", "(define (f x) x)\n(f 1)\n(f 2 3)\n")
	c.open("script.sx")
	if got := c.diagnosed("script.sx"); len(got) != 1 || !strings.Contains(got[0], "2:0-2:7 f takes at most 1 argument") {
		t.Errorf("script.sx: %q", got)
	}
	c.notify("textDocument/didClose", object{"textDocument": object{"uri": c.uri("script.sx")}})
	c.until("no diagnostics of a file that is closed", func() bool { return len(c.diags[c.uri("script.sx")].Diagnostics) == 0 })
}
