package page

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// system measures the machine for the sys-* primitives. Whoever asks within readingInterval of a reading gets the same
// one: many callers cost one, and what a page shows in several places, as a number and as the last point of a chart, is
// the same. Rates are of the time between two readings.
type system struct {
	mu      sync.Mutex
	cpu     rate
	network rate
	levels  map[string]level
	history history
	disk    string // a path on the file system that sys-disk speaks of
}

// level is a reading that is no rate.
type level struct {
	at    time.Time
	value float64
}

// rate is a result computed from two readings of counters.
type rate struct {
	at     time.Time
	last   counters
	result counters
}

// counters are two running totals: busy and all CPU time, or bytes in and out.
type counters [2]float64

const (
	readingInterval = 400 * time.Millisecond // less than a tick of half a second, which may come a little early
	firstInterval   = 200 * time.Millisecond // between the two readings that the first rate needs
)

// level returns a reading of a measure, and when it was taken.
func (s *system) level(name string, read func() (float64, error)) (float64, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.levels[name]; ok && time.Since(l.at) < readingInterval {
		return l.value, l.at, nil
	}
	v, err := read()
	if err != nil {
		return 0, time.Time{}, err
	}
	if s.levels == nil {
		s.levels = map[string]level{}
	}
	l := level{time.Now(), v}
	s.levels[name] = l
	return l.value, l.at, nil
}

// measure returns the result of compute on the change since the last reading, and when that was taken. The first call takes two.
func (s *system) measure(ctx context.Context, r *rate, read func() (counters, error), compute func(change counters, seconds float64) counters) (counters, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < readingInterval {
		return r.result, r.at, nil
	}
	if r.at.IsZero() {
		first, err := read()
		if err != nil {
			return counters{}, time.Time{}, err
		}
		r.last = first
		start := time.Now()
		select {
		case <-time.After(firstInterval):
		case <-ctx.Done():
			return counters{}, time.Time{}, context.Cause(ctx)
		}
		r.at = start
	}
	now, err := read()
	if err != nil {
		return counters{}, time.Time{}, err
	}
	t := time.Now()
	r.result = compute(counters{now[0] - r.last[0], now[1] - r.last[1]}, t.Sub(r.at).Seconds())
	r.last, r.at = now, t
	return r.result, t, nil
}

func (s *system) cpuPercent(ctx context.Context) (float64, time.Time, error) {
	c, at, err := s.measure(ctx, &s.cpu, readCPU, func(d counters, _ float64) counters {
		if d[1] <= 0 {
			return counters{}
		}
		return counters{100 * d[0] / d[1]}
	})
	return c[0], at, err
}

func (s *system) networkRates(ctx context.Context) (rates counters, at time.Time, err error) {
	return s.measure(ctx, &s.network, readNetwork, func(d counters, seconds float64) counters {
		return counters{max(0, d[0]) / seconds, max(0, d[1]) / seconds}
	})
}

// percent rounds to one decimal: more digits say nothing and would make every frame differ.
func percent(f float64) sx.Value { return sx.Number(float64(int(f*10+0.5)) / 10) }

func (s *system) primitives() []*sx.Primitive {
	prim := func(name, doc string, f func(ctx context.Context) (sx.Value, error)) *sx.Primitive {
		return &sx.Primitive{Name: name, Usage: "(" + name + ")", Doc: doc, Effects: sx.IO,
			Func: func(ctx context.Context, _ []sx.Value) (sx.Value, error) { return f(ctx) }}
	}
	return []*sx.Primitive{
		s.historyPrimitive(),
		prim("sys-cpu", "Per cent of CPU time used since the last reading, over all cores.", func(ctx context.Context) (sx.Value, error) {
			f, _, err := s.read(ctx, "cpu")
			return percent(f), err
		}),
		prim("sys-memory", "Per cent of memory in use.", func(ctx context.Context) (sx.Value, error) {
			f, _, err := s.read(ctx, "memory")
			return percent(f), err
		}),
		prim("sys-disk", "Per cent of the file system in use that holds the application.", func(ctx context.Context) (sx.Value, error) {
			f, _, err := s.read(ctx, "disk")
			return percent(f), err
		}),
		prim("sys-load", "The load averages of 1, 5 and 15 minutes, as a list.", func(context.Context) (sx.Value, error) {
			l, err := readLoad()
			return sx.ListOf(sx.NewList(sx.Number(l[0]), sx.Number(l[1]), sx.Number(l[2]))), err
		}),
		prim("sys-network", "Bytes per second received and sent, as {:in n :out n}.", func(ctx context.Context) (sx.Value, error) {
			rates, _, err := s.networkRates(ctx)
			d := sx.NewDict(2)
			d.Set("in", sx.Int(int(rates[0])))
			d.Set("out", sx.Int(int(rates[1])))
			return sx.DictOf(d), err
		}),
		prim("sys-processes", "The number of processes.", func(ctx context.Context) (sx.Value, error) {
			n, _, err := s.read(ctx, "processes")
			return sx.Int(int(n)), err
		}),
		prim("sys-uptime", "Seconds since the machine started.", func(context.Context) (sx.Value, error) {
			f, err := readUptime()
			return sx.Int(int(f)), err
		}),
		prim("sys-info", "What the machine is, as {:hostname :os :arch :cpus :kernel :go}.", func(context.Context) (sx.Value, error) {
			host, err := os.Hostname()
			d := sx.NewDict(6)
			d.Set("hostname", sx.String(host))
			d.Set("os", sx.String(runtime.GOOS))
			d.Set("arch", sx.String(runtime.GOARCH))
			d.Set("cpus", sx.Int(runtime.NumCPU()))
			d.Set("kernel", sx.String(readKernel()))
			d.Set("go", sx.String(runtime.Version()))
			return sx.DictOf(d), err
		}),
	}
}
