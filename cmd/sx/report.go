package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// report prints an error: for people as blocks with the source line and a caret, or as JSON.
func (c *call) report(w io.Writer, err error) {
	if c.json {
		fmt.Fprintf(w, "%s\n", sx.ExplainJSON(err))
		return
	}
	text := strings.TrimRight(sx.Explain(err), "\n")
	if coloured(w) {
		text = colour(text)
	}
	fmt.Fprintln(w, text)
}

// terminal reports whether a stream is a terminal.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	// The null device is a character device too, and nobody reads it.
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull && !isNull(info)
}

func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

// coloured reports whether output may carry colours: on a terminal, unless NO_COLOR (https://no-color.org) is set.
func coloured(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(w)
}

// colour makes positions bold and carets red in the blocks of sx.Explain.
func colour(text string) string {
	const bold, red, dim, off = "\x1b[1m", "\x1b[31;1m", "\x1b[2m", "\x1b[0m"
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		bare := strings.TrimLeft(line, " ")
		switch {
		case line != "" && bare == line:
			lines[i] = bold + line + off
		case strings.Contains(line, "|") && strings.Contains(line, "^") && strings.Trim(line, " |^\t~") == "":
			lines[i] = strings.Replace(line, "^", red+"^", 1) + off
		case strings.HasPrefix(bare, "in ") || strings.Contains(bare, " is defined at "):
			lines[i] = dim + line + off
		}
	}
	return strings.Join(lines, "\n")
}
