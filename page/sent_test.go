package page_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

const sentSource = `
(defconfig :env ("SX_TEST_KEY"))
(define key (env "SX_TEST_KEY"))
(define derived (str "x" key))
(define mark (str "#" 1))
(define (seal v) (str v derived))
(defcomp ~direct (&key v) (b v key))
(defcomp ~derived (&key v) (b v derived))
(defcomp ~sealed (&key v) (b (seal v)))
(defcomp ~user (&key user) (b mark (get user :name) (~home :of user)))
(defcomp ~home (&key of) (i (get-in of (list :home :town))))
(defpage home :path "/" :live (live :every 60000
    (bind "direct" (~direct :v 1)) (bind "derived" (~derived :v 2)) (bind "sealed" (~sealed :v 3))
    (bind "user" (~user :user {:name (str "Ann" (sys-uptime)) :password "hush" :home {:town "T" :street "nowhere"}})))
  :content (~live (~suspense :id "direct") (~suspense :id "derived") (~suspense :id "sealed") (~suspense :id "user")))`

// Neither the values nor the definitions that come from the environment reach a browser as source, nor do the fields of
// records that nothing shows; what does is listed.
func TestWhatBrowsersGet(t *testing.T) {
	t.Setenv("SX_TEST_KEY", "k-123")
	s := serve(t, []string{"app.sx", sentSource})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/_sx/live/home", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got strings.Builder
	buf := make([]byte, 4096)
	for n := 0; strings.Count(got.String(), "sx-resolve") < 4 || !strings.HasSuffix(got.String(), "\n\n"); {
		if n, err = resp.Body.Read(buf); err != nil {
			t.Fatalf("%v after %s", err, &got)
		}
		got.Write(buf[:n])
	}
	for _, never := range []string{"(define key", "derived (str", "(define (seal", "~direct", "~sealed", "hush", "nowhere", "password"} {
		if strings.Contains(got.String(), never) {
			t.Errorf("%q is sent:\n%s", never, &got)
		}
	}
	for _, want := range []string{`(defcomp ~user`, `(defcomp ~home`, `(define mark`, `"html":"<b>1k-123</b>"`, `"html":"<b>3xk-123</b>"`, `:home {:town \"T\"}}`} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("%s is missing:\n%s", want, &got)
		}
	}
	var list []string
	for _, d := range s.app.Sent() {
		list = append(list, fmt.Sprint(d.Name, " ", d.Place, " ", d.Reads))
	}
	if got, want := strings.Join(list, "\n"), "mark app.sx:5:9 []\n~home app.sx:11:10 [of: home.town]\n~user app.sx:10:10 [user: home.town, name]"; got != want {
		t.Errorf("listed are\n%s\nwant\n%s", got, want)
	}
}

// A definition may use what belongs to the process, and gets an error with its place for what there is not yet.
func TestDefinitionsWhileLoading(t *testing.T) {
	t.Setenv("SX_TEST_KEY", "k-123")
	load := func(value string, opts ...page.Option) error {
		var fsys fs.FS = files("app.sx", "(defconfig :env (\"SX_TEST_KEY\") :fetch-allow (\"127.0.0.0/8\"))\n(define v "+value+")\n(define (late) (url-for \"home\"))\n(defpage home :path \"/\" :content (p (inspect v) (late)))")
		app, err := page.New(fsys, append(opts, page.WithSecret("test"), page.WithData(t.TempDir()))...)
		if err != nil {
			return err
		}
		return app.Shutdown(context.Background())
	}
	other := serve(t, []string{"app.sx", `(defpage home :path "/" :content (p "x"))`})
	for _, value := range []string{`(env "SX_TEST_KEY")`, `(fetch "` + other.URL + `/")`, `(now)`, `(db-query "select 1")`, `(uuid)`, `(list (sleep 1))`} {
		if err := load(value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
	const early = ": the application is still being loaded: call it in a function or a component"
	for value, want := range map[string]string{
		`(env "PATH")`:          `app.sx:2:11: env: PATH is not allowed: list it in (defconfig :env ("PATH"))`,
		`(url-for "home")`:      "app.sx:2:11: url-for" + early,
		`(asset-url (str "a"))`: "app.sx:2:11: asset-url" + early,
		`(asset (str "a"))`:     "app.sx:2:11: asset" + early,
		`(broadcast! "a" (p "x") :channel (channel "c" 1))`: "app.sx:2:11: broadcast!" + early,
		`(session-get "a")`: "app.sx:2:11: session-get: there is no request here",
	} {
		if err := load(value); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
	began := time.Now()
	if err := load(`(sleep 600000)`, page.WithLimits(page.Limits{Timeout: 50 * time.Millisecond})); err == nil || time.Since(began) > time.Minute {
		t.Errorf("a definition that takes ten minutes: %v after %v", err, time.Since(began))
	}
}
