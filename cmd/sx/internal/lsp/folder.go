package lsp

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
)

// Application is a folder that is loaded again and again. One goroutine uses it.
type Application interface {
	// Load loads what fsys holds. It tells the option that the application was made with what it found; the
	// error is one that the program's diagnostics may have already.
	Load(fsys *Files) error
	Close()
}

// Files is what an Application is loaded from; it is an fs.FS.
type Files = overlay

// root is a folder that is loaded as one, or a file alone.
type root struct {
	dir   string
	only  string // the file, when it is alone
	apart bool   // applications inside are roots of their own

	gen     int // counts what changed; guarded by the server's mu
	opened  int // documents; of the handling goroutine
	last    int // when it was used last; of the handling goroutine
	latest  atomic.Pointer[index]
	loader  loader // of the analysing goroutine
	dropped atomic.Bool
}

// findRoot says which folder a file belongs to: the nearest one above it with an app.sx, else the nearest with pages,
// components or a go.mod, else the workspace's folder, else the file is alone.
func findRoot(file string, workspace []string) (dir, only string, apart bool) {
	limit := ""
	for _, w := range workspace {
		if below(file, w) && len(w) > len(limit) {
			limit = w
		}
	}
	var above []string // the folders above the file, nearest first
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		above = append(above, dir)
		if dir == limit || dir == filepath.Dir(dir) || limit == "" && exists(dir, ".git") {
			break
		}
	}
	if i := slices.IndexFunc(above, func(d string) bool { return exists(d, "app.sx") }); i >= 0 {
		dir = above[i]
	}
	for i := 0; i < len(above) && dir == ""; i++ {
		inside := slices.ContainsFunc(above[i:], func(d string) bool {
			base := filepath.Base(d)
			return (base == "pages" || base == "components") && d != limit
		})
		if !inside && (exists(above[i], "pages") || exists(above[i], "components") || exists(above[i], "go.mod")) {
			dir = above[i]
		}
	}
	if dir == "" && limit != "" {
		dir = limit
	}
	if dir == "" || skipped(dir, file) {
		return filepath.Dir(file), filepath.Base(file), false
	}
	return dir, "", !exists(dir, "app.sx")
}

// skipped reports whether loading a folder leaves a file out; see sx.ReadFiles.
func skipped(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	if err != nil {
		return true
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ".") {
			return true
		}
		switch p {
		case "node_modules", "dist", "data", "testdata":
			if i < len(parts)-1 {
				return true
			}
		}
	}
	return !strings.HasSuffix(file, ".sx")
}

// isApplication reports whether a folder of the workspace is worth loading before a file of it is opened.
func isApplication(dir string) bool {
	return exists(dir, "app.sx") || exists(dir, "pages") || exists(dir, "components")
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func below(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// pathOf returns the file that a URI names, "" when it is none.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return ""
	}
	p := u.Path
	if runtime.GOOS == "windows" {
		p = strings.TrimPrefix(p, "/")
	}
	return filepath.Clean(filepath.FromSlash(p))
}

// uriOf returns the URI of a file.
func uriOf(file string) string {
	p := filepath.ToSlash(file)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

// name returns the name of a file as the loader has it, "" when it is not of this root.
func (r *root) name(file string) string {
	if !below(file, r.dir) {
		return ""
	}
	rel, err := filepath.Rel(r.dir, file)
	if err != nil || r.only != "" && rel != r.only {
		return ""
	}
	return filepath.ToSlash(rel)
}

// file returns the path of a source, "" when it is no file: the prelude, and what Go defines.
func (r *root) file(name string) string {
	if name == "" || strings.ContainsAny(name, "(") || strings.HasPrefix(name, "go:") {
		return ""
	}
	return filepath.Join(r.dir, filepath.FromSlash(name))
}
