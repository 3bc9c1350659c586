package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/sx-framework/sxgo/sx"
)

func evalCommand() *command {
	return &command{
		name:  "eval",
		usage: "[-e EXPR] [--io] [FILE]",
		short: "prints the value of the last expression",
		run:   runEval,
	}
}

func runEval(ctx context.Context, c *call) error {
	expr := c.flags.String("e", "", "the `expr`ession to evaluate, after the definitions of FILE")
	withIO := c.flags.Bool("io", false, "allow primitives that reach the world outside, such as now and fetch")
	if err := c.parse(1); err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	prog, done, err := c.program(*expr, "value", *withIO)
	if err != nil {
		return err
	}
	defer done()
	if prog.MainLambda().IsNil() { // definitions alone
		fmt.Fprintln(c.stdout, "nil")
		return nil
	}
	v, err := prog.Main(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, sx.Serialize(v))
	return nil
}

// sources returns what -e, FILE and stdin hold, in the order in which it is to be loaded.
func (c *call) sources(expr string) ([]*sx.Source, error) {
	var srcs []*sx.Source
	if len(c.args) > 0 && c.args[0] != "-" {
		name := c.args[0]
		text, err := os.ReadFile(name)
		if err != nil && strings.HasPrefix(name, "(") {
			return nil, usagef("%s is not a file; write -e before an expression", name)
		}
		if err != nil {
			return nil, usagef("%v", plainPathError(err))
		}
		srcs = append(srcs, sx.NewSource(filepath.ToSlash(name), string(text)))
	}
	switch given := c.isGiven("e"); {
	case given:
		srcs = append(srcs, sx.NewSource("-e", expr))
	case len(srcs) == 0:
		if len(c.args) == 0 && terminal(c.stdin) {
			return nil, usagef("-e EXPR or a FILE is missing")
		}
		text, err := io.ReadAll(c.stdin)
		if err != nil {
			return nil, err
		}
		srcs = append(srcs, sx.NewSource("stdin", string(text)))
	}
	return srcs, nil
}

// needsIO says of names that exist outside only how to allow them.
func needsIO(err error) error {
	var found sx.Diagnostics
	if !errors.As(err, &found) || !slices.ContainsFunc(found, func(e *sx.Error) bool { return e.Kind == sx.UndefinedError }) {
		return err
	}
	outside, done, failed := outsidePrimitives()
	if failed != nil {
		return err
	}
	defer done()
	for _, e := range found {
		for _, p := range outside {
			rest, ok := strings.CutPrefix(e.Message, "undefined symbol: "+p.Name)
			if e.Kind == sx.UndefinedError && ok && (rest == "" || rest[0] == ' ') {
				e.Message = p.Name + " reaches the world outside: allow it with --io"
			}
		}
	}
	return err
}

// interruptible returns a context that ends with the first SIGINT or SIGTERM.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

// plainPathError drops the system call's name: "open x.sx: no such file" reads better without "open".
func plainPathError(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}
