package page_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

// A region of a stream apart from the page shows what the stream shows, and its cursor leaves out nothing that the page does not
// show, whether or not somebody else has made the stream run.
func TestRegionsOfOtherStreams(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defguard nobody false)
(deflive "/apart" :on "never" (bind "a" (b "apart")))
(deflive "/of/<name>" :on "never" (bind "n" (b "of " name)))
(deflive "/secret" :on "never" :auth :nobody (bind "s" (b "secret")))
(defpage other :path "/other" :content (~live (~suspense :id "o")) :live (live :src "/o" :on "never" (bind "o" (b "other"))))
(defpage home :path "/<name>" :content (<> (~live :src "/apart" (~suspense :id "a" :fallback "…"))
  (~live :src "/of/<name>" (~suspense :id "n" :fallback "…"))
  (~live :src "/secret" (~suspense :id "s" :fallback "…"))
  (~live :src "/o" (~suspense :id "o" :fallback "…"))))`})
	for range 2 { // the second time somebody is subscribed
		_, body := s.get(t, "/ada")
		wants(t, "the page", body, "<b>apart</b>", "<b>of ada</b>")
		lacks(t, "the page", body, "<b>secret</b>", "<b>other</b>")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for _, r := range []struct{ src, want string }{{"/apart", "apart"}, {"/of/ada", "of ada"}, {"/o", "other"}} {
			_, tag, _ := strings.Cut(body, `data-sx-live="`+r.src+`"`)
			tag, rest, _ := strings.Cut(tag, ">")
			if strings.Contains(tag, "data-sx-cursor") && !strings.Contains(rest, r.want) {
				t.Errorf("%s has a cursor and does not show %q", r.src, r.want)
			}
			s.open(t, ctx, r.src).until(r.want)
		}
	}
}

// A reload reaches the slots of streams that are open: the program that was loaded last evaluates them.
func TestReloadReachesOpenStreams(t *testing.T) {
	program := func(word string, more string) []string {
		return []string{"app.sx", `(define (word) "` + word + `")
(defpage home :path "/" :content (~live (~suspense :id "n"))
  :live (live :src "/s" :on "n" (bind "n" (b (word) (str message)))` + more + `))
(deflive "/gone-for-a-while" :on "never" (bind "g" (b (word))))`}
	}
	s := serve(t, program("old", `(bind "m" (i "more"))`))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in := s.open(t, ctx, "/s")
	gone := s.open(t, ctx, "/gone-for-a-while")
	in.until("<b>old</b>")
	gone.until("<b>old</b>")
	s.app.Publish("n", sx.String("one"))
	in.until("<b>oldone</b>")
	for i, word := range []string{"newer", "newest"} {
		list := program(word, "")
		if i == 0 {
			text, _, _ := strings.Cut(list[1], "(deflive")
			list[1] = text
		}
		if err := s.app.Reload(files(list...)); err != nil {
			t.Fatal(err)
		}
		in.until("<b>" + word + "one</b>") // with the message that it shows
	}
	gone.until("<b>newest</b>")
	lacks(t, "a new stream", s.open(t, ctx, "/s").until("newestone"), "more")
	lacks(t, "log", s.logs.String(), "level=ERROR")
}

// Whoever comes back while the stream is remembered is told what has changed, and nothing else.
func TestUnchangedSlotsSendNothingToWhoComesBack(t *testing.T) {
	var count atomic.Int64
	s := serve(t, []string{"app.sx", `
(deflive "/s" :on "n" (bind "same" (b "same")) (bind "n" (b "n" (count!))))`},
		page.WithPrimitive("count!", "(count!)", func() int64 { return count.Add(1) }))
	first, leave := context.WithCancel(t.Context())
	in := s.open(t, first, "/s")
	in.until("n1")
	in.until("same")
	leave()
	for end := time.Now().Add(10 * time.Second); s.app.Running() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the slots are still evaluated though nobody is there")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in = s.open(t, ctx, "/s")
	in.until("n2")
	s.app.Publish("n", sx.Nil)
	text := in.until("n3")
	if n := strings.Count(text, "<b>same</b>"); n != 1 {
		t.Errorf("the unchanged slot was sent %d times:\n%s", n, text)
	}
}

// A stream's only client loses nothing when its connection is cut and it comes back: what was published meanwhile is evaluated
// then, in order, and what the others show stays.
func TestTheOnlyClientLosesNothing(t *testing.T) {
	t.Run("alone", func(t *testing.T) { testOnlyClient(t) })
	t.Run("with a broker", func(t *testing.T) {
		b := hub.NewMemory()
		defer b.Close()
		testOnlyClient(t, page.WithBroker(b))
	})
}

func testOnlyClient(t *testing.T, opts ...page.Option) {
	s := serve(t, []string{"app.sx", `
(defpage log :path "/" :content (~live (~suspense :id "log"))
  :live (live :src "/s" :on "n" (bind "log" :mode :append :key message (li "line " message)) (bind "newest" (b "newest " message))))`}, opts...)
	line := regexp.MustCompile(`<li>line (\d+)</li>`)
	var got []string
	cursor, next := "", 0
	for round := range 12 {
		ctx, cancel := context.WithCancel(t.Context())
		in := s.open(t, ctx, "/_sx/live?s=/s&c="+cursor)
		if round == 0 {
			in.until("newest")
		}
		for range 20 {
			s.app.Publish("n", sx.Number(float64(next)))
			next++
		}
		want := next - 1
		if round%3 == 2 {
			want -= 10 // it is cut while lines are on their way
		}
		in.until(fmt.Sprintf("<li>line %d</li>", want))
		in.until("\n\n")
		cancel()
		text := in.all.String()
		lacks(t, "a stream that goes on", text, "sx-reset", "newest </b>nil")
		for _, event := range strings.SplitAfter(text, "\n\n") {
			if !strings.HasSuffix(event, "\n\n") {
				break
			}
			if m := line.FindStringSubmatch(event); m != nil {
				got = append(got, m[1])
			}
			if _, rest, ok := strings.Cut(event, "\nid: "); ok {
				cursor, _, _ = strings.Cut(rest, "\n")
			}
		}
		for end := time.Now().Add(10 * time.Second); s.app.Running() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the slots are still evaluated though nobody is there")
			}
			if round%2 == 0 { // while nobody is there, or is leaving
				s.app.Publish("n", sx.Number(float64(next)))
				next++
			}
		}
		if round%2 == 1 {
			for range 5 {
				s.app.Publish("n", sx.Number(float64(next)))
				next++
			}
		}
	}
	in := s.open(t, t.Context(), "/_sx/live?s=/s&c="+cursor)
	in.until(fmt.Sprintf("<li>line %d</li>", next-1))
	for _, m := range line.FindAllStringSubmatch(in.all.String(), -1) {
		got = append(got, m[1])
	}
	for i, n := range got {
		if n != strconv.Itoa(i) {
			t.Fatalf("line %s is the %dth that came, of %d", n, i, next)
		}
	}
	if len(got) != next {
		t.Errorf("%d lines came of %d", len(got), next)
	}
}
