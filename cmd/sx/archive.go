package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
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
		if slices.Contains([]string{".br", ".zst", ".gz", ".png", ".jpg", ".jpeg", ".webp", ".avif", ".woff2", ".mp4"}, path.Ext(f.name)) {
			method = zip.Store // it is compressed already
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

// openArchive gives the application behind an executable. ok is false for one without an application. The files
// are read when they are asked for; close ends that.
func openArchive(path string) (app *zip.Reader, size int64, closeFile func() error, ok bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, nil, false, err
	}
	info, err := f.Stat()
	if err == nil && endsWith(f, info.Size(), archiveComment) {
		r, err := zip.NewReader(f, info.Size())
		if err == nil {
			return r, info.Size(), f.Close, true, nil
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

// bareExecutable gives this program without an application behind it.
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
	// The first local header begins where the executable ends; its data offset lies behind name and extra field.
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
