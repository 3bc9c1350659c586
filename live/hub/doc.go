// Package hub fans events out from whoever publishes them to any number of subscribers, without one ever waiting for another.
//
// A topic is a named, bounded log of events, shared by all who read it; a subscriber is a position in that log. Publishing appends
// to the log and returns: it never waits for a reader. Reading hands over everything that is new as one Batch, and readers
// that stand at the same place get the same Batch, so that an event is encoded and compressed once however many receive it.
//
// An event is a Value (the state of a slot: a newer one replaces it), Ordered (none may be left out) or Transient (ordered, but
// of no interest to whoever was not there). A reader that falls behind is skipped to the newest value of each slot; when the log
// has lost an ordered event that it had not read, its next Batch is a snapshot and says so in Reset.
//
// Every event has a Cursor, written EPOCH-SEQ. A subscriber that comes back with one continues after it, or is reset to a snapshot
// when the log no longer reaches back that far or the topic has begun a new life (another epoch) since.
//
//	h := hub.New()
//	defer h.Close(context.Background())
//	h.Publish("stats", hub.Event{Name: "sx-resolve", Slot: "cpu", Data: []byte(`{"id":"cpu","html":"42%"}`)})
//
//	s, err := h.Subscribe(ctx, "stats", hub.Cursor{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	for {
//		b, err := s.Next(ctx)
//		if err != nil {
//			return err // ctx ended, or hub.ErrClosed
//		}
//		for _, m := range b.Messages {
//			fmt.Println(m.Cursor, string(m.Data))
//		}
//	}
//
// A Producer makes a topic's events only while somebody is subscribed; Snapshot gives a page the values that exist and the cursor
// from which its stream continues, so that nothing falls between the two.
//
// A Hub is safe for concurrent use. A Subscriber belongs to one goroutine, except for Close. Events, messages and batches are
// immutable: whoever publishes Data must not change it afterwards.
//
// Everything is bounded: topics, slots of a topic, history by count, bytes and age, the size of an event, optionally the rate. With a
// Broker several hubs, in as many processes, share their topics.
package hub
