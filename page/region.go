package page

import (
	"context"
	"sync"

	"github.com/sx-framework/sxgo/sx"
)

// regions keeps what topics share between connections: one evaluation of a page's :data when a topic
// begins, and what its slots are evaluated with since.
type regions struct {
	mu      sync.Mutex
	first   map[string]*firstData  // by topic, while it is being evaluated
	running map[string]*evaluation // by topic, while somebody is subscribed
	cancel  map[*evaluation]context.CancelFunc
	loaded  context.Context // ends, and is made anew, when another program has been loaded
	reload  context.CancelFunc
}

type firstData struct {
	done chan struct{}
	err  error
	left bool // whoever ran it went away meanwhile, which says nothing to the others
}

func (g *regions) init() {
	g.first, g.running, g.cancel = map[string]*firstData{}, map[string]*evaluation{}, map[*evaluation]context.CancelFunc{}
	g.loaded, g.reload = context.WithCancel(context.Background())
}

// begin notes that e makes the events of its topic, until cancel is called.
func (g *regions) begin(e *evaluation, cancel context.CancelFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running[e.topic] = e
	if g.cancel[e] = cancel; e.site != e.app.current() { // it was replaced in between
		cancel()
	}
}

// program returns what ends when another program has been loaded.
func (g *regions) program() context.Context {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.loaded
}

// renew makes all that runs begin again with the program that is loaded now.
func (g *regions) renew() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reload()
	g.loaded, g.reload = context.WithCancel(context.Background())
	for _, cancel := range g.cancel {
		cancel()
	}
}

func (g *regions) end(e *evaluation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.cancel, e)
	if g.running[e.topic] == e {
		delete(g.running, e.topic)
	}
}

// message returns the newest message of a topic's streams, nil when there is none.
func (g *regions) message(topic string) sx.Value {
	g.mu.Lock()
	e := g.running[topic]
	g.mu.Unlock()
	if e == nil {
		return sx.Nil
	}
	return e.newest()
}

// once runs f for a topic unless it is running already, and gives its outcome to everyone who asked in the meantime.
func (g *regions) once(ctx context.Context, topic string, f func() error) error {
	g.mu.Lock()
	for d := g.first[topic]; d != nil; d = g.first[topic] {
		g.mu.Unlock()
		select {
		case <-d.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if !d.left {
			return d.err
		}
		g.mu.Lock()
	}
	d := &firstData{done: make(chan struct{})}
	g.first[topic] = d
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.first, topic)
		g.mu.Unlock()
		close(d.done)
	}()
	d.err = f()
	d.left = ctx.Err() != nil
	return d.err
}
