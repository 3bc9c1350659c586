package pagetest

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Live is the page's connection to its live regions.
type Live struct {
	t      testing.TB
	frames chan Frame
	cancel context.CancelFunc
}

// Frame is one event of a stream.
type Frame struct {
	Event, ID string
	Data      map[string]any
}

// Live connects the page's regions the way the client does: one stream for all. It ends with the test, or by
// Close.
func (p *Page) Live() *Live {
	p.b.t.Helper()
	var list []string
	for _, e := range p.All("[data-sx-live]") {
		if strings.Contains(e.Attr("data-sx-live"), "(development)") {
			continue
		}
		list = append(list, "s="+url.QueryEscape(e.Attr("data-sx-live")), "c="+url.QueryEscape(e.Attr("data-sx-cursor")))
	}
	if list == nil {
		p.b.t.Fatalf("pagetest: %s has no live region", p.URL)
	}
	ctx, cancel := context.WithCancel(p.b.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", p.b.server.URL+"/_sx/live?"+strings.Join(list, "&"), nil)
	if err != nil {
		p.b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	c := *p.b.client
	c.Timeout = 0
	resp, err := c.Do(r)
	if err != nil {
		cancel()
		p.b.t.Fatalf("pagetest: the stream of %s: %v", p.URL, err)
	}
	if resp.StatusCode != 200 {
		resp.Body.Close()
		cancel()
		p.b.t.Fatalf("pagetest: the stream of %s: status %d", p.URL, resp.StatusCode)
	}
	l := &Live{t: p.b.t, frames: make(chan Frame), cancel: cancel}
	done := make(chan struct{})
	go func() { // ends with the stream, which ctx ends
		defer close(done)
		defer resp.Body.Close()
		defer close(l.frames)
		var f Frame
		data := ""
		for lines := bufio.NewReader(resp.Body); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
			value = strings.TrimPrefix(value, " ")
			switch name {
			case "event":
				f.Event = value
			case "id":
				f.ID = value
			case "data":
				data += value
			case "":
				if data != "" && json.Unmarshal([]byte(data), &f.Data) == nil {
					select {
					case l.frames <- f:
					case <-ctx.Done():
						return
					}
				}
				f, data = Frame{}, ""
			}
		}
	}()
	p.b.t.Cleanup(func() { cancel(); <-done })
	return l
}

// Close ends the connection.
func (l *Live) Close() { l.cancel() }

// Next waits for a frame; the test fails when none comes within ten seconds.
func (l *Live) Next() Frame {
	l.t.Helper()
	select {
	case f, ok := <-l.frames:
		if !ok {
			l.t.Fatal("pagetest: the stream has ended")
		}
		return f
	case <-time.After(10 * time.Second):
		l.t.Fatal("pagetest: no frame came within 10s")
	}
	return Frame{}
}

// Until reads frames until slot id shows text, and gives the frame that did it.
func (l *Live) Until(id, text string) Frame {
	l.t.Helper()
	for {
		f := l.Next()
		if f.Data["id"] != id {
			continue
		}
		for _, key := range []string{"html", "sx"} {
			if s, ok := f.Data[key].(string); ok && strings.Contains(s, text) {
				return f
			}
		}
	}
}
