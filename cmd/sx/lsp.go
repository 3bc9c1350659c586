package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/sx-framework/sxgo/cmd/sx/internal/lsp"
	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func lspCommand() *command {
	return &command{
		name:  "lsp",
		usage: "",
		short: "serves an editor on standard input and output",
		run:   runLSP,
	}
}

func runLSP(ctx context.Context, c *call) error {
	c.flags.Bool("stdio", true, "speak on standard input and output, which is all there is")
	if err := c.parse(0); err != nil {
		return err
	}
	if terminal(c.stdin) {
		io.WriteString(c.stderr, "sx lsp speaks the Language Server Protocol: an editor starts it, see /editors of the documentation\n")
	}
	if !lsp.Run(ctx, lsp.Config{Open: openApplication, Version: version(), Log: c.stderr}, c.stdin, c.stdout) {
		return errReported
	}
	return nil
}

// application is an application that an editor works on. It is loaded as sx check does, again and again.
type application struct {
	opts []page.Option
	app  *page.App
}

var _ lsp.Application = (*application)(nil)

func openApplication(dir string, alone bool, opts ...sx.Option) lsp.Application {
	if alone {
		opts = append(opts, sx.WithMain("value"))
	}
	return &application{opts: []page.Option{
		page.WithDevelopment(), page.WithTests(), page.WithLogger(slog.New(slog.DiscardHandler)),
		page.WithBundler(newBundler(filepath.Join(dir, "assets"))), page.WithProgram(opts...),
	}}
}

// Load implements lsp.Application. What did not change since the last load that went well is taken over from it.
func (a *application) Load(files *lsp.Files) (err error) {
	fsys := withoutMigrations{files}
	if a.app != nil {
		return a.app.Reload(fsys)
	}
	a.app, err = page.New(fsys, a.opts...)
	return err
}

// Close implements lsp.Application.
func (a *application) Close() {
	if a.app != nil {
		a.app.Shutdown(context.Background())
	}
}
