package render_test

import (
	"context"
	"io"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestNoAllocations renders pages of many shapes: in the steady state none allocates.
func TestNoAllocations(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes pools forget")
	}
	type item struct {
		Name  string
		Price float64
		Tags  []string
		On    bool
		Link  *item
	}
	items := []item{{Name: "a<b", Price: 1.5, Tags: []string{"x", "y"}, On: true}, {Name: "c", Price: 20, Link: &item{Name: "z"}}}
	rows, err := sx.FromGo(&items)
	if err != nil {
		t.Fatal(err)
	}
	dict := sx.NewDict(2)
	dict.Set("name", sx.String("n"))
	dict.Set("href", sx.String("/x"))
	args := []sx.Arg{{Name: "rows", Value: rows}, {Name: "s", Value: sx.String("text & more")}, {Name: "n", Value: sx.Number(3)}, {Name: "d", Value: sx.DictOf(dict)}}
	for _, c := range []struct{ name, body string }{
		{"text", `(p s n 1.25)`},
		{"attributes", `(a :href (get d :href) :title s :data-n n :hidden (= n 4) :aria-busy (= n 3) (get d :name))`},
		{"class", `(p :class (list "a" (when (= n 3) "b") s {:c true :d (= n 1)}) :class2 s)`},
		{"class dict", `(p :class {:a (= n 3) :b (= n 4)})`},
		{"str", `(p :title (str "n is " n) (str s "-" n))`},
		{"records", `(ul (map (fn (r) (li :class (if (get r :on) "on" "off") (get r :name) (b (get r :price)) (map (fn (t) (i t)) (get r :tags)))) rows))`},
		{"nested record", `(ul (map (fn (r) (let ((l (get r :link))) (if l (li (get l :name)) (li "none")))) rows))`},
		{"indexed", `(ol (map-indexed (fn (i r) (li i ": " (get r :name))) rows))`},
		{"range", `(ol (map (fn (i) (li (* i n))) (range 10)))`},
		{"control", `(div (cond (= n 1) (p "one") (> n 2) (p "many") :else (p "none")) (case s "x" (p 1) :else (p 2)) (let ((a (+ n 1)) (b s)) (p a b)) (when (and s (> n 1)) (p "and")))`},
		{"components", `(div (~card :title s (p "kid " n)) (~card :title "const" "text") (~card :title (get d :name) (~card :title n)))`},
		{"many components", `(div (map (fn (r) (~card :title (get r :name) (~badge :n (get r :price)))) rows))`},
		{"style", `(p :style {:color "red" :width n})`},
		{"loop", `(ul (let loop ((i 0)) (when (< i 5) (li i) (loop (+ i 1)))))`},
		{"function", `(div (map (fn (r) (p (shout (get r :name)))) rows))`},
		{"markup function", `(div (map (fn (r) (cell r)) rows))`},
		{"url", `(a :href (str "/u/" n "?q=" s) "x")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := load(t, `
(define (shout s) (if s s "none"))
(define (cell r) (td (get r :name)))
(defcomp ~badge (&key n) (span :class (str "badge " (if (> n 2) "big" "small")) n))
(defcomp ~card (&key title (tone :default "plain") &rest children) (section :class tone (h2 title) (when (not (empty? children)) (div children))))
(defcomp ~page (&key rows s n d) (<> (when false (p rows s n d)) `+c.body+`))`)
			page, err := r.Component("~page")
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			if err := page.HTML(ctx, io.Discard, args...); err != nil {
				t.Fatal(sx.Explain(err))
			}
			if n := testing.AllocsPerRun(100, func() { _ = page.HTML(ctx, io.Discard, args...) }); n >= 1 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
