package sxtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Recorded reads a file of cases that were recorded from other projects. They are not part of this one: SX_VECTORS names
// their folder, which is ../shared/vectors beside the checkout by default. A test is skipped where they are missing, and says so.
func Recorded(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("SX_VECTORS")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared", "vectors")
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("recorded cases are not here (SX_VECTORS names their folder): %v", err)
	}
	return data
}

// moduleRoot returns the folder of go.mod above the package under test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = up
	}
}
