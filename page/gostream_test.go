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
	"github.com/sx-framework/sxgo/render"
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

func TestLiveAfterLoading(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "x"))`})
	s.app.Live("/count/<int:id>", func(_ context.Context, s *live.Stream) error { return s.Patch(render.Frame{ID: "n", HTML: "<b>1</b>"}) })
	_, body := s.get(t, "/count/7")
	wants(t, "stream", body, `{"id":"n","html":"<b>1</b>"}`)
	if resp, _ := s.get(t, "/"); resp.StatusCode != 200 {
		t.Errorf("the page: %d", resp.StatusCode)
	}
	defer func() {
		if recover() == nil {
			t.Error("a path claimed twice is no panic")
		}
	}()
	s.app.Live("/", func(context.Context, *live.Stream) error { return nil })
}
