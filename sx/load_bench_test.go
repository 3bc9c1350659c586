package sx_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// manyComponents is a program of n components in files of 100, each of which uses some before it.
func manyComponents(n int) []*sx.Source {
	var sources []*sx.Source
	for at := 0; at < n; at += 100 {
		var b strings.Builder
		for i := at; i < min(at+100, n); i++ {
			fmt.Fprintf(&b, `(defcomp ~c%d (&key title (tone :default "plain") n &rest children)
  "Component %d."
  (let ((label (str title " " tone)) (k (if (nil? n) 0 (inc n))))
    (cond
      (> k 100) (str label k)
      (= k 50) (str "half " label)
      :else (list label children (map (fn (x) (str x ":" k)) (range 3))))))
(define (f%d x) (let ((y (* x 2))) (if (odd? y) (str "odd " y) (~c%d :title (str y) :n x))))
`, i, i, i, max(0, i-7))
		}
		sources = append(sources, sx.NewSource(fmt.Sprintf("c%d.sx", at/100), b.String()))
	}
	return sources
}

// BenchmarkLoad loads 10,000 components and as many functions.
func BenchmarkLoad(b *testing.B) {
	sources := manyComponents(10_000)
	b.ReportAllocs()
	for b.Loop() {
		fresh := make([]*sx.Source, len(sources))
		for i, s := range sources {
			fresh[i] = sx.NewSource(s.Name, s.Text)
		}
		if _, err := sx.LoadSources(fresh); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLoadManyComponents holds that loading does not grow faster than the program; the time allowed is many
// times what it takes.
func TestLoadManyComponents(t *testing.T) {
	start := time.Now()
	prog, err := sx.LoadSources(manyComponents(10_000))
	if err != nil {
		t.Fatal("\n" + sx.Explain(err))
	}
	if n := len(prog.Components()); n != 10_000 {
		t.Errorf("%d components", n)
	}
	d := time.Since(start)
	t.Logf("10,000 components and 10,000 functions in %v", d)
	if d > 30*time.Second {
		t.Errorf("loading took %v", d)
	}
}
