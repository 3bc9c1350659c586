// The special forms that most components use: each compiles its form. The others are in special_more.

import { binding, calling, Code, compile, defs, EMIT, Env, find, loading, PARK, Scope, shapes } from "./eval";
import { lambda } from "./component";
import { fragment, isElement, put, record } from "./markup";
import { expand } from "./macro";
import { pattern, unfit } from "./match";
import { primitives } from "./primitives";
import { equal } from "./equal";
import { base, sequence } from "./stack";
import { expected, fail, isDict, isFn, freeze, isKw, isList, isMacro, isSym, List, now, place, Sym, truthy, Value } from "./values";

export type Special = (x: List, scope: Scope, mode: number) => Code;

export const size = (x: List, least: number, most = Infinity) => {
  if (x.length <= least || x.length > most + 1) fail("arity", `${(x[0] as Sym)._v}: wrong number of forms`);
};

const control = /^(if|when|unless|cond|case|match|and|or|let(\*|rec)?|begin|do|try|catch|scope|provide|->>?|map|map-indexed|fn|lambda)$/;

/** Whether form x is markup by its head: its value is kept where other values are dropped. */
const isMarkup = (x: Value, scope: Scope): boolean => {
  if (!isList(x) || x._data || !isSym(x[0])) return false;
  const name = x[0]._v, d = defs.get(name);
  if (find(name, scope) >= 0) return false;
  if (!SMALL && isMacro(d)) return expand(d, x, f => isMarkup(f, scope));
  if (!SMALL && /^map/.test(name) && isSym(x[1]) && x[1]._v[0] === "~") return true;
  return control.test(name) ? x.slice(/^(let|fn|lambda)/.test(name) ? 2 : 1).some(f => isMarkup(f, scope))
    : /^(~|<>$|raw!$|html-comment$)/.test(name) || !specials[name] && !primitives().has(name) && !defs.has(name) && isElement(name);
};

/** Names that forms of one body define. */
const definitions = (forms: Value[]): string[] => forms.flatMap((x: any) =>
  !isList(x) ? [] : isSym(x[0], "define") ? [((isList(x[1]) ? x[1][0] : x[1]) as Sym)?._v]
    // These have bodies of their own, or none.
    : isSym(x[0]) && /^(quote|quasiquote|fn|lambda|let.*|when|unless|begin|do|try|scope|provide|match)$/.test(x[0]._v) ? [] : definitions(x));

/** Several forms: the value of the last, and the markup of those before. */
export const body = (forms: Value[], scope: Scope, mode: number, keep = true): Code => {
  const last = forms.length - 1;
  const names = SMALL ? [] : definitions(forms);
  if (!SMALL) names.forEach((n, i) => {
    if (names.indexOf(n) < i) fail("duplicate", n + " is defined twice in one body", now._at);
    scope = { _name: n, _up: scope };
  });
  const kept = forms.map((f, i) => {
    return keep && i < last && isMarkup(f, scope);
  });
  const lifted = !(mode & EMIT) && kept.includes(true);
  const codes = forms.map((f: any, i) => {
    const code = compile(f, scope, i < last ? kept[i] ? EMIT | PARK : PARK : lifted ? EMIT | PARK : mode);
    if (!SMALL && keep && i < last && (!isList(f) || f._data || !f.length || isSym(f[0]) && /^(quote|fn|lambda)$/.test(f[0]._v))) fail("form", "a value is dropped here", place(f));
    return code;
  });
  if (last < 0) return () => null;
  if (!last && (SMALL || !names.length)) return codes[0];
  const all = sequence(last, (e, i) => codes[i](e), (v, _, i) => kept[i] && put(v), codes[last]);
  const run: Code = SMALL || !names.length ? all : e => {
    for (const _ of names) e = { _v: null, _up: e };
    return all(e);
  };
  const code: Code = lifted ? e => record(() => run(e)) : run;
  return mode & PARK ? code : base(code);
};

const when = (want: boolean): Special => (x, s, m) => {
  size(x, 1);
  const c = compile(x[1], s, 0), b = body(x.slice(2), s, m);
  return e => truthy(c(e)) === want ? b(e) : null;
};

const both = (stop: boolean, none: Value): Special => (x, s, m) => {
  const last = x.length - 2, codes = x.slice(1).map((f, i) => compile(f, s, i === last ? m : 0));
  return e => {
    for (let i = 0; i < last; i++) {
      const v = codes[i](e);
      if (truthy(v) === stop) return v;
    }
    return last < 0 ? none : codes[last](e);
  };
};

const isElse = (x: any) => (isSym(x) || isKw(x)) && x._v === "else";

const pairUp = (list: Value[]): [Value, Value][] => {
  if (list.length % 2) expected("a value for each");
  return list.flatMap((v, i) => i % 2 ? [[list[i - 1], v]] : []);
};

/** Label and value code, in turns; the first label of which `holds` is true decides. */
const choose = (value: Code, pairs: [Value, Value][], s: Scope, m: number, holds: (label: Value, v: Value) => boolean): Code => {
  const codes = pairs.map(([l, v]) => [isElse(l) ? null : compile(l, s, 0), compile(v, s, m)] as const);
  // Apart, so that what a value calls finds little on the stack.
  const chosen = (e: any) => {
    const v = value(e);
    return codes.find(([l]) => !l || holds(l(e), v))?.[1];
  };
  return e => {
    const code = chosen(e);
    return code ? code(e) : null;
  };
};

const cond: Special = (x, s, m) => {
  const clauses = x.slice(1) as List[], [first] = clauses;
  const scheme = first && clauses.every(c => isList(c) && !c._data && c.length === 2) && (!isSym(first[0]) && !isKw(first[0]) || isElse(clauses[clauses.length - 1][0]));
  return choose(() => null, scheme ? clauses as any : pairUp(clauses), s, m, truthy);
};

const kase: Special = (x, s, m) => {
  size(x, 1);
  return choose(compile(x[1], s, 0), pairUp(x.slice(2)), s, m, equal);
};

/** The pairs of a binding list, which is written in either style. */
export const bindings = (list: Value): [Value, Value][] =>
  !isList(list) ? expected("a list of bindings")
    : isList(list[0]) ? list.map(b => isList(b) && b.length && b.length < 3 ? [b[0], b[1] ?? null] : expected("(name value)", b))
      : pairUp(list);

const let_: Special = (x, s, m) => {
  size(x, 1);
  if (!SMALL && isSym(x[1])) size(x, 2);
  // The small language has neither loops nor patterns.
  if (SMALL) isSym(x[1]) && fail("form", "");
  else if (isSym(x[1])) {
    const name = x[1]._v, pairs = bindings(x[2]);
    const f = lambda("lambda", name, pairs.map(p => p[0]), x.slice(3), { _name: name, _up: s, _params: null });
    return calling(e => {
      const cell: Env = { _v: null, _up: e };
      return cell._v = f(cell);
    }, pairs.map(p => compile(p[1], s, PARK)), null, m, now._at);
  }
  const at = SMALL ? null! : place(x), text = SMALL ? "" : at._src._text.slice(at._from, at._to);
  const steps = bindings(x[1]).map(([p, v]) => {
    const value = compile(v, s, PARK);
    if (isSym(p)) {
      s = { _name: p._v, _up: s };
      if (!SMALL && !text.includes("set! " + p._v)) s._params = value._params;
      return [value, (v: any, e: Env): Env => ({ _v: name(v, p._v), _up: e })] as const;
    }
    if (!SMALL && !isDict(p) && !isList((x[1] as List)[0])) expected("a name", p);
    const box = { _scope: s }, test = SMALL ? fail("form", "") : pattern(p, box);
    s = box._scope;
    const at = place(p);
    return [value, (v: any, e: Env): Env => {
      const inner = test(v, e);
      return inner === undefined ? unfit(v, at) : inner;
    }] as const;
  });
  return sequence(steps.length, (e, i) => steps[i][0](e), (v, e, i) => steps[i][1](v, e), body(x.slice(2), s, m));
};

/** Gives a lambda without a name the one that it is bound to. */
export const name = (v: Value, n: string) => {
  if (isFn(v) && v._t === "lambda") v._v ||= n;
  return v;
};

export const fn: Special = (x, s, m) => {
  size(x, 1);
  return lambda("lambda", "", x[1], x.slice(2), s, m & EMIT);
};

const define: Special = (x, s) => {
  loading._top = false;
  let target: any = x[1] ?? null, rest = x.slice(2);
  const sugar = isList(target) && target;
  if (sugar) target = sugar[0];
  if (!isSym(target)) expected("a name");
  while (!sugar && isKw(rest[0]) && rest.length > 2) rest = rest.slice(2);
  if (!sugar && rest.length > 1 && (typeof rest.shift() !== "string" || rest.length > 1)) size(x, 1, 2);
  const id = target._v, i = find(id, s);
  const value: Code = sugar ? lambda("lambda", id, sugar.slice(1), rest, s) : compile(rest[0] ?? null, s, 0);
  // The small language has no definitions in bodies.
  if (SMALL && s) fail("form", "not here");
  if (!SMALL && i < 0) shapes.set(id, value._params);
  return e => {
    const v = name(value(e), id);
    if (!SMALL && i < 0 && isFn(v)) v._lib ||= x;
    i < 0 ? defs.set(id, v) : binding(e, i)._v = v;
    return null;
  };
};

/** Options and documentation between parameters and body. */
export const defcomp = (kind: "component" | "macro"): Special => (x, s) => {
  const id = x[1], doc: Record<string, Value> = {}, top = loading._top;
  let i = 3;
  loading._top = false;
  if (!top || !isSym(id) || x.length < 3 || !SMALL && kind === "component" && id._v[0] !== "~") return expected(`(${(x[0] as Sym)._v} name (parameters) body …) at the top level`);
  for (; i < x.length - 1; i++) {
    const k = x[i];
    if (isKw(k)) SMALL ? i++ : doc[k._v] = x[++i];
    else if (typeof k !== "string") break;
  }
  const f = lambda(kind, id._v, x[2], x.slice(i), null, kind === "component" ? EMIT : 0);
  if (!SMALL) shapes.set(id._v, f._params);
  return () => {
    const c = f(null);
    if (!SMALL) c._doc = doc, c._lib = x;
    defs.set(id._v, c);
    return null;
  };
};

const thread = (last: boolean): Special => (x, s, m) => {
  size(x, 1);
  return compile(x.slice(2).reduce((v, f) => {
    const [head, ...rest] = isList(f) && f.length && !f._data ? f : [f], list: List = last ? [head, ...rest, v] : [head, v, ...rest];
    list._at = place(f);
    return list;
  }, x[1]), s, m);
};

const begin: Special = (x, s, m) => body(x.slice(1), s, m, false);

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
  begin,
  do: begin,
  quote: x => {
    size(x, 1, 1);
    freeze(x[1]);
    return () => x[1];
  },
  "->": thread(false),
  ...SMALL ? {} : { "->>": thread(true) },
  defcomp: defcomp("component"),
  "<>": (x, s, m) => fragment(x, s, m),
};
