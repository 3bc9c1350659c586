package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Editors save in bursts: a temporary file, a rename, a change of mode. A change is reported when it has been
// quiet for settle, or, when a folder never falls quiet, after patience.
const (
	settle   = 15 * time.Millisecond
	patience = 200 * time.Millisecond
)

// watcher reports which files below a folder changed.
type watcher struct {
	root string
	fs   *fsnotify.Watcher
}

// newWatcher watches root and every folder below it that an application may have.
func newWatcher(root string) (*watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	out := &watcher{root: root, fs: w}
	if err := out.add(root); err != nil {
		w.Close()
		return nil, err
	}
	return out, nil
}

// add watches a folder and those below it. A folder that vanished meanwhile is no error.
func (w *watcher) add(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if path != w.root && ignoredDir(d.Name()) {
			return fs.SkipDir
		}
		return w.fs.Add(path)
	})
}

// forget ends the watching of a folder that has another name now, and of those below it: the system would keep reporting what happens
// there under the old one.
func (w *watcher) forget(dir string) {
	for _, name := range w.fs.WatchList() {
		if name == dir || strings.HasPrefix(name, dir+string(filepath.Separator)) {
			w.fs.Remove(name) // it may be gone
		}
	}
}

// ignoredDir names folders that hold what programs write, not what people write.
func ignoredDir(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "dist", "data", "bin"}, name)
}

// ignoredFile reports whether a file is what an editor leaves behind.
func ignoredFile(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~") ||
		strings.HasSuffix(name, ".swp") || strings.HasSuffix(name, ".tmp") || name == "4913"
}

// ownOutput reports whether this program writes into a file: to report that would change it again.
func ownOutput(name string) bool {
	info, err := os.Stat(name)
	if err != nil {
		return false
	}
	return slices.ContainsFunc([]*os.File{os.Stdout, os.Stderr}, func(f *os.File) bool {
		ours, err := f.Stat()
		return err == nil && os.SameFile(info, ours)
	})
}

// run calls changed with the paths, relative to the root and sorted, of what was written, made or removed, until
// ctx ends. It calls one at a time: what changes meanwhile is reported next.
func (w *watcher) run(ctx context.Context, changed func(paths []string)) error {
	defer w.fs.Close()
	var (
		pending = map[string]bool{}
		since   time.Time
		timer   = time.NewTimer(time.Hour)
	)
	timer.Stop()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err, ok := <-w.fs.Errors:
			if !ok {
				return nil
			}
			// The kernel's queue overflowed: anything may have changed, so say that everything did.
			if errors.Is(err, fsnotify.ErrEventOverflow) {
				pending["."] = true
				timer.Reset(settle)
				continue
			}
			return err
		case ev, ok := <-w.fs.Events:
			if !ok {
				return nil
			}
			rel, err := filepath.Rel(w.root, ev.Name)
			if err != nil || ev.Op == fsnotify.Chmod || ignoredFile(filepath.Base(rel)) || ownOutput(ev.Name) {
				continue
			}
			if ev.Has(fsnotify.Rename) {
				w.forget(ev.Name)
			}
			if ev.Has(fsnotify.Create) {
				if info, err := os.Stat(ev.Name); err == nil && info.IsDir() {
					if ignoredDir(info.Name()) {
						continue
					}
					// Files made before the watch began are not reported, so the folder itself stands for them.
					if err := w.add(ev.Name); err != nil {
						return err
					}
				}
			}
			if len(pending) == 0 {
				since = time.Now()
			}
			pending[filepath.ToSlash(rel)] = true
			timer.Reset(max(0, min(settle, patience-time.Since(since))))
		case <-timer.C:
			paths := make([]string, 0, len(pending))
			for p := range pending {
				paths = append(paths, p)
			}
			slices.Sort(paths)
			clear(pending)
			changed(paths)
		}
	}
}
