package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"
	gobwas "github.com/gobwas/ws"
	gorilla "github.com/gorilla/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/ws"
)

// server is one of the kinds: it accepts sockets and sends each of them what is published.
type server interface {
	http.Handler
	publish(text string)
	len() int
}

func runServer(kind string) {
	var s server
	window := int64(14) // events on their way: what a hub's channels hold, less what a credit's way takes
	switch kind {
	case "sx":
		window = 3000
		h := hub.New(hub.History(8192, 0, 0))
		x := &sxServer{ws: ws.NewServer(h)}
		x.Handler = x.ws.Handler(func(*http.Request) (*ws.Endpoint, error) { return &ws.Endpoint{Channel: "c"}, nil })
		s = x
	case "coder":
		s = &coderHub{subs: map[chan []byte]struct{}{}}
	case "gorilla":
		s = &gorillaHub{subs: map[chan *gorilla.PreparedMessage]struct{}{}}
	case "gobwas":
		s = newGobwas()
	default:
		log.Fatal("unknown kind ", kind)
	}
	mux := http.NewServeMux()
	mux.Handle("/ws", s)
	var credit atomic.Int64 // events that every client is known to have; negative: stop
	mux.HandleFunc("/flood", func(http.ResponseWriter, *http.Request) {
		credit.Store(0)
		go func() { // ends with a negative credit
			text := strings.Repeat("x", payload)
			for n := int64(0); ; n++ {
				for n-credit.Load() > window {
					if credit.Load() < 0 {
						return
					}
					time.Sleep(50 * time.Microsecond)
				}
				if credit.Load() < 0 {
					return
				}
				s.publish(text)
			}
		}()
	})
	mux.HandleFunc("/credit", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.ParseInt(r.FormValue("n"), 10, 64)
		credit.Store(n)
	})
	mux.HandleFunc("/publish", func(w http.ResponseWriter, r *http.Request) {
		text := "@" + r.FormValue("text")
		s.publish(text + strings.Repeat("x", payload-len(text)))
	})
	mux.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		var u syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
		fmt.Fprintln(w, m.HeapAlloc+m.StackInuse, cpu.Seconds(), s.len())
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ln.Addr())
	log.Fatal(http.Serve(ln, mux))
}

type sxServer struct {
	ws *ws.Server
	http.Handler
}

func (s *sxServer) publish(text string) {
	if _, err := s.ws.Broadcast("c", render.Frame{ID: "slot", Mode: render.ModeAppend, HTML: text}); err != nil {
		log.Print(err)
	}
}
func (s *sxServer) len() int { return s.ws.Len() }

// coderHub is the chat example of coder/websocket: a reader, and a writer fed by a channel.
type coderHub struct {
	mu   sync.Mutex
	subs map[chan []byte]struct{}
}

func (h *coderHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	msgs := make(chan []byte, 16)
	h.mu.Lock()
	h.subs[msgs] = struct{}{}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.subs, msgs)
		h.mu.Unlock()
	}()
	ctx := c.CloseRead(context.Background())
	for {
		select {
		case m := <-msgs:
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			err := c.Write(ctx, websocket.MessageText, m)
			cancel()
			if err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (h *coderHub) publish(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s <- []byte(text):
		default:
		}
	}
}

// gorillaHub is the chat example of gorilla/websocket, with prepared messages.
type gorillaHub struct {
	mu   sync.Mutex
	subs map[chan *gorilla.PreparedMessage]struct{}
}

var upgrader = gorilla.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}

func (h *gorillaHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	msgs := make(chan *gorilla.PreparedMessage, 16)
	h.mu.Lock()
	h.subs[msgs] = struct{}{}
	h.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, _, err := c.NextReader(); err != nil {
				c.Close()
				return
			}
		}
	}()
	go func() {
		ping := time.NewTicker(54 * time.Second)
		defer ping.Stop()
		defer func() {
			h.mu.Lock()
			delete(h.subs, msgs)
			h.mu.Unlock()
			c.Close()
		}()
		for {
			select {
			case m := <-msgs:
				c.SetWriteDeadline(time.Now().Add(10 * time.Second))
				if c.WritePreparedMessage(m) != nil {
					return
				}
			case <-ping.C:
				if c.WriteMessage(gorilla.PingMessage, nil) != nil {
					return
				}
			case <-gone:
				return
			}
		}
	}()
}

func (h *gorillaHub) publish(text string) {
	m, err := gorilla.NewPreparedMessage(gorilla.TextMessage, []byte(text))
	if err != nil {
		log.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s <- m:
		default:
		}
	}
}

// gobwasServer keeps connections and nothing else: an epoll loop waits for what clients send, and
// publishing writes a frame that was compiled once to each.
type gobwasServer struct {
	mu    sync.Mutex
	conns map[int]net.Conn
	epoll int
}

func newGobwas() *gobwasServer {
	fd, err := syscall.EpollCreate1(0)
	if err != nil {
		log.Fatal(err)
	}
	s := &gobwasServer{conns: map[int]net.Conn{}, epoll: fd}
	go s.wait()
	return s
}

func (s *gobwasServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := gobwas.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		s.mu.Lock()
		s.conns[int(fd)] = conn
		s.mu.Unlock()
		syscall.EpollCtl(s.epoll, syscall.EPOLL_CTL_ADD, int(fd), &syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP, Fd: int32(fd)})
	})
}

func (s *gobwasServer) wait() {
	events := make([]syscall.EpollEvent, 128)
	for {
		n, err := syscall.EpollWait(s.epoll, events, -1)
		if err != nil && err != syscall.EINTR {
			log.Fatal(err)
		}
		for _, e := range events[:max(n, 0)] {
			s.mu.Lock()
			c := s.conns[int(e.Fd)]
			delete(s.conns, int(e.Fd))
			s.mu.Unlock()
			if c != nil { // the clients of this benchmark only ever hang up
				c.Close()
			}
		}
	}
}

func (s *gobwasServer) publish(text string) {
	frame, err := gobwas.CompileFrame(gobwas.NewTextFrame([]byte(text)))
	if err != nil {
		log.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		c.Write(frame)
	}
}

func (h *coderHub) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

func (h *gorillaHub) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

func (s *gobwasServer) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
