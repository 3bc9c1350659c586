package sx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

type Address struct {
	Street string
	ZIP    string `sx:"zip-code"`
}

type base struct {
	ID      int
	Created time.Time
	secret  string
}

type user struct {
	base
	*Address
	Name     string
	Email    *string
	Tags     []string
	Home     Address
	Friends  []*user
	Meta     map[string]any
	Password string `sx:"-"`
	Any      any
	Scores   [3]float32
	PageURLs []string
	Raw      []byte
	HTMLText string
	Flag     bool
	Small    int8
	Big      uint64
}

type color int

func (c color) String() string { return [...]string{"red", "green"}[c] }

type celsius struct{ c float64 }

func (c celsius) String() string { return fmt.Sprint(c.c, "°C") }

type tagged struct {
	Value int `sx:"value"`
}

func (tagged) String() string { return "not this" }

type badText struct{}

func (badText) MarshalText() ([]byte, error) { return nil, errors.New("no text today") }

type chain struct{ Next *chain }

func TestFromGo(t *testing.T) {
	mail := "a@b"
	u, err := url.Parse("https://x.test/?a=1")
	if err != nil {
		t.Fatal(err)
	}
	var nilUser *user
	var nilMap map[string]int
	var nilSlice []int
	cases := []struct {
		in   any
		want string
	}{
		{nil, "nil"},
		{true, "true"},
		{int8(-3), "-3"}, {uint16(7), "7"}, {int64(1<<53 - 1), "9007199254740991"}, {float32(0.5), "0.5"}, {1e-7, "1e-7"}, {uintptr(4), "4"},
		{"a\xffb", "\"a\ufffdb\""},
		{[]byte("hi\xff"), "\"hi\ufffd\""},
		{[]int{1, 2}, "(1 2)"},
		{[2]string{"a", "b"}, `("a" "b")`},
		{[1]*int{nil}, "(nil)"},
		{[]any{1, "a", nil, []any{true}}, `(1 "a" nil (true))`},
		{map[string]int{"b": 1, "a": 2}, "{:a 2 :b 1}"},
		{map[string]any{"b": map[string]any{"c": 1}, "a": nil}, "{:a nil :b {:c 1}}"},
		{map[string]string{"b": "x\xff"}, "{:b \"x\ufffd\"}"},
		{map[color2]Address{"k": {Street: "S"}}, `{:k {:street "S" :zip-code ""}}`},
		{nilUser, "nil"}, {nilMap, "{}"}, {nilSlice, "()"},
		{&mail, `"a@b"`},
		{color(1), `"green"`},
		{[]color{0, 1}, `("red" "green")`},
		{celsius{21.5}, `"21.5°C"`},
		{&celsius{1}, `"1°C"`},
		{tagged{5}, "{:value 5}"},
		{errors.New("boom"), `"boom"`},
		{big.NewInt(7), `"7"`},
		{netip.MustParseAddr("10.0.0.1"), `"10.0.0.1"`},
		{u, `"https://x.test/?a=1"`},
		{*u, `"https://x.test/?a=1"`},
		{90 * time.Second, `"1m30s"`},
		{time.Date(2026, 3, 1, 12, 0, 0, 120_000_000, time.UTC), `"2026-03-01T12:00:00.12Z"`},
		{struct{ P *int }{}, "{:p nil}"}, // an interface holds this one in its data word
		{struct{ M map[string]int }{map[string]int{"a": 1}}, "{:m {:a 1}}"},
		{struct {
			Z struct{}
			M map[string]int
		}{M: map[string]int{"a": 1}}, "{:z {} :m {:a 1}}"},
		{struct{ Inner struct{ A, B int } }{}, "{:inner {:a 0 :b 0}}"},
		{struct {
			Old_Name string
			X2Y      int
			userID   int
		}{}, `{:old-name "" :x2-y 0}`},
		{sx.Int(3), "3"},
		{sx.NewList(sx.Int(1)), "(1)"},
		{struct{ V sx.Value }{sx.Keyword("k")}, "{:v :k}"},
	}
	for _, c := range cases {
		v, err := sx.FromGo(c.in)
		if err != nil {
			t.Errorf("FromGo(%#v): %v", c.in, err)
		} else if got := sx.Serialize(v); got != c.want {
			t.Errorf("FromGo(%#v)\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

type color2 string

func TestFromGoStruct(t *testing.T) {
	mail := "ada@x"
	u := user{base: base{ID: 7, secret: "s"}, Name: "Ada", Email: &mail, Tags: []string{"x"}, Home: Address{"Road", "1"},
		Meta: map[string]any{"k": 1}, Any: []int{1}, HTMLText: "h", Flag: true, Raw: []byte("r"), Small: -1, Big: 1}
	u.Friends = []*user{{Name: "Bob"}, nil}
	v, err := sx.FromGo(&u)
	if err != nil {
		t.Fatal(err)
	}
	if v.Kind() != sx.KindDict {
		t.Fatalf("kind %v", v.Kind())
	}
	for key, want := range map[string]string{"id": "7", "name": `"Ada"`, "email": `"ada@x"`, "tags": `("x")`, "home": `{:street "Road" :zip-code "1"}`,
		"meta": "{:k 1}", "any": "(1)", "scores": "(0 0 0)", "page-urls": "()", "raw": `"r"`, "html-text": `"h"`, "flag": "true", "small": "-1", "big": "1",
		"street": "nil", "created": `"0001-01-01T00:00:00Z"`} {
		x, ok := v.Lookup(key)
		if !ok || sx.Serialize(x) != want {
			t.Errorf("%s: got %s %v, want %s", key, sx.Serialize(x), ok, want)
		}
	}
	for _, key := range []string{"password", "secret", "base", "Name"} {
		if _, ok := v.Lookup(key); ok {
			t.Errorf("%s can be seen", key)
		}
	}
	friends, _ := v.Lookup("friends")
	if friends.Len() != 2 || !friends.Index(1).IsNil() {
		t.Errorf("friends: %s", sx.Serialize(friends))
	}
	if sx.ToGo(v).(*user) != &u {
		t.Error("ToGo gives another pointer")
	}
	if got := sx.ToGo(friends).([]*user); &got[0] != &u.Friends[0] {
		t.Error("ToGo gives another slice")
	}
}

func TestFromGoErrors(t *testing.T) {
	ring := &chain{}
	ring.Next = ring
	cases := []struct {
		in   any
		want string
	}{
		{make(chan int), `^cannot convert chan int to an SX value$`},
		{struct{ X chan int }{}, `^cannot convert chan int \(field x\) to an SX value; .*sx:"-"`},
		{struct{ Rows []struct{ Done func() } }{}, `^cannot convert func\(\) \(field rows\.done\)`},
		{map[int]string{}, `^cannot convert map\[int\]string to`},
		{complex(1, 2), `complex128`},
		{math.NaN(), `NaN is not a number within`},
		{math.Inf(1), `\+Inf`},
		{int64(1 << 53), `9007199254740992 is beyond the range`},
		{uint64(math.MaxUint64), `beyond the range`},
		{badText{}, `no text today`},
		{color(9), `panic in Go: .*index out of range`},
	}
	for _, c := range cases {
		v, err := sx.FromGo(c.in)
		if err == nil {
			t.Errorf("FromGo(%T) gives %s", c.in, sx.Serialize(v))
			continue
		}
		if !regexpMatch(c.want, err.Error()) {
			t.Errorf("FromGo(%T)\n got %v\nwant %s", c.in, err, c.want)
		}
		var e *sx.Error
		if !errors.As(err, &e) {
			t.Errorf("FromGo(%T): %T is no *sx.Error", c.in, err)
		}
	}
	// Data that contain themselves are read as far as a program goes, and have no text.
	v, err := sx.FromGo(ring)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sx.SerializeLimited(v, 1<<20); err == nil {
		t.Error("a ring of pointers has a text")
	}
}

func TestFromGoErrorsInsideAProgram(t *testing.T) {
	v, err := sx.FromGo(map[string]any{"bad": make(chan int), "big": int64(math.MaxInt64), "good": 1})
	if err != nil {
		t.Fatal(err)
	}
	get := func(key string) (sx.Value, error) {
		return sx.EvalPrimitives(t.Context(), sx.ListOf(sx.NewList(sx.Symbol("get"), quoted(v), sx.String(key))), sx.Limits{})
	}
	if _, err := get("bad"); err == nil || !strings.Contains(err.Error(), "cannot convert chan int") {
		t.Errorf("got %v", err)
	}
	if _, err := get("big"); err == nil || !strings.Contains(err.Error(), "beyond the range") {
		t.Errorf("got %v", err)
	}
	if x, err := get("good"); err != nil || x.Float() != 1 {
		t.Errorf("got %v %v", x, err)
	}
}

func quoted(v sx.Value) sx.Value { return sx.ListOf(sx.NewList(sx.Symbol("quote"), v)) }

// TestPrimitivesTakeGoData runs primitives over Go data and over the same data as lists and dicts.
func TestPrimitivesTakeGoData(t *testing.T) {
	type row struct {
		Name string
		N    int
	}
	rows := []row{{"b", 2}, {"a", 1}, {"c", 3}}
	goRows, err := sx.FromGo(rows)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := sx.Read(sx.NewSource("t", `({:name "b" :n 2} {:name "a" :n 1} {:name "c" :n 3})`), sx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	exprs := `(len X) (first X) (last X) (rest X) (take X 2) (drop X 3) (slice X -2) (nth X 1) (reverse X) (cons 1 X) (append X 4) (concat X X)
		(flatten (list X)) (map keys X) (map vals X) (filter dict? X) (chunk-every X 2) (zip-pairs X) (zip X X) (into (list) X) (distinct (concat X X))
		(index-of X {:name "a" :n 1}) (contains? X {:name "c" :n 3}) (empty? X) (list? X) (dict? (first X)) (= X X) (get (first X) :name) (get X 1)
		(get-in X (list 2 :n)) (entries (first X)) (assoc (first X) :n 5 :z 6) (dissoc (first X) :n) (merge (first X) {:q 1}) (select-keys (first X) (list :n))
		(map-dict list (first X)) (update (first X) :n inc) (has-key? (first X) :x) (interpose 0 X) (partition dict? X) (str X) (type-of X) (group-by vals X)
		(json-encode X) (sx-serialize X) (assoc-in (first X) (list :a :b) 1) (map-indexed list X) (every? dict? X) (some keys X) (empty? (first X)) (len (first X))
		(append! X 1) (dict-set! (first X) :a 1)`
	forms, err := sx.Read(sx.NewSource("t", exprs), sx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var put func(v, x sx.Value) sx.Value
	put = func(v, x sx.Value) sx.Value {
		switch {
		case v.IsSymbol("X"):
			return quoted(x)
		case v.Kind() == sx.KindList:
			l := &sx.List{}
			for _, item := range v.List().Items {
				l.Items = append(l.Items, put(item, x))
			}
			return sx.ListOf(l)
		}
		return v
	}
	for _, f := range forms {
		got, err1 := sx.EvalPrimitives(t.Context(), put(f, goRows), sx.Limits{})
		want, err2 := sx.EvalPrimitives(t.Context(), put(f, plain[0]), sx.Limits{})
		if fmt.Sprint(err1) != fmt.Sprint(err2) || sx.Serialize(got) != sx.Serialize(want) || !sx.Equal(got, want) {
			t.Errorf("%s\nGo data: %s %v\n  lists: %s %v", sx.Serialize(f), sx.Serialize(got), err1, sx.Serialize(want), err2)
		}
	}
}

type component struct{ text string }

func (c component) Render(ctx context.Context, w io.Writer) error {
	_, err := io.WriteString(w, c.text)
	return err
}

func TestFromGoMarkup(t *testing.T) {
	v, err := sx.FromGo(component{"<b>"})
	if err != nil || v.Kind() != sx.KindElement {
		t.Errorf("got %v %v", v.Kind(), err)
	}
}

func TestRecordFieldAllocatesNothing(t *testing.T) {
	mail := "m"
	rows := []user{{Name: "a", Email: &mail, Tags: []string{"x"}}, {Name: "b"}}
	v, err := sx.FromGo(rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"name", "id", "email", "tags", "home", "flag", "scores", "friends", "small", "street"} {
		read := sx.FieldReader(key)
		read(v.Index(0))
		if n := testing.AllocsPerRun(100, func() {
			for i := range v.Len() {
				if _, ok := read(v.Index(i)); !ok {
					t.Fatal(key)
				}
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", key, n)
		}
	}
	read := sx.FieldReader("id")
	other, _ := sx.FromGo([]base{{ID: 5}})
	for _, c := range []struct {
		v    sx.Value
		want float64
	}{{v.Index(0), 0}, {other.Index(0), 5}, {v.Index(1), 0}} {
		if got, _ := read(c.v); got.Float() != c.want {
			t.Errorf("one place, two types: got %v, want %v", got.Float(), c.want)
		}
	}
}

func TestGoDataStayAlive(t *testing.T) {
	values := func() []sx.Value {
		var vs []sx.Value
		for i := range 100 {
			v, err := sx.FromGo(struct {
				Name string
				List []string
			}{strings.Repeat("x", i), []string{fmt.Sprint(i)}})
			if err != nil {
				t.Fatal(err)
			}
			vs = append(vs, v)
		}
		return vs
	}()
	for range 3 {
		runtime.GC()
		_ = make([]byte, 1<<20)
	}
	for i, v := range values {
		name, _ := v.Lookup("name")
		list, _ := v.Lookup("list")
		if len(name.Text()) != i || list.Index(0).Text() != fmt.Sprint(i) {
			t.Fatalf("row %d: %s", i, sx.Serialize(v))
		}
	}
}

func TestFromGoConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				rt := reflect.ArrayOf(i*20+j, reflect.TypeFor[Address]())
				if _, err := sx.FromGo(reflect.Zero(rt).Interface()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkRecordField(b *testing.B) {
	rows := make([]user, 100)
	v, err := sx.FromGo(rows)
	if err != nil {
		b.Fatal(err)
	}
	read := sx.FieldReader("name")
	b.ReportAllocs()
	for b.Loop() {
		for i := range 100 {
			read(v.Index(i))
		}
	}
}

func TestProgramsTakeGoData(t *testing.T) {
	type point struct{ X, Y int }
	data := struct {
		Name   string
		Points []point
		Tags   map[string]string
		None   *point
	}{"n", []point{{1, 2}, {3, 4}}, map[string]string{"b": "B", "a": "A"}, nil}
	v, err := sx.FromGo(&data)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`(match d {:name n :points (list {:x x} &rest r)} (list n x (len r)) _ "no")`: `("n" 1 1)`,
		`(match d {:missing n} n _ "no")`:                                             `"no"`,
		`(let (({:name n :points ps} d)) (list n (len ps)))`:                          `("n" 2)`,
		`(let (([p q] (get d :points))) (get q :y))`:                                  `4`,
		`(map (fn (p) (+ (get p :x) (get p :y))) (get d :points))`:                    `(3 7)`,
		`(map-indexed (fn (i p) (* i (get p :x))) (get d :points))`:                   `(0 3)`,
		`(filter (fn (p) (> (get p :x) 1)) (get d :points))`:                          `({:x 3 :y 4})`,
		`(case (get d :points) (list {:x 1 :y 2} {:y 4 :x 3}) "same" :else "other")`:  `"same"`,
		"`(a ,@(get d :points))":                                                      `(a {:x 1 :y 2} {:x 3 :y 4})`,
		`(keys (get d :tags))`:                                                        `("a" "b")`,
		`(get-in d (list :tags "b"))`:                                                 `"B"`,
		`(nil? (get d :none))`:                                                        `true`,
		`(if (get d :none) 1 2)`:                                                      `2`,
		`(-> d (get :points) first (get :x) inc)`:                                     `2`,
		`(apply + (map (fn (p) (get p :y)) (get d :points)))`:                         `6`,
		`(sort-by (fn (p) (- (get p :x))) (get d :points))`:                           `({:x 3 :y 4} {:x 1 :y 2})`,
		`(sx-parse (sx-serialize d))`:                                                 `{:name "n" :points ({:x 1 :y 2} {:x 3 :y 4}) :tags {:a "A" :b "B"} :none nil}`,
		`(try (dict-set! d :name 1) (catch e (get e :message)))`:                      `"dict-set!: cannot change a frozen dict"`,
	} {
		p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", "(define (f d) "+body+")")})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		f, _ := p.Lookup("f")
		if got, err := p.Call(t.Context(), f, v); err != nil || sx.Serialize(got) != want {
			t.Errorf("%s\n got %s %v\nwant %s", body, sx.Serialize(got), err, want)
		}
	}
}

func TestOneProgramManyGoroutines(t *testing.T) {
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", `(define (f rows) (reduce (fn (s r) (+ s (get r :n))) 0 rows))
		(define (g xs) (let loop ((xs xs) (n 0)) (if (empty? xs) n (loop (rest xs) (+ n (f xs))))))`)})
	if err != nil {
		t.Fatal(err)
	}
	type a struct{ N int }
	type b struct {
		Name string
		N    float64
	}
	data := []any{[]a{{1}, {2}, {3}}, []b{{"x", 1}, {"y", 2}, {"z", 3}}, []*a{{1}, {2}, {3}}, []map[string]int{{"n": 1}, {"n": 2}, {"n": 3}}}
	g, _ := p.Lookup("g")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				v, err := sx.FromGo(data[(i+j)%len(data)])
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := p.Call(t.Context(), g, v); err != nil || got.Float() != 14 {
					t.Errorf("got %s %v", sx.Serialize(got), err)
				}
			}
		})
	}
	wg.Wait()
}
