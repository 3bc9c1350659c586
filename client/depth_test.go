package client_test

import (
	"fmt"
	"testing"
)

// TestDepth holds that calls which are no tail calls may be nested a thousand deep in the browser, however they
// nest, and that too many are the error that they are on the server, where the limit is ten times as far.
func TestDepth(t *testing.T) {
	ctx := language(t)
	for _, src := range []string{
		"(define (f n) (if (= n 0) 0 (+ 1 (f (- n 1))))) (f %d)",
		"(define (f n) (cond ((= n 0) 0) (else (let ((r (f (- n 1)))) (+ r 1))))) (f %d)",
		"(define (f n) (if (= n 0) (list) (cons n (f (- n 1))))) (len (f %d))",
		"(define (f t) (if (list? t) (reduce + 0 (map f t)) t)) (define (g n) (if (= n 0) 1 (list (g (- n 1))))) (f (g %d))",
		"(defcomp ~f (&key n) (b (if (= n 0) \"x\" (~f :n (- n 1))))) (if (element? (~f :n %d)) 0)",
	} {
		if a := ask[answer](t, ctx, "evaluate", fmt.Sprintf(src, 800)); a.Value == nil {
			t.Errorf("800 deep: %s: %v", src, a)
		}
		if a := ask[answer](t, ctx, "evaluate", fmt.Sprintf(src, 30_000)); a.Kind != "limit" {
			t.Errorf("30,000 deep: %s: %v", src, a)
		}
		lo, hi := 100, 30_000
		for hi-lo > 50 {
			mid := (lo + hi) / 2
			if a := ask[answer](t, ctx, "evaluate", fmt.Sprintf(src, mid)); a.Value != nil {
				lo = mid
			} else {
				hi = mid
			}
		}
		t.Logf("%5d deep: %s", lo, src)
	}
}
