package page

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func inputs(t *testing.T, params string) []inputField {
	t.Helper()
	forms, err := sx.Read(sx.NewSource("t.sx", params), sx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	fields, _, err := parseInputs(forms[0].List().Items)
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

// outcome checks a request against fields and shows values or messages.
func outcome(t *testing.T, fields []inputField, r *http.Request) string {
	t.Helper()
	s, err := readSubmission(r)
	defer s.discard()
	if err != nil {
		var se *statusError
		if errors.As(err, &se) {
			return http.StatusText(se.status) + ": " + se.reason
		}
		return err.Error()
	}
	values := sx.NewDict(2)
	var bad violations
	for _, f := range fields {
		v, texts, sent := s.lookup(f.name)
		v, _, msg := f.check(v, texts, sent)
		if msg != "" {
			bad.add(f.name, msg)
		}
		values.Set(f.name, v)
	}
	if bad.names != nil {
		return sx.Serialize(sx.DictOf(bad.dict()))
	}
	return sx.Serialize(sx.DictOf(values))
}

func post(kind, body string) *http.Request {
	r := httptest.NewRequest("POST", "/x?q=fromquery&title=query", strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

func TestFormValidation(t *testing.T) {
	fields := inputs(t, `(&key (title :as string :required :max 5) (n :as number :min 1 :max 10) (done :as boolean) (tags :as list :max 2)
		(kind :as string :in ("a" "b")) (note :as string?) q)`)
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct{ kind, body, want string }{
		{form, "title=hi&n=+3.5&done=on&tags=a&tags=b&kind=a&note=", `{:title "hi" :n 3.5 :done true :tags ("a" "b") :kind "a" :note nil :q "fromquery"}`},
		{form, "title=h%C3%A4ll%C3%B6", `{:title "hällö" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}`},
		{form, "title=&n=x&done=maybe&tags=a&tags=b&tags=c&kind=c",
			`{:title "is required" :n "must be a number" :done "must be true or false" :tags "must be at most 2 entries" :kind "must be one of a, b"}`},
		{form, "title=123456&n=11", `{:title "must be at most 5 characters" :n "must be at most 10"}`},
		{form, "title=a&n=0", `{:n "must be at least 1"}`},
		{form, "title=a&n=NaN", `{:n "must be a number"}`},
		{form, "title=a&n=0x10", `{:n "must be a number"}`},
		{form, "title=a&n=1e400", `{:n "must be a number"}`},
		{form, "title=%FF", `{:title "�" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}`},
		{form, "title=%zz", "Bad Request: the fields are not well formed"},
		{form, strings.Repeat("a=1&", 1001), "Request Entity Too Large: more than 1000 fields"},
		{"application/json", `{"title":"hi","n":3,"done":true,"tags":[1,"x"],"q":{"deep":[null]}}`,
			`{:title "hi" :n 3 :done true :tags (1 "x") :kind nil :note nil :q {:deep (nil)}}`},
		{"application/json", `{"title":5,"n":"3","tags":"x"}`, `{:title "must be a string" :n "must be a number" :tags "must be a list"}`},
		{"application/json", `[1]`, "Bad Request: the body is not a JSON object"},
		{"application/json", `{"a":1} {"b":2}`, "Bad Request: the body is not a JSON object"},
		{"application/json", strings.Repeat(`{"a":`, 1000), "Bad Request: the body is not a JSON object"},
		{"text/plain", "title=a", "Unsupported Media Type: the content type must be application/x-www-form-urlencoded, multipart/form-data or application/json"},
		{"", "", `{:title "query" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}` /* from the query */},
	} {
		got := outcome(t, fields, post(c.kind, c.body))
		if c.kind == "" {
			c.want = `{:title "query" :n nil :done false :tags nil :kind nil :note nil :q "fromquery"}`
		}
		if got != c.want {
			t.Errorf("%s %.60s:\ngot  %s\nwant %s", c.kind, c.body, got, c.want)
		}
	}
}

func TestFormMultipart(t *testing.T) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("title", "hi")
	f, _ := m.CreateFormFile("photo", `C:\evil\..\photo.png`)
	f.Write(bytes.Repeat([]byte("x"), 100_000))
	m.CreateFormFile("empty", "")
	m.Close()
	r := httptest.NewRequest("POST", "/", bytes.NewReader(b.Bytes()))
	r.Header.Set("Content-Type", m.FormDataContentType())
	s, err := readSubmission(r)
	if err != nil {
		t.Fatal(err)
	}
	v, _, _ := s.lookup("photo")
	d := v.Dict()
	name, _ := d.Lookup("name")
	size, _ := d.Lookup("size")
	path, _ := d.Lookup("path")
	if plainText(name) != "photo.png" || size.Float() != 100_000 {
		t.Errorf("got %s", sx.Serialize(v))
	}
	if data, err := os.ReadFile(plainText(path)); err != nil || len(data) != 100_000 {
		t.Errorf("on disk: %d bytes, %v", len(data), err)
	}
	if _, _, ok := s.lookup("empty"); ok {
		t.Error("a file input left empty counts as sent")
	}
	s.discard()
	if _, err := os.Stat(plainText(path)); !os.IsNotExist(err) {
		t.Errorf("the upload is left behind: %v", err)
	}

	r = httptest.NewRequest("POST", "/", bytes.NewReader(b.Bytes()))
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 50_000)
	s, err = readSubmission(r)
	var se *statusError
	if !errors.As(err, &se) || se.status != 413 {
		t.Errorf("too large: got %v", err)
	}
	temps := s.temps
	s.discard()
	for _, p := range temps {
		if _, err := os.Stat(p); !os.IsNotExist(err) {
			t.Errorf("%s is left behind", p)
		}
	}
	r = httptest.NewRequest("POST", "/", bytes.NewReader(b.Bytes()[:500]))
	r.Header.Set("Content-Type", m.FormDataContentType())
	s, err = readSubmission(r)
	s.discard()
	if !errors.As(err, &se) || se.status != 400 {
		t.Errorf("cut off: got %v", err)
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
		forms, err := sx.Read(sx.NewSource("t.sx", params), sx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := parseInputs(forms[0].List().Items); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", params, err, want)
		}
	}
}
