package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client"
	"github.com/sx-framework/sxgo/client/clienttest"
)

// policy is the strictest policy the client must run under.
const policy = "default-src 'none'; script-src 'nonce-n0'; connect-src 'self'; require-trusted-types-for 'script'"

// A site serves test pages, the client, and a small live endpoint, which writes its events by hand so that
// the client is tested apart from our own server.
type site struct {
	*httptest.Server
	mux *http.ServeMux

	mu     sync.Mutex
	topics map[string]*topic
	more   chan struct{} // closed and replaced whenever a topic gets an event
	opened int           // streams opened so far
	open   int           // streams open now
	asked  []string      // query of each stream
	now    []string      // sent to whoever is connected, and to nobody later
}

// A topic keeps all of its events.
type topic struct {
	epoch  string
	events []event
	status int // refuse with it
}

type event struct{ name, data string }

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{mux: http.NewServeMux(), topics: map[string]*topic{}, more: make(chan struct{})}
	s.mux.HandleFunc("/_sx/live", s.live)
	s.mux.Handle(client.Prefix, client.Handler())
	s.mux.HandleFunc("/sx-live.js", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = client.Script()
		client.Handler().ServeHTTP(w, r)
	})
	s.Server = httptest.NewUnstartedServer(s.mux)
	s.Server.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// page serves a document with that body at path, with the client and the inline script in its head.
func (s *site) page(path, body string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(head() + body + "</body></html>"))
	})
}

func head() string {
	inline, _ := os.ReadFile("dist/inline.js")
	return `<!doctype html><html><head><script nonce="n0">` + string(inline) +
		`</script><script nonce="n0" src="/sx-live.js"></script></head><body>`
}

// topic returns the topic of a source, made at its first mention.
func (s *site) topic(src string) *topic {
	t := s.topics[src]
	if t == nil {
		t = &topic{epoch: "e1"}
		s.topics[src] = t
	}
	return t
}

// publish appends an event, whose data must be a JSON object, to a source.
func (s *site) publish(src, name, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topic(src)
	b, _ := json.Marshal(src)
	t.events = append(t.events, event{name, strings.TrimSuffix(data, "}") + `,"src":` + string(b) + `}`})
	close(s.more)
	s.more = make(chan struct{})
}

// tell sends lines of an event to the streams that are open.
func (s *site) tell(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = append(s.now, lines+"\n\n")
	close(s.more)
	s.more = make(chan struct{})
}

// live is the endpoint that carries all sources of a page.
func (s *site) live(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	srcs, cursors := q["s"], q["c"]
	at := make([]int, len(srcs))
	s.mu.Lock()
	s.opened++
	s.open++
	s.asked = append(s.asked, r.URL.RawQuery)
	now := len(s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	rc := http.NewResponseController(w)
	fmt.Fprint(w, ": hello\nretry: 100\n\n")
	_ = rc.Flush()
	refused := map[string]bool{}
	for i := range srcs {
		epoch, seq, ok := strings.Cut(cursors[i], "-")
		if ok {
			at[i], _ = strconv.Atoi(seq)
			s.mu.Lock()
			t := s.topic(srcs[i])
			if epoch != t.epoch {
				at[i] = 0
				fmt.Fprintf(w, "event: sx-reset\ndata: {\"reason\":\"gap\",\"src\":%q}\n\n", srcs[i])
			}
			s.mu.Unlock()
		}
	}
	for {
		s.mu.Lock()
		var out []byte
		for i, src := range srcs {
			t := s.topic(src)
			if t.status != 0 {
				if !refused[src] {
					out = fmt.Appendf(out, "event: sx-error\ndata: {\"status\":%d,\"src\":%q}\n\n", t.status, src)
				}
				refused[src] = true
				continue
			}
			for ; at[i] < len(t.events); at[i]++ {
				e := t.events[at[i]]
				out = fmt.Appendf(out, "event: %s\nid: %s-%d\ndata: %s\n\n", e.name, t.epoch, at[i]+1, e.data)
			}
		}
		for ; now < len(s.now); now++ {
			out = append(out, s.now[now]...)
		}
		more := s.more
		s.mu.Unlock()
		if len(out) > 0 {
			if _, err := w.Write(out); err != nil {
				return
			}
			_ = rc.Flush()
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// A cutter is a TCP proxy that drops its connections when asked. Developer tools do not cut a running
// stream; this does.
type cutter struct {
	net.Listener
	to    string
	mu    sync.Mutex
	conns map[net.Conn]bool
	down  bool // new connections are dropped at once
}

func newCutter(t testing.TB, to string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, to: strings.TrimPrefix(to, "http://"), conns: map[net.Conn]bool{}}
	go c.run() // ends with the listener
	t.Cleanup(func() { l.Close(); c.cut() })
	return c
}

func (c *cutter) url() string { return "http://" + c.Addr().String() }

func (c *cutter) run() {
	for {
		in, err := c.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		down := c.down
		c.mu.Unlock()
		out, err := net.Dial("tcp", c.to)
		if err != nil || down {
			in.Close()
			if err == nil {
				out.Close()
			}
			continue
		}
		c.mu.Lock()
		c.conns[in], c.conns[out] = true, true
		c.mu.Unlock()
		go c.pipe(in, out) // both end when either side is closed
		go c.pipe(out, in)
	}
}

func (c *cutter) pipe(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	c.mu.Lock()
	delete(c.conns, to)
	delete(c.conns, from)
	c.mu.Unlock()
}

// lose cuts the network, or gives it back.
func (c *cutter) lose(on bool) {
	c.mu.Lock()
	c.down = on
	c.mu.Unlock()
	if on {
		c.cut()
	}
}

// cut resets all connections.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := range c.conns {
		if tcp, ok := n.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		n.Close()
	}
}

// visit opens a page.
func visit(t testing.TB, ctx context.Context, url string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
}

// js runs the body of an async function in the page and gives what it returns.
func js[T any](t testing.TB, ctx context.Context, body string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T]("(async () => {"+body+"\n})()", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("in the page: %v\n%.500s", err, body)
	}
	return v
}

// until waits for an expression to become true in the page.
func until(t testing.TB, ctx context.Context, expr string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+expr+")", chromedp.WithPollingInterval(5e6))); err != nil {
		now, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
		t.Fatalf("waited in vain for %s: %v\n%s", expr, err, now)
	}
}

// clean fails the test if the page has reported problems.
func clean(t testing.TB, ctx context.Context) {
	t.Helper()
	for _, p := range clienttest.Problems(ctx) {
		t.Error(p)
	}
}
