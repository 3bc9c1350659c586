// Package bundle builds the browser's script from TypeScript with esbuild. It holds the settings in one
// place, for the shipped file, for tests, and for the size budget. It is apart from package client so that
// a site does not link a bundler. Its functions may be called from several goroutines.
package bundle

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Options says what to build.
type Options struct {
	Entry  string            // a TypeScript file
	Minify bool              // as shipped; otherwise readable
	Map    bool              // make a source map
	Define map[string]string // replaces identifiers, such as "DEV": "false"

	// Replace gives the text of modules by the path that they are imported by, such as "./lang": to measure
	// and to test a part without another.
	Replace map[string]string
}

// Output is what Build makes.
type Output struct {
	JS  []byte
	Map []byte // nil unless asked for
}

// Dir gives the directory of the client's sources in this checkout.
func Dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..")
}

// File is one file of the client's dist directory.
type File struct {
	Name string
	Data []byte
}

// Files builds all files of dist, in a fixed order.
func Files() ([]File, error) {
	var files []File
	for _, f := range []struct{ name, entry string }{{"sx-live.js", "index.ts"}, {"inline.js", "inline.ts"}} {
		mapped := f.entry == "index.ts"
		out, err := Build(Options{Entry: filepath.Join(Dir(), "src", f.entry), Minify: true, Map: mapped})
		if err != nil {
			return nil, err
		}
		if mapped {
			// Only developer tools ask for it.
			out.JS = append(out.JS, "//# sourceMappingURL="+f.name+".map\n"...)
			files = append(files, File{f.name + ".map", out.Map})
		}
		files = append(files, File{f.name, out.JS})
	}
	return files, nil
}

// Build bundles one entry point to a script that works as a classic script and as a module. Errors name
// file, line and column.
func Build(o Options) (Output, error) {
	entry, err := filepath.Abs(o.Entry)
	if err != nil {
		return Output{}, err
	}
	opts := api.BuildOptions{
		EntryPoints:   []string{entry},
		Outfile:       filepath.Join(filepath.Dir(entry), "..", "dist", "sx-live.js"),
		AbsWorkingDir: Dir(),
		Bundle:        true,
		Format:        api.FormatIIFE,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		Define:        o.Define,
		// Fields that are only declared must leave nothing behind.
		TsconfigRaw:   `{"compilerOptions":{"strict":true,"useDefineForClassFields":false}}`,
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
	}
	if o.Minify {
		opts.MinifyWhitespace, opts.MinifyIdentifiers, opts.MinifySyntax = true, true, true
		// Private members start with one underscore; __sxResolve and __proto__ keep their names.
		opts.MangleProps = "^_[a-zA-Z]"
	}
	if o.Map {
		opts.Sourcemap = api.SourceMapExternal
		opts.SourcesContent = api.SourcesContentInclude
	}
	if len(o.Replace) > 0 {
		opts.Plugins = []api.Plugin{replace(o.Replace)}
	}
	res := api.Build(opts)
	if len(res.Errors) > 0 {
		lines := api.FormatMessages(res.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return Output{}, fmt.Errorf("bundle: %s", strings.TrimSpace(strings.Join(lines, "")))
	}
	var out Output
	for _, f := range res.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			out.Map = f.Contents
		} else {
			out.JS = f.Contents
		}
	}
	return out, nil
}

func replace(modules map[string]string) api.Plugin {
	return api.Plugin{Name: "replace", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^\\."}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if _, ok := modules[a.Path]; ok {
				return api.OnResolveResult{Path: a.Path, Namespace: "replace"}, nil
			}
			return api.OnResolveResult{}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "replace"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			text := modules[a.Path]
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderTS}, nil
		})
	}}
}

// GzipSize gives the size of data after gzip -9, the measure of the size budget.
func GzipSize(data []byte) int {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, _ = w.Write(data)
	_ = w.Close()
	return buf.Len()
}
