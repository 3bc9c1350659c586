package main

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// bundler makes the files of assets/ ready for browsers with esbuild. It reads from the folder on disk, so that
// packages in node_modules are found the way every other tool finds them.
type bundler struct{ dir string }

var _ page.Bundler = bundler{}

// Bundle implements page.Bundler. Errors are sx.Diagnostics with positions in the asset files.
func (b bundler) Bundle(_ fs.FS, entries []string, minify bool) ([]page.Asset, error) {
	dir, err := filepath.Abs(b.dir)
	if err != nil {
		return nil, err
	}
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
		LogLevel: api.LogLevelSilent, Write: false, Metafile: false,
	})
	if len(result.Errors) > 0 {
		return nil, bundleErrors(result.Errors)
	}
	var out []page.Asset
	for _, f := range result.OutputFiles {
		name, err := filepath.Rel(filepath.Join(dir, "out"), f.Path)
		if err != nil {
			return nil, err
		}
		name = filepath.ToSlash(name)
		out = append(out, page.Asset{Entry: entryOf(name, entries), Name: name, Contents: f.Contents})
	}
	// The order of esbuild's outputs is not promised; builds are compared byte by byte.
	slices.SortFunc(out, func(x, y page.Asset) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
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

// entryOf gives the entry point that an output was made of, or "" for a file that others load. A script that
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

func bundleErrors(msgs []api.Message) error {
	var out sx.Diagnostics
	for _, m := range msgs {
		e := &sx.Error{Kind: sx.SyntaxError, Message: m.Text}
		if at := m.Location; at != nil {
			// esbuild counts columns from 0, in bytes.
			e.Pos = sx.Pos{File: "assets/" + filepath.ToSlash(at.File), Line: at.Line, Col: at.Column + 1}
			e.Message += fmt.Sprintf("\n    %d | %s", at.Line, at.LineText)
		}
		out = append(out, e)
	}
	return out
}
