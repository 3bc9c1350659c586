// Patterns of match and let: a pattern compiles to a test that gives the bindings, or null.

import { Code, compile, Env, Scope } from "./eval";
import { Param, param, violation } from "./component";
import { equal, expected, fail, isDict, isKw, isList, isSym, List, now, place, plain, Sym, sym, truthy, Value } from "./values";

export type Test = (v: Value, e: Env) => Env | undefined;

/** Compiles pattern p: the scope with its names, and its test. */
export const pattern = (p: Value, scope: Scope, outer = scope): [Scope, Test] => {
  const bind = (name: string) => {
    for (let s = scope; s !== outer; s = s!._up) if (s!._name === name) fail("duplicate", `the pattern binds ${name} twice`, place(p));
    return scope = { _name: name, _up: scope };
  };
  if (isSym(p)) return p._v === "_" ? [scope, (_, e) => e] : [bind(p._v), (v, e) => ({ _v: v, _up: e })];
  if (isDict(p)) {
    const parts = [...p].map(([k, q]) => {
      const [s, test] = pattern(q, scope, outer);
      scope = s;
      return [k, test] as const;
    });
    return [scope, (v, e: any) => {
      if (!isDict(v)) return;
      for (const [k, test] of parts) if (!v.has(k) || (e = test(v.get(k)!, e)) === undefined) return;
      return e;
    }];
  }
  if (!isList(p) || !p._data && isSym(p[0], "quote")) {
    const c = isList(p) ? p[1] : plain(p);
    return [scope, (v, e) => equal(v, c) ? e : undefined];
  }
  const head = p[0], list = p._data || !p.length || isSym(head, "list"), from = p._data ? 0 : 1;
  if (!list && !isSym(head)) expected("a symbol as the head of a pattern", p);
  const tests: Test[] = [], keys: Param[] = [];
  let rest = "", keyed = false;
  for (let i = from; i < p.length; i++) {
    const x = p[i];
    if (isSym(x, "&rest")) rest = (p[++i] as Sym)._v;
    else if (isSym(x, "&key")) keyed = true;
    else if (keyed) {
      keys.push(param(x, scope));
      bind(keys[keys.length - 1]._name);
    } else {
      const [s, test] = pattern(x, scope, outer);
      scope = s;
      tests.push(test);
    }
  }
  if (rest) bind(rest);
  return [scope, (v, e: any) => {
    if (!isList(v)) return;
    if (!list && (!v.length || !isSym(v[0], (head as Sym)._v))) return;
    let i = list ? 0 : 1;
    if (v.length < tests.length + i) return;
    for (const test of tests) if ((e = test(v[i++], e)) === undefined) return;
    const more: Value[] = [], given = new Map<string, Value>();
    for (; i < v.length; i++) {
      const k = v[i];
      if (keys.length && isKw(k)) {
        if (!keys.some(q => q._name === k._v) || ++i === v.length) return;
        given.set(k._v, v[i]);
      } else more.push(k);
    }
    if (more.length && !rest) return;
    for (const q of keys) {
      let x = given.get(q._name) ?? null;
      if (violation(q, x)) return;
      if (x === null && q._default) x = q._default(e);
      e = { _v: x, _up: e };
    }
    return rest ? { _v: more, _up: e } : e;
  }];
};

/** (match x pattern [:when guard] result …). */
export const match = (x: List, scope: Scope, mode: number): Code => {
  const at = now._at, arms: [Test, Code | null, Code][] = [];
  if (x.length < 2) expected("a value");
  const value = compile(x[1], scope, 0);
  for (let i = 2; i < x.length;) {
    const p = x[i++], [s, test] = pattern(isKw(p) && p._v === "else" ? sym("_") : p, scope);
    let guard: Code | null = null;
    const k = x[i];
    if (isKw(k) && k._v === "when" && i + 2 < x.length) {
      guard = compile(x[i + 1], s, 0);
      i += 2;
    }
    if (i >= x.length) expected("a result for each pattern");
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
