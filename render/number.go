package render

import (
	"strconv"

	"github.com/sx-framework/sxgo/sx"
)

const digitPairs = "00010203040506070809" +
	"10111213141516171819" + "20212223242526272829" + "30313233343536373839" + "40414243444546474849" +
	"50515253545556575859" + "60616263646566676869" + "70717273747576777879" + "80818283848586878889" +
	"90919293949596979899"

// appendNumber appends f as ECMAScript prints it.
func appendNumber(dst []byte, f float64) []byte {
	n := int64(f)
	if float64(n) != f {
		return sx.AppendNumber(dst, f)
	}
	if uint64(n) < 100 { // spares most numbers of a page the call
		if n < 10 {
			return append(dst, '0'+byte(n))
		}
		return append(dst, digitPairs[2*n], digitPairs[2*n+1])
	}
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	return appendUint(dst, uint64(n))
}

// appendUint appends n in decimal. Small numbers, by far the most, are written in place two digits a step.
func appendUint(dst []byte, n uint64) []byte {
	switch {
	case n < 10:
		return append(dst, '0'+byte(n))
	case n < 100:
		return append(dst, digitPairs[2*n], digitPairs[2*n+1])
	case n < 1000:
		q := n / 100
		r := 2 * (n - 100*q)
		return append(dst, '0'+byte(q), digitPairs[r], digitPairs[r+1])
	case n < 10000:
		q := n / 100
		r := 2 * (n - 100*q)
		q *= 2
		return append(dst, digitPairs[q], digitPairs[q+1], digitPairs[r], digitPairs[r+1])
	case n < 100_000_000:
		q := n / 10000
		r := n - 10000*q
		dst = appendUint(dst, q)
		q = r / 100
		r = 2 * (r - 100*q)
		q *= 2
		return append(dst, digitPairs[q], digitPairs[q+1], digitPairs[r], digitPairs[r+1])
	}
	return strconv.AppendUint(dst, n, 10)
}
