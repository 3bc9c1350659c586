// Patterns of match and let: a pattern compiles to a test that gives the bindings, or null.

import { Code, compile, Env, Scope } from "./eval";
import { Param, param, violation } from "./component";
import { equal, fail, isDict, isList, isSym, Kw, List, place, Value, truthy } from "./values";

export type Test = (v: Value, e: Env) => Env | undefined;

const annotated = (x: Value): x is List => isList(x) && isSym(x[0]) && x[1] instanceof Kw && /^(as|default|required|min|max|in)$/.test(x[1]._name);

/** Compiles pattern p: the scope with its names, and its test. */
export const pattern = (p: Value, scope: Scope): [Scope, Test] => {
  if (isSym(p)) return p._name === "_" ? [scope, (_, e) => e] : [{ _name: p._name, _up: scope }, (v, e) => ({ _v: v, _up: e })];
  if (annotated(p)) {
    const q = param(p, scope);
    return [{ _name: q._name, _up: scope }, (v, e) => violation(q, v) ? undefined : { _v: v, _up: e }];
  }
  if (isDict(p)) {
    const parts = [...p].map(([k, q]) => {
      const [s, test] = pattern(q, scope);
      scope = s;
      return [k, test] as const;
    });
    return [scope, (v, e: any) => {
      if (!isDict(v)) return;
      for (const [k, test] of parts) if (!v.has(k) || (e = test(v.get(k)!, e)) === undefined) return;
      return e;
    }];
  }
  if (!isList(p)) {
    const c = p instanceof Kw ? p._name : p;
    return [scope, (v, e) => equal(v, c) || v instanceof Kw && p instanceof Kw && v._name === c ? e : undefined];
  }
  const head = p[0];
  if (!p._data && isSym(head, "quote")) return [scope, (v, e) => equal(v, p[1]) ? e : undefined];
  const plain = p._data || isSym(head, "list");
  if (!plain && !isSym(head)) fail("form", "a pattern's head must be a symbol", place(p));
  const tests: Test[] = [], keys = new Map<string, Param>();
  let rest = false, keyed = false;
  for (let i = p._data ? 0 : 1; i < p.length; i++) {
    const x = p[i];
    if (isSym(x, "&rest")) {
      rest = true;
      scope = pattern(p[++i], scope)[0];
    } else if (isSym(x, "&key")) keyed = true;
    else if (keyed) {
      const q = param(x, scope);
      keys.set(q._name, q);
      scope = { _name: q._name, _up: scope };
    } else {
      const [s, test] = pattern(x, scope);
      scope = s;
      tests.push(test);
    }
  }
  const from = plain ? 0 : 1, n = tests.length, name = plain ? "" : (head as any)._name;
  const ignored = rest && isSym(p[p.length - 1], "_");
  return [scope, (v, e: any) => {
    if (!isList(v) || v.length < n + from || !plain && !isSym(v[0], name)) return;
    for (let i = 0; i < n; i++) if ((e = tests[i](v[i + from], e)) === undefined) return;
    const more = v.slice(n + from);
    if (keyed) {
      const given = new Map<string, Value>();
      for (let i = 0; i < more.length; i += 2) {
        const k = more[i];
        if (!(k instanceof Kw) || !keys.has(k._name) || i + 1 === more.length) return;
        given.set(k._name, more[i + 1]);
      }
      for (const [k, q] of keys) {
        let x = given.get(k) ?? null;
        if (x === null && q._default) x = q._default(e);
        if (violation(q, x)) return;
        e = { _v: x, _up: e };
      }
    } else if (rest) {
      if (!ignored) e = { _v: more, _up: e };
    } else if (more.length) return;
    return e;
  }];
};

/** (match x pattern [:when guard] result …). */
export const match = (x: List, scope: Scope, mode: number): Code => {
  const value = compile(x[1], scope, 0), at = place(x), arms: [Test, Code | null, Code][] = [];
  if (x.length < 2) fail("form", "match needs a value", at);
  for (let i = 2; i < x.length;) {
    const [s, test] = pattern(x[i++], scope);
    let guard: Code | null = null;
    const k = x[i];
    if (k instanceof Kw && k._name === "when" && i + 2 < x.length) {
      guard = compile(x[i + 1], s, 0);
      i += 2;
    }
    if (i >= x.length) fail("form", "match: a pattern has no result", at);
    arms.push([test, guard, compile(x[i++], s, mode)]);
  }
  return e => {
    const v = value(e);
    for (const [test, guard, result] of arms) {
      const inner = test(v, e);
      if (inner !== undefined && (!guard || truthy(guard(inner)))) return result(inner);
    }
    return fail("match", "no pattern matches", at);
  };
};
