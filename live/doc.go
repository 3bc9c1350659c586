// Package live carries frames to browsers and services as server-sent events, over net/http.
//
// A Server serves the topics of a hub: what is published is written to every client that is subscribed, encoded and compressed once.
// Clients resume after their last event id, and are told by an sx-reset frame when what follows is a snapshot and not a
// continuation. A slow client gets the newest value of each slot and delays nobody; one that accepts nothing for ten seconds
// is dropped. Serve, in contrast, makes a Go function the stream of each client, and Respond answers one request with events.
//
//	h := hub.New()
//	s := live.NewServer(h)
//	mux.Handle("GET /api/stream/dashboard", s.Handler(func(r *http.Request, src string) (live.Source, error) {
//		return live.Source{Topic: "dashboard", Producer: sample}, nil
//	}))
//	mux.Handle("GET "+render.LivePath, s.Multiplexed(resolve)) // all regions of a page in one stream
//
//	ev, err := live.FrameEvent(render.Frame{ID: "cpu", HTML: "42%"})
//	h.Publish("dashboard", ev)
//
//	mux.Handle("GET /clock", live.Serve(func(ctx context.Context, s *live.Stream) error {
//		for t := range time.Tick(time.Second) {
//			if err := s.Patch(render.Frame{ID: "t", HTML: t.Format(time.TimeOnly)}); err != nil {
//				return err
//			}
//		}
//		return nil
//	}, live.Via(s)))
//
// To leave without loss: refuse readiness checks, s.Drain(ctx), http.Server.Shutdown, then h.Close(ctx).
//
// Mount streams outside of middleware that collects or compresses output; a writer that wraps another must have Unwrap. Plain HTTP/1.1 connections
// with an unwrapped writer are taken over from net/http where that is implemented (see Detach): an idle one then costs a few hundred bytes.
//
// Client reads event streams, exactly as browsers do, and reconnects.
//
// The formats: WHATWG HTML, "Server-sent events", https://html.spec.whatwg.org/multipage/server-sent-events.html.
package live
