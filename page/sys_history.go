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

const (
	// Several people asking within one tick must not make the chart run faster.
	historyInterval = 500 * time.Millisecond
	historyLength   = 600
)

// add notes a reading unless the last one is too fresh, and gives the newest n.
func (h *history) add(name string, v float64, n int, now time.Time) []float64 {
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
	if r.at.IsZero() || now.Sub(r.at) >= historyInterval {
		r.at = now
		r.values = append(r.values, v)
		if extra := len(r.values) - historyLength; extra > 0 {
			r.values = append(r.values[:0], r.values[extra:]...)
		}
	}
	return append([]float64(nil), r.values[max(0, len(r.values)-n):]...)
}

// read takes a reading of one measure.
func (s *system) read(ctx context.Context, name string) (float64, error) {
	switch name {
	case "cpu":
		return s.cpuPercent(ctx)
	case "memory":
		return readMemory()
	case "disk":
		return readDisk(s.disk)
	case "load":
		l, err := readLoad()
		return l[0], err
	case "processes":
		n, err := readProcesses()
		return float64(n), err
	case "network-in":
		in, _, err := s.networkRates(ctx)
		return in, err
	case "network-out":
		_, out, err := s.networkRates(ctx)
		return out, err
	}
	return 0, fmt.Errorf("no measure %q: there are %s", name, measures)
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
			v, err := s.read(ctx, args[0].Text())
			if err != nil {
				return sx.Nil, err
			}
			values := s.history.add(args[0].Text(), v, n, time.Now())
			out := make([]sx.Value, len(values))
			for i, f := range values {
				out[i] = percent(f)
			}
			return sx.ListOf(sx.NewList(out...)), nil
		},
	}
}
