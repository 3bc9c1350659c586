// Command gen writes licenses.gen.txt.gz, the licenses of what the sx command is linked from.
package main

import (
	"context"
	"log"
	"os"

	"github.com/sx-framework/sxgo/cmd/sx/notices"
)

func main() {
	// Of one system, so that everybody generates the same.
	text, err := notices.Collect(context.Background(), "..", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	if err != nil {
		log.Fatal(err)
	}
	if old, err := notices.Own(); err == nil && old == text {
		return // another version of Go may pack the same text differently
	}
	data, err := notices.Pack(text)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("licenses.gen.txt.gz", data, 0o644); err != nil {
		log.Fatal(err)
	}
}
