package live

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"github.com/sx-framework/sxgo/live/hub"
)

// Compression once per event
//
// A compressor per connection costs hundreds of kilobytes each, and compresses the same event again for everyone. Both formats in
// use here allow better. A deflate stream (RFC 1951) is a sequence of blocks; a block that refers to nothing before it, and that ends on a
// byte boundary, may appear anywhere in a stream. A zstd stream (RFC 8878 section 3) is a sequence of frames, each
// complete. So an event is compressed once, and its block is copied into every stream, whoever joined when. What is
// different for each stream (the source's name, keep-alives) goes between the blocks uncompressed, in stored
// blocks, which need no compressor. A gzip stream (RFC 1952) so made has a header and no trailer, since it has no end.

// coding is a content coding for streams that are put together from encoded events.
type coding interface {
	name() string                                             // for Content-Encoding; empty for identity
	begin(dst []byte) []byte                                  // what a stream starts with
	text(dst, text []byte) []byte                             // a few bytes of this stream alone
	event(dst, text []byte) []byte                            // an event of this stream alone
	encoding() hub.Encoding                                   // under which batches are shared
	message(dst []byte, m *hub.Message, source string) []byte // a shared event
	flush(dst []byte) []byte                                  // makes the client see what was written
	end(dst []byte) []byte                                    // ends a stream of its own properly; a shared one just stops
}

// compressFrom is the size below which an event is stored: a block's overhead would eat what it saves.
const compressFrom = 120

type identity struct{}

func (identity) name() string                  { return "" }
func (identity) begin(dst []byte) []byte       { return dst }
func (identity) text(dst, text []byte) []byte  { return append(dst, text...) }
func (identity) event(dst, text []byte) []byte { return append(dst, text...) }
func (identity) end(dst []byte) []byte         { return dst }
func (identity) encoding() hub.Encoding        { return hub.EncodingSSE }
func (identity) flush(dst []byte) []byte       { return dst }
func (identity) message(dst []byte, m *hub.Message, source string) []byte {
	shared, end := splitSource(encodeSSE(m), source)
	dst = append(dst, shared...)
	return append(dst, end...)
}

// codings holds what compressing needs; one for each Server, or for each handler without one.
type codings struct {
	deflaters sync.Pool
	zstd      *zstd.Encoder // EncodeAll is safe for concurrent use
	once      sync.Once
}

type gzipCoding struct{ c *codings }

func (gzipCoding) name() string                    { return "gzip" }
func (gzipCoding) end(dst []byte) []byte           { return dst }
func (gzipCoding) encoding() hub.Encoding          { return hub.EncodingSSEGzip }
func (g gzipCoding) event(dst, text []byte) []byte { return append(dst, g.block(nil, text)...) }

// begin writes a gzip header: no name, no time, unknown system (RFC 1952 section 2.3).
func (gzipCoding) begin(dst []byte) []byte {
	return append(dst, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
}

// text writes stored blocks (RFC 1951 section 3.2.4).
func (gzipCoding) text(dst, text []byte) []byte {
	for len(text) > 0 {
		n := min(len(text), 0xffff)
		dst = append(dst, 0)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
		dst = binary.LittleEndian.AppendUint16(dst, ^uint16(n))
		dst = append(dst, text[:n]...)
		text = text[n:]
	}
	return dst
}

// flush writes an empty stored block, at which decoders that collect output hand it over.
func (gzipCoding) flush(dst []byte) []byte { return append(dst, 0, 0, 0, 0xff, 0xff) }

func (g gzipCoding) message(dst []byte, m *hub.Message, source string) []byte {
	shared, end := splitSource(encodeSSE(m), source)
	dst = append(dst, m.Encoded(hub.EncodingSSEGzip, func(*hub.Message) []byte { return g.block(nil, shared) })...)
	return g.text(dst, []byte(end))
}

// block compresses text into blocks that refer to nothing before them and end on a byte boundary.
func (g gzipCoding) block(dst, text []byte) []byte {
	if len(text) < compressFrom {
		return g.text(dst, text)
	}
	b := bytes.NewBuffer(dst)
	w, _ := g.c.deflaters.Get().(*flate.Writer)
	if w == nil {
		w, _ = flate.NewWriter(b, 5) // 5 is a valid level: no error
	} else {
		w.Reset(b)
	}
	w.Write(text) // a bytes.Buffer does not fail
	w.Flush()
	w.Reset(io.Discard)
	g.c.deflaters.Put(w)
	return b.Bytes()
}

type zstdCoding struct{ c *codings }

func (zstdCoding) name() string                    { return "zstd" }
func (zstdCoding) end(dst []byte) []byte           { return dst }
func (zstdCoding) encoding() hub.Encoding          { return hub.EncodingSSEZstd }
func (z zstdCoding) event(dst, text []byte) []byte { return append(dst, z.block(nil, text)...) }
func (zstdCoding) begin(dst []byte) []byte         { return dst }
func (zstdCoding) flush(dst []byte) []byte         { return dst }

// text writes frames of one raw block each: magic number, a frame header with a 4-byte content size and a single segment, and the block
// (RFC 8878 sections 3.1.1.1 and 3.1.1.2).
func (zstdCoding) text(dst, text []byte) []byte {
	const most = 64 << 10 // a raw block may not exceed 128 KiB
	for len(text) > 0 {
		n := min(len(text), most)
		dst = append(dst, 0x28, 0xb5, 0x2f, 0xfd, 2<<6|1<<5)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
		h := uint32(n)<<3 | 1 // last block, raw
		dst = append(dst, byte(h), byte(h>>8), byte(h>>16))
		dst = append(dst, text[:n]...)
		text = text[n:]
	}
	return dst
}

func (z zstdCoding) message(dst []byte, m *hub.Message, source string) []byte {
	shared, end := splitSource(encodeSSE(m), source)
	dst = append(dst, m.Encoded(hub.EncodingSSEZstd, func(*hub.Message) []byte { return z.block(nil, shared) })...)
	return z.text(dst, []byte(end))
}

func (z zstdCoding) block(dst, text []byte) []byte {
	if len(text) < compressFrom {
		return z.text(dst, text)
	}
	z.c.once.Do(func() {
		// No error is possible with these options. Browsers refuse windows over 8 MiB; events need far less.
		z.c.zstd, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(128<<10),
			zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	})
	return z.c.zstd.EncodeAll(text, dst)
}

// ownGzip is gzip for a stream of one connection, which keeps the checksum that a complete stream ends with.
type ownGzip struct {
	gzipCoding
	crc, size uint32
}

func (g *ownGzip) count(text []byte) {
	g.crc = crc32.Update(g.crc, crc32.IEEETable, text)
	g.size += uint32(len(text))
}

func (g *ownGzip) text(dst, text []byte) []byte {
	g.count(text)
	return g.gzipCoding.text(dst, text)
}

func (g *ownGzip) event(dst, text []byte) []byte {
	g.count(text)
	return g.gzipCoding.event(dst, text)
}

// end writes an empty last block, the checksum and the size (RFC 1952 section 2.3.1).
func (g *ownGzip) end(dst []byte) []byte {
	dst = append(dst, 1, 0, 0, 0xff, 0xff)
	dst = binary.LittleEndian.AppendUint32(dst, g.crc)
	return binary.LittleEndian.AppendUint32(dst, g.size)
}

// brotliCoding is for streams of one connection: brotli has no blocks that could be shared.
type brotliCoding struct {
	identity
	buf bytes.Buffer
	w   *brotli.Writer
}

func newBrotli() *brotliCoding {
	b := &brotliCoding{}
	b.w = brotli.NewWriterOptions(&b.buf, brotli.WriterOptions{Quality: 4, LGWin: 16})
	return b
}

func (*brotliCoding) name() string                    { return "br" }
func (b *brotliCoding) event(dst, text []byte) []byte { return b.text(dst, text) }

func (b *brotliCoding) end(dst []byte) []byte {
	b.w.Close()
	dst = append(dst, b.buf.Bytes()...)
	b.buf.Reset()
	return dst
}

func (b *brotliCoding) text(dst, text []byte) []byte {
	b.w.Write(text) // a bytes.Buffer does not fail
	return b.flush(dst)
}

func (b *brotliCoding) flush(dst []byte) []byte {
	b.w.Flush()
	dst = append(dst, b.buf.Bytes()...)
	b.buf.Reset()
	return dst
}

// negotiate picks the coding that the client likes best (RFC 9110 section 12.5.3); among those it likes equally, the first of the
// configured ones. Brotli only where the stream is not shared.
func (c *codings) negotiate(r *http.Request, cfg *config, shared bool) coding {
	if !cfg.compress {
		return identity{}
	}
	quality := acceptedCodings(r.Header)
	best, most := "", 0.0
	for _, name := range cfg.codings {
		if name == "br" && shared {
			continue
		}
		if q := quality(name); q > most {
			best, most = name, q
		}
	}
	if quality("identity") > most {
		return identity{} // named by the client, and preferred
	}
	switch {
	case best == "zstd":
		return zstdCoding{c}
	case best == "br":
		return newBrotli()
	case best == "gzip" && shared:
		return gzipCoding{c}
	case best == "gzip":
		return &ownGzip{gzipCoding: gzipCoding{c}}
	}
	return identity{}
}

// acceptedCodings reads Accept-Encoding as the quality of each coding, 0 for those that are refused or not named. What cannot be read as a
// quality refuses.
func acceptedCodings(h http.Header) func(name string) float64 {
	quality := map[string]float64{}
	for _, field := range h.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(field, ",") {
			name, params, _ := strings.Cut(item, ";")
			q := 1.0
			if _, text, found := strings.Cut(params, "="); found {
				var err error
				if q, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || !(q >= 0 && q <= 1) {
					q = 0
				}
			}
			quality[strings.ToLower(strings.TrimSpace(name))] = q
		}
	}
	return func(name string) float64 {
		if q, found := quality[name]; found || name == "identity" {
			return q
		}
		return quality["*"]
	}
}
