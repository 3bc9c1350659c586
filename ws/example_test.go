package ws_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/ws"
)

// epoch is what differs from run to run.
var epoch = regexp.MustCompile(`"id":"[0-9a-z]+-([0-9]+)"`)

// A chat: what one client says, everyone at the same path is shown. A message that does not fit the struct is refused.
func Example() {
	ctx := context.Background()
	h := hub.New()
	s := ws.NewServer(h)
	type say struct{ Text string }
	mux := http.NewServeMux()
	mux.Handle("GET /ws/chat", s.Handle(
		ws.On("say", func(_ context.Context, c *ws.Conn, m say) error {
			_, err := s.Broadcast(c.Channel(), render.Frame{ID: "messages", Key: "1", Mode: render.ModeAppend, HTML: html.EscapeString(m.Text)})
			return err
		})))
	srv := httptest.NewServer(mux)
	defer func() { s.Drain(ctx); srv.Close(); h.Close(ctx) }()

	c, _, err := websocket.Dial(ctx, srv.URL+"/ws/chat", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	for _, text := range []string{`(say :text "tea & cake")`, `(shout :text "hi")`} {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			fmt.Println(err)
			return
		}
		_, answer, err := c.Read(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(epoch.ReplaceAllString(string(answer), `"id":"EPOCH-$1"`))
	}
	// Output:
	// {"event":"sx-resolve","id":"EPOCH-1","data":{"id":"messages","html":"tea &amp; cake","mode":"append","key":"1"}}
	// {"event":"sx-error","data":{"message":"message shout is not one that this socket takes"}}
}
