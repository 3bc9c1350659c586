package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
)

// What can go wrong between a server and its clients, with fake time. With real sockets each is tested too:
//
//	graceful drain              TestDrainAndRestartInFakeTime  TestDrain, TestDeployUnderLoad
//	server restart              TestCrashInFakeTime            TestRestart
//	cut by a proxy              TestCutsInFakeTime             TestTwoHundredCuts
//	client that takes nothing   TestClientThatAcceptsNothing…  TestStalledClient
//	slow client                 TestSlowClientInFakeTime       TestSlowClientGetsTheNewest
//	publisher faster than all   TestFloodInFakeTime            TestFlood

// cutter makes connections of pipes that can be cut.
type cutter struct {
	mu    sync.Mutex
	conns []net.Conn
	count int
}

// through makes c dial with connections that k can cut.
func (k *cutter) through(c *http.Client) {
	tr := c.Transport.(*http.Transport)
	dial := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err == nil {
			k.mu.Lock()
			k.conns = append(k.conns, conn)
			k.count++
			k.mu.Unlock()
		}
		return conn, err
	}
}

func (k *cutter) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.conns {
		c.Close()
	}
	k.conns = nil
}

// A counter is streamed while the connection is cut again and again: its client gets every value, in order, none twice.
func TestCutsInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, c := fakeServer(t, live.Retry(time.Millisecond))
		var k cutter
		k.through(c)
		const n, cuts = 5000, 100
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			for i := range n {
				mustPublish(t, h, "t", render.Frame{ID: "log", HTML: strconv.Itoa(i), Mode: render.ModeAppend})
				time.Sleep(20 * time.Millisecond)
			}
		})
		wg.Go(func() {
			for range cuts {
				time.Sleep(rand.N(2 * time.Second))
				k.cut()
			}
		})
		next := 0
		for e, err := range (&live.Client{URL: "http://x/t", HTTP: c, Backoff: 10 * time.Millisecond, MaxBackoff: 100 * time.Millisecond}).Events(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			var f struct{ HTML string }
			json.Unmarshal([]byte(e.Data), &f)
			if f.HTML != strconv.Itoa(next) {
				t.Fatalf("got %s %s, want %d", e.Name, e.Data, next)
			}
			if next++; next == n {
				break
			}
		}
		cancel()
		wg.Wait()
		k.mu.Lock()
		defer k.mu.Unlock()
		if next != n || k.count < cuts/2 {
			t.Errorf("%d values over %d connections", next, k.count)
		}
	})
}

// A server that goes without a word comes back as another one: its client returns by itself, and is told that a snapshot follows.
func TestCrashInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handler atomic.Pointer[http.Handler]
		begin := func(value string) *hub.Hub {
			h := hub.New()
			mustPublish(t, h, "t", render.Frame{ID: "a", HTML: value})
			server := live.NewServer(h).Handler(resolveTest)
			handler.Store(&server)
			return h
		}
		old := begin("old")
		defer old.Close(t.Context())
		p, c := livetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
		var down atomic.Bool
		p.Refuse = down.Load
		var k cutter
		k.through(c)
		var log []string
		for e, err := range (&live.Client{URL: "http://x/t", HTTP: c}).Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			log = append(log, e.Name+" "+e.Data)
			if strings.Contains(e.Data, "old") {
				down.Store(true)
				k.cut()
				time.AfterFunc(time.Minute, func() {
					h := begin("new")
					t.Cleanup(func() { h.Close(context.Background()) })
					down.Store(false)
				})
			}
			if strings.Contains(e.Data, "new") {
				break
			}
		}
		want := []string{`sx-resolve {"id":"a","html":"old"}`, `sx-reset {"reason":"gap"}`, `sx-resolve {"id":"a","html":"new"}`}
		if strings.Join(log, "\n") != strings.Join(want, "\n") {
			t.Errorf("got %q", log)
		}
	})
}

// A client that reads a little every second is not dropped, skips what has been replaced, is never far behind, and delays nobody.
func TestSlowClientInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := atomic.Int32{}
		h, _, c := fakeServer(t, live.OnDisconnect(func(*http.Request, error) { gone.Add(1) }))
		slow, quick := getStream(t, c, "/t"), getStream(t, c, "/t")
		pad := strings.Repeat("x", 2000)
		const n, every = 3000, 20 * time.Millisecond // a minute
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			for i := range n {
				mustPublish(t, h, "t", render.Frame{ID: "a", HTML: fmt.Sprint(i, " ", time.Now().UnixNano(), " ", pad)})
				time.Sleep(every)
			}
		})
		// value reads one value and gives its number and age.
		value := func(in interface{ ReadString(byte) (string, error) }) (int, time.Duration) {
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					t.Error(err)
					return n, 0
				}
				if _, data, ok := strings.Cut(line, `"html":"`); ok {
					var i int
					var at int64
					fmt.Sscan(data, &i, &at)
					return i, time.Since(time.Unix(0, at))
				}
			}
		}
		wg.Go(func() { // the quick one
			for i := range n {
				if got, age := value(quick); got != i || age > 60*time.Millisecond {
					t.Errorf("got value %d after %v, want %d", got, age, i)
					return
				}
			}
		})
		last, got := -1, 0
		for last < n-1 {
			i, age := value(slow)
			if i <= last {
				t.Errorf("value %d after %d", i, last)
			}
			if age > 75*time.Second { // what pipe and buffers hold at a value a second, and a coalesced rest
				t.Errorf("value %d is %v old", i, age)
			}
			last = i
			got++
			time.Sleep(time.Second)
		}
		if got > n/10 || gone.Load() > 0 {
			t.Errorf("got %d of %d values, %d clients were dropped", got, n, gone.Load())
		}
	})
}

// A flood into one slot makes at most twenty writes a second, and everybody shows the newest value within 50 ms.
func TestFloodInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _, c := fakeServer(t, live.Retry(-1))
		const clients, seconds = 5, 10
		var last time.Time // when the newest value was published
		var over atomic.Bool
		var wg sync.WaitGroup
		for range clients {
			in := getStream(t, c, "/t")
			wg.Go(func() {
				times := map[time.Time]bool{}
				for {
					line, err := in.ReadString('\n')
					if err != nil {
						t.Error(err)
						return
					}
					times[time.Now()] = true
					if strings.Contains(line, `"end"`) {
						break
					}
				}
				if d := time.Since(last); d > 50*time.Millisecond || !over.Load() {
					t.Errorf("the newest value came after %v", d)
				}
				if n := len(times); n > 20*seconds+25 || n < 15*seconds { // a short burst goes out at once
					t.Errorf("%d writes in %d seconds", n, seconds)
				}
			})
		}
		synctest.Wait()
		begin := time.Now()
		for i := 0; time.Since(begin) < seconds*time.Second; i++ {
			was := time.Now()
			for range 10 {
				mustPublish(t, h, "t", render.Frame{ID: "a", HTML: fmt.Sprint(i)})
			}
			if d := time.Since(was); d > 0 {
				t.Fatalf("publishing waited for %v", d)
			}
			time.Sleep(100 * time.Microsecond)
		}
		last = time.Now()
		over.Store(true)
		mustPublish(t, h, "t", render.Frame{ID: "a", HTML: "end"})
		wg.Wait()
	})
}
