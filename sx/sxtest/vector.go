package sxtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// Lines reads a file that holds one JSON value per line. Where the file does not exist the test is skipped,
// with the path as the reason.
func Lines[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("vectors are not here: %v", err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s:%d: %v", path, n, err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// Cut calls f with data cut into pieces in every way a network likes to: whole, byte by byte, and in two at
// every offset, so between CR and LF and inside a character too. name says which cut it is. The pieces
// share data's bytes.
func Cut(data []byte, f func(name string, pieces [][]byte)) {
	f("whole", [][]byte{data})
	single := make([][]byte, len(data))
	for i := range data {
		single[i] = data[i : i+1]
	}
	f("byte by byte", single)
	for i := 1; i < len(data); i++ {
		f(fmt.Sprintf("cut at %d", i), [][]byte{data[:i], data[i:]})
	}
}
