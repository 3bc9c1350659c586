package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestSamePage holds that every engine renders the same document: what is measured is the same work.
func TestSamePage(t *testing.T) {
	list, err := engines()
	if err != nil {
		t.Fatal(err)
	}
	for w, name := range workloadNames {
		var want string
		for i, e := range list {
			var b bytes.Buffer
			if err := e.pages[w](&b); err != nil {
				t.Fatalf("%s: %s: %v", name, e.name, err)
			}
			got := tree(t, b.String())
			if i == 0 {
				want = got
				t.Logf("%s: %d bytes", name, b.Len())
				continue
			}
			if got != want {
				t.Errorf("%s: %s differs from %s: %s", name, e.name, list[0].name, firstDiff(got, want))
			}
		}
	}
}

// TestNoAllocations holds that rendering reaches a state in which it allocates nothing.
func TestNoAllocations(t *testing.T) {
	list, err := engines()
	if err != nil {
		t.Fatal(err)
	}
	out := &sink{}
	for _, e := range list {
		if !strings.HasPrefix(e.name, "sx") || strings.Contains(e.name, "map") {
			continue
		}
		for w, name := range workloadNames {
			if n := testing.AllocsPerRun(200, func() { _ = out.page(e.pages[w]) }); n >= 1 {
				t.Errorf("%s: %s: %v allocations per page", name, e.name, n)
			}
		}
	}
}

// tree prints the parsed document, blanks at the ends of text left out: templ writes some between elements.
func tree(t *testing.T, page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		switch n.Type {
		case html.TextNode:
			if s := strings.Join(strings.Fields(n.Data), " "); s != "" {
				fmt.Fprintf(&b, "%*s%q\n", depth, "", s)
			}
		case html.ElementNode:
			attrs := append([]html.Attribute(nil), n.Attr...)
			fmt.Fprintf(&b, "%*s<%s %v>\n", depth, "", n.Data, attrs)
		default:
			fmt.Fprintf(&b, "%*s%d %s\n", depth, "", n.Type, n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(doc, 0)
	return b.String()
}

func firstDiff(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			other := ""
			if i < len(y) {
				other = y[i]
			}
			return fmt.Sprintf("line %d:\n got %.200s\nwant %.200s", i+1, x[i], other)
		}
	}
	return "length"
}

func BenchmarkPages(b *testing.B) {
	list, err := engines()
	if err != nil {
		b.Fatal(err)
	}
	out := &sink{}
	for w, name := range workloadNames {
		for _, e := range list {
			b.Run(strings.Fields(name)[0]+"/"+e.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := out.page(e.pages[w]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

var update = flag.Bool("update", false, "rewrite ideal_escape.go from the renderer's escaper")

// TestIdealEscaper holds that the lower bound escapes with a copy of the renderer's own escaper.
func TestIdealEscaper(t *testing.T) {
	src, err := os.ReadFile("../escape.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(src), "package render", "package main", 1)
	text, _, _ = strings.Cut(text, "\n// escaped gives")
	want := "// Code generated from ../escape.go by go test -update; DO NOT EDIT.\n\n" + text
	if *update {
		if err := os.WriteFile("ideal_escape.go", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("ideal_escape.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("ideal_escape.go is not current: go test -update")
	}
}
