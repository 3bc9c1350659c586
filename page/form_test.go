package page_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

func TestFormValidation(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defaction try :path "/x" (&key (title :as string :required :max 5) (n :as number :min 1 :max 10) (done :as boolean) (tags :as list :max 2)
		(kind :as string :in ("a" "b")) (note :as string?) q)
  (sx-serialize {:title title :n n :done done :tags tags :kind kind :note note :q q}))`})
	for _, c := range []struct{ kind, body, want string }{
		{form, "title=hi&n=+3.5&done=on&tags=a&tags=b&kind=a&note=", `{:title "hi" :n 3.5 :done true :tags ("a" "b") :kind "a" :note nil :q "fromquery"}`},
		{form, "title=h%C3%A4ll%C3%B6", `{:title "hällö" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}`},
		{form, "title=&n=x&done=maybe&tags=a&tags=b&tags=c&kind=c",
			`{"title":"is required","n":"must be a number","done":"must be true or false","tags":"must be at most 2 entries","kind":"must be one of a, b"}`},
		{form, "title=123456&n=11", `{"title":"must be at most 5 characters","n":"must be at most 10"}`},
		{form, "title=a&n=0", `{"n":"must be at least 1"}`},
		{form, "title=a&n=NaN", `{"n":"must be a number"}`},
		{form, "title=a&n=0x10", `{"n":"must be a number"}`},
		{form, "title=a&n=1e400", `{"n":"must be a number"}`},
		{form, "title=%FF", `{:title "�" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}`},
		{form, "title=%zz", "Bad Request: the fields are not well formed"},
		{form, strings.Repeat("a=1&", 1001), "Request Entity Too Large: more than 1000 fields"},
		{"application/json", `{"title":"hi","n":3,"done":true,"tags":[1,"x"],"q":{"deep":[null]}}`,
			`{:title "hi" :n 3 :done true :tags (1 "x") :kind nil :note nil :q {:deep (nil)}}`},
		{"application/json", `{"title":5,"n":"3","tags":"x"}`, `{"title":"must be a string","n":"must be a number","tags":"must be a list"}`},
		{"application/json", `[1]`, "Bad Request: the body is not a JSON object"},
		{"application/json", `{"a":1} {"b":2}`, "Bad Request: the body is not a JSON object"},
		{"application/json", strings.Repeat(`{"a":`, 1000), "Bad Request: the body is not a JSON object"},
		{"text/plain", "title=a", "Unsupported Media Type: the content type must be application/x-www-form-urlencoded, multipart/form-data or application/json"},
		{"", "", `{:title "query" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}`},
	} {
		var headers []string
		if c.kind != "" {
			headers = []string{"Content-Type", c.kind}
		}
		resp, got := s.do(t, "POST", "/x?q=fromquery&title=query", c.body, append(headers, "Accept", "application/json")...)
		if status, message, ok := strings.Cut(c.want, ": "); ok && !strings.HasPrefix(c.want, "{") {
			if !strings.HasSuffix(resp.Status, status) {
				t.Errorf("%s %.60s: got %s, want %s", c.kind, c.body, resp.Status, c.want)
			}
			wants(t, "log", s.logs.String(), message)
			continue
		}
		if got != c.want || strings.HasPrefix(c.want, `{"`) != (resp.StatusCode == 422) {
			t.Errorf("%s %.60s:\ngot  %s %s\nwant %s", c.kind, c.body, resp.Status, got, c.want)
		}
	}
}

// A body that breaks off within a file leaves nothing behind.
func TestMultipartThatBreaksOff(t *testing.T) {
	s := serve(t, []string{"app.sx", `(defaction up :path "/up" (&key photo) "ok")`})
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, _ := m.CreateFormFile("photo", "a.png")
	f.Write(bytes.Repeat([]byte("x"), 100_000))
	m.Close()
	if resp, _ := s.do(t, "POST", "/up", b.String()[:500], "Content-Type", m.FormDataContentType()); resp.StatusCode != 400 {
		t.Errorf("got %d", resp.StatusCode)
	}
	if resp, _ := s.do(t, "POST", "/up", b.String(), "Content-Type", "multipart/form-data"); resp.StatusCode != 400 {
		t.Errorf("without a boundary: got %d", resp.StatusCode)
	}
	if resp, body := s.do(t, "POST", "/up", b.String(), "Content-Type", m.FormDataContentType()); resp.StatusCode != 200 || body != "ok" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
}

func TestInputErrors(t *testing.T) {
	for params, want := range map[string]string{
		`(a)`:                 "must stand after &key",
		`(&key a a)`:          "named twice",
		`(&key &rest r)`:      "has no meaning here",
		`(&key (a :as text))`: "unknown type text",
		`(&key (a :max "x"))`: ":max must be a number",
		`(&key (a :in 3))`:    ":in must be a list",
		`(&key (a :size 3))`:  "unknown annotation :size",
		`(&key (a :as))`:      ":as needs a value",
		`(&key (a string))`:   "expected a keyword",
		`(&key "a")`:          "expected a parameter name",
		`(&key ())`:           "expected (name :as type",
	} {
		_, err := page.New(files("app.sx", "(defaction a :path \"/a\" "+params+" 1)"), page.WithSecret("x"), page.WithData(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", params, err, want)
		}
	}
}

// (defconfig :max-body …) is the limit of bodies, announced or not.
func TestMaxBody(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defconfig :max-body 100)
(defaction save :path "/save" (&key (title :as string)) (p "saved " (len title)))`})
	for n, status := range map[int]int{90: 200, 101: 413, 5000: 413} {
		body := "title=" + strings.Repeat("x", n-6)
		if resp, _ := s.do(t, "POST", "/save", body, "Content-Type", form); resp.StatusCode != status {
			t.Errorf("%d bytes: %d, want %d", n, resp.StatusCode, status)
		}
		r, err := http.NewRequest("POST", s.URL+"/save", io.MultiReader(strings.NewReader(body))) // of unknown length
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form)
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("%d bytes without their number: %d, want %d", n, resp.StatusCode, status)
		}
	}
	if _, err := page.New(files("app.sx", `(defconfig :max-body "lots")`), page.WithSecret("x")); err == nil || !strings.Contains(err.Error(), ":max-body must be a number of bytes") {
		t.Errorf("got %v", err)
	}
}
