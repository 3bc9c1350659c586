// Lists, and the primitives that take functions.

import { call } from "./eval";
import { compare } from "./prim_math";
import { text } from "./prim_string";
import { equal, fail, isDict, isList, items, Kw, limits, List, step, truthy, Value } from "./values";
import { wrong } from "./argument";
import type { Table } from "./primitives";

/** The first place of x in list, or -1. */
const place = (list: Value[], x: Value) => list.findIndex(v => equal(v, x));

const is = (f: Value) => (v: Value) => truthy(call(f, v));

const sorted = (list: Value[], name: string, key: (v: Value) => Value): Value[] => {
  const rows = list.map(v => [key(v), v]);
  rows.length && rows.forEach(r => typeof r[0] === typeof rows[0][0] ? compare(name, r[0], r[0]) : compare(name, rows[0][0], r[0]));
  return rows.sort((a, b) => (step(1), compare(name, a[0], b[0]))).map(r => r[1]);
};

const entry = (p: any, i: number): [string, Value] => {
  const k = isList(p) && p.length === 2 ? p[0] : null;
  return [typeof k === "string" ? k : k instanceof Kw ? k._name : fail("type", `into: item ${i} must be a list of a key and a value`), p[1]];
};

const flatten = (list: Value[], out: Value[]): Value[] => {
  for (const v of list) isList(v) ? flatten(v, out) : out.push(v);
  items(out.length);
  return out;
};

export const listTable: Table = {
  "list:?a*": (...a) => a,
  "first:l": l => l[0],
  "last:l": l => l[l.length - 1],
  "rest:l": l => l.slice(1),
  "nth:ai": (v, i) => i < 0 ? null : typeof v === "string" ? [...v][i] : v === null ? null : isList(v) ? v[i] : wrong("nth", 0, "a list", v),
  "cons:al": (x, l) => [x, ...l],
  "append:l?a*": (l, ...xs) => {
    const out = l.concat(...xs.filter(x => x !== null));
    items(out.length);
    return out;
  },
  "concat:?l*": (...ls) => {
    items(ls.reduce((n, l) => n + l.length, 0));
    return [].concat(...ls);
  },
  "reverse:l": l => [...l].reverse(),
  "flatten:l": l => flatten(l, []),
  "range:n?nn": (a, b, by = 1) => {
    if (b === undefined) b = a, a = 0;
    if (!by) fail("range", "range: the step must not be 0");
    const n = items(Math.max(0, Math.ceil((b - a) / by)));
    return Array.from({ length: n }, (_, i) => a + i * by);
  },
  "take:li": (l, n) => l.slice(0, Math.max(0, n)),
  "drop:li": (l, n) => l.slice(Math.max(0, n)),
  "zip:l?l*": (...ls) => Array.from({ length: Math.min(...ls.map(l => l.length)) }, (_, i) => ls.map(l => l[i])),
  "chunk-every:li": (l, n) => n < 1 ? fail("range", "chunk-every: argument 2 must be at least 1") : Array.from({ length: Math.ceil(l.length / n) }, (_, i) => l.slice(i * n, i * n + n)),
  "zip-pairs:l": l => l.slice(1).map((v: Value, i: number) => [l[i], v]),
  "into:aa": (to, from) => {
    const list = isDict(from) ? [...from] : from === null ? [] : isList(from) ? from : wrong("into", 1, "a list", from);
    return to === null || isList(to) ? [...to || [], ...list] : isDict(to) ? new Map([...to, ...list.map(entry as any)] as any) : wrong("into", 0, "a list or a dict", to);
  },
  "distinct:l": l => {
    const seen = new Set(), out: Value[] = [];
    for (const v of l) if (typeof v !== "object" || v === null ? !seen.has(v) : (step(out.length), place(out, v) < 0)) seen.add(v), out.push(v);
    return out;
  },
  "index-of:aa": (v, x) => {
    const i = typeof v === "string" ? typeof x === "string" ? v.indexOf(x) : wrong("index-of", 1, "a string", x)
      : v === null ? -1 : isList(v) ? place(v, x) : wrong("index-of", 0, "a string or a list", v);
    return i < 0 ? null : typeof v === "string" ? [...v.slice(0, i)].length : i;
  },
  "contains?:aa": (v, x) => typeof v === "string" ? typeof x === "string" ? v.includes(x) : wrong("contains?", 1, "a string", x)
    : v === null ? false : isList(v) ? place(v, x) >= 0 : isDict(v) ? v.has(x instanceof Kw ? x._name : typeof x === "string" ? x : wrong("contains?", 1, "a string", x))
      : wrong("contains?", 0, "a string, a list or a dict", v),
  "interpose:al": (sep, l) => l.flatMap((v: Value, i: number) => i ? [sep, v] : [v]),
  "sum:l": l => l.reduce((a: number, v: any, i: number) => typeof v === "number" ? Math.abs(a += v) <= Number.MAX_SAFE_INTEGER ? a : fail("range", "sum: out of range") : fail("type", `sum: item ${i} must be a number`), 0),
  "append!:aa?a*": (l, ...xs) => {
    if (!isList(l)) wrong("append!", 0, "a list", l);
    if (Object.isFrozen(l)) fail("frozen", "append!: cannot change a frozen list");
    if (l.length + xs.length > limits.items) items(Infinity);
    l.push(...xs);
  },
  "map:fl": (f, l) => l.map((v: Value) => call(f, v)),
  "map-indexed:fl": (f, l) => l.map((v: Value, i: number) => call(f, i, v)),
  "filter:fl": (f, l) => l.filter(is(f)),
  "reduce:fal": (f, init, l) => l.reduce((a: Value, v: Value) => call(f, a, v), init),
  "some:fl": (f, l) => {
    for (const v of [...l]) {
      const r = call(f, v);
      if (truthy(r)) return r;
    }
  },
  "every?:fl": (f, l) => l.every(is(f)),
  "for-each:fl": (f, l) => {
    l.forEach((v: Value) => call(f, v));
  },
  "sort:a?l": (f, l) => l === undefined ? sorted(f === null ? [] : isList(f) ? f : wrong("sort", 0, "a list", f), "sort", v => v)
    : [...l].sort((a, b) => truthy(call(f, a, b)) ? -1 : truthy(call(f, b, a)) ? 1 : 0),
  "sort-by:fl": (f, l) => sorted(l, "sort-by", v => call(f, v)),
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
};
