package bench_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/bundle"
)

// peers are what a page would import to get something comparable; each is bundled and minified with the
// settings that our own script is built with.
var peers = []struct{ name, entry string }{
	{"morphdom", `import m from "morphdom"; window.m = m`},
	{"idiomorph", `import { Idiomorph } from "idiomorph/dist/idiomorph.esm.js"; window.m = Idiomorph`},
	{"Preact, hooks", `import { h, render } from "preact"; import * as hooks from "preact/hooks"; window.m = { h, render, hooks }`},
	{"Datastar", `import "@starfederation/datastar/bundles/datastar"`},
	{"htmx", `import htmx from "htmx.org/dist/htmx.esm.js"; window.htmx = htmx`},
	{"htmx, SSE, WS", `import htmx from "htmx.org/dist/htmx.esm.js"; window.htmx = htmx; import "htmx.org/dist/ext/hx-sse.js"; import "htmx.org/dist/ext/hx-ws.js"`},
	{"Turbo", `import * as Turbo from "@hotwired/turbo"; window.Turbo = Turbo`},
	{"Phoenix, LiveView", `import { Socket } from "phoenix"; import { LiveSocket } from "phoenix_live_view"; window.l = new LiveSocket("/live", Socket)`},
}

// BenchmarkSizes prints what is sent of the client and of peers; its time means nothing.
func BenchmarkSizes(t *testing.B) {
	var b strings.Builder
	row := func(name string, js []byte) {
		var gz, br bytes.Buffer
		w, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression)
		_, _ = w.Write(js)
		_ = w.Close()
		v := brotli.NewWriterLevel(&br, brotli.BestCompression)
		_, _ = v.Write(js)
		_ = v.Close()
		fmt.Fprintf(&b, "%-42s %7d %7d %7d\n", name, len(js), gz.Len(), br.Len())
	}
	// As a page gets it, parts and their sum.
	get := func(name, url string) {
		w := httptest.NewRecorder()
		client.Handler().ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		row(name, w.Body.Bytes())
	}
	row("inline script of streamed pages", []byte(client.Inline()))
	core, err := bundle.Build(bundle.Options{Entry: filepath.Join(bundle.Dir(), "src/core.ts"), Minify: true})
	if err != nil {
		t.Fatal(err)
	}
	row("slots, frames and streams alone", core.JS)
	for _, name := range []string{"core", "request", "socket", "small", "language"} {
		get("part: "+name, client.Prefix+client.Version()+"/"+name+".js")
	}
	for _, page := range []struct {
		name  string
		parts client.Parts
	}{
		{"page with streams", client.Parts{}},
		{"forms and links besides", client.Parts{Requests: true}},
		{"a socket besides", client.Parts{Sockets: true, Requests: true}},
		{"SX frames besides", client.Parts{Language: client.SmallLanguage, Sockets: true, Requests: true}},
		{"everything", client.Parts{Language: client.WholeLanguage, Sockets: true, Requests: true}},
	} {
		get(page.name, client.ScriptWith(page.parts))
	}
	if _, err := os.Stat("node_modules"); err != nil {
		t.Log("no peers to compare with: run npm ci in client/bench")
	} else {
		for _, p := range peers {
			res := api.Build(api.BuildOptions{
				Stdin:  &api.StdinOptions{Contents: p.entry, ResolveDir: "."},
				Bundle: true, Format: api.FormatIIFE, Target: api.ES2022, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
				MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LogLevel: api.LogLevelError,
				Define: map[string]string{"process.env.NODE_ENV": `"production"`},
			})
			if len(res.Errors) > 0 {
				t.Fatalf("%s: %s", p.name, res.Errors[0].Text)
			}
			row(p.name, res.OutputFiles[0].Contents)
		}
	}
	t.Logf("%-42s %7s %7s %7s\n%s", "bytes", "minified", "gzip -9", "brotli -11", b.String())
}
