package sx_test

import (
	"context"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func BenchmarkEval(b *testing.B) {
	for _, c := range [][2]string{
		{"fib25", `(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 25)`},
		{"loop1e6", `(let loop ((i 0)) (if (< i 1000000) (loop (+ i 1)) i))`},
		{"mapfilterreduce", `(reduce (fn (a b) (+ a b)) 0 (filter (fn (x) (= (mod x 2) 0)) (map (fn (x) (* x 3)) (range 10000))))`},
		{"fcall1e6", `(define (f i acc) (if (= i 0) acc (f (- i 1) (+ acc i)))) (f 1000000 0)`},
	} {
		b.Run(c[0], func(b *testing.B) {
			p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", c[1])}, sx.WithMain("value"))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Main(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("native/fib25", func(b *testing.B) {
		for b.Loop() {
			sink = fib(25)
		}
	})
	b.Run("native/loop1e6", func(b *testing.B) {
		for b.Loop() {
			n := 0.0
			for i := 0; i < 1000000; i++ {
				n += one
			}
			sink = n
		}
	})
}

var sink, one float64 = 0, 1

func fib(n float64) float64 {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}
