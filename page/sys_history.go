package page

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// history keeps the last readings of each measure, for charts. A loaded program is immutable and a page's slots
// are shared, so the points of a chart need a place outside of both. Nothing is read unless somebody asks:
// asking takes a reading.
type history struct {
	mu     sync.Mutex
	series map[string]*readings
}

type readings struct {
	at     time.Time
	values []float64 // oldest first
}

const historyLength = 600

// add notes a reading of that time, once, and gives the newest n.
func (h *history) add(name string, v float64, n int, at time.Time) []float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.series == nil {
		h.series = map[string]*readings{}
	}
	r := h.series[name]
	if r == nil {
		r = &readings{}
		h.series[name] = r
	}
	if at.After(r.at) {
		r.at = at
		r.values = append(r.values, v)
		if extra := len(r.values) - historyLength; extra > 0 {
			r.values = append(r.values[:0], r.values[extra:]...)
		}
	}
	return append([]float64(nil), r.values[max(0, len(r.values)-n):]...)
}

// read returns the reading of one measure at present, and when it was taken.
func (s *system) read(ctx context.Context, name string) (float64, time.Time, error) {
	switch name {
	case "cpu":
		return s.cpuPercent(ctx)
	case "memory":
		return s.level(name, readMemory)
	case "disk":
		return s.level(name, func() (float64, error) { return readDisk(s.disk) })
	case "load":
		return s.level(name, func() (float64, error) {
			l, err := readLoad()
			return l[0], err
		})
	case "processes":
		return s.level(name, func() (float64, error) {
			n, err := readProcesses()
			return float64(n), err
		})
	case "network-in":
		c, at, err := s.networkRates(ctx)
		return c[0], at, err
	case "network-out":
		c, at, err := s.networkRates(ctx)
		return c[1], at, err
	}
	return 0, time.Time{}, fmt.Errorf("no measure %q: there are %s", name, measures)
}

const measures = "cpu, memory, disk, load, processes, network-in and network-out"

func (s *system) historyPrimitive() *sx.Primitive {
	return &sx.Primitive{
		Name: "sys-history", Usage: "(sys-history measure n)", Effects: sx.IO,
		Doc: "The last n readings of cpu, memory, disk, load, processes, network-in or network-out, oldest first; asking takes one.",
		Func: func(ctx context.Context, args []sx.Value) (sx.Value, error) {
			if args[0].Kind() != sx.KindString || args[1].Kind() != sx.KindNumber {
				return sx.Nil, fmt.Errorf("sys-history takes the name of a measure and a number, got %s and %s", args[0].Kind(), args[1].Kind())
			}
			n := min(historyLength, max(0, int(args[1].Float())))
			v, at, err := s.read(ctx, args[0].Text())
			if err != nil {
				return sx.Nil, err
			}
			values := s.history.add(args[0].Text(), v, n, at)
			out := make([]sx.Value, len(values))
			for i, f := range values {
				out[i] = percent(f)
			}
			return sx.ListOf(sx.NewList(out...)), nil
		},
	}
}
