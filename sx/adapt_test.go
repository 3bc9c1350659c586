package sx_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

type filter struct {
	Name  string
	Limit int8 `sx:"max"`
	Tags  []string
	Inner *filter
	base
}

func TestAdapt(t *testing.T) {
	cases := []struct {
		usage string
		fn    any
		args  string // data
		want  string // a value, or !pattern of an error
	}{
		{"(f a b)", func(a, b int) int { return a + b }, "1 2", "3"},
		{"", func(a int, b string) string { return fmt.Sprint(a, b) }, `1 "x"`, `"1x"`},
		{"(f a)", func(a int) int { return a }, "1.5", `!^f: argument 1 must be an integer, got number 1.5$`},
		{"(f a)", func(a int8) int8 { return a }, "200", `!^f: argument 1 must be an integer of 8 bits, got number 200$`},
		{"(f a)", func(a uint) uint { return a }, "-1", `!not negative`},
		{"(f a)", func(a string) string { return a }, "nil", `!^f: argument 1 must be a string, got nil$`},
		{"(f a)", func(a bool) bool { return !a }, "true", `false`},
		{"(f a)", func(a float64) float64 { return a / 2 }, "3", `1.5`},
		{"(f a)", func(a []string) string { return strings.Join(a, "+") }, `("a" "b")`, `"a+b"`},
		{"(f a)", func(a []string) int { return len(a) }, `("a" 1)`, `!^f: argument 1 \(at 1\) must be a string, got number 1$`},
		{"(f a)", func(a [2]int) int { return a[1] }, `(1 2)`, `2`},
		{"(f a)", func(a [2]int) int { return a[1] }, `(1)`, `!a list of 2 items`},
		{"(f a)", func(a []int) bool { return a == nil }, `nil`, `true`},
		{"(f a)", func(a map[string][]int) int { return len(a["k"]) }, `{:k (1 2)}`, `2`},
		{"(f a)", func(a map[string]int) int { return a["k"] }, `{:k "x"}`, `!\(at k\) must be an integer`},
		{"(f a)", func(a filter) string { return fmt.Sprint(a.Name, a.Limit, a.Tags, a.Inner.Name, a.ID) }, `{:name "n" :max 3 :tags ("t") :inner {:name "i"} :id 9}`, `"n3 [t]i9"`},
		{"(f a)", func(a *filter) bool { return a == nil }, `nil`, `true`},
		{"(f a)", func(a filter) int { return 0 }, `{:inner {:max 300}}`, `!\(at inner\.max\) must be an integer of 8 bits`},
		{"(f a)", func(a filter) int { return 0 }, `5`, `!must be a dict, got number 5`},
		{"(f a)", func(a any) string { return fmt.Sprintf("%T %v", a, a) }, `(1 "x" {:k nil})`, `"[]interface {} [1 x map[k:<nil>]]"`},
		{"(f a)", func(a any) bool { return a == nil }, `nil`, `true`},
		{"(f a)", func(a sx.Value) string { return a.TypeName() }, `sym`, `"symbol"`},
		{"(f a)", func(a *sx.List) int { return a.Len() }, `(1 2)`, `2`},
		{"(f a)", func(a []byte) int { return len(a) }, `"é"`, `2`},
		{"(f a)", func(a time.Time) int { return a.Year() }, `"2026-03-01T00:00:00Z"`, `2026`},
		{"(f a)", func(a time.Time) int { return a.Year() }, `"soon"`, `!must be a date and time`},
		{"(f a)", func(a netip.Addr) bool { return a.Is4() }, `"10.0.0.1"`, `true`},
		{"(f a)", func(a netip.Addr) bool { return a.Is4() }, `"x"`, `!text for netip.Addr`},
		{"(f a ...)", func(a ...int) int { return len(a) }, `1 2 3`, `3`},
		{"", func(a ...int) int { return len(a) }, ``, `0`},
		{"(f a b?)", func(a int, b int) int { return a + b }, `1`, `1`},
		{"(f a b?)", func(a int, b *int) bool { return b == nil }, `1`, `true`},
		{"(f)", func(ctx context.Context) string { return ctx.Value(ctxKey{}).(string) }, ``, `"from the context"`},
		{"(f a)", func(ctx context.Context, a int) (int, error) { return a, nil }, `4`, `4`},
		{"(f)", func() error { return errors.New("boom") }, ``, `!^boom$`},
		{"(f)", func() (int, error) { return 0, errors.New("boom") }, ``, `!^boom$`},
		{"(f)", func() error { return nil }, ``, `nil`},
		{"(f)", func() {}, ``, `nil`},
		{"(f)", func() []filter { return []filter{{Name: "a"}} }, ``, `({:name "a" :max 0 :tags () :inner nil :id 0 :created "0001-01-01T00:00:00Z"})`},
		{"(f)", func() any { return make(chan int) }, ``, `!f: cannot convert chan int`},
		{"(f)", func() int { panic("oh") }, ``, `!panic in Go: oh`},
		{"(f a)", func(a int) int { return a }, ``, `!f takes 1 argument, got 0`},
	}
	ctx := context.WithValue(t.Context(), ctxKey{}, "from the context")
	for _, c := range cases {
		p, err := sx.Adapt("f", c.usage, c.fn)
		if err != nil {
			t.Errorf("%T: %v", c.fn, err)
			continue
		}
		args, err := sx.Read(sx.NewSource("t", c.args), sx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := sx.CallPrimitive(ctx, p, args...)
		if pattern, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil || !regexpMatch(pattern, err.Error()) {
				t.Errorf("%T %s: got %s %v, want an error like %s", c.fn, c.args, sx.Serialize(v), err, pattern)
			}
		} else if err != nil || sx.Serialize(v) != c.want {
			t.Errorf("%T %s\n got %s %v\nwant %s", c.fn, c.args, sx.Serialize(v), err, c.want)
		}
	}
}

type ctxKey struct{}

func TestAdaptPassesGoDataOn(t *testing.T) {
	u := &user{Name: "Ada"}
	v, err := sx.FromGo(u)
	if err != nil {
		t.Fatal(err)
	}
	for _, fn := range []any{func(x *user) bool { return x == u }, func(x user) bool { return x.Name == "Ada" }, func(x any) bool { return x == any(u) }} {
		p, err := sx.Adapt("f", "(f x)", fn)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sx.CallPrimitive(t.Context(), p, v); err != nil || got != sx.True {
			t.Errorf("%T: got %s %v", fn, sx.Serialize(got), err)
		}
	}
}

func TestAdaptRefuses(t *testing.T) {
	for _, c := range []struct {
		usage string
		fn    any
		want  string
	}{
		{"(f)", 5, "expected a Go function, got int"},
		{"(f a)", func(a chan int) {}, "parameter 1: no SX value can become chan int"},
		{"(f a)", func(a map[int]int) {}, "no SX value can become"},
		{"(f)", func() (int, int) { return 0, 0 }, "must give nothing, a value, an error"},
		{"(f)", func() chan int { return nil }, "cannot convert chan int"},
		{"(g)", func() {}, "names g"},
		{"(f a b)", func(a int) {}, "does not fit"},
		{"(f a ...)", func(a int) {}, "does not fit"},
		{"(f a)", func(a ...int) {}, "does not fit"},
	} {
		if _, err := sx.Adapt("f", c.usage, c.fn); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: got %v, want %s", c.fn, err, c.want)
		}
	}
}

func TestWithFunc(t *testing.T) {
	type item struct {
		Title string
		Price float64
	}
	find := func(ctx context.Context, ids []int, max int) ([]item, error) {
		if max < 0 {
			return nil, errors.New("max is negative")
		}
		return []item{{"Tea", 2.5}, {"Cake", 4}}, nil
	}
	opt := sx.WithFunc("find-items", "(find-items ids max?)", sx.IO, find)
	for expr, want := range map[string]string{
		`(map (fn (i) (str (get i :title) " " (get i :price))) (find-items (list 1 2)))`: `("Tea 2.5" "Cake 4")`,
		`(sum (map (fn (i) (get i :price)) (find-items nil 5)))`:                         `6.5`,
		`(try (find-items nil -1) (catch e (get e :message)))`:                           `"max is negative"`,
		`(try (find-items (list "x")) (catch e (get e :message)))`:                       `"find-items: argument 1 (at 0) must be an integer, got string \"x\""`,
	} {
		if got, err := run(expr, opt); err != nil || got != want {
			t.Errorf("%s\n got %s %v\nwant %s", expr, got, err, want)
		}
	}
	if _, err := run(`(find-items 1 2 3)`, opt); err == nil || !strings.Contains(err.Error(), "find-items takes") {
		t.Errorf("got %v", err)
	}
}
