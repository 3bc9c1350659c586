package sx_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestCallsAndLoops runs what takes the quick ways through calls, arithmetic and loops, and what just misses them.
func TestCallsAndLoops(t *testing.T) {
	for src, want := range map[string]string{
		`(define add (let ((k 10)) (fn (x) (+ x k)))) (define (f y) (+ (add y) 1)) (f 5)`:                                                            `16`,
		`(define (g n) (if (= n 0) "done" (h (- n 1)))) (define (h n) (if (= n 0) "done" (g (- n 1)))) (str (g 100001))`:                             `"done"`,
		`(define (g n k) (if (= n 0) k (h (- n 1) (+ k 1)))) (define (h n k) (if (= n 0) k (g (- n 1) (+ k 1)))) (+ 1 (g 100001 0))`:                 `100002`,
		`(define (f n) (if (< n 1) 0 (+ 1 (f (- n 1))))) (list (f 5000) (f 3))`:                                                                      `(5000 3)`,
		`(define (f a b) (if (< a 1) b (+ (f (- a 1) (+ b 1)) (f 0 1)))) (f 3 0)`:                                                                    `6`,
		`(define (f n) (let ((a (+ n 1)) (b (* n 2))) (if (> n 3) (list a b) (f (+ a b))))) (f 1)`:                                                   `(5 8)`,
		`(define (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2))))) (map f (range 10))`:                                                               `(0 1 1 2 3 5 8 13 21 34)`,
		`(define (tail n) (let ((c (fn (x) (+ x n)))) (c 1))) (define (f n) (+ (tail n) n)) (f 4)`:                                                   `9`,
		`(let loop ((i 0) (acc (list))) (if (< i 3) (loop (+ i 1) (cons i acc)) acc))`:                                                               `(2 1 0)`,
		`(let loop ((i 10)) (if (<= i 3) (list "end" i) (loop (- i 2))))`:                                                                            `("end" 2)`,
		`(let loop ((a 1) (b 2)) (if (> a 100) (list a b) (loop b (+ a b))))`:                                                                        `(144 233)`,
		`(let loop ((a 1) (b 2)) (if (< a 5) (loop (+ a 1) (+ a b)) (list a b)))`:                                                                    `(5 12)`,
		`(let loop ((i 0)) (if (< i 5) (loop (inc i)) (if (< i 8) (loop (+ i 2)) i)))`:                                                               `9`,
		`(let loop ((i 0) (fs (list))) (if (< i 3) (loop (+ i 1) (cons (fn () i) fs)) (map (fn (f) (f)) fs)))`:                                       `(2 1 0)`,
		`(let loop ((xs (list 1 2 3)) (s 0)) (if (empty? xs) s (loop (rest xs) (+ s (first xs)))))`:                                                  `6`,
		`(let loop ((i 9007199254740989)) (if (< i 9007199254740991) (loop (+ i 1)) i))`:                                                             `9007199254740991`,
		`(let loop ((i 0)) (if (not (= i 4)) (let inner ((j 0)) (if (< j 2) (inner (+ j 1)) (loop (+ i 1)))) i))`:                                    `4`,
		`(let loop ((i 0) (n 0)) (if (< i 3) (loop (+ i 1) (let sum ((j 0) (s n)) (if (< j i) (sum (+ j 1) (+ s j)) s))) n))`:                        `1`,
		`(map (fn (n) (let loop ((i n) (s "")) (if (> i 0) (loop (- i 1) (str s i)) s))) (list 1 3))`:                                                `("1" "321")`,
		`(define (collatz n) (let loop ((n n) (k 0)) (if (= n 1) k (loop (if (even? n) (/ n 2) (+ (* 3 n) 1)) (+ k 1))))) (map collatz (range 1 8))`: `(0 1 7 2 5 8 16)`,
		`(list (< "a" "b") (+ 1 2) (- 5) (* 2 3) (= "x" "x") (> 1 2) (>= 2 2) (<= 3 2) (inc 1) (dec 1))`:                                             `(true 3 -5 6 true false true false 2 0)`,
		`(let ((a "x") (b 2)) (list (= a b) (= a "x") (= b 2) (if (= a 2) 1 0)))`:                                                                    `(false true true 0)`,
	} {
		if got, err := run(src); err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", src, got, err, want)
		}
	}
	for src, want := range map[string]string{
		`(let loop ((i 0)) (if (< i nil) (loop (+ i 1)) i))`:                         `t.sx:1:23: <: argument 2 must be a number, got nil`,
		`(let loop ((i "a")) (if (< i 5) (loop (+ i 1)) i))`:                         `t.sx:1:25: <: argument 2 must be a string, got number 5`,
		`(let loop ((i 0) (s "x")) (if (< i 5) (loop (+ i 1) (+ s i)) i))`:           `t.sx:1:53: +: argument 1 must be a number, got string "x"`,
		`(let loop ((i 9007199254740990)) (if (> i 1) (loop (+ i 1)) i))`:            `t.sx:1:52: +: the result`,
		`(define (f x) (- x 1)) (f "a")`:                                             `t.sx:1:15: -: argument 1 must be a number, got string "a"`,
		`(define (f n) (+ 1 (f (+ n 1)))) (f 0)`:                                     `recursion too deep`,
		`(define (f a b) (+ 1 (f b a))) (f 0 0)`:                                     `recursion too deep`,
		`(define (f n) (if (< n 0) 0 (f (+ n 1)))) (f 0)`:                            `step limit exceeded`,
		`(define (f n) (+ (if (< n 0) 0 (f (+ n 1))) 1)) (try (f 0) (catch e "no"))`: `recursion too deep`,
		`(let loop ((i 0)) (if (< i 1) (loop (* i 1)) i))`:                           `step limit exceeded`,
	} {
		_, err := run(src, sx.WithLimits(sx.Limits{Steps: 1_000_000}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", src, err, want)
		}
	}
}

func TestLoopsStopWhenCancelled(t *testing.T) {
	for _, src := range []string{
		`(define (run) (let loop ((i 0)) (if (< i 1) (loop (* i 1)) i)))`,
		`(define (f n) (if (< n 1) (f (* n 1)) n)) (define (run) (f 0))`,
		`(define (f n) (+ 1 (if (< n 1) (g n) 0))) (define (g n) (do (f 5) (g n))) (define (run) (f 0))`,
	} {
		p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", src)}, sx.WithLimits(sx.Limits{Steps: -1}))
		if err != nil {
			t.Fatal(err)
		}
		fn, _ := p.Lookup("run")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { // ends with the evaluation
			_, err := p.Call(ctx, fn)
			done <- err
		}()
		cancel()
		var e *sx.Error
		if err := <-done; !errors.As(err, &e) || e.Kind != sx.CancelledError {
			t.Errorf("%s: got %v", src, err)
		}
	}
}

func TestCallsAllocateNothing(t *testing.T) {
	for _, src := range []string{
		`(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (define (run) (fib 15))`,
		`(define (run) (let loop ((i 0) (s 0)) (if (< i 1000) (loop (+ i 1) (+ s i)) s)))`,
		`(define (f n) (if (< n 1000) (f (+ n 1)) n)) (define (run) (f 0))`,
		`(define (run) (let loop ((i 0) (s 0) (t 0)) (if (< i 1000) (loop (+ i 1) (+ s i) (+ t 2)) (+ s t))))`,
		`(define (run) (let loop ((i 0) (s 0)) (cond (>= i 1000) s (even? i) (loop (+ i 1) (+ s i)) :else (loop (inc i) s))))`,
		`(define (run) (let loop ((i 0) (s 0)) (if (< i 1000) (let ((j (* i 2))) (loop (+ i 1) (+ s j))) s)))`,
		`(define (run) (let loop ((i 0)) (when (< i 1000) (let inner ((j 0)) (if (< j 3) (inner (inc j)) (loop (inc i)))))))`,
		`(define (even n) (if (= n 0) true (odd (- n 1)))) (define (odd n) (if (= n 0) false (even (- n 1)))) (define (run) (even 1000))`,
		`(define (f a (b :default 2) &key (c :default 3)) (+ a b c)) (define (run) (let loop ((i 0)) (if (< i 1000) (do (f i) (loop (inc i))) i)))`,
	} {
		p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", src)})
		if err != nil {
			t.Fatal(err)
		}
		fn, _ := p.Lookup("run")
		call := func() {
			if _, err := p.Call(context.Background(), fn); err != nil {
				t.Fatal(err)
			}
		}
		call()
		if n := testing.AllocsPerRun(20, call); n > 1 {
			t.Errorf("%s: %v allocations", src, n)
		}
	}
}
