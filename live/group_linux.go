package live

import (
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// group is a loop's sockets whose only source is one topic: the hub wakes it once for all of them. Those that have taken everything wait in idle;
// the others come back by themselves, through the loop's queue. Everything but queued belongs to the loop's run goroutine.
type group struct {
	loop   *loop
	idle   []*socket
	spare  []*socket
	queued bool // in loop.woken; guarded by loop.mu
}

// Wake implements hub.Waker.
func (g *group) Wake() {
	l := g.loop
	l.mu.Lock()
	if !g.queued {
		g.queued = true
		l.woken = append(l.woken, g)
	}
	l.mu.Unlock()
	l.ring()
}

// join puts a new socket into the group of its source, if it has only one.
func (l *loop) join(k *socket) {
	k.idleAt = -1
	if len(k.st.feeds) != 1 {
		return
	}
	w, waits := k.st.feeds[0].sub.Join(l, func() hub.Waker { return &group{loop: l} })
	k.group = w.(*group)
	if waits {
		k.group.wait(k)
	}
}

// wait makes k wait for news.
func (g *group) wait(k *socket) {
	if k.idleAt < 0 {
		k.idleAt = int32(len(g.idle))
		g.idle = append(g.idle, k)
	}
}

// forget is for a socket that is being closed.
func (g *group) forget(k *socket) {
	if k.idleAt < 0 {
		return
	}
	last := len(g.idle) - 1
	g.idle[k.idleAt] = g.idle[last]
	g.idle[k.idleAt].idleAt = k.idleAt
	g.idle[last] = nil
	g.idle = g.idle[:last]
	k.idleAt = -1
}

// ahead is how many sockets are looked at before the first of them is written to.
const ahead = 16

// serve writes what is new to all that wait for it. Between two writes the kernel takes the processor's caches, and a socket's few lines of memory
// would be waited for one after the other: looked at together, without a lock in between, they are fetched at once.
func (g *group) serve(now time.Time) {
	list := g.idle
	g.idle, g.spare = g.spare, nil
	for from := 0; from < len(list); from += ahead {
		next := list[from:min(from+ahead, len(list))]
		for _, k := range next {
			k.idleAt = -1
			if len(k.st.feeds) > 0 { // a topic may have ended in this very turn, before the socket is closed for it
				_ = *k.st.feeds[0].sub // a load, whose result nobody waits for
			}
		}
		for i, k := range next {
			next[i] = nil
			if len(k.rest) == 0 { // else of a keep-alive: it asks when that is written
				g.loop.news(k, now)
			}
		}
	}
	g.spare = list[:0]
}
