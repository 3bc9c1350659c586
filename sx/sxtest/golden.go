package sxtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files with what the tests produce")

// Golden compares got with the file at path, byte for byte. With -update it writes the file instead; read
// the diff before committing it. A failure prints the lines that differ.
func Golden(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v (run the test with -update to write it)\ngot:\n%s", err, got)
		return
	}
	if d := Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got); -update rewrites it\n%s", path, d)
	}
}

// Diff returns the lines in which want and got differ, with - and + before them and three lines of context,
// or "" when they are equal. It drops equal beginnings and ends only: enough to see what changed.
func Diff(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	head := 0
	for head < len(w) && head < len(g) && w[head] == g[head] {
		head++
	}
	tail := 0
	for tail < len(w)-head && tail < len(g)-head && w[len(w)-1-tail] == g[len(g)-1-tail] {
		tail++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "@@ line %d @@\n", head+1)
	write := func(mark string, lines []string) {
		for _, line := range lines {
			if line == "" {
				continue
			}
			b.WriteString(mark + line)
			if !strings.HasSuffix(line, "\n") {
				b.WriteString("⏎ no newline at the end\n")
			}
		}
	}
	write(" ", w[max(0, head-3):head])
	write("-", w[head:len(w)-tail])
	write("+", g[head:len(g)-tail])
	write(" ", w[len(w)-tail:min(len(w), len(w)-tail+3)])
	return b.String()
}
