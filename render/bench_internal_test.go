package render

import (
	"html"
	"strings"
	"testing"
)

func BenchmarkEscape(b *testing.B) {
	for _, c := range []struct{ name, s string }{
		{"plain500", strings.Repeat("plain text here ", 32)},
		{"dense500", strings.Repeat(`Tom & "Jerry" <said> it's `, 20)},
		{"short", "42%"},
		{"word", "fortune"},
		{"cjk", strings.Repeat("フレームワークのベンチマーク", 10)},
	} {
		b.Run(c.name, func(b *testing.B) {
			buf := make([]byte, 0, 8192)
			b.SetBytes(int64(len(c.s)))
			b.ReportAllocs()
			for b.Loop() {
				buf = appendEscaped(buf[:0], c.s)
			}
		})
		b.Run(c.name+"/std", func(b *testing.B) {
			b.SetBytes(int64(len(c.s)))
			for b.Loop() {
				html.EscapeString(c.s)
			}
		})
	}
}
