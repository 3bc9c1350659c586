// Values, and the errors that speak of them. nil, booleans, numbers and strings are JavaScript's own (nil is
// null), lists are arrays, dicts are Maps: they keep their order and have no prototype to pollute. Members
// that begin with _ are private to the client, and are shortened by the bundler.

/** Text that forms were read from. */
export interface Source { _name: string; _text: string }

/** Where something was read: offsets in UTF-16 units. */
export interface Place { _src: Source; _from: number; _to: number }

/** What JavaScript has nothing for: a type, and what it is of. */
export class Obj<T extends string = string, V = any> {
  declare _at?: Place;
  constructor(public _t: T, public _v: V) {}
}

/** Its _v is its name. */
export type Sym = Obj<"symbol", string>;
/** Its _v is its name. */
export type Kw = Obj<"keyword", string>;
/** Markup. _v writes it, and gives what is still to be placed. */
export type El = Obj<"element", () => Value | void>;
/** Attributes to merge into the enclosing element. */
export type Spread = Obj<"spread", Dict>;
/** A URL that the author vouches for. */
export type Trusted = Obj<"trusted-url", string>;

export const sym = (name: string): Sym => new Obj("symbol", name);
export const el = (put: () => Value | void): El => new Obj("element", put);

/** What can be called, and macros; _v is the name. _run is what primitives do, _code gives the code of the others. */
export class Fn extends Obj<"lambda" | "macro" | "component" | "primitive", string> {
  declare _run?: (args: Value[]) => Value;
  declare _code: () => (e: any) => Value;
  declare _params?: any; declare _forms?: any; declare _doc?: any; declare _env?: any; declare _lib?: any;
}

export type Value = null | boolean | number | string | Obj | List | Dict | Fn;
/** _written: all keys stand in a definition. */
export type Dict = Map<string, Value> & { _at?: Place; _written?: boolean };
/** _data: written with square brackets, never a call. _spots: offsets of the items, where they are asked for. */
export type List = Value[] & { _at?: Place; _data?: boolean; _spots?: [number, number][] };
export type Form = Value;

/** Bounds of one evaluation, and the steps that it has made. */
export const limits = { steps: 1e8, items: 1e7, chars: 1 << 26, nesting: 500, depth: 1e4, _made: 0 };

const nowhere: Place = { _src: { _name: "", _text: "" }, _from: 0, _to: 0 };

/** What provide binds while its body runs. */
export interface Provided { _name: string; _v: Value; _emitted: Value[]; _up: Provided | null }

/** What is being evaluated. _at: where; _macro: the macro use whose expansion is being compiled; _ops: the
 * markup recorded; _el: the element in progress and its attributes, to which spreads go; _top: dynamic scope;
 * _level: calls in progress; _most: how many there may be until the stack is cleared; _more: what is in reserve. */
export const now: { _at: Place; _macro: Place | null; _ops: any[]; _el: [string, [string, string][]] | null; _top: Provided | null; _level: number; _most: number; _more: number } =
  { _at: nowhere, _macro: null, _ops: [], _el: null, _top: null, _level: 0, _most: 250, _more: 9 };

/** Keeps what is being evaluated, and gives a function that goes back to it. */
export const save = () => {
  const was = { ...now }, n = was._ops.length;
  return () => {
    Object.assign(now, was)._ops.length = n;
  };
};

/** Line and column of an offset; both start at 1, columns count characters. */
export const where = ({ _src, _from }: Place) => {
  const lines = _src._text.slice(0, _from).replace(/^\ufeff/, "").split(/\r\n?|\n/);
  return [lines.length, [...lines.pop()!].length + 1];
};

/** Every error of the language. */
export interface SxError extends Error { kind: string; line: number; col: number; file: string; data: Value; form: string }

export const error = (kind: string, message: string, at: Place, data: Value = null): SxError => {
  const [line, col] = where(at), { _name, _text } = at._src;
  return Object.assign(new Error(message), { kind, line, col, file: _name, data, form: _text.slice(at._from, at._to) });
};

export const fail: (kind: string, message: string, at?: Place, data?: Value) => never = SMALL ? () => {
  throw 0;
} : (kind, message, at = now._at, data) => {
  throw error(kind, message, at, data);
};

/** Where an error about form x is reported: at the macro use, if x was made by a macro. */
export const place = (x: any): Place => now._macro || x?._at || now._at;

/** The error about form x that is not as it must be. */
export const expected = (what: string, x?: any): never => fail("form", "expected " + what, place(x));

const is = <T>(t: string) => (v: any): v is T => v?._t === t;
export const isKw = is<Kw>("keyword"), isEl = is<El>("element"), isComponent = is<Fn>("component");
export const isSpread = /* @__PURE__ */ is<Spread>("spread"), isTrusted = /* @__PURE__ */ is<Trusted>("trusted-url"), isMacro = /* @__PURE__ */ is<Fn>("macro");
export const isSym = (v: any, name?: string): v is Sym => v?._t === "symbol" && (!name || v._v === name);
export const isList = (v: any): v is List => Array.isArray(v);
export const isDict = (v: any): v is Dict => v instanceof Map;
export const isFn = (v: any): v is Fn => v instanceof Fn;

/** The text of a symbol, a keyword or a trusted URL. */
export const word = (v: any): string | undefined => v instanceof Obj && !isFn(v) && typeof v._v === "string" ? v._v : undefined;

/** A keyword as the string that it is when evaluated. */
export const plain = (v: any) => isKw(v) ? v._v : v;

export const truthy = (v: Value) => v !== null && v !== false;

export const typeOf = (v: any): string => v === null ? "nil" : isList(v) ? "list" : isDict(v) ? "dict" : v?._t || typeof v;

/** The same object, or equal atoms. */
export const same = (a: any, b: any): boolean => a === b || (isSym(a) || isKw(a)) && a._t === b?._t && a._v === b._v;

/** Makes v and all that it reaches immutable. Maps and bindings are only marked: mutators ask. */
export const freeze: (v: any) => void = SMALL ? () => {} : v => {
  if (isFn(v)) v = v._env;
  if (Object.isFrozen(v)) return;
  Object.freeze(v);
  if (isList(v) || isDict(v)) v.forEach(freeze);
  else [v._v, v._up].forEach(freeze); // a spread, or a binding and those around it
};

const bound = (n: number, most: number, what: string) => {
  if (!(n <= most)) fail("limit", "too many " + what);
};

/** Counts n steps, and ends the evaluation when there were too many. */
export const step = (n: number) => bound(limits._made += n, limits.steps, "steps");

export const items = (n: number) => {
  bound(n, limits.items, "items");
  step(n >> 2);
  return n;
};

export const chars = (n: number) => {
  bound(n, limits.chars, "characters");
  step(n >> 6);
  return n;
};
