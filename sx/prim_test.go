package sx_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// eval evaluates calls of primitives.
func eval(t *testing.T, text string, lim sx.Limits) (sx.Value, error) {
	t.Helper()
	forms, err := sx.Read(sx.NewSource("test.sx", text), lim)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(forms) != 1 {
		t.Fatalf("%s: %d forms", text, len(forms))
	}
	return sx.EvalPrimitives(context.Background(), forms[0], lim)
}

// TestPrimitives runs testdata/vectors/primitives.txt, which the other host runs too: as calls of primitives alone,
// and as programs, where constants are folded and arity is checked at load.
func TestPrimitives(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors/primitives.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		at := fmt.Sprintf("primitives.txt:%d: %s", i+1, line)
		if expr, pattern, ok := strings.Cut(line, " !! "); ok {
			want := regexp.MustCompile(pattern)
			if v, err := eval(t, expr, sx.Limits{}); err == nil || !want.MatchString(err.Error()) {
				t.Errorf("%s\n got %s %v", at, sx.Serialize(v), err)
			}
			if got, err := run(expr); err == nil || !want.MatchString(withoutPlace(err)) {
				t.Errorf("%s\n as a program it gives %s %v", at, got, err)
			}
			continue
		}
		expr, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("%s\nno => in it", at)
		}
		if v, err := eval(t, expr, sx.Limits{}); err != nil || sx.Serialize(v) != want {
			t.Errorf("%s\n got %s %v", at, sx.Serialize(v), err)
		}
		if got, err := run(expr); err != nil || got != want {
			t.Errorf("%s\n as a program it gives %s %v", at, got, err)
		}
	}
}

// specNames is the table of primitives in the specification.
const specNames = `+ - * / mod pow sqrt abs floor ceil round min max clamp inc dec
= != < > <= >= eq? eqv? equal? not
nil? boolean? number? integer? string? symbol? keyword? list? dict? lambda? component? element? spread? empty? odd? even? zero? positive? negative? contains? has-key?
str upper lower upcase downcase trim trim-start trim-end split join replace starts-with? ends-with? string-contains? substring slice index-of string-length pad-start pad-end repeat-string char-from-code char-code escape strip-tags pluralize url-encode url-decode format-decimal format-number parse-int parse-float
list first last rest nth cons append concat reverse flatten range len take drop slice zip chunk-every zip-pairs into distinct sort sort-by index-of interpose partition sum append!
dict get get-in assoc assoc-in dissoc merge keys vals entries select-keys update dict-set!
map map-indexed filter reduce some every? for-each group-by map-dict
json-encode json-decode inspect sx-parse sx-serialize canonical-serialize format-date parse-datetime
component-name component-params component-affinity component-deps component-pure? type-of symbol-name keyword-name apply gensym error assert try-call raw! make-spread spread-attrs`

func TestEveryPrimitiveIsThereOnce(t *testing.T) {
	have := map[string]int{}
	for _, n := range sx.BuiltinNames() {
		if have[n]++; have[n] > 1 {
			t.Errorf("%s is defined twice", n)
		}
	}
	for _, n := range strings.Fields(specNames) {
		if have[n] == 0 {
			t.Errorf("%s is missing", n)
		}
	}
}

func regexpMatch(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }

func withoutPlace(err error) string {
	_, message, _ := strings.Cut(err.Error(), ": ")
	return message
}
