package page_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing/fstest"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// A site of one file, with a primitive and a guard from Go. A program would call app.Run(ctx) and be done.
func Example() {
	files := fstest.MapFS{"app.sx": {Data: []byte(`
(defpage hello :path "/<name>"
  :title (str "Hello " name)
  :content (p (greet name)))

(defpage desk :path "/desk" :auth :staff
  :content (p "Welcome."))`)}}
	app, err := page.New(files,
		page.WithSecret("of this example"),
		page.WithPrimitive("greet", "(greet name)", func(name string) string { return "Hello, " + name + "!" }, sx.Pure),
		page.WithGuard("staff", func(r *http.Request) error {
			if r.Header.Get("X-Staff") == "" {
				return page.ErrUnauthorized
			}
			return nil
		}))
	if err != nil {
		fmt.Print(sx.Explain(err))
		return
	}
	defer app.Shutdown(context.Background())
	paragraph := regexp.MustCompile(`<p>.*?</p>`)
	for _, path := range []string{"/Ada", "/desk"} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code, paragraph.FindString(w.Body.String()))
	}
	// Output:
	// /Ada 200 <p>Hello, Ada!</p>
	// /desk 401 <p>You have to log in to see this page.</p>
}
