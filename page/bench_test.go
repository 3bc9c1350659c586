package page_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// sinkWriter is a ResponseWriter that keeps nothing.
type sinkWriter struct{ h http.Header }

func (w *sinkWriter) Header() http.Header         { return w.h }
func (w *sinkWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *sinkWriter) WriteHeader(int)             {}

type row struct {
	ID      int
	Message string
}

func BenchmarkPage(b *testing.B) {
	rows := make([]row, 13)
	for i := range rows {
		rows[i] = row{i, "message <" + strconv.Itoa(i) + "> of the day"}
	}
	s := serve(b, []string{"layouts.sx", layouts, "app.sx", `
(defpage fortunes :path "/" :title "Fortunes" :layout ~layouts/main :data {:rows (load-rows)}
  :content (<> (h1 "Fortunes") (table (tr (th "id") (th "message"))
    (map (fn (row) (tr (td (get row "id")) (td (get row "message")))) rows))))`},
		page.WithPrimitive("load-rows", "(load-rows)", func() []row { return rows }))
	r := httptest.NewRequest("GET", "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := &sinkWriter{http.Header{}}
		s.app.ServeHTTP(w, r)
	}
}
