package page_test

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/ws"
)

// Streams with credentials and sockets open for the site's own pages, seen through a trusted proxy that changes
// Host, and for the origins that the site lists.
func TestOriginsOfStreamsAndSockets(t *testing.T) {
	t.Setenv("SX_TRUSTED_PROXIES", "127.0.0.1")
	s := serve(t, []string{"app.sx", `
(defconfig :origins ("https://admin.example"))
(defpage room :path "/room" :live (live :src "/stream" :every 60000 (bind "n" "1"))
  :content (<> (~live (~suspense :id "n")) (~ws :src "/ws/room" (~suspense :id "m"))))`})
	for _, c := range []struct {
		origin, host string
		ok           bool
	}{
		{"https://site.example", "site.example", true},
		{"https://site.example", "", false},
		{"http://site.example", "site.example", false},
		{"https://admin.example", "", true},
		{"https://admin.example.evil.example", "", false},
		{"https://evil.example", "site.example", false},
	} {
		h := http.Header{"Origin": {c.origin}, "Cookie": {"a=b"}, "X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"}}
		if c.host != "" {
			h.Set("X-Forwarded-Host", c.host)
		}
		for _, path := range []string{"/stream", "/_sx/live?s=/stream"} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = h.Clone()
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if want := map[bool]int{true: 200, false: 403}[c.ok]; res.StatusCode != want {
				t.Errorf("%s from %s at %q: status %d, want %d", path, c.origin, c.host, res.StatusCode, want)
			}
		}
		conn, res, err := websocket.Dial(t.Context(), s.URL+"/ws/room", &websocket.DialOptions{HTTPHeader: h, Subprotocols: []string{ws.Subprotocol}})
		if want := map[bool]int{true: 101, false: 403}[c.ok]; res == nil || res.StatusCode != want {
			t.Errorf("socket from %s at %q: %v %v, want %d", c.origin, c.host, res, err, want)
		}
		if err == nil {
			conn.CloseNow()
		}
	}
}
