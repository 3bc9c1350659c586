package page_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

const formType = "application/x-www-form-urlencoded"

func invalidApp(t *testing.T) *server {
	return serve(t, []string{"migrations/1.sql", "create table users(email text primary key)", "app.sx", `
(defpage join :path "/join"
  :content (form :method "post" :action "/join"
    (input :name "email" :value (form-value "email"))
    (when (form-errors "email") (p :class "problem" (form-errors "email")))
    (when (form-errors "age") (p :class "age" (form-errors "age")))))
(defaction join! :path "/join" (&key (email :as string :required) (age :as number))
  (db-transaction
    (db-exec "insert into users(email) values (?) on conflict do nothing" email)
    (invalid {:email (when (starts-with? email "root@") "is taken") :age (when (and age (< age 18)) "is too young")}))
  (redirect "/welcome"))
(defpage users :path "/users" :content (p (get (db-query-one "select count(*) as n from users") "n")))
(defaction go :path "/go" (&key name) (check-name name))
(defaction quiet :path "/quiet" (&key name) (try (invalid {:name "no"}) (catch e "caught")))
(defaction wrong :path "/wrong" (&key name) (invalid "name"))
(defpage early :path "/early" :data {:x (invalid {:a "b"})} :content (p x))`},
		page.WithPrimitive("check-name", func(name string) (string, error) {
			if name == "x" {
				return "", page.Invalid(map[string]string{"name": "is too short", "also": "is wrong"})
			}
			return "fine", page.Invalid(nil)
		}))
}

// What annotations cannot say is refused in the same way: the page, the visitor's input and a message at the field.
func TestInvalidShowsTheFormAgain(t *testing.T) {
	s := invalidApp(t)
	resp, body := s.do(t, "POST", "/join", "email=root@a&age=9", "Content-Type", formType)
	if resp.StatusCode != 422 || !strings.Contains(body, `value="root@a"`) || !strings.Contains(body, `<p class="problem">is taken</p>`) || !strings.Contains(body, `<p class="age">is too young</p>`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if _, body := s.get(t, "/users"); !strings.Contains(body, "<p>0</p>") {
		t.Errorf("the transaction was not rolled back: %s", body)
	}
	resp, body = s.do(t, "POST", "/join", `{"email":"root@a","age":9}`, "Content-Type", "application/json")
	if resp.StatusCode != 422 || strings.TrimSpace(body) != `{"email":"is taken","age":"is too young"}` {
		t.Errorf("JSON: %d %s", resp.StatusCode, body)
	}
	if resp, _ := s.do(t, "POST", "/join", "email=me@a", "Content-Type", formType); resp.StatusCode != 303 || resp.Header.Get("Location") != "/welcome" {
		t.Errorf("all right: %d %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	if _, body := s.get(t, "/users"); !strings.Contains(body, "<p>1</p>") {
		t.Errorf("the redirect did not commit: %s", body)
	}
}

func TestInvalidFromGoAndItsMisuse(t *testing.T) {
	s := invalidApp(t)
	if resp, body := s.do(t, "POST", "/go", "name=x", "Content-Type", formType, "Accept", "application/json"); resp.StatusCode != 422 || strings.TrimSpace(body) != `{"also":"is wrong","name":"is too short"}` {
		t.Errorf("from Go: %d %s", resp.StatusCode, body)
	}
	if _, body := s.do(t, "POST", "/go", "name=xy", "Content-Type", formType); body != "fine" {
		t.Errorf("without messages: %s", body)
	}
	if resp, body := s.do(t, "POST", "/quiet", "name=x", "Content-Type", formType); resp.StatusCode != 422 || strings.Contains(body, "caught") {
		t.Errorf("it was caught: %d %s", resp.StatusCode, body)
	}
	for path, want := range map[string]string{
		"/wrong": "invalid: argument 1 must be a dict of fields and messages, got string",
		"/early": "invalid: there is no form here: it belongs in a handler or an action",
	} {
		method := "POST"
		if path == "/early" {
			method = "GET"
		}
		if resp, _ := s.do(t, method, path, "", "Content-Type", formType); resp.StatusCode != 500 || !strings.Contains(s.logs.String(), want) {
			t.Errorf("%s: %d; %s", path, resp.StatusCode, s.logs)
		}
	}
}
