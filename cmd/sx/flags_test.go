package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestFlagsAreDocumented compares the flags that each command's help names with the table of the documentation.
func TestFlagsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/pages/command.sx")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "(define flags")
	if !ok {
		t.Fatal("the page has no table of flags")
	}
	table, _, _ = strings.Cut(table, "(define settings")
	documented := map[string]bool{}
	flag := regexp.MustCompile(`--?[a-z][a-z-]*`)
	for _, name := range flag.FindAllString(table, -1) {
		documented[name] = true
	}
	seen := 0
	listed := regexp.MustCompile(`(?m)^  (--?[a-z][a-z-]*)`)
	for _, command := range []string{"new", "serve", "build", "check", "fmt", "test", "eval", "render", "routes", "repl", "lsp", "version"} {
		help, err := exec.Command("sx", command, "--help").CombinedOutput()
		if err != nil {
			t.Fatalf("sx %s --help: %v\n%s", command, err, help)
		}
		for _, m := range listed.FindAllStringSubmatch(string(help), -1) {
			if seen++; !documented[m[1]] {
				t.Errorf("the page does not name %s of sx %s", m[1], command)
			}
		}
	}
	if seen < 25 {
		t.Errorf("%d flags were found; something is not looked at", seen)
	}
}
