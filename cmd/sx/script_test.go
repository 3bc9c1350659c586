package main_test

import (
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	main "github.com/sx-framework/sxgo/cmd/sx"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

// TestMain makes the test's own executable the sx command of the scripts, and a site when sx build put one behind
// a copy of it.
func TestMain(m *testing.M) {
	if main.IsBuilt() {
		main.Main()
	}
	testscript.Main(m, map[string]func(){"sx": main.Main})
}

// TestScript runs testdata/script/*.txtar, one behaviour of the command per file.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("HOME", env.WorkDir)
			root, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			env.Setenv("ROOT", root)
			// Where Go keeps modules and builds, for scripts that use it.
			for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPATH"} {
				out, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, strings.TrimSpace(string(out)))
			}
			env.Setenv("GOFLAGS", "-buildvcs=false")
			return nil
		},
	})
}
