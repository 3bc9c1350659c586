package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCollectFilesTakesWhatServes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"app.sx", "app_test.sx", "pages/a.sx", "public/a.txt", "public/data/b.txt", "public/.secret", "public/.well-known/x",
		"assets/a.ts", "migrations/1.sql", "data/app.db", "README.md", "main.go", ".env", "dist/app", "testdata/x.sx", "notes.sx~",
		"../outside.sx",
	} {
		write(t, filepath.Join(dir, "app", name), name)
	}
	dir = filepath.Join(dir, "app")
	for name, to := range map[string]string{
		"pages/shared.sx": "../../outside.sx",
		"public/b.txt":    "a.txt", "public/linked": "data", "public/data/up": "..", "public/out.sx": "../../outside.sx",
		"public/nowhere": "nothing", "public/absolute": filepath.Join(dir, "app.sx"), "public/itself": "itself",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	files, err := collectFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.name)
	}
	want := "app.sx assets/a.ts migrations/1.sql pages/a.sx pages/shared.sx public/.well-known/x public/a.txt public/b.txt public/data/b.txt public/linked/b.txt"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}
