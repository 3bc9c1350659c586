package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	r3 "github.com/r3labs/sse/v2"
	tmax "github.com/tmaxmax/go-sse"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
)

var serverNames = []string{"ideal", "hijack", "detached", "net/http", "plain", "echo", "tmaxmax", "r3labs"}

// server is one implementation: it serves streams on l and publishes to all of them.
type server interface {
	serve(l net.Listener)
	publish(data []byte)
}

func newServer(name string) (server, error) {
	switch name {
	case "ideal":
		return newIdeal(), nil
	case "hijack":
		return newHijack()
	case "detached":
		return newOurs(true), nil
	case "net/http":
		return newOurs(false), nil
	case "plain":
		return newPlain(), nil
	case "echo":
		return &echoHub{plain: newPlain()}, nil
	case "tmaxmax":
		return &tmaxmax{s: &tmax.Server{OnSession: func(w http.ResponseWriter, _ *http.Request) ([]string, bool) {
			http.NewResponseController(w).Flush() // or the client would not know that it is connected before the first event
			return []string{tmax.DefaultTopic}, true
		}}}, nil
	case "r3labs":
		s := r3.New()
		s.AutoReplay = false
		s.CreateStream("t")
		return &r3labs{s}, nil
	}
	return nil, fmt.Errorf("no server %q", name)
}

// runServer obeys commands on the standard input: each line is one, each answer one line.
func runServer(name string) error {
	s, err := newServer(name)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go s.serve(l) // ends with the process
	fmt.Println(l.Addr())
	window := int64(3000) // events on their way in a flood
	if name == "plain" || name == "echo" {
		window = 200 // its channels hold no more
	}
	var credit atomic.Int64 // events that every client is known to have
	var stop atomic.Bool
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var cmd string
		var a, b float64
		fmt.Sscan(in.Text(), &cmd, &a, &b)
		switch cmd {
		case "mem":
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println(m.HeapAlloc + m.StackInuse)
		case "cpu":
			var u syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &u)
			fmt.Println(u.Utime.Nano() + u.Stime.Nano())
		case "rate": // a events a second for b seconds
			n := int(a * b)
			tick := time.NewTicker(time.Duration(float64(time.Second) / a))
			for range n {
				<-tick.C
				s.publish(payload())
			}
			tick.Stop()
			fmt.Println(n)
		case "flood": // as fast as clients read, until "stop"
			stop.Store(false)
			credit.Store(0)
			go func() { // ends with "stop"
				for n := int64(0); !stop.Load(); n++ {
					for n-credit.Load() > window && !stop.Load() {
						time.Sleep(100 * time.Microsecond)
					}
					s.publish(payload())
				}
			}()
		case "burst": // a events into one slot at once: seconds, longest call and last time
			seconds, longest, last := burst(s, int(a))
			fmt.Println(seconds, longest, last)
		case "credit":
			credit.Store(int64(a))
		case "stop":
			stop.Store(true)
			fmt.Println("ok")
		}
	}
	return in.Err()
}

const payloadSize = 200

// payload is 200 bytes with the time and one # behind it.
func payload() []byte {
	b := make([]byte, 0, payloadSize)
	b = fmt.Appendf(b, `{"id":"cpu","html":"t=%d#`, time.Now().UnixNano())
	for len(b) < payloadSize-2 {
		b = append(b, 'x')
	}
	return append(b, `"}`...)
}

type ours struct {
	h *hub.Hub
	s *live.Server
}

func newOurs(detach bool) *ours {
	h := hub.New(hub.History(8192, 0, 0))
	return &ours{h, live.NewServer(h, live.Detach(detach))}
}

func (o *ours) serve(l net.Listener) {
	http.Serve(l, o.s.Handler(func(*http.Request, string) (live.Source, error) { return live.Source{Topic: "t"}, nil }))
}

func (o *ours) publish(data []byte) {
	o.h.Publish("t", hub.Event{Name: "sx-resolve", Slot: "cpu", Kind: hub.Transient, Data: data})
}

// publishSlot sets one slot to the same bytes again and again.
func (o *ours) publishSlot(data []byte) {
	o.h.Publish("t", hub.Event{Name: "sx-resolve", Slot: "cpu", Data: data})
}

// burst publishes n values of one slot as fast as it can. The last one is marked with a $. It gives how long all took, how long the
// longest call did, and when the last one was published, as Unix nanoseconds.
func burst(s server, n int) (seconds, longest float64, last int64) {
	publish := s.publish
	if o, ok := s.(*ours); ok {
		publish = o.publishSlot
	}
	data, end := payload(), bytes.Replace(payload(), []byte{'#'}, []byte{'$'}, 1)
	begin := time.Now()
	for i := range n - 1 {
		if i%64 != 0 {
			publish(data)
			continue
		}
		t := time.Now()
		publish(data)
		longest = max(longest, time.Since(t).Seconds())
	}
	last = time.Now().UnixNano()
	publish(end)
	return time.Since(begin).Seconds(), longest, last
}

// plain is the hub of a hundred tutorials.
type plain struct {
	mu      sync.Mutex
	clients map[chan []byte]bool
}

func newPlain() *plain { return &plain{clients: map[chan []byte]bool{}} }

func (p *plain) serve(l net.Listener) {
	http.Serve(l, http.HandlerFunc(p.stream))
}

func (p *plain) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	f := w.(http.Flusher)
	f.Flush()
	c := make(chan []byte, 256)
	p.mu.Lock()
	p.clients[c] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.clients, c)
		p.mu.Unlock()
	}()
	for {
		select {
		case d := <-c:
			fmt.Fprintf(w, "event: sx-resolve\ndata: %s\n\n", d)
			f.Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (p *plain) publish(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.clients {
		select {
		case c <- data:
		default:
		}
	}
}

type tmaxmax struct{ s *tmax.Server }

func (t *tmaxmax) serve(l net.Listener) { http.Serve(l, t.s) }

func (t *tmaxmax) publish(data []byte) {
	m := &tmax.Message{Type: tmax.Type("sx-resolve")}
	m.AppendData(string(data))
	t.s.Publish(m)
}

type r3labs struct{ s *r3.Server }

func (r *r3labs) serve(l net.Listener) {
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.URL.RawQuery = "stream=t"
		r.s.ServeHTTP(w, req)
	}))
}

func (r *r3labs) publish(data []byte) {
	r.s.Publish("t", &r3.Event{Event: []byte("sx-resolve"), Data: data})
}

// ideal does as little as can be done: no net/http, no state but a descriptor, events gathered while a loop is busy leave in one write.
type ideal struct{ loops []*idealLoop }

type idealLoop struct {
	mu      sync.Mutex
	pending []byte
	fresh   []*idealConn
	bell    chan struct{}
}

type idealConn struct {
	fd   int
	rest []byte
}

func newIdeal() *ideal {
	i := &ideal{}
	for range runtime.GOMAXPROCS(0) {
		l := &idealLoop{bell: make(chan struct{}, 1)}
		go l.run() // ends with the process
		i.loops = append(i.loops, l)
	}
	return i
}

func (i *ideal) serve(l net.Listener) {
	for n := 0; ; n++ {
		c, err := l.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 2048)
		got := 0
		for !strings.Contains(string(buf[:got]), "\r\n\r\n") {
			m, err := c.Read(buf[got:])
			if got += m; err != nil || got == len(buf) {
				break
			}
		}
		raw, _ := c.(*net.TCPConn).SyscallConn()
		k := &idealConn{}
		raw.Control(func(fd uintptr) { k.fd, _ = syscall.Dup(int(fd)) })
		c.Close()
		syscall.Write(k.fd, []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"))
		lp := i.loops[n%len(i.loops)]
		lp.mu.Lock()
		lp.fresh = append(lp.fresh, k)
		lp.mu.Unlock()
		lp.ring()
	}
}

func (i *ideal) publish(data []byte) {
	for _, l := range i.loops {
		l.mu.Lock()
		l.pending = append(l.pending, "event: sx-resolve\ndata: "...)
		l.pending = append(l.pending, data...)
		l.pending = append(l.pending, '\n', '\n')
		l.mu.Unlock()
		l.ring()
	}
}

func (l *idealLoop) ring() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

func (l *idealLoop) run() {
	var conns []*idealConn
	late := 0
	for {
		if late > 0 {
			select {
			case <-l.bell:
			case <-time.After(time.Millisecond):
			}
		} else {
			<-l.bell
		}
		l.mu.Lock()
		data := l.pending
		l.pending = nil
		conns = append(conns, l.fresh...)
		l.fresh = nil
		l.mu.Unlock()
		late = 0
		dead := false
		for _, c := range conns {
			out := data
			if len(c.rest) > 0 {
				if len(c.rest) < 1<<20 {
					out = slices.Concat(c.rest, data)
				} else {
					out = c.rest // it has lost the race
				}
			}
			if len(out) == 0 {
				continue
			}
			n, err := syscall.Write(c.fd, out)
			if err != nil && err != syscall.EAGAIN {
				syscall.Close(c.fd)
				c.fd, dead = -1, true
				continue
			}
			if c.rest = out[max(n, 0):]; len(c.rest) > 0 {
				late++
			} else {
				c.rest = nil
			}
		}
		if dead {
			conns = slices.DeleteFunc(conns, func(c *idealConn) bool { return c.fd < 0 })
		}
	}
}
