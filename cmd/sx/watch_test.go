package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func startWatcher(t *testing.T, dir string) <-chan []string {
	t.Helper()
	w, err := newWatcher(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	changes, done := make(chan []string, 100), make(chan error, 1)
	go func() { done <- w.run(ctx, func(paths []string) { changes <- paths }) }() // ends with ctx
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return changes
}

// until waits for a change that names path, and gives how many reports that took.
func until(t *testing.T, changes <-chan []string, path string) int {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for n := 1; ; n++ {
		select {
		case paths := <-changes:
			if slices.Contains(paths, path) {
				return n
			}
		case <-deadline:
			t.Fatalf("no change of %s was reported", path)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWatcherReportsABurstOnce(t *testing.T) {
	dir := t.TempDir()
	changes := startWatcher(t, dir)
	for range 20 {
		write(t, filepath.Join(dir, "app.sx"), "(define a 1)")
	}
	if n := until(t, changes, "app.sx"); n > 3 {
		t.Errorf("20 writes in a row gave %d reports", n)
	}
}

func TestWatcherSeesNewFoldersRenamesAndRemovals(t *testing.T) {
	dir := t.TempDir()
	changes := startWatcher(t, dir)
	write(t, filepath.Join(dir, "pages", "deep", "a.sx"), "1")
	until(t, changes, "pages")

	// The way most editors save: write beside, then rename.
	write(t, filepath.Join(dir, "pages", ".a.sx.tmp"), "2")
	if err := os.Rename(filepath.Join(dir, "pages", ".a.sx.tmp"), filepath.Join(dir, "pages", "b.sx")); err != nil {
		t.Fatal(err)
	}
	until(t, changes, "pages/b.sx")
	if err := os.Remove(filepath.Join(dir, "pages", "b.sx")); err != nil {
		t.Fatal(err)
	}
	until(t, changes, "pages/b.sx")
}

// After a folder was renamed, what happens in it is reported under its new name, also below.
func TestWatcherFollowsRenamedFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pages", "deep", "a.sx"), "1")
	changes := startWatcher(t, dir)
	if err := os.Rename(filepath.Join(dir, "pages"), filepath.Join(dir, "views")); err != nil {
		t.Fatal(err)
	}
	until(t, changes, "views")
	write(t, filepath.Join(dir, "views", "deep", "a.sx"), "2")
	until(t, changes, "views/deep/a.sx")
}

func TestWatcherLeavesOutWhatProgramsWrite(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	changes := startWatcher(t, dir)
	write(t, filepath.Join(dir, "data", "app.db"), "x")
	write(t, filepath.Join(dir, ".git", "index"), "x")
	write(t, filepath.Join(dir, "app.sx~"), "x")
	write(t, filepath.Join(dir, "last.sx"), "x")
	deadline := time.After(10 * time.Second)
	for {
		select {
		case paths := <-changes:
			for _, p := range paths {
				if p != "last.sx" {
					t.Errorf("reported %s", p)
				}
			}
			if slices.Contains(paths, "last.sx") {
				return
			}
		case <-deadline:
			t.Fatal("last.sx was not reported")
		}
	}
}

// What a server writes beside its application, a log for instance, is no change of it: each reload writes a line more.
func TestWhatIsPartOfASite(t *testing.T) {
	d := &devSite{dir: t.TempDir()}
	for _, name := range []string{"serve.log", "nohup.out", "pages/notes.txt", "log"} {
		write(t, filepath.Join(d.dir, name), "x")
		if d.partOf(name) {
			t.Errorf("%s is taken for a part of the site", name)
		}
	}
	for _, name := range []string{"app.sx", "assets/a.css", "assets", "public/x", "migrations/1.sql", ".", "pages", "gone", "package.json"} {
		if !d.partOf(name) {
			t.Errorf("%s is not taken for a part of the site", name)
		}
	}
	if !partOfGoApp("posts/first.md") || partOfGoApp("README.md") || partOfGoApp("x_test.go") || partOfGoApp("serve.log") {
		t.Error("parts of Go programs")
	}
}
