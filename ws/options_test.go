package ws_test

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"

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
