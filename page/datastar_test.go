package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/datastar"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/sx/sxtest"
)

// What handlers and actions send to Datastar's client, byte by byte.
func TestDatastarPatches(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defcomp ~row (&key id text) (li :id id text))
(defhandler outer :path "/outer" () (datastar-patch (~row :id "a" :text "1 < 2")))
(defhandler several :path "/several" () (datastar-patch (map (fn (n) (~row :id (str "r" n) :text n)) [1 2]) (b "x") :selector "#list" :mode :append))
(defhandler modes :path "/modes" ()
  (for-each (fn (m) (datastar-patch (i m) :selector "#a" :mode m)) ["outer" "inner" "replace" "prepend" "append" "before" "after"]))
(defhandler remove :path "/remove" :method :delete () (datastar-patch :selector "#a" :mode :remove))
(defhandler text :path "/text" () (datastar-patch "a < b" :selector "#a" :mode :inner))
(defhandler lines :path "/lines" () (datastar-patch (pre "a\r\ndata: x\n\nid: 1\rb") :selector "#a"))
(defhandler options :path "/options" ()
  (do (datastar-patch (b "x") :selector "#a" :use-view-transition true :event-id "7" :retry 2000)
      (datastar-patch (b "x") :selector nil :mode nil :use-view-transition false :event-id nil :retry 1000)
      (datastar-patch (raw! "<circle r='1'/>") :selector "svg" :mode :append :namespace :svg)))
(defhandler signals :path "/signals" :method :post ()
  (do (datastar-patch-signals {"a" 1 "user.name" "x" "user.tags" [1 nil "<"] "gone" nil} :event-id "8" :retry 3000)
      (datastar-patch-signals {:a {:b.c true}} :only-if-missing true)))
(defaction save :path "/save" (&key (n :as number :required))
  (do (session-set! "n" n) (datastar-patch (b :id "n" n)) (datastar-patch-signals {:n (inc n)})))
(defhandler script :path "/script" () (datastar-script "f(1)" :attributes {:type "module" :nonce "a\"b"} :keep true :event-id "9"))
(defhandler markup :path "/markup" () (do (datastar-patch-signals {}) (p "not sent")))
(defhandler long :path "/long" () (for-each (fn (n) (datastar-patch (li n) :selector "#a" :mode :append)) (range 100)))
(defhandler plain :path "/plain" () (p "sent"))
(defconfig :datastar-scripts true)`})
	const elements, signals = "event: datastar-patch-elements\n", "event: datastar-patch-signals\n"
	var modes strings.Builder
	for _, m := range []string{"inner", "replace", "prepend", "append", "before", "after"} {
		modes.WriteString(elements + "data: mode " + m + "\ndata: selector #a\ndata: elements <i>" + m + "</i>\n\n")
	}
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/outer", "", elements + "data: elements <li id=\"a\">1 &lt; 2</li>\n\n"},
		{"GET", "/several", "", elements + "data: mode append\ndata: selector #list\ndata: elements <li id=\"r1\">1</li><li id=\"r2\">2</li><b>x</b>\n\n"},
		{"GET", "/modes", "", elements + "data: selector #a\ndata: elements <i>outer</i>\n\n" + modes.String()},
		{"DELETE", "/remove", "", elements + "data: mode remove\ndata: selector #a\n\n"},
		{"GET", "/text", "", elements + "data: mode inner\ndata: selector #a\ndata: elements a &lt; b\n\n"},
		{"GET", "/lines", "", elements + "data: selector #a\ndata: elements <pre>a\ndata: elements data: x\ndata: elements \ndata: elements id: 1\ndata: elements b</pre>\n\n"},
		{"GET", "/options", "", elements + "id: 7\nretry: 2000\ndata: selector #a\ndata: useViewTransition true\ndata: elements <b>x</b>\n\n" +
			elements + "data: elements <b>x</b>\n\n" +
			elements + "data: mode append\ndata: selector svg\ndata: namespace svg\ndata: elements <circle r='1'/>\n\n"},
		{"POST", "/signals", "", signals + `id: 8` + "\nretry: 3000\n" + `data: signals {"a":1,"gone":null,"user":{"name":"x","tags":[1,null,"\u003c"]}}` + "\n\n" +
			signals + "data: onlyIfMissing true\ndata: signals {\"a\":{\"b\":{\"c\":true}}}\n\n"},
		{"POST", "/save", `{"n":4}`, elements + "data: elements <b id=\"n\">4</b>\n\n" + signals + "data: signals {\"n\":5}\n\n"},
		{"GET", "/script", "", elements + "id: 9\ndata: mode append\ndata: selector body\ndata: elements <script type=\"module\" nonce=\"a&#34;b\">f(1)</script>\n\n"},
		{"GET", "/markup", "", signals + "data: signals {}\n\n"},
		{"GET", "/plain", "", "<p>sent</p>"},
	} {
		resp, body := s.do(t, c.method, c.path, c.body, "Content-Type", "application/json", "Datastar-Request", "true")
		if resp.StatusCode != 200 || body != c.want {
			t.Errorf("%s %s: %d\n got %q\nwant %q", c.method, c.path, resp.StatusCode, body, c.want)
		}
		if kind := resp.Header.Get("Content-Type"); c.path != "/plain" && kind != "text/event-stream; charset=utf-8" {
			t.Errorf("%s: type %q", c.path, kind)
		}
	}
	resp, _ := s.do(t, "POST", "/save", `{"n":4}`, "Content-Type", "application/json")
	if len(resp.Cookies()) != 1 || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the session is not kept: %v", resp.Header)
	}
	if resp, body := s.do(t, "POST", "/save", `{"n":"x"}`, "Content-Type", "application/json"); resp.StatusCode != 422 || body != `{"n":"must be a number"}` {
		t.Errorf("a signal of the wrong type: %d %s", resp.StatusCode, body)
	}
	// An answer is compressed like a page.
	if resp, _ := s.do(t, "GET", "/long", "", "Accept-Encoding", "gzip"); resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("headers of a long answer: %v", resp.Header)
	}
}

// What is wrong with a patch is an error before anything is sent, whose text names the form.
func TestDatastarRefusals(t *testing.T) {
	for form, want := range map[string]string{
		`(datastar-patch nil)`:                                            "datastar-patch: a patch needs elements with ids, or a selector",
		`(datastar-patch (b "x") :mode (str "up" "sert"))`:                `datastar-patch: unknown mode "upsert" (there are outer inner replace`,
		`(datastar-patch (b "x") :selector "a\ndata: elements <script>")`: `datastar-patch: selector`,
		`(datastar-patch (b "x") :event-id "1\r\rdata: x")`:               `datastar-patch: event id`,
		`(datastar-patch (b "x") :retry "soon")`:                          "datastar-patch: :retry must be milliseconds",
		`(datastar-patch (b (error "boom")) :mode :inner)`:                "boom",
		`(datastar-patch-signals [1])`:                                    "datastar-patch-signals: the signals must be a dict, got list",
		`(datastar-patch-signals {"a" 1 "a.b" 2})`:                        `datastar-patch-signals: signals: "a.b" is inside a value`,
		`(datastar-patch-signals {:a (fn () 1)})`:                         "datastar-patch-signals: signal a: a",
		`(do (datastar-patch (b :id "a" "x")) (error "late"))`:            "late",
	} {
		s := serve(t, []string{"app.sx", `(defhandler bad :path "/bad" () ` + form + `)`})
		resp, body := s.get(t, "/bad")
		if resp.StatusCode != 500 || strings.Contains(body, "datastar") || !strings.Contains(s.logs.String(), strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("%s: %d %.80q, log %q", form, resp.StatusCode, body, s.logs.String())
		}
	}
	s := serve(t, []string{"app.sx", `
(defpage home :path "/" :content (do (datastar-patch (b :id "x" "x")) (p "x")))
(defhandler away :path "/away" () (do (datastar-patch (b :id "a" "x")) (redirect "/")))
(defhandler gone :path "/gone" () (do (datastar-patch (b :id "a" "x")) (abort 410)))`})
	if resp, _ := s.get(t, "/"); resp.StatusCode != 500 || !strings.Contains(s.logs.String(), "this belongs in a handler or an action") {
		t.Errorf("a page that patches: %d", resp.StatusCode)
	}
	for path, want := range map[string]int{"/away": 303, "/gone": 410} {
		if resp, body := s.get(t, path); resp.StatusCode != want || strings.Contains(body, "datastar-patch") {
			t.Errorf("%s: %d %q", path, resp.StatusCode, body)
		}
	}
	// HTML would be taken for elements to patch.
	resp, body := s.do(t, "GET", "/gone", "", "Datastar-Request", "true", "Accept", "text/event-stream, text/html, application/json")
	if resp.StatusCode != 410 || resp.Header.Get("Content-Type") != "application/json" || !strings.Contains(body, `"status":410`) {
		t.Errorf("an error for Datastar's client: %d %q", resp.StatusCode, body)
	}
}

// Scripts do not even load unless they are switched on, and nothing of a stream's response can be changed.
func TestDatastarLoadErrors(t *testing.T) {
	for src, want := range map[string]string{
		`(defhandler h :path "/h" () (datastar-script "f()"))`:                                      "handler h reaches datastar-script, which is off",
		`(define go (fn () (datastar-script "f()"))) (defaction h :path "/h" () (go))`:              "action h reaches datastar-script, which is off",
		`(defconfig :datastar-scripts "yes")`:                                                       ":datastar-scripts must be true or false",
		`(defhandler h :path "/h" :every 1000 () (do (session-set! "a" 1) (datastar-patch (b))))`:   "handler h reaches session-set!, but with :every or :on its response has begun",
		`(defhandler h :path "/h" :every 1 () (datastar-patch (b)))`:                                ":every must be milliseconds, at least 10",
		`(defaction h :path "/h" :every 1000 () (datastar-patch (b)))`:                              "defaction: unknown field :every",
		`(defhandler h :path "/h" () (datastar-patch (b) :mod :inner))`:                             "app.sx:1:49: datastar-patch: unknown keyword :mod (did you mean :mode?)",
		`(defhandler h :path "/h" () (datastar-patch (b) :mode :upsert))`:                           `datastar-patch: unknown mode "upsert" (there are outer`,
		`(defhandler h :path "/h" () (datastar-patch (b) :mode))`:                                   "datastar-patch: the keyword :mode has no value",
		`(defhandler h :path "/h" () (datastar-patch-signals))`:                                     "datastar-patch-signals takes one value before its keywords, found 0",
		`(defhandler h :path "/h" () (datastar-patch-signals {:a 1} {:b 1}))`:                       "found 2",
		`(defhandler h :path "/h" () (datastar-signals {:a 1}))`:                                    "datastar-signals",
		`(defpage p :path "/" :content (~suspense :id "a" :fallback "…" (datastar-patch (b "x"))))`: "datastar-patch",
	} {
		_, err := page.New(files("app.sx", src), page.WithSecret("test"), page.WithData(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", src, err)
		}
	}
}

// Signals come from the query or the body; what is no JSON object is the client's fault.
func TestDatastarSignals(t *testing.T) {
	const echo = ` (datastar-patch-signals {:all (datastar-signals)})`
	s := serve(t, []string{"app.sx", `
(defhandler get :path "/s" :method :get ()` + echo + `)
(defhandler post :path "/s" :method :post ()` + echo + `)
(defhandler put :path "/s" :method :put ()` + echo + `)
(defhandler patch :path "/s" :method :patch ()` + echo + `)
(defhandler delete :path "/s" :method :delete ()` + echo + `)
(defhandler bound :path "/bound" (&key (n :as number :required) (name :as string :default "nobody")) (datastar-patch (b :id "b" (inc n) " " name)))
(defhandler lenient :path "/lenient" () (try (datastar-patch-signals (datastar-signals)) (catch e (datastar-patch-signals {:error true}))))
(defpage page :path "/page" :content (p (get (datastar-signals) "n")))`})
	q := "?datastar=" + url.QueryEscape(`{"n":41,"user":{"name":"<b>"},"list":[1,null]}`)
	const body = `{"n":41,"user":{"name":"<b>"},"list":[1,null]}`
	want := "event: datastar-patch-signals\ndata: signals {\"all\":{\"list\":[1,null],\"n\":41,\"user\":{\"name\":\"\\u003cb\\u003e\"}}}\n\n"
	none := "event: datastar-patch-signals\ndata: signals {\"all\":{}}\n\n"
	ds := []string{"Datastar-Request", "true"}
	js := append([]string{"Content-Type", "application/json"}, ds...)
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		want               string
	}{
		{"GET", "/s" + q, "", ds, 200, want},
		{"GET", "/s" + q, "", nil, 200, want},
		{"DELETE", "/s" + q, "", ds, 200, want},
		{"DELETE", "/s", body, js, 200, want},
		{"POST", "/s", body, js, 200, want},
		{"PUT", "/s", body, js, 200, want},
		{"PATCH", "/s", body, js, 200, want},
		{"GET", "/s", "", ds, 200, none},
		{"POST", "/s", "", ds, 200, none},
		{"GET", "/s?datastar=%7B", "", ds, 400, ""},
		{"GET", "/s?datastar=%7B", "", nil, 400, ""},
		{"GET", "/s?datastar=[1]", "", ds, 400, ""},
		{"GET", "/s?datastar=[1]", "", nil, 400, ""},
		{"POST", "/s", "{", js, 400, ""},
		{"POST", "/s", "[1]", js, 400, ""},
		{"POST", "/s", "{} {}", js, 400, ""},
		{"GET", "/lenient?datastar=%7B", "", nil, 200, "event: datastar-patch-signals\ndata: signals {\"error\":true}\n\n"},
		{"GET", "/bound" + q, "", ds, 200, "event: datastar-patch-elements\ndata: elements <b id=\"b\">42 nobody</b>\n\n"},
		{"GET", "/bound?datastar=%7B%22n%22%3A%22x%22%7D", "", ds, 422, ""},
		{"GET", "/page" + q, "", nil, 200, ""},
		{"GET", "/page?datastar=%7B", "", nil, 400, ""},
	} {
		resp, got := s.do(t, c.method, c.path, c.body, c.headers...)
		if resp.StatusCode != c.status || c.want != "" && got != c.want {
			t.Errorf("%s %s: %d\n got %q\nwant %q", c.method, c.path, resp.StatusCode, got, c.want)
		}
		if c.status == 400 && !strings.Contains(got, "JSON object") {
			t.Errorf("%s %s: %q does not say what is wrong", c.method, c.path, got)
		}
	}
	if _, body := s.get(t, "/page"+q); !strings.Contains(body, "<p>41</p>") {
		t.Errorf("page: %q", body)
	}
	if text := s.logs.String(); strings.Contains(text, "evaluation failed") {
		t.Errorf("the client's fault is logged as ours: %s", text)
	}
}

// The recorded conformance cases, answered by a handler written in SX.
func TestDatastarGoldenCases(t *testing.T) {
	file := sxtest.Recorded(t, "datastar_golden.json")
	var doc struct {
		Cases []struct {
			ID, Method, Output string
			Input              json.RawMessage
		}
	}
	if err := json.Unmarshal(file, &doc); err != nil {
		t.Fatal(err)
	}
	s := serve(t, []string{"app.sx", `
(defconfig :datastar-scripts true)
(define answer
  (fn ()
    (for-each
      (fn (e)
        (case (get e "type")
          "patchElements" (datastar-patch (raw! (get e "elements" "")) :selector (get e "selector") :mode (get e "mode")
                            :use-view-transition (get e "useViewTransition") :event-id (get e "eventId") :retry (get e "retryDuration"))
          "patchSignals" (datastar-patch-signals (or (get e "signals") (json-decode (get e "signals-raw")))
                           :only-if-missing (get e "onlyIfMissing") :event-id (get e "eventId") :retry (get e "retryDuration"))
          "executeScript" (datastar-script (get e "script") :keep (= (get e "autoRemove") false) :attributes (get e "attributes")
                            :event-id (get e "eventId") :retry (get e "retryDuration"))))
      (get (datastar-signals) "events"))))
(defhandler test-get :path "/test" () (answer))
(defhandler test-post :path "/test" :method :post () (answer))`})
	for _, c := range doc.Cases {
		var resp *http.Response
		var got string
		if c.Method == "GET" {
			resp, got = s.get(t, "/test?datastar="+url.QueryEscape(string(c.Input)))
		} else {
			resp, got = s.do(t, "POST", "/test", string(c.Input), "Content-Type", "application/json")
		}
		want := c.Output
		if strings.Contains(string(c.Input), "signals-raw") {
			// Text that a program has read and written again is on one line; that it means the same is what counts.
			want = "event: datastar-patch-signals\ndata: signals " + compact(t, strings.ReplaceAll(strings.TrimPrefix(want, "event: datastar-patch-signals\n"), "data: signals ", "")) + "\n\n"
		}
		if resp.StatusCode != 200 || got != want {
			t.Errorf("%s: %d\n got %q\nwant %q", c.ID, resp.StatusCode, got, want)
		}
	}
}

func compact(t *testing.T, text string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// eventsOf reads a stream's events.
func eventsOf(t *testing.T, s *server, path string, headers ...string) (*http.Response, func() string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	in := bufio.NewReader(resp.Body)
	return resp, func() string {
		var b strings.Builder
		for {
			l, err := in.ReadString('\n')
			if err != nil {
				return b.String() + err.Error()
			}
			if b.WriteString(l); l == "\n" {
				return b.String()
			}
		}
	}
}

// A stream written in Go patches components of the application.
func TestDatastarOverGoStream(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defcomp ~badge (&key value) (b :id "badge" value " < " (~unit :of "%")))
(defcomp ~unit (&key of) (i of))`},
		page.WithStream("/stream", func(_ context.Context, s *live.Stream) error {
			out := datastar.Over(s)
			if err := out.PatchComponent("~nobody", nil, datastar.Elements{}); err == nil {
				t.Error("an unknown component is patched")
			}
			return out.PatchComponent("~badge", sx.Args{"value": 42}, datastar.Elements{Mode: datastar.Replace, ViewTransition: true})
		}, live.Retry(-1)))
	_, body := s.get(t, "/stream")
	if want := "event: datastar-patch-elements\ndata: mode replace\ndata: useViewTransition true\ndata: elements <b id=\"badge\">42 &lt; <i>%</i></b>\n\n"; body != want {
		t.Errorf("got %q", body)
	}
}

// A handler with :every answers over time, with what each client sent when it connected.
func TestDatastarEvery(t *testing.T) {
	n := 0
	s := serve(t, []string{"app.sx", `
(defhandler clock :path "/clock/<place>" :every 20 (&key (step :as number :default 1))
  (do (datastar-patch (b :id "n" place " " (next! step)))
      (datastar-patch-signals {:name (get (datastar-signals) "name")})))
(defhandler posted :path "/posted" :method :post :every 20 () (datastar-patch-signals {:name (get (datastar-signals) "name")}))`},
		page.WithPrimitive("next!", func(step int) int { n += step; return n }, sx.IO))
	resp, next := eventsOf(t, s, "/clock/here?datastar="+url.QueryEscape(`{"step":2,"name":"x"}`), "Datastar-Request", "true")
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || kind != "text/event-stream; charset=utf-8" {
		t.Errorf("got %d %q", resp.StatusCode, kind)
	}
	for _, want := range []string{"here 2", "here 4", "here 6"} {
		if got := next() + next(); got != "event: datastar-patch-elements\ndata: elements <b id=\"n\">"+want+"</b>\n\nevent: datastar-patch-signals\ndata: signals {\"name\":\"x\"}\n\n" {
			t.Errorf("got %q", got)
		}
	}
	// Signals of a POST may ask for a stream too; its client leaves after the first events.
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, _ := http.NewRequestWithContext(ctx, "POST", s.URL+"/posted", strings.NewReader(`{"name":"y"}`))
	req.Header.Set("Content-Type", "application/json")
	if posted, err := s.Client().Do(req); err != nil {
		t.Error(err)
	} else {
		defer posted.Body.Close()
		if l, err := bufio.NewReader(posted.Body).ReadString('}'); err != nil || l != "event: datastar-patch-signals\ndata: signals {\"name\":\"y\"}" {
			t.Errorf("got %q, %v", l, err)
		}
		leave()
	}
	if resp, _ := s.do(t, "GET", "/clock/here?step=x", ""); resp.StatusCode != 422 {
		t.Errorf("a parameter of the wrong type: %d", resp.StatusCode)
	}
	if resp, _ := s.do(t, "GET", "/clock/here?datastar=%7B", "", "Datastar-Request", "true"); resp.StatusCode != 400 {
		t.Errorf("broken signals: %d", resp.StatusCode)
	}
}

// A handler with :on is told each message, in order, and its stream goes on after an error.
func TestDatastarOn(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defhandler log :path "/log/<room>" :on (str "room-" room) ()
  (cond
    (nil? message) (datastar-patch (ol :id "log"))
    (= message "bad") (error "boom")
    (= message "end") (abort 410)
    :else (datastar-patch (li message) :selector "#log" :mode :append)))
(defaction say :path "/say/<room>" (&key (text :as string)) (publish! (str "room-" room) text))`})
	_, next := eventsOf(t, s, "/log/a")
	if got := next(); got != "event: datastar-patch-elements\ndata: elements <ol id=\"log\"></ol>\n\n" {
		t.Fatalf("got %q", got)
	}
	say := func(room, text string) {
		if resp, _ := s.do(t, "POST", "/say/"+room, "text="+text, "Content-Type", form); resp.StatusCode != 204 {
			t.Errorf("say: %d", resp.StatusCode)
		}
	}
	say("b", "elsewhere")
	for _, text := range []string{"one", "bad", "bad", "two", "end"} {
		say("a", text)
	}
	for _, want := range []string{"one", "two"} {
		if got := next(); got != "event: datastar-patch-elements\ndata: mode append\ndata: selector #log\ndata: elements <li>"+want+"</li>\n\n" {
			t.Errorf("got %q, want %s", got, want)
		}
	}
	if got := next(); got != "EOF" {
		t.Errorf("after abort: got %q", got)
	}
	if n := strings.Count(s.logs.String(), "boom"); n != 1 {
		t.Errorf("the error is logged %d times: %s", n, s.logs.String())
	}
}

// Before a stream begins an error is a status; a guard, a page of another site and the end of a session are heard.
func TestDatastarStreamsAreRefused(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defguard login (session-get "user"))
(defaction log-in :path "/login" () (do (session-set! "user" "ada") nil))
(defaction log-out :path "/logout" () (do (session-clear!) nil))
(defhandler private :path "/private" :auth :login :every 20 () (datastar-patch (b :id "a" (session-get "user"))))
(defhandler gone :path "/gone" :every 20 () (not-found))
(defhandler broken :path "/broken" :every 20 () (error "boom"))
(defhandler quiet :path "/quiet" :on "never" () nil)`})
	for path, want := range map[string]int{"/private": 401, "/gone": 404, "/broken": 500} {
		if resp, body := s.get(t, path); resp.StatusCode != want || strings.Contains(body, "boom") {
			t.Errorf("%s: %d %q", path, resp.StatusCode, body)
		}
	}
	if resp, _ := s.do(t, "HEAD", "/quiet", ""); resp.StatusCode != 200 {
		t.Errorf("HEAD: %d", resp.StatusCode)
	}
	resp, _ := s.do(t, "POST", "/login", "")
	cookie := resp.Cookies()[0].String()
	if resp, _ := s.do(t, "GET", "/private", "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); resp.StatusCode != 403 {
		t.Errorf("from another site: %d", resp.StatusCode)
	}
	_, next := eventsOf(t, s, "/private", "Cookie", cookie)
	if got := next(); !strings.Contains(got, `<b id="a">ada</b>`) {
		t.Errorf("got %q", got)
	}
	s.do(t, "POST", "/logout", "", "Cookie", cookie)
	for end := time.Now().Add(10 * time.Second); ; {
		got := next()
		if !strings.HasPrefix(got, "event: ") {
			break // the stream has ended with the session
		}
		if time.Now().After(end) {
			t.Fatal("the stream outlives its session")
		}
	}
	// Open streams of handlers leave with the server.
	_, next = eventsOf(t, s, "/private", "Cookie", cookie)
	next()
	if err := s.app.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(10 * time.Second); ; {
		got := next()
		if strings.Contains(got, "EOF") {
			if !strings.Contains(got, "unexpected EOF") {
				t.Errorf("the stream is ended, not cut: %q", got)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("the stream outlives its server")
		}
	}
}
