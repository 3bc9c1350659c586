package main

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestArchiveReadsBackAndIsReproducible(t *testing.T) {
	film := make([]byte, 5000)
	rand.NewChaCha8([32]byte{}).Read(film)
	files := []archiveFile{{"pages/b.sx", []byte("(b)")}, {"public/film.bin", film}, {"app.sx", []byte(strings.Repeat("(a)", 1000))}, {"empty", nil}}
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
	// What does not compress is read from the middle, without what stands before it.
	f, err := app.Open("public/film.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	part := make([]byte, 10)
	if s, ok := f.(io.ReadSeeker); !ok {
		t.Errorf("%T cannot seek", f)
	} else if _, err := s.Seek(4000, io.SeekStart); err != nil {
		t.Error(err)
	} else if _, err := io.ReadFull(s, part); err != nil || !bytes.Equal(part, film[4000:4010]) {
		t.Errorf("got %v, %v", part, err)
	}
	if err := fstest.TestFS(app, "pages/b.sx", "public/film.bin", "empty"); err != nil {
		t.Error(err)
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
