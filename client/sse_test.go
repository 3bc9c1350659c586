package client_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/sx-framework/sxgo/client/bundle"
	"github.com/sx-framework/sxgo/client/clienttest"
)

type sseCase struct {
	Name   string                            `json:"name"`
	Input  string                            `json:"input,omitempty"`
	Base64 string                            `json:"base64,omitempty"`
	Events []struct{ Type, ID, Data string } `json:"-"`
}

// TestSSEVectors feeds the cases that the Go client runs too to our reader, and to the browser's own
// EventSource: where we disagree, we are wrong.
func TestSSEVectors(t *testing.T) {
	raw, err := os.ReadFile("../live/testdata/vectors/sse.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []sseCase }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	out, err := bundle.Build(bundle.Options{Entry: "test/stream.ts"})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.mux.HandleFunc("/stream.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(out.JS)
	})
	s.mux.HandleFunc("/vector/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("n"))
		c := all.Cases[n]
		data := []byte(c.Input)
		if c.Base64 != "" {
			data, _ = base64.StdEncoding.DecodeString(c.Base64)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(data)
	})
	s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><script src=/stream.js></script>")
	})
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	for _, bad := range js[[]string](t, ctx, "return vectors(("+string(raw)+").cases)") {
		t.Error(bad)
	}
	for _, bad := range js[[]string](t, ctx, "const cases = ("+string(raw)+`).cases, bad = []
		const one = (c, i) => new Promise(done => {
			const got = [], es = new EventSource("/vector/" + i)
			for (const type of new Set(["message", ...(c.events || []).map(e => e.type)]))
				es.addEventListener(type, e => e.data != undefined && got.push({ type: e.type, id: e.lastEventId, data: e.data }))
			es.onerror = () => {
				es.close()
				const want = (c.events || []).map(({ type, id, data }) => ({ type, id, data }))
				if (JSON.stringify(got) != JSON.stringify(want)) bad.push("EventSource, " + c.name + ": " + JSON.stringify(got) + ", the case says " + JSON.stringify(want))
				done()
			}
		})
		for (let i = 0; i < cases.length; i += 4) await Promise.all(cases.slice(i, i + 4).map((c, j) => one(c, i + j)))
		return bad`) {
		t.Error(bad)
	}
	t.Logf("%d cases, whole, by bytes, split everywhere, and through EventSource", len(all.Cases))
}
