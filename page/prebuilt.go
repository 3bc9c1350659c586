package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A built application carries its assets as browsers get them: bundled, and compressed in every coding. They are in a
// folder of assets/, beside a list of them, so that a Go program that embeds assets/ has them too.
const (
	builtDir  = "sx-built"
	builtList = builtDir + "/list.json"
)

// builtRow is one asset in the list. Paths are those within assets/.
type builtRow struct {
	Entry   string            `json:"entry,omitempty"`
	Name    string            `json:"name"`
	File    string            `json:"file"`              // its contents
	Encoded map[string]string `json:"encoded,omitempty"` // the file of each content coding
}

// Prebuild makes the assets of an application ready ahead of time. It returns files, by their path from the root, to be
// added to those of the application: an App without a bundler then serves them, and neither bundles nor compresses
// anything when it starts. minify is what production wants; without it nothing is compressed either. The same input
// gives the same bytes.
func Prebuild(fsys fs.FS, b Bundler, minify bool) (map[string][]byte, error) {
	dir, err := subFS(fsys, "assets")
	if err != nil || dir == nil {
		return nil, err
	}
	files, err := readAssets(dir, b, minify)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	var list []builtRow
	for _, f := range files {
		row := builtRow{Entry: f.Entry, Name: f.Name, File: f.Name}
		// The source of an entry point does not stand in for its output, even where they are equal: who adds these
		// files may leave the sources out.
		if own, err := fs.ReadFile(dir, f.Name); err != nil || f.Entry != "" || !bytes.Equal(own, f.Contents) {
			row.File = builtDir + "/" + f.Name
			out["assets/"+row.File] = f.Contents
		}
		if minify {
			for coding, data := range encodings(f.Name, f.Contents, brotli.BestCompression) {
				if row.Encoded == nil {
					row.Encoded = map[string]string{}
				}
				row.Encoded[coding] = builtDir + "/" + f.Name + "." + extensionOf(coding)
				out["assets/"+row.Encoded[coding]] = data
			}
		}
		list = append(list, row)
	}
	if len(list) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	out["assets/"+builtList] = text
	return out, nil
}

// loadBuilt reads what Prebuild made, if it is there.
func (a *assets) loadBuilt(fsys fs.FS) (found bool, err error) {
	text, err := fs.ReadFile(fsys, builtList)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var list []builtRow
	if err := json.Unmarshal(text, &list); err != nil {
		return false, fmt.Errorf("the built application's list of assets is damaged: %w", err)
	}
	for _, row := range list {
		contents, err := fs.ReadFile(fsys, row.File)
		if err != nil {
			return false, fmt.Errorf("the built application lacks an asset: %w", err)
		}
		encoded := map[string][]byte{}
		for coding, file := range row.Encoded {
			if encoded[coding], err = fs.ReadFile(fsys, file); err != nil {
				return false, fmt.Errorf("the built application lacks an asset: %w", err)
			}
		}
		a.add(Asset{Entry: row.Entry, Name: row.Name, Contents: contents}, encoded)
	}
	a.sort()
	return true, nil
}

// Compressed returns the compressed siblings of a file, by the ending that static servers look for: "br", "zst" and
// "gz". Those that are not smaller are left out, and so are all of a file of a kind that does not compress.
func Compressed(name string, data []byte) map[string][]byte {
	out := map[string][]byte{}
	for coding, b := range encodings(name, data, brotli.BestCompression) {
		out[extensionOf(coding)] = b
	}
	return out
}

// encodings compresses a file in every coding, by content coding. level is that of brotli, by far the slowest.
func encodings(name string, data []byte, level int) map[string][]byte {
	if len(data) <= 256 || !compressible(contentType(name)) || strings.HasPrefix(path.Base(name), ".") {
		return nil
	}
	out := map[string][]byte{}
	keep := func(coding string, b []byte) {
		if len(b) < len(data) {
			out[coding] = bytes.Clone(b)
		}
	}
	var b bytes.Buffer // writing to memory does not fail
	w := brotli.NewWriterLevel(&b, level)
	w.Write(data)
	w.Close()
	keep("br", b.Bytes())
	b.Reset()
	g, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	g.Write(data)
	g.Close()
	keep("gzip", b.Bytes())
	// RFC 9659 limits the window of the zstd content coding to 8 MiB.
	if z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20)); err == nil {
		keep("zstd", z.EncodeAll(data, nil))
		z.Close()
	}
	return out
}
