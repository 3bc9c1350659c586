// The special forms that few components use.

import { attempt, dynamic, provided } from "./dynamic";
import { binding, compile, defs, EMIT, find, loading } from "./eval";
import { put, record } from "./markup";
import { expand, quasi } from "./macro";
import { match, pattern } from "./match";
import { bindings, body, defcomp, name, size, Special, specials } from "./special";
import { fail, isList, isSym, Kw, List, place, Sym, Value } from "./values";

const letrec: Special = (x, s, m) => {
  const pairs = bindings(x, x[1]), n = pairs.length;
  for (const [p] of pairs) s = { _name: isSym(p) ? p._name : fail("form", "letrec binds names", place(x)), _up: s };
  const values = pairs.map(p => compile(p[1], s, 0)), b = body(x.slice(2), s, m);
  return e => {
    for (const _ of pairs) e = { _v: null, _up: e };
    values.forEach((v, i) => binding(e, n - 1 - i)._v = name(v(e), (pairs[i][0] as Sym)._name));
    return b(e);
  };
};

const set: Special = (x, s) => {
  size(x, 2, 2);
  const n = x[1] as Sym, i = find(n._name, s), v = compile(x[2], s, 0), at = place(x);
  if (i < 0 && !defs.has(n._name)) fail("undefined", `set!: undefined symbol: ${n._name}`, place(n));
  return e => {
    const value = v(e), cell = i < 0 ? null : binding(e, i);
    if (!cell || Object.isFrozen(cell)) fail("frozen", `set!: ${n._name} is frozen`, at);
    return cell._v = value;
  };
};

const label = (v: Value): string => isSym(v) || v instanceof Kw ? v._name : typeof v === "string" ? v : isList(v) && isSym(v[0], "quote") ? label(v[1]) : fail("form", "the name of a scope is a symbol or a string", place(v));
const provide: Special = (x, s, m) => {
  size(x, 2);
  const n = label(x[1]), v = compile(x[2], s, 0), b = body(x.slice(3), s, m & EMIT);
  return e => {
    const up = dynamic._top;
    dynamic._top = { _name: n, _v: v(e), _emitted: [], _up: up };
    try {
      const r = b(e);
      // What is still to be placed belongs to this scope too.
      if (m & EMIT) put(r);
      return m & EMIT ? null : r;
    } finally {
      dynamic._top = up;
    }
  };
};

const try_: Special = (x, s, m) => {
  const clause = (n: string) => x.find(f => isList(f) && isSym(f[0], n)) as List | undefined;
  const c = clause("catch"), f = clause("finally"), emit = m & EMIT;
  const b = body(x.slice(1).filter(y => y !== c && y !== f), s, emit);
  if (c && !isSym(c[1])) fail("form", "catch needs a name", place(c));
  const handle = c && body(c.slice(2), { _name: (c[1] as Sym)._name, _up: s }, emit), last = f && body(f.slice(1), s, 0);
  return e => {
    const run = () => emit ? record(() => b(e)) : b(e);
    try {
      return handle ? attempt(run, err => handle({
        _v: new Map<string, Value>([["message", err.message], ["data", err.data], ["form", err.form], ["file", err.file], ["line", err.line], ["col", err.col]]), _up: e,
      })) : run();
    } finally {
      last && last(e);
    }
  };
};

loading._expand = expand;
loading._pattern = pattern;

Object.assign(specials, {
  match,
  letrec,
  "set!": set,
  quasiquote: (x, s) => {
    size(x, 1, 1);
    return quasi(x[1], s, 1);
  },
  unquote: x => fail("form", "unquote outside of quasiquote", place(x)),
  "splice-unquote": x => fail("form", "splice-unquote outside of quasiquote", place(x)),
  defmacro: defcomp("macro"),
  try: try_,
  scope: provide,
  provide,
  context: (x, s) => {
    size(x, 1, 2);
    const n = label(x[1]), d = compile(x[2] ?? null, s, 0);
    return e => {
      const p = provided(n);
      return p ? p._v : d(e);
    };
  },
  "emit!": (x, s) => {
    size(x, 2, 2);
    const n = label(x[1]), v = compile(x[2], s, 0);
    return e => {
      const value = v(e);
      provided(n)?._emitted.push(value);
      return null;
    };
  },
  emitted: x => {
    size(x, 1, 1);
    const n = label(x[1]);
    return () => [...provided(n)?._emitted || []];
  },
} satisfies Record<string, Special>);
