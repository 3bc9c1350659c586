// Lists, and the primitives that take functions.

import { call, invoke } from "./eval";
import { num } from "./number";
import { compare } from "./prim_math";
import { text } from "./prim_string";
import { equal } from "./equal";
import { isDict, isList, items, limits, step, truthy, typeOf, Value } from "./values";
import { deny, named, off, running, take, wrong } from "./argument";
import { provide } from "./primitives";
import { sequence } from "./stack";

/** The first place of x in list, or -1. */
const spot = (list: Value[], x: Value) => list.findIndex(v => equal(v, x));

const is = (f: Value) => (v: Value) => truthy(call(f, v));

const sorted = (list: Value[], key: (v: Value) => Value): Value[] => {
  const name = running._name, rows = list.map(v => [key(v), v]);
  running._name = name;
  // A list of one is checked too, and a mixed one whatever the order of comparisons.
  rows.forEach(r => compare(rows[0][0], r[0]));
  return rows.sort((a, b) => (step(1), compare(a[0], b[0]))).map(r => r[1]);
};

const before = (less: Value, a: Value, b: Value) => {
  const name = running._name, r = call(less, a, b);
  running._name = name;
  return typeof r === "number" ? deny("type", "the function must give a boolean, such as (< a b), got " + named(r)) : truthy(r);
};

const entry = (p: any): [string, Value] => isList(p) && p.length === 2 ? [take("k", p[0], 1), p[1]] : wrong(1, "list of keys with values", p);

const flatten = (list: Value[], out: Value[]): Value[] => {
  for (const v of list) isList(v) ? flatten(v, out) : out.push(v);
  items(out.length);
  return out;
};

/** Checks that x may change, and may have n items. */
export const mutable = <T extends Value>(x: T, n: number): T => {
  if (Object.isFrozen(x)) deny("frozen", "cannot change a frozen " + typeOf(x));
  if (n > limits.items) items(n);
  return x;
};

const join = (a: Value[], b: Value[]): Value[] => {
  items(a.length + b.length);
  return a.concat(b);
};

/** Gives what end gives, after turn has given a value for each item and take has taken it. */
const walk = (l: Value[], turn: (v: Value) => any, take: (v: Value, i: number) => unknown, end: () => Value) =>
  sequence(l.length, (_, i) => turn(l[i]), (v, _, i) => void take(v, i), end)(null);

provide({
  "list:?a*": (...a) => a,
  "first:l": l => l[0],
  "last:l": l => l[l.length - 1],
  "rest:l": l => l.slice(1),
  "nth:ai": (v, i) => (typeof v === "string" ? [...v] : take("l", v, 0))[i],
  "concat:?l*": (...ls) => {
    items(ls.reduce((n, l) => n + l.length, 0));
    return [].concat(...ls);
  },
  "reverse:l": l => [...l].reverse(),
  "range:n?nn": (a, b, by = 1) => {
    if (b === undefined) b = a, a = 0;
    if (!by) off();
    const n = items(Math.max(0, Math.ceil((b - a) / by)));
    return Array.from({ length: n }, (_, i) => a + i * by);
  },
  "take:li": (l, n) => l.slice(0, Math.max(0, n)),
  "contains?:aa": (v, x) => typeof v === "string" ? v.includes(take("s", x, 1)) : isDict(v) ? v.has(take("k", x, 1)) : spot(take("l", v, 0), x) >= 0,
  // What these call may be set aside (see eval).
  "map:fl": (f, l, out: Value[] = []) => walk(l, v => invoke(f, [v]), v => out.push(v), () => out),
  "map-indexed:fl": (f, l) => l.map((v: Value, i: number) => call(f, i, v)),
  "filter:fl": (f, l, out: Value[] = []) => walk(l, v => invoke(f, [v]), (v, i) => truthy(v) && out.push(l[i]), () => out),
  "reduce:fal": (f, a, l) => walk(l, v => invoke(f, [a, v]), v => a = v, () => a),
  "some:fl": (f, l, found: Value = null) => walk(l, v => truthy(found) ? null : invoke(f, [v]), v => found = truthy(v) ? v : found, () => found),
});

SMALL || provide({
  "cons:al": (x, l) => join([x], l),
  "append:l?a*": (l, ...xs) => {
    const out = l.concat(...xs.filter(x => x !== null));
    items(out.length);
    return out;
  },
  "drop:li": (l, n) => l.slice(Math.max(0, n)),
  "index-of:aa": (v, x) => {
    const i = typeof v === "string" ? v.indexOf(take("s", x, 1)) : spot(take("l", v, 0), x);
    return i < 0 ? null : typeof v === "string" ? [...v.slice(0, i)].length : i;
  },
  "sum:l": l => l.reduce((a: number, v: any) => num(a + take("n", v, 0), "sum"), 0),
  "every?:fl": (f, l) => l.every(is(f)),
  "zip:l?l*": (...ls) => Array.from({ length: Math.min(...ls.map(l => l.length)) }, (_, i) => ls.map(l => l[i])),
  "flatten:l": l => flatten(l, []),
  "chunk-every:li": (l, n) => n < 1 ? off() : Array.from({ length: Math.ceil(l.length / n) }, (_, i) => l.slice(i * n, i * n + n)),
  "zip-pairs:l": l => l.slice(1).map((v: Value, i: number) => [l[i], v]),
  "into:aa": (to, from) => {
    if (typeof to !== "object") wrong(0, "dict", to);
    const list = isDict(from) ? [...from] : take("l", from, 1);
    return isDict(to) ? new Map([...to, ...list.map(entry)]) : join(take("l", to, 0), list);
  },
  "distinct:l": l => {
    const seen = new Set(), out: Value[] = [];
    for (const v of l) if (typeof v !== "object" || v === null ? !seen.has(v) : (step(out.length), spot(out, v) < 0)) seen.add(v), out.push(v);
    return out;
  },
  "interpose:al": (sep, l) => l.flatMap((v: Value, i: number) => i ? [sep, v] : [v]),
  "append!:aa?a*": (l, ...xs) => {
    isList(l) || wrong(0, "list", l);
    mutable(l, l.length + xs.length).push(...xs);
  },
  "for-each:fl": (f, l) => {
    l.forEach((v: Value) => call(f, v));
  },
  "sort:a?a": (f, l) => l === undefined ? sorted(take("l", f, 0), v => v)
    : (take("f", f, 0), [...take("l", l, 1)].sort((a, b) => before(f, a, b) ? -1 : before(f, b, a) ? 1 : 0)),
  "sort-by:fl": (f, l) => sorted(l, v => call(f, v)),
  "group-by:fl": (f, l) => {
    const out = new Map<string, Value[]>();
    for (const v of [...l]) {
      const k = text(call(f, v)), g = out.get(k);
      g ? g.push(v) : out.set(k, [v]);
    }
    return out;
  },
  "partition:fl": (f, l) => {
    const out: Value[][] = [[], []];
    for (const v of [...l]) out[truthy(call(f, v)) ? 0 : 1].push(v);
    return out;
  },
});
