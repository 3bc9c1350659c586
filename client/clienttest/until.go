package clienttest

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// untilMost is for busy machines: what does not come at all is rare, and may be waited for.
const untilMost = time.Minute

// Until waits until an expression is true in a tab, also across navigations. what names it in the failure, which shows the page's
// problems and its markup.
func Until(t testing.TB, tab context.Context, what, expression string) {
	t.Helper()
	for end := time.Now().Add(untilMost); ; time.Sleep(5 * time.Millisecond) { // between two looks
		ok, err := chromedp.Run(tab, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			page, _ := chromedp.Run(tab, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
			t.Fatalf("it never came to this: %s (%s): %v\nproblems: %q\npage: %.4000s", what, expression, err, Problems(tab), page)
		}
	}
}
