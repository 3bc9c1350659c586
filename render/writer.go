package render

import (
	"io"
	"math/bits"
	"sync"
	"sync/atomic"
)

// Output is collected in one buffer and written when the evaluation has succeeded, so that an error before
// that leaves nothing behind. Buffers are pooled by size class: with one pool a fragment of 48 bytes and a page of
// 100 KB would trade buffers, and either grow or waste one each time.
const (
	minClass = 8  // 256 bytes
	maxClass = 22 // 4 MiB; what is larger is left to the garbage collector
)

// buffers is the pools of one Renderer.
type buffers struct {
	pools [maxClass - minClass + 1]sync.Pool
}

// buffer is a pooled byte slice with what else a rendering needs; the pointer to it is what the pool holds,
// so that giving back allocates nothing.
type buffer struct {
	b    []byte
	host Host
}

// class gives the index of the smallest class that holds n bytes.
func class(n int) int {
	if n <= 1<<minClass {
		return 0
	}
	return bits.Len(uint(n-1)) - minClass
}

// get gives an empty buffer with room for n bytes.
func (p *buffers) get(n int) *buffer {
	c := class(n)
	if c >= len(p.pools) {
		return &buffer{b: make([]byte, 0, n)}
	}
	if b, ok := p.pools[c].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 0, 1<<(c+minClass))}
}

// put gives a buffer back. It goes to the class whose smallest request it can serve.
func (p *buffers) put(b *buffer) {
	n := cap(b.b)
	if n < 1<<minClass {
		return
	}
	c := bits.Len(uint(n)) - 1 - minClass
	if c >= len(p.pools) {
		return
	}
	clear(b.host.segs)
	b.b, b.host = b.b[:0], Host{segs: b.host.segs[:0]}
	p.pools[c].Put(b)
}

// sizeHint remembers how much a component writes, so that its next buffer is of the right class. It follows
// growth at once and shrinks slowly.
type sizeHint struct{ n atomic.Int64 }

func (h *sizeHint) get() int { return int(h.n.Load()) }

func (h *sizeHint) note(n int) {
	old := h.n.Load()
	switch {
	case int64(n) > old:
		h.n.Store(int64(n))
	case int64(n) < old/4:
		h.n.Store(old - old/16)
	}
}

// segment is a large constant that stands between two parts of a buffer: it is handed to the writer as it
// is, without being copied.
type segment struct {
	at   int // offset in the buffer before which it stands
	text string
}

// segmentSize is from how many bytes on a constant is worth a write of its own. net/http's own buffer is
// 4 KiB: what is larger goes past it to the connection.
const segmentSize = 8 << 10

// writeSegments writes buf with the segments in their places. The first error ends it.
func writeSegments(w io.Writer, buf []byte, segs []segment) (n int64, err error) {
	at := 0
	write := func(b []byte) {
		if err == nil && len(b) > 0 {
			var k int
			k, err = w.Write(b)
			n += int64(k)
			if err == nil && k < len(b) {
				err = io.ErrShortWrite
			}
		}
	}
	for _, s := range segs {
		write(buf[at:s.at])
		at = s.at
		if err == nil {
			var k int
			k, err = io.WriteString(w, s.text)
			n += int64(k)
		}
	}
	write(buf[at:])
	return n, err
}
