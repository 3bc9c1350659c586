package sx_test

import (
	"errors"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

func TestLists(t *testing.T) {
	check(t, `
		(list) => ()
		(list 1 "a" nil) => (1 "a" nil)
		(len nil) => 0
		(len {:a 1}) => 1
		(len 5) !! len: argument 1 must be a string, a list or a dict, got number 5
		(first (list 1 2)) => 1
		(first nil) => nil
		(last (list 1 2)) => 2
		(last (list)) => nil
		(rest (list 1 2 3)) => (2 3)
		(rest nil) => ()
		(nth (list 1 2) 1) => 2
		(nth (list 1 2) 2) => nil
		(nth (list 1 2) -1) => nil
		(nth (list 1 2) 0.5) !! nth: argument 2 must be an integer
		(cons 1 (list 2)) => (1 2)
		(cons 1 nil) => (1)
		(append (list 1) 2) => (1 2)
		(append (list 1) (list 2 3) 4) => (1 2 3 4)
		(append nil nil) => ()
		(append 1 2) !! append: argument 1 must be a list, got number 1
		(concat (list 1) nil (list 2)) => (1 2)
		(concat) => ()
		(concat (list 1) 2) !! concat: argument 2 must be a list, got number 2
		(reverse (list 1 2 3)) => (3 2 1)
		(flatten (list 1 (list 2 (list 3 (list))) nil)) => (1 2 3 nil)
		(range 3) => (0 1 2)
		(range 1 4) => (1 2 3)
		(range 0 1 0.25) => (0 0.25 0.5 0.75)
		(range 0 0.3 0.1) => (0 0.1 0.2)
		(range 5 0 -2) => (5 3 1)
		(range 5 0) => ()
		(range 0 5 0) !! range: the step must not be 0
		(take (list 1 2 3) 2) => (1 2)
		(take (list 1) 9) => (1)
		(take (list 1) -1) => ()
		(take nil 2) => ()
		(drop (list 1 2 3) 2) => (3)
		(drop (list 1 2 3) 9) => ()
		(slice (list 1 2 3 4) 1 3) => (2 3)
		(slice (list 1 2 3 4) -2) => (3 4)
		(slice nil 1) => ()
		(zip (list 1 2 3) (list "a" "b")) => ((1 "a") (2 "b"))
		(chunk-every (list 1 2 3 4 5) 2) => ((1 2) (3 4) (5))
		(chunk-every (list 1) 0) !! chunk-every: argument 2 must be at least 1, got 0
		(zip-pairs (list 1 2 3)) => ((1 2) (2 3))
		(zip-pairs (list 1)) => ()
		(into (list 1) (list 2)) => (1 2)
		(into (list) {:a 1}) => (("a" 1))
		(into {:a 1} (list (list :b 2))) => {:a 1 :b 2}
		(into {:a 1} {:a 2}) => {:a 2}
		(into {} (list 1)) !! into: item 0 must be a list of a key and a value, got number 1
		(distinct (list 1 "1" 1 (list 1) (list 1) nil nil)) => (1 "1" (1) nil)
		(index-of (list 1 (list 2)) (list 2)) => 1
		(index-of nil 1) => nil
		(interpose ", " (list 1 2 3)) => (1 ", " 2 ", " 3)
		(sum (list 1 2 3)) => 6
		(sum nil) => 0
		(sum (list 1 "2")) !! sum: item 1 must be a number, got string "2"
		(contains? (list 1 (list 2)) (list 2)) => true
		(append! (list 1) 2) => nil
		(append! '(1) 2) !! append!: cannot change a frozen list
		(append! nil 2) !! append!: argument 1 must be a list, got nil
	`)
}

func TestHigherOrder(t *testing.T) {
	check(t, `
		(map inc (list 1 2)) => (2 3)
		(map inc nil) => ()
		(map 5 nil) !! map: argument 1 must be a function, got number 5
		(map inc 5) !! map: argument 2 must be a list, got number 5
		(map-indexed list (list "a" "b")) => ((0 "a") (1 "b"))
		(filter odd? (range 6)) => (1 3 5)
		(reduce + 0 (range 5)) => 10
		(reduce + 7 nil) => 7
		(some first (list nil (list) (list 3))) => 3
		(some odd? (list 2 4)) => nil
		(every? odd? (list 1 3)) => true
		(every? odd? nil) => true
		(for-each inc (list 1)) => nil
		(sort (list 3 1 2)) => (1 2 3)
		(sort (list "b" "a" "B")) => ("B" "a" "b")
		(sort > (list 3 1 2)) => (3 2 1)
		(sort (list 1 "a")) !! sort: items must be all numbers or all strings, got number 1 and string "a"
		(sort (list nil)) !! sort: items must be numbers or strings, got nil
		(sort-by len (list "ccc" "a" "bb" "d")) => ("a" "d" "bb" "ccc")
		(sort-by first (list (list 2 1) (list 1 1) (list 2 0))) => ((1 1) (2 1) (2 0))
		(group-by odd? (list 1 2 3)) => {:true (1 3) :false (2)}
		(group-by len (list "a" "bb" "c")) => {"1" ("a" "c") "2" ("bb")}
		(partition odd? (list 1 2 3)) => ((1 3) (2))
		(map-dict list {:a 1}) => {:a ("a" 1)}
		(update {:a 1} :a inc) => {:a 2}
		(update {:a 1} :a + 5) => {:a 6}
		(update {:a 1} :a + 5 6) => {:a 12}
		(update nil :a str "x") => {:a "x"}
	`)
}

func TestDicts(t *testing.T) {
	check(t, `
		(dict :a 1 "b" 2) => {:a 1 :b 2}
		(dict :a 1 :a 2) => {:a 2}
		(dict :a) !! dict: the key string "a" has no value
		(dict 1 2) !! dict: argument 1 must be a string, got number 1
		(dict "2" 1 "1" 2 "__proto__" 3) => {"2" 1 "1" 2 :__proto__ 3}
		(get {:a nil} :a 5) => nil
		(get {:a 1} :b) => nil
		(get {:a 1} :b 5) => 5
		(get {:a 1} ':a) => 1
		(get nil :a 5) => 5
		(get (list 1 2) 1) => 2
		(get (list 1 2) 2 9) => 9
		(get 5 :a) !! get: argument 1 must be a dict or a list, got number 5
		(get {:a 1} 1) !! get: argument 2 must be a string, got number 1
		(get-in {:a {:b (list 1 2)}} (list :a :b 1)) => 2
		(get-in {:a 1} (list :x :y) 0) => 0
		(get-in {:a nil} (list :a)) => nil
		(get-in {:a nil} (list :a :b) 3) => 3
		(assoc {:a 1} :b 2 :a 3) => {:a 3 :b 2}
		(assoc nil :a 1) => {:a 1}
		(assoc {:a 1} :b) !! assoc takes at least 3 arguments
		(assoc {} :a 1 :b) !! assoc: the key string "b" has no value
		(assoc-in {:a {:b 1}} (list :a :c) 2) => {:a {:b 1 :c 2}}
		(assoc-in nil (list :a :b) 2) => {:a {:b 2}}
		(assoc-in {} (list) 2) !! assoc-in: argument 2 must be a list of at least one key
		(dissoc {:a 1 :b 2 :c 3} :a :c) => {:b 2}
		(dissoc nil :a) => {}
		(merge {:a 1 :b 2} nil {:a 3}) => {:a 3 :b 2}
		(merge) => {}
		(keys {:b 1 :a 2}) => ("b" "a")
		(vals {:b 1 :a 2}) => (1 2)
		(keys nil) => ()
		(entries {:a 1}) => (("a" 1))
		(select-keys {:a 1 :b 2} (list :b :x)) => {:b 2}
		(has-key? {:a nil} :a) => true
		(has-key? nil :a) => false
		(contains? {:a nil} "a") => true
		(empty? {}) => true
		(dict-set! '{:a 1} :a 2) !! dict-set!: cannot change a frozen dict
		(dict-set! {} :a 2) => nil
		(dict-set! {} 'a 2) !! dict-set!: argument 2 must be a string, got symbol a
	`)
}

func TestPrimitivesKeepTheirArguments(t *testing.T) {
	// part shares items; changing the part must not change the whole, nor the other way round.
	l := sx.NewList(sx.Int(1), sx.Int(2), sx.Int(3))
	whole := sx.ListOf(l)
	call := func(name string, args ...sx.Value) sx.Value {
		t.Helper()
		form := sx.NewList(sx.Symbol(name))
		for _, a := range args {
			form.Items = append(form.Items, sx.ListOf(sx.NewList(sx.Symbol("first"), sx.ListOf(sx.NewList(sx.Symbol("quote"), sx.ListOf(sx.NewList(a)))))))
		}
		v, err := sx.EvalPrimitives(t.Context(), sx.ListOf(form), sx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	part := call("take", whole, sx.Int(2))
	part.List().Items = append(part.List().Items, sx.Int(9))
	if got := sx.Serialize(whole); got != "(1 2 3)" {
		t.Errorf("changing a part changed the whole: %s", got)
	}
}

func TestLimits(t *testing.T) {
	for _, expr := range []string{`(range 1e12)`, `(range 0 1 1e-12)`, `(repeat-string "ab" 5e12)`, `(pad-start "x" 1e12)`, `(pad-end "x" 1e15)`,
		`(repeat-string (repeat-string "x" 1e7) 1e7)`, `(join (repeat-string "x" 1e6) (range 1e6))`, `(replace (repeat-string "x" 1e6) "x" (repeat-string "y" 1e6))`} {
		_, err := eval(t, expr, sx.Limits{})
		var e *sx.Error
		if !errors.As(err, &e) || e.Kind != sx.LimitError {
			t.Errorf("%s: got %v, want an error of kind limit", expr, err)
		}
	}
	if _, err := eval(t, "(reduce + 0 (range 1000))", sx.Limits{Steps: 500}); err == nil {
		t.Error("no step limit")
	}
}
