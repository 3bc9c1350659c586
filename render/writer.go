package render

import (
	"context"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/sx-framework/sxgo/sx"
)

// Output is collected in one buffer and written when the evaluation has succeeded, so that an error before
// that leaves nothing behind. Buffers are pooled by size class: with one pool a fragment of 48 bytes and a page of
// 100 KB would trade buffers, and either grow or waste one each time.
const (
	minClass = 8  // 256 bytes
	maxClass = 22 // 4 MiB; what is larger is left to the garbage collector
)

// workers is the pools of one Renderer.
type workers struct {
	pools [maxClass - minClass + 1]sync.Pool
}

// worker is what a rendering needs: a machine, whose Out is the buffer, and a host. They are pooled together,
// as going to a pool is a good part of what rendering a small component costs.
type worker struct {
	m    *sx.Machine
	host Host
}

// class returns the index of the smallest class that holds n bytes.
func class(n int) int {
	if n <= 1<<minClass {
		return 0
	}
	return bits.Len(uint(n-1)) - minClass
}

// get returns a worker whose machine has an empty output with room for n bytes.
func (p *workers) get(prog *sx.Program, n int) *worker {
	c := class(n)
	if c < len(p.pools) {
		if w, ok := p.pools[c].Get().(*worker); ok {
			return w
		}
		n = 1 << (c + minClass)
	}
	w := &worker{m: prog.Machine(context.Background(), DestHTML)}
	w.m.Out, w.m.Host = make([]byte, 0, n), &w.host
	w.host.apart = true
	return w
}

// put gives a worker back. It goes to the class whose smallest request it can serve.
func (p *workers) put(w *worker) {
	w.m.Rest()
	w.host.reset()
	c := bits.Len(uint(cap(w.m.Out))) - 1 - minClass
	if c < 0 || c >= len(p.pools) {
		return
	}
	w.m.Out = w.m.Out[:0]
	p.pools[c].Put(w)
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
		// Not io.WriteString: it copies where w has no method for strings. A Writer must not change what it
		// is given, nor keep it.
		write(unsafe.Slice(unsafe.StringData(s.text), len(s.text)))
	}
	write(buf[at:])
	return n, err
}
