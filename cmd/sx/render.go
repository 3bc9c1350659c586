package main

import (
	"context"
	"fmt"

	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

func renderCommand() *command {
	return &command{
		name:  "render",
		usage: "[-e EXPR] [--wire html|sx] [--io] [FILE]",
		short: "prints the markup of everything at top level",
		run:   runRender,
	}
}

func runRender(ctx context.Context, c *call) error {
	expr := c.flags.String("e", "", "the `expr`ession to render, after the definitions of FILE")
	wire := c.flags.String("wire", "html", "html, or sx for what a browser would be sent (`format`)")
	withIO := c.flags.Bool("io", false, "allow primitives that reach the world outside, such as now and fetch")
	if err := c.parse(1); err != nil {
		return err
	}
	if *wire != "html" && *wire != "sx" {
		return usagef("--wire is %q; html or sx was expected", *wire)
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	prog, done, err := c.program(*expr, "markup", *withIO)
	if err != nil {
		return err
	}
	defer done()
	if prog.MainLambda().IsNil() {
		return nil
	}
	r := render.New(prog)
	if *wire == "sx" {
		text, err := r.WireValue(ctx, prog.MainLambda())
		if err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, text)
		return nil
	}
	if err := r.Value(ctx, c.stdout, prog.MainLambda()); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout)
	return nil
}

// program loads what -e, FILE and stdin hold. mode says what the forms at top level that define nothing are; see
// sx.WithMain. done ends what the program uses.
func (c *call) program(expr, mode string, withIO bool) (prog *sx.Program, done func(), err error) {
	srcs, err := c.sources(expr)
	if err != nil {
		return nil, nil, err
	}
	opts, done, err := languageOptions(withIO)
	if err != nil {
		return nil, nil, err
	}
	if prog, err = sx.LoadSources(srcs, append(opts, sx.WithMain(mode))...); err != nil {
		done()
		if !withIO {
			err = needsIO(err)
		}
		return nil, nil, err
	}
	return prog, done, nil
}
