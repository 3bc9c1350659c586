package main

import (
	"strconv"
	"strings"
)

// workload is one task in each language. All programs give the same number.
type workload struct {
	name   string
	want   float64
	native func() float64

	sx, starlark, lua, tengo, js string
}

const loopTurns = 1_000_000

var workloads = []workload{
	{
		name:   "fib(25)",
		want:   75025,
		native: func() float64 { return float64(fib(25)) },
		sx:     `(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (define (run) (fib 25))`,
		starlark: `
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def run():
    return fib(25)
`,
		lua:   `function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end function run() return fib(25) end`,
		tengo: `fib := func(n) { if n < 2 { return n }; return fib(n - 1) + fib(n - 2) }; out := fib(25)`,
		js:    `function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } function run() { return fib(25) }`,
	},
	{
		name:   "1e6 turns",
		want:   loopTurns,
		native: func() float64 { return float64(count(loopTurns)) },
		sx:     `(define (run) (let loop ((i 0)) (if (< i 1000000) (loop (+ i 1)) i)))`,
		starlark: `
def run():
    i = 0
    while i < 1000000:
        i += 1
    return i
`,
		lua:   `function run() local i = 0 while i < 1000000 do i = i + 1 end return i end`,
		tengo: `out := 0; for out < 1000000 { out++ }`,
		js:    `function run() { let i = 0; while (i < 1000000) i++; return i }`,
	},
	{
		name:   "1e6 turns, a sum",
		want:   loopTurns * (loopTurns - 1) / 2,
		native: func() float64 { return float64(sumTo(loopTurns)) },
		sx:     `(define (run) (let loop ((i 0) (s 0)) (if (< i 1000000) (loop (+ i 1) (+ s i)) s)))`,
		starlark: `
def run():
    s = 0
    for i in range(1000000):
        s += i
    return s
`,
		lua:   `function run() local s = 0 for i = 0, 999999 do s = s + i end return s end`,
		tengo: `out := 0; for i := 0; i < 1000000; i++ { out += i }`,
		js:    `function run() { let s = 0; for (let i = 0; i < 1000000; i++) s += i; return s }`,
	},
	{
		name:   "map/filter/reduce 10k",
		want:   166616670000,
		native: mapFilterReduce,
		sx: `(define numbers (range 10000))
(define (run) (reduce (fn (a b) (+ a b)) 0 (filter (fn (x) (even? x)) (map (fn (x) (* x x)) numbers))))`,
		starlark: `
numbers = list(range(10000))
def run():
    s = 0
    for x in [y for y in [x * x for x in numbers] if y % 2 == 0]:
        s += x
    return s
`,
		lua: `
local numbers = {} for i = 1, 10000 do numbers[i] = i - 1 end
local function map(f, t) local r = {} for i = 1, #t do r[i] = f(t[i]) end return r end
local function filter(f, t) local r = {} for i = 1, #t do if f(t[i]) then r[#r + 1] = t[i] end end return r end
local function reduce(f, a, t) for i = 1, #t do a = f(a, t[i]) end return a end
function run() return reduce(function(a, b) return a + b end, 0, filter(function(x) return x % 2 == 0 end, map(function(x) return x * x end, numbers))) end`,
		tengo: `
numbers := []; for i := 0; i < 10000; i++ { numbers = append(numbers, i) }
map := func(f, t) { r := []; for x in t { r = append(r, f(x)) }; return r }
filter := func(f, t) { r := []; for x in t { if f(x) { r = append(r, x) } }; return r }
reduce := func(f, a, t) { for x in t { a = f(a, x) }; return a }
out := reduce(func(a, b) { return a + b }, 0, filter(func(x) { return x % 2 == 0 }, map(func(x) { return x * x }, numbers)))`,
		js: `const numbers = Array.from({length: 10000}, (_, i) => i);
function run() { return numbers.map(x => x * x).filter(x => x % 2 === 0).reduce((a, b) => a + b, 0) }`,
	},
	{
		name:   "building strings 10k",
		want:   98889,
		native: func() float64 { return float64(len(buildStrings())) },
		sx:     `(define numbers (range 10000)) (define (run) (len (join "," (map (fn (i) (str "item " i)) numbers))))`,
		starlark: `
def run():
    return len(",".join(["item " + str(i) for i in range(10000)]))
`,
		lua: `function run() local t = {} for i = 0, 9999 do t[#t + 1] = "item " .. i end return #table.concat(t, ",") end`,
		tengo: `text := import("text"); t := []; for i := 0; i < 10000; i++ { t = append(t, "item " + string(i)) }
out := len(text.join(t, ","))`,
		js: `function run() { const t = []; for (let i = 0; i < 10000; i++) t.push("item " + i); return t.join(",").length }`,
	},
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

//go:noinline
func count(n int) int {
	i := 0
	for i < n {
		i++
	}
	return i
}

func sumTo(n int) int {
	s := 0
	for i := 0; i < n; i++ {
		s += i
	}
	return s
}

var numbers = func() []float64 {
	out := make([]float64, 10000)
	for i := range out {
		out[i] = float64(i)
	}
	return out
}()

func mapOf(f func(float64) float64, xs []float64) []float64 {
	out := make([]float64, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func filterOf(f func(float64) bool, xs []float64) []float64 {
	var out []float64
	for _, x := range xs {
		if f(x) {
			out = append(out, x)
		}
	}
	return out
}

func reduceOf(f func(a, b float64) float64, a float64, xs []float64) float64 {
	for _, x := range xs {
		a = f(a, x)
	}
	return a
}

// mapFilterReduce is written with functions, as the programs are.
func mapFilterReduce() float64 {
	squares := mapOf(func(x float64) float64 { return x * x }, numbers)
	even := filterOf(func(x float64) bool { return int64(x)%2 == 0 }, squares)
	return reduceOf(func(a, b float64) float64 { return a + b }, 0, even)
}

func buildStrings() string {
	parts := make([]string, 0, 10000)
	for i := range 10000 {
		parts = append(parts, "item "+strconv.Itoa(i))
	}
	return strings.Join(parts, ",")
}
