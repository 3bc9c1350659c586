// Command bench compares broadcasting over WebSockets: 5,000 sockets in one channel, served by package ws,
// by a plain coder/websocket hub, by the gorilla/websocket hub of its chat example, and by a gobwas/ws
// server that writes from an epoll loop. Each server is a process of its own; all run one after another, in
// rounds, and the table gives medians and their ratios to the gorilla hub.
//
// Throughput is measured with a fifth of the sockets: events are published as fast as every client is known to
// read, with as many on their way as the hubs' channels hold, or 3,000 where a log takes their place.
//
//	go run . [-n 5000] [-rounds 3] [-seconds 5] [-kinds sx,gorilla,coder,gobwas]
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const payload = 200 // bytes of an event

func main() {
	n := flag.Int("n", 5000, "sockets")
	rounds := flag.Int("rounds", 3, "rounds")
	seconds := flag.Int("seconds", 5, "seconds of publishing, 10 events each")
	serve := flag.String("serve", "", "run as the server of a kind")
	list := flag.String("kinds", "sx,gorilla,coder,gobwas", "servers to compare; gorilla is what ratios refer to")
	flag.Parse()
	kinds := strings.Split(*list, ",")
	if *serve != "" {
		runServer(*serve)
		return
	}
	results := map[string][]result{}
	for round := range *rounds {
		for i := range kinds {
			kind := kinds[(i+round)%len(kinds)] // no kind always goes first
			r, err := measure(kind, *n, *seconds)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", kind, err)
				os.Exit(1)
			}
			fmt.Fprintf(os.Stderr, "round %d %-8s %6.0f B/conn %6.2f µs/event p50 %6.1f ms p99 %6.1f ms connect %5.0f/s %4.0f µs flat out %7.0f/s\n", round+1, kind, r.bytes, r.cpu, r.p50, r.p99, r.connects, r.connectCPU, r.flat)
			results[kind] = append(results[kind], r)
		}
	}
	report(kinds, results, *n)
}

type result struct{ bytes, cpu, p50, p99, connects, connectCPU, flat float64 }

func report(kinds []string, results map[string][]result, n int) {
	columns := []struct {
		name string
		of   func(result) float64
	}{
		{"memory B/conn", func(r result) float64 { return r.bytes }},
		{"CPU µs/event", func(r result) float64 { return r.cpu }},
		{"p50 ms", func(r result) float64 { return r.p50 }},
		{"p99 ms", func(r result) float64 { return r.p99 }},
		{"flat out events/s", func(r result) float64 { return r.flat }},
		{"connects/s", func(r result) float64 { return r.connects }},
		{"CPU µs/connect", func(r result) float64 { return r.connectCPU }},
	}
	fmt.Printf("%d sockets, median of the rounds, ratio to gorilla\n\n| server |", n)
	for _, c := range columns {
		fmt.Printf(" %s |", c.name)
	}
	fmt.Println("\n|---|" + strings.Repeat("--:|", len(columns)))
	median := func(kind string, of func(result) float64) float64 {
		var v []float64
		for _, r := range results[kind] {
			v = append(v, of(r))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	for _, k := range kinds {
		fmt.Printf("| %s |", k)
		for _, c := range columns {
			x, base := median(k, c.of), median("gorilla", c.of)
			fmt.Printf(" %.4g (%.2f×) |", x, x/base)
		}
		fmt.Println()
	}
}

func measure(kind string, n, seconds int) (r result, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-serve", kind)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return r, err
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return r, err
	}
	addr := strings.TrimSpace(line)
	// Connecting takes less than half a second, in which anything can happen: the median of five times counts.
	var storms []float64
	storm := func(c *clients) error {
		runtime.GC()
		began := time.Now()
		err := c.connect(addr, n)
		storms = append(storms, float64(n)/time.Since(began).Seconds())
		return err
	}
	for range 4 {
		c := &clients{done: make(chan struct{}), counts: true}
		if err := storm(c); err != nil {
			return r, err
		}
		c.close()
		if err := await(addr, 0); err != nil {
			return r, err
		}
	}
	empty, err := stats(addr)
	if err != nil {
		return r, err
	}
	c := &clients{done: make(chan struct{})}
	if err := storm(c); err != nil {
		return r, err
	}
	slices.Sort(storms)
	r.connects = storms[2]
	defer c.close()
	if err := await(addr, n); err != nil {
		return r, err
	}
	full, err := stats(addr)
	if err != nil {
		return r, err
	}
	r.bytes = (full.memory - empty.memory) / float64(n)
	r.connectCPU = (full.cpu - empty.cpu) / float64(n) * 1e6
	events := seconds * 10
	c.want.Store(int64(n * events))
	for range events {
		at := time.Now()
		if err := call(addr, "/publish?text="+strconv.FormatInt(time.Now().UnixNano(), 10)); err != nil {
			return r, err
		}
		time.Sleep(100*time.Millisecond - time.Since(at))
	}
	select {
	case <-c.done:
	case <-time.After(60 * time.Second):
		return r, fmt.Errorf("%d events of %d are missing", c.want.Load(), n*events)
	}
	after, err := stats(addr)
	if err != nil {
		return r, err
	}
	r.cpu = (after.cpu - full.cpu) / float64(n*events) * 1e6
	c.mu.Lock()
	slices.Sort(c.latency)
	r.p50 = float64(c.latency[len(c.latency)/2]) / 1e6
	r.p99 = float64(c.latency[len(c.latency)*99/100]) / 1e6
	c.mu.Unlock()
	c.close()
	r.flat, err = flatOut(addr, n/5, time.Duration(seconds)*time.Second/2)
	return r, err
}

// flatOut returns the events that n clients together get in a second.
func flatOut(addr string, n int, d time.Duration) (float64, error) {
	if err := await(addr, 0); err != nil { // those before have left
		return 0, err
	}
	c := &clients{done: make(chan struct{}), counts: true}
	defer c.close()
	if err := c.connect(addr, n); err != nil {
		return 0, err
	}
	if err := await(addr, n); err != nil {
		return 0, err
	}
	if err := call(addr, "/flood"); err != nil {
		return 0, err
	}
	var from int64
	var began time.Time
	for end, phase := time.Now().Add(d/4), 0; phase < 2; phase++ {
		for time.Now().Before(end) {
			if err := call(addr, "/credit?n="+strconv.FormatInt(c.slowest(), 10)); err != nil {
				return 0, err
			}
			time.Sleep(time.Millisecond)
		}
		if phase == 0 {
			from, began = c.events(), time.Now()
			end = began.Add(d)
		}
	}
	rate := float64(c.events()-from) / time.Since(began).Seconds()
	return rate, call(addr, "/credit?n=-1")
}

// await waits until the server has n connections: it notices them a little later than the clients.
func await(addr string, n int) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		u, err := stats(addr)
		if err != nil || u.conns == float64(n) {
			return err
		}
		if time.Since(began) > 20*time.Second {
			return fmt.Errorf("%v connections, want %d", u.conns, n)
		}
	}
}

// slowest is how many events the client that has the fewest has got.
func (c *clients) slowest() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	least := int64(1) << 60
	for _, n := range c.got {
		least = min(least, n.Load())
	}
	return least
}

// events is how many all have got.
func (c *clients) events() (sum int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.got {
		sum += n.Load()
	}
	return sum
}

type usage struct{ memory, cpu, conns float64 }

func stats(addr string) (u usage, err error) {
	res, err := http.Get("http://" + addr + "/stats")
	if err != nil {
		return u, err
	}
	defer res.Body.Close()
	_, err = fmt.Fscan(res.Body, &u.memory, &u.cpu, &u.conns)
	return u, err
}

func call(addr, path string) error {
	res, err := http.Get("http://" + addr + path)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, res.Body)
	return res.Body.Close()
}

// clients reads all sockets and notes how late each event was.
type clients struct {
	conns   []net.Conn
	want    atomic.Int64
	done    chan struct{}
	mu      sync.Mutex
	latency []int64
	counts  bool // events are only counted
	got     []*atomic.Int64
}

func (c *clients) connect(addr string, n int) error {
	var wg sync.WaitGroup
	errs := make(chan error, n)
	gate := make(chan struct{}, 64)
	for range n {
		wg.Add(1)
		gate <- struct{}{}
		go func() {
			defer wg.Done()
			defer func() { <-gate }()
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				errs <- err
				return
			}
			fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr)
			r := bufio.NewReaderSize(conn, 1024)
			res, err := http.ReadResponse(r, nil)
			if err != nil || res.StatusCode != 101 {
				errs <- fmt.Errorf("handshake: %v %v", res, err)
				return
			}
			c.mu.Lock()
			c.conns = append(c.conns, conn)
			got := &atomic.Int64{}
			c.got = append(c.got, got)
			c.mu.Unlock()
			if c.counts {
				go count(bufio.NewReaderSize(r, 32<<10), got)
			} else {
				go c.read(r)
			}
		}()
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// read reads frames: the digits in one are the time it was published.
func (c *clients) read(r *bufio.Reader) {
	buf := make([]byte, 4096)
	var mine []int64
	for {
		var h [2]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			break
		}
		n := int(h[1] & 0x7f)
		if n == 126 {
			var x [2]byte
			if _, err := io.ReadFull(r, x[:]); err != nil {
				break
			}
			n = int(binary.BigEndian.Uint16(x[:]))
		}
		if _, err := io.ReadFull(r, buf[:n]); err != nil {
			break
		}
		if h[0]&0x0f != 1 {
			continue
		}
		s := string(buf[:n])
		i := strings.Index(s, "@")
		if i < 0 {
			continue
		}
		at, err := strconv.ParseInt(s[i+1:i+20], 10, 64)
		if err != nil {
			continue
		}
		mine = append(mine, time.Now().UnixNano()-at)
		if len(mine) == 10 {
			c.mu.Lock()
			c.latency = append(c.latency, mine...)
			c.mu.Unlock()
			mine = mine[:0]
		}
		if c.want.Add(-1) == 0 {
			close(c.done)
		}
	}
}

// count counts text frames, without looking into them.
func count(r *bufio.Reader, got *atomic.Int64) {
	for {
		h, err := r.Peek(2)
		if err != nil {
			return
		}
		text, n, head := h[0]&0x0f == 1, int(h[1]&0x7f), 2
		if n == 126 {
			if h, err = r.Peek(4); err != nil {
				return
			}
			n, head = int(binary.BigEndian.Uint16(h[2:])), 4
		}
		if _, err := r.Discard(head + n); err != nil {
			return
		}
		if text {
			got.Add(1)
		}
	}
}

func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
}
