// Command bench compares ways to deliver server-sent events on one machine: ours, detached and through net/http, beside a server
// that does as little as can be done ("ideal"), one that does as little behind a net/http handshake ("hijack"), a plain hub with net/http
// and with echo v4, tmaxmax/go-sse and r3labs/sse. Servers run as processes of their own; this one is the client of all. Rounds are
// interleaved and medians count. Figures of one run can be compared with each other, not with those of another.
//
//	go run . -conns 5000 -secs 3 -rounds 3
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
	loads := flag.String("loads", "L1,L2,L3,L4,L5,L6", "loads to run")
	conns := flag.Int("conns", 5000, "connections of L2; L1 has twice as many, L3, L4 and L6 a fifth")
	secs := flag.Float64("secs", 3, "seconds of each measurement")
	rounds := flag.Int("rounds", 3, "rounds, interleaved; the median of each counts")
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
	t := table{}
	for _, load := range strings.Split(*loads, ",") {
		for round := range *rounds {
			for i := range names {
				name := names[(i+round)%len(names)]
				if load == "L6" && name != "detached" && name != "net/http" {
					continue // the others have no slots
				}
				r, err := measure(load, name, *conns, d)
				if err != nil {
					fmt.Printf("%s %s: %v\n", load, name, err)
					continue
				}
				t[load+" "+name] = append(t[load+" "+name], r)
			}
		}
	}
	t.print(strings.Split(*loads, ","), names)
}

// result is one measurement. value is what counts; less is better unless more is.
type result struct {
	load, name, unit string
	value, second    float64
	more             bool
	note             string
}

// table holds the results of all rounds, by load and server.
type table map[string][]result

// median returns the medians of a load's results, and the note of the last round.
func (t table) median(load, name string) (result, bool) {
	list := t[load+" "+name]
	if len(list) == 0 {
		return result{}, false
	}
	r := list[len(list)-1]
	var values, seconds []float64
	for _, x := range list {
		values, seconds = append(values, x.value), append(seconds, x.second)
	}
	slices.Sort(values)
	slices.Sort(seconds)
	r.value, r.second = values[len(values)/2], seconds[len(seconds)/2]
	return r, true
}

// bounds are what ours must keep and shall reach, as a ratio to another server's value.
var bounds = []struct {
	load, to   string
	second     bool
	must, goal float64
}{
	{"L2", "hijack", false, 1.25, 1.05},
	{"L2", "hijack", true, 1.4, 1.4},
	{"L3", "ideal", false, 0.5, 0.9},
	{"L4", "ideal", false, 1.5, 1.1},
	{"L5", "ideal", false, 0.5, 0.5},
}

func (t table) print(loads, names []string) {
	fmt.Printf("%-4s %-9s %12s %-16s %7s %8s %8s  %s\n", "load", "server", "median", "unit", "/ideal", "/hijack", "p99 ms", "note")
	ratio := func(load, name string, v float64) string {
		b, ok := t.median(load, name)
		if !ok || b.value == 0 {
			return "-"
		}
		return fmt.Sprintf("%.2f", v/b.value)
	}
	for _, load := range loads {
		for _, name := range names {
			r, ok := t.median(load, name)
			if !ok {
				continue
			}
			p99 := ""
			if r.second > 0 {
				p99 = fmt.Sprintf("%.1f", r.second)
			}
			fmt.Printf("%-4s %-9s %12.1f %-16s %7s %8s %8s  %s\n", load, name, r.value, r.unit, ratio(load, "ideal", r.value), ratio(load, "hijack", r.value), p99, r.note)
		}
	}
	for _, b := range bounds {
		ours, ok := t.median(b.load, "detached")
		other, have := t.median(b.load, b.to)
		if !ok || !have {
			continue
		}
		got, what := ours.value/other.value, ours.unit
		if b.second {
			got, what = ours.second/other.second, "p99"
		}
		keeps := func(bound float64) string {
			if ours.more && got >= bound || !ours.more && got <= bound {
				return "yes"
			}
			return "NO"
		}
		fmt.Printf("%s %s: %.2f × %s, must %.2f %s, goal %.2f %s\n", b.load, what, got, b.to, b.must, keeps(b.must), b.goal, keeps(b.goal))
	}
}

func raiseFileLimit() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil && l.Cur < l.Max {
		l.Cur = l.Max
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // what remains is found out by connecting
	}
}
