package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"text/tabwriter"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 20, "how often each engine runs each workload")
	flag.Parse()
	log.SetFlags(0)
	runs := make([][]func() (float64, error), len(workloads))
	best := make([][]time.Duration, len(workloads))
	for i, w := range workloads {
		for _, e := range engines {
			run, err := e.prepare(w)
			if err != nil {
				log.Fatalf("%s, %s: %v", e.name, w.name, err)
			}
			got, err := run()
			if err != nil || got != w.want {
				log.Fatalf("%s, %s: got %v %v, want %v", e.name, w.name, got, err, w.want)
			}
			runs[i] = append(runs[i], run)
			best[i] = append(best[i], math.MaxInt64)
		}
	}
	for range *rounds {
		for i := range workloads {
			for j := range engines {
				start := time.Now()
				if _, err := runs[i][j](); err != nil {
					log.Fatal(err)
				}
				best[i][j] = min(best[i][j], time.Since(start))
			}
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "\t")
	for _, e := range engines {
		fmt.Fprintf(out, "%s\t", e.name)
	}
	fmt.Fprintln(out)
	for i, w := range workloads {
		fmt.Fprintf(out, "%s\t%v\t", w.name, best[i][0])
		for _, d := range best[i][1:] {
			fmt.Fprintf(out, "%.1f\t", float64(d)/float64(best[i][0]))
		}
		fmt.Fprintln(out)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}
