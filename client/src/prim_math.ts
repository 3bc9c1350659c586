// Arithmetic, comparison and predicates.

import { decimal, num, pow, round } from "./number";
import { isNumber } from "./reader";
import { equal } from "./equal";
import { isDict, isList, same, truthy, typeOf, Value } from "./values";
import { deny, off, running, take, wrong } from "./argument";
import { provide } from "./primitives";

const divisor = (y: number) => y || deny("range", "division by zero");
/** Folds from the left, where each result is checked; first: the first of several is where it starts. */
const arith = (unit: number, first: boolean, f: (a: number, b: number) => number) => (...a: any[]): number => {
  if (a.length === 2 && typeof a[0] === "number" && typeof a[1] === "number") return f(a[0], a[1]);
  const from = first && a.length > 1 ? 1 : 0, name = running._name;
  return a.slice(from).reduce((x, y, i) => num(f(x, take("n", y, i + from)), name), from ? take("n", a[0], 0) : unit);
};

/** Orders strings by code point. */
export const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  let i = 0;
  while (a[i] === b[i]) i++;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
};

/** Orders two numbers or two strings. */
export const compare = (a: any, b: any, i = 0): number => {
  const t = typeof a;
  if (t !== "number" && t !== "string") wrong(i, "number or a string", a);
  if (typeof b !== t) wrong(i + 1, t, b);
  return t === "number" ? a - b : SMALL ? wrong(i, "number", a) : compareText(a, b);
};

const order = (holds: (c: number) => boolean, i = 0) => (a: any, b?: any, ...more: any[]): boolean => {
  if (b === undefined) return compare(a, a) === 0;
  const r = holds(compare(a, b, i));
  // To the end, so that a wrong type is never missed.
  return more.length ? order(holds, i + 1)(b, ...more as [any]) && r : r;
};

const equalAll = (a: Value, ...rest: Value[]) => rest.every(b => equal(a, b));

/** The number of items, keys or characters. */
export const length = (v: any): number =>
  v === null ? 0 : typeof v === "string" ? [...v].length : isList(v) ? v.length : isDict(v) ? v.size : wrong(0, "string, a list or a dict", v);

const bounds = (n: number, low: number) => n < low || n > 100 ? off() : n;

const outer = /^\p{White_Space}+|\p{White_Space}+$/gu;
export const trim = (s: string) => s.replace(outer, "");

const parse = (whole: boolean) => (v: any, otherwise: Value = null) => {
  if (typeof v === "number") return whole && v % 1 ? otherwise : v;
  if (v === null) return otherwise;
  const s = trim(take("s", v, 0));
  return isNumber(s) && !(whole && /[.e]/i.test(s)) && Math.abs(+s) <= Number.MAX_SAFE_INTEGER ? +s : otherwise;
};

provide({
  "+:?a*": arith(0, false, (x, y) => x + y),
  "-:a?a*": arith(0, true, (x, y) => x - y),
  "*:?a*": arith(1, false, (x, y) => x * y),
  "/:a?a*": arith(1, true, (x, y) => x / divisor(y)),
  "mod:nn": (x, y) => {
    const r = x % divisor(y);
    return r && r < 0 !== y < 0 ? r + y : r;
  },
  "floor:n": Math.floor,
  "round:n?i": (n, d = 0) => round(n, bounds(d, -100)),
  "min:n?n*": Math.min,
  "max:n?n*": Math.max,
  "inc:n": n => n + 1,
  "dec:n": n => n - 1,
  "=:a?a*": equalAll,
  "!=:a?a*": (a, ...r) => !equalAll(a, ...r),
  "<:a?a*": order(c => c < 0),
  ">:a?a*": order(c => c > 0),
  "<=:a?a*": order(c => c <= 0),
  ">=:a?a*": order(c => c >= 0),
  "not:a": v => !truthy(v),
  "empty?:a": v => !length(v),
  "len:a": length,
  "odd?:i": n => !!(n % 2),
  "even?:i": n => !(n % 2),
  "format-decimal:ni": (n, p) => decimal(n, bounds(p, 0)),
  "format-number:n": n => {
    const [whole, part] = ("" + n).replace(/^(-?)(\d)\.?(\d*)e-(\d+)$/, (_, sign, a, b, e) => sign + "0." + "0".repeat(e - 1) + a + b).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
  },
});

SMALL || provide({
  "abs:n": Math.abs,
  "ceil:n": Math.ceil,
  "zero?:n": n => !n,
  "clamp:nnn": (x, low, high) => low > high ? off() : Math.min(Math.max(x, low), high),
  "pow:nn": pow,
  "sqrt:n": Math.sqrt,
  "eq?|eqv?:aa": same,
  "equal?:aa": (a, b) => equal(a, b),
  "integer?:a": v => Number.isInteger(v),
  "positive?:n": n => n > 0,
  "negative?:n": n => n < 0,
  "parse-int:a?a": parse(true),
  "parse-float:a?a": parse(false),
  "type-of:a": typeOf,
});

for (const t of "nil number string boolean list dict symbol keyword lambda component element spread".split(" ", SMALL ? 3 : 12))
  provide({ [t + "?:a"]: v => typeOf(v) === t });
