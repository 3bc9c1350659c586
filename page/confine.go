package page

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// confined is a file system whose symbolic links lead to files within it: os.DirFS follows them wherever they
// lead, and a link in public/ would publish its target. Links within the folder work. It resolves links
// by their text, which guards against mistakes, and not against somebody who changes the folder meanwhile.
type confined struct{ fs.ReadLinkFS }

var (
	_ fs.FS     = confined{}
	_ fs.StatFS = confined{}
)

// confine returns fsys itself when it has no links, as embedded files have none.
func confine(fsys fs.FS) fs.FS {
	if links, ok := fsys.(fs.ReadLinkFS); ok {
		return confined{links}
	}
	return fsys
}

var errLeadsOut = errors.New("a symbolic link leads out of the folder")

const mostLinks = 40 // on the way to one file, as on Linux

// resolve returns the name without symbolic links.
func (c confined) resolve(op, name string) (string, error) {
	fail := func(err error) (string, error) { return "", &fs.PathError{Op: op, Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	done, rest := "", name
	for links := 0; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		at := path.Join(done, part)
		info, err := c.ReadLinkFS.Lstat(at)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = at
			continue
		}
		target, err := c.ReadLinkFS.ReadLink(at)
		if err != nil {
			return "", err
		}
		if links++; links > mostLinks {
			return fail(errors.New("too many symbolic links"))
		}
		to := path.Join(done, target)
		if path.IsAbs(target) || !fs.ValidPath(to) {
			return fail(errLeadsOut)
		}
		done, rest = "", path.Join(to, rest)
	}
	return done, nil
}

// Open implements fs.FS.
func (c confined) Open(name string) (fs.File, error) {
	name, err := c.resolve("open", name)
	if err != nil {
		return nil, err
	}
	return c.ReadLinkFS.Open(name)
}

// Stat implements fs.StatFS.
func (c confined) Stat(name string) (fs.FileInfo, error) {
	name, err := c.resolve("stat", name)
	if err != nil {
		return nil, err
	}
	return fs.Stat(c.ReadLinkFS, name)
}
