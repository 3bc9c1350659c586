package page_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

const form = "application/x-www-form-urlencoded"

func TestHandlers(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defhandler hello :path "/api/hello" (&key name (n :as number :default (+ 1 1))) (span "Hello " name " " n))
(defhandler data :path "/api/data/<int:id>" :method :get (&key id) {:id id :list [1 "<a>"]})
(defhandler rows :path "/api/rows" () (map (fn (i) (li i)) [1 2]))
(defhandler words :path "/api/words" () "a < b")
(defhandler none :path "/api/none" () nil)
(defhandler put :path "/api/put/<slug>" :method :put (&key (slug :as string :max 3)) (do (set-response-status 201) {:slug slug}))
(defhandler bad :path "/api/bad" () (error "boom"))
(defaction go :path "/go" (&key to) (redirect to))
(defaction out :path "/out" () (redirect (trusted-url "https://example.org/x") 302))
(defaction halt :path "/halt" () (try (abort 403 "Not for you.") (catch e "caught")))
(defaction head :path "/head" () (do (set-response-header "X-A" "b") (set-cookie! "c" "d" {:max-age 5}) (p "ok")))`})
	for _, c := range []struct{ method, path, status, kind, body string }{
		{"GET", "/api/hello?name=%3Cb%3E", "200 OK", "text/html; charset=utf-8", "<span>Hello &lt;b&gt; 2</span>"},
		{"GET", "/api/hello?name=a&n=x", "422 Unprocessable Entity", "text/html; charset=utf-8", ""},
		{"GET", "/api/data/7", "200 OK", "application/json", `{"id":7,"list":[1,"\u003ca\u003e"]}`},
		{"GET", "/api/rows", "200 OK", "text/html; charset=utf-8", "<li>1</li><li>2</li>"},
		{"GET", "/api/words", "200 OK", "text/plain; charset=utf-8", "a < b"},
		{"GET", "/api/none", "204 No Content", "", ""},
		{"PUT", "/api/put/abc", "201 Created", "application/json", `{"slug":"abc"}`},
		{"PUT", "/api/put/abcd", "422 Unprocessable Entity", "", ""},
		{"GET", "/api/put/abc", "405 Method Not Allowed", "", ""},
		{"GET", "/api/bad", "500 Internal Server Error", "", ""},
		{"POST", "/go?to=/a", "303 See Other", "", ""},
		{"POST", "/go?to=//evil.example", "500 Internal Server Error", "", ""},
		{"POST", "/go?to=https://evil.example", "500 Internal Server Error", "", ""},
		{"POST", "/out", "302 Found", "", ""},
		{"POST", "/halt", "403 Forbidden", "", ""},
		{"POST", "/head", "200 OK", "text/html; charset=utf-8", "<p>ok</p>"},
	} {
		resp, body := s.do(t, c.method, c.path, "")
		if resp.Status != c.status || c.kind != "" && resp.Header.Get("Content-Type") != c.kind || c.body != "" && body != c.body {
			t.Errorf("%s %s: got %s, %s, %s; want %s, %s, %s", c.method, c.path, resp.Status, resp.Header.Get("Content-Type"), body, c.status, c.kind, c.body)
		}
		if strings.HasPrefix(c.status, "5") {
			lacks(t, "error page", body, "boom", "app.sx", "evil")
		}
	}
	resp, _ := s.do(t, "POST", "/head", "")
	if resp.Header.Get("X-A") != "b" || !strings.HasPrefix(resp.Header.Get("Set-Cookie"), "c=d; Path=/; Max-Age=5; HttpOnly; SameSite=Lax") {
		t.Errorf("headers: %v", resp.Header)
	}
	if resp, _ := s.do(t, "POST", "/go?to=/a%3Fb", ""); resp.Header.Get("Location") != "/a?b" {
		t.Errorf("location: %q", resp.Header.Get("Location"))
	}
	wants(t, "log", s.logs.String(), "boom", "app.sx:9:")
}

func TestForms(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defpage new :path "/items/<slug>" :content
  (form :method "post" (input :name "title" :value (form-value "title" "fresh")) (em (form-errors "title")) (b (request-arg "tab")) (i slug)))
(defaction create :path "/items/<slug>" (&key (title :as string :required :max 4) (n :as number)) (p title n slug))
(defaction elsewhere :path "/save" (&key (title :as string :required)) (p title))`})
	resp, body := s.do(t, "POST", "/items/x", "title=toolong", "Content-Type", form)
	if resp.StatusCode != 422 {
		t.Errorf("got %d", resp.StatusCode)
	}
	wants(t, "page", body, `value="toolong"`, "<em>must be at most 4 characters</em>", "<i>x</i>")
	if resp, body := s.do(t, "POST", "/items/x", "title=+%09", "Content-Type", form); resp.StatusCode != 422 || !strings.Contains(body, "<em>is required</em>") {
		t.Errorf("spaces alone: %d %s", resp.StatusCode, body)
	}
	if resp, body := s.do(t, "POST", "/save", `{"title":" "}`, "Content-Type", "application/json"); resp.StatusCode != 422 || body != `{"title":"is required"}` {
		t.Errorf("spaces alone, as JSON: %d %s", resp.StatusCode, body)
	}
	resp, body = s.do(t, "POST", "/save", "title=", "Content-Type", form, "Referer", s.URL+"/items/y?tab=2")
	if resp.StatusCode != 422 {
		t.Errorf("got %d", resp.StatusCode)
	}
	wants(t, "referring page", body, "<em>is required</em>", "<b>2</b>", "<i>y</i>")
	resp, body = s.do(t, "POST", "/save", "title=", "Content-Type", form, "Referer", "https://evil.example/items/y")
	if resp.StatusCode != 422 {
		t.Errorf("got %d", resp.StatusCode)
	}
	wants(t, "built-in page", body, "<strong>title</strong> is required")
	resp, body = s.do(t, "POST", "/save", `{"title":5}`, "Content-Type", "application/json")
	if resp.StatusCode != 422 || body != `{"title":"must be a string"}` {
		t.Errorf("JSON: got %d %s", resp.StatusCode, body)
	}
	if resp, body := s.do(t, "POST", "/items/x", "title=ok&n=2", "Content-Type", form); resp.StatusCode != 200 || body != "<p>ok2x</p>" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if resp, _ := s.do(t, "POST", "/items/x", "x", "Content-Type", "text/plain"); resp.StatusCode != 415 {
		t.Errorf("got %d", resp.StatusCode)
	}
	if resp, _ := s.do(t, "GET", "/save", ""); resp.StatusCode != 405 || resp.Header.Get("Allow") != "OPTIONS, POST" {
		t.Errorf("got %d %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

func TestSessions(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defguard login (session-get "user"))
(defguard admin (when (not (= (session-get "user") "root")) (redirect "/")))
(defpage home :path "/" :content (p "user " (session-get "user" "none") " flash " (flash "note")))
(defpage private :path "/private" :auth :login :content (p "secret"))
(defpage top :path "/top" :auth (:login :admin) :content (p "top"))
(defpage guarded :path "/go" :auth :go :content (p "go"))
(defaction log-in :path "/login" (&key user) (do (session-set! "user" user) (session-regenerate!) (flash! "note" "hi") (redirect "/")))
(defaction log-out :path "/logout" () (do (session-clear!) (redirect "/")))`},
		page.WithGuard("go", func(r *http.Request) error {
			if r.URL.Query().Get("pass") == "" {
				return page.Redirect("/login-first", 0)
			}
			return nil
		}))
	if resp, body := s.get(t, "/private"); resp.StatusCode != 401 || strings.Contains(body, "secret") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if resp, _ := s.get(t, "/go"); resp.StatusCode != 303 || resp.Header.Get("Location") != "/login-first" {
		t.Errorf("Go guard: got %d %v", resp.StatusCode, resp.Header)
	}
	if resp, body := s.get(t, "/go?pass=1"); resp.StatusCode != 200 || !strings.Contains(body, "<p>go</p>") {
		t.Errorf("Go guard: got %d", resp.StatusCode)
	}
	resp, _ := s.do(t, "POST", "/login", "user=ada", "Content-Type", form)
	cookie := resp.Cookies()[0]
	if cookie.Name != "sx" || cookie.Secure || !cookie.HttpOnly {
		t.Errorf("cookie over plain HTTP: %v", cookie)
	}
	resp, body := s.get(t, "/", "Cookie", "sx="+cookie.Value)
	wants(t, "home", body, "user ada flash hi")
	if resp.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("Cache-Control %q", resp.Header.Get("Cache-Control"))
	}
	cookie = resp.Cookies()[0]
	if _, body := s.get(t, "/", "Cookie", "sx="+cookie.Value); !strings.Contains(body, "user ada flash </p>") {
		t.Errorf("the flash came twice: %s", body)
	}
	if resp, _ := s.get(t, "/private", "Cookie", "sx="+cookie.Value); resp.StatusCode != 200 {
		t.Errorf("got %d", resp.StatusCode)
	}
	if resp, _ := s.get(t, "/top", "Cookie", "sx="+cookie.Value); resp.StatusCode != 303 {
		t.Errorf("got %d", resp.StatusCode)
	}
	resp, _ = s.do(t, "POST", "/logout", "", "Cookie", "sx="+cookie.Value)
	if c := resp.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("logout: %v", c)
	}
}

func TestErrorPages(t *testing.T) {
	files := []string{"app.sx", `
(defpage home :path "/" :data {:x (if (request-arg "gone") (not-found) (error "boom"))} :content (p x))
(defpage own :path "/own" :error (fn (e) (b "sorry " (get e "message"))) :content (p (error "boom")))
(defcomp ~lay (&key (n :as number) &rest children) (html (head) (body (nav "n" n) children)))
(defcomp ~bad (&rest children) (html (body (nav (error "layout")) children)))
(defcomp ~sorry (&key e) (p "sorry " (get e "message")))
(defpage framed :path "/framed/<int:id>" :layout (~lay :n id) :error (fn (e) (<> (title "Sorry") (~sorry :e e) (~suspense :id "s" (i "whole")))) :content (p (error "boom")))
(defpage data :path "/data" :layout ~lay :data {:a (begin (set-response-status 202) (set-response-header "Cache-Control" "public, max-age=60") 1) :b (error "db") :c 2} :error (fn (e) (~sorry :e e) (p (inspect (list a b c)))) :content (p a b c))
(defpage badlayout :path "/badlayout" :layout ~bad :error (fn (e) (~sorry :e e)) :content (p "x"))
(defpage baderror :path "/baderror" :layout ~lay :error (fn (e) (p (error "again"))) :content (p (error "boom")))
(defpage away :path "/away" :layout ~lay :error (fn (e) (redirect "/elsewhere")) :content (p (error "boom")))
(defpage teapot :path "/tea" :status 418 :headers {:x-tea "yes"} :content (p "tea"))
(defpage missing :path 404 :title "Gone" :content (h1 "no " message status))
(defpage failed :path 500 :content (h1 "failed " status))`}
	s := serve(t, files)
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/", 500, "<h1>failed 500</h1>"},
		{"/?gone=1", 404, "<h1>no There is no page at this address.404</h1>"},
		{"/nowhere", 404, "<title>Gone</title>"},
		{"/own", 500, "<b>sorry boom</b>"},
		{"/framed/7", 500, `<title>Sorry</title>`},
		{"/framed/7", 500, `<body><nav>n7</nav><p>sorry boom</p><div id="sx-suspense-s" data-suspense="s"><i>whole</i></div></body>`},
		{"/data", 500, "<body><nav>n</nav><p>sorry db</p><p>(1 nil nil)</p></body>"},
		{"/badlayout", 500, "<body><p>sorry layout</p></body>"},
		{"/baderror", 500, "<h1>failed 500</h1>"},
		{"/away", 303, ""},
		{"/tea", 418, "<p>tea</p>"},
	} {
		resp, body := s.get(t, c.path)
		if resp.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: got %d %s", c.path, resp.StatusCode, body)
		}
		if c.status >= 400 && c.path != "/tea" && resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", c.path, resp.Header.Get("Cache-Control"))
		}
	}
	dev := serve(t, files, page.WithDevelopment())
	resp, body := dev.get(t, "/")
	if resp.StatusCode != 500 {
		t.Errorf("development: got %d", resp.StatusCode)
	}
	wants(t, "development page", body, "app.sx:2:72: boom", "^^^", "(error &#34;boom&#34;)", "in page home at app.sx:2:1")
	for text, want := range map[string][]string{
		"": {"The application has no pages yet"},
		`(defpage home :path "/home" :content (p "x")) (defaction save :path "/save" () "x")`: {"GET     /home", "page home at app.sx:1:1", "POST    /save"},
	} {
		list := []string{"app.sx", text}
		resp, body := serve(t, list, page.WithDevelopment()).get(t, "/nowhere")
		if resp.StatusCode != 404 {
			t.Errorf("astray: %d", resp.StatusCode)
		}
		wants(t, "the page of who is astray", body, want...)
		_, body = serve(t, list).get(t, "/nowhere")
		lacks(t, "the same in production", body, "app.sx", "/home", "/save", "no pages yet")
	}
}

func TestLoadErrors(t *testing.T) {
	for text, want := range map[string]string{
		`(defpage a :path "/" :content (p "x")) (defpage b :path "/" :content (p "y"))`:                    "app.sx:1:40: page b: GET / is claimed by page a at app.sx:1:1 already",
		`(defpage a :path "/<x>" :titel "t" :content (p x))`:                                               "unknown field :titel (did you mean :title?)",
		`(defpage a :path "x" :content (p "x"))`:                                                           "must begin with a slash",
		`(defpage a :content (p "x"))`:                                                                     "page a has no :path",
		`(defpage a :path "/")`:                                                                            "page a has no :content",
		`(defpage a :path "/healthz" :content (p "x"))`:                                                    "the path /healthz is the server's own",
		`(defpage a :path "/_sx/x" :content (p "x"))`:                                                      "is the server's own",
		`(defpage a :path "/" :auth :login :content (p "x"))`:                                              "unknown guard :login",
		`(defpage a :path "/" :layout ~nope :content (p "x"))`:                                             "~nope",
		`(defpage a :path "/" :content (p missing))`:                                                       "undefined symbol: missing",
		`(defpage a :path "/" :data {:x y :y 1} :content (p x))`:                                           "undefined symbol: y",
		`(defpage a :path "/<x>" :data {:x 1} :content (p x))`:                                             "hides the path parameter",
		`(defaction a :path "/a" (title) (p title))`:                                                       "must stand after &key",
		`(defaction a :path "/a" (&key (title :as text)) (p title))`:                                       "unknown type text",
		`(defaction a :path "/a" :method :fetch () (p "x"))`:                                               "the method must be",
		`(defpage a :path "/" :content (~suspense :id "x" (do (session-set! "a" 1) (p "x"))))`:             "the response has begun",
		`(defpage a :path "/" :content (p "x") :live (live :every 1 (bind "x" (p "y"))))`:                  ":every must be milliseconds, at least 10",
		`(defpage a :path "/" :content (p "x") :live (live :every 100 (bind "x" (p (session-get "u")))))`:  "shared by all: add :scope :session",
		`(defpage a :path "/<id>" :content (p "x") :live (live :src "/s" :every 100 (bind "x" (p id))))`:   "must hold the path parameter <id>",
		`(defpage a :path "/" :content (p "x") :live (live :every 100 (bind "x" (p 1)) (bind "x" (p 2))))`: "bound twice",
		`(deflive "/s" (bind "x" (p 1)))`:                                                                  "nothing makes it change",
		`(defguard public true)`:                                                                           "is built in",
		`(defconfig :csp {:img-src "a b;c"})`:                                                              "is not a source",
	} {
		_, err := page.New(files("app.sx", text), page.WithSecret("x"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestWritesInPagesWarn(t *testing.T) {
	app, err := page.New(files("app.sx", `(defpage a :path "/" :data {:x (db-exec "delete from t")} :content (p x))`), page.WithSecret("x"), page.WithDatabase(":memory:"))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Shutdown(t.Context())
	if d := app.Program().Diagnostics(); len(d) != 1 || !strings.Contains(d[0].Error(), "page a changes data by db-exec") {
		t.Errorf("got %v", d)
	}
}

func TestTransactions(t *testing.T) {
	s := serve(t, []string{"migrations/1.sql", "create table a (x integer)", "app.sx", `
(defaction good :path "/good" () (db-transaction (db-exec "insert into a values (1)") (redirect "/")))
(defaction bad :path "/bad" () (db-transaction (db-exec "insert into a values (2)") (abort 409)))
(defaction fail :path "/fail" () (db-transaction (db-exec "insert into a values (3)") (error "no")))
(defaction value :path "/value" () (p (db-transaction (db-exec "insert into a values (4)") (get (db-query-one "select max(x) as m from a") "m"))))
(defpage home :path "/" :data {:rows (db-query "select x from a order by x")} :content (p (map (fn (r) (get r "x")) rows)))`},
		page.WithDatabase(":memory:"))
	for path, status := range map[string]int{"/good": 303, "/bad": 409, "/fail": 500, "/value": 200} {
		if resp, body := s.do(t, "POST", path, ""); resp.StatusCode != status {
			t.Errorf("%s: got %d %s", path, resp.StatusCode, body)
		}
	}
	if _, body := s.get(t, "/"); !strings.Contains(body, "<p>14</p>") {
		t.Errorf("got %s", body)
	}
}

func TestURLFor(t *testing.T) {
	s := serve(t, []string{"assets/app.css", "p{}", "assets/img/a.svg", "<svg/>", "public/hello.txt", "hello", "app.sx", `
(defpage post :path "/posts/<slug>" :content (p slug))
(defpage home :path "/" :content (<> (a :href (url-for "post" {:slug "a/b ü" :page 2}) "x") (img :src (asset-url "img/a.svg")) (p (current-url))))`})
	_, body := s.get(t, "/")
	wants(t, "page", body, `href="/posts/a%2Fb%20%C3%BC?page=2"`, `src="/_sx/assets/img-a.`, "<p>"+s.URL+"/</p>")
	s2 := serve(t, []string{"assets/app.css", "p{}", "public/hello.txt", "hello", "app.sx", `(defpage home :path "/" :content (p "x"))
(defpage any :path "/<path:rest>" :content (p rest))`})
	_, body = s2.get(t, "/")
	wants(t, "linked asset", body, `<link rel="stylesheet" href="/_sx/assets/app.`)
	if resp, body := s2.get(t, "/hello.txt"); body != "hello" || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("public file: %q %v", body, resp.Header)
	}
	if _, body := s2.get(t, "/hello.html"); !strings.Contains(body, "<p>hello.html</p>") {
		t.Errorf("catch-all: %q", body)
	}
}
