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
// that cannot be followed is reported and left out. places says where to continue in each topic, and afterwards where it was left; a
// topic without a place, and every one when it is nil, is followed from now on.
func (a *App) changes(ctx context.Context, topics []string, places map[string]hub.Cursor, every time.Duration, feed func(ring func()) *inbox, failed func(error), turn func(mailbox) error) error {
	wake := make(chan struct{}, 1) // buffered by one: a publisher leaves its mark and does not wait
	ring := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	src := changeSources{places: places}
	defer src.close()
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
		src.names, src.subs = append(src.names, name), append(src.subs, sub)
	}
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	if feed != nil {
		src.in = feed(ring)
	}
	// What is evaluated before a subscription has begun may be older than the first message that comes: with a
	// broker the first turn waits for that, but not for long, and there is another one when it has begun.
	patience := time.NewTimer(followPatience)
	defer patience.Stop()
	first := src.poll() // arms the subscriptions too
	for late := false; !src.begun() && !late; first.add(src.poll()) {
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
	known := src.begun()
	err := turn(first)
	for err == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick:
			err = turn(mailbox{})
		case <-wake:
			box := src.poll()
			if !known && src.begun() {
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

// changeSources are what changes reads: topics, and perhaps a feed.
type changeSources struct {
	names  []string // of the topics that subs follow
	subs   []*hub.Subscriber
	in     *inbox                // nil without a feed
	places map[string]hub.Cursor // where each topic is left; may be nil
}

// poll takes everything that is new.
func (c *changeSources) poll() mailbox {
	var box mailbox
	for _, s := range c.subs {
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
	c.in.take(&box)
	return box
}

// begun reports whether every subscription knows where in its topic it stands.
func (c *changeSources) begun() bool {
	return !slices.ContainsFunc(c.subs, func(s *hub.Subscriber) bool { return !s.Begun() })
}

// close ends the subscriptions and notes where each topic was left.
func (c *changeSources) close() {
	for i, s := range c.subs {
		if s.Close(); c.places != nil {
			c.places[c.names[i]] = s.Cursor()
		}
	}
}

// followPatience is how long the first evaluation of a stream waits for the broker.
const followPatience = time.Second
