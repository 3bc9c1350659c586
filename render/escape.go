package render

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// Escaping looks at 8 bytes a step. Each step stores its 8 bytes in the output first and then asks whether
// one of them needs more; if so, the output continues from that byte. Text in which nothing is special, the
// common case, costs one load, one store and a few operations for 8 bytes.
//
// The question is answered for all 8 bytes at once. With z a byte below 0x80, z+0x7F has its high bit set
// unless z is zero, and nothing is carried into the next byte. Two groups cover the five characters:
//
//	" # & '   b|0x05 == 0x27    (# is a false hit, sorted out by the table)
//	< >       b|0x02 == 0x3E
//
// and NUL is a zero byte itself. Bytes of 0x80 and above are dealt with apart.
//
// The escapes are those of WHATWG HTML, "Escaping a string", and > and ' besides, so that one form serves
// text and attributes of both quotings. NUL and invalid UTF-8 become U+FFFD, as the parser would make them.
const (
	ones  = 0x0101010101010101
	lows  = 0x7F7F7F7F7F7F7F7F
	highs = 0x8080808080808080

	// room is what must be free in the output beyond the rest of the input: the escapes of one step, and
	// the store behind the last one.
	room = 64
)

// entity is what stands for one byte of input: up to 8 bytes, little-endian, and their number.
type entity struct {
	bytes uint64
	n     uint8
}

var entities = func() (t [128]entity) {
	for c := range t {
		t[c] = entity{uint64(c), 1}
	}
	for c, s := range map[byte]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;", '\'': "&#39;", 0: "\uFFFD"} {
		var b [8]byte
		n := copy(b[:], s)
		t[c] = entity{binary.LittleEndian.Uint64(b[:]), uint8(n)}
	}
	return t
}()

// special returns a word with the high bit of each byte of x set that cannot be copied as it is. All bytes of x
// must be below 0x80.
func special(x uint64) uint64 {
	quotes := (x | ones*0x05) ^ ones*0x27
	angles := (x | ones*0x02) ^ ones*0x3E
	return ^((quotes + lows) & (angles + lows) & (x + lows)) & highs
}

// appendEscaped appends s to dst so that it is text, or a quoted attribute value, whatever it holds.
//
// It works on pointers: bounds checks would cost a third of the time. at stays within s, and n within the
// capacity of buf because room bytes beyond the rest of the input are always free.
func appendEscaped(dst []byte, s string) []byte {
	n, at := len(dst), 0
	if cap(dst)-n < len(s)+room {
		dst = grow(dst, len(s)+room)
	}
	buf := dst[:cap(dst)]
	out, in := unsafe.Pointer(unsafe.SliceData(buf)), unsafe.Pointer(unsafe.StringData(s))
	if len(s) < 8 && len(s) > 0 { // a word, a number
		x := loadTail(in, len(s))
		store64(unsafe.Add(out, n), x)
		if special(x)|x&highs == 0 {
			return buf[:n+len(s)]
		}
	}
	for at < len(s) {
		var x uint64
		size := len(s) - at
		if size >= 8 {
			x, size = load64(unsafe.Add(in, at)), 8
		} else {
			x = loadTail(unsafe.Add(in, at), size)
		}
		store64(unsafe.Add(out, n), x)
		high := x&highs != 0
		if high { // only what stands before the first byte above ASCII is looked at now
			size = bits.TrailingZeros64(x&highs) >> 3
			x = x&(1<<(8*size)-1) | ones*0x20<<(8*size)
		}
		at += size
		mask := special(x)
		for ; mask != 0; mask >>= 8 {
			k := bits.TrailingZeros64(mask) &^ 7 // in bits
			n += k >> 3
			size -= k>>3 + 1
			x >>= k
			e := &entities[x&0x7F]
			store64(unsafe.Add(out, n), e.bytes)
			n += int(e.n)
			x >>= 8
			mask >>= k
			store64(unsafe.Add(out, n), x)
		}
		n += size
		switch {
		case high:
			used, made := copyRunes(buf[n:], s[at:])
			n, at = n+made, at+used
		case size == 8:
			// Nothing was special, so likely nothing is for a while: two steps at once.
			for len(s)-at >= 16 {
				x, y := load64(unsafe.Add(in, at)), load64(unsafe.Add(in, at+8))
				store64(unsafe.Add(out, n), x)
				store64(unsafe.Add(out, n+8), y)
				if special(x)|special(y)|(x|y)&highs != 0 {
					break
				}
				n, at = n+16, at+16
			}
			continue
		}
		if len(buf)-n < len(s)-at+room {
			buf = grow(buf[:n], len(s)-at+room)
			buf = buf[:cap(buf)]
			out = unsafe.Pointer(unsafe.SliceData(buf))
		}
	}
	return buf[:n]
}

func load64(p unsafe.Pointer) uint64 { return binary.LittleEndian.Uint64((*[8]byte)(p)[:]) }

func store64(p unsafe.Pointer, x uint64) { binary.LittleEndian.PutUint64((*[8]byte)(p)[:], x) }

// loadTail returns the 1 to 7 bytes at p as a word, filled up with blanks.
func loadTail(p unsafe.Pointer, n int) uint64 {
	var x uint64
	if n >= 4 {
		x = uint64(binary.LittleEndian.Uint32((*[4]byte)(p)[:])) |
			uint64(binary.LittleEndian.Uint32((*[4]byte)(unsafe.Add(p, n-4))[:]))<<(uint(n-4)*8)
	} else {
		x = uint64(*(*byte)(p)) | uint64(*(*byte)(unsafe.Add(p, n>>1)))<<(uint(n>>1)*8) |
			uint64(*(*byte)(unsafe.Add(p, n-1)))<<(uint(n-1)*8)
	}
	return x | ones*0x20<<(uint(n)*8)
}

// copyRunes copies the run of bytes above ASCII at the start of src, with U+FFFD for each byte that is not
// part of valid UTF-8. It gives the bytes used and made. It stops early, after a replacement, as that may
// make more than it uses. dst has room bytes more than src.
func copyRunes(dst []byte, src string) (used, made int) {
	for used < len(src) && src[used] >= utf8.RuneSelf {
		if used+2 < len(src) {
			// Three bytes, without the leads whose second byte is restricted (RFC 3629, section 4).
			a, b, c := src[used], src[used+1], src[used+2]
			if a > 0xE0 && a < 0xF0 && a != 0xED && b&0xC0 == 0x80 && c&0xC0 == 0x80 {
				dst[used], dst[used+1], dst[used+2] = a, b, c
				used += 3
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(src[used:])
		if r == utf8.RuneError && size == 1 {
			return used + 1, used + copy(dst[used:], "\uFFFD")
		}
		copy(dst[used:], src[used:used+size])
		used += size
	}
	return used, used
}

// grow returns dst with at least n bytes free, at least doubling it.
func grow(dst []byte, n int) []byte {
	size := max(2*cap(dst), len(dst)+n, 64)
	out := make([]byte, len(dst), size)
	copy(out, dst)
	return out
}

// escaped returns s escaped.
func escaped(s string) string {
	return string(appendEscaped(make([]byte, 0, len(s)+room), s))
}
