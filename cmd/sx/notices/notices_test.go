package notices_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/cmd/sx/notices"
)

// The text in the executable names every module that it is linked from, in its version; make gen brings it up to date.
func TestOwnLicensesAreComplete(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "..")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := notices.Own()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, m := range modules {
		if m = strings.TrimSpace(m); m != "" && !strings.Contains(text, "\n"+m+"\n") {
			t.Errorf("%s is missing: make gen", m)
		}
	}
	for _, want := range []string{"Go, its standard library and runtime", "Permission is hereby granted", "Redistribution and use in source", "The SX for Go authors"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "Without a license file") {
		t.Error("a module has no license file")
	}
}

func TestCollectNamesWhatHasNoLicense(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example.org/app\n\ngo 1.26\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/b v1.0.0\n\texample.org/c v1.0.0\n)\nreplace example.org/a => ./a\nreplace example.org/b => ./b\nreplace example.org/c => ./c\n",
		"main.go":         "package main\n\nimport (\n\t_ \"example.org/a\"\n\t_ \"example.org/b\"\n\t_ \"example.org/c\"\n)\n\nfunc main() {}\n",
		"a/go.mod":        "module example.org/a\n",
		"a/a.go":          "package a\n",
		"a/LICENSE":       "The same words.  \r\n",
		"b/go.mod":        "module example.org/b\n",
		"b/b.go":          "package b\n",
		"b/license.md":    "The same words.\n",
		"b/license.go":    "package b\n",
		"c/go.mod":        "module example.org/c\n",
		"c/c.go":          "package c\n",
		"c/unrelated.txt": "Other words.\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := notices.Collect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "\nexample.org/a v1.0.0\nexample.org/b v1.0.0\n\nThe same words.\n") ||
		!strings.HasSuffix(text, "\nWithout a license file:\nexample.org/c v1.0.0\n") || strings.Contains(text, "Other words") {
		t.Errorf("%s", text[max(0, len(text)-600):])
	}
	if _, err := notices.Collect(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder without a program has licenses")
	}
}
