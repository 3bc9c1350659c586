package render_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// What components read of their arguments is what they carry over the wire; a row is a component's parameters and
// body, and the text of a call.
func TestWireCarriesWhatIsRead(t *testing.T) {
	const user = `{:id 7 :name "Ann" :password "secret" :home {:street "S" :town "T"} :tags (list {:t "x" :n 1} {:t "y" :n 2})}`
	const whole = `:v {:id 7 :name "Ann" :password "secret" :home {:street "S" :town "T"} :tags (list {:t "x" :n 1} {:t "y" :n 2})}`
	for body, want := range map[string]string{
		`(p (get v :name))`:                    `:v {:name "Ann"}`,
		`(p (get v "name" "none"))`:            `:v {:name "Ann"}`,
		`(p (get v :absent))`:                  `:v {}`,
		`(p "x")`:                              `:v {}`,
		`(when v (p "x"))`:                     `:v {}`,
		`(p (get-in v (list :home :town)))`:    `:v {:home {:town "T"}}`,
		`(p (get (get v :home) :street))`:      `:v {:home {:street "S"}}`,
		`(p (-> v (get :home) (get :street)))`: `:v {:home {:street "S"}}`,
		`(let ((h (get v :home)) (n (get v :name))) (p n (get h :town)))`:                      `:v {:name "Ann" :home {:town "T"}}`,
		`(ul (map (fn (x) (li (get x :t))) (get v :tags)))`:                                    `:v {:tags (list {:t "x"} {:t "y"})}`,
		`(ul (map-indexed (fn (i x) (li i (get x :t))) (get v :tags)))`:                        `:v {:tags (list {:t "x"} {:t "y"})}`,
		`(p (len (get v :tags)))`:                                                              `:v {:tags (list {} {})}`,
		`(p (if (empty? (get v :tags)) "none" (get (first (get v :tags)) :n)))`:                `:v {:tags (list {:n 1} {:n 2})}`,
		`(ul (map (fn (x) (li (get x :t))) (filter (fn (x) (> (get x :n) 1)) (get v :tags))))`: `:v {:tags (list {:t "x" :n 1} {:t "y" :n 2})}`,
		`(p (reduce (fn (a x) (+ a (get x :n))) 0 (get v :tags)))`:                             `:v {:tags (list {:n 1} {:n 2})}`,
		`(if (has-key? v :password) (p "locked") (p (get v :id)))`:                             `:v {:id 7 :password "secret"}`,
		`(p (name-of v))`:        `:v {:name "Ann"}`,
		`(~town :of v)`:          `:v {:home {:town "T"}}`,
		`(~box (~town :of v))`:   `:v {:home {:town "T"}}`,
		`(~box (p (get v :id)))`: `:v {:id 7}`,
		`(div :class {:on (get v :id)} :title (or (get v :name) "x"))`: `:v {:id 7 :name "Ann"}`,
		`(let ((f (fn (u) (get u :name)))) (p (get v :id) (f v)))`:     whole,
		`(p (inspect v))`:             whole,
		`(p (len v))`:                 whole,
		`(p (get v (str "na" "me")))`: whole,
		`(ul (map (fn (e) (li (first e))) (entries v)))`:                       whole,
		`(match v {:name n} (p n) _ (p))`:                                      whole,
		`(let go ((u v) (i 0)) (if (< i 2) (go u (inc i)) (p (get u :name))))`: whole,
		`(p (str (get v :name)) (json-encode v))`:                              whole,
		`(p (= v {:id 7}))`:                                                    whole,
		`(do (set! v (get v :home)) (p (get v :town)))`:                        `:v {:home {:street "S" :town "T"}}`,
		`(~any :of v)`:   whole,
		`(~tree :of v)`:  `:v {:id 7}`,
		`(~picky :of v)`: whole,
	} {
		r := load(t, `
			(define (name-of u) (if u (get u :name) "nobody"))
			(defcomp ~town (&key of) (b (get (get of :home) :town)))
			(defcomp ~box (&rest children) (div children))
			(defcomp ~any (&key of) (div (inspect of)))
			(defcomp ~tree (&key of) (div (get of :id) (map (fn (k) (~tree :of k)) (get of :kids))))
			(defcomp ~picky (&key (of :as any :in (1 2))) (div (get of :id)))
			(defcomp ~c (&key v) `+body+`)
			(defcomp ~page () (~c :v `+user+`))`)
		c, err := r.Component("~page")
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Wire(context.Background())
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if !strings.Contains(got, "(~c "+want+")") {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}

// Programs whose components call each other in very many ways load at once.
func TestManyWaysThroughComponents(t *testing.T) {
	var text strings.Builder
	text.WriteString("(defcomp ~two (&key of) (div (when (get of :l) (~two :of (get of :l))) (when (get of :r) (~two :of (get of :r)))))\n")
	for i := range 40 {
		fmt.Fprintf(&text, "(defcomp ~n%d (&key of) (p (~n%d :of of) (~n%[2]d :of of) (b (~n%[2]d :of of))))\n", i, i+1)
	}
	text.WriteString("(defcomp ~n40 (&key of) (i (get of :x)))")
	r := load(t, text.String())
	if c, _ := r.Program().Component("~n0"); strings.Join(r.Program().Reads(c, "of").Paths(), " ") != "x" {
		t.Error("~n0 reads more than x")
	}
}

// Records that hold others of their kind under several names would be as many parts as there are ways through them: an
// argument of which so much is read is whole.
func TestReadPartsAreBounded(t *testing.T) {
	var body strings.Builder
	for i := range 40 {
		fmt.Fprintf(&body, "(when (get of :f%d) (~t :of (get of :f%[1]d)))", i)
	}
	r := load(t, "(defcomp ~t (&key of) (b (get of :name) "+body.String()+"))\n(defcomp ~u (&key of) (b (get of :name) (when (get of :next) (~u :of (get of :next)))))")
	for name, whole := range map[string]bool{"~t": true, "~u": false} {
		c, _ := r.Program().Component(name)
		if got := r.Program().Reads(c, "of"); got.Whole() != whole {
			t.Errorf("%s reads %v", name, got.Paths())
		}
	}
}

// A component that gets what it reads shows the same as one that gets everything.
func TestReadPartsAreEnough(t *testing.T) {
	batches, size := 20, 50
	if testing.Short() {
		batches = 3
	}
	values, partly := 0, 0
	for batch := range batches {
		g := &partMaker{Rand: rand.New(rand.NewPCG(uint64(batch), 5))}
		var text strings.Builder
		for i := range size {
			shown := func(e string) string { return "(inspect (try " + e + " (catch e (get e :message))))" }
			fmt.Fprintf(&text, "(define (f%d a b) %s)\n", i, g.expr(3, "a", "b"))
			g.functions = i + 1
			fmt.Fprintf(&text, "(defcomp ~d%d (&key x y) (i %s))\n", i, shown(g.expr(3, "x", "y")))
			fmt.Fprintf(&text, "(defcomp ~c%d (&key v w) (p %s) (~d%d :x %s :y %s) (map (fn (x) (~d%d :x x)) (get v :b)))\n",
				i, shown(g.expr(4, "v", "w")), i, g.record("v"), g.record("w"), i)
		}
		r := load(t, text.String())
		for i := range size {
			name := fmt.Sprint("~c", i)
			comp, _ := r.Program().Component(name)
			var all, part []sx.Arg
			for k, name := range []string{"v", "w"} {
				v, err := sx.FromGo(partData(3+k, k))
				if err != nil {
					t.Fatal(err)
				}
				reads := r.Program().Reads(comp, name)
				if !reads.Whole() {
					partly++
				}
				all, part = append(all, sx.Arg{Name: name, Value: v}), append(part, sx.Arg{Name: name, Value: cut(v, reads)})
			}
			var a, b strings.Builder
			err1, err2 := r.HTML(context.Background(), &a, name, all...), r.HTML(context.Background(), &b, name, part...)
			if a.String() != b.String() || fmt.Sprint(err1) != fmt.Sprint(err2) {
				t.Fatalf("batch %d: what is not read makes a difference to %s\n%s\n%v\n%v\n%s %v\n%s %v", batch, name, &text, sx.Serialize(all[0].Value), sx.Serialize(part[0].Value), &a, err1, &b, err2)
			}
			if err1 == nil {
				values++
			}
		}
	}
	t.Logf("%d components, %d without errors, %d arguments read in part", batches*size, values, partly)
	if n := batches * size; values < n/4 || partly < n/4 {
		t.Error("too few tell anything")
	}
}

// partData is a record with records and lists of records in it.
func partData(depth, salt int) any {
	if depth == 0 {
		return salt
	}
	return map[string]any{"a": partData(depth-1, salt), "b": []any{partData(depth-1, salt+1), partData(depth-1, salt)}, "c": fmt.Sprint("c", depth, salt), "d": nil, "n": depth + salt}
}

// cut is the part of v that p speaks of.
func cut(v sx.Value, p *sx.Part) sx.Value {
	switch {
	case p.Whole():
		return v
	case v.Kind() == sx.KindList:
		var out []sx.Value
		for i := range v.Len() {
			out = append(out, cut(v.Index(i), p.Item()))
		}
		return sx.ListOf(sx.NewList(out...))
	case v.Kind() == sx.KindDict:
		d := sx.NewDict(0)
		for k, item := range v.Entries() {
			if of, ok := p.Field(k); ok {
				d.Set(k, cut(item, of))
			}
		}
		return sx.DictOf(d)
	}
	return v
}

// partMaker makes expressions that look into records.
type partMaker struct {
	*rand.Rand
	names     int
	functions int
}

func (g *partMaker) pick(s ...string) string { return s[g.IntN(len(s))] }

// record is an expression for something within a variable.
func (g *partMaker) record(vars ...string) string {
	v := g.pick(vars...)
	for range g.IntN(3) {
		switch f := g.pick(":a", ":b", ":c", ":d", ":n"); g.IntN(6) {
		case 0, 1, 2:
			v = "(get " + v + " " + f + ")"
		case 3:
			v = "(get-in " + v + " (list " + f + " :a))"
		case 4:
			v = "(" + g.pick("first", "last", "rest", "reverse") + " (get " + v + " :b))"
		case 5:
			v = "(nth (get " + v + " :b) " + g.pick("0", "1", "5") + ")"
		}
	}
	return v
}

func (g *partMaker) expr(depth int, vars ...string) string {
	d := depth - 1
	if depth <= 0 || g.IntN(5) == 0 {
		return g.pick(g.record(vars...), g.record(vars...), "1", `"k"`, "nil")
	}
	g.names++
	x := fmt.Sprint("x", g.names)
	y := x + "y"
	with := append(vars[:len(vars):len(vars)], x)
	sub := func() string { return g.expr(d, vars...) }
	switch g.IntN(20) {
	case 0:
		return "(if " + sub() + " " + sub() + " " + sub() + ")"
	case 1:
		return "(" + g.pick("and", "or", "list", "str") + " " + sub() + " " + sub() + ")"
	case 2, 3:
		return "(let ((" + x + " " + sub() + ")) " + g.expr(d, with...) + ")"
	case 4, 5:
		return "(" + g.pick("map", "filter", "some", "every?", "sort-by", "for-each", "group-by", "partition") + " (fn (" + x + ") " + g.expr(d, with...) + ") " + g.pick(sub(), g.record(vars...), "(get "+g.pick(vars...)+" :b)") + ")"
	case 6:
		return "(map-indexed (fn (" + x + " " + y + ") " + g.expr(d, append(with, y)...) + ") (get " + g.record(vars...) + " :b))"
	case 7:
		return "(reduce (fn (" + x + " " + y + ") " + g.expr(d, append(with, y)...) + ") " + sub() + " (get " + g.record(vars...) + " :b))"
	case 8:
		return "(" + g.pick("len", "empty?", "nil?", "not", "dict?", "list?", "type-of", "keys", "vals", "first", "rest", "inspect") + " " + sub() + ")"
	case 9:
		return "(" + g.pick("take", "drop", "nth") + " " + sub() + " " + g.pick("0", "1", "2") + ")"
	case 10:
		return "(has-key? " + g.record(vars...) + " " + g.pick(":a", ":c", ":z") + ")"
	case 11, 12:
		if g.functions > 0 {
			return fmt.Sprintf("(f%d %s %s)", g.IntN(g.functions), sub(), sub())
		}
	case 13:
		return "{:a " + sub() + " :b " + sub() + "}"
	case 14:
		return "(get {:a " + sub() + " :z " + sub() + "} " + g.pick(":a", ":z") + ")"
	case 15:
		return "(match " + sub() + " {:a " + x + "} " + g.expr(d, with...) + " _ " + sub() + ")"
	case 16:
		return "(do (set! " + g.pick(vars...) + " " + sub() + ") " + sub() + ")"
	case 17:
		return "(case " + sub() + " " + sub() + " " + sub() + " :else " + sub() + ")"
	case 18:
		return "(let " + x + " ((" + y + " " + sub() + ") (i 0)) (if (< i 2) (" + x + " " + sub() + " (inc i)) " + g.expr(d, append(vars[:len(vars):len(vars)], y)...) + "))"
	}
	return "(get " + g.record(vars...) + " " + g.pick(":a", ":b", ":n") + " " + sub() + ")"
}
