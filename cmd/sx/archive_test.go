package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestArchiveReadsBackAndIsReproducible(t *testing.T) {
	files := []archiveFile{{"pages/b.sx", []byte("(b)")}, {"app.sx", []byte(strings.Repeat("(a)", 1000))}, {"empty", nil}}
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := writeExecutable(w, strings.NewReader("EXECUTABLE"), files); err != nil {
			t.Fatal(err)
		}
		files[0], files[1] = files[1], files[0] // the order of the input must not matter
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same files gave different bytes")
	}
	if !bytes.HasPrefix(first.Bytes(), []byte("EXECUTABLE")) {
		t.Error("the executable does not come first")
	}
	path := filepath.Join(t.TempDir(), "built")
	if err := os.WriteFile(path, first.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	app, _, closeFile, ok, err := openArchive(path)
	if err != nil || !ok {
		t.Fatalf("openArchive: %v, %v", ok, err)
	}
	defer closeFile()
	for _, f := range files {
		data, err := fs.ReadFile(app, f.name)
		if err != nil || !bytes.Equal(data, f.data) {
			t.Errorf("%s: %d bytes, %v; want %d", f.name, len(data), err, len(f.data))
		}
	}
}

func TestAnOrdinaryExecutableHasNoApplication(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plain")
	for _, text := range []string{"", "PK\x05\x06", strings.Repeat("x", 1<<17)} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, _, _, ok, err := openArchive(path); ok || err != nil {
			t.Errorf("%.10q: %v, %v", text, ok, err)
		}
	}
}

func TestADamagedApplicationSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(path, []byte("EXE"+archiveComment), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, _, _, err := openArchive(path); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("got %v", err)
	}
}
