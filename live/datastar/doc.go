// Package datastar speaks to Datastar's browser client: it patches elements and signals, and reads signals, over the event streams of package
// live, so that a page made for Datastar can be served here.
//
//	mux.Handle("/clock", datastar.Serve(func(ctx context.Context, s *datastar.Stream) error {
//		var signals struct{ Zone string }
//		if err := datastar.ReadSignals(s.Request(), &signals); err != nil {
//			return &live.StatusError{Code: http.StatusBadRequest, Err: err}
//		}
//		for t := range time.Tick(time.Second) {
//			err := s.PatchElements(datastar.Elements{HTML: `<b id="t">` + t.Format(time.TimeOnly) + `</b>`})
//			if err != nil {
//				return err
//			}
//		}
//		return nil
//	}))
//
// A Stream is safe for concurrent use. Whatever is written, it cannot end a line or an event early: line ends in markup, scripts and signals
// begin another data line, in selectors, ids and names they are errors. Scripts are off unless AllowScripts is given, since a page
// that runs what its stream sends has no use for a content security policy.
//
// The protocol: https://data-star.dev/reference/sse_events.
package datastar
