package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// builtSite is the application that stands behind this executable.
type builtSite struct {
	files fs.FS
	name  string
	close func() error
}

// findBuiltSite returns the application behind this executable, or nil.
func findBuiltSite() (*builtSite, error) {
	path, err := ownPath()
	if err != nil {
		return nil, nil // without a name there is nothing to look at
	}
	app, _, closeFile, ok, err := openArchive(path)
	if err != nil || !ok {
		return nil, err
	}
	return &builtSite{files: app, name: filepath.Base(path), close: closeFile}, nil
}

// ownPath returns the file of this program. Where /proc is missing, as in a bare chroot, it is what the program was
// started as.
func ownPath() (string, error) {
	path, err := os.Executable()
	if err == nil {
		return path, nil
	}
	return exec.LookPath(os.Args[0])
}

func builtCommand(b *builtSite) *command {
	return &command{
		name:  b.name,
		usage: "[--addr :8080] [--nats embedded] [--metrics-addr ADDR] [--data FOLDER] [--grace 10s] [--log-format text|json] [--licenses]",
		short: "serves the site in this executable; SX_ADDR or PORT set the address",
		run:   b.run,
	}
}

// run serves with production defaults.
func (b *builtSite) run(ctx context.Context, c *call) error {
	c.settings()
	natsHow := c.flags.String("nats", "", "embedded: `start` a NATS server in this process; see also NATS_URL")
	startOnly := c.flags.Bool("start-only", false, "load the site, say how long that took, and end")
	licenses := c.licensesFlag()
	if err := c.parse(0); err != nil {
		return err
	}
	if *licenses {
		return c.printLicenses()
	}
	if err := c.apply(); err != nil {
		return err
	}
	said, err := page.ReadSettings(b.files)
	if err != nil {
		return err
	}
	log := productionLog(c.stderr, cmp.Or(os.Getenv("SX_LOG_FORMAT"), said.LogFormat))
	began := time.Now()
	opts := []page.Option{page.WithLogger(log)}
	broker, closer, err := brokerFrom(ctx, log, *natsHow)
	if err != nil {
		return err
	}
	if broker != nil {
		defer closer.Close() // after the application, whose last events it sends
		opts = append(opts, page.WithBroker(broker))
	}
	app, err := page.New(b.files, opts...)
	if err != nil {
		return err
	}
	if *startOnly {
		fmt.Fprintln(c.stdout, took(time.Since(began)))
		return app.Shutdown(ctx)
	}
	s := &page.Server{
		Log:     log,
		Started: func(url string) { log.Info("listening", "url", url, "start", took(time.Since(began))) },
	}
	return serving(s.Run(ctx, app), "SX_ADDR or --addr")
}

// productionLog writes to w in a format, text or json.
func productionLog(w io.Writer, format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// runBuilt is the whole program when an application stands behind it.
func runBuilt(ctx context.Context, b *builtSite, args []string, stdout, stderr io.Writer) int {
	defer b.close()
	c := newCall(builtCommand(b), args, strings.NewReader(""), stdout, stderr)
	c.name = b.name
	return c.finish(c.cmd.run(ctx, c))
}
