package live_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/render"
)

func TestCompressionOncePerEvent(t *testing.T) {
	eachWay(t, func(t *testing.T, start func(...live.Option) *site) {
		for _, enc := range []string{"gzip", "zstd"} {
			s := start(live.Retry(-1))
			text := strings.Repeat("the quick brown fox ", 50)
			var wg sync.WaitGroup
			stop := make(chan struct{})
			for range 5 {
				s.append("t", 1)
				s.publish("t", render.Frame{ID: "a", HTML: text})
				wg.Add(1)
				go func() { // ends with the event "end"
					defer wg.Done()
					req, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/t", nil)
					req.Header.Set("Accept-Encoding", enc)
					resp, err := s.http.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					defer resp.Body.Close()
					if got := resp.Header.Get("Content-Encoding"); got != enc {
						t.Errorf("encoding is %q", got)
					}
					in, done, err := live.Decompress(resp)
					if err != nil {
						t.Error(err)
						return
					}
					defer done()
					var all []byte
					buf := make([]byte, 1000)
					for !strings.Contains(string(all), `"end"`) {
						n, err := in.Read(buf)
						all = append(all, buf[:n]...)
						if err != nil {
							t.Error(err)
							return
						}
					}
					if !strings.Contains(string(all), text) || !strings.Contains(string(all), `"last"`) {
						t.Errorf("got %q", all)
					}
				}()
			}
			s.await(5)
			s.publish("t", render.Frame{ID: "a", HTML: text + "last"})
			s.publish("t", render.Frame{ID: "b", HTML: "last"})
			time.AfterFunc(0, func() { close(stop) })
			<-stop
			s.publish("t", render.Frame{ID: "end", HTML: "end"})
			wg.Wait()
			s.http.CloseIdleConnections()
		}
	})
}

func TestClientDecompresses(t *testing.T) {
	s := startSite(t, "net/http", nil)
	text := strings.Repeat("lorem ipsum ", 100)
	s.publish("t", render.Frame{ID: "a", HTML: text})
	for e, err := range (&live.Client{URL: s.url + "/t", HTTP: s.http}).Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(e.Data, text) {
			break
		}
	}
}
