// The special forms that few components use.

import { attempt, provided } from "./dynamic";
import { binding, compile, defs, EMIT, find } from "./eval";
import { put } from "./markup";
import { quasi } from "./macro";
import { match } from "./match";
import { primitives } from "./primitives";
import { base } from "./stack";
import { bindings, body, defcomp, name, size, Special, specials } from "./special";
import { expected, fail, isKw, isList, isSym, now, place, Sym, Value } from "./values";

const letrec: Special = (x, s, m) => {
  const pairs = bindings(x[1]) as [Sym, Value][];
  for (const [p] of pairs) s = { _name: isSym(p) ? p._v : expected("a name"), _up: s };
  const values = pairs.map(p => compile(p[1], s, 0)), b = body(x.slice(2), s, m);
  return e => {
    for (const _ of pairs) e = { _v: null, _up: e };
    values.forEach((v, i) => binding(e, pairs.length - 1 - i)._v = name(v(e), pairs[i][0]._v));
    return b(e);
  };
};

const set: Special = (x, s) => {
  size(x, 2, 2);
  const n = isSym(x[1]) ? x[1]._v : expected("a name", x[1]), i = find(n, s), v = compile(x[2], s, 0), at = now._at;
  if (i < 0 && !defs.has(n)) fail(primitives().has(n) ? "form" : "undefined", `set!: ${primitives().has(n) ? "primitive" : "undefined symbol"}: ${n}`, place(x[1]));
  return e => {
    const value = v(e), cell = i >= 0 && binding(e, i);
    if (!cell || Object.isFrozen(cell)) fail("frozen", `set!: ${n} is frozen`, at);
    return cell._v = value;
  };
};

const label = (v: any): string => isSym(v) || isKw(v) ? v._v : typeof v === "string" ? v : isList(v) && isSym(v[0], "quote") ? label(v[1]) : expected("a symbol or a string", v);

/** Places what f gives. */
const all = (f: () => Value) => base(() => put(f()))(0) ?? null;

const provide: Special = (x, s, m) => {
  size(x, 2);
  const n = label(x[1]), v = compile(x[2], s, 0), b = body(x.slice(3), s, m &= EMIT);
  return e => {
    const up = now._top;
    now._top = { _name: n, _v: v(e), _emitted: [], _up: up };
    // What is still to be placed belongs to this scope too.
    return attempt(() => m ? all(() => b(e)) : b(e), null, () => now._top = up);
  };
};

const try_: Special = (x, s, m) => {
  const clause = (n: string) => x.find(f => isList(f) && isSym(f[0], n)) as any;
  const c = clause("catch"), f = clause("finally"), emit = m & EMIT;
  const b = body(x.slice(1).filter(y => y !== c && y !== f), s, emit);
  if (c && !isSym(c[1])) expected("a name", c);
  const handle = c && body(c.slice(2), { _name: c[1]._v, _up: s }, emit), last = f && body(f.slice(1), s, 0);
  return e => attempt(
    () => emit ? all(() => b(e)) : b(e),
    handle && ((err: any) => handle({ _v: new Map(["message", "data", "form", "file", "line", "col"].map(k => [k, err[k]])), _up: e })),
    last && (() => last(e)));
};

const stray: Special = x => fail("form", (x[0] as Sym)._v + " outside of quasiquote");

Object.assign(specials, {
  match,
  letrec,
  "set!": set,
  quasiquote: (x, s) => {
    size(x, 1, 1);
    return quasi(x[1], s, 1);
  },
  unquote: stray,
  "splice-unquote": stray,
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
