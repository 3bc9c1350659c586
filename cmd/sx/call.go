package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// call is one use of a command: its flags, its arguments and where it writes.
type call struct {
	cmd    *command
	name   string // what people type: "sx serve"
	flags  *flag.FlagSet
	given  []string // what stood on the command line after the command's name
	args   []string // what was no flag
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	json   bool
}

// errUsage is wrapped by errors that are the caller's fault; they end in exit code 2.
var errUsage = errors.New("usage")

// errHelp ends a command that was asked for its help.
var errHelp = errors.New("help")

// errReported ends a command whose errors have been printed already.
var errReported = errors.New("reported")

type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }
func (e *usageError) Unwrap() error { return errUsage }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

func newCall(cmd *command, args []string, stdin io.Reader, stdout, stderr io.Writer) *call {
	flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	c := &call{cmd: cmd, name: "sx " + cmd.name, flags: flags, given: args, stdin: stdin, stdout: stdout, stderr: stderr}
	flags.BoolVar(&c.json, "json", false, "give diagnostics as JSON")
	return c
}

// parse reads the flags, which may stand before, between and after the other arguments; "--" ends them. At most
// max other arguments are allowed; negative: any number.
func (c *call) parse(max int) error {
	rest := c.given
	for {
		if err := c.flags.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				c.help()
				return errHelp
			}
			// The flag package names a flag with one dash; people write two.
			return usagef("%s", strings.Replace(err.Error(), "not defined: -", "not defined: --", 1))
		}
		rest = c.flags.Args()
		if len(rest) == 0 {
			break
		}
		if used := len(c.given) - len(rest); used > 0 && c.given[used-1] == "--" {
			c.args = append(c.args, rest...)
			break
		}
		c.args = append(c.args, rest[0])
		rest = rest[1:]
	}
	if max >= 0 && len(c.args) > max {
		return usagef("unexpected argument %q", c.args[max])
	}
	return nil
}

// isGiven reports whether a flag stood on the command line, even with an empty value.
func (c *call) isGiven(name string) bool {
	found := false
	c.flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// dir returns the folder that the command is about, and checks that it is one.
func (c *call) dir() (string, error) {
	dir := "."
	if len(c.args) > 0 {
		dir = c.args[0]
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, os.ErrNotExist):
		return "", usagef("no folder %s", dir)
	case err != nil:
		return "", usagef("%v", err)
	case !info.IsDir():
		return "", usagef("%s is a file; %s takes a folder", dir, c.cmd.name)
	}
	return dir, nil
}

func (c *call) help() {
	fmt.Fprintf(c.stdout, "usage: %s\n\n%s\n\nflags:\n", strings.TrimSpace(c.name+" "+c.cmd.usage), c.cmd.short)
	c.flags.VisitAll(func(f *flag.Flag) {
		dashes, kind, def := "--", "", ""
		if len(f.Name) == 1 {
			dashes = "-"
		}
		name, usage := flag.UnquoteUsage(f)
		if name != "" {
			kind = " " + strings.ToUpper(name)
			usage = strings.Replace(usage, " ("+name+")", "", 1) // where it was only named for this column
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			def = fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(c.stdout, "  %-22s %s%s\n", dashes+f.Name+kind, usage, def)
	})
}

// finish prints what a command failed with, and gives the exit code.
func (c *call) finish(err error) int {
	switch {
	case err == nil, errors.Is(err, errHelp):
		return exitOK
	case errors.Is(err, errReported):
		return exitFault
	case errors.Is(err, errUsage):
		fmt.Fprintf(c.stderr, "%s: %v\nusage: %s\n", c.name, err, strings.TrimSpace(c.name+" "+c.cmd.usage))
		return exitUsage
	}
	c.report(c.stderr, err)
	return exitFault
}
