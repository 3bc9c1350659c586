package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// bundler makes the files of assets/ ready for browsers with esbuild. It reads from the folder on disk, so that
// packages in node_modules are found the way every other tool finds them.
// What it made last is given again while none of the files that it was made of has changed.
type bundler struct {
	dir string

	mu   sync.Mutex
	last *bundle
}

func newBundler(dir string) *bundler { return &bundler{dir: dir} }

var _ page.Bundler = (*bundler)(nil)

// bundle is what was made of some entries.
type bundle struct {
	entries []string
	minify  bool
	names   string               // of all files in the folder: a new one may be what an import means
	inputs  map[string]time.Time // when each was written
	assets  []page.Asset
}

// Bundle implements page.Bundler. Errors are sx.Diagnostics with positions in the asset files.
func (b *bundler) Bundle(_ fs.FS, entries []string, minify bool) ([]page.Asset, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	dir, err := filepath.Abs(b.dir)
	if err != nil {
		return nil, err
	}
	names := fileNames(dir)
	if l := b.last; l != nil && l.minify == minify && l.names == names && slices.Equal(l.entries, entries) && l.current() {
		return l.assets, nil
	}
	began := time.Now()
	assets, inputs, err := b.build(dir, entries, minify)
	if err != nil {
		return nil, err
	}
	b.last = &bundle{slices.Clone(entries), minify, names, map[string]time.Time{}, assets}
	for _, name := range inputs {
		info, err := os.Stat(name)
		// A file that was written just now may be written once more at the same time, as far as its clock tells.
		if err != nil || began.Sub(info.ModTime()) < 100*time.Millisecond {
			b.last = nil
			break
		}
		b.last.inputs[name] = info.ModTime()
	}
	return assets, nil
}

// current reports whether every input is as it was.
func (l *bundle) current() bool {
	for name, written := range l.inputs {
		if info, err := os.Stat(name); err != nil || !info.ModTime().Equal(written) {
			return false
		}
	}
	return true
}

// fileNames lists the files below a folder.
func fileNames(dir string) string {
	var b strings.Builder
	filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error { // the bundler reports what cannot be read
		fmt.Fprintln(&b, name)
		return nil
	})
	return b.String()
}

// build bundles the entries, and names the files that it read.
func (b *bundler) build(dir string, entries []string, minify bool) ([]page.Asset, []string, error) {
	points := make([]api.EntryPoint, len(entries))
	for i, entry := range entries {
		points[i] = api.EntryPoint{
			InputPath:  "./" + entry,
			OutputPath: strings.TrimSuffix(entry, path.Ext(entry)),
		}
	}
	mode := api.SourceMapInline
	if minify {
		mode = api.SourceMapNone
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: dir, Outdir: filepath.Join(dir, "out"), EntryPointsAdvanced: points,
		Bundle: true, Format: api.FormatESModule, Platform: api.PlatformBrowser, Target: api.ES2022,
		MinifyWhitespace: minify, MinifySyntax: minify, MinifyIdentifiers: minify, Sourcemap: mode,
		AssetNames: "[name]-[hash]", PublicPath: "/_sx/assets", Plugins: []api.Plugin{siteAddresses()},
		Loader: map[string]api.Loader{
			".svg": api.LoaderDataURL, ".png": api.LoaderDataURL, ".jpg": api.LoaderDataURL, ".webp": api.LoaderDataURL,
			".avif": api.LoaderDataURL, ".gif": api.LoaderDataURL, ".woff2": api.LoaderDataURL, ".woff": api.LoaderDataURL,
		},
		LogLevel: api.LogLevelSilent, Write: false, Metafile: true,
	})
	if len(result.Errors) > 0 {
		return nil, nil, bundleErrors(result.Errors, dir)
	}
	var out []page.Asset
	for _, f := range result.OutputFiles {
		name, err := filepath.Rel(filepath.Join(dir, "out"), f.Path)
		if err != nil {
			return nil, nil, err
		}
		name = filepath.ToSlash(name)
		out = append(out, page.Asset{Entry: entryOf(name, entries), Name: name, Contents: f.Contents})
	}
	// The order of esbuild's outputs is not promised; builds are compared byte by byte.
	slices.SortFunc(out, func(x, y page.Asset) int { return strings.Compare(x.Name, y.Name) })
	var meta struct {
		Inputs map[string]json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, nil, err
	}
	var inputs []string
	for name := range meta.Inputs {
		inputs = append(inputs, filepath.Join(dir, filepath.FromSlash(name)))
	}
	return out, inputs, nil
}

// siteAddresses leaves addresses such as url(/logo.svg) alone: they name files of public/. The option External would
// match the absolute paths of resolved files too.
func siteAddresses() api.Plugin {
	return api.Plugin{Name: "site addresses", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^/"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if args.Kind == api.ResolveEntryPoint {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: args.Path, External: true}, nil
		})
	}}
}

// entryOf returns the entry point that an output was made of, or "" for a file that others load. A script that
// imports styles has two outputs; the style sheet is an entry of its own then.
func entryOf(output string, entries []string) string {
	ext := path.Ext(output)
	base := strings.TrimSuffix(output, ext)
	for _, entry := range entries {
		if strings.TrimSuffix(entry, path.Ext(entry)) == base && (ext == ".css") == (path.Ext(entry) == ".css") {
			return entry
		}
	}
	if ext == ".css" {
		for _, entry := range entries {
			if strings.TrimSuffix(entry, path.Ext(entry)) == base {
				return output
			}
		}
	}
	return ""
}

func bundleErrors(msgs []api.Message, dir string) error {
	var out sx.Diagnostics
	for _, m := range msgs {
		e := &sx.Error{Kind: sx.SyntaxError, Message: m.Text + notInstalled(m.Text, dir)}
		if at := m.Location; at != nil {
			// esbuild counts columns from 0, in bytes.
			e.Pos = sx.Pos{File: "assets/" + filepath.ToSlash(at.File), Line: at.Line, Col: at.Column + 1}
			e.Message += fmt.Sprintf("\n    %d | %s", at.Line, at.LineText)
		}
		out = append(out, e)
	}
	return out
}

// notInstalled is what to do about a package that a package.json above dir names and that is not there.
func notInstalled(message, dir string) string {
	_, rest, found := strings.Cut(message, `Could not resolve "`)
	name, _, _ := strings.Cut(rest, `"`)
	if !found || name == "" || name[0] == '.' || name[0] == '/' {
		return ""
	}
	parts := strings.SplitN(name, "/", 3)
	name = parts[0]
	if name[0] == '@' && len(parts) > 1 {
		name += "/" + parts[1]
	}
	for {
		var p struct{ Dependencies, DevDependencies map[string]string }
		text, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err == nil && json.Unmarshal(text, &p) == nil && p.Dependencies[name]+p.DevDependencies[name] != "" {
			if _, err := os.Stat(filepath.Join(dir, "node_modules", name)); err != nil {
				return fmt.Sprintf(" (%s is in package.json and not installed: run npm ci beside it)", name)
			}
			return ""
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
