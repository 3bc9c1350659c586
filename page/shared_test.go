package page_test

import (
	"bufio"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// A thousand subscribers of one stream cost one evaluation a tick, and all see the same values.
func TestSharedSlotIsEvaluatedOnceATick(t *testing.T) {
	var evaluations atomic.Int64
	s := serve(t, []string{"app.sx", `
		(defpage home :path "/"
		  :live (live :src "/stream" :every 100 (bind "n" (b "n" (count-evaluation!))))
		  :content (~live :src "/stream" (~suspense :id "n" :fallback "…")))`},
		page.WithPrimitive("count-evaluation!", func() int { return int(evaluations.Add(1)) }, sx.IO))
	const clients = 1000
	began := time.Now()
	value := regexp.MustCompile(`<b>n(\d+)</b>`) // ids of events may hold an n too
	var seen [clients]atomic.Int64               // the newest value of each client
	var wg sync.WaitGroup
	defer wg.Wait() // after the bodies are closed
	transport := &http.Transport{}
	for i := range clients {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		wg.Add(1)
		go func() { // ends when the body is closed
			defer wg.Done()
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				if m := value.FindStringSubmatch(lines.Text()); m != nil {
					n, _ := strconv.ParseInt(m[1], 10, 64)
					if old := seen[i].Swap(n); n < old {
						t.Errorf("client %d went back from %d to %d", i, old, n)
					}
				}
			}
		}()
	}
	// Five ticks after the last has connected, everybody has seen the fifth.
	before := evaluations.Load()
	deadline := time.Now().Add(30 * time.Second)
	for i := 0; i < clients; {
		if seen[i].Load() >= before+5 {
			i++
			continue
		}
		if time.Now().After(deadline) {
			t.Fatalf("client %d has seen %d of %d evaluations", i, seen[i].Load(), evaluations.Load())
		}
		time.Sleep(time.Millisecond)
	}
	// Connecting took some ticks too; had each client its own evaluation, there would be a thousand times as many.
	ticks := int64(time.Since(began)/(100*time.Millisecond)) + 10
	if n := evaluations.Load(); n > 2*ticks {
		t.Errorf("%d evaluations in %d ticks for %d clients", n, ticks, clients)
	}
}
