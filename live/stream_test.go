package live_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
)

func TestStreamFunction(t *testing.T) {
	h := live.Serve(func(ctx context.Context, s *live.Stream) error {
		if s.LastEventID() != "e-7" {
			t.Errorf("last event id %q", s.LastEventID())
		}
		return errors.Join(
			s.Send(live.Event{Name: "tick", ID: "e-8", Data: "a\nb"}),
			s.Resolve("cpu", "~badge", map[string]any{"value": 42}),
			s.Patch(render.Frame{ID: "log", HTML: "<li>", Mode: render.ModePrepend, Key: "k"}),
			s.Signals(map[string]any{"a": nil}, true),
			s.Event("saved", 3),
			s.Navigate("/x"),
			s.Close(),
		)
	}, live.Retry(-1), live.WithComponents(func(_ context.Context, name string, args map[string]any) (render.Frame, error) {
		return render.Frame{SX: fmt.Sprintf("(%s :value %v)", name, args["value"])}, nil
	}))
	r := httptest.NewRequest("GET", "/?last_event_id=e-7", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	want := "event: tick\nid: e-8\ndata: a\ndata: b\n\n" +
		"event: sx-resolve\ndata: {\"id\":\"cpu\",\"sx\":\"(~badge :value 42)\"}\n\n" +
		"event: sx-resolve\ndata: {\"id\":\"log\",\"html\":\"<li>\",\"mode\":\"prepend\",\"key\":\"k\"}\n\n" +
		"event: sx-signals\ndata: {\"patch\":{\"a\":null},\"onlyIfMissing\":true}\n\n" +
		"event: sx-event\ndata: {\"name\":\"saved\",\"detail\":3}\n\n" +
		"event: sx-navigate\ndata: {\"url\":\"/x\"}\n\n" +
		"event: sx-close\ndata: {}\n\n"
	if got := w.Body.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestStreamFunctionRefuses(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{{&live.StatusError{Code: 404}, 404}, {errors.New("oops"), 500}, {fmt.Errorf("wrapped: %w", &live.StatusError{Code: 204}), 204}} {
		w := httptest.NewRecorder()
		live.Serve(func(context.Context, *live.Stream) error { return c.err }).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != c.want || strings.Contains(w.Body.String(), "oops") {
			t.Errorf("%v: got %d %q", c.err, w.Code, w.Body)
		}
	}
}

func TestStreamFunctionTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		h := hub.New()
		defer h.Close(t.Context())
		srv := live.NewServer(h)
		_, c := livetest.Serve(t, live.Serve(func(ctx context.Context, s *live.Stream) error {
			<-ctx.Done()
			if err := s.Send(live.Event{Data: "late"}); !errors.Is(err, live.ErrDraining) {
				t.Errorf("sending after the end: %v", err)
			}
			return ctx.Err()
		}, live.Via(srv), live.OnDisconnect(func(_ *http.Request, err error) { ended = err })))
		begin := time.Now()
		in := getStream(t, c, "/")
		if d := time.Since(begin); d != time.Second {
			t.Errorf("begins after %v", d)
		}
		in.ReadString('\n') // retry
		in.ReadString('\n')
		if l, _ := in.ReadString('\n'); l != ":\n" || time.Since(begin) != 16*time.Second {
			t.Errorf("got %q after %v", l, time.Since(begin))
		}
		in.ReadString('\n')
		if srv.Stats().Streams != 1 {
			t.Error("not counted")
		}
		drained := make(chan error, 1)
		go func() { drained <- srv.Drain(t.Context()) }() // ends with the stream, whose client must read
		if l, _ := in.ReadString('\n'); l != "event: sx-drain\n" {
			t.Errorf("got %q", l)
		}
		io.Copy(io.Discard, in)
		if err := <-drained; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !errors.Is(ended, live.ErrDraining) {
			t.Errorf("ended with %v", ended)
		}
	})
}

func TestLostClientIsAnError(t *testing.T) {
	got := make(chan error, 1)
	ts := httptest.NewServer(live.Serve(func(ctx context.Context, s *live.Stream) error {
		var err error
		for err == nil {
			err = s.Send(live.Event{Data: "x"})
		}
		got <- err
		return err
	}))
	defer ts.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", ts.URL, nil)
	resp, err := ts.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	resp.Body.Close()
	if err := <-got; err == nil {
		t.Error("no error")
	}
}

func TestStreamIsSafeForConcurrentUse(t *testing.T) {
	w := httptest.NewRecorder()
	live.Serve(func(ctx context.Context, s *live.Stream) error {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Add(1)
			go func() { // ends after ten events
				defer wg.Done()
				for range 10 {
					s.Send(live.Event{Name: fmt.Sprint("e", i), Data: "a\nb"})
				}
			}()
		}
		wg.Wait()
		return nil
	}, live.Retry(-1)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	events, _, _, err := live.Decode(1000, 1000, w.Body.Bytes())
	if err != nil || len(events) != 200 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for _, e := range events {
		if e.Data != "a\nb" {
			t.Errorf("got %q", e)
		}
	}
}

func TestRespondInEveryCoding(t *testing.T) {
	text := strings.Repeat("hello ", 100)
	for accept, want := range map[string]string{"": "", "gzip": "gzip", "br": "br", "zstd": "zstd", "gzip, br;q=0": "gzip", "gzip, deflate, br, zstd": "zstd", "*": "zstd", "identity": ""} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		err := live.Respond(w, r, func(s *live.Stream) error {
			s.Patch(render.Frame{ID: "a", HTML: text})
			return s.Patch(render.Frame{ID: "b", HTML: "1"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%q: encoding %q, want %q", accept, got, want)
		}
		var in io.Reader = bytes.NewReader(w.Body.Bytes())
		switch want {
		case "gzip":
			in, err = gzip.NewReader(in)
		case "br":
			in = brotli.NewReader(in)
		case "zstd":
			in, err = zstd.NewReader(in)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(in) // to the end: the coding is complete
		if want := "event: sx-resolve\ndata: {\"id\":\"a\",\"html\":\"" + text + "\"}\n\nevent: sx-resolve\ndata: {\"id\":\"b\",\"html\":\"1\"}\n\n"; err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v", accept, got, err)
		}
	}
}

// What the client likes best wins, then what the server does.
func TestCodingsByPriority(t *testing.T) {
	browser := "gzip, deflate, br, zstd"
	for _, c := range []struct {
		accept string
		offer  []string
		want   string
	}{
		{browser, nil, "zstd"},
		{browser, []string{"br", "gzip"}, "br"},
		{browser, []string{"gzip", "zstd"}, "gzip"},
		{browser, []string{"lzma"}, ""},
		{browser, []string{}, ""},
		{"zstd;q=0.2, gzip;q=0.8, br;q=0.5", nil, "gzip"},
		{"zstd;q=0.5, br;q=0.5", []string{"gzip", "br", "zstd"}, "br"},
		{"zstd;q=0, *", nil, "br"},
		{"zstd;q=0, *;q=0", nil, ""},
		{"identity, gzip;q=0.5", nil, ""},
		{"zstd;q=x, gzip", nil, "gzip"},
		{"zstd;q=7, gzip", nil, "gzip"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		var opts []live.Option
		if c.offer != nil {
			opts = append(opts, live.Codings(c.offer...))
		}
		if err := live.Respond(w, r, func(s *live.Stream) error { return s.Event("a", nil) }, opts...); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Content-Encoding"); got != c.want {
			t.Errorf("%q of %v: got %q, want %q", c.accept, c.offer, got, c.want)
		}
	}
}

func TestRespondLeavesTheStatusToItsCaller(t *testing.T) {
	oops := errors.New("oops")
	w := httptest.NewRecorder()
	if err := live.Respond(w, httptest.NewRequest("GET", "/", nil), func(*live.Stream) error { return oops }); err != oops || w.Body.Len() > 0 {
		t.Errorf("got %v, %q", err, w.Body)
	}
}

func TestReadSignals(t *testing.T) {
	form := func(r *http.Request) *http.Request {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	for name, r := range map[string]*http.Request{
		"get":  httptest.NewRequest("GET", "/?signals=%7B%22a%22:1%7D", nil),
		"json": httptest.NewRequest("POST", "/", strings.NewReader(`{"a":1}`)),
		"form": form(httptest.NewRequest("POST", "/", strings.NewReader("x=1&signals=%7B%22a%22:1%7D"))),
	} {
		var got struct{ A int }
		if err := live.ReadSignals(r, &got); err != nil || got.A != 1 {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	for name, r := range map[string]*http.Request{
		"get":   httptest.NewRequest("GET", "/?signals=%7B", nil),
		"json":  httptest.NewRequest("POST", "/", strings.NewReader(`{"a":"x"}`)),
		"large": httptest.NewRequest("POST", "/", strings.NewReader(`"`+strings.Repeat("x", 2<<20)+`"`)),
	} {
		var got struct{ A int }
		var se *live.SignalsError
		if err := live.ReadSignals(r, &got); !errors.As(err, &se) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	var got struct{ A int }
	if err := live.ReadSignals(httptest.NewRequest("GET", "/", nil), &got); err != nil {
		t.Error(err)
	}
}

// A coding never holds an event back: each arrives before the next is sent, on streams with a compressor of their own and on those that share.
func TestCodingsDelayNothing(t *testing.T) {
	for _, accept := range []string{"zstd", "br", "gzip", "identity"} {
		t.Run(accept, func(t *testing.T) {
			arrived := make(chan int)
			const n = 50
			ts := httptest.NewServer(live.Serve(func(ctx context.Context, s *live.Stream) error {
				for i := range n {
					if err := s.Patch(render.Frame{ID: "n", HTML: fmt.Sprint("<b>", i, "</b>")}); err != nil {
						return err
					}
					select {
					case got := <-arrived:
						if got != i {
							return fmt.Errorf("%d arrived after %d was sent", got, i)
						}
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(20 * time.Second):
						return fmt.Errorf("%d has not arrived", i)
					}
				}
				return s.Close()
			}, live.Retry(-1), live.KeepAlive(-1), live.OnDisconnect(func(_ *http.Request, err error) {
				if err != nil {
					t.Error(err)
				}
			})))
			defer ts.Close()
			alone := openCoded(t, ts.URL, accept, accept)
			for i := range n {
				alone.until(t, fmt.Sprint(`"<b>`, i, `</b>"`))
				arrived <- i
			}
			alone.until(t, "sx-close")

			s := startSite(t, "detached", nil, live.Retry(-1), live.KeepAlive(-1))
			want := accept
			if want == "br" {
				want = "" // a shared stream has no brotli
			}
			shared := openCoded(t, s.url+"/t", accept, want)
			s.await(1)
			for i := range n {
				s.publish("t", render.Frame{ID: "n", HTML: fmt.Sprint("<b>", i, "</b>")})
				shared.until(t, fmt.Sprint(`"<b>`, i, `</b>"`))
			}
		})
	}
}

// codedReader reads a stream as it comes, whatever it is coded with.
type codedReader struct {
	in  io.Reader
	all strings.Builder
}

func openCoded(t *testing.T, url, accept, want string) *codedReader {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	req.Header.Set("Accept-Encoding", accept)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if want == "identity" {
		want = ""
	}
	if got := resp.Header.Get("Content-Encoding"); got != want {
		t.Fatalf("%s: the stream is coded with %q, want %q", accept, got, want)
	}
	if want == "br" {
		return &codedReader{in: brotli.NewReader(resp.Body)}
	}
	in, done, err := live.Decompress(resp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return &codedReader{in: in}
}

func (c *codedReader) until(t *testing.T, text string) {
	t.Helper()
	var buf [512]byte
	for !strings.Contains(c.all.String(), text) {
		n, err := c.in.Read(buf[:])
		c.all.Write(buf[:n])
		if err != nil && !strings.Contains(c.all.String(), text) {
			t.Fatalf("waiting for %s: %v", text, err)
		}
	}
}
