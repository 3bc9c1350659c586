// Values, and the errors that speak of them. nil, booleans, numbers and strings are JavaScript's own (nil is
// null), lists are arrays, dicts are Maps: they keep their order and have no prototype to pollute. Members
// that begin with _ are private to the client, and are shortened by the bundler.

/** Text that forms were read from. */
export interface Source { _name: string; _text: string }

/** Where something was read: offsets in UTF-16 units. */
export interface Place { _src?: Source; _at?: number; _end?: number }

export class Sym implements Place {
  declare _t: "symbol"; declare _src?: Source; declare _at?: number; declare _end?: number;
  constructor(public _name: string) {}
}

export class Kw implements Place {
  declare _t: "keyword"; declare _src?: Source; declare _at?: number; declare _end?: number;
  constructor(public _name: string) {}
}

/** What can be called, and macros. _run is what primitives do, _code gives the code of the others. */
export class Fn {
  declare _run: (args: Value[]) => Value;
  declare _code: () => (e: any) => Value;
  declare _params?: any; declare _forms?: any; declare _doc?: any; declare _env?: any; declare _lib?: any;
  constructor(public _t: "lambda" | "macro" | "component" | "primitive", public _name: string) {}
}

/** Markup. _put writes it, and gives what is still to be placed. */
export class El {
  declare _t: "element";
  constructor(public _put: () => Value | void) {}
}

/** Attributes to merge into the enclosing element. */
export class Spread {
  declare _t: "spread";
  constructor(public _d: Dict) {}
}

/** A URL that the author vouches for. */
export class Trusted {
  declare _t: "trusted-url";
  constructor(public _url: string) {}
}

[[Sym, "symbol"], [Kw, "keyword"], [El, "element"], ...SMALL ? [] : [[Spread, "spread"], [Trusted, "trusted-url"]]].forEach(([c, t]: any) => c.prototype._t = t);

export type Value = null | boolean | number | string | Sym | Kw | List | Dict | Fn | El | Spread | Trusted;
export type Dict = Map<string, Value> & Place;
/** _data: written with square brackets, never a call. */
export type List = Value[] & Place & { _data?: boolean };
export type Form = Value;

/** Bounds of one evaluation. */
export const limits = { steps: 1e8, items: 1e7, chars: 1 << 26, nesting: 500 };

/** What is being evaluated: for positions. _macro is the macro use whose expansion is being compiled. */
export const now: { _at: Place | null; _macro: Place | null; _steps: number } = { _at: null, _macro: null, _steps: 0 };

/** "line:column" of an offset; both start at 1, columns count characters. */
export const where = (src: Source, at: number) => {
  const lines = src._text.slice(0, at).split("\n");
  return `${lines.length}:${[...lines.pop()!].length + 1}`;
};

/** Every error of the language. */
export class SxError extends Error {
  line = 0;
  col = 0;
  file = "";
  declare data: Value;
  declare form: string;
  constructor(public kind: string, message: string, at: Place | null | undefined) {
    super(message);
    const src = at?._src;
    this.data = null;
    this.form = "";
    if (src) {
      [this.line, this.col] = where(src, at!._at!).split(":").map(Number);
      this.file = src._name;
      this.form = src._text.slice(at!._at, at!._end);
    }
  }
}

export const fail: (kind: string, message: string, at?: Place | null) => never = SMALL ? () => {
  throw 0;
} : (kind, message, at = now._at) => {
  throw new SxError(kind, message, at);
};

/** Where an error about form x is reported: at the macro use, if x was made by a macro. */
export const place = (x: any): Place | null => now._macro || (x?._src ? x : now._at);

export const isList = (v: any): v is List => Array.isArray(v);
export const isDict = (v: any): v is Dict => v instanceof Map;
export const isSym = (v: any, name?: string): v is Sym => v instanceof Sym && (!name || v._name === name);

export const truthy = (v: Value) => v !== null && v !== false;

export const typeOf = (v: any): string => v === null ? "nil" : isList(v) ? "list" : isDict(v) ? "dict" : v._t || typeof v;

/** Deep equality. */
export const equal = (a: any, b: any): boolean => {
  if (a === b) return true;
  const t = typeOf(a);
  if (t !== typeOf(b)) return false;
  if (t === "list") return a.length === b.length && a.every((v: Value, i: number) => equal(v, b[i]));
  if (!SMALL && t === "spread") return equal(a._d, b._d);
  if (t === "dict") {
    if (a.size !== b.size) return false;
    for (const [k, v] of a) if (!b.has(k) || !equal(v, b.get(k))) return false;
    return true;
  }
  return same(a, b);
};

/** The same object, or equal atoms. */
export const same = (a: any, b: any): boolean =>
  a === b || (a instanceof Sym || a instanceof Kw) && typeOf(a) === typeOf(b) && a._name === b._name;

/** Makes v and all that it reaches immutable. Maps and bindings are only marked: mutators ask. */
export const freeze: (v: any) => void = SMALL ? () => {} : v => {
  if (v instanceof Fn) v = v._env;
  if (Object.isFrozen(v)) return;
  Object.freeze(v);
  if (isList(v) || isDict(v)) v.forEach(freeze);
  else if (v instanceof Spread) freeze(v._d);
  else if (v._up !== undefined) freeze(v._v), freeze(v._up); // a binding, and those around it
};

/** Counts n steps, and ends the evaluation when there were too many. */
export const step = (n: number) => {
  if ((now._steps += n) > limits.steps) fail("limit", "step limit exceeded");
};

export const items = (n: number) => {
  if (!(n <= limits.items)) fail("limit", "collection too large");
  step(n >> 2);
  return n;
};

export const chars = (n: number) => {
  if (!(n <= limits.chars)) fail("limit", "string too long");
  step(n >> 6);
  return n;
};
