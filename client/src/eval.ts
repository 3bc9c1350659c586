// Forms to closures. Each form is compiled once, with its variables resolved to places in a chain of
// bindings; running it looks no name up. Compiled code gets the chain and gives a value. In emit mode it may
// write markup besides, and gives what is still to be placed; in tail mode it may give a jump, which stands
// for a call that the caller makes, so that tail calls use no stack.

import { specials } from "./special";
import { primitives } from "./primitives";
import { capture, element, isElement, loop, type Ops, record } from "./markup";
import { bind, component, fits, type Params } from "./component";
import { named, take } from "./argument";
import { expand } from "./macro";
import { base, clear, deep, park, tooDeep } from "./stack";
import { parse } from "./reader";
import { Dict, error, fail, Fn, Form, freeze, isComponent, isDict, isFn, isKw, isList, isMacro, isSym, limits, List, now, place, Place, plain, save, step, Sym, SxError, Value } from "./values";

/** A binding at run time, and those around it. */
export type Env = { _v: any; _up: Env } | null;
/** The same when compiling: its name, and of the function of a named let the parameters. */
export type Scope = { _name: string; _up: Scope; _params?: Params | null } | null;
/** _params: those of the function that it always gives. */
export type Code = ((e: any) => Value) & { _params?: Params };

/** PARK: the caller can be set aside (see stack). */
export const TAIL = 1, EMIT = 2, PARK = 4;
/** The call that code in tail mode left to its caller: function, arguments, keys. */
let jump: any = [];

/** Top-level definitions; undefined while loading has not reached one. */
export const defs = new Map<string, any>();
/** Parameters of the functions among them. */
export const shapes = new Map<string, Params | undefined>();
/** Bodies of definitions are compiled when they are first used. Where _bodies is set they are compiled while
 * loading, so that all errors show; _flush evaluates the definitions so far, which a macro may call; _top says
 * that the form to be compiled next stands at the top level; _parks: the form being compiled may be set aside. */
export const loading: {
  _bodies: (() => void)[] | null;
  _flush: ((name?: string) => void) | null;
  _top: boolean;
  _parks: boolean;
} = { _bodies: null, _flush: null, _top: false, _parks: false };

/** How far out name is bound, or -1. */
export const find = (name: string, scope: Scope): number => {
  for (let i = 0; scope; scope = scope._up, i++) if (scope._name === name) return i;
  return -1;
};

export const binding = (e: any, i: number) => {
  while (i--) e = e._up;
  return e;
};

/** Calls f, at a place. In tail mode lambdas and components are left to the caller. */
export const invoke = (f: any, args: Value[], keys?: boolean[] | null, mode = 0, at = now._at): Value => {
  now._at = at;
  if (!isFn(f) || (f._t as string) === "macro") fail("call", "not callable: " + named(f));
  step(1);
  if (f._run) {
    const r: any = f._run(args);
    return r === jump ? invoke(r[0], r[1], null, mode, at) : r;
  }
  if (isComponent(f) && !(mode & EMIT)) return recordCall(f, args, keys, at);
  if (mode & TAIL) return jump = [f, args, keys] as any;
  if (!SMALL && now._level >= now._most) return clear(again, f, args, keys);
  now._level++;
  for (;;) {
    const r: any = f._code()(bind(f, args, keys));
    if (r === deep) return park(returned);
    if (r !== jump) {
      now._level--;
      return r;
    }
    step(1);
    f = r[0];
    args = r[1];
    keys = r[2];
  }
};

// Not in invoke, whose variables a function would make slow.
const recordCall = (f: Value, args: Value[], keys?: boolean[] | null, at = now._at) => record(() => invoke(f, args, keys, EMIT, at));
const again = (_: unknown, f: Value, args: Value[], keys: boolean[]) => invoke(f, args, keys, EMIT);
const returned = (r: any) => {
  now._level--;
  return r === jump ? invoke(r[0], r[1], r[2], EMIT) : r;
};

/** What a primitive gives that ends with a call. */
export const leave = (f: Fn, args: Value[]) => jump = [f, args];

/** Calls f for a caller that cannot be set aside. */
export const call = (f: Value, ...args: Value[]): Value => base(() => invoke(f, args))(0);

/** Are n letters, or fewer, too many, too few or wrong? */
const near = (a: string, b: string, n: number): boolean =>
  a === b || n > 0 && (a[0] === b[0] ? near(a.slice(1), b.slice(1), n)
    : near(a.slice(1), b, n - 1) || near(a, b.slice(1), n - 1) || near(a.slice(1), b.slice(1), n - 1));

/** " (did you mean x?)" where a near name exists. */
export const hint = (name: string, names: Iterable<string>, colon = ""): string => {
  const list = [...names];
  for (let d = 1; d < Math.min(3, name.length / 2 + 0.5); d++) {
    const n = list.find(n => near(name, n, d));
    if (n) return ` (did you mean ${colon + n}?)`;
  }
  return "";
};

export const unknown: (x: Sym, scope?: Scope) => never = SMALL ? fail as any : (x, scope) => {
  const names: string[] = [], component = x._v[0] === "~";
  for (; scope; scope = scope._up) names.push(scope._name);
  if (specials[x._v]) fail("form", x._v + " is a special form", place(x));
  return fail("undefined", (component ? "unknown component: " : "undefined symbol: ") + x._v
    + hint(x._v, [...names, ...defs.keys(), ...primitives().keys(), ...Object.keys(specials)].filter(n => n[0] === "~" === component)), place(x));
};

const variable = (x: Sym, scope: Scope): Code => {
  const name = x._v, i = find(name, scope);
  if (i >= 0) return i ? e => binding(e, i)._v : e => e._v;
  if (defs.has(name)) return () => {
    let v = defs.get(name);
    // While loading: a definition further down.
    if (!SMALL && v === undefined) loading._flush?.(name), v = defs.get(name);
    return v === undefined ? unknown(x) : v;
  };
  const p = primitives().get(name) || unknown(x, scope);
  return () => p;
};

/** Looked up before what the program defines. */
const higher = /^(map(-indexed|-dict)?|filter|reduce|some|every\?|for-each|sort(-by)?|group-by)$/;

const callForm = (form: List, scope: Scope, mode: number): Code => {
  const at = now._at, name = isSym(form[0]) ? form[0]._v : "", forms = form.slice(1), i = find(name, scope);
  const p = i < 0 && (SMALL || !higher.test(name) ? !defs.has(name) : true) && primitives().get(name), turns = p && name === "map" && mode & EMIT;
  // The server writes spreads from data in another way.
  const inner = !SMALL && name === "make-spread" ? scope || { _name: "", _up: null } : scope;
  if (p) p._doc(forms.length);
  const head: Code = p ? () => p : compile(form[0], scope, 0), args = forms.map((f, i) => compile(f, inner, !turns ? PARK : i ? 0 : EMIT)), keys = forms.map(isKw);
  const shape = SMALL || !name ? head._params : i < 0 ? shapes.get(name) : binding(scope, i)._params;
  // The server has looked at the programs that it sends.
  if (!SMALL && !p && shape) fits(name, shape, forms);
  // Markup of a loop is written as it is made.
  if (turns) return e => {
    const f = args[0](e), list = args[1](e);
    now._at = at;
    (p as Fn)._doc(args.length);
    take("f", f, 0);
    return loop([...take("l", list, 1)], v => invoke(f, [v], null, EMIT));
  };
  return calling(head, args, keys, mode, at, p && !/^(map|filter|reduce|some|apply)$/.test(name));
};

/** The code of a call. plain: of a primitive that calls nothing that may be set aside. */
export const calling = (head: Code, args: Code[], keys: boolean[] | null, mode: number, at: Place, plain?: unknown): Code => {
  const n = args.length, [x, y] = args;
  if (!SMALL) loading._parks ||= !plain;
  const go = (e: Env, f: Value, a: Value[]): Value => {
    while (a.length < n) {
      const v = args[a.length](e);
      if (v === deep) return park((v, e, f, a) => go(e, f, [...a, v]), e, f, a);
      a.push(v);
    }
    return invoke(f, a, keys, mode, at);
  };
  // The fewer a frame's locals, the deeper calls may nest.
  return n === 1 || n === 2 ? e => {
    const f = head(e), v = x(e);
    if (v === deep) return park((v, e, f, a) => go(e, f, [...a, v]), e, f, []);
    if (!y) return invoke(f, [v], keys, mode, at);
    const w = y(e);
    if (w === deep) return park((v, e, f, a) => go(e, f, [...a, v]), e, f, [v]);
    return invoke(f, [v, w], keys, mode, at);
  } : e => go(e, head(e), []);
};

const listForm = (x: List, scope: Scope, mode: number): Code => {
  const head = x[0];
  if (!x._data) {
    if (isSym(head)) {
      const name = head._v, local = find(name, scope) >= 0, d = SMALL || !higher.test(name) ? defs.get(name) : undefined, known = local || (SMALL || !higher.test(name)) && defs.has(name), tag = name.replace(/^(html|svg):/, "");
      if (!local) {
        if (specials[name]) return specials[name](x, scope, mode);
        if (!SMALL && isMacro(d)) return expand(d, x, form => compile(form, scope, mode));
        if (name[0] === "~") return component(x, scope, mode);
      }
      if (!isElement(name)) return known || primitives().has(name) ? callForm(x, scope, mode) : unknown(head, scope);
      if (!known) return primitives().has(name) ? callForm(x, scope, mode) : element(x, tag, scope, mode);
      // A bound name that is an element's too is called if it can be.
      const value = compile(head, scope, 0), f = callForm(x, scope, mode);
      let m: Code;
      return e => isFn(value(e)) ? f(e) : (m ||= element(x, tag, scope, mode))(e);
    }
    if (isList(head) && !head._data && !isSym(head[0], "quote") && (isList(head[0]) || isSym(head[0]))) return callForm(x, scope, mode);
  }
  const list = primitives().get("list")!;
  return calling(() => list, x.map(v => compile(v, scope, PARK)), null, 0, now._at, true);
};

/** Compiles form x for a scope. */
export const compile = (x: Form, scope: Scope, mode: number): Code => {
  if (isSym(x)) return variable(x, scope);
  x = plain(x) as Form;
  if (isDict(x)) {
    const codes = [...x].map(([k, v]) => [k, compile(v, scope, 0)] as const);
    return e => {
      const d: Dict = new Map(codes.map(([k, c]) => [k, c(e)]));
      // At the top of a frame it may be data.
      if (!SMALL && scope) d._written = true;
      return d;
    };
  }
  if (!isList(x)) return () => x;
  const last = now._at, { _parks } = loading;
  now._at = place(x);
  if (!SMALL) loading._parks = false;
  const code = listForm(x, scope, mode);
  now._at = last;
  const bare = SMALL || !loading._parks || mode & PARK;
  if (!SMALL) loading._parks = _parks || loading._parks && !!(mode & PARK);
  return bare ? code : base(code);
};

/** Any failure as an SxError; what overflowed JavaScript's own limits exceeded ours. */
export const toError = (err: any): SxError =>
  err.kind ? err : err instanceof RangeError ? error("limit", tooDeep, now._at) : error("internal", "" + err, now._at);

/** Runs f as one evaluation. */
const evaluation: <T>(f: () => T) => T = SMALL ? f => {
  limits._made = 0;
  return f();
} : f => {
  const undo = save();
  limits._made = now._level = 0;
  try {
    return f();
  } catch (err) {
    throw toError(err);
  } finally {
    undo();
  }
};

const defined = (x: any): string | false => isList(x) && isSym(x[0]) && /^(define|def(comp|macro))$/.test(x[0]._v) && (isList(x[1]) ? x[1][0] as any : x[1])?._v;

/** The forms in a begin around definitions; other forms are themselves. */
const parts = (x: any): Form[] => isList(x) && !x._data && (isSym(x[0], "begin") || isSym(x[0], "do")) && x.some(f => defined(f) || parts(f)[0] !== f) ? x.slice(1).flatMap(parts) : [x];

/** Compiles forms, evaluates and freezes the definitions among them, and gives the code of the others. */
const load = (forms: Form[], mode: number): Code[] => {
  const rest: Code[] = [], todo = new Map<string, Code>(), names = new Set<string>(), { _flush } = loading;
  const run = loading._flush = (name?: string) => {
    for (const [n, c] of todo) if (!name || n === name) todo.delete(n), c(null);
  };
  if (!SMALL) forms = forms.flatMap(parts);
  for (const x of forms) {
    const name = defined(x);
    if (!name) continue;
    if (names.has(name) || specials[name] || SMALL && primitives().has(name)) fail("duplicate", name + " is defined already", place(x));
    names.add(name);
    if (!defs.has(name)) defs.set(name, undefined);
    if (!SMALL) shapes.delete(name);
  }
  try {
    for (let i = 0; i < forms.length; i++) {
      let x = forms[i];
      if (!SMALL) {
        for (let m; isList(x) && isSym(x[0]) && isMacro(m = defs.get(x[0]._v)) && !x._data;) x = expand(m, x, f => f), step(1e4);
        const list = parts(x);
        if (list[0] !== x) {
          forms.splice(i--, 1, ...list);
          continue;
        }
      }
      const name = defined(x);
      if (!SMALL && name && !defs.has(name)) defs.set(name, undefined);
      loading._top = !!name;
      const code = compile(x, null, name ? 0 : mode);
      if (!name) rest.push(code);
      else {
        names.add(name);
        !SMALL && isSym((x as List)[0], "defmacro") ? code(null) : todo.set(name, code);
      }
    }
    if (!SMALL) for (let f; (f = loading._bodies?.shift());) f();
    run();
  } finally {
    names.forEach(n => defs.get(n) === undefined ? defs.delete(n) : freeze(defs.get(n)));
    loading._flush = _flush;
  }
  return rest;
};

/** Adds the definitions in src to those known; a name that is known already is replaced. */
export const loadDefs = (src: string): void => {
  evaluation(() => load(parse(src), 0));
};

/** The value of the last form, after the definitions among forms. */
export const evaluate = (forms: Form[]): Value => evaluation(() => {
  let v: Value = null;
  for (const c of load(forms, 0)) v = c(null);
  return v;
});

/** The markup of forms; nothing of it is seen if there is an error. */
export const markupOf = (forms: Form[]): Ops => evaluation(() => capture(() => loop(load(forms, EMIT) as any, (c: any) => c(null))));
