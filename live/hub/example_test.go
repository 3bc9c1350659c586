package hub_test

import (
	"context"
	"fmt"

	"github.com/sx-framework/sxgo/live/hub"
)

// A reader that comes late, or falls behind, gets the newest value of a slot, and every ordered event.
func Example() {
	ctx := context.Background()
	h := hub.New()
	defer h.Close(ctx)
	for i := range 3 {
		h.Publish("stats", hub.Event{Slot: "cpu", Kind: hub.Value, Data: fmt.Appendf(nil, "cpu %d", i)})
		h.Publish("stats", hub.Event{Slot: "log", Kind: hub.Ordered, Data: fmt.Appendf(nil, "line %d", i)})
	}
	s, err := h.Subscribe(ctx, "stats", hub.Cursor{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	b, err := s.Next(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range b.Messages {
		fmt.Printf("%s\n", m.Data)
	}
	// Output:
	// line 0
	// line 1
	// cpu 2
	// line 2
}
