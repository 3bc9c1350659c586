package main

import (
	"fmt"
	"io"
)

// report prints an error for people.
func (c *call) report(w io.Writer, err error) { fmt.Fprintln(w, err) }
