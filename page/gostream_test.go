package page_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// A stream written in Go renders the application's components.
func TestGoStreamResolvesComponents(t *testing.T) {
	fsys := fstest.MapFS{"app.sx": {Data: []byte(`(defcomp ~badge (&key value) (b value "%"))
(defpage home :path "/" :content (p "hi"))`)}}
	app, err := page.New(fsys, page.WithSecret("test"), page.WithData(t.TempDir()),
		page.WithStream("/stream", func(_ context.Context, s *live.Stream) error {
			if err := s.Resolve("cpu", "~badge", sx.Args{"value": 42}); err != nil {
				return err
			}
			if err := s.Resolve("cpu", "~nobody", nil); err == nil {
				t.Error("an unknown component resolves")
			}
			return s.Close()
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(context.Background())
	ts := httptest.NewServer(app)
	defer ts.Close()
	// Both by its own address and among the regions of a page, which share one request.
	for path, want := range map[string]string{
		"/stream":               `data: {"id":"cpu","html":"<b>42%</b>"} data: {}`,
		"/_sx/live?s=%2Fstream": `data: {"id":"cpu","html":"<b>42%</b>","src":"/stream"} data: {"src":"/stream"}`,
	} {
		res, err := http.Get(ts.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var got []string
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			if strings.HasPrefix(in.Text(), "data: ") {
				got = append(got, in.Text())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q", path, got)
		}
	}
}
