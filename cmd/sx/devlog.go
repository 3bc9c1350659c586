package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// devLog is a slog.Handler for people: the time, the message, and what else there is to say.
type devLog struct {
	out    io.Writer
	mu     *sync.Mutex
	colour bool
	prefix string
}

func newDevLog(out io.Writer) *devLog {
	return &devLog{out: out, mu: &sync.Mutex{}, colour: coloured(out)}
}

// Enabled implements slog.Handler.
func (d *devLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// WithAttrs implements slog.Handler.
func (d *devLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *d
	for _, a := range attrs {
		c.prefix += attrText(a)
	}
	return &c
}

// WithGroup implements slog.Handler; groups are left out: they mean nothing to people.
func (d *devLog) WithGroup(string) slog.Handler { return d }

// Handle implements slog.Handler.
func (d *devLog) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	b.WriteString(r.Time.Format("15:04:05 "))
	switch {
	case r.Level >= slog.LevelError:
		d.paint(&b, "\x1b[31m", "error ")
	case r.Level >= slog.LevelWarn:
		d.paint(&b, "\x1b[33m", "warning ")
	}
	b.WriteString(strings.TrimRight(r.Message, "\n"))
	b.WriteString(d.prefix)
	explained := ""
	r.Attrs(func(a slog.Attr) bool {
		var e *sx.Error
		if err, ok := a.Value.Any().(error); ok && errors.As(err, &e) {
			explained = "\n" + strings.TrimRight(sx.Explain(err), "\n")
		} else if a.Key != "at" { // the explanation has the chain with its places
			b.WriteString(attrText(a))
		}
		return true
	})
	b.WriteString(explained)
	b.WriteByte('\n')
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.out.Write(b.Bytes())
	return err
}

func (d *devLog) paint(b *bytes.Buffer, code, text string) {
	if d.colour {
		text = code + text + "\x1b[0m"
	}
	b.WriteString(text)
}

func attrText(a slog.Attr) string {
	text := a.Value.Resolve().String()
	if strings.Contains(text, "\n") {
		return fmt.Sprintf("\n  %s: %s", a.Key, strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  "))
	}
	return fmt.Sprintf("  %s %s", a.Key, text)
}

// took rounds a duration to what people care about.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
