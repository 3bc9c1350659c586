package sx_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func run(src string, opts ...sx.Option) (string, error) {
	opts = append(opts, sx.WithMain("value"))
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", src)}, opts...)
	if err != nil {
		return "", err
	}
	v, err := p.Main(context.Background())
	if err != nil {
		return "", err
	}
	return sx.Serialize(v), nil
}

func TestLanguageExamples(t *testing.T) {
	f, err := os.Open("testdata/vectors/language-examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		var c struct{ ID, Expr, Value, Error, Command string }
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Command != "" {
			continue
		}
		got, err := run(c.Expr)
		switch {
		case c.Error != "" && err == nil:
			t.Errorf("%s: expected an error, got %s", c.ID, got)
		case c.Error == "" && err != nil:
			t.Errorf("%s: %s", c.ID, sx.Explain(err))
		case c.Error == "" && got != c.Value:
			t.Errorf("%s: got %s, want %s", c.ID, got, c.Value)
		case c.Error != "":
			t.Logf("%s: %v", c.ID, strings.Split(err.Error(), "\n")[0])
		}
	}
}

// TestApplyInTailPosition holds that a call that apply makes last takes no stack.
func TestApplyInTailPosition(t *testing.T) {
	for _, text := range []string{
		"(define (f n) (apply (fn (m) (if (= m 0) \"done\" (f (dec m)))) [n])) (f 100000)",
		"(define (f n) (apply h n [1])) (define (h n x) (if (= n 0) \"done\" (apply f [(dec n)]))) (f 100000)",
		"(define (f g n) (if (= n 0) \"done\" (apply g [f (dec n)]))) (define (h g n) (apply g h [n])) (f h 100000)",
		"(define (f n) (cond (= n 0) (apply str [\"do\" \"ne\"]) :else (apply f [(dec n)]))) (f 100000)",
	} {
		prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("a.sx", text)}, sx.WithMain("value"))
		if err != nil {
			t.Fatal(err)
		}
		if v, err := prog.Main(context.Background()); err != nil || v.Text() != "done" {
			t.Errorf("%s: got %v, %v", text, v, err)
		}
	}
}
