package sx_test

import (
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestForms runs programs whose printed value, or error, is known.
func TestForms(t *testing.T) {
	for _, c := range [][2]string{
		{`(let loop ((i 0)) (if (< i 1000000) (loop (+ i 1)) i))`, `1000000`},
		{`(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 15)`, `610`},
		{`(let ((f (fn (a &key b (c :default 3) &rest r) (list a b c r)))) (f 1 :b 2 9 8))`, `(1 2 3 (9 8))`},
		{`(let ((n 0)) (let ((inc! (fn () (set! n (+ n 1)) n))) (inc!) (inc!) n))`, `2`},
		{`(letrec ((even? (fn (n) (if (= n 0) true (odd? (- n 1))))) (odd? (fn (n) (if (= n 0) false (even? (- n 1)))))) (even? 100001))`, `false`},
		{`(define (f x) (define y (* x 2)) (define (g z) (+ y z)) (g 1)) (f 5)`, `11`},
		{`(map (fn (x) (* x x)) [1 2 3])`, `(1 4 9)`},
		{`(reduce (fn (a b) (+ a b)) 0 (range 5))`, `10`},
		{`(match (list 1 2 3) (list a &rest r) (list a r))`, `(1 (2 3))`},
		{`(match {:k 1 :j 2} {:k 2} "no" {:k x} x)`, `1`},
		{`(match '(chat :text "hi") (chat &key (text :as string :max 5)) text _ "bad")`, `"hi"`},
		{`(match '(chat :text "hi there") (chat &key (text :as string :max 5)) text _ "bad")`, `"bad"`},
		{`(let (({:a x :b [y z]} {:a 1 :b [2 3]})) (list x y z))`, `(1 2 3)`},
		{`(try (error "a" {:k 1}) (catch e (get (get e :data) :k)) (finally nil))`, `1`},
		{`(scope x 1 (do (emit! x 5) (emit! x 6) (emitted x)))`, `(5 6)`},
		{`(let loop ((i 0) (fs nil)) (if (< i 3) (loop (inc i) (cons (fn () i) fs)) (map (fn (f) (f)) fs)))`, `(2 1 0)`},
		{"(defmacro unless2 (c &rest body) `(if ,c nil (do ,@body))) (unless2 false 1 2)", `2`},
		{"(defmacro twice (x) (let ((g (gensym))) `(let ((,g ,x)) (+ ,g ,g)))) (twice 4)", `8`},
		{`((fn (x) (if (> x 0) "pos" "neg")) 3)`, `"pos"`},
		{`(-> 5 (- 1) inc)`, `5`},
		{`(->> (range 4) (map inc) (reduce + 0))`, `10`},
		{`(case 3 1 "a" (+ 1 2) "b" :else "c")`, `"b"`},
		{`(let (list 3) (+ list 1))`, `4`},
		{"`(1 `(2 ,(3 ,(+ 1 3))))", "(1 (quasiquote (2 (unquote (3 4)))))"},
		{`(define a (+ b 1)) (define b 2) a`, `3`},
		{`(define counter (let ((n 0)) (fn () (set! n (+ n 1)) n))) (counter)`, `! frozen`},
		{`(let ((xs '(1 2))) (append! xs 3))`, `! frozen`},
		{`(define x 1) (set! x 2)`, `! set!: x is a definition`},
		{`(define (f) (g)) (define (g) (h))`, `! undefined symbol: h`},
		{`(let ((f (fn (n) (if (= n 0) 0 (f (- n 1)))))) (f 3))`, `! undefined symbol: f`},
		{`(define f (fn (n) (if (= n 0) "done" (f (- n 1))))) (f 1000000)`, `"done"`},
		{`(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f 9000)`, `9000`},
		{`(apply + (list 1 2 3))`, `6`},
		{`(list :a (:b) [:c 1])`, `("a" ("b") ("c" 1))`},
	} {
		got, err := run(c[0])
		if want, bad := strings.CutPrefix(c[1], "! "); bad {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\n got %s %v\nwant an error with %s", c[0], got, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n got %v\nwant %s", c[0], err, c[1])
		} else if got != c[1] {
			t.Errorf("%s\n got %s\nwant %s", c[0], got, c[1])
		}
	}
}

// TestDiagnostics loads programs that are wrong, and looks for each complaint.
func TestDiagnostics(t *testing.T) {
	for _, c := range []struct {
		src  string
		want []string
	}{
		{"(defcomp ~a (&key title) title)\n(defcomp ~b () (~a :titel 1 :title))", []string{"2:20: ~a: unknown keyword :titel (did you mean :title?)", "2:29: ~a: the keyword :title has no value"}},
		{"(define (f a) a)\n(define (g) (f 1 2))", []string{"2:13: f takes at most 1 argument, got 2"}},
		{"(define a 1)\n(define a 2)", []string{"2:9: a is defined twice: first at t.sx:1:9"}},
		{"(define (f) (when true \"a\" 1))", []string{`1:24: string "a" has no effect`}},
		{"(define (f) (if false (nope) 1))", []string{"1:24: undefined symbol: nope"}},
		{"(defcomp ~a (&key (n :as number)) n)\n(defcomp ~b () (~a :n \"x\"))", []string{`2:23: ~a: :n must be a number, got string "x"`}},
		{"(defcomp ~a (&key (n :required)) n)\n(defcomp ~b () (~a))", []string{"2:16: ~a: the required keyword :n is missing"}},
		{"(defcomp ~card () 1)\n(defcomp ~b () (~crad))", []string{"2:17: unknown component: ~crad (did you mean ~card?)"}},
		{"(define (f) (define x 1) (define x 2) x)", []string{"1:34: x is defined twice in one body"}},
		{"(defmacro m (x) `(inc ,x 1 2))\n(define (f y) (m y))", []string{"2:15: inc takes 1 argument, got 3"}},
		{"(defmacro m (x) `(inc ,x))\n(define (f y) (m tottal))", []string{"2:18: undefined symbol: tottal"}},
		{"(define (f", []string{"1:9: unclosed ("}},
		{"(foo 1)", []string{"1:1: unknown definition: foo"}},
		{"(defcomp ~a () 1)\n(~a)", []string{"2:1: unknown definition: ~a (markup stands in a component or in a field of a page, not at the top of a file)"}},
		{"(define (f) (1 2)) (define (g) (if))", []string{"1:32: if takes 2 to 3 parts, got 0"}},
	} {
		_, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", c.src)})
		if err == nil {
			t.Errorf("%s\n loads; want %q", c.src, c.want)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s\n got %v\nwant %s", c.src, err, w)
			}
		}
	}
}
