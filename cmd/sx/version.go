package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/sx-framework/sxgo/cmd/sx/notices"
)

func versionCommand() *command {
	return &command{
		name:  "version",
		usage: "[--licenses]",
		short: "prints the version of sx and of Go",
		run: func(_ context.Context, c *call) error {
			licenses := c.licensesFlag()
			if err := c.parse(0); err != nil {
				return err
			}
			if *licenses {
				return c.printLicenses()
			}
			fmt.Fprintf(c.stdout, "sx %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

func (c *call) licensesFlag() *bool {
	return c.flags.Bool("licenses", false, "print the licenses of everything in this executable")
}

func (c *call) printLicenses() error {
	text, err := notices.Own()
	if err != nil {
		return err
	}
	_, err = io.WriteString(c.stdout, text)
	return err
}

// version is the module's version, or the commit it was built from, or "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
