package ws_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/ws"
)

func TestOriginsThatMayConnect(t *testing.T) {
	const friend, stranger = "https://friend.example", "https://stranger.example"
	friends := func(_ *http.Request, origin string) bool { return origin == friend }
	for _, c := range []struct {
		name   string
		option ws.Option
		origin string
		want   int
	}{
		{"listed", ws.Origins("friend.example"), friend, http.StatusSwitchingProtocols},
		{"listed with its scheme", ws.Origins(friend), friend, http.StatusSwitchingProtocols},
		{"not listed", ws.Origins("friend.example"), stranger, http.StatusForbidden},
		{"allowed", ws.AllowOrigin(friends), friend, http.StatusSwitchingProtocols},
		{"not allowed", ws.AllowOrigin(friends), stranger, http.StatusForbidden},
		{"null is never allowed", ws.AllowOrigin(func(*http.Request, string) bool { return true }), "null", http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, c.option)
			conn, res, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {c.origin}}})
			if err == nil {
				conn.CloseNow()
			}
			if res == nil || res.StatusCode != c.want {
				t.Errorf("got %v %v, want status %d", res, err, c.want)
			}
		})
	}
}

// Clients are told to come back within the window, each after a time of its own.
func TestDrainWindow(t *testing.T) {
	const window = 40 * time.Millisecond
	s := newSite(t, ws.DrainWindow(window))
	var clients []*websocket.Conn
	for range 8 {
		clients = append(clients, s.dial(t, ""))
	}
	livetest.Eventually(t, `s.ws.Len() == len(clients)`, func() bool { return s.ws.Len() == len(clients) })
	drained := make(chan error, 1)
	go func() { drained <- s.ws.Drain(t.Context()) }() // ends when the clients have left
	for _, c := range clients {
		_, text, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			Event string
			Data  struct{ Delay int }
		}
		if err := json.Unmarshal(text, &e); err != nil || e.Event != "sx-drain" || e.Data.Delay < 0 || e.Data.Delay >= int(window.Milliseconds()) {
			t.Errorf("got %s, want sx-drain with a delay below %v", text, window)
		}
		c.CloseNow()
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}
