package client_test

import (
	"path/filepath"
	"testing"

	"github.com/sx-framework/sxgo/client/bundle"
)

// The size of what is sent, gzip -9. A budget is the present size and a little; the goals are further down.
// Raising one needs a reason in the commit's message.
func TestSize(t *testing.T) {
	none := map[string]string{
		"./lang": "export const install = () => {}",
		"./api":  "export const api = {}",
	}
	for _, part := range []struct {
		name    string
		entry   string
		replace map[string]string
		budget  int
	}{
		{"inline script of streamed pages", "src/inline.ts", nil, 700},
		{"language alone", "src/api.ts", map[string]string{"./dom": "export class Tree {}; export const make = () => {}"}, 18_000},
		{"slots, frames and streams", "src/core.ts", nil, 9_400},
		{"without the language", "src/index.ts", none, 15_000},
		{"everything", "src/index.ts", nil, 33_600},
	} {
		out, err := bundle.Build(bundle.Options{Entry: filepath.Join(bundle.Dir(), part.entry), Minify: true, Replace: part.replace})
		if err != nil {
			t.Errorf("%s: %v", part.name, err)
			continue
		}
		size := bundle.GzipSize(out.JS)
		t.Logf("%-32s %6d bytes minified, %5d gzip", part.name, len(out.JS), size)
		if size > part.budget {
			t.Errorf("%s: %d bytes after gzip, budget %d", part.name, size, part.budget)
		}
	}
}
