// The special forms that most components use: each compiles its form. The others are in special_more.

import { binding, Code, compile, defs, EMIT, Env, find, invoke, loading, Scope, shapes } from "./eval";
import { lambda } from "./component";
import { fragment, isElement, put, record } from "./markup";
import { primitives } from "./primitives";
import { equal, fail, Fn, freeze, isList, isSym, Kw, List, place, Sym, truthy, Value } from "./values";

export type Special = (x: List, scope: Scope, mode: number) => Code;

export const size = (x: List, least: number, most = Infinity) => {
  if (x.length <= least || x.length > most + 1) fail("arity", `${(x[0] as Sym)._name}: wrong number of forms`, place(x));
};

const control = /^(if|when|unless|cond|case|match|and|or|let(\*|rec)?|begin|do|try|scope|provide|->>?|map|map-indexed|fn|lambda)$/;

/** Whether form x is markup by its head: its value is kept where other values are dropped. */
const isMarkup = (x: Value, scope: Scope): boolean => {
  if (!isList(x) || x._data || !isSym(x[0])) return false;
  const name = x[0]._name, local = find(name, scope) >= 0;
  if (local) return false;
  const d = defs.get(name);
  if (!SMALL && d instanceof Fn && d._t === "macro") return loading._expand(d, x, f => isMarkup(f, scope));
  return name === "<>" || name[0] === "~" ||
    (control.test(name) ? x.slice(/^(let|fn|lambda)/.test(name) ? 2 : 1).some(f => isMarkup(f, scope))
      : name === "raw!" || !specials[name] && !primitives().has(name) && !defs.has(name) && isElement(name));
};

/** Names that forms of one body define. */
const definitions = (forms: Value[]): string[] => forms.flatMap((x: any) =>
  !isList(x) || !isSym(x[0]) ? [] : x[0]._name === "define" ? [(isList(x[1]) ? x[1][0] as Sym : x[1] as Sym)?._name]
    : /^(begin|do)$/.test(x[0]._name) ? definitions(x.slice(1)) : []);

/** Several forms: the value of the last, and the markup of those before. */
export const body = (forms: Value[], scope: Scope, mode: number, keep = true): Code => {
  const last = forms.length - 1;
  const names = SMALL ? [] : definitions(forms).filter(n => keep || find(n, scope) < 0);
  for (const n of names) scope = { _name: n, _up: scope };
  const kept = forms.map((f, i) => {
    if (keep && i < last && !isList(f)) fail("form", "a value is dropped here", place(f));
    return keep && i < last && isMarkup(f, scope);
  });
  const lifted = !(mode & EMIT) && kept.includes(true);
  const inner = lifted ? EMIT : mode;
  const codes = forms.map((f, i) => compile(f, scope, i === last ? inner : kept[i] ? EMIT : 0));
  if (last < 0) return () => null;
  if (!last && !names.length) return codes[0];
  const run: Code = e => {
    for (const _ of names) e = { _v: null, _up: e };
    for (let i = 0; i < last; i++) {
      const v = codes[i](e);
      if (kept[i]) put(v);
    }
    return codes[last](e);
  };
  return lifted ? e => record(() => run(e)) : run;
};

const when = (want: boolean): Special => (x, s, m) => {
  size(x, 1);
  const c = compile(x[1], s, 0), b = body(x.slice(2), s, m);
  return e => truthy(c(e)) === want ? b(e) : null;
};

const both = (stop: boolean, none: Value): Special => (x, s, m) => {
  const codes = x.slice(1).map((f, i) => compile(f, s, i + 2 === x.length ? m : 0)), last = codes.length - 1;
  return e => {
    for (let i = 0; i < last; i++) {
      const v = codes[i](e);
      if (truthy(v) === stop) return v;
    }
    return last < 0 ? none : codes[last](e);
  };
};

const isElse = (x: Value) => isSym(x, "else") || x instanceof Kw && x._name === "else";

/** Test and value code, in turns; the first test that holds decides. */
const choose = (pairs: [Code | null, Code][]): Code => e => {
  const i = chosen(pairs, e);
  return i < 0 ? null : pairs[i][1](e);
};
// Apart, so that what a value calls finds little on the stack.
const chosen = (pairs: [Code | null, Code][], e: any) => pairs.findIndex(p => !p[0] || truthy(p[0](e)));

const pairUp = (x: List, from: number): [Value, Value][] => {
  if ((x.length - from) % 2) fail("form", `${(x[0] as Sym)._name}: a test has no value`, place(x));
  const out: [Value, Value][] = [];
  for (let i = from; i < x.length; i += 2) out.push([x[i], x[i + 1]]);
  return out;
};

const cond: Special = (x, s, m) => {
  const clauses = x.slice(1) as List[];
  const scheme = clauses.length && clauses.every(c => isList(c) && c.length === 2) &&
    (!isSym(clauses[0][0]) && !(clauses[0][0] instanceof Kw && !isElse(clauses[0][0])) || isElse(clauses[clauses.length - 1][0]));
  return choose((scheme ? clauses.map(c => [c[0], c[1]] as [Value, Value]) : pairUp(x, 1))
    .map(([t, v]) => [isElse(t) ? null : compile(t, s, 0), compile(v, s, m)]));
};

const kase: Special = (x, s, m) => {
  size(x, 1);
  const c = compile(x[1], s, 0);
  const pairs = pairUp(x, 2).map(([l, v]) => [isElse(l) ? null : compile(l, s, 0), compile(v, s, m)] as const);
  return e => {
    const v = c(e);
    for (const [label, value] of pairs) if (!label || equal(v, label(e))) return value(e);
    return null;
  };
};

/** The pairs of a binding list, which is written in either style. */
export const bindings = (x: List, list: Value): [Value, Value][] =>
  !isList(list) ? fail("form", `${(x[0] as Sym)._name} needs a list of bindings`, place(x))
    : isList(list[0]) ? list.map(b => isList(b) && b.length && b.length < 3 ? [b[0], b[1] ?? null] as [Value, Value] : fail("form", "a binding is (name value)", place(b)))
      : pairUp([x[0], ...list], 1);

const let_: Special = (x, s, m) => {
  size(x, 1);
  if (isSym(x[1])) {
    const name = x[1]._name, pairs = bindings(x, x[2]);
    const f = lambda("lambda", name, pairs.map(p => p[0]), x.slice(3), { _name: name, _up: s, _params: null });
    const args = pairs.map(p => compile(p[1], s, 0));
    return e => {
      const cell: Env = { _v: null, _up: e };
      return invoke(cell._v = f(cell), args.map(a => a(e)), null, m);
    };
  }
  const steps = bindings(x, x[1]).map(([p, v]) => {
    const value = compile(v, s, 0), at = place(x);
    if (isSym(p)) {
      s = { _name: p._name, _up: s };
      return (e: Env): Env => ({ _v: name(value(e), p._name), _up: e });
    }
    const [scope, test] = loading._pattern(p, s);
    s = scope;
    return (e: Env): Env => {
      const v = value(e);
      const inner = test(v, e);
      return inner === undefined ? fail("match", "the value does not match the pattern", at) : inner;
    };
  });
  const b = body(x.slice(2), s, m);
  return steps.length < 2 ? e => b(steps[0] ? steps[0](e) : e) : e => b(steps.reduce((e, f) => f(e), e));
};

/** Gives a lambda without a name the one that it is bound to. */
export const name = (v: Value, n: string) => {
  if (v instanceof Fn && v._t === "lambda" && !v._name) v._name = n;
  return v;
};

export const fn: Special = (x, s) => {
  size(x, 1);
  return lambda("lambda", "", x[1], x.slice(2), s);
};

const define: Special = (x, s) => {
  loading._top = false;
  size(x, 1);
  let target: any = x[1], rest = x.slice(2);
  const sugar = isList(target) ? target : null;
  if (sugar) target = sugar[0];
  if (!isSym(target)) fail("form", "define needs a name", place(x));
  while (!sugar && rest[0] instanceof Kw && rest.length > 1) rest = rest.slice(2);
  if (!sugar && rest.length > 1) rest = rest.length < 3 && typeof rest[0] === "string" ? rest.slice(1) : fail("form", "define takes a name and a value", place(x));
  const id = target._name as string, i = find(id, s);
  const value: Code = sugar ? lambda("lambda", id, sugar.slice(1), rest, s) : compile(rest[0] ?? null, s, 0);
  // The small language has no definitions in bodies.
  if (SMALL && s) fail("form", "not here");
  if (!SMALL && i < 0) shapes.set(id, value._params);
  return e => {
    const v = name(value(e), id);
    if (!SMALL && i < 0 && v instanceof Fn) v._lib ||= x;
    i < 0 ? defs.set(id, v) : binding(e, i)._v = v;
    return null;
  };
};

/** Options and documentation between parameters and body. */
export const defcomp = (kind: "component" | "macro"): Special => (x, s) => {
  const id = x[1], doc: Record<string, Value> = {};
  let i = 3;
  const top = loading._top;
  loading._top = false;
  if (!top || !isSym(id) || x.length < 3) return fail("form", `${(x[0] as Sym)._name} stands at the top level: (${(x[0] as Sym)._name} name (parameters) body …)`, place(x));
  for (; i < x.length - 1; i++) {
    const k = x[i];
    if (k instanceof Kw) SMALL ? i++ : doc[k._name] = x[++i];
    else if (typeof k !== "string") break;
  }
  const f = lambda(kind, id._name, x[2], x.slice(i), null, kind === "component" ? EMIT : 0);
  if (!SMALL) shapes.set(id._name, f._params);
  return () => {
    const c = f(null);
    if (!SMALL) c._doc = doc, c._lib = x;
    defs.set(id._name, c);
    return null;
  };
};

const thread = (last: boolean): Special => (x, s, m) => {
  size(x, 1);
  return compile(x.slice(2).reduce((v, f) => {
    const list: List = isList(f) && !f._data ? [...f] : [f];
    list.splice(last ? list.length : 1, 0, v);
    return Object.assign(list, { _src: place(f)?._src, _at: place(f)?._at, _end: place(f)?._end });
  }, x[1]), s, m);
};

export const specials: Record<string, Special> = {
  __proto__: null as any,
  if: (x, s, m) => {
    size(x, 2, 3);
    const [c, a, b] = x.slice(1).map((f, i) => compile(f, s, i ? m : 0));
    return e => truthy(c(e)) ? a(e) : b ? b(e) : null;
  },
  when: when(true),
  unless: when(false),
  cond,
  case: kase,
  and: both(false, true),
  or: both(true, null),
  let: let_,
  "let*": let_,
  fn,
  lambda: fn,
  define,
  begin: (x, s, m) => body(x.slice(1), s, m, false),
  do: (x, s, m) => body(x.slice(1), s, m, false),
  quote: x => {
    size(x, 1, 1);
    freeze(x[1]);
    return () => x[1];
  },
  "->": thread(false),
  "->>": thread(true),
  defcomp: defcomp("component"),
  "<>": (x, s, m) => fragment(x, s, m),
};
