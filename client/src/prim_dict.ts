// Dicts.

import { call } from "./eval";
import { Dict, fail, Fn, isDict, isList, items, Kw, limits, Value } from "./values";
import { wrong } from "./argument";
import type { Table } from "./primitives";

const key = (name: string, i: number, k: Value): string => k instanceof Kw ? k._name : typeof k === "string" ? k : wrong(name, i, "a string", k);

/** Sets the pairs in kvs; the first of them is argument i of the primitive. */
const set = (name: string, d: Dict, kvs: Value[], i: number): Dict => {
  if (kvs.length % 2) fail("arity", `${name}: a key has no value`);
  for (let j = 0; j < kvs.length; j += 2) d.set(key(name, i + j, kvs[j]), kvs[j + 1]);
  return d;
};

const at = (name: string, d: any, k: Value): Value | undefined =>
  d === null ? undefined : isDict(d) ? d.get(key(name, 1, k)) : isList(d) ? Number.isInteger(k) ? d[k as number] : wrong(name, 1, "an integer", k)
    : wrong(name, 0, "a dict or a list", d);

const assocIn = (d: any, path: Value[], v: Value): Dict => {
  if (d !== null && !isDict(d)) wrong("assoc-in", 0, "a dict", d);
  const k = key("assoc-in", 1, path[0]);
  return new Map(d || []).set(k, path.length > 1 ? assocIn(d?.get(k) ?? null, path.slice(1), v) : v) as Dict;
};

export const dictTable: Table = {
  "dict:?a*": (...kvs) => set("dict", new Map(), kvs, 0),
  "get:aa?a": (d, k, otherwise = null) => at("get", d, k) ?? (isDict(d) && d.has(key("get", 1, k)) || isList(d) && (k as number) >= 0 && (k as number) < d.length ? null : otherwise),
  "get-in:al?a": (d, path, otherwise = null) => {
    for (const k of path) if ((d = at("get-in", d, k)) === undefined) return otherwise;
    return d;
  },
  "has-key?:dk": (d, k) => d.has(k),
  "assoc:daa?a*": (d, ...kvs) => set("assoc", new Map(d), kvs, 1),
  "assoc-in:ala": (d, path, v) => path.length ? assocIn(d, path, v) : wrong("assoc-in", 1, "a list of at least one key", path),
  "dissoc:d?k*": (d, ...ks) => {
    const out = new Map(d);
    ks.forEach(k => out.delete(k));
    return out;
  },
  "merge:?d*": (...ds) => new Map(ds.flatMap(d => [...d])),
  "keys:d": d => [...d.keys()],
  "vals:d": d => [...d.values()],
  "entries:d": d => [...d],
  "select-keys:dl": (d, ks) => {
    const out = new Map();
    for (const k of ks) {
      const s = key("select-keys", 1, k);
      if (d.has(s)) out.set(s, d.get(s));
    }
    return out;
  },
  "update:dkf?a*": (d, k, f, ...xs) => {
    const v = call(f, d.get(k) ?? null, ...xs);
    return new Map(d).set(k, v);
  },
  "map-dict:fd": (f, d) => new Map([...d].map(([k, v]) => [k, call(f, k, v)])),
  "dict-set!:aka": (d, k, v) => {
    if (!isDict(d)) wrong("dict-set!", 0, "a dict", d);
    if (Object.isFrozen(d)) fail("frozen", "dict-set!: cannot change a frozen dict");
    if (d.size >= limits.items) items(Infinity);
    d.set(k, v);
  },
};
