// Package notices collects the licenses of the modules that a Go program is linked from: whoever passes a program on has
// to pass them on with it.
package notices

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:generate go run ./gen

//go:embed licenses.gen.txt.gz
var own []byte

// Own returns what Collect gave for the sx command, and so for every site that it builds without Go.
func Own() (string, error) { return Unpack(own) }

// Unpack returns a text that Pack packed.
func Unpack(data []byte) (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// Pack compresses a text.
func Pack(text string) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// part is a module, and the text of its license files.
type part struct{ name, text string }

// licenseFiles are the names of files that hold licenses.
var licenseFiles = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-._].*)?$`)

// Collect returns the licenses of what the package in dir is linked from, its own module's and Go's included, as one text
// in which the same license stands once. env is added to the environment in which Go lists the modules. Modules without a
// file that looks like a license are named at the end.
func Collect(ctx context.Context, dir string, env ...string) (string, error) {
	parts, err := parts(ctx, dir, env)
	if err != nil {
		return "", err
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	var texts, without []string
	of := map[string][]string{}
	for _, p := range parts {
		switch {
		case p.text == "":
			without = append(without, p.name)
			continue
		case of[p.text] == nil:
			texts = append(texts, p.text)
		}
		of[p.text] = append(of[p.text], p.name)
	}
	var b strings.Builder
	b.WriteString("This program is linked from the works named below, under their licenses.\n")
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(of[text], "\n"), text)
	}
	if len(without) > 0 {
		fmt.Fprintf(&b, "\n%s\nWithout a license file:\n%s\n", strings.Repeat("=", 80), strings.Join(without, "\n"))
	}
	return b.String(), nil
}

func parts(ctx context.Context, dir string, env []string) ([]part, error) {
	goroot, err := list(ctx, dir, env, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	out, err := list(ctx, dir, env, "list", "-deps", "-json=Module", ".")
	if err != nil {
		return nil, err
	}
	text, err := licensesIn(strings.TrimSpace(string(goroot)))
	if err != nil {
		return nil, err
	}
	found := []part{{"Go, its standard library and runtime", text}}
	seen := map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		m := pkg.Module
		if m == nil || seen[m.Path] {
			continue
		}
		seen[m.Path] = true
		text, err := licensesIn(m.Dir)
		if err != nil {
			return nil, err
		}
		if m.Main && text == "" {
			continue // whoever builds it knows its license
		}
		found = append(found, part{strings.TrimSpace(m.Path + " " + m.Version), text})
	}
}

// list runs the go command in dir.
func list(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// licensesIn returns the license files at the top of a module, "" when there are none or the module's files are not here.
func licensesIn(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var texts []string
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenseFiles.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		texts = append(texts, tidy(string(data)))
	}
	return strings.Join(texts, "\n\n"), nil
}

// tidy makes texts that differ in line ends and blanks alone the same.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
