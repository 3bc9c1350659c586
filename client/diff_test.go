package client_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/sx"
)

var (
	diffCount = flag.Int("diff.count", 2000, "random programs that both hosts evaluate")
	diffSeed  = flag.Uint64("diff.seed", 1, "seed of the random programs")
)

// diffSteps ends endless loops early, on both hosts.
const diffSteps = 2_000_000

// TestDifferential evaluates random pure programs in Go and in the browser: both must give the same value, or an
// error of the same kind. Programs that once differed are kept in testdata/diff.sx, one a line, and run first.
func TestDifferential(t *testing.T) {
	ctx := language(t)
	programs := keptPrograms(t)
	for i := range *diffCount {
		g := &programGen{Rand: rand.New(rand.NewPCG(*diffSeed, uint64(i)))}
		programs = append(programs, g.program())
	}
	ask[int](t, ctx, "setSteps", diffSteps)
	values, failures, different := 0, 0, 0
	for len(programs) > 0 {
		batch := programs[:min(500, len(programs))]
		programs = programs[len(batch):]
		got := ask[[]answer](t, ctx, "each", batch)
		for i, src := range batch {
			want, kind := evaluateGo(src, diffSteps)
			// The hosts count steps each in its own way: what one of them just cuts off may end on the other.
			if kind == string(sx.LimitError) && got[i].Kind != kind {
				want, kind = evaluateGo(src, 20*diffSteps)
			}
			browser := got[i].Kind
			if got[i].Value != nil {
				browser = *got[i].Value
			}
			switch {
			case kind != "":
				failures++
				want = kind
			default:
				values++
			}
			if browser == want && (kind == "") == (got[i].Value != nil) {
				continue
			}
			if different++; different <= 20 {
				t.Errorf("%s\n     go %s\nbrowser %s", src, want, got[i])
			}
		}
	}
	t.Logf("%d values and %d errors compared, %d differ", values, failures, different)
	for _, p := range clienttest.Problems(ctx) {
		t.Error(p)
	}
}

// evaluateGo returns the value of a program as text, or the kind of its error.
func evaluateGo(src string, steps int64, opts ...sx.Option) (value, kind string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource("t.sx", src)}, append(opts, sx.WithMain("value"), sx.WithLimits(sx.Limits{Steps: steps}))...)
	if err == nil {
		var v sx.Value
		if v, err = p.Main(ctx); err == nil {
			return sx.Serialize(v), ""
		}
	}
	var d sx.Diagnostics
	if errors.As(err, &d) && len(d.Errors()) > 0 {
		return d.Errors().Error(), string(d.Errors()[0].Kind)
	}
	var e *sx.Error
	if errors.As(err, &e) {
		return e.Error(), string(e.Kind)
	}
	return err.Error(), "?"
}

// programGen makes programs that are well-formed and mostly well-typed, so that most of them give values; the rest
// are errors that a real program could have.
type programGen struct {
	*rand.Rand
	vars  []genVar
	names int
	fuel  int
}

type genVar struct{ name, typ string }

func (g *programGen) one(words ...string) string { return words[g.IntN(len(words))] }

func (g *programGen) fresh(typ string) string {
	g.names++
	name := fmt.Sprintf("%c%d", 'a'+g.IntN(6), g.names)
	g.vars = append(g.vars, genVar{name, typ})
	return name
}

// scoped runs f and forgets the variables that it made.
func (g *programGen) scoped(f func() string) string {
	n := len(g.vars)
	s := f()
	g.vars = g.vars[:n]
	return s
}

func (g *programGen) program() string {
	g.fuel = 4 + g.IntN(20)
	var b strings.Builder
	for range g.IntN(3) {
		switch g.IntN(4) {
		case 0:
			typ := g.typ()
			v := g.expr(typ, 3)
			fmt.Fprintf(&b, "(define %s %s) ", g.fresh(typ), v)
		case 1:
			name := fmt.Sprintf("f%d", len(g.vars))
			body := g.scoped(func() string {
				p := g.fresh("num")
				return "(" + p + ") " + g.expr("num", 3)
			})
			fmt.Fprintf(&b, "(define %s (fn %s)) ", name, body)
			g.vars = append(g.vars, genVar{name, "fn1"})
		case 2:
			name := fmt.Sprintf("m%d", len(g.vars))
			fmt.Fprintf(&b, "(defmacro %s (x y) `(%s ,x %s)) ", name, g.one("list", "str", "do", "if true"), g.one(",y", "(+ 1 ,y)", ",@(list y y)"))
			g.vars = append(g.vars, genVar{name, "macro"})
		}
	}
	b.WriteString(g.expr(g.typ(), 6))
	return b.String()
}

func (g *programGen) typ() string { return g.one("num", "int", "str", "bool", "list", "dict", "any") }

func (g *programGen) expr(typ string, depth int) string {
	if g.fuel--; g.fuel < 0 {
		depth = 0
	}
	if g.IntN(40) == 0 {
		typ = g.typ() // now and then a wrong type
	}
	if typ == "any" {
		typ = g.one("num", "int", "str", "bool", "list", "dict")
	}
	if g.IntN(4) == 0 || depth <= 0 {
		var fit []string
		for _, v := range g.vars {
			if v.typ == typ || typ == "num" && v.typ == "int" {
				fit = append(fit, v.name)
			}
		}
		if len(fit) > 0 && g.IntN(3) > 0 {
			return g.one(fit...)
		}
	}
	if depth <= 0 {
		return g.literal(typ)
	}
	if g.IntN(3) == 0 {
		return g.form(typ, depth-1)
	}
	return g.call(typ, depth-1)
}

func (g *programGen) literal(typ string) string {
	switch typ {
	case "num":
		return g.one("0", "1", "-1", "2.5", "0.1", "-3.75", "1e-7", "100", "1e15", "9007199254740991", "-0.5", "2.675", "1.005", "123456.789")
	case "int":
		return g.one("0", "1", "2", "3", "-1", "-2", "7", "10", "40")
	case "str":
		return g.one(`""`, `"a"`, `"abc"`, `"Hello, World"`, `"é𝄞ß"`, `" x "`, `"a,b,c"`, `"İǅŉσς"`, `"12"`, `"-1.5e3"`, `"<b>&'"`, `"line\nbreak"`, `"\u{1F600}x"`, ":kw", `"2026-03-01T12:30:00.5+02:00"`, `"%41%20"`)
	case "bool":
		return g.one("true", "false", "true", "false", "nil")
	case "list":
		return g.one("(list)", "(list 1 2 3)", `(list "b" "a")`, "[1 [2 3] nil]", "'(a :k \"s\" 1.5)", "nil", "(list 3 1 2)", `[{:a 1} {:a 2}]`)
	case "dict":
		return g.one("{}", "{:a 1}", `{:b 2 :a "x" "c d" nil}`, `{"10" 1 "9" 2 "__proto__" 3}`, "nil")
	}
	return "nil"
}

// form returns a special form whose value has a type.
func (g *programGen) form(typ string, depth int) string {
	e := func(t string) string { return g.expr(t, depth) }
	switch g.IntN(30) {
	case 16:
		return g.scoped(func() string {
			f := g.fresh("fn1")
			n := g.fresh("int")
			body := e("num")
			return fmt.Sprintf("(letrec ((%s (fn (%s) (if (<= %s 0) %s (+ 1 (%s (- %s 1))))))) (list (%s %d) %s))", f, n, n, body, f, n, f, g.IntN(6), e(typ))
		})
	case 17:
		return fmt.Sprintf("`(%s ,%s ,@%s {:k ,%s} (quasiquote (x (unquote y))))", g.one("a", ":b", "1", `"s"`, "(c d)"), e("any"), g.one("(list 1 2)", "nil", "[3]"), e("num"))
	case 18:
		return fmt.Sprintf("(->> %s %s)", g.expr("list", depth), g.one("(map str)", "(filter number?) (reduce + 0)", "(take (list 9))", "(cons 1) len", "(some nil?)", "(group-by type-of)"))
	case 19:
		return fmt.Sprintf("(apply %s %s)", g.one("+", "list", "str", "max 1", "list 1 2", "(fn (&rest r) (len r))", "(fn (a (b :default 7)) (list a b))"), g.one("(list 1 2)", "nil", "[]", g.expr("list", 0)))
	case 20:
		return g.scoped(func() string {
			v := e("list")
			n := g.fresh("list")
			return fmt.Sprintf("(let ((%s (append (list) %s))) (dynamic-wind (fn () (append! %s 1)) (fn () %s) (fn () (append! %s 2))) %s)", n, v, n, e("any"), n, n)
		})
	case 21:
		return g.scoped(func() string {
			v := e("num")
			n := g.fresh("num")
			return fmt.Sprintf("(let ((%s %s)) (let ((step (fn (by) (set! %s (+ %s by)) %s))) (step 1) (step %s) (list %s %s)))", n, v, n, n, n, e("int"), n, e(typ))
		})
	case 22:
		return g.scoped(func() string {
			data := g.one("'(msg 1 :k 2)", "'(msg \"x\")", "'(other)", "(list 'msg "+e("any")+")", e("list"))
			k := g.fresh("any")
			p := g.fresh("any")
			return fmt.Sprintf("(match %s (msg %s &key %s) %s (msg %s &key (%s :as %s :default 5)) %s 'other 1 (list 1 _) 2 [%s] %s _ nil)", data, p, k, e(typ), p, k, g.one("string", "number", "any"), e(typ), p, e(typ))
		})
	case 23:
		return g.scoped(func() string {
			v := e("dict")
			a := g.fresh("any")
			return fmt.Sprintf("(let (({:a %s} (assoc %s :a %s))) %s)", a, v, e("num"), e(typ))
		})
	case 24:
		return g.scoped(func() string {
			v := e("num")
			n := g.fresh("num")
			w := e("num")
			m := g.fresh("num")
			return fmt.Sprintf("((fn () (define %s %s) (define (%s x) (+ x %s %s)) (list (%s 1) %s)))", n, v, m+"f", n, w, m+"f", strings.ReplaceAll(e(typ), m, n))
		})
	case 25:
		return fmt.Sprintf("(match %s %s :when %s %s n n)", e("num"), g.one("_", "x", ":else"), g.one("true", "false", e("bool")), e(typ))
	case 26:
		return fmt.Sprintf("(%s %s (emit! none 1) %s)", g.one("when", "unless"), e("bool"), e(typ))
	case 27:
		return fmt.Sprintf("(try (error \"boom\" %s) (catch e (list (get e :message) (get e :data) (get e :line))))", g.literal(g.typ()))
	case 28:
		return fmt.Sprintf("(try %s (catch e %s) (finally (emit! k 1)))", e(typ), e(typ))
	case 29:
		return fmt.Sprintf("(case %s (list 1 2) 1 {:a 1} 2 nil 3 :a %s \"kw\" 4)", e("any"), e(typ))
	case 0:
		return fmt.Sprintf("(if %s %s %s)", e("bool"), e(typ), e(typ))
	case 1:
		return fmt.Sprintf("(cond %s %s %s %s :else %s)", e("bool"), e(typ), e("bool"), e(typ), e(typ))
	case 2:
		return fmt.Sprintf("(case %s %s %s %s %s :else %s)", e("any"), g.literal("int"), e(typ), g.literal("str"), e(typ), e(typ))
	case 3, 4:
		return g.scoped(func() string {
			t := g.typ()
			v := e(t)
			n := g.fresh(t)
			return fmt.Sprintf("(let ((%s %s)) %s)", n, v, e(typ))
		})
	case 5:
		return g.scoped(func() string {
			t := g.typ()
			v := e(t)
			n := g.fresh(t)
			w := e("int")
			i := g.fresh("int")
			return fmt.Sprintf("(let (%s %s %s %s) (set! %s %s) %s)", n, v, i, w, n, e(t), e(typ))
		})
	case 6:
		return g.scoped(func() string {
			i, acc := g.fresh("int"), g.fresh(typ)
			step := e(typ)
			return fmt.Sprintf("(let loop ((%s 0) (%s %s)) (if (< %s %d) (loop (inc %s) %s) %s))", i, acc, g.literal(typ), i, g.IntN(5), i, step, acc)
		})
	case 7:
		return fmt.Sprintf("(try %s (catch e %s))", e(typ), e(typ))
	case 8:
		value := e(g.one("list", "dict", "any"))
		list := g.scoped(func() string {
			a, b := g.fresh("any"), g.fresh("list")
			return fmt.Sprintf("(list %s &rest %s) %s", a, b, e(typ))
		})
		dict := g.scoped(func() string {
			a := g.fresh("any")
			return fmt.Sprintf("{:a %s} %s", a, e(typ))
		})
		return fmt.Sprintf("(match %s %s %s _ %s)", value, list, dict, g.literal(typ))
	case 9:
		return g.scoped(func() string {
			arg := e("any")
			p, q := g.fresh("any"), g.fresh("int")
			return fmt.Sprintf("((fn (%s (%s :default %s)) %s) %s)", p, q, g.literal("int"), e(typ), arg)
		})
	case 10:
		return g.scoped(func() string {
			named, other := e("int"), e("num")
			p := g.fresh("int")
			return fmt.Sprintf("((fn (&key %s &rest more) %s) :%s %s %s)", p, e(typ), p, named, other)
		})
	case 11:
		return fmt.Sprintf("(-> %s %s)", e(typ), g.one("list first", "(list 1) (nth 0)", "list last"))
	case 12:
		return fmt.Sprintf("(%s %s %s)", g.one("and", "or"), e(typ), e(typ))
	case 13:
		return fmt.Sprintf("(scope k %s (do (emit! k %s) %s))", e("any"), e("any"), g.one(e(typ), "(emitted k)", "(context k)"))
	case 14:
		return fmt.Sprintf("(get (try-call (fn () %s)) :value)", e(typ))
	}
	return fmt.Sprintf("(do %s)", e(typ))
}

// call returns a call of a primitive. Letters of shapes stand for arguments: i int, n num, s str, b bool, l list,
// d dict, a any, f function of one, g function of two, p predicate.
func (g *programGen) call(typ string, depth int) string {
	shapes := map[string][]string{
		"num":  {"+ n n", "- n n", "* n n", "/ n n", "mod n n", "abs n", "floor n", "ceil n", "round n", "round n i", "min n n", "max n n", "clamp n i n", "inc n", "dec n", "sqrt n", "parse-float s 0", "sum l", "reduce g n l", "- n", "/ n"},
		"int":  {"len l", "len s", "len d", "string-length s", "+ i i", "* i i", "- i i", "index-of s s", "parse-int s 0", "char-code s", "floor n", "mod i i", "round n", "index-of l a"},
		"str":  {"str a a", "str a", "upper s", "lower s", "trim s", "join s l", "replace s s s", "substring s i i", "slice s i i", "pad-start s i", "pad-end s i", "repeat-string s i", "escape s", "strip-tags s", "pluralize i", "url-encode s", "url-decode s", "format-decimal n i", "format-number n", "json-encode a", "sx-serialize a", "canonical-serialize d", "type-of a", "nth s i", "format-date s \"%Y-%j %H:%M\"", "parse-datetime s", "trim-start s", "trim-end s", "char-from-code i"},
		"bool": {"= a a", "!= a a", "< n n", ">= n n", "< s s", "<= s s", "not a", "nil? a", "number? a", "string? a", "list? a", "dict? a", "empty? l", "empty? s", "contains? l a", "contains? s s", "contains? d s", "has-key? d s", "starts-with? s s", "ends-with? s s", "every? p l", "odd? i", "even? i", "zero? n", "integer? n", "eq? a a", "equal? a a", "some p l", "> n n n", "string-contains? s s"},
		"list": {"list a a", "map f l", "filter p l", "reverse l", "rest l", "take l i", "drop l i", "slice l i", "slice l i i", "append l a", "concat l l", "cons a l", "range i", "range i i", "range i i i", "distinct l", "flatten l", "zip l l", "zip-pairs l", "chunk-every l i", "interpose a l", "sort l", "sort-by f l", "keys d", "vals d", "entries d", "split s s", "map-indexed g l", "partition p l", "into l l", "into l d", "sx-parse s"},
		"dict": {"dict s a", "assoc d s a", "dissoc d s", "merge d d", "select-keys d l", "update d s f", "group-by f l", "map-dict g d", "assoc-in d l a", "json-decode s", "into d d", "get d s", "get-in d l"},
	}
	list := shapes[typ]
	words := strings.Fields(g.one(list...))
	out := "(" + words[0]
	for _, w := range words[1:] {
		out += " "
		switch w {
		case "i":
			out += g.expr("int", depth)
		case "n":
			out += g.expr("num", depth)
		case "s":
			out += g.expr("str", depth)
		case "b":
			out += g.expr("bool", depth)
		case "l":
			out += g.expr("list", depth)
		case "d":
			out += g.expr("dict", depth)
		case "a":
			out += g.expr("any", depth)
		case "f":
			out += g.function(depth, 1, g.one("any", "num", "str"))
		case "p":
			out += g.function(depth, 1, "bool")
		case "g":
			out += g.function(depth, 2, "num")
		default:
			out += w
		}
	}
	return out + ")"
}

func (g *programGen) function(depth, n int, typ string) string {
	if g.IntN(3) == 0 {
		if n == 2 {
			return g.one("+", "list", "str", "=")
		}
		if typ == "bool" {
			return g.one("nil?", "number?", "not", "string?")
		}
		return g.one("str", "list", "type-of", "sx-serialize", "json-encode")
	}
	return g.scoped(func() string {
		var ps []string
		for range n {
			ps = append(ps, g.fresh(g.one("any", "num")))
		}
		return fmt.Sprintf("(fn (%s) %s)", strings.Join(ps, " "), g.expr(typ, depth-1))
	})
}
