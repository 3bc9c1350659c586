package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func serveCommand() *command {
	return &command{
		name:  "serve",
		usage: "[DIR] [--addr :8080] [--open] [--no-reload] [--metrics-addr ADDR] [--data FOLDER] [--grace 10s]",
		short: "serves an application for development, reloading what changes",
		run:   runServe,
	}
}

func runServe(ctx context.Context, c *call) error {
	c.settings("log-format") // what development prints is for people
	open := c.flags.Bool("open", false, "open the page in a browser")
	noReload := c.flags.Bool("no-reload", false, "do not watch for changes")
	if err := c.parse(1); err != nil {
		return err
	}
	if err := c.apply(); err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	said, err := page.ReadSettings(os.DirFS(dir))
	if err != nil {
		return err
	}
	if !isGoApp(dir) {
		c.noteEmpty(dir)
	}
	opened := func(url string) {
		fmt.Fprintf(c.stdout, "serving %s at %s\n", dir, url)
		if *open {
			if err := openBrowser(url); err != nil {
				fmt.Fprintf(c.stderr, "cannot open a browser: %v\n", err)
			}
		}
	}
	if isGoApp(dir) {
		ctx, stop := interruptible(ctx)
		defer stop()
		return (&goServer{dir: dir, addr: said.Addr, reload: !*noReload, stdout: c.stdout, stderr: c.stderr, opened: opened}).run(ctx)
	}

	log := slog.New(newDevLog(c.stderr))
	site := &devSite{call: c, dir: dir, log: log, said: said}
	if err := site.load(nil); err != nil && *noReload {
		return errors.Join(errReported, site.Shutdown(ctx))
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer func() { cancel(); watching.Wait() }()
	if !*noReload {
		w, err := newWatcher(dir)
		if err != nil {
			return errors.Join(fmt.Errorf("cannot watch %s (use --no-reload): %w", dir, err), site.Shutdown(ctx))
		}
		watching.Go(func() { // ends with ctx
			if err := w.run(ctx, site.changed); err != nil {
				log.Error("watching ended: changes are no longer seen", "err", err)
			}
		})
	}
	s := &page.Server{Log: log, Started: opened}
	return serving(s.Run(ctx, site), "--addr")
}

// noteEmpty says that a folder holds nothing to serve, as the wrong one does.
func (c *call) noteEmpty(dir string) (empty bool) {
	files, err := sx.ReadFiles(os.DirFS(dir), "")
	if err != nil || len(files) > 0 {
		return false
	}
	if _, err := os.Stat(filepath.Join(dir, "public")); err == nil {
		return false
	}
	fmt.Fprintf(c.stderr, "%s holds no .sx file and no folder public: there is nothing to serve\n", dir)
	return true
}

// devSite is an application that is loaded anew when its files change. While it has never loaded it answers with
// what is wrong.
type devSite struct {
	call *call
	dir  string
	log  *slog.Logger
	said page.Settings

	mu      sync.Mutex // one load at a time
	app     atomic.Pointer[page.App]
	failure atomic.Pointer[string]
}

// load loads the application, or loads it again. What is wrong has been printed when it returns.
func (d *devSite) load(changed []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	began := time.Now()
	var err error
	app := d.app.Load()
	if app != nil {
		err = app.Reload(os.DirFS(d.dir))
	} else if app, err = page.New(os.DirFS(d.dir), devOptions(d.dir, cmp.Or(d.said.Data, "data"), d.log)...); err == nil {
		d.app.Store(app)
	}
	if err != nil {
		text := sx.Explain(err)
		d.failure.Store(&text)
		d.call.report(d.call.stderr, err)
		return err
	}
	d.failure.Store(nil)
	if warnings := app.Program().Diagnostics(); len(warnings) > 0 {
		d.call.report(d.call.stderr, warnings)
	}
	if changed != nil {
		d.log.Info(fmt.Sprintf("reloaded in %s: %s%s", took(time.Since(began)), summary(changed), compiled(app.Program().Analyzed())))
	}
	return nil
}

// changed loads the application again, when something that belongs to it is among what changed.
func (d *devSite) changed(paths []string) {
	paths = slices.DeleteFunc(paths, func(name string) bool { return !d.partOf(name) })
	if len(paths) > 0 {
		d.load(paths)
	}
}

// partOf tells what of a folder an application consists of. Other files may be anything, the log of this server included.
func (d *devSite) partOf(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	switch {
	case strings.HasSuffix(name, ".sx"), slices.Contains([]string{".", "assets", "public", "migrations"}, top),
		slices.Contains([]string{"package.json", "package-lock.json", "tsconfig.json"}, name): // these are the bundler's
		return true
	}
	if info, err := os.Stat(filepath.Join(d.dir, filepath.FromSlash(name))); err == nil {
		return info.IsDir()
	}
	return path.Ext(name) == "" // it is gone, and may have been a folder
}

// devOptions are those of an application under development; its data stay in its own folder.
func devOptions(dir, data string, log *slog.Logger) []page.Option {
	if !filepath.IsAbs(data) {
		data = filepath.Join(dir, data)
	}
	return []page.Option{
		page.WithDevelopment(), page.WithLogger(log), page.WithData(data),
		page.WithBundler(newBundler(filepath.Join(dir, "assets"))),
	}
}

func (d *devSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if app := d.app.Load(); app != nil {
		app.ServeHTTP(w, r)
		return
	}
	text := "The application is being loaded."
	if f := d.failure.Load(); f != nil {
		text = *f
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, failurePage, html.EscapeString(text))
}

// failurePage asks again by itself: there is no application yet whose stream could tell that it has been repaired.
const failurePage = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Does not load</title>
<style>body{margin:0;padding:2.5rem;background:#14171f;color:#e8ecf5;font:15px/1.6 ui-monospace,Menlo,Consolas,monospace}
h1{font:600 1.3rem system-ui,sans-serif;color:#ff7b8e}pre{white-space:pre-wrap}p{color:#8d97ad;font-family:system-ui,sans-serif}</style>
<h1>The application does not load</h1><pre>%s</pre><p>This page asks again every second.</p>
`

// Settings returns what (defconfig …) said at the start, whether or not the application loads.
func (d *devSite) Settings() page.Settings { return d.said }

// Drain tells open streams to come back.
func (d *devSite) Drain(ctx context.Context) error {
	if app := d.app.Load(); app != nil {
		return app.Drain(ctx)
	}
	return nil
}

// Shutdown closes the application.
func (d *devSite) Shutdown(ctx context.Context) error {
	if app := d.app.Load(); app != nil {
		return app.Shutdown(ctx)
	}
	return nil
}

// WriteMetrics writes the application's measures.
func (d *devSite) WriteMetrics(w io.Writer) {
	if app := d.app.Load(); app != nil {
		app.WriteMetrics(w)
	}
}

// compiled says which definitions were compiled.
func compiled(names []string) string {
	// The built-in parts of a page belong to the program, and a stream of theirs is new each time.
	ours := func(n string) bool {
		return strings.HasPrefix(n, "~shared:") || strings.HasPrefix(n, "~sx-") || n == "db-transaction"
	}
	if names = slices.DeleteFunc(slices.Clone(names), ours); len(names) == 0 {
		return ""
	}
	return "; compiled " + summary(names)
}

func summary(paths []string) string {
	if len(paths) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:2], ", "), len(paths)-2)
	}
	return strings.Join(paths, ", ")
}

// openBrowser opens a page in BROWSER, the convention of xdg-open, or in what the system has for that.
func openBrowser(url string) error {
	name, args := "xdg-open", []string{url}
	switch browser := os.Getenv("BROWSER"); {
	case browser != "":
		name = browser
	case runtime.GOOS == "darwin":
		name = "open"
	case runtime.GOOS == "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // ends with the opener
	return nil
}
