package page

import "sync"

// buffers are byte slices in reuse, in two classes: a page of 100 KB and a fragment of 1 KB would trade
// theirs otherwise.
type buffers struct {
	small, large sync.Pool
}

type buffer struct{ b []byte }

const (
	smallBuffer = 8 << 10
	mostBuffer  = 1 << 20 // what is larger is left to the garbage collector
)

// get returns an empty buffer.
func (p *buffers) get() *buffer {
	if b, ok := p.small.Get().(*buffer); ok {
		return b
	}
	if b, ok := p.large.Get().(*buffer); ok {
		return b
	}
	return &buffer{make([]byte, 0, 4<<10)}
}

// put gives a buffer back.
func (p *buffers) put(b *buffer) {
	switch n := cap(b.b); {
	case n > mostBuffer:
	case n > smallBuffer:
		b.b = b.b[:0]
		p.large.Put(b)
	default:
		b.b = b.b[:0]
		p.small.Put(b)
	}
}
