package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/page"
)

// What a server is told about the process and not about its pages comes from flags, else from the environment, else
// from (defconfig …): see page.Settings. A flag that is given sets its variable, so that there is one order for
// everything, this process and the programs that it starts.

// settingFlags are the flags of a server, and their variables.
var settingFlags = []struct{ flag, variable, usage string }{
	{"addr", "SX_ADDR", "the `address` to listen on; else SX_ADDR, PORT, :addr of defconfig, :8080"},
	{"metrics-addr", "SX_METRICS_ADDR", "serve /metrics for Prometheus on this `address`; else SX_METRICS_ADDR, :metrics-addr"},
	{"data", "SX_DATA", "the `folder` for what the application keeps; else SX_DATA, :data, data"},
	{"grace", "SX_GRACE", "how long a shutdown may take (`duration`); else SX_GRACE, :grace, 10s"},
	{"log-format", "SX_LOG_FORMAT", "text or json (`format`); else SX_LOG_FORMAT, :log-format, text"},
}

// settings defines the flags of a server, without those that it does not take.
func (c *call) settings(without ...string) {
	for _, s := range settingFlags {
		if !slices.Contains(without, s.flag) {
			c.flags.String(s.flag, "", s.usage)
		}
	}
}

// apply puts the flags that were given into the environment, once they are parsed. What cannot be is wrong usage.
func (c *call) apply() error {
	var err error
	c.flags.Visit(func(f *flag.Flag) {
		for _, s := range settingFlags {
			if s.flag != f.Name {
				continue
			}
			v := f.Value.String()
			if s.flag == "data" && v != "" {
				v, err = filepath.Abs(v) // a program that is started may run elsewhere
			}
			if v == "" {
				err = usagef("--%s is empty", f.Name)
			} else if e := os.Setenv(s.variable, v); e != nil {
				err = e
			}
		}
	})
	if err != nil {
		return err
	}
	if _, bad := page.Grace(os.Getenv("SX_GRACE")); bad != nil {
		if c.isGiven("grace") {
			return usagef("%s", strings.Replace(bad.Error(), "SX_GRACE", "--grace", 1))
		}
		return usagef("%v", bad)
	}
	switch format := os.Getenv("SX_LOG_FORMAT"); format {
	case "", "text", "json":
	default:
		what := "SX_LOG_FORMAT"
		if c.isGiven("log-format") {
			what = "--log-format"
		}
		return usagef("%s is %q; text or json was expected", what, format)
	}
	return nil
}
