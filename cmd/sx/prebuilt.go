package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/sx-framework/sxgo/page"
)

// A built application carries its assets bundled: the entry points in assets/ are empty files that keep their
// names, and what they became lies beside a list of it.
const (
	bundledDir  = "_sx/assets/"
	bundledList = "_sx/assets.json"
)

// bundledAsset is one row of the list.
type bundledAsset struct {
	Entry string `json:"entry,omitempty"`
	Name  string `json:"name"`
}

// bundleFiles replaces the entry points among the files of an application by what the bundler makes of them.
func bundleFiles(files []archiveFile, b page.Bundler) ([]archiveFile, error) {
	var entries []string
	for i, f := range files {
		dir, name := path.Split(f.name)
		if dir == "assets/" && slices.Contains([]string{".ts", ".tsx", ".js", ".mjs", ".css"}, path.Ext(name)) {
			entries = append(entries, name)
			files[i].data = nil
		}
	}
	// Sources in folders below assets/ are part of the bundles.
	files = slices.DeleteFunc(files, func(f archiveFile) bool {
		return path.Dir(f.name) != "assets" && len(f.name) > 7 && f.name[:7] == "assets/" && slices.Contains([]string{".ts", ".tsx"}, path.Ext(f.name))
	})
	if len(entries) == 0 {
		return files, nil
	}
	outputs, err := b.Bundle(nil, entries, true)
	if err != nil {
		return nil, err
	}
	var list []bundledAsset
	for _, out := range outputs {
		list = append(list, bundledAsset{out.Entry, out.Name})
		files = append(files, archiveFile{bundledDir + out.Name, out.Contents})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return append(files, archiveFile{bundledList, text}), nil
}

// prebuilt is the bundler of a built application: it hands out what was bundled when it was built.
type prebuilt struct{ files fs.FS }

var _ page.Bundler = prebuilt{}

// Bundle implements page.Bundler.
func (p prebuilt) Bundle(fs.FS, []string, bool) ([]page.Asset, error) {
	text, err := fs.ReadFile(p.files, bundledList)
	if err != nil {
		return nil, fmt.Errorf("the built application lacks its assets: %w", err)
	}
	var list []bundledAsset
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("the built application's list of assets is damaged: %w", err)
	}
	var out []page.Asset
	for _, a := range list {
		data, err := fs.ReadFile(p.files, bundledDir+a.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Asset{Entry: a.Entry, Name: a.Name, Contents: data})
	}
	return out, nil
}
