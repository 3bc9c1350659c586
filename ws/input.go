package ws

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/sx-framework/sxgo/render"
)

// input reads and handles messages until there is nothing to read, or for good. Its caller has the turn.
func (c *Conn) input() {
	for !c.quiet() {
		if !c.receive() {
			c.finish()
			return
		}
	}
}

// readable is called by the loop when there is something to read, or the client has gone. Pongs are taken here;
// for anything else a goroutine reads.
func (c *Conn) readable() {
	if c.reading.take() && !c.quiet() {
		go c.input() // ends when nothing is left to read
	}
}

// quiet waits for the next message where that costs least: with a loop not at all. It reports whether the turn
// was given back, because there is nothing to read.
func (c *Conn) quiet() bool {
	if c.loop == nil {
		c.pmu.Lock()
		wait := !c.ending && len(c.net.early) == 0 && c.net.buf.Buffered() == 0
		c.pmu.Unlock()
		if wait {
			waitReadable(c.net.Conn)
		}
		return false
	}
	for c.nothing() {
		if c.reading.give() {
			return true
		}
	}
	return false
}

// nothing takes pongs and reports whether nothing else is there. Once closing has begun the library reads on
// another goroutine, and its buffer is no longer ours to look at.
func (c *Conn) nothing() bool {
	c.pmu.Lock()
	defer c.pmu.Unlock()
	if c.ending {
		return false
	}
	c.net.peeking = true
	defer func() { c.net.peeking = false }()
	for range 16 { // a client that sends nothing else is read on a goroutine of its own
		// A masked pong with at most the payload that the buffer has place for (RFC 6455 section 5.5.3).
		b, err := c.net.buf.Peek(6)
		if len(b) < 6 {
			return len(b) == 0 && err == errNothing
		}
		n := 6 + int(b[1]&0x7f)
		if b[0] != 0x80|opPong || b[1]&0x80 == 0 || n > c.net.buf.Size() {
			return false
		}
		if b, _ = c.net.buf.Peek(n); len(b) < n {
			return false
		}
		_, _ = c.net.buf.Discard(n)
	}
	return false
}

// receive reads one message and handles it. It reports whether to continue.
func (c *Conn) receive() bool {
	// Without a context of its own, which the library would watch for every frame: closing the connection ends
	// reading as well.
	typ, data, err := c.sock.Read(context.Background())
	if err != nil {
		c.fail(err)
		return false
	}
	if typ != websocket.MessageText {
		c.Close(websocket.StatusUnsupportedData, "text messages only")
		return false
	}
	if !utf8.Valid(data) { // RFC 6455 section 8.1
		c.Close(websocket.StatusInvalidFramePayloadData, "text is not UTF-8")
		return false
	}
	now, cfg := time.Now(), &c.srv.cfg
	c.tokens = min(float64(cfg.burst), c.tokens+now.Sub(c.filled).Seconds()*cfg.rate)
	c.filled = now
	if c.tokens--; c.tokens < 0 { // read more slowly: what is waiting stays in the client's buffers
		t := time.NewTimer(time.Duration(-c.tokens / cfg.rate * float64(time.Second)))
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.ctx.Done():
			return false
		}
	}
	if c.handle(c.ctx, string(data)) {
		return true
	}
	c.refusals = append(c.refusals, now)
	for now.Sub(c.refusals[0]) > time.Minute {
		c.refusals = c.refusals[1:]
	}
	if len(c.refusals) > 20 {
		c.Close(websocket.StatusPolicyViolation, "too many refused messages")
		return false
	}
	return true
}

// fail tells the client why reading ended where the library has not: it answers most violations with their
// close code, but hangs up on a frame without a mask or with an impossible length (RFC 6455 section 7.1.7).
func (c *Conn) fail(err error) {
	var ne net.Error
	if websocket.CloseStatus(err) != -1 || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.As(err, &ne) {
		return
	}
	if !c.net.told.Load() {
		code := uint16(websocket.StatusProtocolError)
		_ = c.send(appendFrame(nil, opClose, []byte{byte(code >> 8), byte(code)})) // it may be gone already
	}
	_ = c.net.Close()
}

// handle handles one message and reports whether it was acceptable.
func (c *Conn) handle(ctx context.Context, text string) bool {
	m, err := ParseMessage(text)
	if err != nil {
		_ = c.Send(render.Frame{Event: render.EventError, Message: err.Error()})
		return false
	}
	if m.ID == "" {
		_, ok := c.run(ctx, m)
		return ok
	}
	d, fresh := c.srv.delivered.begin(c.sender(text), m.ID, time.Now())
	ok := true
	if fresh {
		d.refusal, ok = c.run(ctx, m)
		close(d.done)
	} else {
		select {
		case <-d.done:
		case <-ctx.Done():
			return true
		}
	}
	_ = c.Send(render.Frame{Event: render.EventAck, ID: m.ID, Message: d.refusal})
	return ok
}

// sender says whose ids a message's id is compared with: those of the session's messages to the channel. Without a session clients have
// nothing but their ids, and of two who gave the same one to different messages neither is to be lost.
func (c *Conn) sender(text string) string {
	if c.ep.Session != "" {
		return c.ep.Session + "\x00" + c.ep.Channel
	}
	sum := sha256.Sum256([]byte(text))
	return "\x00" + c.ep.Channel + "\x00" + string(sum[:16])
}

// run calls the handler. A refusal is what the client is told when the message was not handled; ok is false when
// that was the client's fault.
func (c *Conn) run(ctx context.Context, m Message) (refusal string, ok bool) {
	err := c.call(func() error {
		if c.ep.OnMessage == nil {
			return Refused(errors.New("this socket takes no messages"))
		}
		return c.ep.OnMessage(ctx, c, m)
	})
	var no *refused
	switch {
	case err == nil:
		return "", true
	case errors.As(err, &no):
		refusal = no.Error()
	default:
		c.srv.cfg.logger.Error("websocket message", "channel", c.ep.Channel, "message", m.Name, "error", err)
		refusal, ok = "the server could not handle the message", true
	}
	_ = c.Send(render.Frame{Event: render.EventError, Message: refusal})
	return refusal, ok
}
