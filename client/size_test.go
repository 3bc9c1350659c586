package client_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/bundle"
)

// The size of what is sent, gzip -9. A budget is the present size and a little; the goals are further down.
// Raising one needs a reason in the commit's message.
func TestSize(t *testing.T) {
	size := func(name string, js []byte, budget int) {
		n := bundle.GzipSize(js)
		t.Logf("%-40s %6d bytes minified, %5d gzip", name, len(js), n)
		if n > budget {
			t.Errorf("%s: %d bytes after gzip, budget %d", name, n, budget)
		}
	}
	for _, part := range []struct {
		name, entry string
		budget      int
	}{
		{"inline script of streamed pages", "src/inline.ts", 700},
		{"slots, frames and streams", "src/core.ts", 9_800},
		{"the language alone", "src/part_language.ts", 19_000},
	} {
		out, err := bundle.Build(bundle.Options{Entry: filepath.Join(bundle.Dir(), part.entry), Minify: true})
		if err != nil {
			t.Errorf("%s: %v", part.name, err)
			continue
		}
		size(part.name, out.JS, part.budget)
	}
	for _, page := range []struct {
		name   string
		parts  client.Parts
		budget int
	}{
		{"page that is only shown", client.Parts{}, 10_900},
		{"page with requests", client.Parts{Requests: true}, 15_400},
		{"page with a socket", client.Parts{Sockets: true, Requests: true}, 16_500},
		{"page with SX frames", client.Parts{Language: client.SmallLanguage}, 21_200},
		{"the same with a socket", client.Parts{Language: client.SmallLanguage, Sockets: true}, 22_200},
		{"page with the whole language", client.Parts{Language: client.WholeLanguage}, 29_600},
		{"everything", client.Parts{Language: client.WholeLanguage, Sockets: true, Requests: true}, 34_900},
	} {
		w := httptest.NewRecorder()
		client.Handler().ServeHTTP(w, httptest.NewRequest("GET", client.ScriptWith(page.parts), nil))
		size(page.name, w.Body.Bytes(), page.budget)
	}
}
