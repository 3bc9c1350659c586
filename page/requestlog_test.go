package page_test

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
)

// A request is one line: its shell, and each boundary, with how long it took.
func TestRequestLogNamesShellAndBoundaries(t *testing.T) {
	l := &logs{}
	handler := slog.NewTextHandler(l, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}})
	list := []string{"app.sx", `
		(defpage home :path "/" :content (<>
		  (~suspense :id "slow" :fallback "…" (do (sleep 60) (b "slow")))
		  (~suspense :id "fast" :fallback "…" (do (sleep 5) (b "fast")))
		  (~suspense :id "bad" :fallback "…" :error (fn (e) (p "sorry")) (do (sleep 30) (error "no luck")))))
		(defaction save :path "/save" (&key) (redirect "/"))`}
	s := serve(t, list, page.WithDevelopment(), page.WithLogger(slog.New(handler)))
	s.get(t, "/?q=1")
	s.do(t, "POST", "/save", "")
	s.get(t, "/nowhere")
	s.get(t, "/healthz")
	lines := regexp.MustCompile(`msg="((?:GET|POST)[^\n]*)`).FindAllString(l.String(), -1)
	if len(lines) > 0 { // which of the boundaries is ready first is up to the machine
		parts := regexp.MustCompile(` (fast|bad|slow)=("[^"]*"|\S+)`)
		found := parts.FindAllString(lines[0], -1)
		slices.Sort(found)
		lines[0] = strings.Replace(parts.ReplaceAllString(lines[0], ""), ` size=`, strings.Join(found, "")+` size=`, 1)
	}
	duration := `(\d+(\.\d+)?(µs|ms|s))`
	for i, want := range []string{
		`msg="GET /\?q=1 200 ` + duration + `" shell=` + duration + ` bad="` + duration + ` \(failed\)" fast=` + duration + ` slow=` + duration + ` size="[\d.]+ kB"`,
		`msg="POST /save 303 ` + duration + `" size="0 B"`,
		`msg="GET /nowhere 404 ` + duration + `" size=".*"`,
	} {
		if i >= len(lines) || !regexp.MustCompile("^"+want+"$").MatchString(lines[i]) {
			t.Errorf("line %d does not match %s:\n%s", i, want, strings.Join(lines, "\n"))
		}
	}
	if len(lines) != 3 {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}

	// In production there is no line for each request.
	quiet := serve(t, list)
	quiet.get(t, "/")
	if text := quiet.logs.String(); strings.Contains(text, "GET /") {
		t.Errorf("production logs requests: %s", text)
	}
}
