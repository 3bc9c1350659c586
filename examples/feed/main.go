// Command feed follows another SX server's stream and publishes it on a page of its own:
//
//	go run ./examples/ticker
//	go run ./examples/feed
//
// FEED_FROM or an argument names another stream, and SX_ADDR where to listen: 127.0.0.1:8081 by default.
package main

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

//go:embed app.sx assets
var files embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "feed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	from := cmp.Or(os.Getenv("FEED_FROM"), "http://127.0.0.1:8080/stream/orders")
	switch len(args) {
	case 0:
	case 1:
		from = args[0]
	default:
		return fmt.Errorf("usage: feed [URL-OF-A-STREAM]")
	}
	app, err := page.New(files)
	if err != nil {
		return err
	}
	addr := os.Getenv("SX_ADDR")
	if addr == "" {
		addr = "127.0.0.1:8081"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go func() { // ends with ctx, or when the stream is over for good
		if err := follow(ctx, from, app); err != nil && ctx.Err() == nil {
			slog.Error("the stream is over", "url", from, "err", err)
		}
	}()
	fmt.Printf("http://%s\n", l.Addr())
	return app.Serve(ctx, l)
}

// follow publishes what arrives until ctx ends or there is no use in trying again. The client comes back by itself, after the last event it got.
func follow(ctx context.Context, url string, app *page.App) error {
	c := &live.Client{URL: url, OnRetry: func(_ int, err error, wait time.Duration) error {
		slog.Info("connecting again", "after", wait.Round(time.Millisecond), "because", err)
		return nil
	}}
	for e, err := range c.Events(ctx) {
		if err != nil {
			return err
		}
		if e.Name != render.EventResolve {
			continue
		}
		var f struct{ ID, Key, HTML, SX string }
		if err := json.Unmarshal([]byte(e.Data), &f); err != nil {
			slog.Warn("a frame that is no JSON", "err", err)
			continue
		}
		// Another server's markup is not ours to show: its text is.
		message, err := sx.FromGo(map[string]any{"slot": f.ID, "key": f.Key, "text": text(f.HTML + f.SX)})
		if err != nil {
			return err
		}
		if err := app.Publish("feed", message); err != nil {
			return err
		}
	}
	return nil
}

var tag = regexp.MustCompile(`<[^>]*>`)

func text(markup string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(markup, " "))), " ")
}
