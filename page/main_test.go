package page_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(processName); name != "" {
		os.Exit(serveProcess(name))
	}
	goleak.VerifyTestMain(m)
}
