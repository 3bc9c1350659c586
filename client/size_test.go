package client_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/bundle"
)

// The size of what is sent, gzip -9 and brotli -11. A budget is the present size after gzip and a little. Raising one
// needs a reason in the commit's message.
func TestSize(t *testing.T) {
	size := func(name string, js []byte, budget int) {
		n := bundle.GzipSize(js)
		var br bytes.Buffer
		w := brotli.NewWriterLevel(&br, brotli.BestCompression)
		_, _ = w.Write(js)
		_ = w.Close()
		t.Logf("%-34s %6d bytes minified, %5d gzip, %5d brotli", name, len(js), n, br.Len())
		if n > budget {
			t.Errorf("%s: %d bytes after gzip, budget %d", name, n, budget)
		}
	}
	out, err := bundle.Build(bundle.Options{Entry: filepath.Join(bundle.Dir(), "src/core.ts"), Minify: true})
	if err != nil {
		t.Fatal(err)
	}
	size("slots, frames and streams", out.JS, 9_250)
	for _, part := range []struct {
		name   string
		budget int
	}{{"inline", 700}, {"core", 9_950}, {"request", 5_450}, {"socket", 1_400}, {"small", 9_800}, {"language", 19_900}} {
		js, err := os.ReadFile("dist/" + part.name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		size("part: "+part.name, js, part.budget)
	}
	for _, page := range []struct {
		name   string
		parts  client.Parts
		budget int
	}{
		{"page that is only shown", client.Parts{}, 10_000},
		{"page with requests", client.Parts{Requests: true}, 14_700},
		{"page with a socket", client.Parts{Sockets: true, Requests: true}, 15_750},
		{"page with SX frames", client.Parts{Language: client.SmallLanguage}, 19_450},
		{"the same with a socket", client.Parts{Language: client.SmallLanguage, Sockets: true}, 20_500},
		{"page with the whole language", client.Parts{Language: client.WholeLanguage}, 29_400},
		{"everything", client.Parts{Language: client.WholeLanguage, Sockets: true, Requests: true}, 34_750},
	} {
		w := httptest.NewRecorder()
		client.Handler().ServeHTTP(w, httptest.NewRequest("GET", client.ScriptWith(page.parts), nil))
		size(page.name, w.Body.Bytes(), page.budget)
	}
}
