package page_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// What comes late for a boundary within an SVG image is SVG, and stands where it would without being late: in browsers
// that put it in place themselves, in others, and in those that evaluate it.
func TestLateSVGInABrowser(t *testing.T) {
	for _, wire := range []string{":html", ":sx"} {
		for _, old := range []bool{false, true} {
			t.Run(fmt.Sprintf("wire %s old=%v", wire, old), func(t *testing.T) {
				s := serve(t, []string{"app.sx", `
(defcomp ~dot (&key id) (circle :id id :cx -30 :cy 42 :r 5))
(defpage chart :path "/" :wire ` + wire + ` :content (main (svg :viewBox "-50 -50 100 100" :width "300" :height "150" (~dot :id "there")
  (~suspense :id "marks" :as "g" :fallback (circle :r 1) (sleep 50) (~dot :id "late") (a :href "/x" (text "t"))))))`})
				var flags []chromedp.ExecAllocatorOption
				if old {
					flags = append(flags, chromedp.Flag("disable-blink-features", "DocumentPatching,HTMLProcessingInstruction"))
				}
				ctx := clienttest.Browser(t, flags...)
				if err := chromedp.Do(ctx, chromedp.Navigate(s.URL)); err != nil {
					t.Fatal(err)
				}
				clienttest.Until(t, ctx, "the page is as it should be", `document.querySelector("#late") && !document.querySelector("[aria-busy]")`)
				got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
					const at = id => { const b = document.getElementById(id).getBoundingClientRect(); return [b.x, b.y, b.width > 0, b.height].join() };
					const e = document.querySelector("#late");
					const hit = document.elementFromPoint(e.getBoundingClientRect().x + 7, e.getBoundingClientRect().y + 7);
					return [...document.querySelectorAll("#sx-suspense-marks *:not(svg)")].map(e => e.localName + (e instanceof SVGElement)) + " " + (at("late") == at("there")) + " " + hit.id;
				})()`))
				if want := "circletrue,atrue,texttrue true late"; err != nil || got != want {
					t.Errorf("got %s, %v, want %s", got, err, want)
				}
			})
		}
	}
}
