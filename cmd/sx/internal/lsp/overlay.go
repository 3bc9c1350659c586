package lsp

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// overlay is the files of a folder with the open buffers laid over them. Files of the language come repaired; see
// repair. It serves one load.
type overlay struct {
	base    fs.FS
	docs    map[string]*text // by name below the folder
	only    string           // the one file there is, or ""
	apart   bool             // folders inside that are applications of their own are left out
	repairs map[string]*repair
}

var (
	_ fs.ReadDirFS = (*overlay)(nil)
	_ fs.StatFS    = (*overlay)(nil)
)

// Open implements fs.FS.
func (o *overlay) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, ".sx") {
		return o.base.Open(name)
	}
	s := ""
	var info fs.FileInfo
	if t := o.docs[name]; t != nil {
		s, info = t.s, buffer{path.Base(name), len(t.s)}
	} else {
		data, err := fs.ReadFile(o.base, name)
		if err != nil {
			return nil, err
		}
		if info, err = fs.Stat(o.base, name); err != nil {
			return nil, err
		}
		s = string(data)
	}
	r := repaired(name, s)
	if r == nil {
		delete(o.repairs, name)
	} else {
		o.repairs[name] = r
		s = r.fixed
	}
	return &openFile{strings.NewReader(s), info}, nil
}

// Stat implements fs.StatFS.
func (o *overlay) Stat(name string) (fs.FileInfo, error) {
	if t := o.docs[name]; t != nil {
		return buffer{path.Base(name), len(t.s)}, nil
	}
	return fs.Stat(o.base, name)
}

// ReadDir implements fs.ReadDirFS.
func (o *overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	if o.only != "" {
		if name != "." {
			return nil, nil
		}
		if t := o.docs[o.only]; t != nil {
			return []fs.DirEntry{buffer{o.only, len(t.s)}}, nil
		}
		info, err := fs.Stat(o.base, o.only)
		if err != nil {
			return nil, nil
		}
		return []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
	}
	entries, err := fs.ReadDir(o.base, name)
	var out []fs.DirEntry
	for _, e := range entries {
		full := path.Join(name, e.Name())
		if o.docs[full] != nil || o.apart && e.IsDir() && o.isApplication(full) {
			continue
		}
		out = append(out, e)
	}
	for full, t := range o.docs {
		if path.Dir(full) == name {
			out = append(out, buffer{path.Base(full), len(t.s)})
			err = nil // a folder that is not written yet, too
		}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, err
}

func (o *overlay) isApplication(dir string) bool {
	for _, name := range []string{"app.sx", "go.mod"} {
		if _, err := fs.Stat(o.base, path.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// buffer is the file of an open buffer. It has no time, so that it is read anew at each load.
type buffer struct {
	name string
	size int
}

// Name and the rest implement fs.FileInfo and fs.DirEntry.
func (b buffer) Name() string               { return b.name }
func (b buffer) Size() int64                { return int64(b.size) }
func (b buffer) Mode() fs.FileMode          { return 0o644 }
func (b buffer) ModTime() time.Time         { return time.Time{} }
func (b buffer) IsDir() bool                { return false }
func (b buffer) Sys() any                   { return nil }
func (b buffer) Type() fs.FileMode          { return 0 }
func (b buffer) Info() (fs.FileInfo, error) { return b, nil }

// openFile is a file of the overlay being read.
type openFile struct {
	*strings.Reader
	info fs.FileInfo
}

var _ io.Reader = (*openFile)(nil)

// Stat implements fs.File.
func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close implements fs.File.
func (f *openFile) Close() error { return nil }
