// Command ticker serves prices that come from Go: start it with "go run ./examples/ticker" and open the address it prints.
package main

import (
	"context"
	"embed"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/sx-framework/sxgo/page"
)

//go:embed app.sx assets
var files embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ticker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	app, err := newApp()
	if err != nil {
		return err
	}
	addr := os.Getenv("SX_ADDR")
	if addr == "" {
		addr = "127.0.0.1:8080"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	return app.Serve(ctx, l)
}

func newApp(opts ...page.Option) (*page.App, error) {
	m := &market{}
	return page.New(files, append([]page.Option{
		page.WithStream("/stream/prices", m.prices),
		page.WithStream("/stream/orders", m.orders),
		page.WithStream("/stream/numbers", numbers),
		page.WithPrimitive("account-balance", "(account-balance trader)", m.balance),
	}, opts...)...)
}
