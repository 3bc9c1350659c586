package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A Go program embeds the assets of its application. So that it gets them as browsers do without linking a bundler,
// and without files in its folder that nobody wrote, go build is told of them in an overlay.

// assetOverlay returns the flags of go build for a Go program in dir. done removes what they point at.
func assetOverlay(dir string, minify bool) (flags []string, done func(), err error) {
	roots, err := assetRoots(dir)
	if err != nil || len(roots) == 0 {
		return nil, func() {}, err
	}
	tmp, err := os.MkdirTemp("", "sx-assets-")
	if err != nil {
		return nil, nil, err
	}
	done = func() { os.RemoveAll(tmp) }
	replace := map[string]string{}
	for i, root := range roots {
		abs, err := filepath.Abs(root)
		if err != nil {
			done()
			return nil, nil, err
		}
		built, err := prebuild(root, minify)
		if err != nil {
			done()
			return nil, nil, err
		}
		for name, data := range built {
			file := filepath.Join(tmp, fmt.Sprint(i), filepath.FromSlash(name))
			err := os.MkdirAll(filepath.Dir(file), 0o755)
			if err == nil {
				err = os.WriteFile(file, data, 0o644)
			}
			if err != nil {
				done()
				return nil, nil, err
			}
			replace[filepath.Join(abs, filepath.FromSlash(name))] = file
		}
	}
	list := filepath.Join(tmp, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(list, text, 0o644)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return []string{"-overlay", list}, done, nil
}
