package ws_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/live/livetest"
)

// raw is a client that writes frames by hand.
type raw struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dialRaw(t *testing.T, s *site) *raw { return dialWith(t, s, nil) }

// dialWith sends frames in one write with the handshake.
func dialWith(t *testing.T, s *site, frames []byte) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sx.v1\r\n\r\n%s", conn.RemoteAddr(), frames)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != 101 {
		t.Fatalf("handshake: %v %v", res, err)
	}
	// RFC 6455 section 1.3 has this key and its answer.
	if got := res.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("Sec-WebSocket-Accept: %s", got)
	}
	if res.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("an extension was negotiated: %s", res.Header.Get("Sec-WebSocket-Extensions"))
	}
	return &raw{t, conn, r}
}

// frame writes a masked frame; first is the byte with FIN, RSV and opcode.
func (c *raw) frame(first byte, payload string) {
	c.conn.Write(masked(first, payload)) // the server may have closed already, which reading then shows
}

// masked is a frame as clients write it.
func masked(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	default:
		b = append(b, 0x80|127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

func (c *raw) bytes(b ...byte) { c.conn.Write(b) }

// next reads a frame of the server, which must not be masked.
func (c *raw) next() (op byte, payload string, err error) {
	var h [2]byte
	if _, err := io.ReadFull(c.r, h[:]); err != nil {
		return 0, "", err
	}
	if h[1]&0x80 != 0 {
		c.t.Error("the server masked a frame")
	}
	n := uint64(h[1] & 0x7f)
	switch n {
	case 126:
		var x [2]byte
		io.ReadFull(c.r, x[:])
		n = uint64(binary.BigEndian.Uint16(x[:]))
	case 127:
		var x [8]byte
		io.ReadFull(c.r, x[:])
		n = binary.BigEndian.Uint64(x[:])
	}
	b := make([]byte, n)
	_, err = io.ReadFull(c.r, b)
	return h[0] & 0x0f, string(b), err
}

// text reads until a text frame comes.
func (c *raw) text() string {
	c.t.Helper()
	for {
		op, payload, err := c.next()
		if err != nil {
			c.t.Fatalf("no text frame: %v", err)
		}
		if op == 1 {
			return payload
		}
		if op == 8 {
			c.t.Fatalf("closed with %v", closeCode(payload))
		}
	}
}

func closeCode(payload string) int {
	if len(payload) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16([]byte(payload)))
}

// closes reads until the server closes and gives the code: 0 without one, -1 when it just hung up.
func (c *raw) closes() int {
	for {
		op, payload, err := c.next()
		if err != nil {
			return -1
		}
		if op == 8 {
			return closeCode(payload)
		}
	}
}

const (
	fin  = 0x80
	text = 1
	cont = 0
	bin  = 2
	clos = 8
	ping = 9
	pong = 10
)

func TestFramesOfClients(t *testing.T) { everywhere(t, testFramesOfClients) }

func testFramesOfClients(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	t.Run("a fragmented message with a ping between", func(t *testing.T) {
		c := dialRaw(t, s)
		c.frame(text, `(say :te`)
		c.frame(fin|ping, "are you there")
		c.frame(cont, "xt \"\xc3") // the é is cut in two
		c.frame(fin|cont, "\xa9x\")")
		op, payload, err := c.next()
		for err == nil && op == text { // a snapshot may come first
			op, payload, err = c.next()
		}
		if op != pong || payload != "are you there" {
			t.Fatalf("got %d %q %v, want a pong with the ping's payload", op, payload, err)
		}
		if got := c.text(); !strings.Contains(got, "éx") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("an empty frame in a message", func(t *testing.T) {
		c := dialRaw(t, s)
		c.frame(text, "")
		c.frame(cont, `(say :text "empty start")`)
		c.frame(fin|cont, "")
		for !strings.Contains(c.text(), "empty start") {
		}
	})
	t.Run("messages that come with the handshake", func(t *testing.T) {
		one, two := masked(fin|text, `(say :text "with it")`), masked(fin|text, `(say :text "cut in two")`)
		c := dialWith(t, s, append(one, two[:9]...))
		c.conn.Write(two[9:])
		for !strings.Contains(c.text(), "with it") {
		}
		for !strings.Contains(c.text(), "cut in two") {
		}
	})
	t.Run("an unsolicited pong is ignored", func(t *testing.T) {
		c := dialRaw(t, s)
		c.frame(fin|pong, "hello")
		c.frame(fin|text, `(say :text "after pong")`)
		for !strings.Contains(c.text(), "after pong") {
		}
	})
	t.Run("closing is answered with the same code", func(t *testing.T) {
		c := dialRaw(t, s)
		c.frame(fin|clos, "\x03\xe8bye")
		if got := c.closes(); got != 1000 {
			t.Errorf("closed with %d, want 1000", got)
		}
	})
	// RFC 6455 section 7.4.1: protocol errors are 1002, payload that is no UTF-8 1007, too large 1009.
	for _, x := range []struct {
		name string
		send func(c *raw)
		want []int
	}{
		{"an unmasked frame", func(c *raw) { c.bytes(fin|text, 2, '(', 'a') }, []int{1002}},
		{"a reserved bit", func(c *raw) { c.frame(fin|0x40|text, "(a)") }, []int{1002}},
		{"an unknown opcode", func(c *raw) { c.frame(fin|3, "(a)") }, []int{1002}},
		{"an unknown control opcode", func(c *raw) { c.frame(fin|11, "") }, []int{1002}},
		{"a fragmented control frame", func(c *raw) { c.frame(ping, "x") }, []int{1002}},
		{"a control frame over 125 bytes", func(c *raw) { c.frame(fin|ping, strings.Repeat("x", 126)) }, []int{1002}},
		{"a continuation of nothing", func(c *raw) { c.frame(fin|cont, "(a)") }, []int{1002}},
		{"a message within a message", func(c *raw) { c.frame(text, "(a"); c.frame(fin|text, "(b)") }, []int{1002}},
		{"a close frame of one byte", func(c *raw) { c.frame(fin|clos, "x") }, []int{1002}},
		{"close code 999", func(c *raw) { c.frame(fin|clos, "\x03\xe7") }, []int{1002}},
		{"close code 1005", func(c *raw) { c.frame(fin|clos, "\x03\xed") }, []int{1002}},
		{"close code 1006", func(c *raw) { c.frame(fin|clos, "\x03\xee") }, []int{1002}},
		{"a length of 2^63", func(c *raw) { c.bytes(fin|text, 0x80|127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4) }, []int{1002, 1009}},
		{"text that is not UTF-8", func(c *raw) { c.frame(fin|text, "(say :text \"\xff\xfe\")") }, []int{1007}},
		{"a character that ends with the message", func(c *raw) { c.frame(text, "(say :text \"\xc3"); c.frame(fin|cont, "\")") }, []int{1007}},
		{"a binary message", func(c *raw) { c.frame(fin|bin, "(a)") }, []int{1003}},
		{"a message over 64 KiB", func(c *raw) { c.frame(fin|text, "(say :text \""+strings.Repeat("x", 66<<10)+"\")") }, []int{1009}},
		{"fragments over 64 KiB", func(c *raw) {
			c.frame(text, "(say :text \"")
			for range 70 {
				c.frame(cont, strings.Repeat("x", 1<<10))
			}
		}, []int{1009}},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := dialRaw(t, s)
			x.send(c)
			got := c.closes()
			for _, w := range x.want {
				if got == w {
					return
				}
			}
			t.Errorf("closed with %d, want %v", got, x.want)
		})
	}
}

// Whatever clients do, nothing stays behind: TestMain looks for goroutines, this for connections.
func TestHangingUpLeavesNothing(t *testing.T) { everywhere(t, testHangingUpLeavesNothing) }

func testHangingUpLeavesNothing(t *testing.T, newSite siteMaker) {
	s := newSite(t)
	for i := range 50 {
		c := dialRaw(t, s)
		switch i % 3 {
		case 0:
			c.frame(text, "(say") // in the middle of a message
		case 1:
			c.bytes(fin|text, 0x80|50, 1, 2) // in the middle of a header
		}
		c.conn.Close()
	}
	livetest.Eventually(t, `s.ws.Len() == 0`, func() bool { return s.ws.Len() == 0 })
}
