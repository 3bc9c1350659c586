// Dicts.

import { call } from "./eval";
import { mutable } from "./prim_list";
import { Dict, isDict, isList, Value } from "./values";
import { deny, take, wrong } from "./argument";
import { provide } from "./primitives";

/** Sets the pairs in kvs; the first of them is argument i of the primitive. */
export const set = (d: Dict, kvs: Value[], i: number): Dict => {
  if (kvs.length % 2) deny("arity", "a key has no value");
  for (let j = 0; j < kvs.length; j += 2) d.set(take("k", kvs[j], i + j), kvs[j + 1]);
  return d;
};

const at = (d: any, k: Value): Value | undefined =>
  d === null ? undefined : isDict(d) ? d.get(take("k", k, 1)) : isList(d) ? d[take("i", k, 1)] : wrong(0, "dict or a list", d);

const assocIn = (d: any, path: Value[], v: Value): Dict => {
  const m: Dict = new Map(take("d", d, 0)), k = take("k", path[0], 1);
  return m.set(k, path.length > 1 ? assocIn(m.get(k) ?? null, path.slice(1), v) : v);
};

provide({
  "get:aa?a": (d, k, otherwise = null) => {
    const v = at(d, k);
    return v === undefined ? otherwise : v;
  },
  "get-in:al?a": (d, path, otherwise = null) => {
    for (const k of path) if ((d = at(d, k)) === undefined) return otherwise;
    return d;
  },
  "keys:d": d => [...d.keys()],
});

SMALL || provide({
  "dict:?a*": (...kvs) => set(new Map(), kvs, 0),
  "has-key?:dk": (d, k) => d.has(k),
  "assoc:daa?a*": (d, ...kvs) => set(new Map(d), kvs, 1),
  "merge:?d*": (...ds) => new Map(ds.flatMap(d => [...d])),
  "vals:d": d => [...d.values()],
  "entries:d": d => [...d],
  "assoc-in:aaa": (d, path, v) => take("l", path, 1).length ? assocIn(d, path, v) : wrong(1, "list of at least one key", path),
  "dissoc:d?k*": (d, ...ks) => {
    const out = new Map(d);
    ks.forEach(k => out.delete(k));
    return out;
  },
  "select-keys:dl": (d, ks) => {
    const out = new Map();
    for (const k of ks) {
      const s = take("k", k, 1);
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
    isDict(d) || wrong(0, "dict", d);
    if (!d.has(k)) mutable(d, d.size + 1)._written = false;
    mutable(d, d.size).set(k, v);
  },
});
