// Arithmetic, comparison and predicates.

import { decimal, num, pow, round } from "./number";
import { isNumber } from "./reader";
import { equal, fail, isDict, isList, same, truthy, typeOf, Value } from "./values";
import { wrong } from "./argument";
import type { Table } from "./primitives";

const divisor = (y: number, name: string) => y || fail("range", name + ": division by zero");
const fold = (name: string, f: (a: number, b: number) => number) => (a: number, ...rest: number[]) => rest.reduce((x, y) => num(f(x, y), name), a);

/** Orders strings by code point. */
export const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  let i = 0;
  while (a[i] === b[i]) i++;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
};

/** Orders two numbers or two strings. */
export const compare = (name: string, a: any, b: any, i = 0): number => {
  const t = typeof a;
  if (t !== "number" && t !== "string") wrong(name, i, "a number or a string", a);
  if (typeof b !== t) wrong(name, i + 1, "a " + t, b);
  return t === "number" ? a - b : compareText(a, b);
};

const order = (name: string, holds: (c: number) => boolean) => (...a: any[]) => {
  if (a.length < 2) compare(name, a[0], a[0]);
  let r = true;
  for (let i = 1; i < a.length; i++) if (!holds(compare(name, a[i - 1], a[i], i - 1))) r = false;
  return r;
};

const equalAll = (a: Value, ...rest: Value[]) => rest.every(b => equal(a, b));

/** The number of items, keys or characters. */
export const length = (name: string, v: any): number =>
  v === null ? 0 : typeof v === "string" ? [...v].length : isList(v) ? v.length : isDict(v) ? v.size : wrong(name, 0, "a string, a list or a dict", v);

const parity = (name: string, rest: number) => (n: number) => n % 1 ? wrong(name, 0, "an integer", n) : Math.abs(n % 2) === rest;

const bounds = (name: string, n: number, low: number) => n < low || n > 100 ? fail("range", `${name}: argument 2 must be from ${low} to 100, got ${n}`) : n;

const parse = (whole: boolean) => (v: any, otherwise: Value = null) => {
  if (typeof v === "number") return whole && v % 1 ? otherwise : v;
  if (v === null) return otherwise;
  const s = typeof v === "string" ? v.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "") : wrong(whole ? "parse-int" : "parse-float", 0, "a string", v);
  return isNumber(s) && !(whole && /[.e]/i.test(s)) && Math.abs(+s) <= Number.MAX_SAFE_INTEGER ? +s : otherwise;
};

export const mathTable: Table = {
  "+:?n*": (a = 0, ...r) => fold("+", (x, y) => x + y)(a, ...r),
  "-:n?n*": (a, ...r) => r.length ? fold("-", (x, y) => x - y)(a, ...r) : -a,
  "*:?n*": (a = 1, ...r) => fold("*", (x, y) => x * y)(a, ...r),
  "/:n?n*": (a, ...r) => r.length ? fold("/", (x, y) => x / divisor(y, "/"))(a, ...r) : 1 / divisor(a, "/"),
  "mod:nn": (x, y) => {
    const r = x % divisor(y, "mod");
    return r && r < 0 !== y < 0 ? r + y : r;
  },
  "pow:nn": pow,
  "sqrt:n": Math.sqrt,
  "abs:n": Math.abs,
  "floor:n": Math.floor,
  "ceil:n": Math.ceil,
  "round:n?i": (n, d = 0) => round(n, bounds("round", d, -100)),
  "min:n?n*": Math.min,
  "max:n?n*": Math.max,
  "clamp:nnn": (x, low, high) => low > high ? fail("range", "clamp: the bounds are in the wrong order") : Math.min(Math.max(x, low), high),
  "inc:n": n => n + 1,
  "dec:n": n => n - 1,
  "=:a?a*": equalAll,
  "!=:a?a*": (a, ...r) => !equalAll(a, ...r),
  "<:a?a*": order("<", c => c < 0),
  ">:a?a*": order(">", c => c > 0),
  "<=:a?a*": order("<=", c => c <= 0),
  ">=:a?a*": order(">=", c => c >= 0),
  "eq?|eqv?:aa": same,
  "equal?:aa": equal,
  "not:a": v => !truthy(v),
  "integer?:a": v => Number.isInteger(v),
  "empty?:a": v => !length("empty?", v),
  "len:a": v => length("len", v),
  "odd?:n": parity("odd?", 1),
  "even?:n": parity("even?", 0),
  "zero?:n": n => !n,
  "positive?:n": n => n > 0,
  "negative?:n": n => n < 0,
  "format-decimal:ni": (n, p) => decimal(n, bounds("format-decimal", p, 0)),
  "format-number:n": n => {
    const [whole, part] = ("" + n).replace(/^(-?)(\d)\.?(\d*)e-(\d+)$/, (_, sign, a, b, e) => sign + "0." + "0".repeat(e - 1) + a + b).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
  },
  "parse-int:a?a": parse(true),
  "parse-float:a?a": parse(false),
  "type-of:a": typeOf,
};

for (const t of ["nil", "boolean", "number", "string", "symbol", "keyword", "list", "dict", "lambda", "component", "element", "spread"])
  mathTable[t + "?:a"] = v => typeOf(v) === t;
