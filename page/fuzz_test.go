package page_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// What anybody may send, to an application with one of everything: whatever it is, the answer is a proper one, and
// the fault is the client's. An error of the program or a panic would be logged.
func FuzzRequests(f *testing.F) {
	l := &logs{}
	app, err := page.New(files("app.sx", `
(defconfig :max-body 65536)
(defguard named (if (session-get "user") true (redirect "/")))
(defpage home :path "/" :title (str "Hi " (request-arg "name" "")) :data {:flash (flash "note")}
  :content (<> (~live (~suspense :id "now" (p "…")))
               (~live :every 60000 (~suspense :id "own" (b (random-int 5))))
               (~suspense :id "late" :wire :sx (p "late"))
               (form :method "post" :action "/todos" (input :name "title" :value (form-value "title")) (form-errors "title")))
  :live (live :every 60000 (bind "now" (p "now"))))
(defpage item :path "/items/<int:id>" :cache {:max-age 60} :content (p id))
(defpage file :path "/files/<path:rest>" :headers {:x-rest rest} :content (p rest " " (current-url) " " (str (request-header "Accept-Language"))))
(defpage private :path "/private" :auth :named :content (p (session-get "user")))
(defaction add :path "/todos" (&key (title :as string :required :max 20) (n :as number :min 1 :max 9) (kind :as string :in ("a" "b")) (tags :as list) (ok :as boolean) (file :as dict) (extra :as any))
  (invalid {:title (when (= title "no") "is taken")})
  (flash! "note" title)
  (session-set! "user" "x")
  (redirect "/"))
(defaction keep :path "/keep" (&key (file :as dict)) (if file (do (upload-remove! (upload-save! file)) (upload-text file)) "none"))
(defhandler data :path "/data/<name>" :method :get (&key (q :as string) (limit :as number :default 10)) {:name name :q q :limit limit :cookie (cookie "c")})
(defhandler put :path "/data/<name>" :method :put (&key value) [name value (request-form)])
(deflive "/streams/<room>" :every 60000 (bind "r" (p room)))
(defpage chat :path "/chat" :content (~ws :src "/ws/chat" :on-message heard (~suspense :id "m" "")))
(define (heard msg conn) (match msg (say &key text) (broadcast! "m" (p text))))`,
		"public/a b.txt", "file", "public/.hidden", "x"),
		page.WithSecret("test"), page.WithData(f.TempDir()), page.WithLogger(slog.New(slog.NewTextHandler(l, nil))))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		app.Shutdown(ctx)
	})
	const host = " HTTP/1.1\r\nHost: a.example\r\n"
	home := httptest.NewRecorder()
	app.ServeHTTP(home, httptest.NewRequest("GET", "http://a.example/", nil))
	_, token, _ := strings.Cut(home.Body.String(), "/_sx/t/")
	token, _, _ = strings.Cut(token, `"`)
	if len(token) < 40 {
		f.Fatalf("no token in %s", home.Body)
	}
	form := "Content-Type: application/x-www-form-urlencoded\r\n"
	for _, seed := range []string{
		"GET /?name=%3Cb%3E" + host + "\r\n",
		"GET /?_sx=flat" + host + "Accept-Encoding: br, gzip;q=0.1\r\nSave-Data: on\r\n\r\n",
		"HEAD /items/7" + host + "If-None-Match: \"x\"\r\n\r\n",
		"GET /items/99999999999999999999" + host + "\r\n",
		"GET /files/../a//b%2fc%00" + host + "Accept-Language: \xff\r\n\r\n",
		"OPTIONS /todos" + host + "Origin: https://b.example\r\n\r\n",
		"GET /private" + host + "Cookie: sx=abc.def; sx=; c=\"\x01\"\r\n\r\n",
		"GET /data/x?q=1&q=2&limit=1e400" + host + "Cookie: c=ä\r\n\r\n",
		"PUT /data/%C3%28" + host + "Content-Type: application/json\r\n\r\n{\"value\":[1,{\"__proto__\":null}]} ",
		"POST /todos" + host + form + "\r\ntitle=no&n=x&kind=c&ok=maybe&n=",
		"POST /todos" + host + form + "Referer: http://a.example/items/1?x=%\r\n\r\ntitle=",
		"POST /todos" + host + "Content-Type: application/json\r\nAccept: application/json\r\n\r\n{\"title\":{\"a\":1},\"n\":\"2\"} ",
		"POST /keep" + host + "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a.png\"\r\n\r\nhello!\r\n--x--\r\n",
		"POST /keep" + host + "Content-Type: application/json\r\n\r\n{\"file\":{\"path\":\"/etc/motd\"}}",
		"GET /_sx/live?s=%2F_sx%2Flive%2Fhome&c=1-2&s=%2Fstreams%2Fa&s=x&c=" + host + "Accept: text/event-stream\r\n\r\n",
		"GET /streams/%ff" + host + "Last-Event-ID: zz-18446744073709551616\r\n\r\n",
		"GET /_sx/t/" + token + host + "\r\n",
		"GET /_sx/t/" + token[:20] + "A" + token[21:] + host + "\r\n",
		"GET /_sx/t/AAAA" + host + "\r\n",
		"GET /_sx/uploads/../app.db" + host + "\r\n",
		"GET /_sx/client/x/sx-live.js" + host + "Range: bytes=5-1\r\n\r\n",
		"GET /a%20b.txt" + host + "Range: bytes=-1\r\n\r\n",
		"GET /ws/chat" + host + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
		"GET //b.example/%5cx" + host + "X-Forwarded-For: 1.2.3.4\r\n\r\n",
	} {
		head, body, _ := strings.Cut(seed, "\r\n\r\n")
		line, headers, _ := strings.Cut(head, host)
		method, target, _ := strings.Cut(line, " ")
		f.Add(method, target, headers, body)
	}
	f.Fuzz(func(t *testing.T, method, target, headers, body string) {
		if headers != "" {
			headers += "\r\n"
		}
		raw := method + " " + target + host + headers + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Skip("net/http refuses it")
		}
		r.RemoteAddr = "192.0.2.1:1234"
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond) // streams end when the client goes away
		defer cancel()
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r.WithContext(ctx))
		// A recorder cannot become a WebSocket: 501.
		if said := l.String(); w.Code >= 500 && w.Code != http.StatusNotImplemented || strings.Contains(said, "level=ERROR") || strings.Contains(said, "panic") {
			t.Errorf("%d for %q\n%s\n%s", w.Code, raw, w.Body, said)
		}
		if h := w.Header(); w.Code >= 200 && strings.HasPrefix(h.Get("Content-Type"), "text/html") && w.Body.Len() > 0 && r.Method != "HEAD" {
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") == "" {
				t.Errorf("%q: HTML without %v", raw, h)
			}
		}
		l.clear()
	})
}
