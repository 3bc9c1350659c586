package lsp

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What a Go program registers is unknown to whoever does not run it. It is registered under a name, though, and the name is
// a string in one of its files. So sx check says of such a folder that it may not know everything, and the server says
// nothing of names that stand there.

const (
	goFilesMost = 2000
	goFileMost  = 1 << 20
)

// goFile is what one file holds.
type goFile struct {
	written time.Time
	strings []string
}

// goStrings returns the strings of the Go files below the folder of a program, nil when it holds none.
func (r *root) goStrings() map[string]bool {
	if r.only != "" || !exists(r.dir, "main.go") && !exists(r.dir, "go.mod") {
		return nil
	}
	if r.loader.goFiles == nil {
		r.loader.goFiles = map[string]goFile{}
	}
	out := map[string]bool{}
	seen := 0
	filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name := d.Name()
		if d.IsDir() && path != r.dir && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "vendor" || name == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		if seen++; seen > goFilesMost {
			return fs.SkipAll
		}
		info, err := d.Info()
		if err != nil || info.Size() > goFileMost {
			return nil
		}
		f := r.loader.goFiles[path]
		if !f.written.Equal(info.ModTime()) {
			f = goFile{info.ModTime(), stringsOf(path)}
			r.loader.goFiles[path] = f
		}
		for _, s := range f.strings {
			out[s] = true
		}
		return nil
	})
	return out
}

// stringsOf returns the strings of a Go file that could be names.
func stringsOf(path string) (out []string) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile(path, -1, len(src)), src, func(token.Position, string) {}, 0)
	for {
		_, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return out
		case token.STRING:
			if name, err := strconv.Unquote(lit); err == nil && name != "" && len(name) < 100 && !strings.ContainsAny(name, delimiters) {
				out = append(out, name)
			}
		}
	}
}
