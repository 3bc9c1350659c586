package live_test

import (
	"context"
	"errors"
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

// A follower that has been away goes on after the last event it knows, and gives up when it has failed often enough.
func ExampleClient_giveUp() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("asked for what follows", r.Header.Get("Last-Event-ID"))
		http.Error(w, "restarting", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()

	errGivenUp := errors.New("given up")
	c := &live.Client{URL: server.URL, LastEventID: "7", Backoff: time.Millisecond, OnRetry: func(failures int, err error, _ time.Duration) error {
		var refused *live.ResponseError
		if errors.As(err, &refused) && failures >= 2 {
			return fmt.Errorf("%w after status %d", errGivenUp, refused.Status)
		}
		return nil
	}}
	for _, err := range c.Events(context.Background()) {
		fmt.Println(errors.Is(err, errGivenUp), err)
	}
	// Output:
	// asked for what follows 7
	// asked for what follows 7
	// true given up after status 503
}

// A request that is answered with one event and ends.
func ExampleRespond() {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	err := live.Respond(w, r, func(s *live.Stream) error {
		return s.Patch(render.Frame{ID: "price", HTML: "<b>42</b>"})
	})
	fmt.Print(w.Body)
	fmt.Println(err)
	// Output:
	// event: sx-resolve
	// data: {"id":"price","html":"<b>42</b>"}
	//
	// <nil>
}
