package sx_test

import (
	"errors"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestData(t *testing.T) {
	check(t, `
		(json-encode {:b 1 "a b" (list 1.5 nil true "x")}) => "{\"b\":1,\"a b\":[1.5,null,true,\"x\"]}"
		(json-encode "\"\\/\n\t\u0001</é") => "\"\\\"\\\\/\\n\\t\\u0001</é\""
		(len (json-encode "\u2028\u007f")) => 4
		(json-encode (- 0)) => "0"
		(json-encode 1e-7) => "1e-7"
		(json-encode '(a :b)) => "[\"a\",\"b\"]"
		(json-encode +) !! json-encode: primitive has no JSON
		(json-decode "{\"b\": [1, -2.5e1, null, true, false], \"a\": {}}") => {:b (1 -25 nil true false) :a {}}
		(json-decode " \"\\u00e9\\ud83d\\ude00\\n\\/\" ") => "é😀\n/"
		(json-decode "{\"a\":1,\"b\":2,\"a\":3}") => {:a 3 :b 2}
		(json-decode "[]") => ()
		(json-decode "") !! json-decode: expected a value, found the end of the text at offset 0
		(json-decode "[1,]") !! json-decode: expected a value, found ']' at offset 3
		(json-decode "[1 2]") !! expected , or \], found '2' at offset 3
		(json-decode "{\"a\" 1}") !! expected :, found '1' at offset 5
		(json-decode "{a:1}") !! expected a string as key
		(json-decode "01") !! expected the end of the text, found '1' at offset 1
		(json-decode "1.") !! expected a digit, found the end of the text at offset 2
		(json-decode "+1") !! expected a value
		(json-decode "nulll") !! expected the end of the text
		(json-decode "\"\\x\"") !! expected an escape, found 'x' at offset 2
		(json-decode "\"\\ud800\"") !! expected the second half of a surrogate pair
		(json-decode "\"\\ud800\\u0041\"") !! expected the second half of a surrogate pair
		(json-decode "\"a\nb\"") !! control character
		(json-decode "9007199254740992") !! json-decode: the number 9007199254740992 at offset 0 is beyond
		(json-decode "1e999") !! beyond
		(json-decode "1e-999") => 0
		(json-decode (repeat-string "[" 501)) !! nested deeper than 500 levels
		(json-decode nil) !! json-decode: argument 1 must be a string, got nil
		(inspect (list "a" 1)) => "(\"a\" 1)"
		(sx-serialize {:title "a \"b\"" :tags (list 1 nil)}) => "{:title \"a \\\"b\\\"\" :tags (1 nil)}"
		(canonical-serialize {:b 1 :a {:d 1 :c 2}}) => "{:a {:c 2 :d 1} :b 1}"
		(sx-parse "(a :k \"s\" {:x 1})") => (a :k "s" {:x 1})
		(sx-parse "'x") => (quote x)
		(sx-parse "1 2") !! sx-parse: expected one datum, found 2
		(sx-parse "") !! sx-parse: expected one datum, found 0
		(sx-parse "(a") !! ^sx-parse: line 1, column
		(type-of 1) => "number"
		(type-of nil) => "nil"
		(type-of {}) => "dict"
		(type-of '(a)) => "list"
		(type-of 'a) => "symbol"
		(type-of ':a) => "keyword"
		(type-of :a) => "string"
		(type-of true) => "boolean"
		(type-of +) => "primitive"
		(type-of (raw! "x")) => "element"
		(type-of (make-spread :a 1)) => "spread"
		(symbol-name 'abc) => "abc"
		(symbol-name "abc") !! symbol-name: argument 1 must be a symbol, got string "abc"
		(keyword-name ':abc) => "abc"
		(keyword-name :abc) => "abc"
		(apply + (list 1 2)) => 3
		(apply + 1 2 (list 3)) => 6
		(apply + 1 nil) => 1
		(apply +) !! apply takes at least 2 arguments
		(apply + 1) !! apply: argument 2 must be a list, got number 1
		(apply + 1 2) !! apply: argument 3 must be a list, got number 2
		(apply 1 nil) !! apply: argument 1 must be a function, got number 1
		(list (gensym) (gensym "x") (gensym 'y)) => (g#1 x#2 y#3)
		(error "no luck") !! ^no luck$
		(error (list 1) 2) !! ^\(1\)$
		(assert 5) => 5
		(assert nil) !! ^assertion failed$
		(assert false "wrong") !! ^wrong$
		(try-call + 1 2) => {:ok true :value 3}
		(try-call error "boom") => {:ok false :error "boom"}
		(try-call lower 1) => {:ok false :error "lower: argument 1 must be a string, got number 1"}
		(try-call 5) !! try-call: argument 1 must be a function
		(try-call range 1e12) !! range: collection too large
		(raw! "<b>") => (raw! "<b>")
		(raw! 5) !! raw!: argument 1 must be a string, got number 5
		(make-spread {:class "a"}) => (make-spread {:class "a"})
		(make-spread :class "a" :id 1) => (make-spread {:class "a" :id 1})
		(make-spread :class) !! make-spread: the key string "class" has no value
		(make-spread 5) !! make-spread: argument 1 must be a dict
		(spread-attrs (make-spread :a 1)) => {:a 1}
		(spread-attrs {}) !! spread-attrs: argument 1 must be a spread, got dict
		(= (make-spread :a 1) (make-spread {:a 1})) => true
	`)
}

func TestDates(t *testing.T) {
	check(t, `
		(parse-datetime "2026-03-01T12:30:00+02:00") => "2026-03-01T10:30:00Z"
		(parse-datetime "2026-03-01t12:30:00.1200z") => "2026-03-01T12:30:00.12Z"
		(parse-datetime " 2026-03-01 23:30:00-01:30 ") => "2026-03-02T01:00:00Z"
		(parse-datetime "2026-03-01") => "2026-03-01T00:00:00Z"
		(parse-datetime "2024-02-29") => "2024-02-29T00:00:00Z"
		(parse-datetime "2026-02-29") => nil
		(parse-datetime "2026-13-01") => nil
		(parse-datetime "2026-03-01T24:00:00Z") => nil
		(parse-datetime "2026-03-01T12:30:00") => nil
		(parse-datetime "2026-03-01T12:30Z") => nil
		(parse-datetime "2026-3-1") => nil
		(parse-datetime "0000-01-01T00:00:00+01:00") => nil
		(parse-datetime "yesterday") => nil
		(parse-datetime nil) => nil
		(parse-datetime 5) !! parse-datetime: argument 1 must be a string
		(format-date "2026-03-01T23:05:09-02:00" "%Y-%m-%d %H:%M:%S %b %B %a %A %j 100%%") => "2026-03-02 01:05:09 Mar March Mon Monday 061 100%"
		(format-date "0099-12-31" "%Y") => "0099"
		(format-date "nope" "%Y") !! format-date: argument 1 must be a date such as .*, got string "nope"
		(format-date "2026-03-01" "%Q") !! format-date: unknown %Q in the format
		(format-date "2026-03-01" "%") !! the format ends in %
	`)
}

func TestEndlessDataAreErrors(t *testing.T) {
	ring := sx.NewList(sx.Int(1))
	ring.Items = append(ring.Items, sx.ListOf(ring))
	for _, name := range []string{"json-encode", "flatten", "sx-serialize", "inspect", "canonical-serialize", "str"} {
		_, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol(name), quoted(sx.ListOf(ring)))), sx.Limits{})
		var e *sx.Error
		if !errors.As(err, &e) {
			t.Errorf("%s of a list that contains itself: %v", name, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x\n",null]}`, `"\ud83d\ude00"`, `[[[]]]`, `-0`, `1e5`, `{"":{}}`, "\"\x7f\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("json-decode"), sx.String(validText(s)))), sx.Limits{})
		if err != nil {
			return
		}
		text, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("json-encode"), quoted(v))), sx.Limits{})
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		again, err := sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("json-decode"), text)), sx.Limits{})
		if err != nil || !sx.Equal(v, again) {
			t.Fatalf("%q became %s %v", s, text.Text(), err)
		}
	})
}

func validText(s string) string { return string([]rune(s)) }

func TestComponentReflection(t *testing.T) {
	const program = `(defcomp ~card (&key title (tone :default "a") &rest children) :affinity :client (list title tone children))
		(defcomp ~page () (~card :title "x"))
		(defcomp ~now () (clock))
		`
	clock := sx.WithFunc("clock", "(clock)", sx.IO, func() int { return 5 })
	for expr, want := range map[string]string{
		`(component-name ~card)`:     `"~card"`,
		`(component-params ~card)`:   `("title" "tone")`,
		`(component-affinity ~card)`: `"client"`,
		`(component-affinity ~page)`: `"auto"`,
		`(component-deps ~page)`:     `("~card")`,
		`(component-pure? ~page)`:    `true`,
		`(component-pure? ~now)`:     `false`,
		`(component? ~now)`:          `true`,
		`(type-of ~now)`:             `"component"`,
	} {
		if got, err := run(program+expr, clock); err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", expr, got, err, want)
		}
	}
}
