package ws

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/live/hub"
)

// Presence across nodes
//
// Each node publishes who is connected to it in a channel as values of a topic of that channel, a slot for every
// 32 people, so that a change moves few bytes; a slot that has become empty is taken out. Each also publishes
// that it is alive. A node follows the topics of the channels in which it has people itself, and of another one
// while somebody asks. A node that has not been heard of for three beats is dead: its people do not count, and
// whoever notices takes its slots out. A node that was taken for dead wrongly sees its slots go, and puts them
// back.
//
// A newcomer is announced, and the announcement waited for, before its :on-open runs. So of two that come at the
// same time at different nodes at least the one that is ordered later sees the other.

const (
	nodesTopic  = "ws-nodes"
	chunkSize   = 32
	lookTime    = 2 * time.Second // how long Presence waits for the broker
	comeTime    = time.Second     // how long a newcomer waits for its announcement
	missedBeats = 3
)

// people is what a server knows of the connections of all nodes.
type people struct {
	hub   *hub.Hub
	node  string
	every time.Duration
	log   *slog.Logger

	ctx    context.Context // ends with stop
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	begun   bool
	crowds  map[string]*crowd
	nodes   map[string]time.Time // last sign of life
	changed chan struct{}        // closed, and made anew, at each change
	ready   bool                 // the topic of nodes has been read once
}

// crowd is one channel.
type crowd struct {
	channel string
	uses    int // people here, and calls that look
	cancel  context.CancelFunc
	chunks  [][]Member // people here
	place   map[string]int
	n, seen uint64              // number of the latest announcement, and of the latest that came back
	others  map[string][]Member // people elsewhere, by slot
	ready   bool                // the topic has been read once
}

// share is what a slot holds.
type share struct {
	N  uint64    `json:"n"`
	At time.Time `json:"at"`
	M  []Member  `json:"m"`
}

func newPeople(h *hub.Hub, every time.Duration, log *slog.Logger) *people {
	p := &people{hub: h, node: newID(), every: every, log: log, crowds: map[string]*crowd{}, nodes: map[string]time.Time{}, changed: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func peopleTopic(channel string) string { return "ws-people:" + channel }

// come announces a connection.
func (p *people) come(ctx context.Context, channel string, m Member) {
	c := p.use(channel)
	if c == nil {
		return
	}
	p.mu.Lock()
	i := 0
	for i < len(c.chunks) && len(c.chunks[i]) >= chunkSize {
		i++
	}
	if i == len(c.chunks) {
		c.chunks = append(c.chunks, nil)
	}
	c.chunks[i] = append(c.chunks[i], m)
	c.place[m.ID] = i
	p.announce(c, i)
	n := c.n
	p.mu.Unlock()
	p.await(ctx, comeTime, func() bool { return c.seen >= n })
}

// leave takes a connection out.
func (p *people) leave(channel, id string) {
	p.mu.Lock()
	c := p.crowds[channel]
	if c == nil {
		p.mu.Unlock()
		return
	}
	i, there := c.place[id]
	if !there {
		p.mu.Unlock()
		return
	}
	delete(c.place, id)
	chunk := c.chunks[i]
	for j := range chunk {
		if chunk[j].ID == id {
			chunk[j] = chunk[len(chunk)-1]
			c.chunks[i] = chunk[:len(chunk)-1]
			break
		}
	}
	p.announce(c, i)
	p.mu.Unlock()
	p.release(c)
}

// elsewhere lists the people of a channel at other nodes.
func (p *people) elsewhere(ctx context.Context, channel string) []Member {
	c := p.use(channel)
	if c == nil {
		return nil
	}
	defer p.release(c)
	p.await(ctx, lookTime, func() bool { return c.ready && p.ready })
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Member
	now := time.Now()
	for slot, m := range c.others {
		if p.alive(nodeOf(slot), now) {
			out = append(out, m...)
		}
	}
	return out
}

func nodeOf(slot string) string {
	node, _, _ := strings.Cut(slot, "/")
	return node
}

func (p *people) alive(node string, now time.Time) bool {
	t, known := p.nodes[node]
	return known && now.Sub(t) < missedBeats*p.every
}

// use returns a channel's crowd, which is followed until it is released. It is nil once the server has stopped.
func (p *people) use(channel string) *crowd {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return nil
	}
	p.begin()
	c := p.crowds[channel]
	if c == nil {
		c = &crowd{channel: channel, place: map[string]int{}, others: map[string][]Member{}}
		var ctx context.Context
		ctx, c.cancel = context.WithCancel(p.ctx)
		p.crowds[channel] = c
		p.wg.Add(1)
		go p.follow(ctx, peopleTopic(channel), func(b *hub.Batch) { p.apply(c, b) }) // ends with release
	}
	c.uses++
	return c
}

func (p *people) release(c *crowd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.uses--; c.uses == 0 {
		c.cancel()
		delete(p.crowds, c.channel)
	}
}

// begin starts what runs while there is anything to tell. Called with the lock held.
func (p *people) begin() {
	if p.begun {
		return
	}
	p.begun = true
	p.wg.Add(2)
	go p.follow(p.ctx, nodesTopic, p.applyNodes) // ends with stop
	go p.beat()                                  // ends with stop
}

// follow applies what comes in a topic.
func (p *people) follow(ctx context.Context, topic string, apply func(*hub.Batch)) {
	defer p.wg.Done()
	for {
		sub, err := p.hub.Subscribe(ctx, topic, hub.Cursor{})
		for err == nil {
			var b *hub.Batch
			if b, err = sub.Next(ctx); err == nil {
				p.mu.Lock()
				apply(b)
				close(p.changed)
				p.changed = make(chan struct{})
				p.mu.Unlock()
			}
		}
		if sub != nil {
			sub.Close()
			return // the hub or ctx has ended
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.every): // too many topics, perhaps: the next try may find room
		}
	}
}

// apply takes over what other nodes say of a channel. Called with the lock held.
func (p *people) apply(c *crowd, b *hub.Batch) {
	if b.Reset != "" {
		clear(c.others)
		if c.ready {
			defer p.announceAll(c) // what we said may be lost too
		}
	}
	c.ready = true
	for _, m := range b.Messages {
		var s share
		if len(m.Data) > 0 {
			if err := json.Unmarshal(m.Data, &s); err != nil {
				p.log.Error("presence of another node", "slot", m.Slot, "error", err)
				continue
			}
		}
		node, chunk, _ := strings.Cut(m.Slot, "/")
		if node == p.node {
			c.seen = max(c.seen, s.N)
			if i, err := strconv.Atoi(chunk); err == nil && len(m.Data) == 0 && i < len(c.chunks) && len(c.chunks[i]) > 0 {
				p.announce(c, i)
			}
			continue
		}
		if len(s.M) == 0 {
			delete(c.others, m.Slot)
			continue
		}
		p.heard(node, s.At)
		c.others[m.Slot] = s.M
	}
}

// applyNodes takes over who is alive. Called with the lock held.
func (p *people) applyNodes(b *hub.Batch) {
	first := !p.ready
	p.ready = true
	fresh := false
	for _, m := range b.Messages {
		var s share
		if m.Slot == p.node {
			continue
		}
		if len(m.Data) == 0 {
			delete(p.nodes, m.Slot)
			continue
		}
		if err := json.Unmarshal(m.Data, &s); err != nil {
			p.log.Error("sign of life of another node", "slot", m.Slot, "error", err)
			continue
		}
		fresh = p.heard(m.Slot, s.At) || fresh
	}
	if fresh && !first {
		for _, c := range p.crowds { // the broker may not remember all that the newcomer has to know
			p.announceAll(c)
		}
	}
}

// heard notes a sign of life and reports whether it is a node's first. The first may be an old one, of a node
// that is dead: it is as old as it says. From then on our own clock counts.
func (p *people) heard(node string, at time.Time) bool {
	now := time.Now()
	if _, known := p.nodes[node]; known {
		p.nodes[node] = now
		return false
	}
	if at.After(now) {
		at = now
	}
	p.nodes[node] = at
	return true
}

func (p *people) announceAll(c *crowd) {
	for i := range c.chunks {
		if len(c.chunks[i]) > 0 {
			p.announce(c, i)
		}
	}
}

// announce publishes a part of the people here. Called with the lock held, so that announcements keep their order.
func (p *people) announce(c *crowd, i int) {
	c.n++
	var data []byte
	if len(c.chunks[i]) > 0 {
		data, _ = json.Marshal(share{c.n, time.Now(), c.chunks[i]}) // cannot fail
	}
	p.publish(peopleTopic(c.channel), p.node+"/"+strconv.Itoa(i), data)
}

func (p *people) publish(topic, slot string, data []byte) {
	if _, err := p.hub.Publish(topic, hub.Event{Name: "people", Slot: slot, Data: data}); err != nil && !errors.Is(err, hub.ErrClosed) && p.ctx.Err() == nil {
		p.log.Error("presence is not told to other nodes", "topic", topic, "error", err)
	}
}

// beat tells others that this node is alive, and takes out what dead ones have left.
func (p *people) beat() {
	defer p.wg.Done()
	t := time.NewTicker(p.every)
	defer t.Stop()
	for {
		data, _ := json.Marshal(share{At: time.Now()})
		p.publish(nodesTopic, p.node, data)
		select {
		case <-p.ctx.Done():
			return
		case now := <-t.C:
			p.bury(now)
		}
	}
}

func (p *people) bury(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hub.Err() != nil {
		for node := range p.nodes { // nothing comes in: the silence is ours
			p.nodes[node] = now
		}
		return
	}
	for node := range p.nodes {
		if p.alive(node, now) {
			continue
		}
		delete(p.nodes, node)
		p.publish(nodesTopic, node, nil)
	}
	for _, c := range p.crowds {
		for slot := range c.others {
			if !p.alive(nodeOf(slot), now) {
				delete(c.others, slot)
				p.publish(peopleTopic(c.channel), slot, nil)
			}
		}
	}
}

// await waits until ok, which is asked with the lock held. Without its broker a node does not wait.
func (p *people) await(ctx context.Context, most time.Duration, ok func() bool) {
	t := time.NewTimer(most)
	defer t.Stop()
	for {
		p.mu.Lock()
		done, changed := ok(), p.changed
		p.mu.Unlock()
		if done || p.hub.Err() != nil {
			return
		}
		select {
		case <-changed:
		case <-t.C:
			return
		case <-ctx.Done():
			return
		case <-p.ctx.Done():
			return
		}
	}
}

// stop tells others that this node goes, and ends what runs. Its connections have ended before.
func (p *people) stop() {
	p.mu.Lock()
	if p.begun && p.ctx.Err() == nil {
		p.publish(nodesTopic, p.node, nil)
	}
	p.cancel()
	p.mu.Unlock()
	p.wg.Wait()
}
