package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/sx-framework/sxgo/page"
)

// serving returns the error of a page.Server in this command's words; other says how to choose another address.
func serving(err error, other string) error {
	switch {
	case errors.Is(err, page.ErrInterrupted):
		return errReported // in the log
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w; choose another with %s", err, other)
	}
	return err
}
