package client_test

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/bundle"
	"github.com/sx-framework/sxgo/sx"
)

// TestSmallLanguage holds that whatever the small language accepts gives what the whole one gives: examples,
// assertions of the suites, programs on which the hosts once differed, and random ones. What it refuses is right
// by being refused, as long as it is not too much.
func TestSmallLanguage(t *testing.T) {
	ctx := language(t)
	out, err := bundle.Build(bundle.Options{Entry: "test/small.ts", Minify: true, Small: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(out.JS)+";0")); err != nil {
		t.Fatal(err)
	}
	// Package page decides by Lacks which definitions the small language can do.
	had, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("SmallTest.names()"))
	if err != nil {
		t.Fatal(err)
	}
	all := ask[[]string](t, ctx, "names")
	for _, name := range all {
		if client.Lacks(name) == slices.Contains(had, name) {
			t.Errorf("%s: Lacks says %v", name, client.Lacks(name))
		}
	}
	for _, name := range client.Lacked {
		if !slices.Contains(all, name) && !slices.Contains(spelled, name) {
			t.Errorf("Lacks knows %s, which is no form or primitive", name)
		}
	}
	ask[int](t, ctx, "setSteps", diffSteps)
	random := make([]string, 1500)
	for i := range random {
		g := &programGen{Rand: rand.New(rand.NewPCG(77, uint64(i)))}
		random[i] = g.program()
	}
	for _, c := range []struct {
		name     string
		programs []string
		least    float64 // part of the programs that the small language does
	}{
		{"what components are made of", strings.Split(strings.TrimSpace(commonPrograms), "\n"), 2},
		{"random", rightOrFailing(random), 0.08},
		{"examples", rightOrFailing(examplePrograms(t)), 0.2},
		{"once different", rightOrFailing(keptPrograms(t)), 0.2},
	} {
		var r struct {
			Done  int
			Wrong []string
		}
		for p := c.programs; len(p) > 0; {
			batch := p[:min(500, len(p))]
			p = p[len(batch):]
			one := ask[struct {
				Done  int
				Wrong []string
			}](t, ctx, "small", batch)
			r.Done += one.Done
			r.Wrong = append(r.Wrong, one.Wrong...)
		}
		t.Logf("%s: %d programs, %d answers of the small language", c.name, len(c.programs), r.Done)
		if r.Done < int(c.least*float64(len(c.programs))) {
			t.Errorf("%s: only %d answers", c.name, r.Done)
		}
		if c.least == 2 {
			for _, p := range c.programs {
				if n := ask[struct{ Done int }](t, ctx, "small", []string{p}).Done; n != 2 {
					t.Errorf("%s: the small language refuses %s", c.name, p)
				}
			}
		}
		for i, w := range r.Wrong {
			if i < 20 {
				t.Errorf("%s: %s", c.name, w)
			}
		}
	}
}

// spelled are names that Lacks knows besides: what asks for a form or stands only within one.
var spelled = []string{"unquote", "splice-unquote", "&rest-attrs"}

// commonPrograms must not need the whole language, neither for values nor for markup.
const commonPrograms = `
(defcomp ~badge (&key value (tone :as string :default "ok")) "Documented." (span :class (str "badge badge-" tone) :id "cpu" value)) (~badge :value "42%")
(defcomp ~card (&key title (n :as number) &rest children) (section :class (list "card" (when (> n 3) "many")) (h2 title) (if (empty? children) (p "none") children))) (~card :title "T" :n 4 (p "a") (p (b "c")))
(defcomp ~list (&key items) (ul (map (fn (i) (li :class {:on (get i :on) :row true} (get i :name))) items))) (~list :items (list {:name "a" :on true} {:name "b" :on false}))
(defcomp ~t (&key rows) (table (map-indexed (fn (i r) (tr :sx-key (str "r" i) (map (fn (c) (td c)) r))) rows))) (~t :rows (list (list 1 2) (list "a" nil)))
(defcomp ~a (&key href label) (a :href href :title label label)) (<> (~a :href "/x?y=1&z=2" :label "x <y>") (~a :href "javascript:alert(1)" :label "no"))
(define plural (fn (n one) (str n " " one (if (= n 1) "" "s")))) (define (shout s) (str s "!")) (p (shout (plural 3 "apple")))
(let ((a 1) (b (+ 1 1))) (case b 1 "one" 2 (cond ((> a 1) "x") (else "y")) :else "z"))
(cond (= 1 2) "a" (and true nil) "b" (or nil "c") "c" :else "d")
(reduce + 0 (filter (fn (x) (even? x)) (range 10)))
(-> (list 3 1 2) (reverse) (first) (inc))
(div :style "width: 42%; color: #fff" :data-x 1 :hidden true :title nil (input :type "checkbox" :checked false :disabled true) (br) "a" 1.5 (raw! "<i>r</i>"))
(svg :viewBox "0 0 1 1" (path :d "M0 0") (foreignObject (p "x")))
(defcomp ~bar (&key v) (div :class "bar" :style (str "width:" (round v) "%") (when (>= v 90) (strong "hot")))) (~bar :v 91.4)
(get-in {:a {:b (list 1 2)}} (list "a" "b"))
(quote (a b "c" 1))
(defcomp ~typed (&key (c :as dict) (l :as list) (match :as boolean)) (p (get c :a) (len l) (if match "y" "n"))) (~typed :c {:a 1} :l (list 1 2) :match true)
`

func keptPrograms(t *testing.T) []string {
	kept, err := os.ReadFile("testdata/diff.sx")
	if err != nil {
		t.Fatal(err)
	}
	var programs []string
	for _, line := range strings.Split(string(kept), "\n") {
		if line != "" && line[0] != ';' {
			programs = append(programs, line)
		}
	}
	return programs
}

// rightOrFailing leaves programs out that are wrong in a part that does not run. A server refuses to load them,
// and the small language does not look there.
func rightOrFailing(programs []string) []string {
	return slices.DeleteFunc(programs, func(p string) bool {
		_, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", p)}, sx.WithMain("value"))
		return err != nil
	})
}

func examplePrograms(t *testing.T) []string {
	f, err := os.Open("../sx/testdata/vectors/language-examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var programs []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v struct{ Expr string }
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if v.Expr != "" {
			programs = append(programs, v.Expr)
		}
	}
	return programs
}
