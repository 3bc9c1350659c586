package hello_test

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

func get(t *testing.T, path string) (int, string) {
	t.Helper()
	app, err := page.New(os.DirFS("."), page.WithSecret("test"))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(context.Background())
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestHello(t *testing.T) {
	for path, want := range map[string]string{
		"/":                     "<h1>Hello, world!</h1>",
		"/Ada":                  "<h1>Hello, Ada!</h1>",
		"/%3Cb%3E":              "<h1>Hello, &lt;b&gt;!</h1>",
		"/Zo%C3%AB%20%26%20Bob": "<title>Hello Zoë &amp; Bob</title>",
	} {
		if code, body := get(t, path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d, without %s:\n%s", path, code, want, body)
		}
	}
	if code, _ := get(t, "/a/b"); code != 404 {
		t.Errorf("GET /a/b: %d, want 404", code)
	}
}
