package client_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestTypes holds sx-live.d.ts to what there is, both ways: the members of Sx by their kinds, the fields and modes of
// frames, and the events.
func TestTypes(t *testing.T) {
	text, err := os.ReadFile("sx-live.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	declared := strings.ReplaceAll(string(text), "\r", "")
	sources := map[string]string{}
	files, _ := filepath.Glob("src/*.ts")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources[filepath.Base(f)] = string(b)
	}
	equal := func(what string, declared, real []string) {
		t.Helper()
		slices.Sort(declared)
		slices.Sort(real)
		declared, real = slices.Compact(declared), slices.Compact(real)
		if len(real) == 0 || !slices.Equal(declared, real) {
			t.Errorf("%s:\ndeclared %q\nthere is %q", what, declared, real)
		}
	}

	members := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)(\(|: )`).FindAllStringSubmatch(block(t, declared, "interface Sx {"), -1) {
		members[m[1]] = "value"
		if m[2] == "(" {
			members[m[1]] = "function"
		}
	}
	s := newSite(t)
	s.page("/{$}", "")
	ctx := clienttest.Browser(t)
	visit(t, ctx, s.URL)
	until(t, ctx, "window.Sx?.render")
	real := js[map[string]string](t, ctx, `return Object.fromEntries(Object.keys(Sx).map(k => [k, typeof Sx[k] == "function" ? "function" : "value"]))`)
	if !maps.Equal(members, real) {
		t.Errorf("members of Sx:\ndeclared %v\nthere is %v", members, real)
	}

	field := regexp.MustCompile(`(?m)^  (\w+)\??:`)
	fields := func(block string) (names []string) {
		for _, m := range field.FindAllStringSubmatch(block, -1) {
			if m[1][0] != '_' {
				names = append(names, m[1])
			}
		}
		return names
	}
	// What only a stream carries is not for scripts.
	stream := []string{"src", "status", "reason", "delay"}
	there := slices.DeleteFunc(fields(block(t, sources["frame.ts"], "export interface Frame {")), func(n string) bool { return slices.Contains(stream, n) })
	equal("fields of frames", fields(block(t, declared, "interface SxFrame {")), there)

	quoted := func(s string) (list []string) {
		for _, m := range regexp.MustCompile(`"([\w-]+)"`).FindAllStringSubmatch(s, -1) {
			list = append(list, m[1])
		}
		return list
	}
	line := func(text, prefix string) string {
		_, rest, _ := strings.Cut(text, prefix)
		rest, _, _ = strings.Cut(rest, ";")
		return rest
	}
	equal("modes", quoted(line(declared, "type SxMode =")), quoted(line(sources["patch.ts"], "export type Mode =")))

	var events, fired, kinds, reported []string
	for _, m := range regexp.MustCompile(`"sx:(\w+)":`).FindAllStringSubmatch(block(t, declared, "interface SxEventMap {"), -1) {
		events = append(events, m[1])
	}
	kinds = slices.DeleteFunc(quoted(line(block(t, declared, "interface SxProblem {"), "kind:")), func(k string) bool { return k == "" })
	for _, src := range sources {
		for _, m := range regexp.MustCompile(`\bfire\([^"]*?, "(\w+)"`).FindAllStringSubmatch(src, -1) {
			fired = append(fired, m[1])
		}
		for _, m := range regexp.MustCompile(`\breport\("(\w+)"`).FindAllStringSubmatch(src, -1) {
			reported = append(reported, m[1])
		}
	}
	equal("events", events, fired)
	equal("kinds of problems", kinds, reported)
}

// block returns the text between a line that opens an interface and its end.
func block(t *testing.T, text, open string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n"+open+"\n")
	body, _, end := strings.Cut(rest, "\n}")
	if !ok || !end {
		t.Fatalf("there is no %s", open)
	}
	return "\n" + body + "\n"
}
