// Package bench_test compares the cost of an update with that of peers, in the browser.
//
//	cd client/bench && npm ci && go test -run - -bench Updates .
package bench_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/bundle"
	"github.com/sx-framework/sxgo/client/clienttest"
)

// BenchmarkUpdates prints a table; its own time means nothing.
func BenchmarkUpdates(t *testing.B) {
	if _, err := os.Stat("node_modules"); err != nil {
		t.Skip("no peers to compare with: run npm ci in client/bench")
	}
	out, err := bundle.Build(bundle.Options{Entry: "bench.ts", Minify: true})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Only isolated pages get a clock finer than 100 µs.
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><body><script>%s</script>", out.JS)
	}))
	defer srv.Close()
	ctx := clienttest.Browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL)); err != nil {
		t.Fatal(err)
	}
	type cell struct {
		Work, Way string
		US, Ratio float64
	}
	cells, err := chromedp.Run(ctx, chromedp.Evaluate[[]cell]("bench(8)", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	goals := map[string]float64{
		"badge/frames, sx": 3, "10 % of 1000 rows/frames, sx": 3, "burst of 1000/frames, sx": 4.5,
		"badge/frames, html": 7, "10 % of 1000 rows/frames, html": 7, "burst of 1000/frames, html": 11,
	}
	var b strings.Builder
	for _, c := range cells {
		goal := ""
		if g := goals[c.Work+"/"+c.Way]; g > 0 {
			goal = fmt.Sprintf("  goal %.1f", g)
		}
		fmt.Fprintf(&b, "%-20s %-14s %10.1f µs  %7.1f ×%s\n", c.Work, c.Way, c.US, c.Ratio, goal)
	}
	t.Log("script time, ratio to direct DOM writes\n" + b.String())
	for _, c := range cells {
		if strings.HasPrefix(c.Way, "frames") {
			t.ReportMetric(c.Ratio, strings.NewReplacer(" ", "_", ",", "", "%", "pct").Replace(c.Work+"/"+c.Way)+"_x_direct")
		}
	}
}
