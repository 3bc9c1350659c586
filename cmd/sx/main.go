package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Exit codes.
const (
	exitOK    = 0
	exitFault = 1 // the program is at fault
	exitUsage = 2 // the command was used wrongly
)

// command is one row of the table of commands.
type command struct {
	name  string
	usage string // what follows "sx NAME"
	short string // one line of help
	run   func(ctx context.Context, c *call) error
}

// commands in the order in which help lists them.
func commands() []*command {
	return []*command{
		newCommand(),
		serveCommand(),
		buildCommand(),
		checkCommand(),
		fmtCommand(),
		testCommand(),
		evalCommand(),
		renderCommand(),
		routesCommand(),
		replCommand(),
		lspCommand(),
		versionCommand(),
	}
}

func main() {
	built, err := findBuiltSite()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFault)
	}
	if built != nil {
		os.Exit(runBuilt(context.Background(), built, os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole command without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	list := commands()
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "", "help", "-h", "-help", "--help":
		return help(list, name, args, stdout, stderr)
	case "-version", "--version", "-v":
		name = "version"
	}
	i := slices.IndexFunc(list, func(c *command) bool { return c.name == name })
	if i < 0 {
		fmt.Fprintf(stderr, "sx: unknown command %q%s; sx help lists the commands\n", name, nearest(name, list))
		return exitUsage
	}
	c := newCall(list[i], args, stdin, stdout, stderr)
	return c.finish(list[i].run(ctx, c))
}

func help(list []*command, name string, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		for _, c := range list {
			if c.name == args[0] {
				return run(context.Background(), []string{c.name, "--help"}, strings.NewReader(""), stdout, stderr)
			}
		}
		fmt.Fprintf(stderr, "sx: no command %q%s\n", args[0], nearest(args[0], list))
		return exitUsage
	}
	out, code := stdout, exitOK
	if name == "" {
		out, code = stderr, exitUsage
	}
	fmt.Fprint(out, "sx serves, builds, checks, formats and tests SX applications.\n\nusage: sx COMMAND [flags] [DIR]\n\n")
	for _, c := range list {
		fmt.Fprintf(out, "  %-8s %s\n", c.name, c.short)
	}
	fmt.Fprint(out, "\nsx COMMAND --help tells more. DIR is the current folder when left out.\n")
	return code
}

// nearest returns ` (did you mean "x"?)` when a command is at most two edits away.
func nearest(name string, list []*command) string {
	best, least := "", 3
	for _, c := range list {
		if d := distance(name, c.name); d < least && d < len(c.name) {
			best, least = c.name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the number of characters to add, drop or change between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
