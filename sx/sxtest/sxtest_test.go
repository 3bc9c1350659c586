package sxtest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx/sxtest"
)

func TestChunks(t *testing.T) {
	chunks, err := sxtest.Chunks("f.sx", "(a)\n(b) ; ERROR \"x\\\\.y\" \"\\d\"\n---\n(c) ; WARNING \"w\"\n---\n")
	if err != nil || len(chunks) != 3 {
		t.Fatalf("%v %v", chunks, err)
	}
	w := chunks[0].Want
	if len(w) != 2 || w[0].Line != 2 || w[0].Warning || w[0].Message.String() != `x\.y` || w[1].Message.String() != `\d` {
		t.Errorf("first chunk: %+v", w)
	}
	c := chunks[1]
	if c.Line != 4 || !strings.HasPrefix(c.Text, "\n\n\n(c)") || len(c.Want) != 1 || c.Want[0].Line != 4 || !c.Want[0].Warning {
		t.Errorf("second chunk: %+v", c)
	}
	if _, err := sxtest.Chunks("f.sx", `a ; ERROR "("`); err == nil {
		t.Error("a bad regexp is taken")
	}
}

func TestCut(t *testing.T) {
	n := 0
	sxtest.Cut([]byte("abc"), func(name string, pieces [][]byte) {
		n++
		if got := string(bytes.Join(pieces, nil)); got != "abc" {
			t.Errorf("%s: %q", name, got)
		}
	})
	if n != 4 {
		t.Errorf("%d cuts", n)
	}
}

func TestDiff(t *testing.T) {
	if d := sxtest.Diff("a\nb\nc\n", "a\nx\nc\n"); d != "@@ line 2 @@\n a\n-b\n+x\n c\n" {
		t.Errorf("got %q", d)
	}
	if d := sxtest.Diff("a", "a\n"); !strings.Contains(d, "no newline") {
		t.Errorf("got %q", d)
	}
}
