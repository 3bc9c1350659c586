package main

import (
	"context"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func BenchmarkEngines(b *testing.B) {
	for _, w := range workloads {
		for _, e := range engines {
			b.Run(w.name+"/"+e.name, func(b *testing.B) {
				run, err := e.prepare(w)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if got, err := run(); err != nil || got != w.want {
						b.Fatalf("got %v %v, want %v", got, err, w.want)
					}
				}
			})
		}
	}
}

// BenchmarkGoData sums a field of 1000 Go structs and of 1000 Go maps: what a page does with its data.
func BenchmarkGoData(b *testing.B) {
	type row struct {
		Name string
		N    int
	}
	rows := make([]row, 1000)
	maps := make([]map[string]any, 1000)
	for i := range rows {
		rows[i].N = i
		maps[i] = map[string]any{"name": "x", "n": i}
	}
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("data.sx", `(define (run rows) (reduce (fn (s r) (+ s (get r :n))) 0 rows))`)})
	if err != nil {
		b.Fatal(err)
	}
	fn, _ := p.Lookup("run")
	for name, data := range map[string]any{"structs": rows, "maps": maps} {
		b.Run(name, func(b *testing.B) {
			v, err := sx.FromGo(data)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				got, err := p.Call(context.Background(), fn, v)
				if err != nil || got.Float() != 499500 {
					b.Fatalf("got %v %v", got, err)
				}
			}
		})
	}
}

func TestEnginesAgree(t *testing.T) {
	for _, w := range workloads {
		for _, e := range engines {
			run, err := e.prepare(w)
			if err != nil {
				t.Fatalf("%s, %s: %v", e.name, w.name, err)
			}
			if got, err := run(); err != nil || got != w.want {
				t.Errorf("%s, %s: got %v %v, want %v", e.name, w.name, got, err, w.want)
			}
		}
	}
}
