// Parameters, lambdas and components.

import { calling, Code, compile, defs, EMIT, Env, hint, loading, PARK, Scope, shapes, TAIL, unknown } from "./eval";
import { body } from "./special";
import { equal } from "./equal";
import { Dict, el, expected, fail, Fn, isComponent, isKw, isList, isSym, List, now, Obj, place, plain, Sym, typeOf, Value } from "./values";

/** What a parameter, or a field of a message, may be. */
export interface Rule { _type?: string; _min?: number; _max?: number; _in?: Value[]; _required?: boolean }
export interface Param extends Rule { _name: string; _default?: Code }
export interface Params { _pos: Param[]; _keys: Map<string, Param> | null; _rest?: string; _attrs?: string; _scope: Scope; _rules: boolean }

/** (name :as type :default expr :required :min n :max n :in (…)) or a name. */
export const param = (x: any, scope: Scope): Param => {
  if (isSym(x) && !(SMALL && x._v[0] === "&")) return { _name: x._v };
  if (!isList(x) || !SMALL && x._data || !isSym(x[0])) expected("a name or (name :as type …)", x);
  const p: Param = { _name: x[0]._v };
  let literal: Value = null; // the default, if it is one
  for (let i = 1; i < x.length; i++) {
    if (!SMALL && !isKw(x[i])) expected("an annotation", x[i]);
    const k = x[i]._v, v: any = x[++i];
    if (k === "as") p._type = v._v;
    else if (k === "default") {
      p._default = compile(v, scope, 0);
      if (isKw(v) || typeof v !== "object") literal = plain(v);
    }
    else if (!SMALL && k === "min") p._min = v;
    else if (!SMALL && k === "max") p._max = v;
    else if (!SMALL && k === "in") p._in = isList(v) && isSym(v[0], "quote") ? v[1] as List : v;
    else if (k === "required") {
      p._required = true;
      i--;
    } else fail("keyword", "unknown annotation :" + k, place(x));
  }
  const bad = !SMALL && literal !== null && violation(p, literal);
  if (bad) fail("type", `the default of parameter ${p._name} ${bad}`, place(x));
  return p;
};

/** Stands for a value that is not known while compiling, and breaks no rule. */
const UNKNOWN: any = {};
/** UNKNOWN while a call is checked: defaults are not evaluated then. */
let checking: any = null;

/** Why v breaks rule r, or "". */
export const violation = (r: Rule, v: any): string | false | undefined => {
  const t = r._type?.replace("?", ""), type = typeOf(v);
  if (SMALL) return v === null ? r._required && "x" : t && t !== "any" && type !== t && "x";
  if (v === null) return r._required ? "is required" : "";
  if (t && t !== "any" && type !== t) return `must be ${t}, got ${type}`;
  const n = type === "string" ? [...v].length : type === "list" ? v.length : v;
  return n < r._min! ? "must be at least " + r._min : n > r._max! ? "must be at most " + r._max :
    r._in && !r._in.some(x => equal(plain(x), v)) ? "must be one of those listed" : "";
};

export const params = (list: any, scope: Scope, component?: boolean): Params => {
  // What has a scope is no frame's top.
  const p: Params = { _pos: [], _keys: null, _scope: SMALL ? scope : scope || { _name: "", _up: null }, _rules: false };
  if (!isList(list)) expected("parameters", list);
  const bind = (name?: string, x?: any) => {
    if (!SMALL && x) for (let s = p._scope; s && s !== scope; s = s._up) if (s._name === name) fail("duplicate", `the parameter ${name} is named twice`, place(x));
    p._scope = { _name: name || expected("a name"), _up: p._scope };
  };
  for (let i = 0; i < list.length; i++) {
    const x = list[i];
    if (isSym(x, "&key")) p._keys = new Map();
    else if (isSym(x, "&rest")) p._rest = list[++i]?._v || expected("a name");
    else if (!SMALL && isSym(x, "&rest-attrs")) p._attrs = list[++i]?._v || expected("a name");
    else {
      const q = param(x, p._scope);
      if (isList(x)) p._rules = true;
      bind(q._name, x);
      p._keys ? p._keys.set(q._name, q) : p._pos.push(q);
    }
  }
  // children are there whatever they are called.
  if (p._rest && component) bind("children");
  p._rest && bind(p._rest);
  if (!SMALL) p._attrs && bind(p._attrs);
  return p;
};

const settle = (fn: string, p: Param, v: any, e: Env): Value => {
  const form = !SMALL && checking && v;
  if (form) v = plain(v);
  v ??= p._default ? !SMALL && checking || p._default(e) : null;
  const bad = (SMALL || v !== UNKNOWN) && violation(p, v);
  return bad ? fail(p._required && v === null ? "keyword" : "type", `${fn}: ${p._name} ${bad}`, place(form)) : v!;
};

/** Checks a call while it is compiled: forms are its arguments. */
export const fits = (fn: string, p: Params, forms: Value[], component?: boolean) => {
  checking = UNKNOWN;
  try {
    // Elsewhere nothing is known of attributes.
    bind({ _v: fn, _t: component && "component", _params: p } as any,
      forms.map(x => x === null || typeof x === "object" && !isKw(x) ? UNKNOWN : x), forms.map(isKw));
  } finally {
    checking = null;
  }
};

/** Binds the arguments of a call. keys tells which of them were written as keywords. */
export const bind = (f: Fn, args: any[], keys?: boolean[] | null): Env => {
  const p: Params = f._params, { _pos, _keys } = p, fn = SMALL ? "" : f._v || "lambda", component = isComponent(f), n = _pos.length;
  const attrs = !SMALL && component && p._attrs, named: Dict | null = _keys && new Map(), extra: Dict | null = attrs ? new Map() : null;
  let e: Env = f._env;
  if (keys && (_keys || component)) {
    const rest: Value[] = [];
    for (let i = 0; i < args.length; i++) {
      const x = args[i], k = plain(x);
      if (!keys[i]) rest.push(x);
      else if (++i === args.length) fail("keyword", `${fn}: :${k} has no value`, place(x));
      else if (_keys?.has(k)) named!.set(k, args[i]);
      else if (!SMALL && attrs) extra!.set(k, args[i]);
      else fail("keyword", `${fn}: unknown keyword :${k}${hint(k, _keys?.keys() || [], ":")}`, place(x));
    }
    args = rest;
  }
  if (args.length > n && !p._rest) fail(component ? "keyword" : "arity", `${fn}: takes ${n || "no"} arguments besides keywords, got ${args.length}`);
  for (let i = 0; i < n; i++) e = { _v: p._rules ? settle(fn, _pos[i], args[i], e) : args[i] ?? null, _up: e };
  if (_keys) for (const [k, q] of _keys) e = { _v: settle(fn, q, named!.get(k), e), _up: e };
  if (p._rest && component) e = { _v: args.slice(n), _up: e };
  if (p._rest) e = { _v: args.slice(n), _up: e };
  if (extra) extra._written = true;
  if (!SMALL && p._attrs) e = { _v: extra && new Obj("spread", extra), _up: e };
  return e;
};

/** A closure's code: gives the function for an environment. At the top level its body is compiled later. */
export const lambda = (kind: Fn["_t"], name: string, list: Value, forms: Value[], scope: Scope, emit = 0): ((e: Env) => Fn) & { _params?: Params } => {
  const p = params(list, scope, kind === "component"), mode = TAIL | PARK | emit, { _macro: macro, _at: at } = now;
  if (!SMALL && name && scope?._params === null) scope._params = p;
  if (!SMALL && forms.length > 1 && typeof forms[0] === "string") forms = forms.slice(1); // documentation
  let code: Code | undefined;
  const make = SMALL ? () => code ||= body(forms, p._scope, mode) : () => {
    if (code) return code;
    const { _macro, _at } = now, { _parks } = loading;
    now._macro = macro;
    now._at = at;
    code = body(forms, p._scope, mode);
    now._macro = _macro;
    now._at = _at;
    loading._parks = _parks;
    return code;
  };
  if (scope) make();
  else if (!SMALL) loading._bodies?.push(make);
  const closure: ((e: Env) => Fn) & { _params?: Params } = e => {
    const fn = new Fn(kind, name);
    fn._code = make;
    fn._params = p;
    fn._forms = forms;
    fn._env = e;
    return fn;
  };
  if (!SMALL) closure._params = p;
  return closure;
};

/** (~name :key value … child …). Children are markup that is evaluated wherever it is placed. */
export const component = (x: List, scope: Scope, mode: number): Code => {
  const head = x[0] as Sym, name = head._v, at = now._at, forms = x.slice(1), keys: boolean[] = [];
  if (!defs.has(name)) unknown(head, scope);
  const p = shapes.get(name);
  if (!SMALL && p) fits(name, p, forms, true);
  let key = false;
  const args = forms.map((f): Code => {
    const value = key, code = compile(f, scope, key ? PARK : EMIT | PARK);
    keys.push(key = !key && isKw(f));
    return key || value ? code : e => el(() => code(e));
  });
  return calling(() => defs.get(name) ?? unknown(head), args, keys, mode, at);
};
