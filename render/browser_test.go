package render_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// payloads call hit() when any of the page's contexts lets them.
var payloads = []string{
	`<script>hit()</script>`, `"><script>hit()</script>`, `'><img src=x onerror=hit()>`, `<img src=x onerror=hit()>`, `<svg onload=hit()>`,
	`javascript:hit()`, ` JaVa` + "\t" + `Script:hit()`, "java\nscript:hit()", "\x01javascript:hit()", `data:text/html,<script>parent.hit()</script>`,
	`0;url=javascript:hit()`, `0;javascript:hit()`, `" onclick="hit()" autofocus onfocus="hit()`, `' onmouseover='hit()`, "` onfocus=hit()",
	`</script><script>hit()</script>`, `</style><script>hit()</script>`, `</textarea><script>hit()</script>`, `</title><script>hit()</script>`,
	`--><script>hit()</script>`, `--!><script>hit()</script>`, `]]><script>hit()</script>`, `</template><script>hit()</script>`, `</noscript><script>hit()</script>`,
	`<math><mtext></p><style><img src=x onerror=hit()>`, `expression(hit())`, `url(javascript:hit())`, `</svg><script>hit()</script>`,
	`&lt;script&gt;hit()&lt;/script&gt;`, `<iframe srcdoc="<script>parent.hit()</script>">`, `\u003cscript\u003ehit()\u003c/script\u003e`, `${hit()}`, `";hit();"`, `';hit();'`,
}

// TestNoPayloadRuns opens the page of every context in a browser, without any policy that would help, with a
// payload in every hole: nothing runs, on loading and on clicking all links.
func TestNoPayloadRuns(t *testing.T) {
	ctx := clienttest.Browser(t)
	pageOf := safetyPage(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n >= len(payloads) {
			http.NotFound(w, r)
			return
		}
		s, err := pageOf(payloads[n], payloads[n]+" ")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		// A refused refresh leads away from the page, to about:invalid; the rest could not be looked at.
		s = strings.Replace(s, `http-equiv="refresh"`, `name="refresh"`, 1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><script>window.hits = 0; window.hit = () => { window.hits++ }</script>" + s))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "nothing here", http.StatusNotFound) })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	for i, p := range payloads {
		if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/page/"+strconv.Itoa(i))); err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
			let bad = [];
			for (const el of document.querySelectorAll("*")) {
				for (const a of el.attributes) if (/^on/i.test(a.name)) bad.push(el.localName + " " + a.name);
				for (const k of ["href", "src", "action", "formAction", "data"])
					if (typeof el[k] === "string" && /^(javascript|vbscript|data):/i.test(el[k])) bad.push(el.localName + " " + k + " " + el[k]);
			}
			for (const el of document.querySelectorAll("a, button")) {
				el.addEventListener("click", e => { if (el.protocol !== "javascript:") e.preventDefault() });
				el.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
				el.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
			}
			if (window.hits) bad.push("ran " + window.hits);
			return bad.join("; ");
		})()`))
		if err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		if got != "" {
			t.Errorf("%q: %s", p, got)
		}
	}
}
