package live_test

import (
	"net/http"
	"testing"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/render"
)

func TestCompressionCanBeSwitchedOff(t *testing.T) {
	for _, on := range []bool{true, false} {
		s := startSite(t, "net/http", nil, live.Compress(on))
		r := s.open("/t", "Accept-Encoding", "gzip")
		if got := r.resp.Header.Get("Content-Encoding") == "gzip"; got != on {
			t.Errorf("Compress(%v): compressed %v", on, got)
		}
		r.resp.Body.Close()
	}
}

func TestSourcesOfOneStreamAreBounded(t *testing.T) {
	s := startSite(t, "net/http", nil, live.MaxSources(2))
	for query, want := range map[string]int{"?s=/a&s=/b": http.StatusOK, "?s=/a&s=/b&s=/c": http.StatusTooManyRequests} {
		r := s.open(render.LivePath + query)
		if r.resp.StatusCode != want {
			t.Errorf("%s: status %d, want %d", query, r.resp.StatusCode, want)
		}
		if after := r.resp.Header.Get("Retry-After"); (after == "") != (want == http.StatusOK) {
			t.Errorf("%s: Retry-After %q", query, after)
		}
		r.resp.Body.Close()
	}
}

func TestOriginsThatMayRead(t *testing.T) {
	const friend, stranger = "https://friend.example", "https://stranger.example"
	for _, c := range []struct {
		name   string
		option live.Option
		origin string
		want   int
	}{
		{"listed", live.Origins(friend), friend, http.StatusOK},
		{"not listed", live.Origins(friend), stranger, http.StatusForbidden},
		{"allowed", live.AllowOrigin(func(_ *http.Request, origin string) bool { return origin == friend }), friend, http.StatusOK},
		{"not allowed", live.AllowOrigin(func(_ *http.Request, origin string) bool { return origin == friend }), stranger, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startSite(t, "net/http", nil, c.option)
			r := s.open("/t", "Origin", c.origin, "Cookie", "s=1")
			if r.resp.StatusCode != c.want {
				t.Errorf("status %d, want %d", r.resp.StatusCode, c.want)
			}
			r.resp.Body.Close()
		})
	}
}
