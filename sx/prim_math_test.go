package sx_test

import "testing"

func TestArithmetic(t *testing.T) {
	check(t, `
		(+) => 0
		(+ 1) => 1
		(+ 1 2) => 3
		(+ 1 2 3 4) => 10
		(+ 0.1 0.2) => 0.30000000000000004
		(+ 1 "2") !! ^\+: argument 2 must be a number, got string "2"$
		(+ nil 1) !! ^\+: argument 1 must be a number, got nil$
		(+ 1 2 nil) !! ^\+: argument 3 must be a number, got nil$
		(+ 9007199254740991 1) !! \+: the result .* beyond
		(+ 9007199254740991 1 -1) !! \+: the result .* beyond
		(+ 9007199254740991 0) => 9007199254740991
		(- 5) => -5
		(- 0) => 0
		(- 5 2) => 3
		(- 10 1 2 3) => 4
		(-) !! - takes at least 1 argument
		(*) => 1
		(* 2 3) => 6
		(* 2 3 4) => 24
		(* 9007199254740991 2) !! beyond
		(/ 6 2) => 3
		(/ 7 2) => 3.5
		(/ 2) => 0.5
		(/ 100 2 5) => 10
		(/ 1 0) !! ^/: division by zero$
		(/ 0) !! ^/: division by zero$
		(/ 1 2 0) !! ^/: division by zero$
		(mod 7 3) => 1
		(mod -7 3) => 2
		(mod 7 -3) => -2
		(mod -7 -3) => -1
		(mod 5.5 2) => 1.5
		(mod 1 0) !! mod: division by zero
		(pow 2 10) => 1024
		(pow 2 -2) => 0.25
		(pow 3 33) => 5559060566555523
		(pow 2 0.5) => 1.4142135623730951
		(pow -1 9007199254740991) => -1
		(pow -2 3) => -8
		(pow 0 0) => 1
		(pow 0 -1) !! pow: division by zero
		(pow 10 400) !! beyond
		(pow 10 -400) => 0
		(pow -8 0.5) !! not a number
		(sqrt 9) => 3
		(sqrt -1) !! sqrt: the result is not a number
		(abs -3.5) => 3.5
		(floor -1.5) => -2
		(ceil -1.5) => -1
		(min 3 1 2) => 1
		(max 3 1 2) => 3
		(max) !! max takes at least 1 argument, got 0: \(max x \.\.\.\)
		(max 1 "2") !! max: argument 2 must be a number
		(clamp 5 1 3) => 3
		(clamp 0 1 3) => 1
		(clamp 2 3 1) !! clamp: the lower bound 3 is above the upper bound 1
		(inc 41) => 42
		(dec 43) => 42
		(dec -9007199254740991) !! beyond
	`)
}

func TestRounding(t *testing.T) {
	check(t, `
		(round 2.5) => 3
		(round -2.5) => -3
		(round 0.49999999999999994) => 0
		(round -0.4) => 0
		(round 1.005 2) => 1
		(round 2.675 2) => 2.67
		(round 0.125 2) => 0.13
		(round -0.125 2) => -0.13
		(round 1e-7 3) => 0
		(round 1234 -2) => 1200
		(round 1250 -2) => 1300
		(round -1250 -2) => -1300
		(round 1249.999 -2) => 1200
		(round 9007199254740991 -15) => 9000000000000000
		(round 5 -100) => 0
		(round 5000000000000000 -16) !! beyond
		(round 1.5 101) !! round: argument 2 must be from -100 to 100, got 101
		(round 1.5 0.5) !! round: argument 2 must be an integer
		(format-decimal 1 2) => "1.00"
		(format-decimal 1.005 2) => "1.00"
		(format-decimal 0.5 0) => "1"
		(format-decimal 1.5 0) => "2"
		(format-decimal 2.5 0) => "3"
		(format-decimal -2.5 0) => "-3"
		(format-decimal 9.5 0) => "10"
		(format-decimal 99.9999999 3) => "100.000"
		(format-decimal 9.96875 4) => "9.9688"
		(format-decimal 0.125 2) => "0.13"
		(format-decimal -0.001 2) => "0.00"
		(format-decimal -0.004 3) => "-0.004"
		(format-decimal 0.1 20) => "0.10000000000000000555"
		(format-decimal 9007199254740991 1) => "9007199254740991.0"
		(format-decimal 1 101) !! from 0 to 100
		(format-number 1234567.891) => "1,234,567.891"
		(format-number -1234567) => "-1,234,567"
		(format-number 123) => "123"
		(format-number 1e-7) => "0.0000001"
		(format-number (- 0)) => "0"
		(parse-int "42") => 42
		(parse-int "  -7 ") => -7
		(parse-int "12abc") => nil
		(parse-int "3.5") => nil
		(parse-int "" 0) => 0
		(parse-int nil 9) => 9
		(parse-int "+1") => nil
		(parse-int "99999999999999999999") => nil
		(parse-int 5) => 5
		(parse-int (list)) !! parse-int: argument 1 must be a string, got list
		(parse-float "2.50") => 2.5
		(parse-float "-1e3") => -1000
		(parse-float ".5") => nil
		(parse-float "1.") => nil
		(parse-float "1e") => nil
		(parse-float "Infinity") => nil
		(parse-float "0x10") => nil
		(parse-float "1_000") => nil
		(parse-float "x" 1.5) => 1.5
	`)
}

func TestComparison(t *testing.T) {
	check(t, `
		(= 1 1.0) => true
		(= 1 1 2) => false
		(= 1) => true
		(= (list 1 (list 2)) (list 1 (list 2))) => true
		(= {:a 1 :b 2} {:b 2 :a 1}) => true
		(= "1" 1) => false
		(= nil (list)) => false
		(!= 1 2) => true
		(!= 1 1 1) => false
		(!= 1 2 1) => true
		(< 1 2 3) => true
		(< 1 3 2) => false
		(< 1) => true
		(< nil) !! <: argument 1 must be a number or a string, got nil
		(< "a" "b") => true
		(< "Z" "a") => true
		(< "\uffff" "\u{1F600}") => true
		(< 1 "a") !! <: argument 2 must be a number, got string "a"
		(< 2 1 "a") !! <: argument 3 must be a number, got string "a"
		(< (list) 1) !! <: argument 1 must be a number or a string, got list
		(>= 3 3 2) => true
		(<= 3 3 2) => false
		(> 3 2) => true
		(eq? "ab" "ab") => true
		(eq? (list) (list)) => false
		(eqv? 1 1) => true
		(equal? (list 1) (list 1)) => true
		(not nil) => true
		(not 0) => false
		(integer? 2.0) => true
		(integer? 2.5) => false
		(integer? "2") => false
		(odd? -3) => true
		(even? 0) => true
		(odd? 1.5) !! odd\?: argument 1 must be an integer, got number 1.5
		(zero? (- 0)) => true
		(positive? 0) => false
		(negative? -1) => true
		(negative? nil) !! negative\?: argument 1 must be a number, got nil
		(keyword? ':a) => true
		(keyword? :a) => false
		(symbol? 'a) => true
		(nil? nil) => true
		(list? nil) => false
		(dict? {}) => true
		(lambda? +) => false
	`)
}
