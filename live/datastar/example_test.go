package datastar_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/live/datastar"
)

// A click of Datastar's client sends its signals, and is answered with patches.
func ExampleRespond() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var signals struct{ Count int }
		if err := datastar.ReadSignals(r, &signals); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		datastar.Respond(w, r, func(s *datastar.Stream) error {
			if err := s.PatchElements(datastar.Elements{HTML: fmt.Sprintf(`<b id="n">%d</b>`, signals.Count+1)}); err != nil {
				return err
			}
			return s.PatchSignals(datastar.Signals{Values: map[string]any{"count": signals.Count + 1}})
		})
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()

	for _, body := range []string{`{"count":4}`, `{`} {
		resp, err := http.Post(server.URL, "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
		if resp.StatusCode == http.StatusOK {
			fmt.Print(string(text))
		}
	}
	// Output:
	// 200
	// event: datastar-patch-elements
	// data: elements <b id="n">5</b>
	//
	// event: datastar-patch-signals
	// data: signals {"count":5}
	//
	// 400
}

// A Go service reads a stream that was made for Datastar's client.
func ExampleServe() {
	server := httptest.NewServer(datastar.Serve(func(ctx context.Context, s *datastar.Stream) error {
		for i, name := range []string{"Ada", "Grace"} {
			e := datastar.Elements{HTML: "<li>" + name + "</li>", Selector: "#guests", Mode: datastar.Append, EventID: fmt.Sprint(i + 1)}
			if err := s.PatchElements(e); err != nil {
				return err
			}
		}
		<-ctx.Done() // until the client leaves
		return nil
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()

	c := &live.Client{URL: server.URL}
	for e, err := range c.Events(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.ID, e.Name)
		fmt.Println(e.Data)
		if e.ID == "2" {
			break // leaving the loop closes the connection
		}
	}
	// Output:
	// 1 datastar-patch-elements
	// mode append
	// selector #guests
	// elements <li>Ada</li>
	// 2 datastar-patch-elements
	// mode append
	// selector #guests
	// elements <li>Grace</li>
}
