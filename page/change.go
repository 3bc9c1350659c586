package page

import (
	"context"
	"slices"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/sx"
)

// mailbox collects messages while an evaluation runs: binds that are state want the newest, ordered ones
// each.
type mailbox struct {
	newest sx.Value
	queue  []sx.Value
	any    bool
	gap    bool // there were more, which the topic has forgotten
}

// add puts what came later behind what a mailbox holds.
func (b *mailbox) add(later mailbox) {
	if later.any {
		b.newest, b.any = later.newest, true
	}
	b.queue = append(b.queue, later.queue...)
	b.gap = b.gap || later.gap
}

const mostQueued = 1000 // messages that wait for ordered binds; the oldest are left out beyond

// changes calls turn at once and upon each change, with what was published to the topics and read from the feed
// meanwhile, until ctx ends or turn returns an error. A tick brings an empty mailbox. feed may be nil, and give nil. A topic
// that cannot be followed is reported and left out. places says where to go on in each topic, and afterwards where that is; a
// topic without a place, and every one when it is nil, is followed from now on.
func (a *App) changes(ctx context.Context, topics []string, places map[string]hub.Cursor, every time.Duration, feed func(ring func()) *inbox, failed func(error), turn func(mailbox) error) error {
	wake := make(chan struct{}, 1) // buffered by one: a publisher leaves its mark and does not wait
	ring := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	var subs []*hub.Subscriber
	for _, name := range topics {
		opts := []hub.SubscribeOption{hub.WithWake(ring)}
		if places[name].IsZero() {
			opts = append(opts, hub.FromNow())
		}
		sub, err := a.hub.Subscribe(ctx, messagePrefix+name, places[name], opts...)
		if err != nil {
			failed(err)
			continue
		}
		defer func() {
			if sub.Close(); places != nil {
				places[name] = sub.Cursor()
			}
		}()
		subs = append(subs, sub)
	}
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	var in *inbox
	if feed != nil {
		in = feed(ring)
	}
	poll := func() mailbox {
		var box mailbox
		for _, s := range subs {
			for {
				b, err := s.Poll()
				if b == nil || err != nil {
					break
				}
				box.gap = box.gap || b.Reset != ""
				for _, msg := range b.Messages {
					forms, err := sx.Read(sx.NewSource("message", string(msg.Data)), sx.Limits{Nesting: 64})
					if err != nil || len(forms) != 1 {
						continue
					}
					sx.Freeze(forms[0])
					box.newest, box.any = forms[0], true
					box.queue = append(box.queue, forms[0])
				}
			}
		}
		if n := len(box.queue) - mostQueued; n > 0 {
			box.queue, box.gap = box.queue[n:], true
		}
		in.take(&box)
		return box
	}
	// What is evaluated before a subscription has begun may be older than the first message that comes: with a
	// broker the first turn waits for that, but not for long, and there is another one when it has begun.
	begun := func() bool { return !slices.ContainsFunc(subs, func(s *hub.Subscriber) bool { return !s.Begun() }) }
	patience := time.NewTimer(followPatience)
	defer patience.Stop()
	first := poll() // arms the subscriptions too
	for late := false; !begun() && !late; first.add(poll()) {
		select {
		case <-wake:
		case <-patience.C:
			late = true
		case <-ctx.Done():
			if first.any { // they will not come again
				return turn(first)
			}
			return nil
		}
	}
	known := begun()
	err := turn(first)
	for err == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick:
			err = turn(mailbox{})
		case <-wake:
			box := poll()
			if !known && begun() {
				known = true
				err = turn(mailbox{})
			}
			if err == nil && box.any {
				err = turn(box)
			}
		}
	}
	return err
}

// followPatience is how long the first evaluation of a stream waits for the broker.
const followPatience = time.Second
