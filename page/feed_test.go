package page_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

type quote struct {
	Share string
	Price int
}

// send passes on what is put into in, until ctx ends.
func send[T any](ctx context.Context, in <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			select {
			case v, ok := <-in:
				if !ok || !yield(v) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// Each value of a feed is a message: slots that are state show the newest one, and an appending one each, in order. The feed is read once
// for all subscribers, with the arguments of the address, and let go with the last of them.
func TestFeed(t *testing.T) {
	in := make(chan quote)
	var readers, readings atomic.Int32
	s := serve(t, []string{"app.sx", `
(defpage home :path "/<share>"
  :content (~live :src "/stream/<share>" (~suspense :id "price" :fallback "none") (ul (~suspense :id "log" :as "li" :fallback "none")))
  :live (live :src "/stream/<share>" :stream (quotes share) :every 60000
    (bind "price" (b share " " (or (get message "price") "waits")))
    (bind "log" :mode :append (i (get message "price")))))`},
		page.WithFeed("quotes", func(ctx context.Context, share string) iter.Seq2[quote, error] {
			return func(yield func(quote, error) bool) {
				readings.Add(1)
				readers.Add(1)
				defer readers.Add(-1)
				for q := range send(ctx, in) {
					q.Share = share
					if !yield(q, nil) {
						return
					}
				}
			}
		}))
	_, body := s.get(t, "/ACME")
	wants(t, "the page before the first value", body, "<b>ACME waits</b>")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	one, two := s.open(t, ctx, "/stream/ACME"), s.open(t, ctx, "/stream/ACME")
	one.until("ACME waits")
	for i := 1; i <= 3; i++ {
		in <- quote{Price: i}
	}
	for _, r := range []*reader{one, two} {
		got := r.until("<b>ACME 3</b>")
		a, b, c := strings.Index(got, "<i>1</i>"), strings.Index(got, "<i>2</i>"), strings.Index(got, "<i>3</i>")
		if a < 0 || b < a || c < b {
			t.Errorf("the log is out of order: %s", got)
		}
	}
	if n := readings.Load(); n != 1 {
		t.Errorf("read %d times for two subscribers", n)
	}
	// A page rendered meanwhile shows the newest value; what it cannot show, the log, comes with the stream.
	_, body = s.get(t, "/ACME")
	wants(t, "the page after three values", body, "<b>ACME 3</b>")
	lacks(t, "a page whose log is still to come", body, "data-sx-cursor")
	late := s.open(t, ctx, "/stream/ACME")
	wants(t, "a late reader", late.until("ACME 3"), "<i>1</i>", "<i>2</i>", "<i>3</i>")
	cancel()
	for end := time.Now().Add(10 * time.Second); readers.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the feed is read although nobody is there")
		}
	}
}

// Sequences of every kind, an error, a panic and what is no feed; a region of its own may follow one too.
func TestFeedKinds(t *testing.T) {
	fails := errors.New("no quotes today")
	var tries atomic.Int32
	opts := []page.Option{
		page.WithFeed("seq", func() iter.Seq[int] {
			return func(yield func(int) bool) { _ = yield(1) && yield(2) }
		}),
		page.WithFeed("pipe", func(n int) (<-chan string, error) {
			c := make(chan string, 1)
			c <- fmt.Sprint("c", n)
			return c, nil
		}, "(pipe n)"),
		page.WithFeed("failing", func() (iter.Seq[int], error) { return nil, fails }),
		page.WithFeed("later", func() iter.Seq2[int, error] {
			return func(yield func(int, error) bool) {
				if tries.Add(1) == 1 {
					yield(0, fails)
					return
				}
				yield(7, nil)
			}
		}),
		page.WithFeed("panicking", func() iter.Seq[int] { return func(func(int) bool) { panic("oh") } }),
		page.WithFeed("visitors", func() iter.Seq[int] { return nil }, sx.Request),
		page.WithDevelopment(),
	}
	for form, want := range map[string]string{
		`(seq)`:            `<b>2</b>`,
		`(pipe (+ 20 22))`: `<b>c42</b>`,
		`(failing)`:        `no quotes today`,
		`(later)`:          `<b>7</b>`, // taken up again after the error
		`(panicking)`:      `panic in Go: oh`,
		`(list 1)`:         `expected a feed, made by a function of page.WithFeed, found list`,
	} {
		s := serve(t, []string{"app.sx", `
(defpage home :path "/" :content (~own))
(deflive "/s" :stream ` + form + ` (bind "a" (b message)))
(defcomp ~own (&key (x :default 1)) (~live :stream ` + form + ` (~suspense :id "own" (b message x))))`}, opts...)
		ctx, cancel := context.WithCancel(t.Context())
		s.open(t, ctx, "/s").until(want)
		if strings.HasPrefix(want, "<b>") {
			_, body := s.get(t, "/")
			address := strings.Split(strings.SplitN(body, `data-sx-live="`, 2)[1], `"`)[0]
			s.open(t, ctx, address).until(strings.TrimSuffix(want, "</b>") + "1</b>")
		}
		cancel()
	}
	for text, want := range map[string]string{
		`(deflive "/s" :stream (visitors) (bind "a" "x"))`:                                  "add :scope :session",
		`(deflive "/s" :stream (nobody) (bind "a" "x"))`:                                    "undefined symbol: nobody",
		`(deflive "/s" :stream (pipe) (bind "a" "x"))`:                                      "pipe",
		`(deflive "/s" :stream (seq))`:                                                      "no slots",
		`(defpage p :path "/<id>" :live (live :src "/s" :stream (pipe id) (bind "a" "x")))`: ":src must hold the path parameter <id>",
	} {
		if _, err := page.New(files("app.sx", text), append(opts, page.WithSecret("x"), page.WithData(t.TempDir()))...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
	for name, fn := range map[string]any{
		"a number": 1, "no result": func() {}, "a value": func() int { return 1 }, "an error alone": func() error { return nil },
		"a channel to send to": func() chan<- int { return nil }, "pairs without an error": func() iter.Seq2[int, int] { return nil },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken as a feed", name)
				}
			}()
			page.WithFeed("x", fn)
		}()
	}
}

// A feed waits for binds that take each value, and nothing is lost however fast it is.
func TestFastFeedLosesNothing(t *testing.T) {
	const n = 5000
	s := serve(t, []string{"app.sx", `
(deflive "/s" :stream (count-up) (bind "sum" :mode :append :key message (i message)))`},
		page.WithFeed("count-up", func() iter.Seq[int] {
			return func(yield func(int) bool) {
				for i := range n {
					if !yield(i) {
						return
					}
				}
			}
		}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := bufio.NewScanner(s.open(t, ctx, "/s").body)
	next := 0
	for next < n && lines.Scan() {
		switch {
		case lines.Text() == "event: sx-reset":
			t.Skip("this reader was too slow for the history, and was reset")
		case strings.Contains(lines.Text(), "<i>"):
			if !strings.Contains(lines.Text(), fmt.Sprintf("<i>%d<", next)) {
				t.Fatalf("want %d, got %s", next, lines.Text())
			}
			next++
		}
	}
	if next < n {
		t.Fatalf("%d of %d values arrived: %v", next, n, lines.Err())
	}
}
