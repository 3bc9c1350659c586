package page_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// What a program may ask of the request and of the world around it.
func TestRequestAndWorld(t *testing.T) {
	t.Setenv("SX_TEST_SEEN", "yes")
	t.Setenv("SX_TEST_HIDDEN", "a secret")
	began := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.FixedZone("", 3600))
	s := serve(t, []string{"app.sx", `
(defconfig :env ("SX_TEST_SEEN" "SX_TEST_UNSET"))
(defhandler about :path "/about/<int:id>/<path:rest>" :method :post (&key id (a :as string))
  {:path (request-path) :method (request-method) :id (path-param "id") :rest (path-param "rest") :none (path-param "none")
   :arg (request-arg "q") :default (request-arg "x" "d") :form (request-form) :cookie (cookie "c") :absent (cookie "d")
   :header (request-header "x-own") :url (current-url)})
(defhandler world :path "/world" () {:now (now) :seen (env "SX_TEST_SEEN") :unset (env "SX_TEST_UNSET") :slept (sleep 1)
  :ids (map (fn (i) (uuid)) (range 3))
  :dice (map (fn (i) (random-int 1 6)) (range 200)) :below (map (fn (i) (random-int 3)) (range 100)) :one (random-int 7 7)
  :wide (random-int -9007199254740991 9007199254740991)})
(defhandler bad :path "/bad/<n>" (&key n)
  (match n "0" (env "SX_TEST_HIDDEN") "1" (random-int 2 1) "2" (random-int 0.5) "3" (sleep -1) "4" (random-int 0)))`},
		page.WithClock(func() time.Time { return began }))
	resp, body := s.do(t, "POST", "/about/7/x/y%20z?q=1&q=2", "a=b&c=%C3%BC", "Content-Type", form, "Cookie", "c=v", "X-Own", "h")
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	wants(t, "the request", body, `"path":"/about/7/x/y z"`, `"method":"POST"`, `"id":7`, `"rest":"x/y z"`, `"none":null`, `"arg":"1"`, `"default":"d"`,
		`"form":{"a":"b","c":"ü"}`, `"cookie":"v"`, `"absent":null`, `"header":"h"`, `"url":"`+s.URL+`/about/7/x/y%20z?q=1`)
	_, body = s.get(t, "/world")
	wants(t, "the world", body, `"now":"2026-03-04T04:06:07.089Z"`, `"seen":"yes"`, `"unset":null`, `"slept":null`, `"one":7`, `"wide":`)
	uuid := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	ids := uuid.FindAllString(body, -1)
	if len(ids) != 3 || ids[0] == ids[1] || ids[1] == ids[2] {
		t.Errorf("ids: %q in %s", ids, body)
	}
	for key, want := range map[string]string{"dice": "123456", "below": "012"} {
		_, rest, _ := strings.Cut(body, `"`+key+`":[`)
		list, _, _ := strings.Cut(rest, "]")
		seen := map[string]bool{}
		for n := range strings.SplitSeq(list, ",") {
			seen[n] = true
		}
		if len(seen) != len(want) {
			t.Errorf("%s gives %v, want each of %s", key, seen, want)
		}
		for n := range seen {
			if !strings.Contains(want, n) {
				t.Errorf("%s gives %s", key, n)
			}
		}
	}
	for n, want := range []string{"SX_TEST_HIDDEN is not allowed", "nothing lies between 2 and 1", "must be an integer", "must be milliseconds", "nothing lies between 0 and -1"} {
		path := "/bad/" + string(rune('0'+n))
		if resp, body := s.get(t, path); resp.StatusCode != http.StatusInternalServerError || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
		s.logs.until(t, want)
	}
	lacks(t, "log", s.logs.String(), "a secret")
}

// What changes something is reached from a page, or from a handler that answers GET, with a warning.
func TestWritesUnderGetWarn(t *testing.T) {
	for text, want := range map[string]string{
		`(defpage a :path "/" :content (begin (publish! "t") (p "x")))`:                                                "page a changes data by publish!",
		`(define (tell) (broadcast! "s" (p "x") :channel "c")) (defpage a :path "/" :data {:x (tell)} :content (p x))`: "page a changes data by broadcast",
		`(defhandler h :path "/h" () (publish! "t"))`:                                                                  "handler h answers GET and changes data by publish!",
		`(defhandler h :path "/h" :method :get () (db-exec "delete from t"))`:                                          "handler h answers GET and changes data by db-exec",
		`(defhandler h :path "/h" () (db-transaction (db-exec "delete from t")))`:                                      "handler h answers GET and changes data by db-",
		`(defhandler h :path "/h" :method :post () (db-exec "delete from t"))`:                                         "",
		`(defaction h :path "/h" () (publish! "t"))`:                                                                   "",
	} {
		app, err := page.New(files("app.sx", text), page.WithSecret("x"), page.WithDatabase(":memory:"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := app.Program().Diagnostics()
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0].Error(), want)) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, got, want)
		}
		app.Shutdown(t.Context())
	}
}
