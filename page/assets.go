package page

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"sort"
	"strings"
)

// Bundler turns the entry points of assets/ into files for browsers. A site without one gets its CSS and
// JavaScript as they are written; TypeScript needs one.
type Bundler interface {
	// Bundle gives the outputs of the entry points, whose names are paths within fsys.
	Bundle(fsys fs.FS, entries []string, minify bool) ([]Asset, error)
}

// Asset is one file for browsers.
type Asset struct {
	Entry    string // the entry point it was made of, "app.ts"; empty for files that others load
	Name     string // "app.js"
	Contents []byte
}

// assetPrefix is where assets are served.
const assetPrefix = "/_sx/assets/"

// assets are the files of assets/, under names that change with their content, so that browsers keep them
// for ever. It is immutable.
type assets struct {
	byName  map[string]*assetFile // "app.ts" and "app.js"
	byURL   map[string]*assetFile // the last segment: "app.3fa9c1.js"
	entries []*assetFile          // linked on every page, sorted by name
}

type assetFile struct {
	url     string
	kind    string
	plain   []byte
	encoded map[string][]byte // by content coding, where compression gains something
}

// loadAssets reads assets/: what was built ahead of time (see Prebuild), else its files. In development nothing is
// compressed: it takes time, and the browser is near.
func loadAssets(fsys fs.FS, bundler Bundler, production bool) (*assets, error) {
	a := &assets{byName: map[string]*assetFile{}, byURL: map[string]*assetFile{}}
	if fsys == nil {
		return a, nil
	}
	if bundler == nil {
		if found, err := a.loadBuilt(fsys); found || err != nil {
			return a, err
		}
	}
	files, err := readAssets(fsys, bundler, production)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		var encoded map[string][]byte
		if production {
			encoded = encodings(f.Name, f.Contents, 9)
		}
		a.add(f, encoded)
	}
	a.sort()
	return a, nil
}

// readAssets reads assets/. Entry points are the script and style files at its top, which the bundler makes ready;
// what lies in folders is imported by them, or named with (asset-url "folder/name").
func readAssets(fsys fs.FS, bundler Bundler, minify bool) ([]Asset, error) {
	var files []Asset
	var entries []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == builtDir {
				return fs.SkipDir
			}
			return nil
		}
		top := !strings.Contains(name, "/")
		switch ext := path.Ext(name); {
		case strings.HasPrefix(path.Base(name), "."):
		case top && (ext == ".ts" || ext == ".tsx" || ext == ".js" || ext == ".mjs" || ext == ".css") && !strings.HasSuffix(name, ".d.ts"):
			entries = append(entries, name)
		case ext == ".ts" || ext == ".tsx":
		default:
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			files = append(files, Asset{Name: name, Contents: data})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading assets: %w", err)
	}
	if bundler == nil {
		bundler = copier{}
	}
	if len(entries) == 0 {
		return files, nil
	}
	bundled, err := bundler.Bundle(fsys, entries, minify)
	if err != nil {
		return nil, fmt.Errorf("bundling assets: %w", err)
	}
	return append(files, bundled...), nil
}

func (a *assets) add(f Asset, encoded map[string][]byte) {
	hash := sha256.Sum256(f.Contents)
	ext := path.Ext(f.Name)
	base := strings.ReplaceAll(strings.TrimSuffix(f.Name, ext), "/", "-")
	last := base + "." + strings.ToLower(base64.RawURLEncoding.EncodeToString(hash[:9])) + ext
	file := &assetFile{url: assetPrefix + last, kind: contentType(f.Name), plain: f.Contents, encoded: encoded}
	a.byName[f.Name], a.byURL[last] = file, file
	if f.Entry != "" {
		a.byName[f.Entry] = file
		a.entries = append(a.entries, file)
	}
}

func (a *assets) sort() {
	sort.Slice(a.entries, func(i, j int) bool { return a.entries[i].url < a.entries[j].url })
}

// urlOf returns the address of an asset by the name of its source or of its output.
func (a *assets) urlOf(name string) (url string, entry bool, err error) {
	if f, ok := a.byName[name]; ok {
		return f.url, slices.Contains(a.entries, f), nil
	}
	return "", false, fmt.Errorf("no asset %s in assets/%s", name, nearOrAll(name, sortedKeys(a.byName)))
}

// serve answers a request below assetPrefix.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.byURL[strings.TrimPrefix(r.URL.Path, assetPrefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r)
}

// serve answers with the file, for ever fresh, in the smallest coding that the client takes.
func (f *assetFile) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	data := f.plain
	if coding := negotiate(r, f.codings()...); coding != "" {
		h.Set("Content-Encoding", coding)
		data = f.encoded[coding]
	}
	h.Set("Content-Length", fmt.Sprint(len(data)))
	if r.Method != http.MethodHead {
		w.Write(data)
	}
}

// codings lists the codings that a file has, the smallest first.
func (f *assetFile) codings() []string {
	var out []string
	for coding := range f.encoded {
		out = append(out, coding)
	}
	sort.Slice(out, func(i, j int) bool {
		x, y := len(f.encoded[out[i]]), len(f.encoded[out[j]])
		return x < y || x == y && out[i] < out[j]
	})
	return out
}

// copier is the Bundler of a site that has none.
type copier struct{}

func (copier) Bundle(fsys fs.FS, entries []string, _ bool) ([]Asset, error) {
	var out []Asset
	for _, e := range entries {
		if ext := path.Ext(e); ext == ".ts" || ext == ".tsx" {
			return nil, errors.New(e + ": TypeScript needs the bundler of the sx command (sx serve, sx build), whose output a Go program embeds with assets/")
		}
		data, err := fs.ReadFile(fsys, e)
		if err != nil {
			return nil, err
		}
		out = append(out, Asset{Entry: e, Name: e, Contents: data})
	}
	return out, nil
}
