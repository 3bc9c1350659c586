package live_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/render"
)

// A service follows a stream until its server says that it is over.
func ExampleClient_Events() {
	server := httptest.NewServer(live.Serve(func(ctx context.Context, s *live.Stream) error {
		for _, price := range []string{"41", "42"} {
			if err := s.Patch(render.Frame{ID: "price", HTML: price}); err != nil {
				return err
			}
		}
		return s.Close()
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()

	c := &live.Client{URL: server.URL, OnRetry: func(failures int, err error, wait time.Duration) error {
		fmt.Println("reconnecting because of", err)
		return nil
	}}
	for e, err := range c.Events(context.Background()) {
		if err != nil {
			fmt.Println("over:", err)
			return
		}
		fmt.Println(e.Name, e.Data)
	}
	// Output:
	// sx-resolve {"id":"price","html":"41"}
	// sx-resolve {"id":"price","html":"42"}
	// sx-close {}
}
