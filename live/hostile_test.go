package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/live"
)

var errEnough = errors.New("enough")

// once follows a URL until the connection breaks, and gives the events and why it broke.
func once(t *testing.T, c *live.Client) (events []live.Event, broke error) {
	t.Helper()
	c.OnRetry = func(_ int, err error, _ time.Duration) error { broke = err; return errEnough }
	for e, err := range c.Events(t.Context()) {
		switch {
		case errors.Is(err, errEnough):
		case err != nil:
			broke = err
		default:
			events = append(events, e)
		}
	}
	return events, broke
}

// allocated measures what f allocates, all that others do meanwhile included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A server that sends too much is hung up on: 100 MB of one line, of one event, of a comment, of a field that nobody asked for, also when
// it comes as a small compressed body. What the client allocates does not depend on what the server has to send.
func TestClientBoundsItsMemory(t *testing.T) {
	const total, most = 100 << 20, 48 << 20
	line := "data: " + strings.Repeat("x", 1017) + "\n"
	for _, c := range []struct{ name, begin, piece string }{
		{"an endless line", "data: ", strings.Repeat("x", 1024)},
		{"an event of 100 MB", "event: big\n", line},
		{"an endless comment", ":", strings.Repeat("x", 1024)},
		{"an endless id", "id: ", strings.Repeat("7", 1024)},
		{"an endless field name", "", strings.Repeat("x", 1024)},
		{"zeros", "", strings.Repeat("\x00", 1024)},
	} {
		for _, coding := range []string{"", "gzip", "zstd"} {
			t.Run(strings.TrimSpace(c.name+" "+coding), func(t *testing.T) {
				var sent atomic.Int64
				piece := bytes.Repeat([]byte(c.piece), 32)
				ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "text/event-stream")
					if coding != "" {
						w.Header().Set("Content-Encoding", coding)
					}
					var out io.Writer = w
					switch coding {
					case "gzip":
						z := gzip.NewWriter(w)
						defer z.Close()
						out = z
					case "zstd":
						z, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(64<<10))
						defer z.Close()
						out = z
					}
					io.WriteString(out, c.begin)
					for sent.Load() < total {
						n, err := out.Write(piece)
						sent.Add(int64(n))
						if err != nil {
							return
						}
					}
					io.WriteString(out, "\n\n")
				}))
				defer ts.Close()
				var events []live.Event
				var broke error
				used := allocated(func() { events, broke = once(t, &live.Client{URL: ts.URL}) })
				if len(events) > 0 || !errors.Is(broke, live.ErrTooLarge) {
					t.Errorf("got %d events, %v", len(events), broke)
				}
				if used > most {
					t.Errorf("allocated %d MB", used>>20)
				}
				if coding == "" && sent.Load() > total/2 {
					t.Errorf("the server could send %d MB", sent.Load()>>20)
				}
				t.Logf("%d KB allocated, %d KB sent: %v", used>>10, sent.Load()>>10, broke)
				http.DefaultClient.CloseIdleConnections()
			})
		}
	}
}

// An event below the bound arrives, however it is cut, and does not stay in memory.
func TestClientTakesWhatItsBoundsAllow(t *testing.T) {
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 << 10 {
			fmt.Fprintf(w, "data: %s\n", strings.Repeat("x", 1023))
		}
		io.WriteString(w, "\nevent: sx-close\ndata: {}\n\n")
	}))
	defer ts.Close()
	events, broke := once(t, &live.Client{URL: ts.URL})
	if broke != nil || len(events) != 2 || len(events[0].Data) != 3<<20-1 {
		t.Errorf("got %d events, %v", len(events), broke)
	}
	events, broke = once(t, &live.Client{URL: ts.URL, MaxEvent: 1 << 20})
	if !errors.Is(broke, live.ErrTooLarge) || len(events) > 0 {
		t.Errorf("got %d events, %v", len(events), broke)
	}
	http.DefaultClient.CloseIdleConnections()
}

// raw serves connections without HTTP.
func raw(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends when the listener is closed
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			c.Read(buf) // the request
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

// Garbage: each kind has an error that says what was found, and none ends in a panic or an event.
func TestClientAndGarbage(t *testing.T) {
	noise := make([]byte, 200_000)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(noise)
	noise = bytes.ReplaceAll(noise, []byte("data"), nil)
	stream := func(header string, body []byte) func(c net.Conn) {
		return func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"+header+"\r\n")
			c.Write(body)
		}
	}
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	io.WriteString(z, "data: 1\n\ndata: 2\n\n")
	z.Close()
	broken := bytes.Clone(small.Bytes())
	broken[12] ^= 0xff
	var e *live.ResponseError
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		is    func(err error) bool
		says  string
	}{
		{"another protocol", func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n") }, func(error) bool { return true }, "malformed HTTP"},
		{"nothing at all", func(net.Conn) {}, func(err error) bool { return errors.Is(err, io.EOF) }, "EOF"},
		{"half a header", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nConte") }, func(error) bool { return true }, "malformed MIME header"},
		{"noise as a stream", stream("", noise), func(err error) bool { return errors.Is(err, io.EOF) }, "EOF"},
		{"noise as gzip", stream("Content-Encoding: gzip\r\n", noise), func(err error) bool { return errors.Is(err, live.ErrCorrupt) }, "gzip"},
		{"noise as zstd", stream("Content-Encoding: zstd\r\n", noise), func(err error) bool { return errors.Is(err, live.ErrCorrupt) }, "zstd"},
		{"broken gzip", stream("Content-Encoding: gzip\r\n", broken), func(err error) bool { return errors.Is(err, live.ErrCorrupt) }, "gzip"},
		{"a coding that is not offered", stream("Content-Encoding: br\r\n", noise), func(err error) bool { return errors.As(err, &e) && e.ContentEncoding == "br" }, `found content encoding "br"`},
		{"a page", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>data: 1\n\n")
		}, func(err error) bool { return errors.As(err, &e) && e.ContentType == "text/html" }, "text/html"},
		{"no type", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ndata: 1\n\n") }, func(err error) bool { return errors.As(err, &e) && e.Status == 200 }, "content type"},
		{"an error page", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}, func(err error) bool { return errors.As(err, &e) && e.Status == 500 }, "found status 500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := &http.Transport{}
			defer tr.CloseIdleConnections()
			events, broke := once(t, &live.Client{URL: raw(t, c.serve), HTTP: &http.Client{Transport: tr}})
			if len(events) > 0 || broke == nil || !c.is(broke) || !strings.Contains(broke.Error(), c.says) {
				t.Errorf("got %d events, %v", len(events), broke)
			}
		})
	}
	// What was cut in the middle of a block is no corruption: the client comes back.
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	cut := small.Bytes()[:small.Len()-12]
	if _, broke := once(t, &live.Client{URL: raw(t, stream("Content-Encoding: gzip\r\n", cut)), HTTP: &http.Client{Transport: tr}}); !errors.Is(broke, io.EOF) || errors.Is(broke, live.ErrCorrupt) {
		t.Errorf("cut gzip: %v", broke)
	}
}

// A server that says nothing: never reads, answers half a header, or sends a header and stops. Each is given up after its time, which is the
// client's default here.
func TestClientAndSilence(t *testing.T) {
	for _, c := range []struct {
		name  string
		says  string
		after time.Duration
	}{
		{"connected", "", 30 * time.Second},
		{"half a header", "HTTP/1.1 200 OK\r\nContent-Type: text/event", 30 * time.Second},
		{"a header", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", 45 * time.Second},
		{"a gzip header", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08", 45 * time.Second},
		{"half an event", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n", 45 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() { // ends when the client closes its side
						buf := make([]byte, 4096)
						if c.says != "" {
							far.Read(buf)
							io.WriteString(far, c.says)
						}
						for {
							if _, err := far.Read(buf); err != nil {
								far.Close()
								return
							}
						}
					}()
					return near, nil
				}}
				begin := time.Now()
				events, broke := once(t, &live.Client{URL: "http://x/", HTTP: &http.Client{Transport: tr}})
				if took := time.Since(begin); len(events) > 0 || !errors.Is(broke, live.ErrSilent) || took != c.after {
					t.Errorf("%d events, %v after %v, want %v after %v", len(events), broke, took, live.ErrSilent, c.after)
				}
				tr.CloseIdleConnections()
			})
		})
	}
}

// Compressed events are delivered as they come: the server sends the next one only when the last has arrived.
func TestClientDecompressesAsItComes(t *testing.T) {
	for _, coding := range []string{"gzip", "zstd"} {
		t.Run(coding, func(t *testing.T) {
			next := make(chan int)
			ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.Header.Get("Accept-Encoding"), coding) {
					t.Errorf("%s is not accepted: %q", coding, r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Type", "text/event-stream")
				w.Header().Set("Content-Encoding", coding)
				var z interface {
					io.Writer
					Flush() error
					Close() error
				} = gzip.NewWriter(w)
				if coding == "zstd" {
					z, _ = zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
				}
				defer z.Close()
				for {
					var i int
					select {
					case i = <-next:
					case <-r.Context().Done():
						return
					}
					fmt.Fprintf(z, "id: %d\ndata: %s\n\n", i, strings.Repeat("abc ", i*10))
					z.Flush()
					http.NewResponseController(w).Flush()
				}
			}))
			defer ts.Close()
			defer http.DefaultClient.CloseIdleConnections()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			go func() { next <- 1 }() // received by the handler
			i := 1
			for e, err := range (&live.Client{URL: ts.URL}).Events(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if e.ID != fmt.Sprint(i) || e.Data != strings.Repeat("abc ", i*10) {
					t.Fatalf("got %.40q of %s, want %d", e.Data, e.ID, i)
				}
				if i++; i > 20 {
					break
				}
				next <- i
			}
		})
	}
}
