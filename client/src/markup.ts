// Markup while it is being made. Elements write operations into a recording, and only what was evaluated
// without an error is made a tree or text: a frame that fails half-way changes nothing. That an element's start tag
// may still change while its children are evaluated is what makes spreads simple.

import { attr, clean, forbidden, mergeSpread, rule } from "./safety";
import { Code, compile, EMIT, PARK, Scope } from "./eval";
import { Attrs } from "./sink";
import { base, deep, park, sequence } from "./stack";
import { el, fail, isEl, isKw, isList, isSpread, List, now, place, step, typeOf, Value, word } from "./values";

/** Operations, flat: "open" with tag and attributes, "close", and "text", "raw" or "comment" with what it is; each
 * with two arguments. */
export type Ops = any[];

export const write = (op: string, a?: any, b?: any) => {
  now._ops.push(op, a, b);
};

/** Places what f gives where no element is in progress: spreads go nowhere. */
const apart = (f: () => any): any => {
  const { _el } = now;
  now._el = null;
  const v = f();
  if (v === deep) return park(placed, _el);
  return placed(v, _el);
};

const placed = (v: any, el: any): any => {
  const r = put(v);
  if (r === deep) return park(placed, el);
  now._el = el;
  return null;
};

/** Runs f, and gives the operations that it wrote. */
export const capture = (f: () => any): Ops => {
  const { _ops } = now, ops: Ops = now._ops = [];
  base(() => apart(f))(null);
  now._ops = _ops;
  return ops;
};

/** The markup that f writes, as a value. What gives nothing but a spread stays one. */
export const record = (f: () => any): Value => {
  const { _ops } = now, ops: Ops = now._ops = [];
  let spread: Value = null;
  const only = (v: any) => SMALL || ops.length || !isSpread(v) ? v : (spread = v, null);
  const end = () => {
    now._ops = _ops;
    return spread || el(() => {
      for (const o of ops) now._ops.push(o);
    });
  };
  const r = apart(() => {
    const v = f();
    if (v === deep) return park(only);
    return only(v);
  });
  if (r === deep) return park(end);
  return end();
};

/** Places what f gives for each item. */
export const loop = (list: Value[], f: (v: Value) => any) => apart(() => sequence(list.length, (_, i) => f(list[i]), put, () => null)(null));

/** Places v as a child. */
export const put = (v: any): any => {
  const t = typeof v, w = word(v);
  if (v === null || v === undefined || t === "boolean") return;
  step(1);
  if (t !== "object") v !== "" && write("text", clean("" + v));
  else if (w !== undefined) return put(w);
  else if (!SMALL && isSpread(v)) now._el && mergeSpread(...now._el, v._v);
  else return isEl(v) ? apart(v._v) : isList(v) ? loop(v, v => v) : fail("type", `a ${typeOf(v)} cannot be a child`);
};

/** Children: all forms, each placed. */
export const children = (forms: Value[], scope: Scope) => {
  const codes = forms.map(f => compile(f, scope, EMIT | PARK));
  const ats = forms.map(place);
  return sequence(codes.length, (e, i) => codes[i](e), (v, _, i) => {
    now._at = ats[i];
    return put(v);
  }, () => null);
};

/** In value position markup is recorded. */
export const markup = (run: Code, mode: number): Code =>
  mode & EMIT ? run : e => record(() => run(e));

export const fragment = (x: List, scope: Scope, mode: number): Code => {
  const kids = children(x.slice(1), scope);
  return markup(e => apart(() => kids(e)), mode);
};

const voids = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/;
export const isVoid = (tag: string) => voids.test(tag);

export const element = (x: List, tag: string, scope: Scope, mode: number): Code => {
  const attrs: ((e: any) => [string, string] | null)[] = [], kids: Value[] = [];
  forbidden(tag);
  for (let i = 1; i < x.length; i++) {
    const f = x[i];
    if (isKw(f)) {
      if (++i === x.length) fail("keyword", `:${f._v} has no value`, place(f));
      const name = f._v, low = name.toLowerCase(), kind = rule(tag, low), literal = x[i] === null || typeof x[i] !== "object", code = compile(x[i], scope, 0), at = place(x[i]);
      attrs.push(e => {
        const v = code(e);
        now._at = at;
        const s = attr(kind, low, v, literal);
        return s === null ? s : [name, s];
      });
    } else kids.push(f);
  }
  const empty = kids.length > 0 && isVoid(tag), refuse = () => fail("markup", tag + " cannot have children");
  // What is no spread is known at once, mostly.
  if (empty && (SMALL || kids.some(k => typeof k !== "object" || isEl(k)))) refuse();
  const inner = children(kids, scope), end = (_: unknown, length: number, el: any): null => {
    if (!SMALL) now._el = el;
    if (!SMALL && empty && now._ops.length > length) refuse();
    write("close");
    return null;
  };
  return markup(e => {
    const values: Attrs = [], { _el } = now;
    for (const a of attrs) {
      const pair = a(e);
      pair && values.push(pair);
    }
    write("open", tag, values);
    const { length } = now._ops;
    if (!SMALL) now._el = [tag, values];
    const r = inner(e);
    if (r === deep) return park(end, length, _el);
    return end(r, length, _el);
  }, mode);
};

const known = new Map<string, boolean>();

/** Whether name is an element of HTML, SVG or MathML, or a custom one; the browser has the list. */
export const isElement = (name: string): boolean => {
  let yes = known.get(name);
  if (yes === undefined) {
    // The small language cannot tell a custom element from a primitive that it lacks.
    yes = /^(html|svg):/.test(name) || (SMALL ? !!customElements.get(name) : /^[a-z][a-z\d._\u00c0-\u{10ffff}]*-[-a-z\d._\u00c0-\u{10ffff}]*$/u.test(name)) || /^[a-z]+[a-zA-Z\d]*$/.test(name) && (
      !/[A-Z]/.test(name) && !(document.createElement(name) instanceof HTMLUnknownElement) ||
      document.createElementNS("http://www.w3.org/2000/svg", name).constructor !== SVGElement ||
      !SMALL && /^(math|discard|semantics|annotation|none|m(action|enclose|error|frac|i|multiscripts|n|o|over|padded|phantom|prescripts|root|row|s|space|sqrt|style|su[bp]|subsup|table|t[dr]|text|under|underover))$/.test(name));
    known.set(name, yes);
  }
  return yes;
};
