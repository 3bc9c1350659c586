package main

import (
	"context"
	"io"
)

// Main is main, for the scripts.
func Main() { main() }

// Run is run, for tests that look at one command without a process.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return run(ctx, args, stdin, stdout, stderr)
}

// IsBuilt reports whether an application stands behind this executable.
func IsBuilt() bool {
	built, err := findBuiltSite()
	return built != nil || err != nil
}
