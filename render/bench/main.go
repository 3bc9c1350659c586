// Command bench compares the renderer with its peers on six workloads and prints a Markdown table.
//
// Each engine renders each workload in short turns, six rounds of them, one after the other, so that what
// else the machine does hits all alike. A figure is the ratio of the minima of the rounds to the ideal's.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// sink is a Writer and nothing more, as the responses of web frameworks are; it costs nothing itself.
type sink struct{ n int }

func (s *sink) Write(p []byte) (int, error) {
	s.n += len(p)
	return len(p), nil
}

// page renders one page into the sink.
func (s *sink) page(f func(io.Writer) error) error { return f(s) }

func main() {
	rounds := flag.Int("rounds", 6, "interleaved rounds")
	turn := flag.Duration("turn", 60*time.Millisecond, "length of a turn")
	flag.Parse()
	list, err := engines()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	best := measure(list, *rounds, *turn)
	printTable(os.Stdout, list, best)
}

func measure(list []engine, rounds int, turn time.Duration) [][6]float64 {
	best := make([][6]float64, len(list))
	out := &sink{}
	for round := range rounds {
		for w := range workloadNames {
			for e := range list {
				f := list[e].pages[w]
				if err := out.page(f); err != nil { // warm up
					panic(err)
				}
				ns := fastest(func() { _ = out.page(f) }, turn)
				if round == 0 || ns < best[e][w] {
					best[e][w] = ns
				}
			}
		}
	}
	return best
}

// fastest returns the time of one call of f, in ns: the minimum of ten parts of a turn, as on a busy machine
// most of a long measurement is somebody else's.
func fastest(f func(), turn time.Duration) float64 {
	const parts = 10
	n := 1
	best := 0.0
	for done := 0; done < parts; {
		start := time.Now()
		for range n {
			f()
		}
		d := time.Since(start)
		ns := float64(d.Nanoseconds()) / float64(n)
		if d < turn/parts/2 { // too short to be measured: more calls
			n = max(2*n, int(float64(turn.Nanoseconds())/parts/max(ns, 1)))
			continue
		}
		if done == 0 || ns < best {
			best = ns
		}
		done++
	}
	return best
}

func printTable(w io.Writer, list []engine, best [][6]float64) {
	fmt.Fprintf(w, "%s %s/%s, %d CPUs; ratio to ideal of the minima of interleaved rounds.\n\n|", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, n := range workloadNames {
		fmt.Fprintf(w, " | %s", n)
	}
	fmt.Fprint(w, " |\n|---")
	for range workloadNames {
		fmt.Fprint(w, "|--:")
	}
	fmt.Fprint(w, "|\n")
	for e := range list {
		fmt.Fprintf(w, "| %s", list[e].name)
		for k := range workloadNames {
			if e == 0 {
				fmt.Fprintf(w, " | %s", time.Duration(best[0][k]))
			} else {
				fmt.Fprintf(w, " | %.2f", best[e][k]/best[0][k])
			}
		}
		fmt.Fprint(w, " |\n")
	}
}
