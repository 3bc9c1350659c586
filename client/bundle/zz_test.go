package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

func TestZZ(t *testing.T) {
	entry := os.Getenv("ENTRY")
	small := os.Getenv("SMALL") != ""
	o := api.BuildOptions{EntryPoints: []string{filepath.Join(Dir(), entry)}, Outfile: "x.js", AbsWorkingDir: Dir(), Bundle: true, Format: api.FormatIIFE, Target: api.ES2022, MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, MangleProps: "^_[a-zA-Z]", Metafile: true, Define: map[string]string{"SMALL": fmt.Sprint(small)}, TsconfigRaw: `{"compilerOptions":{"strict":true,"useDefineForClassFields":false}}`}
	if small {
		o.Plugins = []api.Plugin{stripped()}
	}
	res := api.Build(o)
	re := regexp.MustCompile(`"([^"]+\.ts)": \{\s*"bytesInOutput": (\d+)`)
	type kv struct {
		s string
		n int
	}
	var l []kv
	for _, m := range re.FindAllStringSubmatch(res.Metafile, -1) {
		var n int
		fmt.Sscan(m[2], &n)
		l = append(l, kv{m[1], n})
	}
	sort.Slice(l, func(i, j int) bool { return l[i].n > l[j].n })
	for _, x := range l {
		fmt.Println(x.n, x.s)
	}
	fmt.Println(len(res.OutputFiles[0].Contents), GzipSize(res.OutputFiles[0].Contents))
	o.MinifyWhitespace, o.MinifyIdentifiers = false, false
	res = api.Build(o)
	os.WriteFile("/tmp/hl/out.js", res.OutputFiles[0].Contents, 0o644)
}
