package livetest

import (
	"testing"
	"time"
)

// eventuallyMost is for hundreds of clients on a busy machine: what does not come at all is rare, and may be waited for.
const eventuallyMost = time.Minute

// Eventually waits until ok, for what another goroutine or process brings about and nothing announces. what names it in the failure.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	EventuallyFunc(t, ok, func() string { return "it never came to this: " + what })
}

// EventuallyFunc is Eventually with a failure that says how far it came.
func EventuallyFunc(t testing.TB, ok func() bool, failure func() string) {
	t.Helper()
	for end := time.Now().Add(eventuallyMost); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(failure())
		}
	}
}
