package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/page"
)

// prebuild makes the assets in dir ready as page.Prebuild does, with this command's bundler.
func prebuild(dir string, minify bool) (map[string][]byte, error) {
	return page.Prebuild(os.DirFS(dir), newBundler(filepath.Join(dir, "assets")), minify)
}

// withPrebuilt puts the assets that browsers get in place of their sources among the files of an application, and
// compressed siblings beside the files of public/.
func withPrebuilt(files []archiveFile, dir string) ([]archiveFile, error) {
	built, err := prebuild(dir, true)
	if err != nil {
		return nil, err
	}
	var out []archiveFile
	have := map[string]bool{}
	for _, f := range files {
		if !assetSource(f.name) {
			out = append(out, f)
			have[f.name] = true
		}
	}
	for name, data := range built {
		out = append(out, archiveFile{name, data})
	}
	for _, f := range files {
		if !strings.HasPrefix(f.name, "public/") {
			continue
		}
		for ext, data := range page.Compressed(f.name, f.data) {
			if name := f.name + "." + ext; !have[name] {
				out = append(out, archiveFile{name, data})
			}
		}
	}
	return out, nil
}

// assetSource tells which files of assets/ are part of bundles.
func assetSource(name string) bool {
	inside, ok := strings.CutPrefix(name, "assets/")
	if !ok {
		return false
	}
	ext := path.Ext(inside)
	return slices.Contains([]string{".ts", ".tsx"}, ext) || !strings.Contains(inside, "/") && slices.Contains([]string{".js", ".mjs", ".css"}, ext)
}

// assetRoots returns the folders below a Go program that are applications with assets: those that have a folder assets
// beside .sx files.
func assetRoots(dir string) ([]string, error) {
	var roots []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name != dir && (ignoredDir(d.Name()) || d.Name() == "testdata" || d.Name() == "assets" || d.Name() == "public") {
			return fs.SkipDir
		}
		if info, err := os.Stat(filepath.Join(name, "assets")); err != nil || !info.IsDir() {
			return nil
		}
		sources, err := filepath.Glob(filepath.Join(name, "*.sx"))
		if len(sources) > 0 {
			roots = append(roots, name)
		}
		return err
	})
	return roots, err
}
