package ws

import (
	"bytes"
	"net"
	"time"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/live/hub"
	"github.com/sx-framework/sxgo/render"
)

const (
	// restWait is how much may wait for a client before Send waits for it.
	restWait = 64 << 10
	// restMost is how much control frames may add to it: a client that pings and never reads is cut off.
	restMost = 1 << 20
)

// wake is called by the hub when there is something new.
func (c *Conn) wake() {
	switch {
	case c.loop != nil:
		c.loop.push(c, whyWrite)
	case c.writing.take():
		go c.write() // ends when all that is new is written
	}
}

// first sends what the channel holds when the connection begins.
func (c *Conn) first() {
	if c.loop == nil {
		c.wake()
	} else if f := c.flush(c.since); f.more || f.left || f.wait > 0 {
		c.loop.push(c, whyWrite)
	}
}

// write sends what is new in the channel, without a loop.
func (c *Conn) write() {
	c.written.Lock()
	defer c.written.Unlock()
	for {
		b, err := c.sub.Poll()
		if err != nil { // the subscription or the hub has ended
			c.writing.over()
			c.Close(websocket.StatusGoingAway, "closed")
			return
		}
		if b == nil {
			if c.writing.give() {
				return
			}
			continue
		}
		if wire := encode(b); len(wire) > 0 {
			if err := c.send(wire); err != nil {
				c.writing.over()
				if !c.closing.Load() { // whoever closes it writes why, and hangs up
					c.cut()
				}
				return
			}
			if !c.keepPace(b) {
				c.writing.over()
				return
			}
		}
	}
}

// keepPace waits, without a loop, until something may be written after b. It reports false when the connection has ended.
func (c *Conn) keepPace(b *hub.Batch) bool {
	if b.More {
		return true
	}
	now := time.Now()
	c.pace.Wrote(now, b.Events) // only this goroutine uses it
	d := c.pace.Wait(now)
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func encode(b *hub.Batch) []byte { return b.Encoded(hub.EncodingWS, "", frames) }

// flushed is what flush found.
type flushed struct {
	more bool          // there may be more to write
	left bool          // something is left that the socket does not take
	wait time.Duration // what is new is to be written so much later
}

// flush writes, with a loop, what the socket has not taken and then a batch of what is new.
func (c *Conn) flush(now time.Time) (f flushed) {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if len(c.rest) > 0 {
		n, err := tryWrite(c.net.raw, c.rest)
		if err != nil {
			c.discard()
			return f
		}
		if n > 0 {
			c.moved = now.UnixNano()
		}
		if c.rest = c.rest[n:]; len(c.rest) > 0 {
			f.left = true
			return f
		}
		c.discard()
	}
	if f.wait = c.pace.Wait(now); f.wait > 0 {
		return f
	}
	f.more = c.news(now)
	f.left = len(c.rest) > 0
	f.more = f.more && !f.left
	return f
}

// news writes a batch of what is new, if there is any. Called with wmu held and without a rest.
func (c *Conn) news(now time.Time) bool {
	if c.sub == nil || c.closing.Load() {
		return false
	}
	b, err := c.sub.Poll()
	if err != nil {
		c.Close(websocket.StatusGoingAway, "closed")
		return false
	}
	if b == nil {
		return false
	}
	if wire := encode(b); len(wire) > 0 {
		c.put(wire)
		if !b.More {
			c.pace.Wrote(now, b.Events)
		}
	}
	return true
}

// put writes whole frames without waiting and keeps what the socket does not take. wire must not change
// afterwards. Called with wmu held.
func (c *Conn) put(wire []byte) {
	if len(c.rest) > 0 {
		c.rest = append(c.rest[:len(c.rest):len(c.rest)], wire...) // it may be part of shared bytes
		return
	}
	n, err := tryWrite(c.net.raw, wire)
	if err != nil || n == len(wire) {
		return // an error shows when reading
	}
	c.moved = time.Now().UnixNano()
	if !c.watched {
		c.watched = true
		if c.loop.watch(c) != nil {
			go c.drop() // nothing would report when it takes more; ends at once
			return
		}
	}
	if c.rest = wire[n:]; len(c.rest) < len(wire)/2 && len(c.rest) < 8<<10 {
		c.rest = bytes.Clone(c.rest) // lets go of the larger shared bytes
	}
}

// discard forgets the rest and releases those who wait for it to be taken. Called with wmu held.
func (c *Conn) discard() {
	c.rest = nil
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
}

// waitRoom returns a channel that is closed when there is no rest any more. Called with wmu held.
func (c *Conn) waitRoom() <-chan struct{} {
	if c.room == nil {
		c.room = make(chan struct{})
	}
	return c.room
}

// stuck returns the time, in Unix nanoseconds, since when the socket has taken nothing of a rest, or 0 without one.
func (c *Conn) stuck() int64 {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if len(c.rest) == 0 {
		return 0
	}
	return c.moved
}

// settle waits, with a loop, until what is to be written is, at most for d.
func (c *Conn) settle(d time.Duration) {
	c.wmu.Lock()
	if len(c.rest) == 0 {
		c.wmu.Unlock()
		return
	}
	room := c.waitRoom()
	c.wmu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-room:
	case <-t.C:
	}
}

// unsubscribe ends the writer and waits for it.
func (c *Conn) unsubscribe() {
	c.closing.Store(true)
	c.writing.over()
	c.wmu.Lock()
	sub := c.sub
	c.discard()
	c.wmu.Unlock()
	if sub != nil {
		sub.Close()
	}
	c.written.Lock()
	defer c.written.Unlock()
}

// Send writes a frame to this client only, after what was broadcast to its channel before. It waits while much
// of what was written before has not been taken, until the client takes it or is dropped.
func (c *Conn) Send(f render.Frame) error {
	data, err := f.AppendData(nil)
	if err != nil {
		return err
	}
	return c.send(appendFrame(nil, opText, envelope(nil, f.EventName(), "", data)))
}

// send writes whole frames.
func (c *Conn) send(wire []byte) error {
	c.wmu.Lock()
	for c.loop != nil && len(c.rest) > restWait && !c.closing.Load() {
		room := c.waitRoom()
		c.wmu.Unlock()
		<-room // the loop drops a client that takes nothing
		c.wmu.Lock()
	}
	defer c.wmu.Unlock()
	return c.sendLocked(wire)
}

func (c *Conn) sendLocked(wire []byte) error {
	if c.closing.Load() {
		return net.ErrClosed
	}
	if c.loop != nil {
		for now := time.Now(); len(c.rest) == 0 && c.news(now); {
		}
		c.put(wire)
		if len(c.rest) > 0 {
			c.loop.push(c, whyWrite) // the loop watches it
		}
		return nil
	}
	// The deadline is for a client that accepts nothing; one that takes a large batch slowly is still there.
	for len(wire) > 0 {
		part := wire[:min(len(wire), 64<<10)]
		if err := c.net.SetWriteDeadline(time.Now().Add(c.srv.cfg.write)); err != nil {
			return err
		}
		if _, err := c.net.Conn.Write(part); err != nil {
			return err
		}
		wire = wire[len(part):]
	}
	return nil
}

// farewell tells a client to come back after a delay, in milliseconds, if it can be told without waiting.
//
//go:noinline
func (c *Conn) farewell(delay int) {
	data, _ := render.Frame{Event: render.EventDrain, Delay: delay}.AppendData(nil) // nothing in it can be wrong
	wire := appendFrame(nil, opText, envelope(nil, render.EventDrain, "", data))
	if c.loop == nil {
		_ = c.send(wire) // a client that is gone needs no word
		return
	}
	c.wmu.Lock()
	defer c.wmu.Unlock()
	_ = c.sendLocked(wire)
}

// control writes a control frame of the library, with a loop.
func (c *Conn) control(p []byte) (int, error) {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	if p[0] == 0x80|opClose {
		c.closing.Store(true) // nothing follows it
	}
	if len(c.rest) > restMost {
		return 0, net.ErrClosed
	}
	c.put(bytes.Clone(p))
	if len(c.rest) > 0 {
		c.loop.push(c, whyWrite)
	}
	return len(p), nil
}

// ping sends a ping, or drops a client that has been silent for three.
func (c *Conn) ping(now time.Time) {
	if now.Sub(time.Unix(0, c.net.heard.Load())) > 3*c.srv.cfg.ping {
		c.drop()
		return
	}
	// A client that is being written to is busy enough, and must not delay the others' pings.
	if !c.wmu.TryLock() {
		return
	}
	defer c.wmu.Unlock()
	switch {
	case c.closing.Load():
	case c.loop == nil:
		if c.net.SetWriteDeadline(now.Add(time.Second)) == nil {
			_, _ = c.net.Conn.Write(pingFrame) // one that cannot be written to falls silent
		}
	case len(c.rest) == 0:
		c.put(pingFrame)
	}
}

var pingFrame = []byte{0x80 | opPing, 0}

// Close ends the connection with a close code of RFC 6455 section 7.4. It does not wait.
func (c *Conn) Close(code websocket.StatusCode, reason string) {
	c.closed.Do(func() {
		go func() { // ends when the peer has answered the close frame, after 5s at the latest
			c.pmu.Lock()
			c.ending = true
			c.pmu.Unlock()
			c.wmu.Lock()
			c.closing.Store(true)
			c.wmu.Unlock()
			_ = c.net.SetWriteDeadline(time.Now().Add(c.srv.cfg.write))
			_ = c.sock.Close(code, reason)
			c.cancel()
			close(c.done)
			c.readable() // whoever reads finds it closed
		}()
	})
}

// end waits for a closing handshake under way, and lets none begin.
func (c *Conn) end() {
	c.closed.Do(func() { close(c.done) })
	<-c.done
}

// drop ends the connection at once, from outside of it.
func (c *Conn) drop() {
	c.closing.Store(true)
	_ = c.net.Conn.Close() // frees whoever reads from or writes to it
	if c.loop != nil {
		c.wmu.Lock()
		c.discard()
		c.wmu.Unlock()
		c.readable()
	}
}

// cut ends the connection at once, from its own goroutine.
func (c *Conn) cut() {
	c.closing.Store(true)
	_ = c.net.Conn.Close()
	if c.loop != nil {
		c.wmu.Lock()
		c.discard()
		c.wmu.Unlock()
	}
	_ = c.sock.CloseNow()
}
