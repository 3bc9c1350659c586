package ws_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/ws"
)

// A handler that waits does not hold up the end of its server: its context ends with the grace period, and one that does not heed even
// that is left behind.
func TestDrainDoesNotWaitForHandlers(t *testing.T) {
	for _, where := range []string{"join", "open", "message"} {
		for _, deaf := range []bool{false, true} {
			name := where
			if deaf {
				name += ", deaf"
			}
			t.Run(name, func(t *testing.T) {
				began, over, free := make(chan struct{}), make(chan error, 1), make(chan struct{})
				handler := func(ctx context.Context) error {
					close(began)
					if deaf {
						<-free
					} else {
						<-ctx.Done()
					}
					over <- ctx.Err()
					return errors.New("late")
				}
				ep := &ws.Endpoint{Channel: "room"}
				switch where {
				case "join":
					ep.Join = func(ctx context.Context, c *ws.Conn) (string, error) { return "", handler(ctx) }
				case "open":
					ep.OnOpen = func(ctx context.Context, c *ws.Conn) error { return handler(ctx) }
				case "message":
					ep.OnMessage = func(ctx context.Context, c *ws.Conn, m ws.Message) error { return handler(ctx) }
				}
				h := hub.New()
				s := ws.NewServer(h)
				srv := httptest.NewServer(s.Handler(func(*http.Request) (*ws.Endpoint, error) { return ep, nil }))
				defer srv.Close()
				defer h.Close(context.Background())
				c, _, err := websocket.Dial(t.Context(), srv.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.CloseNow()
				if where == "message" {
					send(t, c, "(wait)")
				}
				<-began
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- s.Drain(ctx) }() // ends a second after ctx
				select {
				case err := <-done:
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v", err)
					}
				case <-time.After(20 * time.Second):
					t.Error("it waits for ever")
				}
				close(free)
				if err := <-over; err == nil {
					t.Error("the handler's context goes on")
				}
				livetest.Eventually(t, `s.Len() == 0`, func() bool { return s.Len() == 0 })
			})
		}
	}
}

// Two clients without a session that happen to give their messages the same id are both heard, as is one that gives it to
// messages of two channels; what is sent again is still known.
func TestIDsOfStrangers(t *testing.T) {
	h := hub.New()
	s := ws.NewServer(h)
	heard := make(chan string, 10)
	srv := httptest.NewServer(s.Handler(func(r *http.Request) (*ws.Endpoint, error) {
		return &ws.Endpoint{Channel: r.URL.Path, Session: r.URL.Query().Get("session"), OnMessage: func(_ context.Context, c *ws.Conn, m ws.Message) error {
			heard <- c.Channel() + " " + m.Value.Index(1).Text()
			return nil
		}}, nil
	}))
	defer srv.Close()
	defer h.Close(context.Background())
	defer s.Drain(context.Background())
	for _, x := range []struct{ path, text, want string }{
		{"/a", "one", "/a one"}, {"/a", "two", "/a two"}, {"/a", "one", ""}, {"/b", "one", "/b one"},
		{"/a?session=s", "one", "/a one"}, {"/b?session=s", "one", "/b one"}, {"/a?session=s", "other", ""}, {"/a?session=t", "other", "/a other"},
	} {
		c, _, err := websocket.Dial(t.Context(), srv.URL+x.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		send(t, c, `(send "1" (say "`+x.text+`"))`)
		if e := read(t, c); e.Event != "sx-ack" || e.Data.ID != "1" {
			t.Errorf("%s %s: got %+v", x.path, x.text, e)
		}
		got := ""
		select {
		case got = <-heard:
		default:
		}
		if got != x.want {
			t.Errorf("%s %s: handled %q, want %q", x.path, x.text, got, x.want)
		}
		c.CloseNow()
	}
}
