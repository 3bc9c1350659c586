// Command templ serves pages in which components of templ and of SX stand inside each other: start it with
// "go run ./examples/templ" and open the address it prints.
package main

import (
	"context"
	"embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/a-h/templ"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// parts_templ.go is made by "templ generate -f parts.templ", version 0.3.977.

//go:embed app.sx assets
var files embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "templ:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	app, handler, err := newSite()
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
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { // ends with ctx, as main does
		<-ctx.Done()
		app.Shutdown(context.Background())
		srv.Shutdown(context.Background())
	}()
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// newSite makes the SX application, whose pages use templ's components, and beside it a page of templ's that
// uses a component of SX.
func newSite(opts ...page.Option) (*page.App, http.Handler, error) {
	app, err := page.New(files, append(opts, page.WithProgram(
		render.WithTempl("~price", "(&key amount currency)", price),
		render.WithTempl("~frame", "(&key title &rest children)", frame)))...)
	if err != nil {
		return nil, nil, err
	}
	line, err := render.New(app.Program()).Component("~shop/line")
	if err != nil {
		return nil, nil, err
	}
	tea := line.With(sx.Arg{Name: "name", Value: sx.String("Tea & biscuits")}, sx.Arg{Name: "amount", Value: sx.Number(4.5)})
	mux := http.NewServeMux()
	mux.Handle("GET /receipt", templ.Handler(receipt(tea)))
	mux.Handle("/", app)
	return app, mux, nil
}
