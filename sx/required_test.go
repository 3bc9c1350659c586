package sx_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// TestRequired holds that :required is enforced however a function or component is called, in production as in
// development, and that a nil counts as missing.
func TestRequired(t *testing.T) {
	const defs = `
(define (pos (a :required) b) (list a b))
(define (key &key (k :as string :required) other) (list k other))
(define (both (a :required) &key (k :required) &rest more) (list a k more))
(define any-of (list pos key both))
(define none nil)
(defcomp ~req (&key (n :required) m) (list n m))
(defcomp ~deep (&key (n :required) (turns :default 1)) (if (= turns 0) (list n) (list n (~deep :n n :turns (dec turns)))))
`
	for _, c := range []struct{ text, want string }{
		{"(pos 1)", ""},
		{"(pos 1 2)", ""},
		{`(key :k "x")`, ""},
		{"(both 1 :k 2 3)", ""},
		{"((nth any-of 2) 1 :k 2)", ""},
		{"(apply pos (list 1))", ""},
		{"(map pos (list 1 2))", ""},
		{"(pos)", "pos: the required argument a is missing"},
		{"(key)", "key: the required keyword :k is missing"},
		{"(key :other 1)", "key: the required keyword :k is missing"},
		{"(both :k 1)", "both: the required argument a is missing"},
		{"(both 1 2 3)", "both: the required keyword :k is missing"},
		{"(pos nil)", "pos: the required argument a is missing"},
		{"(pos none)", "pos: the required argument a is missing"},
		{"(key :k none)", "key: the required keyword :k is missing"},
		{"((first any-of))", "pos: the required argument a is missing"},
		{"((nth any-of 1))", "key: the required keyword :k is missing"},
		{"((nth any-of 2) 1)", "both: the required keyword :k is missing"},
		{"(apply pos (list))", "pos: the required argument a is missing"},
		{"(map pos (list 1 nil))", "pos: the required argument a is missing"},
		{"(let ((f (fn ((x :required)) x))) (list (f)))", "f: the required argument x is missing"},
		{"(~req :n 1)", ""},
		{"(~req)", "~req: the required keyword :n is missing"},
		{"(~req :n none)", "~req: the required keyword :n is missing"},
		{"(let ((x (first ()))) (~req :n x))", "~req: the required keyword :n is missing"},
		{"(~deep :n 1 :turns 2)", ""},
		{"(~deep :n none :turns 2)", "~deep: the required keyword :n is missing"},
	} {
		for _, dev := range []bool{false, true} {
			opts := []sx.Option{sx.WithMain("value")}
			if dev {
				opts = append(opts, sx.WithDevelopment())
			}
			prog, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", defs+c.text)}, opts...)
			if err == nil {
				_, err = prog.Main(context.Background())
			}
			if c.want == "" {
				if err != nil {
					t.Errorf("%s (development %v)\n%v", c.text, dev, err)
				}
				continue
			}
			var e *sx.Error
			var d sx.Diagnostics
			if errors.As(err, &d) && len(d.Errors()) == 1 {
				e = d.Errors()[0]
			} else if !errors.As(err, &e) {
				t.Errorf("%s (development %v): %v", c.text, dev, err)
				continue
			}
			if e.Kind != sx.KeywordError || !strings.Contains(e.Message, c.want) {
				t.Errorf("%s (development %v)\n got %s %v\nwant keyword %s", c.text, dev, e.Kind, e, c.want)
			}
		}
	}
}
