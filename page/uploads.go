package page

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/sx"
)

// A file that a visitor sent is in a temporary file until its request has been answered. What a program saves is
// kept in the folder uploads of the application's data, under a name that cannot be guessed, and is served from there
// as something foreign: never as a page or a script of this site.

const (
	uploadPrefix   = "/_sx/uploads/"
	uploadTextMost = 10 << 20 // bytes of an uploaded file that (upload-text …) reads
	uploadNameLen  = 26       // of rand.Text: 130 random bits
)

// errNoUpload tells that a dict is not a file of the request: whoever sends JSON can make one of the same shape.
var errNoUpload = &statusError{http.StatusBadRequest, "a file was expected that came with this request"}

// OpenUpload opens an uploaded file that a handler or an action got as a parameter. ctx is the one that a primitive
// written in Go gets, v the parameter's value: a dict with :name, :type, :size (bytes) and :path. A dict that
// did not come from this request's files, such as one sent as JSON, is an error. The caller closes the file. It is
// there until the request has been answered.
func OpenUpload(ctx context.Context, v sx.Value) (*os.File, error) {
	q, err := requestOf(ctx, "an upload")
	if err != nil {
		return nil, err
	}
	u, err := q.upload(v)
	if err != nil {
		return nil, err
	}
	return os.Open(u.path)
}

// upload finds the file of the request that v stands for.
func (q *request) upload(v sx.Value) (upload, error) {
	d := v.Dict()
	if d == nil {
		return upload{}, fmt.Errorf("argument 1 must be a file of a form, got %s", v.TypeName())
	}
	if q.sub != nil {
		where, _ := d.Lookup("path")
		for _, files := range q.sub.files {
			for _, u := range files {
				if path, ok := where.AsString(); ok && path == u.path {
					return u, nil
				}
			}
		}
	}
	return upload{}, errNoUpload
}

func (a *App) uploadPrimitives() []*sx.Primitive {
	p := func(usage, doc string, effects sx.Effect, f func(ctx context.Context, arg sx.Value) (sx.Value, error)) *sx.Primitive {
		name, _, _ := strings.Cut(strings.Trim(usage, "()"), " ")
		return &sx.Primitive{Name: name, Usage: usage, Doc: doc, Effects: effects, Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			v, err := f(ctx, args[0])
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			return v, err
		}}
	}
	return []*sx.Primitive{
		p("(upload-save! file)", "Keeps a file of a form and gives the name to find it by. What a handler saves is removed again when it fails or aborts.", sx.IO|sx.Request|sx.Write,
			func(ctx context.Context, file sx.Value) (sx.Value, error) {
				q, err := requestOf(ctx, "upload-save!")
				if err != nil {
					return sx.Nil, err
				}
				u, err := q.upload(file)
				if err != nil {
					return sx.Nil, err
				}
				name, err := a.saveUpload(u, q.site.uploadMost())
				if err != nil {
					return sx.Nil, err
				}
				q.mu.Lock()
				q.saved = append(q.saved, name)
				q.mu.Unlock()
				return sx.String(name), nil
			}),
		p("(upload-text file)", "The text of a file of a form, at most 10 MiB of UTF-8.", sx.IO|sx.Request, func(ctx context.Context, file sx.Value) (sx.Value, error) {
			f, err := OpenUpload(ctx, file)
			if err != nil {
				return sx.Nil, err
			}
			defer f.Close()
			data, err := io.ReadAll(io.LimitReader(f, uploadTextMost+1))
			switch {
			case err != nil:
				return sx.Nil, err
			case len(data) > uploadTextMost:
				return sx.Nil, fmt.Errorf("the file exceeds %d bytes", uploadTextMost)
			case !utf8.Valid(data):
				return sx.Nil, errors.New("the file is not UTF-8 text")
			}
			return sx.String(string(data)), nil
		}),
		p("(upload-url name)", "The address of a saved file.", sx.IO, func(_ context.Context, name sx.Value) (sx.Value, error) {
			s, ok := name.AsString()
			if !ok || !uploadName(s) {
				return sx.Nil, notSaved(name)
			}
			return sx.String(uploadPrefix + s), nil
		}),
		p("(upload-remove! name)", "Removes a saved file; one that is gone already is no error.", sx.IO|sx.Write, func(_ context.Context, name sx.Value) (sx.Value, error) {
			s, ok := name.AsString()
			if !ok || !uploadName(s) {
				return sx.Nil, notSaved(name)
			}
			return sx.Nil, a.removeUpload(s)
		}),
	}
}

func notSaved(name sx.Value) error {
	return fmt.Errorf("%s is not a name that upload-save! gave", sx.Serialize(name))
}

// uploadName reports whether a name is one that saveUpload makes: letters and digits, and an extension of the table.
func uploadName(name string) bool {
	if len(name) < uploadNameLen || strings.Trim(name[:uploadNameLen], "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return false
	}
	return uploadExtension(name[uploadNameLen:]) == name[uploadNameLen:]
}

// uploadExtension returns the extension of a name if browsers show or play such files without running what is in them,
// and none otherwise: the file is then one to download.
func uploadExtension(name string) string {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".mp3", ".mp4", ".webm", ".pdf", ".txt", ".csv", ".zip":
		return ext
	}
	return ""
}

// saveUpload copies a file of a request to the folder of uploads, which may hold at most most bytes.
func (a *App) saveUpload(u upload, most int64) (string, error) {
	if err := os.MkdirAll(a.uploads.folder, 0o700); err != nil {
		return "", err
	}
	name := strings.ToLower(rand.Text()) + uploadExtension(u.name)
	from, err := os.Open(u.path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	if err := a.uploads.take(u.size, most, true); err != nil {
		return "", err
	}
	to, err := os.OpenFile(filepath.Join(a.uploads.folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		a.uploads.free(u.size, true)
		return "", noRoom(err)
	}
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Sync() // a program that was told of the name may write it into its database
	}
	if cerr := to.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(to.Name())
		a.uploads.free(u.size, true)
		return "", noRoom(err)
	}
	return name, nil
}

func (a *App) removeUpload(name string) error {
	size := a.uploads.fileSize(name)
	switch err := os.Remove(filepath.Join(a.uploads.folder, name)); {
	case err == nil:
		a.uploads.free(size, true)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// keepSaved lets what a run of a streaming handler saved stay, whatever becomes of later runs.
func (q *request) keepSaved() {
	q.mu.Lock()
	q.saved = nil
	q.mu.Unlock()
}

// dropSaved removes what a request that failed had saved.
func (q *request) dropSaved() {
	q.mu.Lock()
	names := q.saved
	q.saved = nil
	q.mu.Unlock()
	for _, name := range names {
		if err := q.app.removeUpload(name); err != nil {
			q.app.log.Error("an upload could not be removed", "name", name, "err", err)
		}
	}
}

// serveUpload sends a saved file. Whatever is in it, it runs nothing: its type is of the table, browsers do not guess
// another, and a document opened from it is in a sandbox without an origin.
func (a *App) serveUpload(s *site, w http.ResponseWriter, r *http.Request, name string) {
	if !uploadName(name) {
		http.NotFound(w, r)
		return
	}
	if !s.readable(w, s.newRequest(r, originOf(r))) {
		return
	}
	f, err := os.Open(filepath.Join(a.uploads.folder, name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=31536000, immutable") // a name stands for one content
	h.Set("Etag", `"`+name+`"`)
	switch {
	case strings.HasPrefix(contentType(name), "image/"), strings.HasPrefix(contentType(name), "audio/"), strings.HasPrefix(contentType(name), "video/"):
	default:
		h.Set("Content-Disposition", "attachment")
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
}
