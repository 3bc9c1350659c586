package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// What a built site takes from an application's folder. Symbolic links count as what they lead to, as they do when
// the folder is served: those in public/ only within it, others wherever they lead.

// collectFiles reads what a built application needs. Tests, hidden files and what programs write stay out.
func collectFiles(dir string) ([]archiveFile, error) {
	fsys := os.DirFS(dir)
	var out []archiveFile
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if d.IsDir() {
			if name == "public" || ignoredDir(d.Name()) || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !deployed(name) {
			return nil
		}
		if info, err := fs.Stat(fsys, name); err != nil || !info.Mode().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		out = append(out, archiveFile{name, data})
		return err
	})
	if err != nil {
		return nil, err
	}
	public, err := publicFiles(filepath.Join(dir, "public"))
	for _, f := range public {
		out = append(out, archiveFile{"public/" + f.name, f.data})
	}
	return out, err
}

// deployed says which files outside of public/ a built application needs.
func deployed(name string) bool {
	base := path.Base(name)
	switch {
	case ignoredFile(base), strings.HasSuffix(name, "_test.sx"):
		return false
	case strings.HasPrefix(name, "assets/"), strings.HasPrefix(name, "migrations/"):
		return true
	}
	return strings.HasSuffix(name, ".sx")
}

// publicFiles reads the files that are served as they are. Without the folder there are none.
func publicFiles(dir string) ([]archiveFile, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var out []archiveFile
	var read func(name string, above []fs.FileInfo) error
	read = func(name string, above []fs.FileInfo) error {
		info, err := root.Stat(name)
		switch {
		case err != nil:
			if link, err := root.Lstat(name); err == nil && link.Mode()&fs.ModeSymlink != 0 {
				return nil // it leads nowhere, or out of the folder
			}
			return err
		case info.Mode().IsRegular():
			data, err := root.ReadFile(name)
			out = append(out, archiveFile{name, data})
			return err
		case !info.IsDir() || slices.ContainsFunc(above, func(up fs.FileInfo) bool { return os.SameFile(up, info) }):
			return nil // a device, or a link to a folder that it stands in
		}
		entries, err := fs.ReadDir(root.FS(), name)
		for _, e := range entries {
			inside := path.Join(name, e.Name())
			if strings.HasPrefix(e.Name(), ".") && inside != ".well-known" {
				continue
			}
			if err := read(inside, append(slices.Clip(above), info)); err != nil {
				return err
			}
		}
		return err
	}
	return out, read(".", nil)
}
