package page_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/nats"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// Two nodes share what is published. When their broker goes they say so to the balancer, and go on serving; when it is back they have what was
// published meanwhile.
func TestNodesWithoutTheirBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	where := nats.Embedded{Dir: t.TempDir(), Listen: l.Addr().String()}
	l.Close()
	broker, err := nats.Embed(where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { broker.Close() }()
	nodes := make([]*server, 2)
	streams := make([]*reader, 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range nodes {
		b, err := nats.Connect(t.Context(), broker.URL(), nats.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		nodes[i] = serve(t, []string{"app.sx", `
(defpage home :path "/" :content (p "here"))
(deflive "/news" :on "news" (bind "n" (b "news: " message)))`}, page.WithBroker(b))
		streams[i] = nodes[i].open(t, ctx, "/news")
		streams[i].until("news: ")
	}
	publish := func(i int, text string) {
		t.Helper()
		if err := nodes[i].app.Publish("news", sx.String(text)); err != nil {
			t.Fatal(err)
		}
	}
	ready := func(status int, text string) {
		t.Helper()
		for _, n := range nodes {
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				resp, body := n.get(t, "/readyz")
				if resp.StatusCode == status {
					wants(t, "/readyz", body, text)
					break
				}
				if time.Now().After(end) {
					t.Fatalf("/readyz says %d %s, want %d", resp.StatusCode, body, status)
				}
			}
		}
	}
	ready(http.StatusOK, "ready")
	publish(0, "first")
	for _, s := range streams {
		s.until("<b>news: first</b>")
	}
	broker.Close()
	ready(http.StatusServiceUnavailable, "broker: nats: not connected")
	for _, n := range nodes {
		if resp, body := n.get(t, "/"); resp.StatusCode != http.StatusOK {
			t.Errorf("a page without the broker: %d %s", resp.StatusCode, body)
		}
		late := n.open(t, ctx, "/news") // begins with what the node has
		late.until("news: first")
		late.resp.Body.Close()
	}
	publish(1, "meanwhile")
	if broker, err = nats.Embed(where); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusOK, "ready")
	for _, s := range streams {
		s.until("<b>news: meanwhile</b>")
	}
	cancel()
	for _, s := range streams {
		io.Copy(io.Discard, s.resp.Body)
	}
}

// lateBroker remembers what is published and brings it to nobody before it is told to.
type lateBroker struct {
	*hub.Memory
	tell chan struct{}
}

func (b *lateBroker) Follow(topic string, f hub.Follower) (func(), error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with stop
		defer close(done)
		select {
		case <-b.tell:
			if stop, err := b.Memory.Follow(topic, f); err == nil {
				<-ctx.Done()
				stop()
			}
		case <-ctx.Done():
		}
	}()
	return func() { cancel(); <-done }, nil
}

// What is published while a stream is still finding its broker is not missed: its slots show nothing older than that.
func TestStreamsBeginWithTheirBroker(t *testing.T) {
	for _, wait := range []string{"a moment", "longer than a stream waits"} {
		t.Run(wait, func(t *testing.T) {
			b := &lateBroker{hub.NewMemory(), make(chan struct{})}
			defer b.Close()
			var state atomic.Int64
			s := serve(t, []string{"app.sx", `
(deflive "/news" :on "news" (bind "n" (b "state " (state))))
(defhandler feed :path "/feed" :on "news" () (datastar-patch (p :id "n" "state " (state))))`},
				page.WithBroker(b), page.WithPrimitive("state", "(state)", func() int64 { return state.Load() }))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			live := s.open(t, ctx, "/news")
			if wait != "a moment" {
				live.until("<b>state 0</b>") // without its broker
			}
			state.Store(1)
			if err := s.app.Publish("news", sx.Nil); err != nil {
				t.Fatal(err)
			}
			close(b.tell)
			live.until("<b>state 1</b>")
			s.open(t, ctx, "/feed").until(`<p id="n">state 1</p>`)
			cancel()
			io.Copy(io.Discard, live.resp.Body)
		})
	}
}
