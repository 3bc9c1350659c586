package ws_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/live/nats"
	"github.com/sx-framework/sxgo/ws"
)

// node is one of several servers that share a broker.
type node struct {
	*httptest.Server
	ws  *ws.Server
	hub *hub.Hub
	t   *testing.T
}

func newNode(t *testing.T, h *hub.Hub) *node {
	n := &node{ws: ws.NewServer(h, ws.Heartbeat(100*time.Millisecond)), hub: h, t: t}
	n.Server = httptest.NewServer(n.ws.Handler(func(r *http.Request) (*ws.Endpoint, error) {
		return &ws.Endpoint{Channel: r.URL.Query().Get("room"), User: r.URL.Query().Get("user")}, nil
	}))
	t.Cleanup(func() { n.stop(); n.Close() })
	return n
}

func (n *node) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	n.ws.Drain(ctx)
	n.hub.Close(ctx)
}

func (n *node) join(user string) *websocket.Conn {
	n.t.Helper()
	c, _, err := websocket.Dial(n.t.Context(), n.URL+"/?room=tea&user="+user, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { c.CloseNow() })
	return c
}

func (n *node) sees(want ...string) {
	n.t.Helper()
	var got []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		got = got[:0]
		for _, m := range n.ws.Presence(n.t.Context(), "tea") {
			got = append(got, m.User)
		}
		if strings.Join(got, " ") == strings.Join(want, " ") {
			return
		}
	}
	n.t.Fatalf("sees %v, want %v", got, want)
}

func testPeople(t *testing.T, newHub func() *hub.Hub) {
	a, b := newNode(t, newHub()), newNode(t, newHub())
	a.sees()
	ann := a.join("ann")
	b.sees("ann") // nobody of the channel is at this node
	bob := b.join("bob")
	a.sees("ann", "bob")
	b.sees("ann", "bob")
	ann.CloseNow()
	b.sees("bob")
	a.sees("bob")

	// A node that comes later knows of everybody at once, however many.
	for i := range 70 {
		b.join(fmt.Sprint("guest", i))
	}
	c := newNode(t, newHub())
	livetest.Eventually(t, `len(c.ws.Presence(t.Context(), "tea")) == 71`, func() bool { return len(c.ws.Presence(t.Context(), "tea")) == 71 })
	livetest.Eventually(t, `len(a.ws.Presence(t.Context(), "tea")) == 71`, func() bool { return len(a.ws.Presence(t.Context(), "tea")) == 71 })
	a.join("amy")
	livetest.Eventually(t, `len(c.ws.Presence(t.Context(), "tea")) == 72`, func() bool { return len(c.ws.Presence(t.Context(), "tea")) == 72 })

	// One that goes politely takes its people along at once, one that dies after three missed heartbeats.
	c.join("cat")
	livetest.Eventually(t, `len(a.ws.Presence(t.Context(), "tea")) == 73`, func() bool { return len(a.ws.Presence(t.Context(), "tea")) == 73 })
	c.stop()
	livetest.Eventually(t, `len(a.ws.Presence(t.Context(), "tea")) == 72`, func() bool { return len(a.ws.Presence(t.Context(), "tea")) == 72 })
	b.hub.Close(t.Context()) // it is not heard of any more
	a.sees("amy")
	d := newNode(t, newHub())
	d.sees("amy")
	_ = bob
}

func TestPresenceAcrossNodes(t *testing.T) {
	broker := hub.NewMemory()
	defer broker.Close()
	testPeople(t, func() *hub.Hub { return hub.New(hub.WithBroker(broker)) })
}

func TestPresenceAcrossNodesThroughNATS(t *testing.T) {
	s, err := nats.Embed(nats.Embedded{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	testPeople(t, func() *hub.Hub {
		b, err := nats.Connect(t.Context(), "", nats.Via(s), nats.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return hub.New(hub.WithBroker(b))
	})
}
