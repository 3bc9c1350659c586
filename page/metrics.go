package page

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// WriteMetrics writes the application's measures in the Prometheus text format.
func (a *App) WriteMetrics(w io.Writer) {
	hs, ls := a.hub.Stats(), a.live.Stats()
	for _, m := range []metric{
		{"sx_live_streams", "Open event streams.", "gauge", float64(ls.Streams)},
		{"sx_live_topics", "Topics that exist.", "gauge", float64(hs.Topics)},
		{"sx_live_subscribers", "Subscribers of topics.", "gauge", float64(hs.Subscribers)},
		{"sx_live_published_total", "Events published.", "counter", float64(hs.Published)},
		{"sx_evaluations", "Pages and boundaries being evaluated.", "gauge", float64(len(a.slots))},
	} {
		m.write(w)
	}
}

// metric is one measure of the Prometheus text format.
type metric struct {
	name, help, kind string
	value            float64
}

func (m metric) write(w io.Writer) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %s\n", m.name, m.help, m.name, m.kind, m.name, strconv.FormatFloat(m.value, 'f', -1, 64))
}

func writeProcessMetrics(w io.Writer) {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	for _, m := range []metric{
		{"go_goroutines", "Goroutines that exist.", "gauge", float64(runtime.NumGoroutine())},
		{"go_memstats_heap_alloc_bytes", "Bytes of live heap objects.", "gauge", float64(mem.HeapAlloc)},
		{"go_memstats_heap_sys_bytes", "Bytes of heap from the system.", "gauge", float64(mem.HeapSys)},
		{"go_gc_cycles_total", "Finished collections.", "counter", float64(mem.NumGC)},
	} {
		m.write(w)
	}
}

// serveMetrics answers /metrics in the Prometheus text format on an address of its own, until stop is called.
func serveMetrics(addr string, site Site, log *slog.Logger) (stop func(), err error) {
	ln, err := Listen(addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		writeProcessMetrics(w)
		if m, ok := site.(interface{ WriteMetrics(io.Writer) }); ok {
			m.WriteMetrics(w)
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { // ends with stop
		defer close(done)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the address of /metrics no longer answers", "err", err)
		}
	}()
	return func() { srv.Close(); <-done }, nil
}
