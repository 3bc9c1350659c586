// Patterns of match and let: a pattern compiles to a test that gives the bindings, or undefined.

import { Code, compile, Env, Scope } from "./eval";
import { named } from "./argument";
import { Param, param, violation } from "./component";
import { equal } from "./equal";
import { size } from "./special";
import { expected, fail, isDict, isKw, isList, isSym, List, now, Place, place, plain, Sym, sym, truthy, Value } from "./values";

export type Test = (v: Value, e: Env) => Env | undefined;

export const unfit = (v: Value, at: Place): never => fail("match", "match: no pattern fits " + named(v), at);

/** Compiles pattern p to its test. Its names are added to the scope in the box, where none of them may be already:
 * outer is what was there before the whole pattern. */
export const pattern = (p: any, box: { _scope: Scope }, outer = box._scope): Test => {
  const bind = (name: string) => {
    for (let s = box._scope; s !== outer; s = s!._up) if (s!._name === name) fail("duplicate", `the pattern binds ${name} twice`, place(p));
    box._scope = { _name: name, _up: box._scope };
  };
  if (isSym(p)) {
    if (p._v[0] === "&") expected("a pattern", p);
    if (p._v === "_") return (_, e) => e;
    bind(p._v);
    return (v, e) => ({ _v: v, _up: e });
  }
  if (isDict(p)) {
    const parts = [...p].map(([k, q]) => [k, pattern(q, box, outer)] as const);
    return (v, e: any) => {
      if (!isDict(v)) return;
      for (const [k, test] of parts) if (!v.has(k) || (e = test(v.get(k)!, e)) === undefined) return;
      return e;
    };
  }
  const head = p?.[0], data = p?._data, list = data || isSym(head, "list");
  if (!isList(p) || !data && isSym(head, "quote")) {
    const c = isList(p) ? p[1] : plain(p);
    return (v, e) => equal(v, c) ? e : undefined;
  }
  if (!list && p.length && !isSym(head)) expected("a symbol as the head of a pattern", p);
  const tests: Test[] = [], keys: Param[] = [], least = list || !p.length ? 0 : 1;
  let rest = "", keyed = false;
  for (let i = data ? 0 : 1; i < p.length; i++) {
    const x = p[i];
    if (isSym(x, "&rest")) rest = (p[++i] as Sym)._v;
    else if (isSym(x, "&key")) keyed = true;
    else if (keyed) {
      const q = param(x, box._scope);
      keys.push(q);
      bind(q._name);
    } else tests.push(pattern(x, box, outer));
  }
  if (rest) bind(rest);
  return (v, e: any) => {
    if (!isList(v) || v.length < tests.length + least || least && !isSym(v[0], head._v)) return;
    let i = least;
    for (const test of tests) if ((e = test(v[i++], e)) === undefined) return;
    const more: Value[] = [], given = new Map<string, Value>();
    for (; i < v.length; i++) {
      const k = v[i];
      if (!keys.length || !isKw(k)) more.push(k);
      else if (!keys.some(q => q._name === k._v) || ++i === v.length) return;
      else given.set(k._v, v[i]);
    }
    if (more.length && !rest) return;
    for (const q of keys) {
      const x = given.get(q._name) ?? null;
      if (violation(q, x)) return;
      e = { _v: x === null && q._default ? q._default(e) : x, _up: e };
    }
    return rest ? { _v: more, _up: e } : e;
  };
};

/** (match x pattern [:when guard] result …). */
export const match = (x: List, scope: Scope, mode: number): Code => {
  const at = now._at, arms: [Test, Code | null, Code][] = [];
  size(x, 1);
  const value = compile(x[1], scope, 0);
  for (let i = 2; i < x.length;) {
    const p = x[i++], box = { _scope: scope }, test = pattern(isKw(p) && p._v === "else" ? sym("_") : p, box), s = box._scope;
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
    return unfit(v, at);
  };
};
