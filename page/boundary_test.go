package page_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// What crosses the border of a boundary and what does not: its body is evaluated elsewhere, later, with what it captured.
func TestBordersOfBoundaries(t *testing.T) {
	g := newGates("theme", "log", "own", "nested")
	s := serve(t, []string{"app.sx", `
(defcomp ~themed (&key text) (b :class (context theme "none") text))
(defpage p :path "/" :content
  (let (n 1 theme-name "dark")
    (set! n 2)
    (<>
      (scope theme theme-name
        (scope notes nil
          (emit! notes "shell")
          (~suspense :id "theme" :fallback (i "wait") (begin (gate "theme") (~themed :text n)))
          (~suspense :id "log" :fallback (i "wait") (begin (gate "log") (scope notes nil (emit! notes "a") (emit! notes "b") (u (join "," (emitted notes))))))
          (em (join "," (emitted notes)))))
      (~suspense :id "own" :fallback (i "wait") (begin (gate "own") (let (m 1) (set! m (+ m n)) (s m))))
      (scope theme "light"
        (~suspense :id "nested" :fallback (i "wait")
          (begin (gate "nested") (section (scope theme "deep" (~suspense :id "inner" (~themed :text "inner"))) (~themed :text "outer"))))))))`}, g.option())
	r := s.open(t, t.Context(), "/")
	wants(t, "shell", r.until(`<?start name="nested">`), "<em>shell</em>")
	for gate, want := range map[string]string{
		"theme":  `<template for="theme"><b class="dark">2</b></template>`,
		"log":    `<template for="log"><u>a,b</u></template>`,
		"own":    `<template for="own"><s>3</s></template>`,
		"nested": `<b class="light">outer</b></section></template>`,
	} {
		close(g[gate])
		r.until(want)
	}
	all := r.rest()
	wants(t, "page", all, `<b class="deep">inner</b>`, "</body></html>")
	if strings.Contains(all, "sx-error") || s.logs.String() != "" {
		t.Errorf("something failed: %s\n%s", all, s.logs)
	}
	_, flat := s.get(t, "/?_sx=flat")
	wants(t, "the page whole", flat, `<b class="dark">2</b>`, "<u>a,b</u>", "<s>3</s>", `<b class="deep">inner</b>`, `<b class="light">outer</b>`, "<em>shell</em>")
}

// What no boundary can do is an error of loading, with the place.
func TestBordersThatAreClosed(t *testing.T) {
	page1 := func(body string) string { return `(defpage p :path "/" :content ` + body + `)` }
	for text, want := range map[string]string{
		page1(`(let (n 1) (<> (~suspense :id "a" (begin (set! n 2) (p n))) (p n)))`):                            "app.sx:1:78: set!: n belongs to the page around the boundary",
		page1(`(let (n 1) (~suspense :id "a" (p (let (f (fn () (set! n 2))) (f)))))`):                           "n belongs to the page around the boundary",
		`(defcomp ~c (&key n) (div (~suspense :id "a" (begin (set! n 2) (p n)))))` + page1(`(~c :n 1)`):         "n belongs to the page around the boundary",
		page1(`(<> (~suspense :id "a" (p "1")) (~suspense :id "a" (p "2")))`):                                   `"a"`,
		page1(`(<> (~suspense :id "a") (div (when true (~suspense :id "a" (p "2")))))`):                         `"a"`,
		page1(`(~suspense :id "a" (p "1") (~suspense :id "a" (p "2")))`):                                        `"a"`,
		page1(`(<> (if (request-arg "x") (~suspense :id "a" (p "1")) "none") (~suspense :id "a" (p "2")))`):     `app.sx:1:93: page p: a boundary with the id "a" is on the page already: at app.sx:1:57`,
		`(defcomp ~c () (div (let (n 1) (~suspense :id "a" (p n)))))` + page1(`(<> (~c) (p (~c)))`):             `app.sx:1:102: page p: ~c has a boundary with the id "a", and one is on the page already: at app.sx:1:94`,
		`(defcomp ~c () (~suspense :id "a")) (defcomp ~d () (p (~c)))` + page1(`(<> (~suspense :id "a") (~d))`): `~d has a boundary with the id "a", and one is on the page already`,
		`(defcomp ~c () (<> (~suspense :id "a") (p (~suspense :id "a"))))` + page1(`(~c)`):                      `~c has a boundary with the id "a"`,
		`(defcomp ~c () (~suspense :id "a"))` + page1(`(~suspense :id "a" (~c))`):                               `~c has a boundary with the id "a"`,
		page1(`(~suspense :id "1a" (p "1"))`):                                                                   "cannot be an id",
		page1(`(~suspense :id "a b" (p "1"))`):                                                                  "cannot be an id",
		page1(`(table (~suspense :id "a" (tr (td "1"))))`):                                                      ":as chooses another wrapper",
		page1(`(~suspense :id "a" (begin (redirect "/") (p "1")))`):                                             "the response has begun",
		page1(`(~suspense :id "a" (begin (set-cookie! "a" "b") (p "1")))`):                                      "the response has begun",
		page1(`(~suspense :id "a" (begin (flash! "a" "b") (p "1")))`):                                           "the response has begun",
		page1(`(~suspense :id "a" (begin (set-response-status 201) (p "1")))`):                                  "the response has begun",
		page1(`(~suspense :id "a" (begin (set-response-header "a" "b") "1"))`):                                  "the response has begun",
		`(define (leave) (redirect "/"))` + page1(`(~suspense :id "a" (begin (leave) (p "1")))`):                "the response has begun",
	} {
		_, err := page.New(files("app.sx", text), page.WithSecret("x"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
	// Branches that exclude each other may have the same id; ids that are computed are checked where they are written.
	s := serve(t, []string{"app.sx", page1(`(<> (if (request-arg "x") (~suspense :id "a" (p "1")) (~suspense :id "a" (p "2"))) (map (fn (i) (~suspense :id (str "row" i) (p i))) (range 3)))`) +
		`(defpage bad :path "/bad" :content (~suspense :id (str "no" " id") (p "x")))
		(defcomp ~part (&key (show :default true)) (when show (~suspense :id "part" (p "x"))))
		(defcomp ~tree (&key (n :default 2)) (div (~leaf) (when (> n 0) (~tree :n (dec n)))))
		(defcomp ~leaf () (i "leaf"))
		(defcomp ~whole (&rest children) (div (~suspense :id "own" (p "x")) (when (request-arg "x") children)))
		(defpage several :path "/several" :content (div (~tree) (~tree) (if (request-arg "x") (~whole) (~whole (~part)))))
		(defpage twice :path "/twice" :content (div (~part) (~part)))
		(defpage inside :path "/inside" :content (div (~suspense :id "part" (div (~part))) (p "rest")))`})
	if _, body := s.get(t, "/?_sx=flat"); strings.Count(body, `data-suspense="row`) != 3 || !strings.Contains(body, `data-suspense="a"><p>2</p>`) {
		t.Errorf("got %s", body)
	}
	if resp, _ := s.get(t, "/bad"); resp.StatusCode != 500 {
		t.Errorf("an id with a space: %d", resp.StatusCode)
	}
	s.logs.until(t, "cannot be an id")
	if resp, _ := s.get(t, "/twice"); resp.StatusCode != 500 {
		t.Errorf("a component twice whose boundary has one id: %d", resp.StatusCode)
	}
	s.logs.until(t, `the id \"part\" is that of another boundary of this page`)
	if resp, body := s.get(t, "/inside"); resp.StatusCode != 200 || !strings.Contains(body, "sx-error") || !strings.Contains(body, "<p>rest</p>") {
		t.Errorf("the same inside of a boundary: %d %s", resp.StatusCode, body)
	}
}
