package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/sx-framework/sxgo/sx"
)

func fmtCommand() *command {
	return &command{
		name:  "fmt",
		usage: "[-w | -l | -d | --check] [FILES]",
		short: "lays out .sx files in the one canonical style",
		run:   runFmt,
	}
}

func runFmt(_ context.Context, c *call) error {
	write := c.flags.Bool("w", false, "write the result back to the files")
	list := c.flags.Bool("l", false, "list the files whose layout differs")
	showDiff := c.flags.Bool("d", false, "print the difference")
	check := c.flags.Bool("check", false, "like -l, and fail when there is one")
	if err := c.parse(-1); err != nil {
		return err
	}
	if len(c.args) == 0 {
		if *write {
			return usagef("-w needs FILES: there is nothing to write standard input back to")
		}
		return c.formatStream(*list || *check, *showDiff, *check)
	}
	files, err := sxFiles(c.args)
	if err != nil {
		return err
	}
	bad := false
	for _, name := range files {
		old, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		differs, err := c.formatted(name, old, *write, *list || *check, *showDiff)
		if err != nil {
			c.report(c.stderr, err)
			bad = true
		}
		bad = bad || *check && differs
	}
	if bad {
		return errReported
	}
	return nil
}

func (c *call) formatStream(list, showDiff, check bool) error {
	text, err := io.ReadAll(c.stdin)
	if err != nil {
		return err
	}
	differs, err := c.formatted("stdin", text, false, list, showDiff)
	if err == nil && differs && check {
		return errReported
	}
	return err
}

// formatted formats one file and does with the result what the flags ask for. It tells whether the layout
// differs.
func (c *call) formatted(name string, old []byte, write, list, showDiff bool) (bool, error) {
	text, err := sx.Format(sx.NewSource(filepath.ToSlash(name), string(old)))
	if err != nil {
		return false, err
	}
	differs := text != string(old)
	if list && differs {
		fmt.Fprintln(c.stdout, name)
	}
	if showDiff && differs {
		c.stdout.Write(diff.Diff(name+".orig", old, name, []byte(text)))
	}
	if write && differs {
		return true, replaceFile(name, []byte(text))
	}
	if !write && !list && !showDiff {
		_, err = io.WriteString(c.stdout, text)
	}
	return differs, err
}

// replaceFile writes a file so that a reader, or a crash, sees the old text or the new one.
func replaceFile(name string, data []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".sx-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

// sxFiles returns the files named, and the .sx files below the folders named.
func sxFiles(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, usagef("%v", plainPathError(err))
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			hidden := strings.HasPrefix(d.Name(), ".") && path != name
			if d.IsDir() && (hidden || d.Name() == "node_modules" || d.Name() == "dist") {
				return fs.SkipDir
			}
			if !d.IsDir() && !hidden && strings.HasSuffix(path, ".sx") {
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
