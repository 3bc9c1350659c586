package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// static serves the files of a folder as they are. Nothing outside the folder can be named: a name is a
// valid fs.FS path made of decoded segments, none of which is empty, dotted or hidden.
type static struct {
	fsys fs.FS

	mu    sync.Mutex
	etags map[string]etagOf // for files without a modification time, such as embedded ones
}

type etagOf struct {
	size int64
	tag  string
}

func newStatic(fsys fs.FS) *static { return &static{fsys: fsys, etags: map[string]etagOf{}} }

// has returns the name of the file that path segments lead to.
func (s *static) has(segments []string) (string, bool) {
	if s == nil || len(segments) == 0 {
		return "", false
	}
	for i, seg := range segments {
		hidden := strings.HasPrefix(seg, ".") && !(i == 0 && seg == ".well-known")
		if seg == "" || hidden || strings.ContainsAny(seg, "/\\:\x00") {
			return "", false
		}
	}
	name := strings.Join(segments, "/")
	if !fs.ValidPath(name) {
		return "", false
	}
	info, err := fs.Stat(s.fsys, name)
	if err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	return name, true
}

// serve answers with a file: conditional and range requests work, and a compressed sibling (style.css.br)
// is sent where the client takes it.
func (s *static) serve(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache") // kept, and asked about each time: its name says nothing of its content
	}
	if compressible(h.Get("Content-Type")) {
		h.Add("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" {
			if coding := negotiate(r, s.siblings(name)...); coding != "" {
				h.Set("Content-Encoding", coding)
				name += "." + extensionOf(coding)
			}
		}
	}
	if err := s.send(w, r, name); err != nil {
		h.Del("Content-Encoding")
		h.Del("Cache-Control")
		http.Error(w, "the file could not be read", http.StatusInternalServerError)
	}
}

func extensionOf(coding string) string {
	switch coding {
	case "gzip":
		return "gz"
	case "zstd":
		return "zst"
	}
	return coding
}

func (s *static) siblings(name string) []string {
	var found []string
	for _, coding := range [...]string{"br", "zstd", "gzip"} {
		if info, err := fs.Stat(s.fsys, name+"."+extensionOf(coding)); err == nil && info.Mode().IsRegular() {
			found = append(found, coding)
		}
	}
	return found
}

func (s *static) send(w http.ResponseWriter, r *http.Request, name string) error {
	f, err := s.fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	body, ok := f.(io.ReadSeeker)
	if !ok {
		data, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	tag, err := s.etag(name, info, body)
	if err != nil {
		return err
	}
	w.Header().Set("Etag", tag)
	http.ServeContent(w, r, "", written(info), body)
	return nil
}

// written returns when a file was written, or the zero time when nobody knows: embedded files have none, and an archive
// that tells nothing says 1979. Such times would be those of every version of the file.
func written(info fs.FileInfo) time.Time {
	if t := info.ModTime(); t.Year() >= 1980 {
		return t
	}
	return time.Time{}
}

func (s *static) etag(name string, info fs.FileInfo, body io.ReadSeeker) (string, error) {
	if at := written(info); !at.IsZero() {
		return `"` + base36(at.UnixNano()) + "-" + base36(info.Size()) + `"`, nil
	}
	s.mu.Lock()
	known, ok := s.etags[name]
	s.mu.Unlock()
	if ok && known.size == info.Size() {
		return known.tag, nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, body); err != nil {
		return "", err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	tag := `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:12]) + `"`
	s.mu.Lock()
	s.etags[name] = etagOf{info.Size(), tag} // as many as there are files
	s.mu.Unlock()
	return tag, nil
}

func base36(n int64) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	if n <= 0 {
		return "0"
	}
	var b []byte
	for ; n > 0; n /= 36 {
		b = append(b, digits[n%36])
	}
	return string(b)
}

// contentType goes by the extension, from a fixed table: the system's own table differs between machines.
func contentType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".xml":
		return "application/xml"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	case ".avif":
		return "image/avif"
	case ".ico":
		return "image/x-icon"
	case ".woff":
		return "font/woff"
	case ".woff2":
		return "font/woff2"
	case ".ttf":
		return "font/ttf"
	case ".otf":
		return "font/otf"
	case ".mp3":
		return "audio/mpeg"
	case ".mp4":
		return "video/mp4"
	case ".webm":
		return "video/webm"
	case ".pdf":
		return "application/pdf"
	case ".wasm":
		return "application/wasm"
	case ".zip":
		return "application/zip"
	case ".gz":
		return "application/gzip"
	}
	return "application/octet-stream"
}

// subFS returns a folder of the application, or nil when there is none.
func subFS(fsys fs.FS, dir string) (fs.FS, error) {
	info, err := fs.Stat(fsys, dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	return confine(sub), nil
}
