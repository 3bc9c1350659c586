package main

import "testing"

func BenchmarkScratch(b *testing.B) {
	list, err := engines()
	if err != nil {
		b.Fatal(err)
	}
	for _, w := range []int{0, 1, 2, 5} {
		for _, e := range list {
			if e.name != "sx" && e.name != "ideal" {
				continue
			}
			out := &sink{}
			f := e.pages[w]
			b.Run(workloadNames[w]+"/"+e.name, func(b *testing.B) {
				for b.Loop() {
					_ = out.page(f)
				}
			})
		}
	}
}
