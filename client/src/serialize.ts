// Values to text that reads back.

import { El, Fn, isDict, isList, Spread, typeOf, Value } from "./values";
import { symbolic } from "./reader";
import { renderToString } from "./sink";

const named: Record<string, string> = { "\n": "n", "\t": "t", "\r": "r", "\0": "0", '"': '"', "\\": "\\" };

/** A string as a literal. */
export const quoted = (s: string): string =>
  `"${s.replace(/["\\\x00-\x1f]/g, c => "\\" + (named[c] || "u00" + c.charCodeAt(0).toString(16).padStart(2, "0")))}"`;

/** v on one line; sorted: dict keys in the order of their code points. */
export const serialize = (v: any, sorted?: ((a: string, b: string) => number) | null): string => {
  const s = (x: Value) => serialize(x, sorted);
  if (typeof v === "string") return quoted(v);
  if (isList(v)) return `(${v.map(s).join(" ")})`;
  if (isDict(v)) {
    const keys = [...v.keys()];
    if (sorted) keys.sort(sorted);
    return `{${keys.map(k => (symbolic(k) ? ":" + k : quoted(k)) + " " + s(v.get(k)!)).join(" ")}}`;
  }
  if (v instanceof El) return `(raw! ${quoted(renderToString(v))})`;
  if (v instanceof Spread) return `(make-spread ${s(v._d)})`;
  if (v instanceof Fn && v._t !== "component") return `#<${v._t}${v._name && " " + v._name}>`;
  const t = typeOf(v);
  return t === "nil" ? t : t === "keyword" ? ":" + v._name : t === "trusted-url" ? `#<${t} ${v._url}>` : v._name ?? "" + v;
};
