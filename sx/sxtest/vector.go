package sxtest

import "fmt"

// Cut calls f with data cut into pieces in every way that a network may: whole, byte by byte, and in two at
// every offset, so between CR and LF and inside a character too. name says which cut it is. The pieces
// share data's bytes.
func Cut(data []byte, f func(name string, pieces [][]byte)) {
	f("whole", [][]byte{data})
	single := make([][]byte, len(data))
	for i := range data {
		single[i] = data[i : i+1]
	}
	f("byte by byte", single)
	for i := 1; i < len(data); i++ {
		f(fmt.Sprintf("cut at %d", i), [][]byte{data[:i], data[i:]})
	}
}
