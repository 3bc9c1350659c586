package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/sx-framework/sxgo/page"
)

// graceFrom reads SX_GRACE. A value that means nothing is wrong usage.
func graceFrom() (time.Duration, error) {
	grace, err := page.Grace(os.Getenv("SX_GRACE"))
	if err != nil {
		return 0, usagef("%v", err)
	}
	return grace, nil
}

// serving gives the error of a page.Server in this command's words; other says how to choose another address.
func serving(err error, other string) error {
	switch {
	case errors.Is(err, page.ErrInterrupted):
		return errReported // in the log
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w; choose another with %s", err, other)
	}
	return err
}
