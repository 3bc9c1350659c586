package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func testCommand() *command {
	return &command{
		name:  "test",
		usage: "[-v] [--run PATTERN] [DIR]",
		short: "runs the suites of *_test.sx",
		run:   runTest,
	}
}

func runTest(ctx context.Context, c *call) error {
	verbose := c.flags.Bool("v", false, "name the tests that pass, too")
	pattern := c.flags.String("run", "", "only tests whose \"suite / name\" matches this `pattern`")
	if err := c.parse(1); err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	only, err := regexp.Compile(*pattern)
	if err != nil {
		return usagef("--run: %v", err)
	}
	// Tests get a database of their own, with all migrations; what the application keeps is left alone.
	tmp, err := os.MkdirTemp("", "sx-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	app, err := page.New(os.DirFS(dir), page.WithDevelopment(), page.WithTests(), page.WithLogger(slog.New(slog.DiscardHandler)),
		page.WithDatabase(filepath.Join(tmp, "test.db")), page.WithData(tmp), page.WithBundler(newBundler(filepath.Join(dir, "assets"))))
	if err != nil {
		return c.notLoaded(dir, err)
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	began := time.Now()
	err = c.printResults(app.Program().RunTests(ctx, 0), only, *verbose, began)
	return errors.Join(err, app.Shutdown(context.Background()))
}

func (c *call) printResults(results []sx.TestResult, only *regexp.Regexp, verbose bool, began time.Time) error {
	passed, failed := 0, 0
	for _, r := range results {
		name := r.Name
		if r.Suite != "" {
			name = r.Suite + " / " + r.Name
		}
		switch {
		case !only.MatchString(name):
		case r.Err != nil:
			failed++
			fmt.Fprintf(c.stdout, "FAIL %s\n", name)
			c.report(c.stdout, r.Err)
		default:
			passed++
			if verbose {
				fmt.Fprintf(c.stdout, "ok   %s\n", name)
			}
		}
	}
	if passed+failed == 0 {
		fmt.Fprintln(c.stdout, "no tests to run")
		return nil
	}
	fmt.Fprintf(c.stdout, "%d passed, %d failed in %s\n", passed, failed, took(time.Since(began)))
	if failed > 0 {
		return errReported
	}
	return nil
}
