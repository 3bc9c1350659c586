// Package client holds the browser's half: scripts that apply frames, keep connections, and evaluate the pure
// part of the language. They are built from client/src and embedded; a page refers to them by URLs that hold
// a hash of their content, so that browsers may keep them for ever.
//
//	mux.Handle(client.Prefix, client.Handler())
//	fmt.Fprintf(w, `<script nonce=%q>%s</script><script nonce=%q src=%q async></script>`, nonce, client.Inline(), nonce, client.Script())
//
// Everything here is immutable and safe for concurrent use.
package client

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./gen

//go:embed dist
var dist embed.FS

// Prefix is where Handler expects to be mounted: all URLs of this package begin with it.
const Prefix = "/_sx/client/"

// everything is what Script includes.
var everything = Parts{WholeLanguage, true, true}

type files struct {
	hash  string
	bytes map[string][]byte
}

var load = sync.OnceValue(func() files {
	f := files{bytes: map[string][]byte{}}
	sum := sha256.New()
	entries, _ := dist.ReadDir("dist")
	for _, e := range entries {
		data, _ := dist.ReadFile("dist/" + e.Name())
		f.bytes[e.Name()] = data
		sum.Write([]byte(e.Name() + "\n" + strconv.Itoa(len(data)) + "\n"))
		sum.Write(data)
	}
	for _, p := range allParts() {
		f.bytes[p.file()], _ = compose(p, f.bytes)
	}
	f.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return f
})

// Version returns a hash of all scripts, in hexadecimal digits.
func Version() string { return load().hash }

// Script returns the URL of the script with all parts of the client; a page includes it with a nonce. It may be
// included twice.
func Script() string { return ScriptWith(everything) }

// Inline returns the text of the small script that stands in the head of a streamed page, without the element
// around it. It may stand in a script element as it is.
func Inline() string { return strings.TrimSpace(string(load().bytes["inline.js"])) }

// Content returns the bytes of the script at a URL of the present hash, for whoever serves it compressed; nil where
// there is none. They must not be changed.
func Content(url string) []byte {
	f := load()
	name, ok := strings.CutPrefix(url, Prefix+f.hash+"/")
	if !ok || path.Ext(name) != ".js" {
		return nil
	}
	return f.bytes[name]
}

// Handler serves the scripts below Prefix. Those asked for by the present hash may be kept for ever, others
// are checked again by their ETag: a page from before a deployment still finds its script.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := load()
		rest, ok := strings.CutPrefix(r.URL.Path, Prefix)
		hash, name, _ := strings.Cut(rest, "/")
		data, found := f.bytes[name]
		if file, ok := strings.CutSuffix(name, ".map"); ok && !found {
			data, found = sourceMap(file, f.bytes)
		}
		if !ok || !found {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("ETag", `"`+f.hash+`"`)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if hash == f.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		switch path.Ext(name) {
		case ".js":
			h.Set("Content-Type", "text/javascript; charset=utf-8")
		case ".map":
			h.Set("Content-Type", "application/json")
		default:
			h.Set("Content-Type", "text/plain; charset=utf-8")
		}
		for _, tag := range strings.Split(r.Header.Get("If-None-Match"), ",") {
			if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == `"`+f.hash+`"` || tag == "*" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(data)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(data)
		}
	})
}
