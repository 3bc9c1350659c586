package sx_test

import "testing"

func TestStrings(t *testing.T) {
	check(t, `
		(str) => ""
		(str "a" nil 1 true 'b ':c) => "a1truebc"
		(str (list 1 "x") {:a "b"}) => "(1 \"x\"){:a \"b\"}"
		(str 1 2) => "12"
		(str "a" "b" "c") => "abc"
		(upper "straße é") => "STRAßE É"
		(lower "ÄΣ İ") => "äσ i"
		(lower 12) !! ^lower: argument 1 must be a string, got number 12$
		(upcase "a") => "A"
		(downcase "A") => "a"
		(trim "\u00a0 \t x \u2003") => "x"
		(len (trim "\u200bx")) => 2
		(trim-start " x ") => "x "
		(trim-end " x ") => " x"
		(split "home,docs" ",") => ("home" "docs")
		(split "" ",") => ("")
		(split "äb" "") => ("ä" "b")
		(split "a,,b," ",") => ("a" "" "b" "")
		(join " / " (list "a" 1 nil)) => "a / 1 / "
		(join "," nil) => ""
		(join (list) ",") !! join: argument 1 must be a string, got list
		(replace "banana" "an" "x") => "bxxa"
		(replace "abc" "" "x") => "abc"
		(starts-with? "abc" "ab") => true
		(ends-with? "abc" "bc") => true
		(string-contains? "abc" "x") => false
		(substring "añb€c" 1 3) => "ñb"
		(substring "abc" 1) => "bc"
		(substring "abc" -5 99) => "abc"
		(substring "abc" 2 1) => ""
		(slice "añb€c" -2) => "€c"
		(slice "abc" 1 -1) => "b"
		(slice "abc" 5) => ""
		(slice "abc" -10 -2) => "a"
		(slice "abc" 2 1) => ""
		(index-of "añb" "b") => 2
		(index-of "abc" "x") => nil
		(index-of "abc" "") => 0
		(string-length "añ😀") => 3
		(len "añ😀") => 3
		(pad-start "5" 3) => "  5"
		(pad-end "é" 3) => "é  "
		(pad-start "abcd" 3) => "abcd"
		(pad-start 5 3) !! pad-start: argument 1 must be a string
		(repeat-string "ab" 3) => "ababab"
		(repeat-string "ab" 0) => ""
		(repeat-string "ab" -1) !! must not be negative
		(char-from-code 128512) => "😀"
		(char-from-code 55296) !! no Unicode character
		(char-from-code -1) !! no Unicode character
		(char-code "€x") => 8364
		(char-code "") => nil
		(nth "añb" 1) => "ñ"
		(nth "añb" 3) => nil
		(nth "añb" -1) => nil
		(escape "<a href=\"x\">'&") => "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"
		(strip-tags "<p>1 < 2 <b>x</b><!-- > --> y</p>") => "1 < 2 x y"
		(strip-tags "a <b") => "a <b"
		(strip-tags "<><3 <br/>") => "<><3 "
		(pluralize 1) => ""
		(pluralize 2) => "s"
		(pluralize 1 "item" "items") => "item"
		(pluralize 0 "item" "items") => "items"
		(url-encode "a b/ü&'!*()~") => "a%20b%2F%C3%BC%26%27%21%2A%28%29~"
		(url-decode "a%20b%2F%C3%BC+") => "a b/ü+"
		(url-decode "%zz") !! url-decode
		(url-decode "%") !! url-decode
		(url-decode "%ff") !! UTF-8
		(contains? "abc" "b") => true
		(contains? "abc" 1) !! contains\?: argument 2 must be a string, got number 1
		(empty? "") => true
		(empty? nil) => true
		(empty? 5) !! empty\?: argument 1 must be a string, a list or a dict, got number 5
	`)
}
