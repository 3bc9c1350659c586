package sx_test

import (
	"context"
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

// check runs lines of the shape "expression => value" or "expression !! pattern of its error message".
func check(t *testing.T, table string) {
	t.Helper()
	for _, line := range strings.Split(table, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if expr, pattern, ok := strings.Cut(line, " !! "); ok {
			if _, err := run(expr); err == nil || !regexp.MustCompile(strings.TrimSpace(pattern)).MatchString(withoutPlace(err)) {
				t.Errorf("%s in a program\n got error %v\nwant an error like %s", expr, err, pattern)
			}
			v, err := eval(t, expr, sx.Limits{})
			if err == nil {
				t.Errorf("%s\n got %s\nwant an error like %s", expr, sx.Serialize(v), pattern)
			} else if !regexp.MustCompile(strings.TrimSpace(pattern)).MatchString(err.Error()) {
				t.Errorf("%s\n got error %v\nwant an error like %s", expr, err, pattern)
			}
			continue
		}
		expr, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("no => in %s", line)
		}
		if got, err := run(expr); err != nil || got != strings.TrimSpace(want) {
			t.Errorf("%s in a program\n got %s %v\nwant %s", expr, got, err, want)
		}
		v, err := eval(t, expr, sx.Limits{})
		if err != nil {
			t.Errorf("%s\n got error %v\nwant %s", expr, err, want)
		} else if got := sx.Serialize(v); got != strings.TrimSpace(want) {
			t.Errorf("%s\n got %s\nwant %s", expr, got, want)
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
