package client_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestPrimitives runs the shared cases of primitives in the browser. Where a case is an error, both hosts must give
// one of the same kind; the words may differ.
func TestPrimitives(t *testing.T) {
	ctx := language(t)
	text, err := os.ReadFile("../sx/testdata/vectors/primitives.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		if expr, _, ok := strings.Cut(line, " !! "); ok {
			got := ask[answer](t, ctx, "evaluate", expr)
			if want := goErrorKind(t, expr); got.Kind != want {
				t.Errorf("%s\n got %s\nwant an error of kind %s", expr, got, want)
			}
			continue
		}
		expr, want, _ := strings.Cut(line, " => ")
		got := ask[answer](t, ctx, "evaluate", expr)
		if got.Value == nil || *got.Value != want {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
		}
	}
}

// goErrorKind gives the kind of error that the Go host gives for a program.
func goErrorKind(t *testing.T, expr string) string {
	t.Helper()
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", expr)}, sx.WithMain("value"))
	if err == nil {
		_, err = p.Main(t.Context())
	}
	var d sx.Diagnostics
	if errors.As(err, &d) {
		return string(d.Errors()[0].Kind)
	}
	var e *sx.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: no error in Go: %v", expr, err)
	}
	return string(e.Kind)
}
