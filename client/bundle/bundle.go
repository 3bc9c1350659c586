// Package bundle builds the browser's script from TypeScript with esbuild. It holds the settings in one
// place, for the shipped file, for tests, and for the size budget. It is apart from package client so that
// a site does not link a bundler. Its functions may be called from several goroutines.
package bundle

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Options says what to build.
type Options struct {
	Entry  string            // a TypeScript file
	Minify bool              // as shipped; otherwise readable
	Map    bool              // make a source map
	Define map[string]string // replaces identifiers, such as "DEV": "false"

	// Names keeps the short names of private members from one build to the next; nil: each has its own.
	Names map[string]any

	// Small makes the small language: SMALL is true, and the sources are without messages.
	Small bool

	// Replace gives the text of modules by the path that they are imported by, such as "./lang": to measure
	// and to test a part without another.
	Replace map[string]string
}

// Output is what Build makes.
type Output struct {
	JS  []byte
	Map []byte // nil unless asked for
}

// Dir returns the directory of the client's sources in this checkout.
func Dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..")
}

// File is one file of the client's dist directory.
type File struct {
	Name string
	Data []byte
}

// Parts are the parts of a page's script, in the order in which they stand: package client puts them together.
// Each is a script of its own, that reaches the core through the global __sx alone.
var parts = []struct {
	name    string
	entry   string
	replace map[string]string
}{
	{"core", "src/index.ts", nil},
	{"all", "src/index.ts", nil}, // the core of a script with all parts
	{"request", "src/part_request.ts", map[string]string{
		"./dom":      shared("V adopt adoptKids parseHTML trust"),
		"./frame":    shared("enqueue flush glide host read resolve slide"),
		"./language": shared("whole"),
		"./parts":    shared("ours send"),
		"./patch":    shared("apply slot"),
		"./report":   shared("report"),
		"./sse":      shared("pump reader"),
		"./state":    shared("state"),
	}},
	{"socket", "src/part_socket.ts", map[string]string{
		"./frame":   shared("enqueue host resolve"),
		"./regions": shared("show"),
		"./report":  shared("fire report"),
		"./retry":   shared("connection"),
	}},
	{"small", "src/part_small.ts", map[string]string{"./dom": shared("V make parseHTML")}},
	{"language", "src/part_language.ts", map[string]string{"./dom": shared("V make parseHTML")}},
}

// shared is a module that takes names from what the core shares: they are private members there.
func shared(names string) string {
	list := strings.Fields(names)
	for i, n := range list {
		list[i] = "_" + n + ": " + n
	}
	return "export const { " + strings.Join(list, ", ") + " } = __sx"
}

// Files builds all files of dist, in a fixed order.
func Files() ([]File, error) {
	inline, err := Build(Options{Entry: filepath.Join(Dir(), "src/inline.ts"), Minify: true})
	if err != nil {
		return nil, err
	}
	files := []File{{"inline.js", inline.JS}}
	names := map[string]any{} // private members have the same short names in all parts
	for _, p := range parts {
		if p.name == "small" || p.name == "language" {
			// They share few with the others, and the most frequent of theirs are to be the shortest.
			few := map[string]any{}
			for _, name := range strings.Fields("_V _make _parseHTML _tag _ns _kids _text _node") {
				few[name] = names[name]
			}
			names = few
		}
		out, err := Build(Options{Entry: filepath.Join(Dir(), p.entry), Minify: true, Map: true, Replace: p.replace, Names: names, Small: p.name == "small",
			Define: map[string]string{"ALL": strconv.FormatBool(p.name == "all")}})
		if err != nil {
			return nil, err
		}
		files = append(files, File{p.name + ".js", out.JS}, File{p.name + ".js.map", out.Map})
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
		Define:        map[string]string{"SMALL": strconv.FormatBool(o.Small), "ALL": "false"},
		// Fields that are only declared must leave nothing behind.
		TsconfigRaw:   `{"compilerOptions":{"strict":true,"useDefineForClassFields":false}}`,
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
	}
	maps.Copy(opts.Define, o.Define)
	if o.Minify {
		opts.MinifyWhitespace, opts.MinifyIdentifiers, opts.MinifySyntax = true, true, true
		// Private members start with one underscore; __sxResolve and __proto__ keep their names.
		opts.MangleProps = "^_[a-zA-Z]"
		opts.MangleCache = o.Names
	}
	if o.Map {
		opts.Sourcemap = api.SourceMapExternal
		opts.SourcesContent = api.SourcesContentInclude
	}
	if len(o.Replace) > 0 {
		opts.Plugins = append(opts.Plugins, replace(o.Replace))
	}
	if o.Small {
		opts.Plugins = append(opts.Plugins, stripped())
	}
	res := api.Build(opts)
	if len(res.Errors) > 0 {
		lines := api.FormatMessages(res.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return Output{}, fmt.Errorf("bundle: %s", strings.TrimSpace(strings.Join(lines, "")))
	}
	if o.Names != nil {
		maps.Copy(o.Names, res.MangleCache)
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

// GzipSize returns the size of data after gzip -9, the measure of the size budget.
func GzipSize(data []byte) int {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, _ = w.Write(data)
	_ = w.Close()
	return buf.Len()
}
