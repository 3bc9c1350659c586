package client_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestInlineFillsSlots streams a page whose chunks come in pieces, to a browser that knows <template for> and
// to one made to forget it. No client is there, only the inline script.
func TestInlineFillsSlots(t *testing.T) {
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old=%v", old), func(t *testing.T) {
			var flags []chromedp.ExecAllocatorOption
			if old {
				flags = append(flags, chromedp.Flag("disable-blink-features", "DocumentPatching,HTMLProcessingInstruction"))
			}
			s := newSite(t)
			next := make(chan string)
			s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", policy)
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				for part := range next {
					_, _ = io.WriteString(w, part)
					_ = http.NewResponseController(w).Flush()
				}
			})
			ctx := clienttest.Browser(t, flags...)
			done := make(chan error, 1)
			go func() { // ends when the page has been sent
				done <- chromedp.Do(ctx, chromedp.Navigate(s.URL))
			}()
			slots := ""
			for _, id := range []string{"a", "b", "sx"} {
				slots += `<div data-suspense="` + id + `" aria-busy="true"><?start name="` + id + `">wait<?end></div>`
			}
			inline := head()[:len(head())-len(`<script nonce="n0" src="/sx-live.js"></script></head><body>`)]
			next <- inline + "</head><body>" + slots + fmt.Sprintf("%1200s", "")
			until(t, ctx, `document.querySelectorAll("[data-suspense]").length == 3`)
			if got := js[bool](t, ctx, `return "htmlFor" in HTMLTemplateElement.prototype`); got == old {
				t.Skipf("this browser knows <template for> = %v, wanted %v", got, !old)
			}
			next <- `<template for="b"><p>one</p>`
			until(t, ctx, `document.querySelector("[data-suspense=b] p")`) // while it is still arriving
			next <- `<p>two</p></template>`
			next <- `<template for="a">first</template>`
			until(t, ctx, `document.querySelector("[data-suspense=a]").textContent == "first"`)
			next <- `<script nonce="n0">__sxResolve("sx","(b)")</script></body></html>`
			close(next)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			until(t, ctx, `document.querySelectorAll("[aria-busy]").length == 1`)
			got := js[string](t, ctx, `return [...document.querySelectorAll("[data-suspense]")].map(e => e.innerHTML).join() + document.querySelectorAll("template").length + JSON.stringify(__sxPending)`)
			want := `first,<p>one</p><p>two</p>,<!--?start name="sx"-->wait<!--?end-->0[["sx","(b)"]]`
			if !old {
				want = `first,<p>one</p><p>two</p>,<?start name="sx"?>wait<?end ?>0[["sx","(b)"]]`
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			clean(t, ctx)
		})
	}
}
