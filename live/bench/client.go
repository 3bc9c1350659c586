package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// process is a server in a process of its own.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	addr string
}

func start(name string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, "-serve", name)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.addr, err = p.line()
	return p, err
}

func (p *process) line() (string, error) {
	s, err := p.out.ReadString('\n')
	return strings.TrimSpace(s), err
}

func (p *process) ask(format string, args ...any) float64 {
	fmt.Fprintf(p.in, format+"\n", args...)
	s, err := p.line()
	if err != nil {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

func (p *process) tell(format string, args ...any) { fmt.Fprintf(p.in, format+"\n", args...) }

func (p *process) stop() {
	p.in.Close()
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// crowd is many connections to one server.
type crowd struct {
	conns  []net.Conn
	wg     sync.WaitGroup
	events atomic.Int64
	reads  atomic.Int64
	mu     sync.Mutex
	late   []time.Duration
	ends   []int64 // when each connection got the event marked with a $, Unix nanoseconds
}

const request = "GET /t HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"

func connect(addr string) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c, request); err != nil {
		return nil, err
	}
	var b [4096]byte
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.Read(b[:])
	c.SetReadDeadline(time.Time{})
	if err == nil && !bytes.HasPrefix(b[:n], []byte("HTTP/1.1 200")) {
		err = fmt.Errorf("got %.40q", b[:n])
	}
	return c, err
}

func (c *crowd) join(addr string, n int) error {
	const dialers = 16
	var mu sync.Mutex
	var first error
	var wg sync.WaitGroup
	left := atomic.Int64{}
	left.Store(int64(n))
	for range dialers {
		wg.Add(1)
		go func() { // ends when all have been dialled
			defer wg.Done()
			for left.Add(-1) >= 0 {
				k, err := connect(addr)
				mu.Lock()
				if err != nil {
					first = err
					left.Store(0)
				} else {
					c.conns = append(c.conns, k)
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	return first
}

func (c *crowd) leave() {
	for _, k := range c.conns {
		k.Close()
	}
	c.wg.Wait()
}

// read counts the events of connections from from on, and with times how late each came.
func (c *crowd) read(from int, times bool) {
	for _, k := range c.conns[from:] {
		c.wg.Add(1)
		go func() { // ends with its connection
			defer c.wg.Done()
			buf := make([]byte, 16<<10)
			for {
				n, err := k.Read(buf)
				if n > 0 {
					c.reads.Add(1)
					c.events.Add(int64(bytes.Count(buf[:n], []byte{'#'})))
					if bytes.IndexByte(buf[:n], '$') >= 0 {
						c.mu.Lock()
						c.ends = append(c.ends, time.Now().UnixNano())
						c.mu.Unlock()
					}
					if times {
						c.time(buf[:n])
					}
				}
				if err != nil {
					return
				}
			}
		}()
	}
}

func (c *crowd) time(b []byte) {
	now := time.Now().UnixNano()
	for {
		i := bytes.IndexByte(b, '#')
		if i < 0 {
			return
		}
		if i >= 19 {
			if t, err := strconv.ParseInt(string(b[i-19:i]), 10, 64); err == nil {
				c.mu.Lock()
				c.late = append(c.late, time.Duration(now-t))
				c.mu.Unlock()
			}
		}
		b = b[i+1:]
	}
}

func (c *crowd) percentile(p float64) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.late) == 0 {
		return math.NaN()
	}
	slices.Sort(c.late)
	return float64(c.late[int(p*float64(len(c.late)-1))]) / 1e6
}

func measure(load, name string, conns int, d time.Duration) (result, error) {
	p, err := start(name)
	if err != nil {
		return result{}, err
	}
	defer p.stop()
	c := &crowd{}
	defer c.leave()
	r := result{load: load, name: name}
	secs := d.Seconds()
	switch load {
	case "L1": // idle connections
		n := 2 * conns
		warm := &crowd{}
		if err := warm.join(p.addr, 50); err != nil { // pools and loops are there before
			return r, err
		}
		warm.leave()
		time.Sleep(200 * time.Millisecond)
		before := p.ask("mem")
		if err := c.join(p.addr, n); err != nil {
			return r, err
		}
		time.Sleep(300 * time.Millisecond)
		r.value, r.unit = (p.ask("mem")-before)/float64(n), "B/conn"
		r.note = fmt.Sprintf("%d connections", n)
	case "L2": // 10 events a second each
		if err := c.join(p.addr, conns); err != nil {
			return r, err
		}
		c.read(0, true)
		p.ask("rate 10 0.5")
		time.Sleep(300 * time.Millisecond)
		c.mu.Lock()
		c.late = nil
		c.mu.Unlock()
		base, cpu := c.events.Load(), p.ask("cpu")
		sent := p.ask("rate 10 %g", secs)
		time.Sleep(500 * time.Millisecond)
		got := c.events.Load() - base
		r.value, r.unit = (p.ask("cpu")-cpu)/float64(got)/1e3, "CPU µs/event"
		r.second = c.percentile(0.99)
		r.note = fmt.Sprintf("%d connections, %.1f%% delivered", conns, 100*float64(got)/sent/float64(conns))
	case "L3": // as fast as they read
		n := conns / 5
		if err := c.join(p.addr, n); err != nil {
			return r, err
		}
		c.read(0, false)
		p.tell("flood")
		end := time.Now().Add(time.Second)
		var from int64
		var begin time.Time
		for phase := range 2 {
			for time.Now().Before(end) {
				p.tell("credit %d", c.events.Load()/int64(n))
				time.Sleep(time.Millisecond)
			}
			if phase == 0 {
				from, begin = c.events.Load(), time.Now()
				end = begin.Add(d)
			}
		}
		r.value, r.unit, r.more = float64(c.events.Load()-from)/time.Since(begin).Seconds(), "events/s", true
		r.note = fmt.Sprintf("%d connections", n)
	case "L4": // 5 % do not read
		n := conns / 5
		if err := c.join(p.addr, n); err != nil {
			return r, err
		}
		for _, k := range c.conns[:n/20] {
			k.(*net.TCPConn).SetReadBuffer(4096) // so that they stall soon
		}
		c.read(n/20, true)
		before := p.ask("mem")
		done := make(chan float64)
		go func() { done <- p.ask("rate 200 %g", 2*secs) }() // ends with the publishing, or the process
		select {
		case <-done:
			time.Sleep(300 * time.Millisecond)
			all := 200 * 2 * secs * float64(n-n/20)
			r.note = fmt.Sprintf("%d of %d stalled, %.0f%% delivered to the others, +%.1f MB", n/20, n, 100*float64(c.events.Load())/all, (p.ask("mem")-before)/1e6)
		case <-time.After(2*d + 10*time.Second):
			r.note = "publishing stalled"
		}
		r.value, r.unit = c.percentile(0.99), "p99 ms of others"
		if len(c.late) == 0 {
			r.value = math.Inf(1)
		}
	case "L6": // a flood into one slot
		n := conns / 5
		if err := c.join(p.addr, n); err != nil {
			return r, err
		}
		c.read(0, false)
		before := c.reads.Load()
		const burst = 5_000_000
		fmt.Fprintf(p.in, "burst %d\n", burst)
		line, err := p.line()
		if err != nil {
			return r, err
		}
		var seconds, longest float64
		var last int64
		fmt.Sscan(line, &seconds, &longest, &last)
		reads := c.reads.Load() - before
		arrived := func() (int, int64) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if len(c.ends) == 0 {
				return 0, 0
			}
			return len(c.ends), slices.Max(c.ends)
		}
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if k, _ := arrived(); k == n {
				break
			}
		}
		k, at := arrived()
		r.value, r.unit, r.more, r.second = burst/seconds, "publishes/s", true, float64(at-last)/1e6
		r.note = fmt.Sprintf("%d of %d show the last value after the p99 column's time, %.1f reads/s each, longest call %.2f ms",
			k, n, float64(reads)/float64(n)/seconds, 1e3*longest)
	case "L5": // connecting
		begin := time.Now()
		for time.Since(begin) < d && len(c.conns) < 15_000 {
			if err := c.join(p.addr, 500); err != nil {
				return r, err
			}
		}
		r.value, r.unit, r.more = float64(len(c.conns))/time.Since(begin).Seconds(), "connects/s", true
	default:
		return r, fmt.Errorf("no load %q", load)
	}
	return r, nil
}
