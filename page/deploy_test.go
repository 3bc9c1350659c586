package page_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// Environment of the test binary when it is one of the servers of a deployment.
const (
	processName   = "SX_TEST_PROCESS" // what its slots say
	processListen = "SX_TEST_LISTEN"
)

const (
	deploySlots = 3
	deployTick  = 500 * time.Millisecond
	deployGrace = 10 * time.Second // the default of SX_GRACE
	drainMost   = 3*time.Second + 100*time.Millisecond
)

// serveProcess is the main function of such a server. It ends as a deployed one does: with SIGTERM, and 0.
func serveProcess(name string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "deploy")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	app, err := page.New(files("app.sx", `
(deflive "/s" :every `+strconv.Itoa(int(deployTick.Milliseconds()))+`
  (bind "a" (reading)) (bind "b" (reading)) (bind "c" (reading)))`),
		page.WithPrimitive("reading", func() string { return fmt.Sprint(name, " ", tickOf(time.Now())) }),
		page.WithSecret("test"), page.WithData(dir), page.WithLimits(page.Limits{PerAddress: -1}),
		page.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := net.Listen("tcp", os.Getenv(processListen))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(l.Addr())
	if err := app.Serve(ctx, l); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func tickOf(t time.Time) int64 { return t.UnixNano() / int64(deployTick) }

// process is a server that was started.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	addr string
}

func startProcess(t *testing.T, name, listen string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), processName+"="+name, processListen+"="+listen)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s does not start: %v", name, err)
	}
	p.addr = strings.TrimSpace(line)
	return p
}

// terminate sends SIGTERM and waits for the end, which must be a clean one within the grace period.
func (p *process) terminate() {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	err := p.cmd.Wait()
	if took := time.Since(began); err != nil || took > deployGrace {
		p.t.Errorf("the process ended after %v: %v", took, err)
	}
}

// balancer is a TCP proxy that sends connections to the first of its servers that says it is ready.
type balancer struct {
	l       net.Listener
	servers []string
	now     atomic.Pointer[string]
	wg      sync.WaitGroup
	stop    chan struct{}
	mu      sync.Mutex
	conns   map[net.Conn]bool
}

func newBalancer(t *testing.T, servers ...string) *balancer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{l: l, servers: servers, stop: make(chan struct{}), conns: map[net.Conn]bool{}}
	b.now.Store(&servers[0])
	b.wg.Go(b.watch)
	b.wg.Go(b.accept) // both end with close
	t.Cleanup(b.close)
	return b
}

func (b *balancer) close() {
	close(b.stop)
	b.l.Close()
	b.mu.Lock()
	for c := range b.conns {
		c.Close()
	}
	b.conns = nil
	b.mu.Unlock()
	b.wg.Wait()
}

// watch asks the servers whether they are ready, as a load balancer does.
func (b *balancer) watch() {
	c := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		for i := range b.servers {
			resp, err := c.Get("http://" + b.servers[i] + "/readyz")
			if err != nil {
				continue
			}
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				b.now.Store(&b.servers[i])
				break
			}
		}
		select {
		case <-b.stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *balancer) accept() {
	for {
		in, err := b.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", *b.now.Load())
		if err != nil {
			in.Close()
			continue
		}
		b.mu.Lock()
		if b.conns == nil {
			in.Close()
			out.Close()
		} else {
			b.conns[in], b.conns[out] = true, true
		}
		b.mu.Unlock()
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			b.wg.Go(func() { // ends when either side closes
				io.Copy(pair[0], pair[1])
				pair[0].Close()
				pair[1].Close()
				b.mu.Lock()
				delete(b.conns, pair[0])
				b.mu.Unlock()
			})
		}
	}
}

// follower is a light client: one connection, one goroutine, and what a page would show.
type follower struct {
	addr string

	mu     sync.Mutex
	slots  map[string]string
	drains []time.Duration // delays it was told, one for each connection it was sent away from
	resets int
	wrong  error
	server string // whose snapshot came last
	tick   int64  // of the oldest of its slots; 0 while one is missing
}

// run follows the stream until ctx ends.
func (f *follower) run(ctx context.Context) {
	lastID := ""
	for ctx.Err() == nil {
		delay := f.connection(ctx, &lastID)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
}

// connection reads one response and gives the time after which to try again.
func (f *follower) connection(ctx context.Context, lastID *string) time.Duration {
	again := 50*time.Millisecond + rand.N(100*time.Millisecond)
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", f.addr)
	if err != nil {
		return again
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	id := ""
	if *lastID != "" {
		id = "Last-Event-ID: " + *lastID + "\r\n"
	}
	if _, err := io.WriteString(c, "GET /s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"+id+"\r\n"); err != nil {
		return again
	}
	in := bufio.NewReaderSize(c, 1024)
	for first := true; ; first = false {
		line, err := in.ReadString('\n')
		if err != nil || first && !strings.HasPrefix(line, "HTTP/1.1 200 ") {
			return again // the server is leaving, and says 503
		}
		if line == "\r\n" {
			break
		}
	}
	name, data := "", ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return again
		}
		switch field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); field {
		case "event":
			name = value
		case "data":
			data = value
		case "id":
			*lastID = value
		case "":
			if name != "" {
				if d, ok := f.take(name, data); ok {
					again = d
				}
			}
			name, data = "", ""
		}
	}
}

// take applies an event. It gives the delay of an order to leave.
func (f *follower) take(name, data string) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var v struct {
		ID, HTML string
		Delay    int
	}
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		f.wrong = errors.Join(f.wrong, fmt.Errorf("%s: %w", name, err))
		return 0, false
	}
	switch name {
	case "sx-drain":
		d := time.Duration(v.Delay) * time.Millisecond
		f.drains = append(f.drains, d)
		return d, true
	case "sx-reset":
		f.resets++
		f.server, f.tick = "", 0
		clear(f.slots)
	case "sx-resolve":
		server, tick, _ := strings.Cut(v.HTML, " ")
		if f.server == "" {
			f.server = server
		}
		if f.server != server {
			f.wrong = errors.Join(f.wrong, fmt.Errorf("shows %q of %s beside slots of %s", v.HTML, server, f.server))
		}
		if old := f.slots[v.ID]; old != "" && tick < old {
			f.wrong = errors.Join(f.wrong, fmt.Errorf("slot %s goes back from %s to %s", v.ID, old, tick))
		}
		f.slots[v.ID] = tick
		oldest := tick
		for _, s := range f.slots {
			oldest = min(oldest, s)
		}
		if len(f.slots) == deploySlots {
			f.tick, _ = strconv.ParseInt(oldest, 10, 64)
		}
	}
	return 0, false
}

// shows reports whether every slot shows what server made at tick or later, after so many resets.
func (f *follower) shows(server string, tick int64, resets int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.server == server && f.tick >= tick && f.resets == resets
}

// A deployment: two processes behind a balancer, one gets SIGTERM and all clients move to the other; then that one is restarted on
// its port. Each client is told when to come back, all together spread over the drain's window, and by sx-reset that a snapshot
// follows; none shows anything of a process that has gone, and the processes end with 0 in time.
func TestDeployOfProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("many connections")
	}
	const clients = 1000
	one, two := startProcess(t, "one", "127.0.0.1:0"), startProcess(t, "two", "127.0.0.1:0")
	b := newBalancer(t, one.addr, two.addr)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	followers := make([]*follower, clients)
	for i := range followers {
		followers[i] = &follower{addr: b.l.Addr().String(), slots: map[string]string{}}
		running.Go(func() { followers[i].run(ctx) })
	}
	// all waits until everybody shows the server's present state.
	all := func(server string, resets int) {
		t.Helper()
		tick := tickOf(time.Now()) + 1
		end := time.Now().Add(90 * time.Second)
		for i := 0; i < clients; {
			if followers[i].shows(server, tick, resets) {
				i++
				continue
			}
			if time.Now().After(end) {
				f := followers[i]
				f.mu.Lock()
				defer f.mu.Unlock()
				t.Fatalf("client %d has %d slots of %q, tick %d of %d, %d resets of %d: %v", i, len(f.slots), f.server, f.tick, tick, f.resets, resets, f.wrong)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	all("one", 0)
	began := time.Now()
	one.terminate()
	gone := time.Since(began)
	all("two", 1)
	t.Logf("SIGTERM to one of two: it has ended after %v, and all %d clients show the other after %v", gone, clients, time.Since(began))

	began = time.Now()
	two.terminate()
	gone = time.Since(began)
	startProcess(t, "three", two.addr)
	all("three", 2)
	t.Logf("restart on the same port: ended after %v, all show the new process after %v", gone, time.Since(began))

	cancel()
	running.Wait()
	var quarters [4]int
	for i, f := range followers {
		if f.wrong != nil {
			t.Errorf("client %d: %v", i, f.wrong)
		}
		if len(f.drains) != 2 {
			t.Errorf("client %d was told to leave %d times, want 2", i, len(f.drains))
		}
		for _, d := range f.drains {
			if d < 0 || d > drainMost {
				t.Errorf("client %d was told to come back after %v", i, d)
				continue
			}
			quarters[min(3, int(4*d/drainMost))]++
		}
	}
	for i, n := range quarters {
		if n < clients/5 { // of 2,000 delays
			t.Errorf("only %d delays are in quarter %d of the window: %v", n, i+1, quarters)
		}
	}
}
