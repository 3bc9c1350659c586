package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server of one hub, reached in one of the ways a stream can take.
type site struct {
	t      testing.TB
	hub    *hub.Hub
	server *live.Server
	http   *http.Client
	url    string
	ts     *httptest.Server
	way    string
}

// ways are the paths that every delivery test takes.
var ways = []string{"net/http", "detached", "tls", "http2", "echo"}

func eachWay(t *testing.T, run func(t *testing.T, start func(opts ...live.Option) *site)) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			run(t, func(opts ...live.Option) *site { return startSite(t, way, nil, opts...) })
		})
	}
}

// startSite serves /NAME as topic NAME, /_sx/live as all of them, and refuses /secret.
func startSite(t testing.TB, way string, l net.Listener, opts ...live.Option) *site {
	return startSiteWith(t, way, l, func(*http.Server) {}, opts...)
}

func startSiteWith(t testing.TB, way string, l net.Listener, change func(*http.Server), opts ...live.Option) *site {
	return startSiteOf(t, way, l, change, resolveTest, opts...)
}

func startSiteResolving(t testing.TB, way string, resolve live.ResolveFunc, opts ...live.Option) *site {
	return startSiteOf(t, way, nil, func(*http.Server) {}, resolve, opts...)
}

func startSiteOf(t testing.TB, way string, l net.Listener, change func(*http.Server), resolve live.ResolveFunc, opts ...live.Option) *site {
	s := &site{t: t, way: way, hub: hub.New()}
	if way == "net/http" {
		opts = append(opts, live.Detach(false))
	}
	s.server = live.NewServer(s.hub, opts...)
	mux := http.NewServeMux()
	mux.Handle(render.LivePath, s.server.Multiplexed(resolve))
	mux.Handle("/", s.server.Handler(resolve))
	var h http.Handler = mux
	if way == "echo" {
		e := echo.New()
		e.Any("/*", echo.WrapHandler(mux))
		h = e
	}
	s.ts = httptest.NewUnstartedServer(h)
	change(s.ts.Config)
	if l != nil {
		s.ts.Listener.Close()
		s.ts.Listener = l
	}
	switch way {
	case "tls":
		s.ts.StartTLS()
	case "http2":
		s.ts.EnableHTTP2 = true
		s.ts.StartTLS()
	default:
		s.ts.Start()
	}
	s.url, s.http = s.ts.URL, s.ts.Client()
	s.http.Transport.(*http.Transport).DisableCompression = true
	t.Cleanup(s.stop)
	return s
}

func (s *site) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.server.Drain(ctx); err != nil {
		s.t.Error(err)
	}
	// As a server does after draining: responses under way finish, so that the last frame arrives.
	polite, done := context.WithTimeout(ctx, time.Second)
	defer done()
	_ = s.ts.Config.Shutdown(polite) // clients that never read are cut below
	s.ts.CloseClientConnections()
	s.ts.Close()
	s.hub.Close(ctx)
}

func resolveTest(r *http.Request, src string) (live.Source, error) {
	switch src = strings.TrimPrefix(src, "/"); src {
	case "secret":
		return live.Source{}, &live.StatusError{Code: http.StatusForbidden}
	case "over":
		return live.Source{}, &live.StatusError{Code: http.StatusNoContent}
	case "defs":
		return live.Source{Topic: src, Defs: "(defcomp ~a ())", DefsHash: "h1"}, nil
	}
	return live.Source{Topic: src}, nil
}

func (s *site) publish(topic string, f render.Frame) hub.Cursor {
	s.t.Helper()
	ev, err := live.FrameEvent(f)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := s.hub.Publish(topic, ev)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *site) append(topic string, i int) hub.Cursor {
	return s.publish(topic, render.Frame{ID: "log", HTML: fmt.Sprint(i), Mode: render.ModeAppend})
}

// await waits until the number of open streams is n.
func (s *site) await(n int) {
	s.t.Helper()
	livetest.EventuallyFunc(s.t, func() bool { return s.server.Stats().Streams == n }, func() string {
		return fmt.Sprintf("%d streams are open, want %d", s.server.Stats().Streams, n)
	})
}

// reader reads one response event by event, without reconnecting.
type reader struct {
	t    testing.TB
	resp *http.Response
	in   *bufio.Reader
}

func (s *site) open(path string, header ...string) *reader {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { resp.Body.Close() })
	return &reader{s.t, resp, bufio.NewReader(resp.Body)}
}

// block reads up to an empty line.
func (r *reader) block() (string, error) {
	var b strings.Builder
	for {
		line, err := r.in.ReadString('\n')
		if err != nil {
			return b.String(), err
		}
		if b.WriteString(line); line == "\n" {
			return b.String(), nil
		}
	}
}

// skip reads blocks until one begins with prefix.
func (r *reader) until(prefix string) string {
	r.t.Helper()
	for {
		b, err := r.block()
		if err != nil {
			r.t.Fatalf("waiting for %q: %v", prefix, err)
		}
		if strings.HasPrefix(b, prefix) {
			return b
		}
	}
}

func (r *reader) expect(want string) {
	r.t.Helper()
	got, err := r.block()
	if err != nil || got != want {
		r.t.Fatalf("got  %q, %v\nwant %q", got, err, want)
	}
}

func (r *reader) expectEnd() {
	r.t.Helper()
	for {
		b, err := r.block()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return
		}
		if err != nil {
			return // HTTP/2 and cut connections end with errors of their own
		}
		if !strings.HasPrefix(b, ":") {
			r.t.Fatalf("got %q, want the end", b)
		}
	}
}

// proxy is a TCP proxy whose connections can be cut.
type proxy struct {
	l      net.Listener
	target func() string
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	count  int
}

func newProxy(t testing.TB, target func() string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target, conns: map[net.Conn]bool{}}
	p.wg.Add(1)
	go p.accept() // ends when the listener is closed
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) accept() {
	defer p.wg.Done()
	for {
		a, err := p.l.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", p.target())
		if err != nil {
			a.Close()
			continue
		}
		p.mu.Lock()
		p.count++
		if p.closed {
			a.Close()
			b.Close()
		}
		p.conns[a], p.conns[b] = true, true
		p.mu.Unlock()
		for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
			p.wg.Add(1)
			go func() { // ends when either side closes
				defer p.wg.Done()
				buf := make([]byte, 300) // small, so that cuts fall inside events
				for {
					n, err := pair[0].Read(buf)
					if n > 0 {
						if _, werr := pair[1].Write(buf[:n]); werr != nil {
							break
						}
					}
					if err != nil {
						break
					}
				}
				pair[0].Close()
				pair[1].Close()
				p.mu.Lock()
				delete(p.conns, pair[0])
				p.mu.Unlock()
			}()
		}
	}
}

// accepted is the number of connections so far.
func (p *proxy) accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// cut resets all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
}
