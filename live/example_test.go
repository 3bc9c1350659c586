package live_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/hub"
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

// A server of topics: whoever connects is shown what a slot holds, and what is published from then on.
func ExampleServer() {
	h := hub.New()
	s := live.NewServer(h, live.Retry(-1))
	mux := http.NewServeMux()
	mux.Handle("GET /stream/{topic}", s.Handler(func(r *http.Request, src string) (live.Source, error) {
		if r.PathValue("topic") != "dashboard" {
			return live.Source{}, &live.StatusError{Code: http.StatusNotFound}
		}
		return live.Source{Topic: "dashboard"}, nil
	}))
	srv := httptest.NewServer(mux)
	defer func() { s.Drain(context.Background()); srv.Close(); h.Close(context.Background()) }()

	publish := func(text string) {
		ev, err := live.FrameEvent(render.Frame{ID: "cpu", HTML: text})
		if err != nil {
			fmt.Println(err)
			return
		}
		h.Publish("dashboard", ev)
	}
	publish("41%")
	c := &live.Client{URL: srv.URL + "/stream/dashboard"}
	for e, err := range c.Events(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Name, e.Data)
		if strings.Contains(e.Data, "42") {
			break
		}
		publish("42%")
	}
	// Output:
	// sx-resolve {"id":"cpu","html":"41%"}
	// sx-resolve {"id":"cpu","html":"42%"}
}
