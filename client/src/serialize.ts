// Values to text that reads back.

import { isComponent, isDict, isEl, isFn, isKw, isList, isSpread, isTrusted, Obj, typeOf, Value } from "./values";
import { control, letters, symbolic } from "./reader";
import { renderToString } from "./sink";

/** A string as a literal. */
export const quoted = (s: string): string =>
  `"${s.replace(/["\\\x00-\x1f]/g, c => "\\" + (letters[control.indexOf(c)] || "u00" + c.charCodeAt(0).toString(16).padStart(2, "0")))}"`;

/** v on one line; sorted: dict keys in the order of their code points. */
export const serialize = (v: any, sorted?: ((a: string, b: string) => number) | null): string => {
  const s = (x: Value) => serialize(x, sorted), t = typeOf(v);
  if (isDict(v)) {
    const keys = [...v.keys()];
    if (sorted) keys.sort(sorted);
    return `{${keys.map(k => (symbolic(k) ? ":" + k : quoted(k)) + " " + s(v.get(k)!)).join(" ")}}`;
  }
  return t === "string" ? quoted(v)
    : isList(v) ? `(${v.map(s).join(" ")})`
    : isEl(v) ? `(raw! ${quoted(renderToString(v))})`
    : isSpread(v) ? `(make-spread ${s(v._v)})`
    : isFn(v) && !isComponent(v) || isTrusted(v) ? `#<${t}${v._v && " " + v._v}>`
    : isKw(v) ? ":" + v._v : v instanceof Obj ? v._v : v === null ? t : "" + v;
};
