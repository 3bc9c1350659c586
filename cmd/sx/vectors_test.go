package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	main "github.com/sx-framework/sxgo/cmd/sx"
)

// languageExample is one line of language-examples.jsonl: an expression and what a command prints for it.
type languageExample struct {
	ID      string
	Expr    string
	Command string // "eval", the default, or "render"
	Wire    string
	Value   *string // of eval
	HTML    *string // of render
	Text    *string // of render --wire sx
	Error   string  // a pattern that stderr matches
	Absent  []string
}

func TestLanguageExamples(t *testing.T) {
	f, err := os.Open("../../sx/testdata/vectors/language-examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var ex languageExample
		if err := json.Unmarshal(lines.Bytes(), &ex); err != nil {
			t.Fatal(err)
		}
		t.Run(ex.ID, func(t *testing.T) { checkExample(t, ex) })
	}
}

func checkExample(t *testing.T, ex languageExample) {
	args := []string{"eval", "-e", ex.Expr}
	if ex.Command == "render" {
		args[0] = "render"
	}
	if ex.Wire != "" {
		args = append(args, "--wire", ex.Wire)
	}
	var out, errs bytes.Buffer
	code := main.Run(t.Context(), args, strings.NewReader(""), &out, &errs)
	if ex.Error != "" {
		if code != 1 {
			t.Errorf("%s: exit code %d, want 1; printed %s", ex.Expr, code, out.String())
		}
		for _, re := range patterns(ex.Error) {
			if !re.MatchString(errs.String()) {
				t.Errorf("%s\ngot  %s\nwant %s", ex.Expr, errs.String(), re)
			}
		}
		return
	}
	want := ex.Value
	if ex.HTML != nil {
		want = ex.HTML
	}
	if ex.Text != nil {
		want = ex.Text
	}
	if want == nil {
		t.Fatalf("%s expects nothing", ex.ID)
	}
	if got := strings.TrimSuffix(out.String(), "\n"); code != 0 || got != *want {
		t.Errorf("%s\ngot  %s (code %d)\nwant %s\n%s", ex.Expr, got, code, *want, errs.String())
	}
	for _, absent := range ex.Absent {
		if strings.Contains(out.String(), absent) {
			t.Errorf("%s: output holds %q: %s", ex.Expr, absent, out.String())
		}
	}
}

// patterns translates the two look-aheads that the file uses and Go's expressions lack: "(?=.*a)(?=.*b)" asks
// for both, and "(?!\d)" at the end for no digit.
func patterns(text string) []*regexp.Regexp {
	var out []*regexp.Regexp
	ahead := regexp.MustCompile(`\(\?=([^()]*)\)`)
	for _, m := range ahead.FindAllStringSubmatch(text, -1) {
		out = append(out, regexp.MustCompile(m[1]))
	}
	rest := ahead.ReplaceAllString(text, "")
	rest = strings.ReplaceAll(rest, `(?!\d)`, `(?:\D|$)`)
	return append(out, regexp.MustCompile(rest))
}
