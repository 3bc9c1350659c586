package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// A built site is the sx executable followed by a zip archive of the application. Readers of executables look
// at the front of the file and readers of zip archives at its end, so that both find what they want.

// archiveComment marks the archive as ours: a zip archive alone may stand behind an executable for other reasons.
const archiveComment = "sx application, version 1"

// archiveFile is one file of an application.
type archiveFile struct {
	name string // slash-separated
	data []byte
}

// writeExecutable writes the executable exe followed by the files. The same input gives the same bytes: the
// files are sorted and carry no times.
func writeExecutable(w io.Writer, exe io.Reader, files []archiveFile) error {
	size, err := io.Copy(w, exe)
	if err != nil {
		return err
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b archiveFile) int { return cmp.Compare(a.name, b.name) })
	z := zip.NewWriter(w)
	z.SetOffset(size)
	if err := z.SetComment(archiveComment); err != nil {
		return err
	}
	for _, f := range files {
		method := zip.Deflate
		if !deflates(f.data) {
			method = zip.Store // it is compressed already, and can be read from the middle
		}
		out, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: method, Modified: time.Time{}})
		if err != nil {
			return err
		}
		if _, err := out.Write(f.data); err != nil {
			return err
		}
	}
	return z.Close()
}

// deflates reports whether compressing a file gains a tenth of it.
func deflates(data []byte) bool {
	var n counter
	w, err := flate.NewWriter(&n, flate.BestSpeed)
	if err != nil {
		return true
	}
	w.Write(data) // counting does not fail
	w.Close()
	return int(n) < len(data)-len(data)/10
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// archive is the application behind an executable. Files that are not compressed in it can be sought in, so that a part of
// a film is served without reading all of it.
type archive struct {
	*zip.Reader
	stored map[string]*zip.File
}

func newArchive(r *zip.Reader) archive {
	a := archive{r, map[string]*zip.File{}}
	for _, f := range r.File {
		if f.Method == zip.Store && f.Mode().IsRegular() {
			a.stored[f.Name] = f
		}
	}
	return a
}

// Open implements fs.FS.
func (a archive) Open(name string) (fs.File, error) {
	if f := a.stored[name]; f != nil {
		r, err := f.OpenRaw()
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		if r, ok := r.(io.ReadSeeker); ok {
			return &storedFile{r, f.FileInfo()}, nil
		}
	}
	return a.Reader.Open(name)
}

// storedFile is a file of an archive, as it stands in it.
type storedFile struct {
	io.ReadSeeker
	info fs.FileInfo
}

func (f *storedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *storedFile) Close() error               { return nil }

// openArchive returns the application behind an executable. ok is false for one without an application. The files
// are read when they are asked for; close ends that.
func openArchive(path string) (app fs.FS, size int64, closeFile func() error, ok bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, nil, false, err
	}
	info, err := f.Stat()
	if err == nil && endsWith(f, info.Size(), archiveComment) {
		r, err := zip.NewReader(f, info.Size())
		if err == nil {
			return newArchive(r), info.Size(), f.Close, true, nil
		}
		f.Close()
		return nil, 0, nil, false, fmt.Errorf("the application in %s is damaged: %w", path, err)
	}
	return nil, 0, nil, false, errors.Join(err, f.Close())
}

func endsWith(f io.ReaderAt, size int64, text string) bool {
	end := make([]byte, len(text))
	if size < int64(len(end)) {
		return false
	}
	_, err := f.ReadAt(end, size-int64(len(end)))
	return err == nil && string(end) == text
}

// bareExecutable returns this program without an application behind it.
func bareExecutable() ([]byte, error) {
	path, err := ownPath()
	if err != nil {
		return nil, err
	}
	exe, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(exe, []byte(archiveComment)) {
		return exe, nil
	}
	r, err := zip.NewReader(bytes.NewReader(exe), int64(len(exe)))
	if err != nil {
		return nil, err
	}
	if len(r.File) == 0 {
		return nil, errors.New("the application behind this executable is empty")
	}
	// The first local header begins where the executable ends; its data begins after the name and the extra field.
	first := int64(len(exe))
	for _, f := range r.File {
		off, err := f.DataOffset()
		if err != nil {
			return nil, err
		}
		first = min(first, off)
	}
	start := bytes.LastIndex(exe[:first], []byte("PK\x03\x04"))
	if start < 0 {
		return nil, errors.New("the application behind this executable is damaged")
	}
	return exe[:start], nil
}
