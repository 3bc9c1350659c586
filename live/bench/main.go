// Command bench compares ways to deliver server-sent events on one machine: ours, detached and through net/http, beside a bare epoll-like server
// without net/http ("ideal"), a plain net/http hub, tmaxmax/go-sse and r3labs/sse. Servers run as processes of their own; this one is
// the client of all. Figures of one run can be compared with each other, not with those of another.
//
//	go run . -conns 2000 -secs 3 -rounds 2
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	serve := flag.String("serve", "", "be the named server (used by the bench itself)")
	only := flag.String("only", "", "comma-separated servers, default all")
	loads := flag.String("loads", "L1,L2,L3,L4,L5", "loads to run")
	conns := flag.Int("conns", 2000, "connections of L2; L1 has twice as many, L3 and L4 a fifth")
	secs := flag.Float64("secs", 3, "seconds of each measurement")
	rounds := flag.Int("rounds", 2, "rounds, interleaved; the best of each counts")
	flag.Parse()
	raiseFileLimit()
	if *serve != "" {
		if err := runServer(*serve); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	names := serverNames
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	d := time.Duration(*secs * float64(time.Second))
	var table []result
	for _, load := range strings.Split(*loads, ",") {
		best := map[string]result{}
		for round := range *rounds {
			for i := range names {
				name := names[(i+round)%len(names)]
				r, err := measure(load, name, *conns, d)
				if err != nil {
					fmt.Printf("%s %s: %v\n", load, name, err)
					continue
				}
				if b, ok := best[name]; !ok || r.better(b) {
					best[name] = r
				}
			}
		}
		for _, name := range names {
			if r, ok := best[name]; ok {
				table = append(table, r)
			}
		}
	}
	print(names, table)
}

// result is one measurement. value is what counts; less is better unless more is.
type result struct {
	load, name, unit string
	value, second    float64
	more             bool
	note             string
}

func (r result) better(o result) bool {
	if r.more {
		return r.value > o.value
	}
	return r.value < o.value
}

func print(names []string, table []result) {
	base := map[string]result{}
	for _, r := range table {
		if r.name == "ideal" {
			base[r.load] = r
		}
	}
	fmt.Printf("%-4s %-10s %14s %-16s %8s %10s  %s\n", "load", "server", "value", "unit", "/ideal", "p99 ms", "note")
	slices.SortStableFunc(table, func(a, b result) int { return strings.Compare(a.load, b.load) })
	for _, r := range table {
		ratio := "-"
		if b, ok := base[r.load]; ok && b.value > 0 {
			ratio = fmt.Sprintf("%.2f", r.value/b.value)
		}
		p99 := ""
		if r.second > 0 {
			p99 = fmt.Sprintf("%.1f", r.second)
		}
		fmt.Printf("%-4s %-10s %14.1f %-16s %8s %10s  %s\n", r.load, r.name, r.value, r.unit, ratio, p99, r.note)
	}
}

func raiseFileLimit() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil && l.Cur < l.Max {
		l.Cur = l.Max
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // what remains is found out by connecting
	}
}
