// Parameters, lambdas and components.

import { Code, compile, defs, EMIT, Env, hint, invoke, loading, Scope, shapes, TAIL, unknown } from "./eval";
import { body } from "./special";
import { Dict, equal, El, fail, Fn, isList, isSym, Kw, List, now, place, Spread, Sym, typeOf, Value } from "./values";

/** What a parameter, or a field of a message, may be. */
export interface Rule { _type?: string; _min?: number; _max?: number; _in?: Value[]; _required?: boolean }
export interface Param extends Rule { _name: string; _default?: Code }
export interface Params { _pos: Param[]; _keys: Map<string, Param> | null; _rest?: string; _attrs?: string; _scope: Scope; _rules: boolean }

/** (name :as type :default expr :required :min n :max n :in (…)) or a name. */
export const param = (x: Value, scope: Scope): Param => {
  if (isSym(x) && !(SMALL && x._name[0] === "&")) return { _name: x._name };
  if (!isList(x) || !isSym(x[0])) return fail("form", "a parameter must be a name or (name :as type …)", place(x));
  const p: Param = { _name: x[0]._name };
  for (let i = 1; i < x.length; i++) {
    const k = (x[i] as Kw)._name, v: any = x[i + 1];
    if (k === "required") p._required = true;
    else {
      if (k === "as") p._type = v._name;
      else if (k === "default") p._default = compile(v, scope, 0);
      else if (!SMALL && k === "min") p._min = v;
      else if (!SMALL && k === "max") p._max = v;
      else if (!SMALL && k === "in") p._in = isList(v) && isSym(v[0], "quote") ? v[1] as List : v;
      else fail("form", `unknown annotation :${k}`, place(x));
      i++;
    }
  }
  return p;
};

const must = (what?: string) => "must be " + what;

/** Why v breaks rule r, or "". */
export const violation = (r: Rule, v: any): string => {
  let t = r._type;
  if (v === null) return r._required ? "is required" : "";
  t = t?.replace("?", "");
  if (t && t !== "any" && typeOf(v) !== t) return must(`${t}, got ${typeOf(v)}`);
  if (SMALL) return "";
  const n = typeof v === "string" ? [...v].length : isList(v) ? v.length : typeof v === "number" ? v : null;
  return n !== null && n < r._min! ? must("at least " + r._min) : n !== null && n > r._max! ? must("at most " + r._max) :
    r._in && !r._in.some(x => equal(x instanceof Kw ? x._name : x, v)) ? must("one of those listed") : "";
};

export const params = (list: Value, scope: Scope, component?: boolean): Params => {
  const p: Params = { _pos: [], _keys: null, _scope: scope, _rules: false };
  if (!isList(list)) return fail("form", "parameters must be a list", place(list));
  const bind = (name: string) => p._scope = { _name: name, _up: p._scope };
  for (let i = 0; i < list.length; i++) {
    const x = list[i];
    if (isSym(x, "&key")) p._keys = new Map();
    else if (isSym(x, "&rest") || !SMALL && isSym(x, "&rest-attrs")) {
      const name = (list[++i] as Sym)?._name || fail("form", x._name + " needs a name", place(x));
      if (SMALL || x._name === "&rest") p._rest = name;
      else p._attrs = name;
    } else {
      const q = param(x, p._scope);
      if (isList(x)) p._rules = true;
      bind(q._name);
      p._keys ? p._keys.set(q._name, q) : p._pos.push(q);
    }
  }
  // children are there whatever they are called.
  if (p._rest && component) bind("children");
  p._rest && bind(p._rest);
  if (!SMALL) p._attrs && bind(p._attrs);
  return p;
};

const settle = (fn: string, p: Param, v: Value | undefined, e: Env): Value => {
  if (v === null || v === undefined) v = p._default ? p._default(e) : null;
  const bad = violation(p, v);
  return bad ? fail(p._required && v === null ? "keyword" : "type", `${fn}: ${p._name} ${bad}`) : v;
};

const valueless = (fn: string, k: string, x?: Kw) => fail("keyword", `${fn}: :${k} has no value`, x ? place(x) : now._at);
const stranger = (fn: string, k: string, p: Params["_keys"], x?: Kw) => fail("keyword", `${fn}: unknown keyword :${k}${hint(k, p?.keys() || [], ":")}`, x ? place(x) : now._at);
const surplus = (fn: string, least: number, n: number, component?: boolean) => fail(component ? "keyword" : "arity", `${fn || "lambda"}: takes ${least || "no"} arguments besides keywords, got ${n}`);

/** Checks a call while it is compiled: forms are its arguments. */
export const fits = (fn: string, { _pos, _keys, _rest, _attrs }: Params, forms: Value[], component = false) => {
  // Elsewhere nothing is known of attributes.
  if (!component) _attrs = "";
  const seen = new Set<Param>();
  let n = 0;
  for (let i = 0; i < forms.length; i++) {
    const k = forms[i];
    let p: Param | undefined;
    if (k instanceof Kw && (_keys || component)) {
      if (++i === forms.length) valueless(fn, k._name, k);
      p = _keys?.get(k._name);
      if (!p && !_attrs) stranger(fn, k._name, _keys, k);
    } else p = _pos[n++];
    if (!p) continue;
    seen.add(p);
    const x = forms[i], v = x instanceof Kw ? x._name : x;
    const bad = v === null || typeof v === "object" ? "" : violation(p, v);
    if (bad) fail("type", `${fn}: ${p._name} ${bad}`, place(x));
  }
  for (const p of [..._pos, ..._keys?.values() || []]) if (p._required && !seen.has(p)) fail("keyword", `${fn}: ${p._name} is required`);
  if (n > _pos.length && !_rest) surplus(fn, _pos.length, n, component);
};

/** Binds the arguments of a call. keys tells which of them were written as keywords. */
export const bind = (f: Fn, args: Value[], keys: boolean[] | null | undefined): Env => {
  const p: Params = f._params, { _pos, _keys } = p, fn = f._name, component = f._t === "component";
  let e: Env = f._env;
  const attrs = !SMALL && component && p._attrs, takes = _keys || attrs, named: Dict | null = takes ? new Map() : null, extra: Dict | null = attrs ? new Map() : null;
  if (keys && takes) {
    const rest: Value[] = [];
    for (let i = 0; i < args.length; i++) {
      if (!keys[i]) rest.push(args[i]);
      else {
        const form = args[i], k = form instanceof Kw ? form._name : form as string;
        if (++i === args.length) valueless(fn, k);
        if (_keys?.has(k)) named!.set(k, args[i]);
        else if (!SMALL && extra) extra.set(k, args[i]);
        else stranger(fn, k, _keys);
      }
    }
    args = rest;
  }
  const n = _pos.length;
  if (args.length > n && !p._rest) surplus(fn, n, args.length, component);
  for (let i = 0; i < n; i++) e = { _v: p._rules ? settle(fn, _pos[i], args[i], e) : args[i] ?? null, _up: e };
  if (_keys) for (const [k, q] of _keys) e = { _v: settle(fn, q, named!.get(k), e), _up: e };
  if (p._rest && component) e = { _v: args.slice(n), _up: e };
  if (p._rest) e = { _v: args.slice(n), _up: e };
  if (!SMALL && p._attrs) e = { _v: extra && new Spread(extra), _up: e };
  return e;
};

/** A closure's code: gives the function for an environment. At the top level its body is compiled later. */
export const lambda = (kind: Fn["_t"], name: string, list: Value, forms: Value[], scope: Scope, emit = 0): ((e: Env) => Fn) & { _params?: Params } => {
  const p = params(list, scope, kind === "component"), mode = TAIL | emit, { _macro: macro, _at: at } = now;
  if (!SMALL && name && scope?._params === null) scope._params = p;
  let code: Code | undefined;
  const make = SMALL ? () => code ||= body(forms, p._scope, mode) : () => {
    const { _macro, _at } = now;
    now._macro = macro;
    now._at = at;
    code ||= body(forms, p._scope, mode);
    now._macro = _macro;
    now._at = _at;
    return code;
  };
  if (scope) make();
  else if (!SMALL) loading._bodies?.push(make);
  const closure: ((e: Env) => Fn) & { _params?: Params } = e => {
    const fn = new Fn(kind, name);
    fn._code = () => code || make();
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
  const head = x[0] as Sym, name = head._name, at = place(x), args: Code[] = [], keys: boolean[] = [];
  if (!defs.has(name)) unknown(head, scope);
  const p: Params | undefined = shapes.get(name);
  if (!SMALL && p) fits(name, p, x.slice(1), true);
  for (let i = 1; i < x.length; i++) {
    const f = x[i], key = f instanceof Kw;
    keys.push(key);
    args.push(compile(f, scope, EMIT));
    if (key) {
      if (++i === x.length) valueless(name, f._name, f);
      keys.push(false);
      args.push(compile(x[i], scope, 0));
    } else {
      const child = args.pop()!;
      args.push(e => new El(() => child(e)));
    }
  }
  return e => {
    const a: Value[] = [];
    for (let i = 0; i < args.length; i++) a.push(args[i](e));
    return invoke(defs.get(name) ?? unknown(head, scope), a, keys, mode, at);
  };
};
