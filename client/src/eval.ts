// Forms to closures. Each form is compiled once, with its variables resolved to places in a chain of
// bindings; running it looks no name up. Compiled code gets the chain and gives a value. In emit mode it may
// write markup besides, and gives what is still to be placed; in tail mode it may give JUMP, which stands
// for a call that the caller makes, so that tail calls use no stack.

import { specials } from "./special";
import { primitives } from "./primitives";
import { apart, element, isElement, put, record, save } from "./markup";
import { bind, component, fits, lambda, type Params } from "./component";
import { take } from "./argument";
import { replay, capture } from "./markup";
import { Sink } from "./sink";
import { parse } from "./reader";
import { fail, Fn, Form, freeze, isDict, isList, isSym, Kw, List, now, Place, place, step, Sym, SxError, typeOf, Value } from "./values";

/** A binding at run time, and those around it. */
export type Env = { _v: any; _up: Env } | null;
/** The same when compiling: its name, and of the function of a named let the parameters. */
export type Scope = { _name: string; _up: Scope; _params?: Params | null } | null;
/** _params: those of the function that it always gives. */
export type Code = ((e: any) => Value) & { _params?: Params };

export const TAIL = 1, EMIT = 2;
const JUMP: any = {};
let jump: Fn, jumpArgs: Value[], jumpKeys: boolean[] | null | undefined;

/** Top-level definitions; undefined while loading has not reached one. */
export const defs = new Map<string, any>();
/** Parameters of the functions among them. */
export const shapes = new Map<string, Params | undefined>();
/** Bodies of definitions are compiled when they are first used. Where _bodies is set they are compiled while
 * loading, so that all errors show; _flush evaluates the definitions so far, which a macro may call; _top says
 * that the form to be compiled next stands at the top level; _expand and _pattern are those of macros and
 * patterns, where they are part of the script. */
export const loading: {
  _bodies: (() => void)[] | null;
  _flush: (() => void) | null;
  _top: boolean;
  _expand: <T>(m: Fn, x: List, f: (form: Form) => T) => T;
  _pattern: (p: Value, scope: Scope) => [Scope, (v: Value, e: Env) => Env | undefined];
} = { _bodies: null, _flush: null, _top: false, _expand: null!, _pattern: null! };

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
export const invoke = (f: Value, args: Value[], keys?: boolean[] | null, mode = 0, at = now._at): Value => {
  now._at = at;
  if (!(f instanceof Fn) || f._t === "macro") return fail("call", `not callable: ${typeOf(f)}`);
  step(1);
  if (f._t === "primitive") return f._run(args);
  if (f._t === "component" && !(mode & EMIT)) return record(() => invoke(f, args, keys, EMIT, at));
  if (mode & TAIL) {
    jump = f;
    jumpArgs = args;
    jumpKeys = keys;
    return JUMP;
  }
  for (;;) {
    const r = f._code()(bind(f, args, keys));
    if (r !== JUMP) return r;
    step(1);
    f = jump;
    args = jumpArgs;
    keys = jumpKeys;
  }
};

export const call = (f: Value, ...args: Value[]) => invoke(f, args);

const distance = (a: string, b: string): number => {
  let row = [...b, ""].map((_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const last = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
  }
  return row[b.length];
};

/** " (did you mean x?)" where a near name exists. */
export const hint = (name: string, names: Iterable<string>, colon = ""): string => {
  let best = "", least = Math.min(3, name.length / 2 + 0.5);
  for (const n of names) {
    const d = distance(name, n);
    if (d < least) least = d, best = n;
  }
  return best && ` (did you mean ${colon}${best}?)`;
};

export const unknown: (x: Sym, scope: Scope) => never = SMALL ? fail as any : (x, scope) => {
  const comp = x._name[0] === "~", names: string[] = [];
  for (; scope; scope = scope._up) names.push(scope._name);
  const near = hint(x._name, [...names, ...defs.keys(), ...primitives().keys(), ...Object.keys(specials)].filter(n => (n[0] === "~") === comp));
  return fail("undefined", `${comp ? "unknown component" : "undefined symbol"}: ${x._name}${near}`, place(x));
};

const variable = (x: Sym, scope: Scope): Code => {
  const name = x._name, i = find(name, scope);
  if (i === 0) return e => e._v;
  if (i === 1) return e => e._up._v;
  if (i > 0) return e => binding(e, i)._v;
  if (defs.has(name)) {
    const at = place(x);
    return () => defs.get(name) ?? (defs.get(name) === null ? null : fail("undefined", "undefined symbol: " + name, at));
  }
  const p = primitives().get(name);
  return p ? () => p : unknown(x, scope);
};

const run = (p: Fn, args: Value[], at: Place | null) => {
  now._at = at;
  step(1);
  return p._run(args);
};

const callForm = (x: List, scope: Scope, mode: number): Code => {
  const at = place(x), head = compile(x[0], scope, 0), forms = x.slice(1), args = forms.map(a => compile(a, scope, 0));
  const n = args.length, keys = forms.some(a => a instanceof Kw) ? forms.map(a => a instanceof Kw) : null;
  const p = isSym(x[0]) && find(x[0]._name, scope) < 0 && !defs.has(x[0]._name) && primitives().get(x[0]._name), fn = forms[0];
  let shape: Params | null | undefined = head._params;
  if (!SMALL && isSym(x[0])) {
    const name = x[0]._name;
    let s = scope;
    while (s && s._name !== name) s = s._up;
    shape = s ? s._params : shapes.get(name);
  }
  if (p) p._doc(n);
  // The server has looked at the programs that it sends.
  else if (!SMALL && shape) fits(isSym(x[0]) ? x[0]._name : "lambda", shape, forms);
  if (p && p._name === "map" && mode & EMIT) {
    // Markup of a loop is written as it is made.
    const f = isList(fn) && isSym(fn[0], "fn") && find("fn", scope) < 0 ? lambda("lambda", "", fn[1], fn.slice(2), scope, EMIT) : args[0];
    return e => {
      const g = take("f", f(e), 0), list = args[1](e);
      now._at = at;
      apart(() => {
        for (const v of [...take("l", list, 1)]) put(invoke(g, [v], null, EMIT));
      });
      return null;
    };
  }
  // The fewer a frame's locals, the deeper calls may nest: JavaScript's stack is the limit.
  const [x0, x1] = args;
  if (p) return n === 1 ? e => run(p, [x0(e)], at) : n === 2 ? e => run(p, [x0(e), x1(e)], at) : e => {
    const a: Value[] = [];
    for (let i = 0; i < n; i++) a.push(args[i](e));
    return run(p, a, at);
  };
  return n === 1 ? e => invoke(head(e), [x0(e)], keys, mode, at) : e => {
    const f = head(e), a: Value[] = [];
    for (let i = 0; i < n; i++) a.push(args[i](e));
    return invoke(f, a, keys, mode, at);
  };
};

const listForm = (x: List, scope: Scope, mode: number): Code => {
  const head = x[0];
  if (!x._data && isSym(head)) {
    const name = head._name, local = find(name, scope) >= 0;
    if (!local) {
      const special = specials[name];
      if (special) return special(x, scope, mode);
      const d = defs.get(name);
      if (!SMALL && d instanceof Fn && d._t === "macro") return loading._expand(d, x, form => compile(form, scope, mode));
    }
    if (local || defs.has(name) || primitives().has(name)) {
      if (!(local || defs.has(name)) || !isElement(name)) return name[0] === "~" && !local ? component(x, scope, mode) : callForm(x, scope, mode);
      // A bound name that is an element's too is called if it can be.
      const value = compile(head, scope, 0), f = callForm(x, scope, mode);
      let m: Code;
      return e => value(e) instanceof Fn ? f(e) : (m ||= element(x, name, scope, mode))(e);
    }
    if (name[0] !== "~" && isElement(name)) return element(x, name.replace(/^(html|svg):/, ""), scope, mode);
    unknown(head, scope);
  }
  if (!x._data && isList(head) && head.length && !head._data && !isSym(head[0], "quote")) return callForm(x, scope, mode);
  const codes = x.map(v => compile(v, scope, 0));
  return e => codes.map(c => c(e));
};

/** Compiles form x for a scope. */
export const compile = (x: Form, scope: Scope, mode: number): Code => {
  if (x instanceof Sym) return variable(x, scope);
  if (x instanceof Kw) x = x._name;
  if (isDict(x)) {
    const codes = [...x].map(([k, v]) => [k, compile(v, scope, 0)] as const);
    return e => new Map(codes.map(([k, c]) => [k, c(e)]));
  }
  if (!isList(x)) return () => x;
  if (SMALL) return listForm(x, scope, mode);
  else {
    const last = now._at;
    now._at = place(x);
    const code = listForm(x, scope, mode);
    now._at = last;
    return code;
  }
};

/** Any failure as an SxError; what overflowed JavaScript's own limits exceeded ours. */
export const toError = (err: any): SxError =>
  err instanceof SxError ? err : err instanceof RangeError ? new SxError("limit", "call depth exceeded", now._at) : new SxError("internal", "" + err, now._at);

let running = 0;

/** Runs f as one evaluation. */
const evaluation: <T>(f: () => T) => T = SMALL ? f => {
  now._steps = 0;
  return f();
} : f => {
  const undo = save(), { _at, _macro } = now;
  if (!running++) now._steps = 0;
  try {
    return f();
  } catch (err) {
    throw toError(err);
  } finally {
    running--;
    undo();
    now._at = _at;
    now._macro = _macro;
  }
};

const definition = /^(define|def(comp|macro))$/;
const defined = (x: any): string | false => isList(x) && isSym(x[0]) && definition.test(x[0]._name) && (isList(x[1]) ? x[1][0] as any : x[1])?._name;

/** Compiles forms, evaluates and freezes the definitions among them, and gives the code of the others. */
const load = (forms: Form[], mode: number): Code[] => {
  const rest: Code[] = [], todo: Code[] = [], names = new Set<string>(), { _flush } = loading;
  const run = loading._flush = () => {
    now._at = null;
    for (let c; (c = todo.shift());) c(null);
  };
  for (const x of forms) {
    const name = defined(x);
    if (!name) continue;
    if (names.has(name)) fail("duplicate", `${name} is defined twice`, x as List);
    names.add(name);
    if (!defs.has(name)) defs.set(name, undefined);
    if (!SMALL) shapes.delete(name);
  }
  try {
    for (let x of forms) {
      if (!SMALL) for (let m; isList(x) && isSym(x[0]) && (m = defs.get(x[0]._name)) instanceof Fn && m._t === "macro" && !x._data;) x = loading._expand(m, x, f => f);
      const name = defined(x);
      if (!SMALL && name && !defs.has(name)) defs.set(name, undefined);
      loading._top = !!name;
      const code = compile(x, null, name ? 0 : mode);
      if (!name) rest.push(code);
      else {
        names.add(name);
        !SMALL && isSym((x as List)[0], "defmacro") ? code(null) : todo.push(code);
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

/** Writes the markup of forms to sink; nothing, if there is an error. */
export const emit = (forms: Form[], sink: Sink): void => evaluation(() => {
  replay(capture(() => {
    for (const c of load(forms, EMIT)) put(c(null));
  }), sink);
});
