package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// lab opens a page without a policy, with the client and the named scripts of test/.
func lab(t testing.TB, ctx context.Context, s *site, scripts ...string) {
	t.Helper()
	body := "<!doctype html><html><head><script src=/sx-live.js></script></head><body>"
	for _, name := range scripts {
		b, err := os.ReadFile("test/" + name)
		if err != nil {
			t.Fatal(err)
		}
		body += "<script>" + string(b) + "</script>"
	}
	s.mux.HandleFunc("/lab", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(body + "</body></html>"))
	})
	visit(t, ctx, s.URL+"/lab")
}

func TestMorphKeepsState(t *testing.T) {
	s := newSite(t)
	ctx := clienttest.Browser(t)
	lab(t, ctx, s, "matrix.js")
	for _, wire := range []string{"html", "sx"} {
		var m struct {
			Updates []string
			Rows    [][]string
		}
		if err := json.Unmarshal([]byte(js[string](t, ctx, `return JSON.stringify(await matrix("`+wire+`"))`)), &m); err != nil {
			t.Fatal(err)
		}
		kept, all := 0, 0
		var out strings.Builder
		fmt.Fprintf(&out, "%-16s %s\n", wire, strings.Join(m.Updates, " | "))
		for _, row := range m.Rows {
			fmt.Fprintf(&out, "%-16s", row[0])
			for i, cell := range row[1:] {
				all++
				word := "kept"
				if cell != "" {
					word = "LOST"
					t.Errorf("%s: %s, %s: %s", wire, row[0], m.Updates[i], cell)
				} else {
					kept++
				}
				fmt.Fprintf(&out, " %-*s", len(m.Updates[i])+2, word)
			}
			out.WriteByte('\n')
		}
		t.Logf("%d of %d kept\n%s", kept, all, out.String())
		if len(m.Rows) != 19 || len(m.Updates) != 5 {
			t.Errorf("%d kinds and %d updates, want 19 and 5", len(m.Rows), len(m.Updates))
		}
	}
	clean(t, ctx)
}
