package page

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encoder is a compressor that can be flushed, so that a streamed page arrives chunk by chunk.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
}

var (
	_ encoder = (*gzip.Writer)(nil)
	_ encoder = (*brotli.Writer)(nil)
	_ encoder = (*zstd.Encoder)(nil)
)

// compressors keeps idle encoders by coding.
type compressors struct {
	gzip, br, zstd sync.Pool
}

func (c *compressors) pool(coding string) *sync.Pool {
	switch coding {
	case "gzip":
		return &c.gzip
	case "br":
		return &c.br
	case "zstd":
		return &c.zstd
	}
	return nil
}

// open returns an encoder of the coding that writes to w.
func (c *compressors) open(coding string, w io.Writer) encoder {
	if e, ok := c.pool(coding).Get().(encoder); ok {
		e.Reset(w)
		return e
	}
	switch coding {
	case "gzip":
		e, _ := gzip.NewWriterLevel(w, 5) // the level is valid, so there is no error
		return e
	case "br":
		return brotli.NewWriterLevel(w, 4)
	}
	// One goroutine, and a window small enough that thousands of open pages fit into memory. RFC 9659
	// limits the window of the zstd content coding to 8 MiB.
	e, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	return e
}

func (c *compressors) put(coding string, e encoder) {
	e.Reset(nil) // keeps no response alive
	c.pool(coding).Put(e)
}

// negotiate picks one of the codings, given best first, by Accept-Encoding (RFC 9110 section 12.5.3); "" is
// identity. A coding must be named to be used; * allows none by itself, since some old proxies send it.
func negotiate(r *http.Request, codings ...string) string {
	header := strings.Join(r.Header.Values("Accept-Encoding"), ",")
	if header == "" {
		return ""
	}
	best, bestQ := "", 0.0
	for _, coding := range codings {
		for part := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(name), coding) {
				continue
			}
			q := 1.0
			if _, v, ok := strings.Cut(params, "="); ok {
				if n, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
					q = n
				}
			}
			if q > bestQ {
				best, bestQ = coding, q
			}
		}
	}
	return best
}

// compressible reports whether a content type gains from compression.
func compressible(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	switch {
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+xml"), strings.HasSuffix(kind, "+json"):
		return true
	}
	switch kind {
	case "application/javascript", "application/json", "application/xml", "application/wasm", "application/manifest+json", "font/ttf", "font/otf":
		return true
	}
	return false
}
