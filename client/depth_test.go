package client_test

import (
	"fmt"
	"testing"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// TestDepth holds that calls which are no tail calls may be nested as deep in the browser as on the server, whatever
// JavaScript's stack allows, and that too many are the same error there.
func TestDepth(t *testing.T) {
	ctx := language(t)
	check := func(src string, n, most int) {
		t.Helper()
		fine, over := fmt.Sprintf(src, n), fmt.Sprintf(src, most)
		if a := ask[answer](t, ctx, "evaluate", fine); a.Value == nil {
			t.Errorf("%d deep: %s: %v", n, src, a)
		}
		if a := ask[answer](t, ctx, "evaluate", over); a.Kind != string(sx.LimitError) {
			t.Errorf("%d deep: %s: %v", most, src, a)
		}
	}
	for _, src := range []string{
		"(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f %d)",
		"(define (f n a b) (if (= n 0) 0 (+ a (f (- n 1) a b) b))) (f %d 1 2)",
		"(define (f n) (cond ((= n 0) 0) (else (let ((r (f (- n 1)))) (+ r 1))))) (f %d)",
		"(define (f n) (case n 0 0 :else (let (a n b (f (- n 1))) (list) (+ a b)))) (f %d)",
		"(define (f n) (match n 0 0 x (let ((r (f (- x 1)))) (- r 1)))) (f %d)",
		"(define (f n) (when (> n 0) (append! [1] n) (+ 1 (or nil (f (- n 1)))))) (if (nil? (try (f %d) (catch e nil))) 0)",
		"(define (f n) (if (= n 0) 0 (+ 1 (g (- n 1))))) (define (g n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f %d)",
		"(letrec ((f (fn (&key n) (if (= n 0) 0 (inc (f :n (dec n))))))) (f :n %d))",
		"(let loop ((n %d)) (if (= n 0) 0 (+ 1 (loop (- n 1)))))",
		"(define (s l) (if (empty? l) 0 (+ 1 (apply s (list (take l 0)))))) (define (f n) (if (= n 0) 0 (+ 1 (apply f (list (- n 1)))))) (f %d)",
		"(define (f n) (if (= n 0) [] [(f (- n 1))])) (len (f %d))",
		"(define (g n) (if (= n 0) 1 (list (g (- n 1))))) (define (f t) (if (list? t) (reduce + 0 (map f t)) t)) (f (g %d))",
		"(define (a m n) (cond (= m 0) (+ n 1) (= n 0) (a (- m 1) 1) :else (a (- m 1) (a m (- n 1))))) (a 1 %d)",
		"(defcomp ~f (&key n) (b (if (= n 0) \"x\" (~f :n (- n 1))))) (if (element? (~f :n %d)) 0)",
		"(define (g n) (if (= n 0) (list 1) (list n (g (- n 1))))) (defcomp ~t (&key t) (li (first t) (ul (map (fn (c) (~t :t c)) (rest t))))) (if (element? (~t :t (g %d))) 0)",
		"(define (f n) (if (= n 0) \"x\" (div (f (- n 1))))) (if (element? (f %d)) 0)",
	} {
		check(src, 4900, 30_000) // a turn may be two calls
	}
	check("(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f %d)", 9990, 10_010)
	if a := ask[answer](t, ctx, "evaluate", "(define (f n) (if (= n 0) 0 (apply f (list (- n 1))))) (f 100000)"); a.Value == nil {
		t.Errorf("apply in tail position: %v", a)
	}
	// Functions in the call of one of these keep their caller on the stack.
	for _, src := range []string{
		"(define (f n) (if (= n 0) 0 (try (+ 1 (f (- n 1))) (catch e 7)))) (f %d)",
		"(define (f n) (if (= n 0) 0 (scope x n (f (- n 1))))) (f %d)",
		"(define (f n) (if (= n 0) 0 (first (sort-by (fn (x) (f (- n 1))) [1])))) (f %d)",
		"(define (f n) (if (= n 0) true (if (f (- n 1)) true false))) (f %d)",
		"(defcomp ~f (&key n) (b :id (if (= n 0) \"x\" (str (~f :n (- n 1)))))) (if (element? (~f :n %d)) 0)",
	} {
		check(src, 500, 30_000)
	}
	// Where the stack was cleared everything is as it was: bindings, dynamic scope, elements in progress, markup so far.
	for src, want := range map[string]string{
		"(define (f n out) (if (= n 0) (do (append! out n) 0) (let ((r (f (- n 1) out))) (append! out n) (+ r 1)))) (let ((out (list))) (list (f 1000 out) (len out) (nth out 0) (nth out 1000)))": "(1000 1001 0 1000)",
		"(define (f n) (if (= n 0) (context x) (list (f (- n 1))))) (scope x 7 (flatten (f 2000)))":                                                                                                "(7)",
		"(define (f n) (if (= n 0) (error \"x\") (+ 1 (f (- n 1))))) (define (g n) (+ (try (f 900) (catch e n)) (if (= n 0) 0 (g (- n 1))))) (g 3)":                                                "6",
		"(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (define (f n) (if (= n 0) (fib 12) (+ 0 (f (- n 1))))) (+ (f 1500) (f 700))":                                              "288",
		"(define (f n) (if (= n 0) (make-spread :id \"s\") (f2 (- n 1)))) (define (f2 n) (let ((r (f n))) r)) (len (str (div :title \"t\" \"a\" (f 3000) (b \"x\"))))":                             "37",
		"(define (f n) (when (> n 0) (b n) (f (- n 1)))) (define (g n) (if (= n 0) (f 3) (let ((r (g (- n 1)))) (i r)))) (string-length (str (g 600)))":                                            "4224",
		"(define (f n) (if (= n 0) 0 (reduce (fn (a x) (+ a x (f (- n 1)))) 0 (filter odd? [1 2 2])))) (list (f 900) (some (fn (x) (if (> x 1) (f 400))) [1 2 3]))":                                "(900 400)",
	} {
		if a := ask[answer](t, ctx, "evaluate", src); a.String() != want {
			t.Errorf("%s\n gives %v, want %s", src, a, want)
		}
		if got, kind := evaluateGo(src, 100_000_000, render.Options()...); kind != "" || got != want {
			t.Errorf("%s\nGo gives %v, want %s", src, got, want)
		}
	}
}
