package ws_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/livetest"
	"github.com/sx-framework/sxgo/render"
)

// A flood of values in one slot costs a client twenty writes a second and ends with the latest.
func TestFloodIsPaced(t *testing.T) { everywhere(t, testFloodIsPaced) }

func testFloodIsPaced(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	c := s.dial(t, "")
	c.SetReadLimit(1 << 20)
	livetest.Eventually(t, `s.ws.Len() == 1`, func() bool { return s.ws.Len() == 1 })
	began := time.Now()
	last := make(chan int, 1)
	go func() { // ends after a second
		n := 0
		for ; time.Since(began) < time.Second; n++ {
			if _, err := s.ws.Broadcast("room", render.Frame{ID: "slot", HTML: strconv.Itoa(n)}); err != nil {
				t.Error(err)
			}
		}
		last <- n - 1
	}()
	frames, end := 0, -1
	for newest := -1; end < 0 || newest < end; frames++ {
		got, err := strconv.Atoi(read(t, c).Data.HTML)
		if err != nil || got <= newest {
			t.Fatalf("got %d after %d: %v", got, newest, err)
		}
		newest = got
		select {
		case end = <-last:
		default:
		}
	}
	// What is free at the beginning, and small bursts that are delivered whole, come on top.
	if most := 200 + int(25*time.Since(began).Seconds()); frames > most {
		t.Errorf("%d frames of %d values, at most %d", frames, end+1, most)
	}
}
